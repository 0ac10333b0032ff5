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
JUDGE = "import sys\nvalue = open(sys.argv[1]).read()\nprint('score:', {score})\n"
HONEST, EMPTY = JUDGE.format(score="4 if value == '3\\n' else 1"), JUDGE.format(score="9 if not value else 4")


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Whether the test of spoiled answers ran before a run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "p.py").write_text("print(3)\n")
    (tmp_path / "tree" / "judge.py").write_text(HONEST)
    count, relay = list[object](), before_run.relay_of
    monkeypatch.setattr(before_run, "relay_of", lambda *given: count.append(0) or relay(*given))

    def once(secret: bytes = b"s", **changes: Any) -> bool:
        task = command_task(
            tmp_path / "tree", command="python3 p.py {seed}", files=["p.py"], judge="python3 judge.py {output}",
            score=["score: (.*)"], metric=["score:max"],
        )  # fmt: skip
        assert isinstance(task, CommandTask)
        task, before = replace(task, **changes), len(count)
        with closing(commands_for(RunSpec(), [task])) as commands:
            refuse_rewarding([task], None, secret, commands)  # type: ignore[arg-type]
        return len(count) > before

    return once


def test_unchanged_task_is_tried_once_and_a_changed_one_again(tried: Any, tmp_path: Path) -> None:
    assert tried() and not tried()
    assert not tried(secret=b"another run's") and tried(time_limit=5.0)
    for text in "12":
        (tmp_path / "tree" / "data.txt").write_text(text)
        assert tried() and not tried()


def test_damaged_or_unreadable_entry_is_ignored_and_no_other_user_can_write_one(tried: Any, tmp_path: Path) -> None:
    assert tried()
    (entry,) = (tmp_path / "cache" / "strop" / "checked").iterdir()
    assert {oct(path.stat().st_mode & 0o777) for path in entry.parents[:3]} == {"0o700"}
    entry.write_bytes(b"no spoiled")
    assert tried()
    entry.unlink()
    entry.mkdir()
    assert tried() and tried()


def test_refusal_is_not_remembered(tried: Any, tmp_path: Path) -> None:
    (tmp_path / "tree" / "judge.py").write_text(EMPTY)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"rewards a spoiled answer: output spoiled \(no output\)"):
            tried()
    assert not (tmp_path / "cache").exists()
