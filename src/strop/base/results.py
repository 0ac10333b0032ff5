"""What one evaluation, one comparison of a gate and one response of a language model came to.

Each is a frozen value that code passes on, and the base of the event that records it (`Evaluated`, `Compared`, `LmResponded`): a
field is defined here once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

Verdict: TypeAlias = Literal["ok", "no program", "malformed", "raised", "timeout", "out of memory", "died", "violated"]
"""How an evaluation ended. A failure of the host has no verdict: it raises, and is never a score."""
_DOES_NOT_RUN = frozenset({"raised", "timeout", "out of memory", "died", "violated"})


@dataclass(frozen=True)
class Evaluation:
    """What a utility says of one candidate."""

    value: float
    """The utility, in [0, 1]."""
    verdict: Verdict
    """`ok`, or how the first failing instance ended."""
    scores: tuple[float, ...] = ()
    """One score for each instance that was run; for a meta-utility one for each copy."""
    verdicts: tuple[Verdict, ...] = ()
    """One verdict for each of `scores`."""
    error: str = ""
    """The first failure: its instance, its reason and the tail of its traceback."""
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    notes: tuple[str, ...] = ()
    """What the scorer noted (`strop.note`), and failing instances: feedback on the training split, cut to size."""
    metrics: tuple[Mapping[str, float], ...] = ()
    """For each instance the values behind its score, where a command measures several; else empty."""
    beside: tuple[Mapping[str, float], ...] = ()
    """For each instance the original's values, measured beside it; empty where it was not."""
    answers: tuple[str, ...] = ()
    """For each instance a digest of what the original showed, with which this was compared; empty where nothing was."""

    @property
    def does_not_run(self) -> bool:
        """Whether a program failed while it ran, so that a search cannot begin from it. One that raises need do so only once."""
        return self.verdict == "raised" or (self.verdict in _DOES_NOT_RUN and self.value == 0)

    def counts(self) -> dict[str, int]:
        """Verdict → number of instances."""
        return dict(Counter(self.verdicts))


@dataclass(frozen=True)
class Comparison:
    """What a gate saw of a candidate and the incumbent, and what that cost."""

    differences: tuple[float, ...]
    """Candidate minus incumbent, one for each pair that counted, in [-1, 1]."""
    pairs: int
    """Pairs that were paid for; after the last one that counted some of its round may be left over."""
    most: int
    """Pairs that were granted."""
    e_value: float
    """The largest evidence on the way that the candidate is better."""
    threshold: float
    """The candidate replaces the incumbent where the evidence reaches this: one over the error rate."""
    interval: tuple[float, ...]
    """(low, high), a confidence sequence of the mean difference: valid whenever one stops."""
    lm_calls: int
    evaluations: int
    confidence: float = 0.95
    """Of `interval`, in (0, 1): it lies above 0 exactly where the candidate is accepted, at error rates up to 0.25."""


@dataclass(frozen=True)
class Response:
    """One response of a language model, as it came."""

    text: str
    model: str
    """What answered, as the server names it."""
    finish_reason: str = "stop"
    input_tokens: int | None = None
    """None where the server does not say; n responses of one HTTP request report the prompt on the first only."""
    output_tokens: int | None = None
    seconds: float = 0.0
    reasoning: str | None = None
    """What the model thought before it answered, where the server tells; never part of `text`."""
    parameters: Mapping[str, float | int | str | None] = field(default_factory=dict)
    """Effective sampling parameters: what was sent in the end, e.g. temperature, max_tokens, seed."""
    lm: str = ""
    """The specification of what was asked, where several models are mixed; empty: the only one."""
    request: str = ""
    """Key of the request that it answers: by it the answer is found again (strop.lm.replay); empty where nothing keeps it."""
    cost: int | None = None
    """In billionths of a dollar, by the price that was known; None where none is."""
    again: bool = False
    """Whether it was given before, to another asker: nothing was asked of the model, and nothing paid."""


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
]
"""`usage`: impossible token counts; `parameter`: something that was requested was changed, not sent or ignored."""


@dataclass(frozen=True)
class Fault:
    """A failed attempt at a response, or a defect of one that arrived."""

    fault: FaultKind
    detail: str
    attempt: int
    """Number of the attempt, from 1; the last of several equal ones in a row."""
    waited_seconds: float = 0.0
    """After the attempt, or after all of these."""
    maybe_billed: bool = False
    """The request was sent but not answered: the server may charge for it."""
    times: int = 1
    """Number of equal attempts in a row."""


@dataclass(frozen=True)
class Improvement:
    """The result of one execution of an improver."""

    solution: str | None
    """The improved solution; None if the improver returned no text."""
    outcome: Verdict = "ok"
    """`ok`, or why there is no solution."""
    detail: str = ""
    """The reason in words, with the end of the traceback."""
    utility_calls: int = 0
    lm_calls: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    output: str = ""
    """What the improver printed."""


Value: TypeAlias = Evaluation | Comparison | Response | Fault | Improvement
"""A result that an event records: the event is a subclass of it."""


def fields_of(kind: type[Value], value: Value) -> dict[str, Any]:
    """The fields of `kind` in `value`, by name: to make an event from a result, or the reverse."""
    return {field.name: getattr(value, field.name) for field in fields(kind)}
