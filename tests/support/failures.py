"""What failed in a session of tests, and how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any


def how_to_repeat(stats: Mapping[str, Sequence[Any]]) -> list[str]:
    """A line for each test or row of a test that failed, by the time of the failure: a command that repeats it alone, and why it
    failed. `stats` are the reports of a `pytest.TerminalReporter`."""
    failed = [report for kind in ("failed", "error") for report in stats.get(kind, ()) if not _is_of_rows(report)]
    failed.sort(key=lambda report: getattr(report, "stop", 0.0))  # a file that cannot be imported is the first to fail
    return [
        f"{_command(report)}  # {'' if number else 'first: '}{_why(report)}" for number, report in enumerate(failed)
    ]


def _is_of_rows(report: Any) -> bool:
    """Whether it is the report of a test that failed only because of its rows, which have reports of their own."""
    return str(report.longrepr).startswith("contains ") and str(report.longrepr).rstrip("s").endswith(" failed subtest")


def _command(report: Any) -> str:
    row = report.context.kwargs.get("row", "").strip("'") if hasattr(report, "context") else ""  # a worker quotes it
    return f"{row and f'STROP_ROW={row} '}.venv/bin/pytest {shlex.quote(report.nodeid)}"


def _why(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:  # a file that cannot be imported, whose error is the last line
        return str(report.longrepr).rpartition("\n")[2].removeprefix("E").strip()[:200]
    return str(crash.message).partition("\n")[0][:200]
