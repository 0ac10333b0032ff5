"""Measure what a record lacks, and end with what is there, also where something stopped the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from strop.commands.measuring import Record
from strop.commands.output import notices
from strop.errors import StropError
from strop.laboratory import Laboratory, Parts


def measure_missing(parts: Parts, record: Record, work: Callable[[Laboratory], None]) -> StropError | None:
    """Do `work` unless the record is finished; what ended it before its end, if something did.

    That is given back, not raised: what is whole is shown first (see `ended`).
    """
    if record.finished:
        return None
    try:
        with record.journal.of(parts):
            work(Laboratory(parts, record.journal, recalled=record.journal.recalled))
    except StropError as error:
        return error
    return None


def ended(stopped: StropError | None, there: str, directory: Path, *, as_json: bool) -> int:
    """Say where the record is, or what of it is `there` and how to go on with it; the exit code.

    Raises:
        StropError: what stopped the work.
    """
    if stopped is not None:
        line = f"{there}; the same command with --out {directory} goes on"
        notices().print(line, markup=False, soft_wrap=True)
        raise stopped
    if not as_json:
        notices().print(f"recorded in {directory}", markup=False, soft_wrap=True)
    return 0
