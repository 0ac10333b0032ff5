"""The events of a model's answer: its faults, then the answer."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.events import LmFault, LmResponded, Recorder
from strop.base.results import Fault, Response, fields_of
from strop.lm.base import Completion


def record_answer(record: Recorder, scope: str, call: int, index: int, completion: Completion) -> None:
    """Record one answer: the `index`-th of the LM call `call` in `scope`."""
    record_faults(record, scope, call, index, completion.faults)
    record(
        LmResponded(
            **fields_of(Response, completion) | {"reasoning": completion.reasoning or None},
            scope=scope,
            call=call,
            index=index,
        )
    )


def record_faults(record: Recorder, scope: str, call: int, index: int, faults: Sequence[Fault]) -> None:
    """Record faults on the way to an answer; `index` is -1 where there is no answer."""
    for fault in faults:
        record(LmFault(**fields_of(Fault, fault), scope=scope, call=call, index=index))
