"""The result in a record, of whatever command wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from strop.base.errors import StoreError
from strop.runs.evaluate import measured_in
from strop.runs.record import Record
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.train import read_trained

Result: TypeAlias = Improved | Unfinished | Trained | Measured


def result_of(record: Record) -> Result:
    """The result in a record, finished or not.

    Raises:
        StoreError, ValueError, TypeError, LookupError: the record is damaged.
    """
    match record.store.meta.get("kind"):
        case "improve":
            return read_improved(record)
        case "eval" | "compare":
            return measured_in(record)
        case _:
            return read_trained(record)


def result_in(directory: Path) -> Result:
    """The result in the record in `directory`, finished or not.

    Raises:
        StoreError: the record cannot be read, or is damaged.
    """
    with Record.open(directory) as record:
        return result_of(record)


def whole_result_in(directory: Path) -> Improved | Trained | Measured:
    """The result in the record in `directory`.

    Raises:
        StoreError: the record cannot be read, or has not ended.
    """
    result = result_in(directory)
    match result:
        case Improved() | Trained(status="finished") | Measured(complete=True):
            return result
        case _:
            raise StoreError(f"the run in {directory} has not ended. To continue: strop resume {directory}")
