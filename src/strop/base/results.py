"""Results of evaluations, comparisons, improvements and requests, as frozen values.

Each is the base class of the event that records it (`Evaluated`, `Compared`, `ImproveFinished`, `LmResponded`, `LmFault`), so
every field is defined once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields
from functools import reduce
from math import fsum
from operator import add
from typing import Annotated, Any, Literal, TypeAlias

from strop.base.as_document import HIDDEN, computed
from strop.base.from_json import Bounds
from strop.base.later import dataclass

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
    """The result of scoring one candidate."""

    value: Unit
    """The utility, in [0, 1]."""
    verdict: Verdict
    """`ok`, or the verdict of the first failing instance."""
    scores: tuple[Unit, ...] = ()
    """One score for each instance that ran; for a meta-utility one for each copy."""
    verdicts: tuple[Verdict, ...] = ()
    """One verdict for each of `scores`."""
    error: str = ""
    """The first failure: its instance, its reason and the end of its traceback."""
    cpu_seconds: float = 0.0
    """CPU time of the program, over all instances that ran."""
    seconds: tuple[float, ...] = ()
    """CPU seconds for each of `scores`, as far as they ran. Where answers arrive together, the first has the time of all. Empty
    for a meta-utility."""
    wall_seconds: float = 0.0
    """Wall time of the program, over all instances that ran."""
    notes: tuple[str, ...] = ()
    """Feedback on the training split: the scorer's notes (`strop.note`) and the failing instances, cut to size."""
    metrics: tuple[Mapping[str, float], ...] = ()
    """Metric → value, for each instance; empty unless a command or a time is measured."""
    original_metrics: tuple[Mapping[str, float], ...] = ()
    """Metric → value of the original, for each instance; empty if the original was not measured beside the program."""
    answers: tuple[str, ...] = ()
    """Digest of the original's answer to each instance, where a cost is measured; a batch has that of two different answers, if
    there are two. Empty if no answer was looked at."""
    inputs: tuple[int, ...] = ()
    """For each held-out instance a number of its input, equal for equal inputs. Empty if no two are equal, or all are
    training's."""
    original_varies: bool = False
    """Whether the original's own score differed between two runs on one seed, where it is no time or memory."""
    failures: tuple[int, ...] = ()
    """Two numbers: held-out instances on which the original fails, and those of them on which the program fails, too. Empty if
    the original fails on none. They are not compared, because what fails has no value."""
    seen_in_training: int = 0
    """Held-out instances whose input is one of training's, because the task has too few others."""
    construction: str = ""
    """The best answer as JSON, of a task whose answers are constructions; else empty."""

    @property
    def does_not_run(self) -> bool:
        """Whether a search cannot start from this program: it raised once, or failed otherwise on all instances."""
        return self.verdict == "raised" or (self.verdict in _DOES_NOT_RUN and self.value == 0)

    @computed
    def means(self) -> dict[str, float]:
        """Metric → mean over the instances that have it."""
        return means_of(self.metrics)

    def counts(self) -> dict[str, int]:
        """Verdict → number of instances."""
        return dict(Counter(self.verdicts))


@dataclass(frozen=True)
class ChangedCalls:
    """What the original and the improved program do in recorded calls of which one place was changed. It decides nothing."""

    compared: int
    """Calls in which the original does the same twice, made by both."""
    differ: int
    """Of these, calls in which the improved program does something else."""
    first: str = ""
    """An example of these calls: what was changed, and what both do, with short values. The first call whose results differ in
    kind is preferred. For the user alone."""
    detail: str = ""
    """Why no more calls, or none, were compared; empty if all were."""

    @computed
    def sentence(self) -> str:
        """The note in one line."""
        calls = f"{self.compared:,} changed call{'s' * (self.compared != 1)}"
        if not self.compared:
            return f"no calls with changed arguments were compared: {self.detail or 'the original repeats none'}"
        text = f"of {calls} {self.differ:,} answer{'s' * (self.differ == 1)} otherwise; the first: {self.first}"
        text = text if self.differ else f"{calls} answer{'s' * (self.compared == 1)} alike"
        return f"{text}; {self.detail}" if self.detail else text


@dataclass(frozen=True)
class Comparison:
    """What pairs show of a candidate and the incumbent, in a gate or in the final comparison of a run, and their cost."""

    differences: tuple[Change, ...]
    """Candidate minus incumbent, in [-1, 1], for each pair that counted."""
    pairs: int
    """Pairs that were paid for; some of the last round may not have counted."""
    max_pairs: int
    """The budget, in pairs."""
    interval: tuple[float, float]
    """(low, high) of the mean difference: of a gate a confidence sequence, valid at any stopping time."""
    lm_calls: int
    """LM calls that the pairs cost."""
    evaluations: int
    """Evaluations that the pairs cost."""
    confidence: float = 0.95
    """Confidence of `interval`, in (0, 1). With error rates up to 0.25, it lies above 0 exactly if the candidate is accepted."""
    e_value: float = 0.0
    """A gate's largest evidence, over time, that the candidate is better; 0 in the final comparison, which has none."""
    threshold: float = 0.0
    """The evidence at which a gate accepts the candidate: one over the error rate."""
    before: tuple[Unit, ...] = ()
    """The incumbent's value in each pair of `differences`. Only the final comparison of a run has them."""

    @computed
    def mean(self) -> float:
        """Mean difference, candidate minus incumbent, in [-1, 1]."""
        return fsum(self.differences) / len(self.differences) if self.differences else 0.0


@dataclass(frozen=True)
class Response:
    """One response of a language model."""

    text: str
    """The message, without its reasoning."""
    model: str
    """The model that responded, as the server names it."""
    finish_reason: str = "stop"
    """Why it ends, as the server says: `stop`, `length`, …."""
    input_tokens: int | None = None
    """Tokens of the prompt; None if the server does not count them. Of several responses to one HTTP request only the first
    reports the prompt."""
    output_tokens: int | None = None
    """Tokens of the response, as the server counts them; None if it does not."""
    seconds: float = 0.0
    """Seconds from the request to the whole response."""
    reasoning: str | None = None
    """The model's reasoning before its response, if the server reports it; never part of `text`."""
    parameters: Mapping[str, float | int | str | None] = field(default_factory=dict)
    """The sampling parameters that were sent, such as temperature, max_tokens, seed."""
    lm: str = ""
    """The specification of the member of a mixture that responded; empty without a mixture."""
    request: str = ""
    """Key of its request, by which it is found again (strop.lm.answer_cache); empty if nothing keeps it."""
    cost: int | None = None
    """Price of the response in billionths of a dollar; None if no price is known."""
    is_repeat: bool = False
    """Whether it repeats a response given to another improver, at no cost."""


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
    """A failed attempt at a response, or a defect of one that arrived."""

    fault: FaultKind
    """What was wrong; see `FaultKind`."""
    detail: str
    """The server's words, or what was wrong with the response."""
    attempt: int
    """Number of the attempt, from 1; of several equal attempts in a row, that of the last."""
    waited_seconds: float = 0.0
    """Seconds waited after the attempt, or after all of several equal ones together."""
    maybe_billed: bool = False
    """The request was sent but not answered: the server may charge for it."""
    times: int = 1
    """Number of equal attempts in a row."""


@dataclass(frozen=True)
class Improvement:
    """The result of one execution of an improver. Equal if solution, outcome and detail are, whatever it cost."""

    solution: str | None = field(metadata=HIDDEN)
    """The improved solution; None if the improver returned no text."""
    outcome: Verdict = "ok"
    """`ok`, or why there is no solution."""
    detail: str = ""
    """The reason in words, with the end of the traceback."""
    utility_calls: int = field(default=0, compare=False)
    """Evaluations of candidates that it asked for."""
    lm_calls: int = field(default=0, compare=False)
    """LM calls that it made."""
    cpu_seconds: float = field(default=0.0, compare=False)
    """CPU time of the improver itself, without the candidates."""
    wall_seconds: float = field(default=0.0, compare=False)
    """Wall time, with the time that it waited."""
    output: str = field(default="", compare=False)
    """What the improver printed."""
    unused_evaluations: int = field(default=0, compare=False)
    """Evaluations that workers made ahead and the improver never asked for. They cost no budget, and depend on the clock."""
    course: str = field(default="", compare=False)
    """The best score after each LM call (of an improver with threads only the best), and how programs failed, in words."""


Value: TypeAlias = Evaluation | ChangedCalls | Comparison | Response | Fault | Improvement
"""A result that an event records: the event is a subclass of it."""


def fields_of(kind: type[Value], value: Value) -> dict[str, Any]:
    """The fields of `kind` in `value`, by name: to make an event from a result, or the reverse."""
    return {field.name: getattr(value, field.name) for field in fields(kind)}
