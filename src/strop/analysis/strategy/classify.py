"""Name the strategy of an improver from its syntax tree and, if it is recorded, from its behaviour."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import lru_cache

from strop.analysis.parsing import Unreadable, parsed
from strop.analysis.strategy.behaviour import Behaviour, by_behaviour
from strop.analysis.strategy.dataflow import Dataflow
from strop.analysis.strategy.marks import COMBINE, Marks, union
from strop.analysis.strategy.vocabulary import CLAIMS, VOCABULARY, Strategy

_SMALL_CHANGE = re.compile(
    r"\b(small|minor|minimal|single|slight|tiny|one|local|incremental|little)\b[^.\n]{0,25}\b(change|edit|tweak|modification|step)"
    r"|\bslightly\b|\bneighbou?r|\btweak",
    re.IGNORECASE,
)


def classify(text: str, behaviour: Behaviour | None = None) -> Strategy:
    """Name the strategy of an improver.

    Executes nothing, never raises, and takes a fraction of a second at most. The code decides; a strategy that the program
    only claims in names and docstrings is reported as `claims NAME`.
    """
    strategy = _by_text(text)
    return strategy if behaviour is None else by_behaviour(strategy, behaviour)


@lru_cache(256)
def _by_text(text: str) -> Strategy:
    try:
        tree = parsed(text)
    except Unreadable as error:
        where = f", line {error.line}" if error.line else ""
        return Strategy("other" if error.is_program else "broken", (), (f"cannot be read: {error}{where}",))
    try:
        return _named(_Program(Dataflow(tree)), _claimed(tree))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        # A strange program may reveal a fault of the analysis, which must not prevent a whole report.
        return Strategy("other", (), (f"could not be analysed: {type(error).__name__}",))


class _Program:
    """The marks that the rules test."""

    def __init__(self, flow: Dataflow) -> None:
        self.defined = flow.entry is not None
        self.asked = list(flow.asked.values())
        self.facts, self.scored, self.returned, self.words = flow.facts, flow.scored, flow.returned, flow.words
        self.prompts: Marks = union(each.prompt for each in self.asked)
        self.temperatures: Marks = union(each.temperature for each in self.asked)
        self.again = len(self.asked) > 1 or any(each.repeated for each in self.asked)
        self.iterates = "MODEL" in self.prompts
        self.unchanged = "INITIAL" in self.returned and not self.returned & {"MODEL", "EDITED", "CROSSED", "TEXT"}

    def says(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(word) for word in self.words)

    def crosses(self) -> bool:
        combined = "PAIR" in self.prompts and self.iterates and self.says(COMBINE)
        return combined or "CROSSED" in self.scored | self.prompts

    def breeds(self) -> bool:
        return self.again and self.iterates and "DRAWN" in self.prompts and "EDITED" not in self.prompts

    def explores(self) -> bool:
        return "EXPLORED" in self.prompts or "FLIPPED" in self.temperatures or "explores" in self.facts

    def edits(self) -> bool:
        return "EDITED" in self.scored and "PART" not in self.prompts

    def varies(self) -> bool:
        return (
            bool(self.temperatures & {"STEP", "SCORE", "RANDOM"}) or sum("=" in each for each in self.temperatures) > 1
        )


_RULES: dict[str, Callable[[_Program], bool]] = {
    "islands": lambda it: it.iterates and "GROUP" in it.prompts,
    "simulated-annealing": lambda it: "anneals" in it.facts,
    "successive-halving": lambda it: "halves" in it.facts and not it.crosses(),
    "prompt-bandit": lambda it: "ARM" in it.prompts or bool(it.temperatures & {"ARM", "BY_BONUS"}),
    "ucb": lambda it: "ucb" in it.facts,
    "epsilon-greedy": lambda it: it.explores() and not it.crosses(),
    "genetic": lambda it: it.crosses() or it.breeds(),
    "decomposing": lambda it: "PART" in it.prompts,
    "beam-search": lambda it: it.iterates and "EACH" in it.prompts,
    "local-search": lambda it: it.edits() or (it.iterates and it.says(_SMALL_CHANGE)),
    "error-feedback": lambda it: "REPORT" in it.prompts,
    "hints": lambda it: "HINT" in it.prompts,
    "varying-temperature": lambda it: it.varies(),
}
"""The first that holds names the program: a beam search whose prompts contain hints is a beam search, also hints."""


def _plain(it: _Program) -> str:
    """The name by how often and from what the model is asked, if there is no other."""
    if it.scored and it.again:
        return "greedy" if it.iterates else "best-of-n"
    if it.scored:
        return "seed"
    return "other" if "DRAWN" in it.returned else "chain-of-thought"


def _named(it: _Program, claims: list[str]) -> Strategy:
    if not it.defined:
        return Strategy("broken", (), ("defines no improve_algorithm",))
    names = [name for name, rule in _RULES.items() if rule(it)]
    if it.unchanged:
        names.insert(0, "returns-initial")
    elif not it.asked:
        names.insert(0, "no-model")
    names = names or [_plain(it)]
    claimed = [f"claims {claim}" for claim in claims if claim not in names]
    return Strategy(names[0], (*names[1:], *claimed), tuple(VOCABULARY[name].means for name in names))


def _claimed(tree: ast.Module) -> list[str]:
    """The strategies that names and docstrings mention."""
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            texts.append(node.name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            texts.append((ast.get_docstring(node, clean=False) or "")[:1000])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            texts.append(node.id)
    words = " ".join(texts[:5000])
    return [name for name, pattern in CLAIMS.items() if re.search(pattern, words, re.IGNORECASE)]
