"""Other users of the machine: what strop writes is for its owner alone, whatever the umask."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.lm.base import Request, dropped
from strop.lm.inbox import Inbox
from support.command_line import DOUBLING, environment
from support.processes import wait_until

STROP = str(Path(sys.executable).with_name("strop"))
IMPROVE = ["improve", "task.py", "--lm-budget", "1", "--max-responses", "2", "--seed", "1", "-j", "2"]


def typed(folder: Path, *words: str, umask: int = 0) -> None:
    """A command, typed by somebody with this umask."""
    variables = environment(folder) | {"STROP_NO_REPORT": "", "TMPDIR": str(folder / "tmp")}
    shutil.rmtree(folder / "data" / "strop")
    ended = subprocess.run(
        [STROP, *words], cwd=folder, env=variables, capture_output=True, text=True, umask=umask, check=False
    )
    assert ended.returncode == 0, ended.stderr


def open_to_others(*paths: Path) -> list[str]:
    """Files and folders, with all that is in them, that somebody else may read or write."""
    found = [each for path in paths for each in (path, *path.rglob("*")) if not each.is_symlink()]
    assert all(path.exists() for path in paths) and len(found) > len(paths)
    return [f"{each} {each.stat().st_mode:o}" for each in found if each.stat().st_mode & 0o077]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "task.py").write_text(DOUBLING)
    (tmp_path / "tmp").mkdir()
    yield tmp_path


def test_folder_of_a_run_is_for_its_owner_alone(home: Path) -> None:
    (home / "there").mkdir(mode=0o755)
    typed(home, *IMPROVE, "--out", "there")
    assert (home / "there" / "report.html").is_file() and (home / "there" / "run.sqlite").is_file()
    assert open_to_others(home / "there", home / "data" / "strop") == []


@pytest.mark.slow
def test_what_commands_write_of_a_run_is_for_its_owner_alone(home: Path) -> None:
    (home / "there").mkdir(mode=0o755)
    typed(home, *IMPROVE)
    [run] = (home / "runs").glob("*-*")
    typed(home, "export", str(run), "-o", "lines.jsonl")
    typed(home, "view", str(run), "--html", "there/page.html")
    typed(home, *shlex.split("run task.py -T 1 --copies 2 --lm-budget 1 --max-responses 1 --out below/ran"))
    typed(home, "init", "mine", "--form", "command", umask=0o022)
    typed(
        home, "improve", "mine", "--lm-budget", "1", "--max-responses", "2", "--seed", "1", "--out", "tree", umask=0o022
    )
    assert open_to_others(home / "runs", home / "below", home / "tree") == []
    assert open_to_others(home / "there")[1:] == []
    assert [each for each in home.glob("lines.jsonl") if each.stat().st_mode & 0o077] == []
    assert list((home / "tmp").iterdir()) == []


def test_files_that_are_the_users_own_have_the_umask_that_they_chose(home: Path) -> None:
    typed(home, "init", "mine", "--form", "sample", umask=0o022)
    assert {each.stat().st_mode & 0o777 for each in (home / "mine").iterdir()} == {0o644}
    assert (home / "mine").stat().st_mode & 0o777 == 0o755


def test_record_that_a_program_of_the_user_makes_is_for_its_owner_alone(home: Path) -> None:
    program = "import os, strop; os.umask(0); strop.improve('task.py', lm_budget=1, max_responses=1, out='there/it')"
    subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=home, env=environment(home), check=True, capture_output=True
    )
    assert (home / "there").stat().st_mode & 0o777 == (home / "there" / "it").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("folder", "files"), [(None, 0o600), (0o755, 0o600), (0o770, 0o660), (0o777, 0o666)])
def test_inbox_is_for_those_who_may_write_in_its_folder(folder: int | None, files: int, tmp_path: Path) -> None:
    path = tmp_path / "inbox"
    if folder is not None:
        path.mkdir()
        path.chmod(folder)
    before = os.umask(0)
    inbox = Inbox(f"inbox:{path}", notify=lambda line: None)
    try:
        ThreadPoolExecutor(1).submit(inbox.complete, [Request("", "A question.")], dropped)
        wait_until(lambda: any(path.glob("*.md")))
    finally:
        os.umask(before)
    assert [request.stat().st_mode & 0o777 for request in path.glob("*.md")] == [files]
    assert path.stat().st_mode & 0o777 == (folder or 0o700)
    inbox.close()
