"""The result of a run, from its events: the document, differences from the seed improver, counts, notes of run time, answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from strop.analysis.audit import RULES
from strop.analysis.stats import decided, group_difference
from strop.base.as_document import as_document, to_json
from strop.base.errors import StoreError
from strop.base.events import (
    Edited,
    Event,
    Extracted,
    ImproveFinished,
    IterationFinished,
    LmCalled,
    LmFault,
    RunStarted,
)
from strop.base.solution import digest_of
from strop.runs.record import Record
from strop.runs.results.parts import Noted, counted_answers, noted
from strop.runs.results.trained import ComparisonCounts
from strop.runs.run_data import RunData
from strop.runs.spec import improver_text
from strop.runs.train import iterations_of, read_trained
from strop.store import Store
from support.records import compared, evaluated, iterated, responded
from support.rows import table
from unit.report.terminal import made
from unit.report.terminal.made import trained

SEED_SCORES = [[0.5, 0.6], [0.4, 0.5], [0.6, 0.7], [0.5, 0.5]]
BETTER_SCORES = [[0.9, 1.0], [0.8, 0.9], [0.9, 0.9], [1.0, 1.0]]


def test_result_holds_what_the_run_was_and_each_iteration() -> None:
    document = as_document(trained(made.happened()))
    rule = {"rule": "R004", "title": RULES["R004"].title, "source": "guest", "unsandboxing": False, "times": 1}
    told = {"directory": "runs/x", "kind": "run", "tasks": ["lpn"], "selection": "gated", "status": "finished"}
    assert document.items() >= (told | {"detail": "", "file": None, "audit": [rule]}).items()
    assert [iteration["t"] for iteration in document["iterations"]] == [0, 1]
    assert document["costs"]["total"]["lm_calls"] == sum(one["lm_calls"] for one in document["costs"]["roles"].values())
    (iteration,) = iterations_of(RunData(iterations=[made.iteration(1, True, (0.5, 0.75), (0.25,))]))
    row = as_document(iteration)
    train, test = row.pop("train"), row.pop("test")
    assert (train["mean"], train["stderr"], train["values"]) == (0.625, 0.125, [0.5, 0.75])
    assert (test["mean"], test["stderr"], test["values"]) == (0.25, None, [0.25])
    low, high = train["interval"]
    assert 0 < low < 0.625 < high < 1
    counts = {"t": 1, "accepted": True, "reason": "", "lm_calls": 5, "evaluations": 1001, "seconds": 61.0, "tasks": []}
    unknown = dict.fromkeys(("parent", "gate", "search", "mean_lm_calls", "mean_evaluations"))
    verdicts = {"ok": 900, "out of memory": 100}
    assert row == counts | unknown | {"verdicts": verdicts, "improver": "I1"}


def test_run_is_unfinished_when_it_is_not_over_or_was_taken_up_again() -> None:
    events = made.happened()
    assert [trained(each).status for each in (events[:-1], [*events, made.started()])] == ["unfinished"] * 2


@table("spec", ("a text", [1], {"task": 3}, {"task": "lpn", "selection": None}))
def test_record_is_refused_where_its_configuration_is_damaged(spec: Any) -> None:
    with pytest.raises(StoreError, match="no valid configuration"):
        trained([RunStarted(scope="", spec=spec, environment={}, posture={})])  # type: ignore[arg-type]


def test_notes_are_in_order_of_weight_and_counted_by_rule() -> None:
    rows = noted({"R004": 3, "R013": 1, "R002": 50, "R005": 2, "R008": 0})
    assert [(row.rule, row.unsandboxing, row.times) for row in rows] == [
        ("R005", True, 2), ("R013", True, 1), ("R002", False, 50), ("R004", False, 3),
    ]  # fmt: skip
    other = Noted(rule="of_another_version", title="", source="", unsandboxing=False, times=4)
    assert noted({"of_another_version": 4}) == [other]
    kernel = Noted(rule="R013", title="starts another program", source="kernel", unsandboxing=True, times=4)
    assert trained([made.note("R013", 3), made.note("R013")]).audit == (kernel,)


def ended(t: int, scores: Sequence[Sequence[float]], accepted: bool, improver: str) -> IterationFinished:
    values = tuple(sum(row) / len(row) for row in scores)
    return iterated(t, improver, accepted=accepted, train=values, test=values)


def run_of(last: Sequence[Sequence[float]]) -> list[Event]:
    """A run in which I_1 stayed the seed improver and I_2 is new."""
    events: list[Event] = [made.started()]
    for t, scores, improver in ((0, SEED_SCORES, "seed"), (1, SEED_SCORES, "seed"), (2, last, "a better one")):
        if t != 1:
            events += [
                evaluated("s", sum(row) / len(row), f"t{t}/measure/copy{copy}/test", split="test", scores=tuple(row))
                for copy, row in enumerate(scores)
            ]
        events.append(ended(t, scores, t == 2, improver))
    return events


def test_only_improvers_that_are_new_are_compared_with_the_seed() -> None:
    (row,) = trained(run_of(BETTER_SCORES)).from_seed
    before, after = ([sum(scores) / 2 for scores in each] for each in (SEED_SCORES, BETTER_SCORES))
    assert (row.t, row.mean, row.n) == (2, pytest.approx(0.925 - 0.5375), 4)
    assert row.interval == group_difference([after], [before]).interval
    assert trained(run_of(SEED_SCORES)[:-5]).from_seed == ()


def test_final_comparison_decides_wherever_the_difference_is_shown() -> None:
    """The copies of each iteration say +0.388; the final comparison +0.15."""
    last = compared(2, (0.1, 0.2) * 10, scope="final", interval=(0.05, 0.3), accepted=True, before=(0.4,) * 20)
    result = trained([*run_of(BETTER_SCORES), last])
    words = "Better: the improver of iteration 2 beats the seed improver by 0.150 (95% interval 0.050 to 0.300)"
    assert result.sentence.startswith(words)
    (row,) = result.from_seed
    assert (row.t, row.mean, row.interval, row.n) == (2, pytest.approx(0.15), (0.05, 0.3), 20)
    assert (row.before, row.on) == (pytest.approx(0.4), "20 pairs of copies in the final comparison")
    assert f"from {row.before:.3f} to {row.after:.3f}, " in result.sentence and f", {row.on}." in result.sentence


def test_result_counts_what_was_compared_how_often() -> None:
    tried = (("A", "t1/improve/u-1#0"), ("A", "t1/improve/u-1#1"), ("B", "t1/improve/u-2#0"))
    candidates = [evaluated(text, 0.5, scope, utility="self-improvement") for text, scope in tried]
    found = trained([*run_of(BETTER_SCORES), *candidates, compared(1, (0.1, 0.2), pairs=5)]).compared
    counts = {"candidates": 2, "meta_utility_calls": 3, "gate_comparisons": 1, "gate_pairs": 2, "gate_accepted": 0}
    assert found == ComparisonCounts(**counts)


def test_difference_from_the_seed_has_a_verdict_that_goes_with_its_uncertainty() -> None:
    rows: list[tuple[list[list[float]], int]] = [
        ([[1.0, 1.0]] * 20, 1), ([[0.0, 0.0]] * 20, -1), (SEED_SCORES[::-1] * 5, 0), (BETTER_SCORES[:3], 0),
    ]  # fmt: skip
    for last, verdict in rows:
        events = [ended(0, (SEED_SCORES * 5)[: len(last)], False, "seed"), ended(1, last, True, "another")]
        assert decided(trained(events).from_seed[-1]) == verdict, last


def test_document_has_the_search_of_every_iteration(store: Store) -> None:
    seed = improver_text("seed")
    store.append(made.started())
    store.append(made.began(0, seed))
    called = LmCalled(scope="t0/improve", call=0, expertise="e", messages=(seed,), temperature=0.7, cost=1)
    store.append(called)
    store.append(evaluated("x", 1.0, "t0/improve/u-1#0"))
    store.append(ImproveFinished(scope="t0/improve", solution="x", utility_calls=1, lm_calls=1))
    store.append(iterated(0, seed))
    result = read_trained(Record(store))
    (first,) = as_document(result)["iterations"]
    assert digest_of(seed) in to_json(result)
    assert first["search"]["idea"] == "Improves a solution according to a utility function."
    counted = {"improvements": 1, "lm_calls": 1, "rounds": 1, "utility_calls": 1, "prompts": 1, "showing_earlier": 0}
    assert first["search"]["behaviour"].items() >= counted.items()
    assert (first["mean_lm_calls"], first["mean_evaluations"]) == (1, 1)


def extracted(call: int, programs: str, scope: str = "improve") -> Extracted:
    """Of programs by letter: `-` is none, and a capital one does not compile."""
    contents = tuple(
        "no program" if name == "-" else "does not compile" if name.isupper() else "program" for name in programs
    )
    return Extracted(scope=scope, call=call, contents=contents, programs=tuple(name.strip("-") for name in programs))


def arrived(call: int, n: int) -> list[Event]:
    return [responded("", index, "improve", call=call) for index in range(n)]


def ends(names: str, verdict: str = "ok", error: str = "") -> list[Event]:
    """Evaluations of programs."""
    return [evaluated(name, 0.5, f"improve/u-{name}", verdict=verdict, error=error, utility="u") for name in names]


UNBOUND = "instance 0: UnboundLocalError: cannot access local variable 'x'"
REFUSED: dict[str, Any] = {"scope": "improve", "call": 0, "index": 1, "fault": "empty", "attempt": 1}
ANSWERS: list[tuple[list[Event], str]] = [
    ([], ""),
    ([*arrived(0, 2), extracted(0, "ab"), *ends("ab")], "2 responses: 2 ran."),
    ([*arrived(0, 8), extracted(0, "abcdefgH"), *ends("ab"), *ends("cdef", "raised", UNBOUND), *ends("g", "timeout")],
     "8 responses: 2 ran, 6 failed (mostly UnboundLocalError)."),
    ([extracted(0, "ab-D"), *ends("a", "timeout"), *ends("b", "malformed", "2 items, not 3")],
     "4 responses: 4 failed (1 SyntaxError, 1 malformed, 1 no program, …)."),
    ([*arrived(0, 4), extracted(0, "a-Ba"), *ends("a"), *arrived(1, 1)],
     "5 responses: 2 ran, 2 failed (1 SyntaxError, 1 no program), 1 not examined; 1 repetition."),
    ([extracted(0, "ab"), *ends("b")], "2 responses: 1 ran, 1 not evaluated."),
    ([extracted(0, "a"), extracted(0, "a", "t1/improve"), *ends("a")], "2 responses: 2 ran."),
    ([*arrived(0, 2), Edited(scope="improve", call=0, index=1, outcome="failed", detail=""), extracted(0, "a-"), *ends("a")],
     "2 responses: 1 ran, 1 failed (edits that do not fit)."),
    ([*arrived(0, 2), extracted(0, "ab"), *ends("ab"), *arrived(1, 2)], "4 responses: 2 ran, 2 not examined."),
    ([LmFault(**REFUSED, detail="refused: I cannot help."), *arrived(0, 2), extracted(0, "a-"), *ends("a")],
     "2 responses: 1 ran, 1 failed (refused: I cannot help.)."),
    ([LmFault(**REFUSED | {"fault": "truncated"}, detail="filtered"), *arrived(0, 2),
      Edited(scope="improve", call=0, index=1, outcome="not applied", detail="no end"), extracted(0, "a-"), *ends("a")],
     "2 responses: 1 ran, 1 failed (filtered)."),
    ([LmFault(**REFUSED | {"fault": "cut_prompt"}, detail="short"), *arrived(0, 2), extracted(0, "ab"), *ends("ab")],
     "2 responses: 2 ran. By its own count the server read only a part of 1 prompt."),
]  # fmt: skip


@table(("events", "words"), ANSWERS)
def test_sentence_says_how_many_answers_ran_and_why_the_others_did_not(events: list[Event], words: str) -> None:
    run = RunData()
    for event in events:
        run.add(event)
    assert counted_answers(run.answers).sentence == words
