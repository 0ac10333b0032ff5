"""The gate and the final comparison by simulation: how often they are wrong, what they find, and what that costs.

    python bench/gate.py                  # some three minutes on a free core
    python bench/gate.py --runs 200       # quick

Real gates, budgets, comparisons and sentences; only û of a copy is drawn instead of measured. An improver is a distribution of
that value. The seed is fixed. docs/explanation/statistics.md has the figures.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from strop.analysis.stats import mean, wilson_interval
from strop.base.budget import GATE_PAIRS, Budget
from strop.base.events import IterationFinished, RunFinished, RunStarted, outlined
from strop.core.selection import Gate
from strop.core.selection.comparison import TOGETHER, Contender, PairedComparison, _reserved, compared
from strop.core.selection.final_comparison import final_comparison
from strop.core.selection.gated import Gated
from strop.runs.claims.training import conclusion_of
from strop.runs.run_data import RunData
from strop.runs.train import iterations_of

Improver = Sequence[tuple[float, float]]
"""(value of a copy, its probability)."""
COPIES = 5


def spread(level: float, deviation: float, failing: float = 0.0) -> Improver:
    """Five values around a level, and failures."""
    steps = (-1.6, -0.6, 0.0, 0.6, 1.6)
    return [(min(max(level + deviation * step, 0.0), 1.0), (1 - failing) / 5) for step in steps] + [(0.0, failing)]


def worth(improver: Improver) -> float:
    """Its true û."""
    return sum(value * probability for value, probability in improver)


def same_mean(improver: Improver, other: Improver) -> Improver:
    """`other`, moved to the mean of `improver`."""
    by = worth(improver) - worth(other)
    working = sum(share for value, share in other if value)
    moved = [(min(value + by / working, 1.0) if value else 0.0, share) for value, share in other]
    assert abs(worth(moved) - worth(improver)) < 1e-9
    return moved


STEADY, MIDDLE = spread(0.2, 0.0), spread(0.5, 0.15)
NO_GAIN: dict[str, tuple[Improver, Improver]] = {
    "the same": (MIDDLE, MIDDLE),
    "bimodal: 0.56 or 0.9": (((0.56, 0.5), (0.9, 0.5)), ((0.56, 0.5), (0.9, 0.5))),
    "right or wrong": (((0.0, 0.5), (1.0, 0.5)), ((0.0, 0.5), (1.0, 0.5))),
    "skewed: 0.05 or 0.8": (((0.05, 0.9), (0.8, 0.1)), ((0.125, 1.0),)),
    "near 0": (spread(0.03, 0.01), same_mean(spread(0.03, 0.01), spread(0.03, 0.01, 0.1))),
    "near 1: 1 or 0.5": (((1.0, 0.9), (0.5, 0.1)), ((0.95, 1.0),)),
    **{
        f"candidate fails in {100 * share:g}%, at {level:g}": (
            spread(level, 0.0), same_mean(spread(level, 0.0), spread(level, 0.0, share)),
        )
        for share in (0.01, 0.03, 0.1) for level in (0.2, 0.5, 0.9)
    },
    **{
        f"incumbent wins 1 in {100 * share:g}%, else {level:g}": (
            ((level, 1 - share), (1.0, share)), ((level + share * (1 - level), 1.0),),
        )
        for share in (0.01, 0.03, 0.1) for level in (0.1, 0.3)
    },
}  # fmt: skip
"""(incumbent, candidate) of equal û."""
GAINS: dict[str, Callable[[float], tuple[Improver, Improver]]] = {
    "little noise, from 0.2": lambda gain: (spread(0.2, 0.03), spread(0.2 + gain, 0.03)),
    "noise 0.1, from 0.2": lambda gain: (spread(0.25, 0.1), spread(0.25 + gain, 0.1)),
    "noise 0.15, from 0.5": lambda gain: (MIDDLE, spread(0.5 + gain, 0.15)),
    "bimodal: 0.56 or 0.9": lambda gain: (
        ((0.56, 0.5), (0.9, 0.5)), ((0.56, 0.5 - gain / 0.34), (0.9, 0.5 + gain / 0.34)),
    ),
    "fails in 40%, then less": lambda gain: (((0.0, 0.4), (0.9, 0.6)), ((0.0, 0.4 - gain / 0.9), (0.9, 0.6 + gain / 0.9))),
}  # fmt: skip
TIED = 0.7
"""Of the pairs of the lines `ties`, those in which both improvers make the same program."""


class Drawn(PairedComparison):
    """A comparison of two improvers whose values are drawn."""

    def __init__(
        self, incumbent: Improver, candidate: Improver, rng: np.random.Generator, at: Budget, t: int = 1
    ) -> None:
        super().__init__(None, Contender(0, json.dumps(incumbent), None), Contender(t, json.dumps(candidate), 0), at)  # type: ignore[arg-type]
        self._sides, self._rng, self.tied = (incumbent, candidate), rng, 0.0
        self.incumbent.seen.extend(drawn(incumbent, COPIES, rng))

    def rounds(self, budget: Budget) -> Iterator[list[float]]:
        while numbers := _reserved(budget, range(budget.used(GATE_PAIRS), budget.used(GATE_PAIRS) + TOGETHER)):
            a, b = (drawn(side, len(numbers), self._rng) for side in self._sides)
            b = [x if self._rng.random() < self.tied else y for x, y in zip(a, b, strict=True)]
            self.incumbent.seen.extend(a)
            self.candidate.seen.extend(b)
            yield [y - x for x, y in zip(a, b, strict=True)]


def drawn(improver: Improver, n: int, rng: np.random.Generator) -> list[float]:
    values, probabilities = zip(*improver, strict=True)
    found: list[float] = rng.choice(values, n, p=probabilities).tolist()
    return found


def told(hits: int, runs: int) -> str:
    low, high = wilson_interval(hits, runs)
    return f"{hits / runs:.4f} ({low:.4f} to {high:.4f})"


def gated(gate: Gate, sides: tuple[Improver, Improver], runs: int, seed: int, tied: float = 0.0) -> tuple[int, float]:
    """(accepted, mean pairs) over as many comparisons of the two."""
    rng, accepted, pairs = np.random.default_rng([27, seed]), 0, 0
    for _ in range(runs):
        contest = Drawn(*sides, rng, Budget())
        contest.tied = tied
        evidence, _, paid = gate._gather(contest, contest.gate_budget(gate.pairs))
        accepted, pairs = accepted + evidence.rejected, pairs + paid
    return accepted, pairs / runs


def nulls(runs: int) -> None:
    print(f"\nfalse acceptances of one gate of 60 pairs, {runs} each (95% Wilson), and mean pairs")
    print(f"{'no gain':38} {'nominal 0.025':28} {'pairs':>5}  {'nominal 0.1':28} {'pairs':>5}")
    for number, (name, sides) in enumerate(NO_GAIN.items()):
        cells = []
        for gate in (Gate(), Gate(comparisons=1)):
            accepted, pairs = gated(gate, sides, runs, number)
            cells.append(f"{told(accepted, runs):28} {pairs:5.1f}")
        print(f"{name:38} {'  '.join(cells)}", flush=True)


def power(runs: int) -> None:
    print(f"\nhow often a better candidate is accepted, {runs} gates each, and mean pairs")
    print(f"{'values':28} {'gain':>5}  {'60 pairs, 0.025':>15} {'60 pairs, 0.1':>15} {'120 pairs, 0.025':>17}")
    for name, made in GAINS.items():
        for tied in (0.0, TIED) if name.startswith("noise 0.15") else (0.0,):
            for gain in (0.03, 0.05, 0.08, 0.13):
                gates = (Gate(), Gate(comparisons=1), Gate(pairs=120))
                sides = made(gain / (1 - tied))
                cells = [gated(gate, sides, runs, 100, tied) for gate in gates]
                line = " ".join(f"{accepted / runs:9.3f} {pairs:5.1f}" for accepted, pairs in cells)
                print(f"{name + f', {100 * tied:.0f}% ties' * (tied > 0):28} {gain:5.2f}  {line}", flush=True)


RUNS: dict[str, tuple[Improver, Improver]] = {
    "no gain": (MIDDLE, MIDDLE),
    "no gain: candidate fails in 5%": (spread(0.5, 0.05), same_mean(spread(0.5, 0.05), spread(0.5, 0.05, 0.05))),
    "no gain: incumbent wins 1 in 3%": NO_GAIN["incumbent wins 1 in 3%, else 0.1"],
    "worse by 0.05": (MIDDLE, spread(0.45, 0.15)),
    "small: +0.03": (MIDDLE, spread(0.53, 0.15)),
    "middle: +0.08": (MIDDLE, spread(0.58, 0.15)),
    "large: +0.15": (MIDDLE, spread(0.65, 0.15)),
    "large, candidate fails in 5%": (spread(0.5, 0.05), spread(0.68, 0.05, 0.05)),
}
"""I_0, and what every iteration proposes until it is accepted; then the same again."""
SAID = ("Better: ", "Better in training", "Contradiction", "No significant", "No improvement")


def one_run(iterations: int, sides: tuple[Improver, Improver], rng: np.random.Generator) -> RunData:
    """The record of one run, as far as its conclusion needs it."""
    gate, budget, incumbent = Gate(comparisons=iterations), Budget(), sides[0]
    spec: dict[str, Any] = {"task": "t", "selection": "gated", "iterations": iterations}
    events: list[Any] = [
        RunStarted(scope="", spec=spec, environment={}, posture={}),
        finished(0, incumbent, 0, rng),
    ]
    last, pairs = 0, ()
    for t in range(1, iterations + 1):
        contest = Drawn(incumbent, sides[1], rng, budget.child(f"t{t}"), t)
        choice = Gated(gate).choose(contest)
        assert choice.comparison is not None
        events.append(compared(contest, choice, choice.comparison))
        incumbent = sides[1] if choice.accepted else incumbent
        last, pairs = (t, choice.comparison.differences) if choice.accepted else (last, pairs)
        events.append(finished(t, incumbent, last, rng))
    if last:
        contest = Drawn(*sides, rng, budget.child("final"), last)
        contest.incumbent.seen.clear()
        events.append(final_comparison(contest, pairs, gate.pairs))
    events.append(RunFinished(scope="", status="finished", detail=""))
    run = RunData()
    for event in events:
        run.add(outlined(event))
    return run


def finished(t: int, improver: Improver, since: int, rng: np.random.Generator) -> IterationFinished:
    """The end of iteration t, whose improver was accepted in iteration `since`, or is I_0."""
    values = tuple(drawn(improver, COPIES, rng))
    return IterationFinished(
        scope=f"t{t}", t=t, improver=f"I_{since}", candidate=None, accepted=0 < since == t, reason="", train=values,
        test=values, lm_calls=0, evaluations=0, verdicts={}, seconds=0.0, parent=None, tasks=(),
    )  # fmt: skip


def whole(runs: int) -> None:
    print(
        f"\nwhole runs, {runs} each: accepted, what the sentence says, and pairs of gates and of the final comparison"
    )
    print(
        f"{'candidate':32} {'T':>2} {'accepted':>8} "
        + " ".join(f"{said[:18]:>18}" for said in SAID)
        + f" {'pairs':>6} {'last':>5}"
    )
    for iterations in (1, 4):
        for number, (name, sides) in enumerate(RUNS.items()):
            rng, said, pairs, last = np.random.default_rng([27, 300 + number, iterations]), Counter[str](), [], []
            for _ in range(runs):
                run = one_run(iterations, sides, rng)
                sentence = conclusion_of(run, iterations_of(run)).sentence
                said[next(words for words in SAID if sentence.startswith(words))] += 1
                pairs.append(float(sum(gate.pairs for gate in run.gates.values())))
                last.append(float(run.final_comparison.pairs if run.final_comparison else 0))
            accepted = 1 - said["No improvement"] / runs
            cells = " ".join(f"{said[words] / runs:18.3f}" for words in SAID)
            print(f"{name:32} {iterations:2} {accepted:8.3f} {cells} {mean(pairs):6.1f} {mean(last):5.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    nulls(runs)
    power(max(1, runs // 2))
    whole(max(1, runs // 4))


if __name__ == "__main__":
    main()
