"""The conclusion of a run in one sentence, and how it compares with the decision of the gate: contrast → sentence, detail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from strop.base.events import Compared, Event, RunFinished
from strop.runs.claims.training import Conclusion, conclusion_of
from strop.runs.meta import Meta
from strop.runs.results.parts import sample
from strop.runs.results.trained import Iteration
from strop.runs.run_data import RunData
from support.records import compared
from support.rows import table
from unit.report.terminal import made

GATE = compared(
    1, (0.2, 0.3) * 12, pairs=25, e_value=31.0, threshold=30.0, interval=(0.014, 0.347), accepted=True, lm_calls=10
)
LAST = replace(GATE, scope="final/gate", differences=(0.1,) * 30, before=(0.4,) * 30, pairs=30, interval=(0.02, 0.18))
BEFORE, AFTER = 0.771, 0.969
"""û of I_0, û of a better I_1; 12 copies can show the difference."""
DETAILS = {"budget": "--max-cost is spent", "failed": "the server is gone", "interrupted": "SIGINT"}


def run_of(
    *gates: Compared, status: str = "finished", own: bool = False, detail: str = "", **recipe: object
) -> RunData:
    run = RunData(alive=status == "running")
    events: list[Event] = [made.started(**{"selection": "gated", "iterations": 4, **recipe}), *gates]
    if status not in ("running", "unfinished"):
        events.append(RunFinished(scope="", status=status, detail=detail or DETAILS.get(status, "")))
    for event in events:
        run.add(event)
    run.meta = Meta(own_score_because={"lpn": "the program prints this score itself"}) if own else run.meta
    return run


def around(value: float, n: int) -> tuple[float, ...]:
    """n values with this mean, in an order of their own."""
    return tuple(value + (0.02 if (copy * 7 + round(100 * value)) % 2 else -0.02) for copy in range(n))


def iterations(
    after: float | None = None, *, last: int = 2, n: int = 12, new: str = "new", each: Any = ()
) -> list[Iteration]:
    """Iterations 0 to `last` of n copies; iteration 1 was accepted, with û `after` and the digest `new`; None: none was. `each`:
    LM calls and evaluations that I_0 and I_1 spent on an improvement."""

    def row(t: int) -> Iteration:
        value = BEFORE if after is None or t == 0 else after
        spent = dict(zip(("mean_lm_calls", "mean_evaluations"), each[t], strict=True)) if t < len(each) else {}
        return Iteration(
            t=t, accepted=t == 1 and after is not None, reason="", train=None, test=sample(around(value, n)), lm_calls=1,
            evaluations=1, verdicts={}, seconds=1.0, improver="seed" if after is None or t == 0 else new, parent=None, gate=None,
            tasks=(), search=None, **spent,
        )  # fmt: skip

    return [row(t) for t in range(last + 1)]


def final(low: float, high: float) -> Compared:
    """A final comparison with this interval."""
    return replace(LAST, interval=(low, high), differences=((low + high) / 2,) * 30)


MEASURED = "Its meta-utility û is 0.771 (95% interval 0.550 to 0.838) on the held-out instances of lpn, 12 copies."
BETTER = (
    "Better: the improver of iteration 1 beats the seed improver by 0.198 (95% interval 0.180 to 0.216) in û, from 0.771 "
    "to 0.969, on the held-out instances of lpn, 12 copies."
)
BY_GATE = "by 0.250 (95% interval 0.014 to 0.347) in 24 pairs (biased upwards, because the gate stops early)"
PROVED = f"the gate showed that the improver of iteration 1 beats the seed improver {BY_GATE}"
ACCEPTED = f"The gate accepted it over the seed improver: better {BY_GATE}."
LIMIT = "The run stopped at a limit: --max-cost is spent."
IN_PAIRS = ", on the held-out instances of lpn, 30 pairs of copies in the final comparison"
ROWS: list[tuple[RunData, list[Iteration], str, str]] = [
    (run_of(replace(GATE, accepted=False)), iterations(n=4),
     "No improvement: the seed improver stays after 2 iterations.",
     "Its meta-utility û is 0.771 (95% interval 0.283 to 0.917) on the held-out instances of lpn, 4 copies."),
    (run_of(improver="genetic"), iterations(last=1),
     "No improvement: the first improver, genetic, stays after 1 iteration.", MEASURED),
    (run_of(iterations=0), iterations(last=0),
     "No improvement was asked for: only the seed improver was measured.", MEASURED),
    (run_of(detail="it can gain little"), iterations(last=0),
     "No improvement: training can hardly show a gain over the seed improver.", f"{MEASURED} It can gain little."),
    (run_of(status="running"), [],
     "No result yet: the seed improver is being measured.", "The run is in progress."),
    (run_of(status="running"), iterations(last=0),
     "No result yet: only the seed improver was measured.", f"{MEASURED} The run is in progress."),
    (run_of(status="unfinished"), [],
     "No result: the run was killed before the seed improver was measured.",
     "The run has not ended: its process was killed."),
    (run_of(status="unfinished"), iterations(last=0),
     "No result: the run was killed before the first iteration ended; only the seed improver was measured.",
     f"{MEASURED} The run has not ended: its process was killed."),
    (run_of(status="interrupted", selection="paper"), [],
     "No result: the run was stopped before the seed improver was measured.", "The run was stopped before its end."),
    (run_of(status="interrupted"), iterations(),
     "No improvement so far: the seed improver stays after 2 of 4 iterations.",
     f"{MEASURED} The run was stopped before its end."),
    (run_of(status="budget", selection="archive"), [],
     "No result: a limit ended the run before the seed improver was measured.", LIMIT),
    (run_of(status="budget"), iterations(last=0),
     "No result: a limit ended the run before the first iteration ended; only the seed improver was measured.",
     f"{MEASURED} {LIMIT}"),
    (run_of(status="failed"), [],
     "No result: the run failed before the seed improver was measured.", "The run failed: the server is gone."),
    (run_of(status="failed"), iterations(last=1),
     "No improvement so far: the seed improver stays after 1 of 4 iterations.",
     f"{MEASURED} The run failed: the server is gone."),
    (run_of(status="failed"), iterations(AFTER),
     BETTER, "The run failed: the server is gone."),
    (run_of(selection="paper"), iterations(AFTER, new="seed"),
     "No improvement: I_2 is the seed improver.",
     "Its meta-utility û is 0.969 (95% interval 0.691 to 0.983) on the held-out instances of lpn, 12 copies."),
    (run_of(selection="paper"), iterations(0.571, new="seed"),
     "No improvement: I_2 is the seed improver.",
     "Its meta-utility û is 0.571 (95% interval 0.407 to 0.694) on the held-out instances of lpn, 12 copies."),
    (run_of(GATE), iterations(AFTER),
     BETTER, ACCEPTED),
    (run_of(GATE, final(0.02, 0.18)), iterations(0.871, n=3),
     "Better: the improver of iteration 1 beats the seed improver by 0.100 (95% interval 0.020 to 0.180) in û,"
     f" from 0.400 to 0.500{IN_PAIRS}.", ACCEPTED),
    (run_of(GATE, final(-0.05, 0.25)), iterations(0.871, n=3),
     f"Better in training: {PROVED}. Held-out instances leave it open: û changed by +0.100 (95% interval -0.050 "
     f"to +0.250), from 0.400 to 0.500{IN_PAIRS}.", ""),
    (run_of(GATE, status="budget"), iterations(0.871, n=3),
     f"Better in training: {PROVED}. Held-out instances leave it open: û changed by +0.100, from 0.778 to 0.878, "
     "on the held-out instances of lpn, 3 copies; more copies would be needed to show it there, too.", LIMIT),
    (run_of(GATE, final(-0.3, -0.1)), iterations(0.871, n=3),
     "Contradiction: the gate accepted the improver of iteration 1, but it is worse than the seed improver by "
     f"0.200 (95% interval 0.100 to 0.300) in û, from 0.400 to 0.200{IN_PAIRS}.", ACCEPTED),
    (run_of(GATE, final(-0.1, 0.01)), iterations(0.871, n=3),
     f"Contradiction: {PROVED}, but û changed by -0.045 (95% interval -0.100 to +0.010), from 0.400 to "
     f"0.355{IN_PAIRS}, which is less.", ""),
    (run_of(GATE, final(0.02, 0.18), own=True), iterations(0.871, n=3),
     "By their own scores: the improver of iteration 1 beats the seed improver by 0.100 (95% interval 0.020 to"
     f" 0.180) in û, from 0.400 to 0.500{IN_PAIRS}; on lpn the program prints this score itself.", ACCEPTED),
    (run_of(GATE, final(-0.05, 0.25), own=True), iterations(0.871, n=3),
     f"By their own scores in training: {PROVED}. Held-out instances leave it open: û changed by +0.100 (95% "
     f"interval -0.050 to +0.250), from 0.400 to 0.500{IN_PAIRS}; on lpn the program prints this score itself.", ""),
    (run_of(own=True), iterations(AFTER),
     "By their own scores: the improver of iteration 1 beats the seed improver by 0.198 (95% interval 0.180 to"
     " 0.216) in û, from 0.771 to 0.969, on the held-out instances of lpn, 12 copies; on lpn the program prints "
     "this score itself.", ""),
    (run_of(selection="paper"), iterations(0.871, n=3),
     "No significant improvement: the improver of iteration 1 was accepted; û changed by +0.100, from 0.778 to"
     " 0.878, on the held-out instances of lpn, 3 copies; at least 4 copies are needed to show a difference.",
     "Selection `paper` accepts what each self-improvement returns, better or not."),
    (run_of(selection="paper"), iterations(0.571),
     "No improvement: the improver of iteration 1 is worse than the seed improver by 0.200 (95% interval 0.182"
     " to 0.218) in û, from 0.771 to 0.571, on the held-out instances of lpn, 12 copies.",
     "Selection `paper` accepts what each self-improvement returns, better or not."),
    (run_of(), iterations(0.571),
     "No improvement: the improver of iteration 1 is worse than the seed improver by 0.200 (95% interval 0.182"
     " to 0.218) in û, from 0.771 to 0.571, on the held-out instances of lpn, 12 copies.", ""),
    (run_of(), iterations(AFTER, each=((1, 3), (1, 3))),
     f"{BETTER} Both had the same budgets and spent about the same.",
     "Training made 3 LM calls, as many as 3 improvements by I_1."),
    (run_of(), iterations(AFTER, each=((1, 3), (10, 20.2))),
     f"{BETTER} Both had the same budgets; I_1 spent more on each improvement: 10 LM calls against 1, 20.2 "
     "evaluations against 3.", "Training made 3 LM calls, as many as 1 improvement by I_1."),
    (run_of(), iterations(AFTER, each=((1, 3), (0.5, 3))),
     f"{BETTER} Both had the same budgets; I_0 spent more on each improvement: 1 LM call against 0.5.",
     "Training made 3 LM calls, as many as 6 improvements by I_1; it saves 0.5 in each, so 6 of them pay for the training."),
]  # fmt: skip
"""A run, its iterations → its sentence and what explains it."""


@table(("run", "rows", "sentence", "detail"), ROWS)
def test_conclusion_is_the_sentence_that_its_contrast_calls_for(
    run: RunData, rows: list[Iteration], sentence: str, detail: str
) -> None:
    assert conclusion_of(run, rows) == Conclusion(sentence, detail)
