"""The names of strategies, and the place of each in the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What one name means."""

    title: str
    paper: str
    """Section, figure or appendix of the paper; `-` if it is ours."""
    means: str


VOCABULARY: Mapping[str, Kind] = {
    "seed": Kind("Seed", "Figure 2", "one round of independent answers to one prompt; the best by utility is returned"),
    "chain-of-thought": Kind("Chain of thought", "§5.1", "one answer, not evaluated"),
    "greedy": Kind("Greedy iterative", "§5.1", "each round starts from the best solution so far"),
    "best-of-n": Kind("Best of N", "§5.1", "several rounds of independent answers to the initial solution"),
    "beam-search": Kind("Beam search / tree search", "§6.1, B.2", "keeps several solutions and expands them in turn"),
    "genetic": Kind("Genetic algorithm", "§6.1, B.1", "a population: parents are combined, or drawn and mutated"),
    "decomposing": Kind("Decomposing and improving parts", "§6.1, B.3", "the model sees one part of it at a time"),
    "simulated-annealing": Kind(
        "Simulated annealing", "§6.1, B.6", "takes a worse solution with a chance that depends on the loss"
    ),
    "varying-temperature": Kind("Varying temperature", "§6.1", "the sampling temperature changes between calls"),
    "prompt-bandit": Kind("Multi-armed prompt bandit", "§6.1, B.7", "prompts or temperatures are arms with rewards"),
    "ucb": Kind("Upper confidence bound", "§6.1, B.4", "solutions are arms: value plus a bonus for those rarely tried"),
    "epsilon-greedy": Kind("Epsilon-greedy", "Figure 5", "a coin decides between exploring and exploiting"),
    "hints": Kind("Hints", "B.8", "each prompt carries another of several written hints"),
    "local-search": Kind("Local search", "B.5", "small changes of a solution, made by code or asked for"),
    "error-feedback": Kind("Error feedback", "-", "the prompt contains the errors of an earlier answer"),
    "islands": Kind("Islands", "-", "several populations that evolve apart and exchange solutions"),
    "successive-halving": Kind("Successive halving", "-", "each round keeps a fraction and evaluates it again"),
    "returns-initial": Kind("Returns the initial solution", "§5.3", "returns its input"),
    "no-model": Kind("No model", "§5.3", "never asks the language model"),
    "other": Kind("Other", "-", "none of these, or undecided"),
    "broken": Kind("Broken", "-", "not a Python program that defines improve_algorithm"),
}
"""Every name that `classify` may give, with the paper's section for it."""


@dataclass(frozen=True)
class Strategy:
    """The strategy of an improver."""

    name: str
    """A key of `VOCABULARY`."""
    also: tuple[str, ...] = ()
    """Further names that apply, and other traits; `claims NAME` if only the words of the program say so."""
    why: tuple[str, ...] = ()
    """The evidence, in words; the first is for the name. Never text of the program."""

    @property
    def title(self) -> str:
        """The name in prose."""
        return VOCABULARY[self.name].title


CLAIMS = {
    "beam-search": r"beam|tree.?search|tree.of.thought",
    "genetic": r"genetic|crossover|evolution|mutat|offspring|chromosom",
    "decomposing": r"decompos|part.by.part|split_into|section.by.section",
    "simulated-annealing": r"anneal|metropolis|cooling",
    "prompt-bandit": r"bandit|thompson",
    "ucb": r"\bucb|upper.?confidence|_ucb",
    "epsilon-greedy": r"epsilon",
    "hints": r"\bhints?\b",
    "local-search": r"local.?search|neighbou?r|hill.?climb",
    "error-feedback": r"feedback|reflexion|self.?debug",
    "islands": r"island|archipelago",
    "successive-halving": r"halving|hyperband|tournament.bracket",
    "best-of-n": r"best.of.n\b",
    "chain-of-thought": r"chain.of.thought|step.by.step",
}
"""Words by which a program claims a strategy."""

PLAIN = {"other": 0, "chain-of-thought": 1, "seed": 2, "best-of-n": 3, "greedy": 4}
"""Names that depend only on how often and from what the model is asked, the least first."""
