"""The gate by simulation: how often it lets through an improver that is no better, what it finds, and what that costs.

    python bench/gate.py                  # some four minutes on a free core
    python bench/gate.py --runs 300       # quick
    python bench/gate.py --futility       # only how it gives up: 10,000 comparisons a line, two minutes

Real selections, real budgets; only the improvements are drawn instead of made. û of one copy is as on lpn: a share of the
copies gets solved (near 0.9), the others stay stuck (near 0.56), and a few may fail (0); standard deviation 0.175. A gain of
3% is 0.03 of û. Evaluations are the most that the paper's budgets allow: 52 a pair, with 8 LM calls. The seed is fixed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from strop.analysis.stats import EProcess, wilson_interval
from strop.analysis.stats.sequential import _FRACTIONS, _log_capital
from strop.base.budget import LM_CALLS, UTILITY_CALLS, Budget
from strop.base.results import Evaluation
from strop.core.meta_utility import Trial
from strop.core.selection import SELECTIONS, Gate, SelectionName, make_selection
from strop.core.selection.comparison import Node, PairedComparison, Selection

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
        contest = PairedComparison(
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
        choice = selection.choose(PairedComparison(meta_utility, incumbent, node, run.child(f"t{t}")))  # type: ignore[arg-type]
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


Values = np.ndarray[Any, Any]
Draw = Callable[[np.random.Generator, tuple[int, int]], Values]


def _solved_or(rng: np.random.Generator, size: tuple[int, int], share: float, rest: Values) -> Values:
    return np.where(rng.random(size) < share, 1.0, rest)


SHAPES: dict[str, Draw] = {
    "uniform": lambda rng, size: rng.uniform(0.2, 0.8, size),
    "20 right or wrong": lambda rng, size: rng.binomial(20, 0.7, size) / 20,
    "five grades": lambda rng, size: rng.integers(0, 5, size) / 5,
    "skewed low": lambda rng, size: rng.beta(0.5, 1.5, size),
    "skewed high": lambda rng, size: rng.beta(4.0, 0.8, size),
    "fails in 10%": lambda rng, size: np.where(rng.random(size) < 0.1, 0.0, rng.beta(8, 4, size)),
    "three quarters at 1": lambda rng, size: _solved_or(rng, size, 0.75, rng.uniform(0.1, 0.6, size)),
}
"""Values of an incumbent; none is among those by which futility's constants were chosen (docs/design/0047-futility.md)."""
TIED = 0.7
"""Of the pairs of a line `ties`, those in which both improvers make the same program."""


def differing(shape: Draw, gain: float, tied: float, runs: int, rng: np.random.Generator) -> tuple[Values, Values]:
    """(values of the incumbent, of its 5 measurements first; the candidate's, pair by pair), of mean gain `gain`.

    The candidate solves, with score 1, some copies that the incumbent's distribution leaves.
    """
    most = Gate().pairs
    a, b = shape(rng, (runs, COPIES + most)), shape(rng, (runs, most))
    b = np.where(rng.random(b.shape) < tied, a[:, COPIES:], b)
    room = 1 - float(shape(rng, (1000, 1000)).mean())
    return a, np.where(rng.random(b.shape) < gain / room, 1.0, b)


def one(gate: Gate, a: Values, b: Values) -> tuple[bool, int]:
    """(accepted, pairs) of one comparison, by the gate's own parts."""
    evidence, differences = EProcess(), b - a[COPIES:]
    for end in range(COPIES, gate.pairs + 1, COPIES):
        for difference in differences[end - COPIES : end].tolist():
            evidence.add(difference)
            if evidence.rejected(gate.alpha):
                return True, end
        if gate.futile(evidence, gate.pairs - end, a[: COPIES + end].tolist()):
            return False, end
    raise AssertionError("a gate without pairs goes on")


def upper(total: Values, squares: Values, n: int, coming: int, prior: Values | float, errors: float) -> Values:
    """The mean of `n` values, so many standard errors of prediction of `coming` more up."""
    mean = total / n
    spread = np.maximum(squares - n * mean * mean, 0.0)
    return np.asarray(mean + errors * np.sqrt((prior + spread) / (n + 1) * (1 / n + 1 / coming)))


def all_at_once(gate: Gate, a: Values, b: Values, *, before: bool) -> tuple[Values, Values]:
    """(accepted, pairs) of every comparison, as `one` has them; `before`: as the gate gave up before, by the mean alone."""
    d, room, threshold = b - a[:, COPIES:], 1 - a, math.log(1 / gate.alpha)
    steps = np.log1p(d[..., None] * _FRACTIONS)
    logs, squares = np.cumsum(steps, 1), np.cumsum(steps**2, 1)
    rejected = _log_capital(logs) >= threshold
    accepted, pairs = np.zeros(len(a), bool), np.full(len(a), gate.pairs)
    going = ~accepted
    for n in range(COPIES, gate.pairs + 1, COPIES):
        hits = going & rejected[:, n - COPIES : n].any(1)
        accepted, going = accepted | hits, going & ~hits
        pairs[hits] = n
        if n == gate.pairs:
            break
        coming, seen = gate.pairs - n, room[:, : COPIES + n]
        if before:
            mean = upper(d[:, :n].sum(1), (d[:, :n] ** 2).sum(1), n, coming, 1.0, 1.28).clip(-1, 1)
            growth = np.log1p(mean[:, None] * _FRACTIONS)
        else:
            most = upper(seen.sum(1), (seen**2).sum(1), COPIES + n, coming, 0.25, 1.28).clip(0, 1)
            growth = upper(logs[:, n - 1], squares[:, n - 1], n, coming, (_FRACTIONS * 0.5) ** 2, 1.5)
            growth = np.minimum(growth, np.log1p(most[:, None] * _FRACTIONS))
        futile = going & (_log_capital(logs[:, n - 1] + coming * growth) < threshold)
        pairs[futile], going = n, going & ~futile
    return accepted, pairs


def futility(runs: int, rng: np.random.Generator) -> None:
    gate = Gate()
    print(
        f"\ngiving up, {gate.pairs} pairs at {gate.alpha}, {runs} comparisons a line: accepted and mean pairs, before and now"
    )
    print(
        f"{'values of the incumbent':28} {'gain':>5}  {'before':>15}  {'now (95% Wilson)':28} {'pairs':>5} {'saved':>6}"
    )
    for name, shape in SHAPES.items():
        for tied in (0.0, TIED):
            for gain in (0.0, 0.03, 0.15):
                a, b = differing(shape, gain, tied, runs, rng)
                (now, pairs), (then, pairs_then) = (all_at_once(gate, a, b, before=each) for each in (False, True))
                for number in range(min(runs, 100)):
                    assert one(gate, a[number], b[number]) == (now[number], pairs[number])
                said = name + (f", {100 * TIED:.0f}% ties" if tied else "")
                print(
                    f"{said:28} {gain:5.2f}  {then.mean():8.4f} {pairs_then.mean():6.1f}  {told(int(now.sum()), runs):28} "
                    f"{pairs.mean():5.1f} {100 * (1 - pairs.mean() / pairs_then.mean()):5.0f}%",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--futility", action="store_true", help="only how the gate gives up")
    asked = parser.parse_args()
    runs = asked.runs
    if asked.futility:
        futility(5 * runs, np.random.default_rng([4, 103]))
        return
    nulls(runs, np.random.default_rng([4, 100]))
    power(max(1, runs // 4), np.random.default_rng([4, 101]))
    runs_of(SELECTIONS, max(1, runs // 4), np.random.default_rng([4, 102]))


if __name__ == "__main__":
    main()
