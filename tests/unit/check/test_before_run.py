"""What a run tried of a judge is remembered while nothing of the task changes; only that nothing was rewarded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.checks import before_run
from strop.checks.before_run import refuse_rewarding
from strop.runs.evaluators import commands_for
from strop.runs.spec import RunSpec
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask

pytestmark = pytest.mark.process
JUDGE = "if {}; then echo score: {}; else echo score: {}; fi\n"
HONEST, EMPTY = JUDGE.format('test "$(cat $1)" = 3', 4, 1), JUDGE.format("test -s $1", 4, 9)


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Whether the test of spoiled answers ran before a run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "p.sh").write_text("echo 3\n")
    (tmp_path / "tree" / "judge.sh").write_text(HONEST)
    count, relay = list[object](), before_run.relay_of
    monkeypatch.setattr(before_run, "relay_of", lambda *given: count.append(0) or relay(*given))

    def once(secret: bytes = b"s", **changes: Any) -> bool:
        task = command_task(
            tmp_path / "tree", command="sh p.sh {seed}", files=["p.sh"], judge="sh judge.sh {output}",
            score=["score: (.*)"], metric=["score:max"],
        )  # fmt: skip
        assert isinstance(task, CommandTask)
        task, before = replace(task, **changes), len(count)
        with closing(commands_for(RunSpec(), [task])) as commands:
            refuse_rewarding([task], None, secret, commands)  # type: ignore[arg-type]
        return len(count) > before

    return once


def test_unchanged_task_is_tried_once_and_a_changed_one_or_one_whose_entry_is_damaged_again(
    tried: Any, tmp_path: Path
) -> None:
    assert tried() and not tried() and not tried(secret=b"another run's")
    (entry,) = (tmp_path / "cache" / "strop" / "checked").iterdir()
    assert {oct(path.stat().st_mode & 0o777) for path in entry.parents[:3]} == {"0o700"}  # no other user can write one
    entry.write_bytes(b"no spoiled")
    assert tried()
    entry.unlink()
    entry.mkdir()
    assert tried() and tried(time_limit=5.0)
    (tmp_path / "tree" / "data.txt").write_text("1")
    assert tried() and not tried()


def test_refusal_is_not_remembered(tried: Any, tmp_path: Path) -> None:
    (tmp_path / "tree" / "judge.sh").write_text(EMPTY)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"rewards a spoiled answer: output spoiled \(no output\)"):
            tried()
    assert not (tmp_path / "cache").exists()
