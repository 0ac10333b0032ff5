"""Events to keep, and the file they are kept in as any other program sees it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from strop.events import AuditNoted, Evaluated
from strop.store import FILE_NAME


def note(detail: str = "it looked up", scope: str = "t1/improve") -> AuditNoted:
    return AuditNoted(scope=scope, rule="looking", detail=detail)


def evaluated(solution: str | None, value: float = 0.5) -> Evaluated:
    return Evaluated(
        scope="t1/improve/copy0",
        utility="lpn",
        split="train",
        solution=solution,
        verdict="ok",
        value=value,
        scores=(0.4, 0.6),
        verdicts=("ok", "ok"),
        error="",
        cpu_seconds=0.1,
        wall_seconds=0.2,
    )


def raw(directory: Path) -> contextlib.closing[sqlite3.Connection]:
    """The file, opened by SQLite itself."""
    return contextlib.closing(sqlite3.connect(directory / FILE_NAME, isolation_level=None))


def ask(directory: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with raw(directory) as tool:
        return tool.execute(sql, values).fetchall()
