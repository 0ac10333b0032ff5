"""From what a program does to the names of it: one rule a trait, strongest structure first.

The order of `RULES` is the order in which they name: a beam search whose prompts carry hints is a beam search, also hints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strop.strategy.facts import Facts
from strop.strategy.values import M, Mark, Value, distinct, flat
from strop.strategy.words import COMBINE, SMALL_CHANGE, says


@dataclass(frozen=True)
class Seen:
    """The facts about a program in the form in which the rules ask for them."""

    facts: Facts
    prompts: Mark
    """Everything that reaches a prompt."""
    scored: Mark
    """Everything that is scored."""
    words: frozenset[str]
    """Constant texts that reach a prompt."""
    again: bool
    """Whether the model is asked more than once."""
    iterates: bool
    """Whether what the model wrote reaches a later prompt."""

    @property
    def asks(self) -> bool:
        return bool(self.facts.asked)


def seen(facts: Facts) -> Seen:
    """Sum up the facts."""
    prompts = scored = M.NONE
    words: frozenset[str] = frozenset()
    for asked in facts.asked:
        prompts |= asked.prompt.marks
        words |= asked.prompt.words
    for each in facts.scored:
        scored |= each.solution.marks
    sites = len({asked.site for asked in facts.asked})
    again = sites > 1 or any(asked.loops or asked.many for asked in facts.asked)
    return Seen(facts, prompts, scored, words, again, bool(prompts & M.MODEL))


def islands(it: Seen) -> str | None:
    if not it.facts.groups:
        return None
    if it.prompts & M.FROM_GROUP and it.prompts & M.MODEL:
        return "solutions live in several groups, and each group has its own prompts"
    if it.facts.migrates and it.prompts & M.MODEL:
        return "solutions move between groups"
    return None


def annealing(it: Seen) -> str | None:
    if not it.facts.accepts_by_chance or not it.facts.accepts_by_score:
        return None
    return "a solution is accepted where a random number is below exp of a difference in utility"


def halving(it: Seen) -> str | None:
    """A ranked list shrinks by a fraction in a loop that scores it again, and that gets no new solutions."""
    for cut in it.facts.cuts:
        if not cut.fraction or not cut.loops:
            continue
        loop = cut.loops[-1]
        rescored = any(loop in each.loops for each in it.facts.scored)
        if rescored and not it.facts.grown & set(cut.loops) and not crossing(it):
            return "each round keeps a fraction of a ranked list and scores it again"
    return None


def bandit(it: Seen) -> str | None:
    if it.prompts & M.ARM:
        return "the prompt's wording is chosen by what it has gained so far"
    for asked in it.facts.asked:
        if flat(asked.temperature) & (M.ARM | M.BY_BONUS):
            return "the temperature is an arm, chosen by what it has gained so far"
    return None


def ucb(it: Seen) -> str | None:
    if it.facts.drawn & M.UCB:
        where = "" if it.prompts & M.UCB else ", but the prompt does not show it"
        return f"the solution to go on from has the highest value plus bonus (log and square root, or a belief){where}"
    return None


def epsilon(it: Seen) -> str | None:
    if crossing(it):
        return None
    for asked in it.facts.asked:
        if asked.prompt.marks & M.BY_COIN and (asked.prompt.marks & (M.RANDOM_DRAW | M.TOP)):
            return "a random number decides whether to explore a random solution or to exploit the best"
        if flat(asked.temperature) & M.BY_COIN:
            return "a random number decides at which temperature the model explores"
    sides = {asked.coins for asked in it.facts.asked if asked.coins}
    return "a random number decides between two ways to ask" if len(sides) > 1 else None


def crossing(it: Seen) -> str | None:
    """Whether two programs are combined, by the model or as texts."""
    if it.scored & M.CROSSED or it.prompts & M.CROSSED:
        return "pieces of two programs are put together"
    drawn = M.RANDOM_DRAW | M.KEPT_EACH | M.TOP
    for asked in it.facts.asked:
        several = distinct(asked.prompt.slots) > 1 and asked.prompt.marks & M.MODEL and asked.prompt.marks & drawn
        if several and (says(COMBINE, asked.prompt.words) or asked.prompt.marks & M.RANDOM_DRAW):
            return "a prompt shows two solutions to be combined"
        if asked.prompt.marks & M.SEVERAL and asked.prompt.marks & M.MODEL and says(COMBINE, asked.prompt.words):
            return "a prompt shows several solutions to be combined"
    return None


def genetic(it: Seen) -> str | None:
    found = crossing(it)
    if found is None and it.prompts & M.RANDOM_DRAW and it.prompts & M.MODEL and it.again:
        return "parents are drawn at random from the solutions, and the model mutates them"
    return found


def decomposing(it: Seen) -> str | None:
    return "a prompt is about one part of the solution" if it.prompts & M.PART else None


def beam(it: Seen) -> str | None:
    if it.prompts & M.KEPT_EACH and it.iterates:
        return "the best few solutions are kept, and each of them is shown to the model"
    return None


def local(it: Seen) -> str | None:
    if it.scored & M.EDITED and not it.prompts & M.PART:
        return "the program itself makes small changes of a solution and scores them"
    if it.iterates and says(SMALL_CHANGE, it.words):
        return "the prompt asks for a small change of the solution"
    return None


def feedback(it: Seen) -> str | None:
    return "the prompt tells what went wrong" if it.prompts & M.REPORT else None


def hints(it: Seen) -> str | None:
    return "prompts carry different ones of several written texts" if it.prompts & M.HINT else None


def temperature(it: Seen) -> str | None:
    numbers: frozenset[float] = frozenset()
    marks = M.NONE
    for asked in it.facts.asked:
        numbers |= asked.temperature.numbers
        marks |= flat(asked.temperature)
    if marks & (M.STEP | M.LENGTH | M.VARIES):
        return "the temperature changes from call to call"
    if marks & (M.SCORE | M.RANDOM | M.AT_RANDOM):
        return "the temperature depends on " + ("the utility" if marks & M.SCORE else "chance")
    return "calls are made at several temperatures" if len(numbers) > 1 else None


def greedy(it: Seen) -> str | None:
    return "each round goes on from the best solution so far" if it.iterates and it.again and it.facts.scored else None


def best_of_n(it: Seen) -> str | None:
    if it.again and not it.iterates and it.facts.scored:
        return "the model is asked several times, always about the initial solution"
    return None


def seed(it: Seen) -> str | None:
    if it.asks and not it.again and it.facts.scored:
        return "the model is asked once, and what it writes is scored"
    return None


def thought(it: Seen) -> str | None:
    if it.asks and not it.facts.scored and not any(asked.loops for asked in it.facts.asked):
        return "one answer is taken as it is, without a score" if all(a.single for a in it.facts.asked) else None
    return None


RULES: tuple[tuple[str, Callable[[Seen], str | None]], ...] = (
    ("islands", islands),
    ("simulated-annealing", annealing),
    ("successive-halving", halving),
    ("prompt-bandit", bandit),
    ("ucb", ucb),
    ("epsilon-greedy", epsilon),
    ("genetic", genetic),
    ("decomposing", decomposing),
    ("beam-search", beam),
    ("local-search", local),
    ("error-feedback", feedback),
    ("hints", hints),
    ("varying-temperature", temperature),
    ("greedy", greedy),
    ("best-of-n", best_of_n),
    ("seed", seed),
    ("chain-of-thought", thought),
)
PLAIN = frozenset({"greedy", "best-of-n", "seed", "chain-of-thought"})
"""Names that say how often and from what the model is asked: only for what has no other."""


def gives_initial_back(returned: Value) -> bool:
    """Whether nothing but the initial solution can be returned."""
    marks = flat(returned)
    return bool(marks & M.INITIAL) and not marks & (M.MODEL | M.EDITED | M.CROSSED) and not returned.words
