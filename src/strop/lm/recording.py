"""What an answer of a model leaves in the record, whoever asked: its faults, then the answer itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

from strop.base.events import LmFault, LmResponded, Recorder
from strop.lm.base import Completion, Fault


def record_answer(record: Recorder, scope: str, call: int, index: int, completion: Completion) -> None:
    """Record one answer: the `index`-th of the LM call `call` in `scope`."""
    record_faults(record, scope, call, index, completion.faults)
    record(
        LmResponded(
            scope=scope,
            call=call,
            index=index,
            text=completion.text,
            model=completion.model,
            finish_reason=completion.finish_reason,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            seconds=completion.seconds,
            reasoning=completion.reasoning or None,
            parameters=json.dumps(dict(completion.parameters), sort_keys=True),
            lm=completion.lm,
            request=completion.request,
            cost=completion.cost,
            again=completion.again,
        )
    )


def record_faults(record: Recorder, scope: str, call: int, index: int, faults: Sequence[Fault]) -> None:
    """Record what went wrong on the way to an answer; `index` is -1 where it belongs to none."""
    for fault in faults:
        record(
            LmFault(
                scope=scope,
                call=call,
                index=index,
                fault=fault.kind,
                detail=fault.detail,
                attempt=fault.attempt,
                waited_seconds=fault.waited_seconds,
                times=fault.times,
            )
        )
