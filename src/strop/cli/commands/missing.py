"""End with what is there, also where something stopped the work."""

from __future__ import annotations

from pathlib import Path

from strop.base.errors import StropError
from strop.cli.commands.measuring import measure_missing as measure_missing
from strop.cli.commands.output import notices


def ended(stopped: StropError | None, there: str, directory: Path, *, as_json: bool) -> int:
    """Say where the record is, or what of it is `there` and how to go on with it; the exit code.

    Raises:
        StropError: what stopped the work.
    """
    if stopped is not None:
        stopped.add_note(f"{there}. To continue: the same command with --out {directory}")
        raise stopped
    if not as_json:
        notices().print(f"recorded in {directory}", markup=False, soft_wrap=True)
    return 0
