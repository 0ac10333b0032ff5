"""Which size of a run pays: T, candidates, copies and answers, by simulation of whole runs.

    python bench/run_sizes.py                     # the sizes of the design note on the tasks that judge: a minute or two
    python bench/run_sizes.py --tasks choose      # every size on the tasks that chose: a few minutes
    python bench/run_sizes.py --runs 800          # runs a figure, over all four tasks, as in the note

The gate, its futility rule and the final comparison are strop's own; answers and improvers are drawn. A program is a rung of a
task's measured ladder (`ladder.json`): an answer is of no use, climbs, stays or falls. An improver is one of a few ways to
spend a budget, drawn as a strong or a weak model writes them. The tasks that chose the defaults are not those that judge them.
The seeds are fixed. docs/design/0051-defaults.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import strop_problems
from strop.analysis.stats import TargetedEvidence, decided, pairs_needed, score_difference
from strop.core.selection.comparison import TOGETHER
from strop.core.selection.final_comparison import WORTH
from strop.core.selection.gated import Gate

LADDERS = json.loads((Path(strop_problems.__file__).parent / "headroom/ladder.json").read_text("utf-8"))
TASKS: dict[str, tuple[str, ...]] = {
    "choose": ("noisy-parity", "cap-set", "circle-packing", "job-shop"),
    "judge": ("golomb", "bin-packing", "multiplier-block", "quadratic-assignment"),
}
WAYS = ("seed", "independent", "climbing", "feedback", "flaky", "broken")
"""What improvers do: one call; all calls about the first program; all about the best program; that with errors and scores
shown; as `climbing`, but failing now and then; nothing that works."""
WRITES: dict[str, Mapping[str, float]] = {
    "strong": {"seed": 0.1, "independent": 0.2, "climbing": 0.4, "feedback": 0.15, "flaky": 0.1, "broken": 0.05},
    "weak": {"seed": 0.45, "independent": 0.15, "climbing": 0.1, "feedback": 0.0, "flaky": 0.1, "broken": 0.2},
}
"""Which improvers a model writes, as weights."""
USELESS, UP, TWO_UP, STAYS = 0.24, 0.14, 0.04, 0.6
"""Shares of the answers that are of no use, one rung higher and two rungs higher; of the others, those of the same rung."""
SHOWN = 0.05
"""More answers are one rung higher if errors and scores are shown."""
FLAKY = 0.15
NOISE = 0.02
"""Standard deviation of a value over the instances that it is measured on."""
MEASURED_RUNS = 600
"""Runs of each improver at 4 calls of 4 answers, whose mean is its worth."""


@dataclass(frozen=True)
class Size:
    """What `strop run` is told."""

    iterations: int
    calls: int
    """LM calls of one improvement."""
    responses: int
    """Answers to one LM call."""
    candidates: int
    """Meta-utility calls of one self-improvement, at most."""
    copies: int
    pairs: int = 60
    error: float = 0.1

    def __str__(self) -> str:
        words = f"T = {self.iterations}, {self.calls} × {self.responses}, {self.candidates} candidates"
        return f"{words}, {self.copies} copies" + (f", {self.pairs} pairs" if self.pairs != 60 else "")


PAPER = Size(4, 4, 6, 25, 5)
DEFAULT = Size(1, 6, 3, 3, 5)
NOTE = (PAPER, Size(4, 6, 3, 3, 5), Size(2, 4, 3, 3, 3), DEFAULT, Size(1, 6, 3, 3, 3))
"""The sizes of the note, and T = 4 with everything else as by default."""
OTHERS = (
    Size(1, 4, 2, 2, 3),
    Size(2, 4, 2, 4, 3),
    Size(3, 4, 2, 4, 3),
    Size(1, 4, 3, 3, 3),
    Size(2, 4, 3, 6, 5),
    Size(2, 4, 4, 4, 3),
    Size(1, 6, 2, 2, 3),
    Size(2, 6, 2, 2, 3),
    Size(2, 6, 2, 4, 2),
    Size(2, 6, 2, 4, 3),
    Size(2, 6, 2, 4, 3, pairs=40),
    Size(2, 8, 2, 4, 3),
)


def answered(rung: int, top: int, rng: random.Random, more: float = 0.0) -> int | None:
    """The rung of an answer about a program of a rung; None if it is of no use."""
    drawn = rng.random() - USELESS
    if drawn < 0:
        return None
    if drawn < UP + more:
        return min(rung + 1, top)
    if drawn < UP + TWO_UP:
        return min(rung + 2, top)
    return rung if rng.random() < STAYS else max(rung - 1, 0)


def improved(way: str, rungs: Sequence[float], size: Size, rng: random.Random) -> tuple[float, int]:
    """(value of the program that an improver returns, answers that it used). Every answer can be scored."""
    if way == "broken":
        return 0.0, 0
    if way == "flaky" and rng.random() < FLAKY:
        return 0.0, size.responses
    top, used, best = len(rungs) - 1, 0, -1 if way == "seed" else 0  # the seed improver never returns the first program
    for _ in range(1 if way == "seed" else size.calls):
        about, more = (0 if way in ("seed", "independent") else best), (SHOWN if way == "feedback" else 0.0)
        answers = [answered(about, top, rng, more) for _ in range(size.responses)]
        used, best = used + size.responses, max([best, *(one for one in answers if one is not None)])
    return (rungs[best] if best >= 0 else 0.0), used


@dataclass
class Run:
    """One simulated `strop run` on one task. `improver` is I_t."""

    size: Size
    rungs: Sequence[float]
    writes: Mapping[str, float]
    rng: random.Random
    improver: str = "seed"
    accepted: int = 0
    answers: int = 0
    gate: list[float] = field(default_factory=list)
    """The differences of the last gate."""
    said: str = "none"
    """The final comparison: better, worse or open; none if no improver was accepted."""

    def value(self, way: str) -> float:
        """û of one copy."""
        value, used = improved(way, self.rungs, self.size, self.rng)
        self.answers += used
        return min(max(value + self.rng.gauss(0.0, NOISE), 0.0), 1.0) if way != "broken" else 0.0

    def trial(self, way: str) -> list[float]:
        return [self.value(way) for _ in range(self.size.copies)]

    def go(self) -> Run:
        """All iterations, then I_0 against I_T."""
        gate, seen = Gate(self.size.error, self.size.iterations, self.size.pairs), self.trial(self.improver)
        for _ in range(self.size.iterations):
            candidate = self.candidate()
            if candidate and self.passes(gate, candidate, seen):
                self.improver, self.accepted = candidate, self.accepted + 1
                seen = self.trial(candidate)
        if self.accepted:
            self.said = self.last()
        return self

    def candidate(self) -> str:
        """The best of what the improver makes of itself; empty if nothing works."""
        calls = 1 if self.improver == "seed" else self.size.calls
        n = min(calls * self.size.responses, self.size.candidates)
        self.answers += n
        ways = self.rng.choices(list(self.writes), list(self.writes.values()), k=n)
        value, way = max(((fmean(self.trial(way)), way) for way in ways), key=lambda one: one[0])
        return way if value else ""

    def rounds(self, first: str, second: str) -> list[tuple[float, float]]:
        """The next few pairs."""
        return [(self.value(first), self.value(second)) for _ in range(TOGETHER)]

    def passes(self, gate: Gate, candidate: str, seen: list[float]) -> bool:
        """Whether the gate accepts."""
        evidence, paid, self.gate = TargetedEvidence(gate.alpha, gate.pairs), 0, []
        while paid < gate.pairs:
            for incumbent, other in self.rounds(self.improver, candidate)[: gate.pairs - paid]:
                paid += 1
                seen.append(incumbent)
                if not evidence.rejected:
                    evidence.add(other - incumbent)
                    self.gate.append(other - incumbent)
            if evidence.rejected or gate.futile(evidence, gate.pairs - paid, seen):
                break
        return evidence.rejected

    def last(self) -> str:
        """What the final comparison says."""
        count = pairs_needed(self.gate, WORTH, self.size.pairs)
        pairs = [(self.value("seed"), self.value(self.improver)) for _ in range(count)]
        first, final = zip(*pairs, strict=True)
        return ("open", "better", "worse")[decided(score_difference(final, first))]


def rungs_of(task: str) -> list[float]:
    """The values of a task's programs, the first one lowest."""
    values = sorted(program["mean"] for program in LADDERS[task])
    assert all(low <= high for low, high in pairwise(values))
    return values


def worths(task: str) -> dict[str, float]:
    """The true value of each way to improve, at 4 × 4 answers."""
    size, rng, rungs = Size(1, 4, 4, 1, 1), random.Random(5), rungs_of(task)
    return {way: fmean(improved(way, rungs, size, rng)[0] for _ in range(MEASURED_RUNS)) for way in WAYS}


def row(size: Size, model: str, tasks: Sequence[str], runs: int) -> str:
    """A size and a model over all tasks."""
    rng = random.Random(f"{size} {model} {tasks}")
    done: list[tuple[Run, float]] = []
    for task in tasks:
        worth, rungs = worths(task), rungs_of(task)
        for _ in range(max(1, runs // len(tasks))):
            run = Run(size, rungs, WRITES[model], rng).go()
            done.append((run, worth[run.improver] - worth["seed"]))

    def share(of: Callable[[Run, float], bool]) -> float:
        return fmean(of(run, gain) for run, gain in done)

    accepted = share(lambda run, _: run.accepted > 0)
    better = share(lambda run, _: run.said == "better")
    worse = share(lambda run, _: run.said == "worse")
    wrong = share(lambda run, gain: (run.said == "better" and gain < 0) or (run.said == "worse" and gain > 0))
    gain = fmean(gain for _, gain in done)
    answers = sorted(run.answers for run, _ in done)
    high = answers[round(0.95 * (len(answers) - 1))]
    return (
        f"{size!s:40} {model:6} {accepted:8.2f} {better:6.2f} {worse:5.2f} {wrong:5.2f} {gain:6.3f} "
        f"{fmean(answers):8,.0f} {high:8,d}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="simulated runs a figure, over all tasks")
    parser.add_argument("--tasks", choices=TASKS, default="judge")
    asked = parser.parse_args()
    tasks, sizes = TASKS[asked.tasks], NOTE if asked.tasks == "judge" else (*NOTE, *OTHERS)
    print(f"{asked.runs} runs a figure on {', '.join(tasks)}")
    print(f"{'size':40} {'model':6} accepted better worse wrong   gain  answers      95%")
    for size in sizes:
        for model in WRITES:
            print(row(size, model, tasks, asked.runs), flush=True)


if __name__ == "__main__":
    main()
