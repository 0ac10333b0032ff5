"""What the recorded command shows as a whole program, for each first line that it can lead to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strop.base.results import Evaluation, Improvement, ProgramRuns
from strop.runs.claims.facts import facts_of
from strop.runs.claims.improvement import sentence
from strop.runs.finding import Cost, Evidence, ScoredProgram
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts

FACTS = ObjectiveFacts(
    MetricFacts("seconds", "min", "time"),
    "listed",
    "kernel",
    calls="later",
    commands=("python app.py",),
    made=90,
    share=0.9,
)


def times(seconds: float, spread: float = 0.01, count: int = 10) -> tuple[dict[str, float], ...]:
    """Times around a mean: CPU seconds, and as many wall seconds."""
    values = [seconds * (1 + spread * (n % 3 - 1)) for n in range(count)]
    return tuple({"time": value, "wall": value} for value in values)


def ran(seconds: float, spread: float = 0.01, count: int = 10, **more: object) -> ProgramRuns:
    """Runs beside an original that takes a second."""
    others = times(1.0, 0.01, count)[::-1]
    return ProgramRuns(metrics=times(seconds, spread, count), original_metrics=others, planned=count, **more)  # type: ignore[arg-type]


def evidence(runs: ProgramRuns | None, *, share: float = 0.9, searched: bool = True) -> Evidence:
    """Calls that are ten times as fast, in a program that takes what `runs` say."""

    def measured(seconds: float, spread: float, **more: object) -> Evaluation:
        rows = tuple({"seconds": seconds * (1 + spread * (n % 3 - 1))} for n in range(10))
        return Evaluation(0.9, "ok", (0.9,) * 10, ("ok",) * 10, metrics=rows, **more)  # type: ignore[arg-type]

    before = measured(0.01, 0.01)
    after = measured(0.001, 0.02, original_metrics=before.metrics, planned=10)
    original, improved = ScoredProgram("a\n", before), ScoredProgram("b\n", after, after)
    facts = replace(FACTS, share=share)
    return Evidence(
        Improvement("b\n"), original, improved, Cost(1, 1, 2, 1), facts, searched=searched, whole_program=runs
    )


def told(found: Evidence) -> dict[str, str]:
    return {fact.name: fact.text for fact in facts_of(found, "f", ())}


CASES = {
    "less time": (
        ran(0.4),
        "better",
        "Better: `python app.py` takes 2.5x less CPU time (2.4x to 2.6x), with the same output.",
    ),
    "a little less": (
        ran(0.9),
        "better",
        "Better: `python app.py` takes 10% less CPU time (8 to 12%), with the same output.",
    ),
    "an output that varies": (
        ran(0.4, repeated=0.3),
        "better",
        "Better: `python app.py` takes 2.5x less CPU time (2.4x to 2.6x).",
    ),
    "more time": (
        ran(2.0),
        "worse",
        "No improvement: `python app.py` takes 2x as long (1.9x to 2.1x); its calls are 10x as fast.",
    ),
    "another output": (
        ran(0.4, differs="line 3 of standard output", quoted="4 in place of 5"),
        "worse",
        "No improvement: with it, `python app.py` prints or writes something else.",
    ),
    "the same time": (
        ran(1.0),
        "no significant improvement",
        "No significant improvement: calls are 10x as fast; of `python app.py` no gain is shown.",
    ),
    "one run each": (ran(0.4, count=1), "better", "Better: 10x as fast (9.9x to 11x)."),
    "one run each that takes longer": (ran(2.0, count=1), "better", "Better: 10x as fast (9.9x to 11x)."),
    "no jail": (
        ProgramRuns(failed="exit status 1", original_metrics=times(1.0)),
        "better",
        "Better: 10x as fast (9.9x to 11x).",
    ),
}
"""What the program shows → its runs, the finding and the first line."""


@pytest.mark.parametrize("name", CASES)
def test_program_decides_what_is_found_and_said(name: str) -> None:
    runs, finding, line = CASES[name]
    found = evidence(runs)
    assert (found.finding, sentence(found)) == (finding, line)
    facts = told(found)
    assert facts["function"].startswith("f 10x as fast (95% interval ") and "4 in place of 5" not in str(facts)
    assert ("in one run each" in facts["program"]) == (len(runs.metrics) == 1)
    if found.finding == "worse":
        assert sentence(replace(found, searched=False)).startswith("Worse: ")
        assert found.change is not None and found.change.verdict == "no significant change"


GROWN = [
    (54.0, 103.0, "takes 1.9x the memory at its peak, 54 MiB to 103 MiB"),
    (54.0, 63.0, ""),
    (200.0, 215.0, ""),
    (103.0, 54.0, ""),
    (0.0, 103.0, ""),
]
"""Mean peaks of memory of the original and of a better program, and what is said of them."""


@pytest.mark.parametrize(("before", "after", "said"), GROWN)
def test_memory_is_named_beside_better_when_it_grows_by_a_tenth_and_by_ten_mib(
    before: float, after: float, said: str
) -> None:
    better = ran(0.4)
    rows = {"metrics": after, "original_metrics": before}
    runs = replace(
        better, **{name: tuple(row | {"memory": mib} for row in getattr(better, name)) for name, mib in rows.items()}
    )  # type: ignore[arg-type]
    found = evidence(runs)
    assert found.finding == "better" and told(found).get("memory", "") == said
    missed = evidence(replace(runs, missed="memory 1.9x the original's, where 1.1x is the most"))
    assert missed.finding == "worse" and "memory" not in told(missed)
    assert (
        sentence(missed)
        == "No improvement: with it, `python app.py` takes memory 1.9x the original's, where 1.1x is the most."
    )


@pytest.mark.parametrize(("mib", "decides"), [(67.5, False), (67.5, True), (55.0, False)])
def test_machine_is_said_to_be_busy_when_memory_varies_and_is_named_or_decides(mib: float, decides: bool) -> None:
    found = evidence(None)
    last = found.improved.last  # type: ignore[union-attr]
    old, busy = (tuple({**row, "memory": value} for row in last.original_metrics) for value in (54.0, mib))
    train, test = (
        replace(last, metrics=tuple({**row, "memory": 103.0} for row in last.metrics), original_metrics=rows)
        for rows in ((old, busy) if decides else (busy, old))
    )
    facts = ObjectiveFacts(MetricFacts("memory", "min", "memory"), "chosen", "kernel") if decides else found.facts
    original = ScoredProgram("a\n", replace(found.original.train, metrics=old))
    facts_told = told(replace(found, original=original, improved=ScoredProgram("b\n", train, test), facts=facts))
    said = facts_told.get("machine", "").startswith(
        "peaks of memory of the original varied 1.2-fold: a busy machine, or"
    )
    assert said is (mib > 60.0) and (facts_told["memory"].startswith("takes 1.9x the memory") or decides)


@pytest.mark.parametrize(
    ("share", "finding"), [(0.03, "better"), (0.0, "no significant improvement"), (0.2, "no significant improvement")]
)
def test_undecided_program_is_better_only_where_its_interval_leaves_room_for_the_gain_that_its_calls_predict(
    share: float, finding: str
) -> None:
    low, high = 0.985, 1.002  # of the time, in its interval; half of the first prediction is 1.3%
    found = evidence(ran((low + high) / 2, 0.004), share=share)
    assert found.program_gain is not None and found.program_gain.verdict == "no significant change"
    assert found.finding == finding
    if finding == "better":
        assert sentence(found) == "Better: 10x as fast (9.9x to 11x); `python app.py` takes about as long as before."


def test_better_calls_wait_for_the_program_if_it_runs_in_the_jail() -> None:
    trial = ProgramRuns(original_metrics=times(1.0, count=2))
    assert evidence(trial).awaits_program and not evidence(replace(trial, failed="exit status 1")).awaits_program
    assert not evidence(ran(0.4)).awaits_program and not evidence(None).awaits_program
