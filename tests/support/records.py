"""Events to record, small records, and the file of a record as any other program sees it."""

from __future__ import annotations

import contextlib
import shlex
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from strop.base.events import (
    AuditNoted,
    Compared,
    Evaluated,
    Event,
    IterationFinished,
    LmResponded,
    RunStarted,
    outlined,
)
from strop.runs.meta import NOTHING_SAID, Meta
from strop.runs.run_data import RunData
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Stored
from support.command_line import environment, run_small


def started(spec: RunSpec) -> RunStarted:
    return RunStarted(scope="", spec=vars(spec), environment={}, posture={})


def run_data(events: Iterable[Stored[Event]], meta: Meta = NOTHING_SAID) -> RunData:
    """The read model of events with whole texts."""
    texts: dict[str, str] = {}
    run = RunData(meta, texts.__getitem__)
    for stored in events:
        run.add(outlined(stored.event, texts), stored.time)
    return run


def note(detail: str = "it looked up", scope: str = "t1/improve") -> AuditNoted:
    return AuditNoted(scope=scope, rule="looking", detail=detail)


def evaluated(solution: str | None, value: float = 0.5, scope: str = "t1/improve/copy0", **changes: Any) -> Evaluated:
    facts = {"utility": "lpn", "split": "train", "verdict": "ok", "scores": (0.4, 0.6), "verdicts": ("ok", "ok")}
    return Evaluated(scope=scope, solution=solution, value=value, **facts | changes)


def responded(text: str, index: int = 0, scope: str = "t1/improve", **changes: Any) -> LmResponded:
    facts = {"call": 0, "model": "m", "finish_reason": "stop", "input_tokens": 10, "output_tokens": 20, "seconds": 0.1}
    return LmResponded(scope=scope, index=index, text=text, **facts | changes)


def iterated(t: int, improver: str = "I", **changes: Any) -> IterationFinished:
    facts = {"candidate": None, "accepted": False, "reason": "", "train": (0.5,), "test": (0.5,)}
    facts |= {"lm_calls": 1, "evaluations": 2, "verdicts": {}, "seconds": 1.0}
    return IterationFinished(scope=f"t{t}", t=t, improver=improver, **facts | changes)


def compared(t: int, differences: tuple[float, ...], **changes: Any) -> Compared:
    """A gate that refused its candidate."""
    facts = {"scope": f"t{t}/gate", "incumbent": "a", "candidate": "b", "accepted": False, "pairs": len(differences)}
    facts |= {
        "max_pairs": 60,
        "e_value": 1.0,
        "threshold": 40.0,
        "interval": (-1.0, 1.0),
        "lm_calls": 8,
        "evaluations": 60,
    }
    return Compared(t=t, differences=differences, **facts | changes)


def raw(directory: Path) -> contextlib.closing[sqlite3.Connection]:
    """The file of a record, opened by SQLite itself."""
    return contextlib.closing(sqlite3.connect(directory / FILE_NAME, isolation_level=None))


@contextlib.contextmanager
def changing(directory: Path) -> Iterator[sqlite3.Connection]:
    """The file of a record without its triggers, which are there again at the end where they can be."""
    with raw(directory) as tool:
        triggers = tool.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            tool.execute(f"DROP TRIGGER {name}")
        tool.execute("BEGIN")
        yield tool
        if tool.in_transaction:
            tool.execute("COMMIT")
        for _, sql in triggers:
            with contextlib.suppress(sqlite3.OperationalError):  # it became a view
                tool.execute(sql)


def ask(directory: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with raw(directory) as tool:
        return tool.execute(sql, values).fetchall()


def from_elsewhere(directory: Path) -> None:
    """Make a record one of another machine, whose key is not here: then readers cannot know whether it was changed."""
    with raw(directory) as tool:
        tool.executescript("DROP TRIGGER IF EXISTS meta_delete; DELETE FROM meta WHERE key = 'key';")


SMALL = shlex.split("--copies 3 --lm-budget 1 --max-responses 2 --meta-budget 2 --utility-budget 3 -T 1")
"""Flags of a run that takes a second or two."""
RUNS = {
    "paper": ["run", "parity", "--seed", "1", "--selection", "paper", *SMALL],
    "gated": ["run", "parity", "--seed", "1", "--selection", "gated", "--gate-pairs", "3", *SMALL],
    "other": ["run", "parity", "--seed", "2", "--selection", "paper", *SMALL],
    "lpn": ["run", "lpn", "--seed", "1", "--selection", "paper", *SMALL],
    "eval": ["eval", "best_of_n", "--task", "parity", "--copies", "2", "--lm-budget", "1", "--max-responses", "2"],
}
"""Small offline runs by name. `paper` and `gated` share their held-out instances; `other` has others, `lpn` another task."""


def small_runs(root: Path) -> None:
    """Make these runs in `root` by the command line."""
    for name, arguments in RUNS.items():
        ended = run_small(*arguments, "--out", name, cwd=root, env=environment(root))
        assert ended.returncode == 0, ended.stderr
