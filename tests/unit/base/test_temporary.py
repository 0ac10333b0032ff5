"""Temporary folders go with the process that made them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from strop.base.temporary import TemporaryFolder
from support.processes import wait_until

pytestmark = pytest.mark.process


def fill(folder: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "file").write_text("x")
    (folder / "closed").chmod(0)
    (folder / "link").symlink_to("/")


def test_temporary_folder_is_removed_with_what_is_closed_in_it_also_where_the_path_names_no_folder_with_rm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (None, str(tmp_path / "empty")):
        if path:
            monkeypatch.setenv("PATH", path)
        with TemporaryFolder("some-", str(tmp_path)) as folder:
            fill(folder)
        assert list(tmp_path.iterdir()) == [], path


def test_temporary_folder_is_removed_after_the_process_is_killed(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from strop.base.temporary import TemporaryFolder
folder = TemporaryFolder("some-", sys.argv[1])
(folder.path / "file").touch()
os.killpg(0, signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], start_new_session=True)
    assert ended.returncode == -signal.SIGKILL
    wait_until(lambda: not list(tmp_path.iterdir()))


def test_temporary_folder_is_removed_although_something_is_still_written_there(tmp_path: Path) -> None:
    folder = TemporaryFolder("some-", str(tmp_path))
    for name in range(100):
        (folder.path / str(name)).mkdir()
    write = 'set -- "$0"/*; for n in $(seq 300); do for d; do true > "$d/$n"; done; done'
    with subprocess.Popen(["/bin/sh", "-c", write, str(folder.path)], stderr=subprocess.DEVNULL):
        wait_until(lambda: any((folder.path / "50").iterdir()))
        folder.close()
    assert list(tmp_path.iterdir()) == []
