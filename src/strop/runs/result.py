"""The result in a record, of whatever command wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from strop.base.errors import StoreError
from strop.runs.evaluate import measured_in
from strop.runs.reading import opened
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.train import read_trained
from strop.store import Store

Result: TypeAlias = Improved | Unfinished | Trained | Measured


def result_of(store: Store) -> Result:
    """The result in a record, finished or not.

    Raises:
        StoreError, ValueError, TypeError, LookupError: the record is damaged.
    """
    match store.meta.get("kind"):
        case "improve":
            return read_improved(store)
        case "eval" | "compare":
            return measured_in(store)
        case _:
            return read_trained(store)


def result_in(directory: Path) -> Result:
    """The result in the record in `directory`, finished or not.

    Raises:
        StoreError: the record cannot be read, or is damaged.
    """
    with opened(directory) as store:
        return result_of(store)


def whole_result_in(directory: Path) -> Improved | Trained | Measured:
    """The result in the record in `directory`.

    Raises:
        StoreError: the record cannot be read, or has not ended.
    """
    result = result_in(directory)
    match result:
        case Improved() | Trained(status="finished") | Measured(complete=True):
            return result
        case Measured():
            raise StoreError(
                f"the measurement in {directory} has not ended. To continue: the same command with --out {directory}"
            )
        case _:
            raise StoreError(f"the run in {directory} has not ended. To continue: strop resume {directory}")
