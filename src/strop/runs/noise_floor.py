"""A/A runs: one improver against itself. What differs is chance alone, so it says what a difference must exceed to mean anything.

An improver is measured R times, each time on |D| fresh improvements of the same training instances; the sealed split is never
touched. Every improvement is independent of every other, so the R * |D| values are one sample, and pairs of û are drawn from
it for the distribution of their difference. All pairs of the R measured û would use each û over and over: for R = 20 the floor
that they give is exceeded in some 7% of cases, that drawn from the copies in 5 to 6%, and its interval is half as wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np
import numpy.typing as npt

from strop.analysis.stats import mean, wilson_interval
from strop.base.budget import Budget
from strop.base.concurrency import all_or_error
from strop.base.pluralize import quantity
from strop.core.meta_utility import MetaUtility
from strop.core.selection import Gate
from strop.core.selection.comparison import Node, PairedComparison
from strop.runs.assembly import RunContext, improvers_at_once
from strop.runs.measurements import MeasuredTask, Named, copies_of
from strop.store import Store
from strop.tasks.command.task import AnyTask

EXCEEDED = 0.05
"""The share of A/A differences that exceed the noise floor."""
LEVELS = (0.5, 0.9, 1 - EXCEEDED)
"""Quantiles of the absolute difference of two û that are told."""
DRAWS = 20_000
"""Pairs of û that are drawn for the distribution of their difference."""
RESAMPLES = 400
"""Bootstrap samples of the copies, for the floor's interval; each with a tenth of the draws."""
COMPARISONS = 2_000
"""Gates that are tried on differences that are chance alone."""

Values = npt.NDArray[np.float64]
"""û copy by copy: one row a repeat, one column a copy."""


@dataclass(frozen=True)
class Trials:
    """The same improver on one task, again and again."""

    task: MeasuredTask
    values: tuple[tuple[float, ...], ...]
    """Training values, one row a repeat, one a copy, each in [0, 1]."""


@dataclass(frozen=True)
class GateErrors:
    """How often a gate accepts an improver that is compared with itself."""

    accepted: int
    comparisons: int
    alpha: float
    """The error rate that one comparison is allowed."""
    pairs: int
    """Pairs that one comparison may spend."""
    interval: tuple[float, float]
    """Wilson interval of the rate, 95%."""


@dataclass(frozen=True)
class Floor:
    """How far two û differ by chance alone."""

    quantiles: tuple[float, ...]
    """Of the absolute difference of two û, at `LEVELS`."""
    floor: float
    """The difference of two û that A/A exceeds in 5% of cases."""
    floor_interval: tuple[float, float]
    """95%, by the bootstrap over copies."""


@dataclass(frozen=True, kw_only=True)
class Noise(Floor):
    """What chance alone does to û."""

    mean: float
    sd: float
    """Standard deviation of û between repeats."""
    stderr: float
    """Standard error of one û, estimated from its copies: the root mean square over the repeats. Near `sd`, because copies are
    independent."""
    gate: GateErrors


def carry_out(
    laboratory: RunContext,
    tasks: tuple[AnyTask, ...],
    improver: Named,
    repeats: int,
    store: Store,
    told: Callable[[str], None],
) -> None:
    """Measure `improver` so often on every task; what `store` holds already is kept. `told` is given a line for each repeat.

    Raises:
        StropError: the host failed or was stopped; the repeats that were done are kept.
    """
    spec = laboratory.parts.spec
    missing = []
    for task in tasks:
        here = laboratory.of(task, laboratory.run.child(task.name))
        if next(store.events(scope=task.name), None) is None:
            here.check_seed()
        left = [n for n in range(repeats) if not copies_of(store, _scope(task, n), spec.copies, sealed=False)]
        missing += [(task, here.meta_utility(), number) for number in left]
    done = len(tasks) * repeats - len(missing)
    if done:
        told(f"{done} of {quantity(done + len(missing), 'repeat')} done before")
    numbers = count(done + 1)

    def measure(task: AnyTask, meta_utility: MetaUtility, number: int) -> None:
        told(f"{task.name}: repeat {number + 1} of {repeats} ({next(numbers)} of {done + len(missing)})")
        meta_utility.trial(improver.text, laboratory.run.child(_scope(task, number)))

    all_or_error(
        [partial(measure, *each) for each in missing], improvers_at_once(spec) // spec.copies + 1, "strop-repeat"
    )


def trials(store: Store, task: MeasuredTask, repeats: int, copies: int) -> Trials:
    """The repeats of a task that a record holds."""
    each = (copies_of(store, _scope(task, number), copies, sealed=False) for number in range(repeats))
    return Trials(task, tuple(tuple(copy.train.value for copy in one) for one in each if one))


def floor_of(found: Trials, rng: np.random.Generator) -> Floor:
    """How far two û differ by chance, from at least 2 repeats. Raises ValueError where there are fewer."""
    if len(found.values) < 2:
        raise ValueError(f"{len(found.values)} repeats; the least is 2")
    values = np.array(found.values, dtype=np.float64)
    sample, copies = values.ravel(), values.shape[1]
    differences = _differences(sample, copies, DRAWS, rng)
    again = [
        _exceeded(_differences(rng.choice(sample, sample.size), copies, DRAWS // 10, rng), EXCEEDED)
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(again, [0.025, 0.975])
    quantiles = tuple(_exceeded(differences, 1 - level) for level in LEVELS)
    return Floor(quantiles, _exceeded(differences, EXCEEDED), (float(low), float(high)))


def noise(found: Trials, gate: Gate, rng: np.random.Generator, comparisons: int = COMPARISONS) -> Noise:
    """What chance does, from at least 2 repeats; `gate` is tried so often.

    Raises:
        ValueError: there are fewer.
    """
    floor = floor_of(found, rng)
    values = np.array(found.values, dtype=np.float64)
    copies = values.shape[1]
    within = values.var(axis=1, ddof=1).mean() / copies if copies > 1 else values.var(ddof=1)
    return Noise(
        mean=float(values.mean()),
        sd=float(values.mean(axis=1).std(ddof=1)),
        stderr=float(np.sqrt(within)),
        **vars(floor),
        gate=gate_errors(values, gate, rng, comparisons),
    )


def gate_errors(values: Values, gate: Gate, rng: np.random.Generator, comparisons: int) -> GateErrors:
    """Try the gate so often on differences of two copies, each drawn from all of `values`: the improver against itself."""
    sample, each = values.ravel(), values.shape[1]
    accepted = sum(gate.accepts(_Redrawn(sample, each, gate.pairs, rng)) for _ in range(comparisons))
    return GateErrors(accepted, comparisons, gate.alpha, gate.pairs, wilson_interval(accepted, comparisons))


class _Redrawn(PairedComparison):
    """A contest between an improver and itself, out of what was measured of it; it holds only what a gate asks for."""

    def __init__(self, values: Values, each: int, pairs: int, rng: np.random.Generator) -> None:
        candidate, incumbent = rng.choice(values, pairs), rng.choice(values, pairs)
        self._differences, self._values = (candidate - incumbent).tolist(), incumbent.tolist()
        self._each = each
        self.incumbent = Node(0, "", None, seen=rng.choice(values, each).tolist())  # measured before it is compared
        self.at = Budget()

    def rounds(self, budget: Budget) -> Iterator[list[float]]:
        """|D| pairs at a time, until the gate has seen enough."""
        for begun in range(0, len(self._differences), self._each):
            self.incumbent.seen.extend(self._values[begun : begun + self._each])
            yield self._differences[begun : begun + self._each]


def _differences(sample: Values, copies: int, draws: int, rng: np.random.Generator) -> Values:
    """|û - û'|, each û a mean of so many copies out of the sample."""
    drawn = rng.choice(sample, (draws, 2, copies)).mean(axis=2)
    return np.asarray(np.abs(drawn[:, 0] - drawn[:, 1]))


def _exceeded(differences: Values, share: float) -> float:
    """The smallest of the differences that at most this share of them exceeds."""
    return float(np.quantile(differences, 1 - share, method="inverted_cdf"))


def _scope(task: MeasuredTask, number: int) -> str:
    return f"{task.name}/a{number}"


def utilities(found: Trials) -> tuple[float, ...]:
    """û of each repeat."""
    return tuple(mean(row) for row in found.values)
