"""The result in a record, of whatever command wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strop.base.errors import StoreError
from strop.runs.record import Record
from strop.runs.run_directory import command_of

if TYPE_CHECKING:
    from strop.runs.results.improved import Improved
    from strop.runs.results.measured import Measured
    from strop.runs.results.trained import Trained

READERS: Mapping[str, str] = {
    "improve": "strop.runs.results.improved:read_improved",
    "compare": "strop.runs.results.improved:read_improved",
    "measure": "strop.runs.results.improved:read_improved",
    "run": "strop.runs.train:read_trained",
    "replay": "strop.runs.train:read_trained",
    "eval": "strop.runs.evaluate:measured_in",
    "against": "strop.runs.evaluate:measured_in",
    "table2": "strop.reproduce.table2:read_table2",
    "seeds": "strop.reproduce.over_seeds:read_over_seeds",
    "program": "strop.runs.results.program:read_program",
    "suite": "strop.runs.results.suite:read_suite",
}
"""The kind of a record → the function that reads its result, whose module is imported when it is called."""


def result_of(record: Record) -> Any:
    """The result in a record, finished or not.

    Raises:
        StoreError: the record is damaged.
    """
    kind = record.run.meta.kind
    if kind not in READERS:
        raise _not_read_here(record.folder, kind)
    module, _, function = READERS[kind].partition(":")
    return getattr(import_module(module), function)(record)


def _not_read_here(folder: Path, kind: str) -> StoreError:
    return StoreError(f"{folder} is the record of {command_of(kind)}, whose result is not read here")


def whole_result_in(directory: Path) -> Improved | Trained | Measured:
    """The result in the record in `directory`.

    Raises:
        StoreError: the record cannot be read, or has not ended.
    """
    from strop.runs.results.improved import Improved, Unfinished
    from strop.runs.results.measured import Measured
    from strop.runs.results.trained import Trained

    with Record.open(directory) as record:
        result = result_of(record)
    match result:
        case Improved() | Trained(status="finished") | Measured(complete=True):
            return result
        case Unfinished() | Trained() | Measured():
            raise StoreError(f"the run in {directory} has not ended. To continue: strop resume {directory}")
        case _:
            raise _not_read_here(directory, record.run.meta.kind)
