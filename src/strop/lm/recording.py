"""What an answer of a model leaves in the record, whoever asked: its faults, then the answer itself."""

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
    """Record what went wrong on the way to an answer; `index` is -1 where it belongs to none."""
    for fault in faults:
        record(LmFault(**fields_of(Fault, fault), scope=scope, call=call, index=index))
