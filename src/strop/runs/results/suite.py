"""The result of `strop compare --suite`: what a change shows on each scenario of a benchmark suite."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal, get_args

from strop.analysis.stats import CONFIDENCE, confidence_of
from strop.base.as_document import HIDDEN, computed
from strop.base.events import ScenarioFound
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.core.metric_change import Gain, gain
from strop.runs.claims.facts import Fact
from strop.runs.claims.gains import size
from strop.runs.claims.training import status_words
from strop.runs.record import Record
from strop.runs.results.improved import Improved
from strop.runs.results.parts import RecordedResult
from strop.runs.results.program import record_of, result_in

KIND = "suite"
"""The kind of a record of a suite."""
ScenarioFinding = Literal["worse", "better", "no difference shown", "not measured", "not touched", "left out"]
ORDER: tuple[ScenarioFinding, ...] = get_args(ScenarioFinding)
"""The findings of scenarios, in the order of the table."""
_MOST_REASONS = 5
COLUMNS = ("scenario", "finding", "change", "base against base")
"""What a table says of a scenario: its name and `cells`."""
ROWS = 40
"""Most rows of a table, unless all are asked for."""


@dataclass(frozen=True, kw_only=True)
class ComparedScenario:
    """A scenario of a suite, and what the change shows on it."""

    name: str
    """Name of the scenario, as the suite calls it."""
    finding: ScenarioFinding
    """What was found: `better` or `worse` if the interval leaves out no change, or if the change fails; `no difference
    shown`; `not measured`; `not touched` if it runs nothing that differs; `left out` if the benchmark skips itself."""
    change: Gain | None
    """The change of its time, or of its memory. Null if it was not measured, or if the change fails."""
    itself: Gain | None
    """The original beside itself: every second of its measurements beside the one before, with an interval of 95%. This
    is what noise alone shows. Null if there are too few."""
    reason: str
    """Why it could not be measured, or how the change fails. Empty if it was measured."""
    directory: Path | None
    """Directory of its record. Null if it has none."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ComparedSuite(RecordedResult):
    """What a change shows on the scenarios of a benchmark suite."""

    kind: str = KIND
    """What the record is of: always `suite`."""
    suite: str
    """The suites and commands, as they were named."""
    status: str
    """How the work stands: `finished`, `interrupted`, `failed`, `budget`, `running`, or `unfinished` (its process was killed)."""
    detail: str
    """Why the work ended. Empty if it finished."""
    scenarios: tuple[ComparedScenario, ...]
    """The scenarios: those that are worse, better, without a difference, and not measured; of each the largest change first."""
    confidence: float
    """Confidence of each interval, so that all of them hold together with 95%."""
    said: tuple[str, ...] = ()
    """What to know about the change, one line for each fact."""
    unfinished: int = field(default=0, metadata=HIDDEN)
    """How many scenarios wait to be measured."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Finding → number of scenarios."""
        return Counter(one.finding for one in self.scenarios)

    @computed
    def finding(self) -> str:
        """What was found: `unfinished`; `worse` if a scenario is worse; `not all measured` if one could not be measured;
        `better` if one is better; else `no significant improvement`."""
        counts = self.counts
        if self.status != "finished":
            return "unfinished"
        named = {"worse": "worse", "not measured": "not all measured", "better": "better"}
        return next((named[one] for one in named if counts[one]), "no significant improvement")

    @computed
    def sentence(self) -> str:
        """The first line: how many scenarios are slower or faster, and how many could not be measured."""
        counts, total = self.counts, quantity(len(self.scenarios) - self.counts["left out"], "scenario")
        if self.finding == "unfinished":
            done = len(self.scenarios) - self.unfinished
            return f"Unfinished: {done} of {len(self.scenarios)} scenarios so far. {status_words(self.status, self.detail)}"
        told = [f"{counts[one]} {word}" for one, word in _WORDS if counts[one]]
        return f"{_SAID[self.finding]}: of {total} {', '.join(told)}."

    @property
    def shown(self) -> list[ComparedScenario]:
        """The scenarios in the table: all but those that are only counted, with their reasons."""
        return [one for one in self.scenarios if one.change is not None or one.finding == "worse"]

    @computed
    def details(self) -> tuple[Fact, ...]:
        """What stands behind the table: one fact a line, each with a name."""
        return tuple(Fact(name, text) for name, text in self._told())

    def _told(self) -> Iterator[tuple[str, str]]:
        reasons = Counter(one.reason for one in self.scenarios if one.finding == "not measured" and one.reason)
        for reason, count in reasons.most_common(_MOST_REASONS):
            yield "not measured", f"{quantity(count, 'scenario')}: {escape(reason, 400)}"
        if (others := len(reasons) - _MOST_REASONS) > 0:
            yield "not measured", f"and for {quantity(others, 'other reason')}"
        if self.confidence > CONFIDENCE:
            yield (
                "error",
                f"the intervals of all scenarios hold together with 95%: each has {100 * self.confidence:.4g}%",
            )


_SAID = {
    "worse": "Worse",
    "not all measured": "Not all measured",
    "better": "Better",
    "no significant improvement": "No difference shown",
}
_WORDS = (
    ("worse", "worse"),
    ("better", "better"),
    ("no difference shown", "without a difference"),
    ("not measured", "not measured"),
    ("not touched", "not touched by it"),
)


def found_scenarios(events: Iterable[ScenarioFound]) -> dict[int, ScenarioFound]:
    """Number → scenario, as the last event of each tells it."""
    return {int(event.scope.rpartition("/")[2]): event for event in events}


def is_open(one: ScenarioFound) -> bool:
    """Whether nothing speaks against measuring a scenario."""
    return one.applies and not one.reason


def read_suite(of: Record) -> ComparedSuite:
    """The result in a record of a suite.

    Raises:
        StoreError: the record, or that of a scenario, is damaged.
    """
    run, meta = of.run, of.run.meta
    with of.again() as store:
        found = found_scenarios(stored.event for stored in store.events(ScenarioFound))
    family = meta.spec.family if meta.spec else 1
    rows, results, waiting = list[ComparedScenario](), list[Improved](), 0
    for one in found.values():
        result = result_in(record_of(of.folder, one.scope)) if one.calls and is_open(one) else None
        if isinstance(result, Improved):
            results.append(result)
        elif is_open(one):
            waiting += 1
        rows.append(_row(one, result if isinstance(result, Improved) else None))
    return ComparedSuite(
        directory=of.folder,
        model="",
        is_language_model=False,
        unverified=run.unverified or next((one.unverified for one in results if one.unverified), ""),
        waived=next((one.waived for one in results if one.waived), ""),
        suite=meta.spec.task if meta.spec else "",
        status=run.status,
        detail=run.detail,
        scenarios=tuple(sorted(rows, key=_place)),
        confidence=confidence_of(1, family * max(sum(one.calls > 0 for one in found.values()), 1)),
        said=meta.said,
        unfinished=waiting,
        record=of,
    )


def _row(one: ScenarioFound, result: Improved | None) -> ComparedScenario:
    finding: ScenarioFinding = "not measured" if one.applies else "not touched" if one.reason else "left out"
    if result is not None and result.gain is not None:
        verdict = result.gain.verdict if result.finding != "worse" else "worse"
        finding = {"better": "better", "worse": "worse"}.get(verdict, "no difference shown")  # type: ignore[assignment]
    elif result is not None and result.finding == "worse":
        finding = "worse"
    fails = result is not None and result.gain is None
    return ComparedScenario(
        name=one.name,
        finding=finding,
        change=None if result is None else result.gain,
        itself=None if result is None or result.gain is None else _itself(result),
        reason=result.sentence if result is not None and fails else one.reason,
        directory=None if result is None else result.directory,
    )


def _itself(result: Improved) -> Gain | None:
    """The original beside itself, by every second of its measurements."""
    rows = result.improved.last.original_metrics if result.improved else ()
    pairs = len(rows) // 2
    return gain(result.facts.metric, rows[1 : 2 * pairs : 2], rows[: 2 * pairs : 2], chosen=True) if pairs else None


def _place(one: ComparedScenario) -> tuple[int, float, str]:
    return ORDER.index(one.finding), -abs(one.change.change.mean) if one.change else -math.inf, one.name


def cells(one: ComparedScenario) -> tuple[str, str, str]:
    """The finding, the change with its interval, and the original beside itself, in words."""
    if one.change is None:
        return one.finding, one.reason if one.finding == "worse" else "", ""
    return one.finding, size(one.change), "" if one.itself is None else size(one.itself)
