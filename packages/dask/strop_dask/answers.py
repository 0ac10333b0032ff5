"""What workers on other machines answer, as bytes: JSON of known fields, each checked for its type and its range.

Such an answer is not trusted: it may come from anybody who reaches the cluster. Nothing in it is code.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from strop.base.errors import (
    ConfigurationError,
    SandboxError,
    SandboxUnavailable,
    ScorerFailed,
    StropError,
    TaskError,
    UtilityOutOfBounds,
)
from strop.base.events import AuditNoted
from strop.base.from_json import from_json
from strop.base.results import Evaluation
from strop.evaluation.base import Machine, Order, OrderResult
from strop.evaluation.workers import WorkerLost

MOST_BYTES = 64 << 20
"""Most bytes of one answer; that of an order takes some kilobytes."""
_MOST_SECONDS = 1e9
_KINDS: dict[str, type[StropError]] = {
    kind.__name__: kind
    for kind in (
        ConfigurationError,
        TaskError,
        ScorerFailed,
        UtilityOutOfBounds,
        SandboxError,
        SandboxUnavailable,
        WorkerLost,
    )
}
"""Errors that keep their kind; another becomes the nearest of these."""


@dataclass(frozen=True)
class _Failure:
    kind: str
    message: str


@dataclass(frozen=True)
class _Measured:
    """`OrderResult`, with its error as data, and without a baseline: originals are measured where the run is."""

    evaluation: Evaluation | None
    notes: tuple[AuditNoted, ...]
    error: _Failure | None


@dataclass(frozen=True)
class _Sent:
    """An answer: one of its fields is set."""

    measured: _Measured | None = None
    failure: _Failure | None = None
    machine: Machine | None = None


Answer = OrderResult | StropError | Machine


def to_bytes(answer: Answer) -> bytes:
    """An answer for the coordinator."""
    if isinstance(answer, OrderResult):
        error = None if answer.error is None else _failure(answer.error)
        sent = _Sent(measured=_Measured(answer.evaluation, answer.notes, error))
    elif isinstance(answer, StropError):
        sent = _Sent(failure=_failure(answer))
    else:
        sent = _Sent(machine=answer)
    text = json.dumps(asdict(sent), allow_nan=False, ensure_ascii=False, default=_of_numpy)
    return _SURROGATE.sub("\ufffd", text).encode()


def from_bytes(sent: object, order: Order | None = None) -> Answer:
    """The answer that `to_bytes` made. `order`: what it must be the answer to, unless a machine was asked to describe itself.

    Raises:
        ValueError: it is something else; the message says what is wrong with it, as a clause.
    """
    if type(sent) is not bytes:
        raise ValueError(f"it is of the type {type(sent).__name__}, not bytes")
    if len(sent) > MOST_BYTES:
        raise ValueError(f"it has {len(sent):,} bytes, more than the {MOST_BYTES:,} allowed")
    found = from_json(_Sent, sent.decode("utf-8"))
    if [found.measured, found.failure, found.machine].count(None) != 2:
        raise ValueError("it must hold either a measurement, a failure or a machine")
    if found.failure is not None:
        return _error(found.failure)
    if found.machine is not None:
        if found.machine.slots < 1:
            raise ValueError("it describes a machine without slots")
        return found.machine
    assert found.measured is not None
    if order is None:
        raise ValueError("it holds a measurement, but none was requested")
    return _measured(found.measured, order)


def _measured(sent: _Measured, order: Order) -> OrderResult:
    if (sent.evaluation is None) == (sent.error is None):
        raise ValueError("it must hold either an evaluation or an error")
    if sent.evaluation is not None:
        _check(sent.evaluation)
    if any(note.scope != order.scope or note.times < 1 for note in sent.notes):
        raise ValueError("it has an invalid audit note")
    error = None if sent.error is None else _error(sent.error)
    return OrderResult(sent.evaluation, sent.notes, error)


def _check(evaluation: Evaluation) -> None:
    if not all(0 <= score <= 1 for score in (evaluation.value, *evaluation.scores)):
        raise ValueError("it has a score outside [0, 1]")
    if len(evaluation.scores) != len(evaluation.verdicts):
        raise ValueError("it needs one verdict for each score")
    if not all(0 <= seconds < _MOST_SECONDS for seconds in (evaluation.cpu_seconds, evaluation.wall_seconds)):
        raise ValueError("its CPU or wall time is out of range")
    if not _finite(value for row in (*evaluation.metrics, *evaluation.original_metrics) for value in row.values()):
        raise ValueError("it has a value that is not finite")


def _finite(values: Iterable[float]) -> bool:
    return all(map(math.isfinite, values))


def _failure(error: StropError) -> _Failure:
    return _Failure(
        next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _KINDS or kind is StropError), str(error)
    )


def _error(sent: _Failure) -> StropError:
    return _KINDS.get(sent.kind, SandboxError)(sent.message)


def _of_numpy(value: Any) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot send {type(value).__name__}")


_SURROGATE = re.compile("[\ud800-\udfff]")
"""JSON that other programs read has none; an improver's own texts may."""
