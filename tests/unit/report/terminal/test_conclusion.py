"""The conclusion of a run in one sentence, and how it compares with the decision of the gate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strop.analysis.stats import group_difference
from strop.base.events import Compared, Event, RunFinished, RunStarted
from strop.runs.claims.numbers import between
from strop.runs.claims.training import Conclusion, conclusion_of
from strop.runs.meta import Meta
from strop.runs.results.parts import sample
from strop.runs.results.trained import Iteration
from strop.runs.run_data import RunData
from support.records import compared

GATE = compared(
    1, (0.2, 0.3) * 12, pairs=25, e_value=31.0, threshold=30.0, interval=(0.014, 0.347), accepted=True, lm_calls=10
)


def run_of(*gates: Compared, status: str = "finished", detail: str = "", **recipe: object) -> RunData:
    spec = {"task": "lpn", "selection": "gated", "iterations": 4, **recipe}
    run = RunData(alive=status == "running")
    events: list[Event] = [RunStarted(scope="", spec=spec, environment={}, posture={}), *gates]
    if status not in ("running", "unfinished"):
        events.append(RunFinished(scope="", status=status, detail=detail))
    for event in events:
        run.add(event)
    return run


BEFORE, AFTER, N = 0.771, 0.969, 40
"""û of I_0, û of a better I_1, and copies that can show the difference."""


def around(value: float, n: int) -> tuple[float, ...]:
    """n values with this mean, in an order of their own."""
    return tuple(value + (0.02 if (copy * 7 + round(100 * value)) % 2 else -0.02) for copy in range(n))


def iterations(after: float | None = None, *, last: int = 2, n: int = N, new: str = "new") -> list[Iteration]:
    """Iterations 0 to `last` of n copies; iteration 1 was accepted, with û `after` and the digest `new`; None: none was."""

    def made(t: int) -> Iteration:
        value = BEFORE if after is None or t == 0 else after
        accepted = t == 1 and after is not None
        return Iteration(
            t=t, accepted=accepted, reason="", train=None, test=sample(around(value, n)), lm_calls=1, evaluations=1, verdicts={},
            seconds=1.0, improver="seed" if after is None or t == 0 else new, parent=None, gate=None, tasks=(), search=None,
        )  # fmt: skip

    return [made(t) for t in range(last + 1)]


def interval(after: float, n: int = N) -> tuple[float, float]:
    change = group_difference([around(after, n)], [around(BEFORE, n)])
    assert change.interval is not None
    return change.interval


def test_run_that_found_nothing_says_so_and_names_what_stays() -> None:
    conclusion = conclusion_of(run_of(replace(GATE, accepted=False)), iterations(n=4))
    assert conclusion.sentence == "No improvement: the seed improver stays after 2 iterations."
    low, high = sample(around(BEFORE, 4)).interval  # type: ignore[union-attr,misc]
    assert conclusion.detail == (
        f"Its meta-utility û is 0.771 (95% interval {between((low, high))}) on the sealed instances of lpn, 4 copies."
    )
    other = conclusion_of(run_of(improver="genetic"), iterations(last=1))
    assert other.sentence == "No improvement: the first improver, genetic, stays after 1 iteration."


def test_run_that_was_stopped_claims_nothing_for_the_iterations_that_are_missing() -> None:
    conclusion = conclusion_of(run_of(status="interrupted"), iterations())
    assert conclusion.sentence == "No improvement so far: the seed improver stays after 2 of 4 iterations."
    assert conclusion.detail.endswith("The run was stopped before its end.")


ENDINGS = {
    "unfinished": ("No result: the run was killed before", "The run has not ended: its process was killed."),
    "interrupted": ("No result: the run was stopped before", "The run was stopped before its end."),
    "budget": ("No result: a limit ended the run before", "The run stopped at a limit: --max-cost is spent."),
    "failed": ("No result: the run failed before", "The run failed: the server is gone."),
}
"""Status of a run → how its sentence begins where no iteration has ended, and the detail of every sentence."""
DETAILS = {"budget": "--max-cost is spent", "failed": "the server is gone", "interrupted": "SIGINT"}


@pytest.mark.parametrize("selection", ["paper", "gated", "archive"])
@pytest.mark.parametrize("status", ENDINGS)
def test_run_that_did_not_end_by_itself_claims_only_what_it_came_to(status: str, selection: str) -> None:
    run = run_of(status=status, detail=DETAILS.get(status, ""), selection=selection)
    begins, detail = ENDINGS[status]
    nothing = conclusion_of(run, [])
    assert nothing == Conclusion(f"{begins} the seed improver was measured.", detail)
    measured = conclusion_of(run, iterations(last=0))
    assert measured.sentence == f"{begins} the first iteration ended; only the seed improver was measured."
    kept = conclusion_of(run, iterations(last=1))
    assert kept.sentence == "No improvement so far: the seed improver stays after 1 of 4 iterations."
    better = conclusion_of(run, iterations(AFTER))
    assert better.sentence.startswith(
        "Better: the improver of iteration 1 beats the seed improver by 0.198 (95% interval "
    )
    assert all(result.detail.endswith(detail) for result in (measured, kept, better))


@pytest.mark.parametrize(
    ("each", "words"),
    [
        ((1, 3), "Both had the same budgets and spent about the same."),
        (
            (10, 20.2),
            "Both had the same budgets; I_1 spent more on each improvement: 10 LM calls against 1, 20.2 evaluations against 3.",
        ),
        ((0.5, 3), "Both had the same budgets; I_0 spent more on each improvement: 1 LM call against 0.5."),
    ],
)
def test_claim_names_what_each_improver_spent(each: tuple[float, float], words: str) -> None:
    rows = [
        replace(row, lm_calls_each=calls, evaluations_each=evaluations)
        for row, (calls, evaluations) in zip(iterations(AFTER, last=1), ((1, 3), each), strict=True)
    ]
    sentence = conclusion_of(run_of(), rows).sentence
    assert sentence.startswith("Better: ") and sentence.endswith(f". {words}")


def test_running_run_has_no_result_yet() -> None:
    run = run_of(status="running")
    assert conclusion_of(run, []).sentence == "No result yet: the seed improver is being measured."
    assert conclusion_of(run, iterations(last=0)).sentence == "No result yet: only the seed improver was measured."


@pytest.mark.parametrize(
    ("asked", "detail", "sentence"),
    [
        (0, "", "No improvement was asked for: only the seed improver was measured."),
        (4, "It can gain little", "No improvement: training can hardly show a gain over the seed improver."),
    ],
)
def test_finished_run_without_an_iteration_says_why(asked: int, detail: str, sentence: str) -> None:
    conclusion = conclusion_of(run_of(iterations=asked, detail=detail), iterations(last=0))
    assert conclusion.sentence == sentence and detail in conclusion.detail


def test_change_of_what_returned_to_the_first_improver_is_no_improvement_whatever_was_measured() -> None:
    for after in (AFTER, 0.571):
        found = conclusion_of(run_of(selection="paper"), iterations(after, new="seed"))
        assert found.sentence == "No improvement: I_2 is the seed improver."


def test_better_improver_is_told_with_before_after_and_interval() -> None:
    conclusion = conclusion_of(run_of(GATE), iterations(AFTER))
    low, high = interval(AFTER)
    assert conclusion.sentence == (
        f"Better: the improver of iteration 1 beats the seed improver by 0.198 (95% interval {between((low, high))}) in û, "
        f"from 0.771 to 0.969, on the sealed instances of lpn, {N} copies."
    )
    assert conclusion.detail == (
        "The gate accepted it over the seed improver: better by 0.250 (95% interval 0.014 to 0.347) in 24 pairs "
        "(biased upwards, because the gate stops early)."
    )


LAST = replace(
    GATE,
    scope="final/gate",
    differences=(0.1,) * 30,
    before=(0.4,) * 30,
    pairs=30,
    interval=(0.02, 0.18),
    threshold=40.0,
)
BY_GATE = "by 0.250 (95% interval 0.014 to 0.347) in 24 pairs (biased upwards, because the gate stops early)"
PROVED = f"the gate showed that the improver of iteration 1 beats the seed improver {BY_GATE}"
WHERE = "from 0.400 to 0.500, on the sealed instances of lpn, 30 pairs of copies"


def concluded(*interval: float) -> str:
    """The sentence of a run whose gate accepted and whose final comparison has this interval."""
    last = replace(LAST, interval=interval, differences=(sum(interval) / 2,) * 30)
    return conclusion_of(run_of(GATE, last), iterations(0.871, n=3)).sentence


def test_final_comparison_decides_where_there_is_one() -> None:
    assert concluded(0.02, 0.18) == (
        f"Better: the improver of iteration 1 beats the seed improver by 0.100 (95% interval 0.020 to 0.180) in û, {WHERE}."
    )


def test_what_the_gate_showed_and_sealed_instances_leave_open_is_better_in_training() -> None:
    assert concluded(-0.05, 0.25) == (
        f"Better in training: {PROVED}. Sealed instances leave it open: "
        f"û changed by +0.100 (95% interval -0.050 to +0.250), {WHERE}."
    )
    before_it = conclusion_of(run_of(GATE, status="budget"), iterations(0.871, n=3))
    assert before_it.sentence.startswith(
        f"Better in training: {PROVED}. Sealed instances leave it open: û changed by +0.100"
    )
    assert before_it.sentence.endswith("3 copies; more copies would be needed to show it there, too.")


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (
            (-0.3, -0.1),
            "Contradiction: the gate accepted the improver of iteration 1, but it is worse than the seed improver by 0.2",
        ),
        ((-0.1, 0.01), f"Contradiction: {PROVED}, but û changed by -0.045 (95% interval -0.100 to +0.010), "),
    ],
)
def test_what_the_gate_showed_and_sealed_instances_deny_is_a_contradiction(
    interval: tuple[float, ...], words: str
) -> None:
    assert concluded(*interval).startswith(words)


def test_run_without_a_gate_claims_what_sealed_copies_show_alone() -> None:
    paper = conclusion_of(run_of(selection="paper"), iterations(0.871, n=3))
    assert paper.sentence.startswith(
        "No significant improvement: the improver of iteration 1 was accepted; û changed by +0.100"
    )
    few = "at least 4 copies are needed to show a difference."
    assert paper.sentence.endswith(f"on the sealed instances of lpn, 3 copies; {few}")
    assert "accepts what each self-improvement returns, better or not" in paper.detail
    worse, (low, high) = conclusion_of(run_of(selection="paper"), iterations(0.571)), interval(0.571)
    assert f"is worse than the seed improver by 0.200 (95% interval {between((-high, -low))}) in û" in worse.sentence


def test_better_by_their_own_scores_is_said_where_programs_compute_them() -> None:
    for interval in ((0.02, 0.18), (-0.05, 0.25)):
        run = run_of(GATE, replace(LAST, interval=interval))
        run.meta = Meta(own_score_because={"lpn": "the program prints this score itself"})
        sentence = conclusion_of(run, iterations(0.871, n=3)).sentence
        assert sentence.startswith("By their own scores") and "Better" not in sentence
        assert sentence.endswith("; on lpn the program prints this score itself.")
