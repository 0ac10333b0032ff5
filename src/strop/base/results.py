"""Results of evaluations, comparisons, improvements and requests, as frozen values.

Each is the base class of the event that records it (`Evaluated`, `Compared`, `ImproveFinished`, `LmResponded`, `LmFault`), so
every field is defined once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from functools import reduce
from math import fsum
from operator import add
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from strop.base.as_document import HIDDEN, computed
from strop.base.from_json import Bounds
from strop.base.later import dataclass
from strop.base.terminal_text import escape

Verdict: TypeAlias = Literal["ok", "no program", "malformed", "raised", "timeout", "out of memory", "died", "violated"]
"""How an evaluation ended. A failure of the host has no verdict: it raises an error and is never a score."""
Input: TypeAlias = Literal["drawn", "listed", "chosen"]
"""Where the inputs of a task come from. `drawn`: from a seed. `listed`: from a list, of which a part is held out. `chosen`: the
target chooses them itself, and nobody else knows them."""
ScoredBy: TypeAlias = Literal["host", "judge", "kernel", "program"]
"""Who computes a score: the host, a judge in a jail of its own, the kernel, or the program's own process."""
Unit: TypeAlias = Annotated[float, Bounds(-1e-9, 1 + 1e-9)]
"""A utility, in [0, 1] up to rounding."""
Change: TypeAlias = Annotated[float, Bounds(-1 - 1e-9, 1 + 1e-9)]
"""A difference of two utilities, in [-1, 1] up to rounding."""
_DOES_NOT_RUN = frozenset({"raised", "timeout", "out of memory", "died", "violated"})
TOO_LARGE = "biased upwards, because the gate stops early"
"""Why a gain that a gate accepted must not be taken at its size."""


def added(values: Iterable[float]) -> float:
    """The sum of the values, from left to right. `sum` rounds otherwise since Python 3.12, and a replay compares every bit."""
    return reduce(add, values, 0.0)


def means_of(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Metric → mean over the rows that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: [row[name] for row in rows if name in row] for name in names}
    return {name: fsum(column) / len(column) for name, column in values.items()}


@dataclass(frozen=True)
class Evaluation:
    """The score of one program on the instances of a split, and how the program ran."""

    value: Unit
    """The utility: the mean of the scores, or the least utility of the task (mostly 0) where a failure decides it."""
    verdict: Verdict
    """How the evaluation ended: `ok`, or the verdict of the first instance that failed."""
    scores: tuple[Unit, ...] = ()
    """The score of each instance that ran. For an improver, the utility that each copy reached."""
    verdicts: tuple[Verdict, ...] = ()
    """The verdict of each of `scores`."""
    error: str = ""
    """The first failure: its instance, its reason and the end of the traceback. Empty if nothing failed."""
    cpu_seconds: float = 0.0
    """CPU time of the program over all instances that ran."""
    seconds: tuple[float, ...] = ()
    """CPU time of each instance in `scores`, as far as they ran. Where answers arrive together, the first one has the
    time of all. Empty for an improver."""
    wall_seconds: float = 0.0
    """Wall time of the program over all instances that ran."""
    notes: tuple[str, ...] = ()
    """What the search learns about the training split: the scorer's notes (`strop.note`) and the instances that failed,
    shortened."""
    metrics: tuple[Mapping[str, float], ...] = ()
    """What was measured of each instance: metric → value, such as `seconds`. Scores are among them in the final
    comparison alone."""
    original_metrics: tuple[Mapping[str, float], ...] = ()
    """What was measured of the original on each instance: metric → value. Empty if the original was not measured beside
    the program."""
    answers: tuple[str, ...] = ()
    """SHA-256 of the original's answer to each instance, where a time or memory is measured. A batch has those of two
    different answers, if there are any. Empty if no answer was looked at."""
    planned: int = 0
    """How many instances the final comparison measures at most. 0 in training."""
    inputs: tuple[int, ...] = ()
    """A number for the input of each held-out instance: equal numbers are equal inputs. Empty in training, and for
    listed calls in batches."""
    original_varies: bool = False
    """Whether the original's own score differed between two runs with the same seed: memory by 15% or more. False for a
    time."""
    failures: tuple[int, ...] = ()
    """Two numbers: held-out instances on which the original fails, and how many of these the program fails, too. They
    are not compared, because a failure has no value; but a failure has the score 0. Empty if the original fails on
    none."""
    seen_in_training: int = 0
    """Number of held-out instances whose input occurs in training, because the task has too few others."""
    not_compared: tuple[str, ...] = ()
    """What calls of the original may leave behind that cannot be compared: the name of each value, and why. Only of the
    original, in training."""
    construction: str = ""
    """The best answer as JSON, where the answers of a task are constructions. Else empty."""
    differs: str = field(default="", metadata=HIDDEN)
    """How the first failure differs from the original, with values of recorded calls, shortened. `error` hides it. It is
    shown to the user, and to no model. Else empty."""

    @property
    def unseen(self) -> str:
        """What calls may leave behind that nobody compares, in words; empty if there is nothing."""
        more = f" and {len(self.not_compared) - 3} more" if len(self.not_compared) > 3 else ""
        return (
            f"what calls leave in {', '.join(self.not_compared[:3])}{more} is not compared" if self.not_compared else ""
        )

    @property
    def does_not_run(self) -> bool:
        """Whether a search cannot start from this program: it raised once, or failed otherwise on all instances."""
        return self.verdict == "raised" or (self.verdict in _DOES_NOT_RUN and self.value == 0)

    @computed
    def means(self) -> dict[str, float]:
        """The mean of each metric over the instances that have it: metric → mean."""
        return means_of(self.metrics)

    def counts(self) -> dict[str, int]:
        """How many instances ended how: verdict → number of instances."""
        return dict(Counter(self.verdicts))


E = TypeVar("E", bound=Evaluation)


def joined(parts: Sequence[E]) -> E:
    """The parts of one evaluation as a whole: instances one after another, and the last error."""
    first, *_, last = parts[0], *parts
    if len(parts) == 1:
        return first

    def of(name: str) -> tuple[Any, ...]:
        return tuple(item for part in parts for item in getattr(part, name))

    listed = ("scores", "verdicts", "seconds", "notes", "metrics", "original_metrics", "answers", "inputs")
    columns: dict[str, Any] = {name: of(name) for name in listed}
    failures = tuple(map(sum, zip(*filter(None, (part.failures for part in parts)), strict=False)))
    failed = next((part for part in parts if part.verdict != "ok"), last)
    is_whole = failed.verdict != "ok" and not failed.value
    return replace(
        first,
        **columns,
        value=0.0 if is_whole else added(columns["scores"]) / max(len(columns["scores"]), 1),
        verdict=failed.verdict,
        error=failed.error,
        differs=failed.differs,
        cpu_seconds=added(part.cpu_seconds for part in parts),
        wall_seconds=added(part.wall_seconds for part in parts),
        failures=failures,
        seen_in_training=sum(part.seen_in_training for part in parts),
        original_varies=any(part.original_varies for part in parts),
    )


CPU, WALL, MEMORY = "time", "wall", "memory"
"""What is measured of a run of a whole program: CPU seconds of all its processes, wall seconds, and the most MiB that one of
them had resident. `memory` is also measured of the process that makes a function's calls."""
LEAST_REPEATED = 0.5
"""The least share of the original's tokens that must repeat in another run of it, so that its output is compared."""


@dataclass(frozen=True, kw_only=True)
class ProgramRuns:
    """Runs of the recorded commands as a whole program in the jail: the original's, and those of the improved program
    beside them."""

    metrics: tuple[Mapping[str, float], ...] = ()
    """What was measured of each run of the improved program: `time`, the CPU seconds of all its processes, `wall`
    seconds, and `memory`, the most MiB that one of its processes had. Empty for the trial of the original alone."""
    original_metrics: tuple[Mapping[str, float], ...] = ()
    """The same of each run of the original."""
    planned: int = 0
    """How many pairs of runs are made at most."""
    repeated: float = 1.0
    """Share of the tokens of its output that each run of the original has. Below 0.5 the output is not compared."""
    differs: str = ""
    """Where the improved program prints or writes something else, in all its runs and in none of the original: `line 3
    of standard output`. Empty if it does not, or if nobody compared it."""
    missed: str = ""
    """The required multiple of the original's values that the improved program does not meet, such as `memory 1.9x the
    original's, where 1.1x is the most`. Empty if it meets all."""
    quoted: str = field(default="", metadata=HIDDEN)
    """What it prints there, and what the original prints. It is shown to the user, and to no model."""
    failed: str = ""
    """Why the original could not be run in the jail. Then neither its output nor its time is compared. Empty if it
    ran."""

    @computed
    def is_compared(self) -> bool:
        """Whether at least half of the output of the original repeats, so that it is compared."""
        return self.repeated >= LEAST_REPEATED

    @property
    def in_words(self) -> str:
        """What the trial of the original shows, after the name of the program."""
        if self.failed:
            why = f"could not be run in the jail ({escape(self.failed, 300)})"
            return f"{why}: what it prints, and how long it takes, is not compared"
        repeats = "its output repeats" if self.repeated == 1 else f"{self.repeated:.1%} of its output repeats"
        return f"runs in the jail; {repeats}{'' if self.is_compared else ', too little to compare it'}"


def runs_joined(parts: Sequence[ProgramRuns]) -> ProgramRuns:
    """The parts of the runs of one program as a whole."""
    telling = next((part for part in parts if part.differs or part.missed or part.failed), parts[0])
    return replace(
        telling,
        metrics=tuple(row for part in parts for row in part.metrics),
        original_metrics=tuple(row for part in parts for row in part.original_metrics),
        repeated=min(part.repeated for part in parts),
    )


@dataclass(frozen=True)
class ChangedCalls:
    """What the original and the improved program do when one place in the arguments of a recorded call is changed. It
    decides nothing."""

    compared: int
    """Number of changed calls that were compared: both programs made them, and the original does the same in them
    twice."""
    differ: int
    """Number of these calls in which the improved program does something else than the original."""
    first: str = field(default="", metadata=HIDDEN)
    """One call in which they differ, in words with short values: what was changed, and what each program does. A call
    in which another kind of thing happens goes first. It is shown to the user, and to no model."""
    detail: str = ""
    """Why no more calls, or none, were compared. Empty if all were."""

    @computed
    def sentence(self) -> str:
        """The whole note in one line."""
        calls = f"{self.compared:,} call{'s' * (self.compared != 1)} with changed arguments"
        if not self.compared:
            return f"no calls with changed arguments were compared: {self.detail or 'the original repeats none'}"
        text = f"{self.differ:,} of {calls} behave{'s' * (self.differ == 1)} otherwise"
        text = text if self.differ else f"{calls} behave{'s' * (self.compared == 1)} alike"
        return f"{text}; {self.detail}" if self.detail else text


@dataclass(frozen=True, kw_only=True)
class OtherTests:
    """The user's tests that do not pass for the original in both of its two runs, and why. All are zero and empty for
    another program."""

    not_green: int = 0
    """Number of tests that fail for the original and never pass. They are left out."""
    flaky: int = 0
    """Number of tests that only one of the two runs has without a failure. They are left out."""
    not_green_names: tuple[str, ...] = ()
    """Names of the tests that fail for the original. Empty in older records."""
    flaky_names: tuple[str, ...] = ()
    """Names of the flaky tests. Empty in older records."""
    skipped_names: tuple[str, ...] = ()
    """Names of the tests that never fail for the original, and of which a part, or all, is skipped or fails as expected.
    They may not fail or vanish."""

    @property
    def in_words(self) -> str:
        """`; 1 skipped or xfailed, at least in part (a); left out: 3 fail for the original (b, c, d), 1 flaky (e)`. Empty if all
        pass."""
        skipped = _counted(len(self.skipped_names), "skipped or xfailed, at least in part", self.skipped_names)
        fail = f"fail{'s' * (self.not_green == 1)} for the original"
        left_out = [
            _counted(self.not_green, fail, self.not_green_names),
            _counted(self.flaky, "flaky", self.flaky_names),
        ]
        reasons = ", ".join(filter(None, left_out))
        return f"{skipped and f'; {skipped}'}{reasons and f'; left out: {reasons}'}"


def _counted(count: int, what: str, names: Sequence[str]) -> str:
    """`5 flaky (a, b, c, ...)`; empty for none."""
    if not count:
        return ""
    shown = ", ".join([*(escape(name, 100) for name in names[:3]), *["..."][: len(names[3:])]])
    return f"{count:,} {what}{f' ({shown})' if shown else ''}"


@dataclass(frozen=True)
class Comparison:
    """What paired measurements show of two improvers, the candidate and the incumbent, and what they cost."""

    differences: tuple[Change, ...]
    """û of the candidate minus û of the incumbent in each pair that counted."""
    pairs: int
    """Number of pairs that were paid for. Some of the last round may not count."""
    max_pairs: int
    """The most pairs that the comparison may take."""
    interval: tuple[float, float]
    """Low and high end of the interval of the mean difference. That of a gate is a confidence sequence, which holds
    whenever the gate stops."""
    lm_calls: int
    """LM calls of the pairs."""
    evaluations: int
    """Evaluations of the tasks' programs in the pairs."""
    confidence: float = 0.95
    """Confidence of `interval`. With an error rate of at most 0.25, the interval lies above 0 exactly if the candidate
    is accepted."""
    e_value: float = 0.0
    """The gate's largest evidence so far that the candidate is better, an e-value. 0 in the final comparison, which has
    none."""
    threshold: float = 0.0
    """The evidence at which a gate accepts the candidate: 1 divided by the error rate. 0 in the final comparison."""
    before: tuple[Unit, ...] = ()
    """û of the incumbent in each pair that counted. Only the final comparison of a run has it."""

    @computed
    def mean(self) -> float:
        """Mean difference, candidate minus incumbent, from -1 to 1."""
        return fsum(self.differences) / len(self.differences) if self.differences else 0.0


@dataclass(frozen=True)
class Response:
    """One response of a language model."""

    text: str
    """The response, without the model's reasoning."""
    model: str
    """Name of the model that responded, as the server reports it."""
    finish_reason: str = "stop"
    """Why the response ends, as the server says: `stop`, `length`, and others."""
    input_tokens: int | None = None
    """Tokens of the prompt. Null if the server does not count them. Where one HTTP request asked for several responses,
    only the first reports them."""
    output_tokens: int | None = None
    """Tokens of the response. Null if the server does not count them."""
    seconds: float = 0.0
    """Wall time from the request to the whole response."""
    reasoning: str | None = None
    """The model's reasoning before its response. Null if the server does not report it."""
    parameters: Mapping[str, float | int | str | None] = field(default_factory=dict)
    """The sampling parameters that were sent, such as `temperature`, `max_tokens` or `seed`."""
    lm: str = ""
    """The specification of the model that responded, if several models are a mixture. Empty without a mixture."""
    request: str = ""
    """Key of the request, by which a resumed run finds its response. Empty if nothing keeps it."""
    cost: int | None = None
    """Price of the response in billionths of a dollar. Null if no price is known."""
    is_repeat: bool = False
    """Whether the response was given to another improver before, and is used again at no cost."""


FaultKind: TypeAlias = Literal[
    "rate_limited",
    "server_error",
    "connection",
    "timeout",
    "bad_response",
    "truncated",
    "empty",
    "oversized",
    "usage",
    "parameter",
    "cut_prompt",
]
"""`usage`: impossible token counts; `cut_prompt`: the server read a part of the prompt; `parameter`: something that was requested
was changed, not sent or ignored."""


@dataclass(frozen=True)
class Fault:
    """One failed attempt to get a response, or a defect of a response that arrived."""

    fault: FaultKind
    """What was wrong. `usage`: impossible token counts. `cut_prompt`: the server read only a part of the prompt.
    `parameter`: a requested parameter was changed, not sent or ignored."""
    detail: str
    """What was wrong in words, or the server's own words."""
    attempt: int
    """Number of the attempt, from 1. Of several equal faults in a row, the last one."""
    waited_seconds: float = 0.0
    """Time that strop waited after the attempt, or after all of several equal faults together."""
    maybe_billed: bool = False
    """Whether the server may charge for it: the request was sent, and no response arrived."""
    times: int = 1
    """Number of equal faults in a row."""


@dataclass(frozen=True)
class Improvement:
    """How one execution of an improver ended, and what it took. Two are equal if solution, outcome and detail are."""

    solution: str | None = field(metadata=HIDDEN)
    """The improved program. Null if the improver returned no text."""
    outcome: Verdict = "ok"
    """How the improver ended: `ok`, or why there is no program."""
    detail: str = ""
    """The reason in words, with the end of the traceback. Empty if the improver ended well."""
    utility_calls: int = field(default=0, compare=False)
    """Evaluations that the improver asked for."""
    lm_calls: int = field(default=0, compare=False)
    """LM calls that the improver made."""
    cpu_seconds: float = field(default=0.0, compare=False)
    """CPU time of the improver itself, without the programs that it had evaluated."""
    wall_seconds: float = field(default=0.0, compare=False)
    """Wall time of the improver, including what it waited for."""
    output: str = field(default="", compare=False)
    """What the improver printed."""
    unused_evaluations: int = field(default=0, compare=False)
    """Evaluations that workers made ahead of time, and that the improver never asked for. They cost no budget, and
    their number depends on the clock."""
    course: str = field(default="", compare=False)
    """How the search went, in words: the best score after each LM call, and how programs failed. Of an improver with
    threads, the best score alone."""


Value: TypeAlias = Evaluation | ChangedCalls | OtherTests | ProgramRuns | Comparison | Response | Fault | Improvement
"""A result that an event records: the event is a subclass of it."""


def fields_of(kind: type[Value], value: Value) -> dict[str, Any]:
    """The fields of `kind` in `value`, by name: to make an event from a result, or the reverse."""
    return {field.name: getattr(value, field.name) for field in fields(kind)}
