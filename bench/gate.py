"""The gate by simulation: how often it lets through an improver that is no better, what it finds, and what that costs.

    python bench/gate.py                  # some four minutes on a free core
    python bench/gate.py --runs 300       # quick

Real selections, real budgets; only the improvements are drawn instead of made. û of one copy is as on lpn: a share of the
copies gets solved (near 0.9), the others stay stuck (near 0.56), and a few may fail (0); standard deviation 0.175. A gain of
3% is 0.03 of û. Evaluations are the most that the paper's budgets allow: 52 a pair, with 8 LM calls. The seed is fixed.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from strop.budget import LM_CALLS, UTILITY_CALLS, Budget
from strop.contest import Contest, Node, Selection
from strop.meta_utility import Trial
from strop.selection import SELECTIONS, Gate, SelectionName, make_selection
from strop.stats import wilson_interval
from strop.utility import Evaluation

STUCK, SOLVED = 0.56, 0.9
COPIES = 5
ITERATIONS = 4
SEED = json.dumps([0.5, 0.0])
"""The seed improver: solves half of the copies, fails in none. Its û is 0.73."""


class Drawn:
    """A meta-utility whose improvers are two numbers: the share of copies they solve, and the share in which they fail."""

    downstream = (None,) * COPIES

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def pairs(
        self, a: str, b: str, numbers: Sequence[int], at: Callable[[int], Budget]
    ) -> list[tuple[Evaluation, Evaluation]]:
        for number in numbers:
            at(number).reserve(UTILITY_CALLS, 50)
            at(number).reserve(LM_CALLS, 8)
        shared = self._rng.normal(0.0, 0.02, len(numbers))  # both are scored on the same instances
        first, second = self._values(a, shared), self._values(b, shared)
        return [(Evaluation(x, "ok"), Evaluation(y, "ok")) for x, y in zip(first, second, strict=True)]

    def trial(self, improver: str, at: Budget) -> Trial:
        values = self._values(improver, self._rng.normal(0.0, 0.02, COPIES))
        return Trial((), tuple(Evaluation(value, "ok") for value in values))

    def _values(self, improver: str, shared: np.ndarray[Any, Any]) -> list[float]:
        share, failing = json.loads(improver)
        n, rng = len(shared), self._rng
        stuck, solved = STUCK - 0.06 + 0.12 * rng.beta(2, 2, n), SOLVED - 0.1 + 0.2 * rng.beta(2, 2, n)
        found = np.where(rng.random(n) < share, solved, stuck) + shared
        values: list[float] = np.where(rng.random(n) < failing, 0.0, found.clip(0, 1)).tolist()
        return values


def worth(improver: str) -> float:
    """Its true û."""
    share, failing = json.loads(improver)
    return float((1 - failing) * (STUCK + share * (SOLVED - STUCK)))


def changed(improver: str, by: float) -> str:
    """An improver that is better by so much, as far as there is room."""
    share, failing = json.loads(improver)
    return json.dumps([min(1.0, max(0.0, share + by / (SOLVED - STUCK))), failing])


def told(hits: int, runs: int) -> str:
    low, high = wilson_interval(hits, runs)
    return f"{hits / runs:.4f} ({low:.4f} to {high:.4f})"


def compared(
    gate: Gate, incumbent: str, candidate: str, runs: int, rng: np.random.Generator
) -> tuple[int, float, float]:
    """(accepted, mean pairs, mean evaluations) over as many comparisons of the two."""
    accepted, pairs, evaluations = 0, 0, 0
    for number in range(runs):
        contest = Contest(
            Drawn(rng),  # type: ignore[arg-type]
            Node(0, incumbent, None),
            Node(1, candidate, 0),
            Budget().child(f"t{number}"),
        )
        choice = gate.decide(contest)
        assert choice.comparison is not None
        accepted += choice.accepted
        pairs += choice.comparison.pairs
        evaluations += choice.comparison.evaluations
    return accepted, pairs / runs, evaluations / runs


def nulls(runs: int, rng: np.random.Generator) -> None:
    print(f"\nfalse acceptances of one comparison, {runs} each")
    print(f"{'candidate':44} {'pairs':>5} {'nominal':>8}  {'observed (95% Wilson)':28} {'mean pairs':>10}")
    same_mean = json.dumps([0.5 + 0.73 * 0.1 / 0.9 / (SOLVED - STUCK), 0.1])
    candidates = {
        "the same (A/A)": SEED,
        "worse by 0.01": changed(SEED, -0.01),
        "worse by 0.03": changed(SEED, -0.03),
        "better by 0.08 in 90%, fails in 10%: no gain": same_mean,
    }
    for name, candidate in candidates.items():
        assert worth(candidate) <= worth(SEED) + 1e-9
        for gate in (Gate(), Gate(comparisons=1), Gate(comparisons=1, pairs=500)):
            accepted, pairs, _ = compared(gate, SEED, candidate, runs, rng)
            print(f"{name:44} {gate.pairs:5} {gate.alpha:8.3f}  {told(accepted, runs):28} {pairs:10.1f}", flush=True)


def power(runs: int, rng: np.random.Generator) -> None:
    print(f"\npower: how often a truly better candidate is accepted, {runs} comparisons each")
    print(f"{'gain':>5} {'alpha':>6} {'pairs':>5}  {'accepted (95% Wilson)':28} {'mean pairs':>10} {'evaluations':>12}")
    for gain in (0.03, 0.05, 0.1, 0.15):
        for comparisons, most in ((4, 30), (4, 60), (4, 120), (1, 60), (4, 500)):
            gate = Gate(comparisons=comparisons, pairs=most)
            accepted, pairs, evaluations = compared(gate, SEED, changed(SEED, gain), runs, rng)
            print(
                f"{gain:5.2f} {gate.alpha:6.3f} {most:5}  {told(accepted, runs):28} {pairs:10.1f} {evaluations:12.0f}",
                flush=True,
            )


Steps = Callable[[np.random.Generator], float]
MODELS: dict[str, Steps] = {
    "every candidate as good as its parent": lambda rng: 0.0,
    "every candidate worse by 0 to 0.1": lambda rng: -rng.uniform(0.0, 0.1),
    "weak: -0.05 ± 0.08": lambda rng: rng.normal(-0.05, 0.08),
    "even: 0.00 ± 0.10": lambda rng: rng.normal(0.0, 0.1),
    "strong: +0.05 ± 0.08": lambda rng: rng.normal(0.05, 0.08),
}


def one_run(selection: Selection, step: Steps, rng: np.random.Generator) -> tuple[str, bool, int]:
    """(the last improver, whether one that was no better replaced another, pairs) of one run of Algorithm 1."""
    meta_utility, run = Drawn(rng), Budget()
    incumbent = Node(0, SEED, None)
    incumbent.seen.extend(meta_utility.trial(SEED, run).train)
    lineage, erred, pairs = [incumbent], False, 0
    for t in range(1, ITERATIONS + 1):
        parent = selection.parent(lineage, incumbent)
        node = Node(t, changed(parent.improver, step(rng)), parent.t)
        lineage.append(node)
        choice = selection.choose(Contest(meta_utility, incumbent, node, run.child(f"t{t}")))  # type: ignore[arg-type]
        pairs += choice.comparison.pairs if choice.comparison else 0
        if choice.accepted:
            erred = erred or worth(node.improver) <= worth(incumbent.improver)
            incumbent = node
    return incumbent.improver, erred, pairs


def runs_of(names: Sequence[SelectionName], runs: int, rng: np.random.Generator) -> None:
    print(f"\nwhole runs, T = {ITERATIONS}, {Gate().pairs} pairs a comparison, {runs} each; error {Gate().error}")
    print(
        f"{'model':40} {'selection':9} {'ever no better, accepted':28} {'last < seed':>11} {'true gain':>10} {'pairs':>6}"
    )
    for model, step in MODELS.items():
        for name in names:
            ended = [one_run(make_selection(name, Gate(), random.Random(n)), step, rng) for n in range(runs)]
            gains = [worth(last) - worth(SEED) for last, _, _ in ended]
            erred = sum(error for _, error, _ in ended)
            print(
                f"{model:40} {name:9} {told(erred, runs):28} {sum(gain < -1e-9 for gain in gains) / runs:11.3f} "
                f"{sum(gains) / runs:+10.3f} {sum(pairs for _, _, pairs in ended) / runs:6.1f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    nulls(runs, np.random.default_rng([4, 100]))
    power(max(1, runs // 4), np.random.default_rng([4, 101]))
    runs_of(SELECTIONS, max(1, runs // 4), np.random.default_rng([4, 102]))


if __name__ == "__main__":
    main()
