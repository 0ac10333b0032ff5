"""The result in a record, of whatever command wrote it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from strop.base.errors import StoreError
from strop.runs.evaluate import measured_in
from strop.runs.record import Record
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.run_directory import command_of
from strop.runs.train import read_trained

READERS: dict[str, Callable[[Record], Any]] = {
    "improve": read_improved,
    "run": read_trained,
    "replay": read_trained,
    "eval": measured_in,
    "compare": measured_in,
}
"""By the kind of the record; those of strop.reproduce are added there."""


def result_of(record: Record) -> Any:
    """The result in a record, finished or not.

    Raises:
        StoreError: the record is damaged.
    """
    kind = record.run.meta.kind
    if kind not in READERS:
        raise _not_read_here(record.folder, kind)
    return READERS[kind](record)


def _not_read_here(folder: Path, kind: str) -> StoreError:
    return StoreError(f"{folder} is the record of {command_of(kind)}, whose result is not read here")


def whole_result_in(directory: Path) -> Improved | Trained | Measured:
    """The result in the record in `directory`.

    Raises:
        StoreError: the record cannot be read, or has not ended.
    """
    with Record.open(directory) as record:
        result = result_of(record)
    match result:
        case Improved() | Trained(status="finished") | Measured(complete=True):
            return result
        case Unfinished() | Trained() | Measured():
            raise StoreError(f"the run in {directory} has not ended. To continue: strop resume {directory}")
        case _:
            raise _not_read_here(directory, record.run.meta.kind)
