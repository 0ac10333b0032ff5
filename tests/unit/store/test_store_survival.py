from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.base.errors import StoreError
from strop.base.events import AuditNoted
from strop.runs.listing import list_runs
from strop.store import FILE_NAME, Store
from support.records import ask, note, raw
from support.rows import table


def test_closing_the_writer_loses_nothing_when_somebody_is_reading_or_has_locked_the_file(tmp_path: Path) -> None:
    store = Store.create(tmp_path, {}, patience=0.01)
    with raw(tmp_path) as tool:
        tool.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has locked the file"):
            store.append(note())
        tool.execute("ROLLBACK")
        assert store.append(note()) == 1
        tool.execute("BEGIN")
        assert tool.execute("SELECT count(*) FROM event").fetchall() == [(1,)]
        store.close()
    with Store.open(tmp_path) as reopened:
        assert len(list(reopened.events())) == 1


def test_resumed_record_goes_on_where_it_ended_and_is_a_single_file_when_it_is_closed(tmp_path: Path) -> None:
    with Store.create(tmp_path / "here", {"task": "lpn", "note": "é\ud800"}) as store:
        store.append(note("first"))
        assert len(list((tmp_path / "here").iterdir())) > 1
    with Store.resume(tmp_path / "here") as store:
        assert store.append(note("second")) == 2
        assert store.meta == {"task": "lpn", "note": "é\ud800"}
    assert [path.name for path in (tmp_path / "here").iterdir()] == [FILE_NAME]
    (tmp_path / "there #1?").mkdir()
    (tmp_path / "here" / FILE_NAME).replace(tmp_path / "there #1?" / FILE_NAME)
    with Store.open(tmp_path / "there #1?") as store:
        assert [stored.event for stored in store.events()] == [note("first"), note("second")]


WRITER = """
import sys
from pathlib import Path
from strop.base.events import AuditNoted
from strop.store import Store
import threading

store = Store.create(Path(sys.argv[1]), {"task": "lpn"})
def work(name):
    number = 0
    while True:
        seq = store.append(AuditNoted(scope="", rule=str(name), detail=str(number) * 50))
        sys.stdout.write(f"{seq}\\n")
        sys.stdout.flush()
        number += 1
for name in range(4):
    threading.Thread(target=work, args=(name,)).start()
"""


@table("acknowledged", (1, 50, 1500))
def test_record_opens_clean_with_all_that_was_acknowledged_when_the_writer_is_killed(
    tmp_path: Path, acknowledged: int
) -> None:
    directory = tmp_path / str(acknowledged)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        seen = {int(writer.stdout.readline()) for _ in range(acknowledged)}
        writer.send_signal(signal.SIGKILL)
        seen |= {int(line) for line in writer.stdout if line.endswith("\n")}
    with Store.open(directory) as store:
        kept = {stored.seq for stored in store.events(AuditNoted)}
    assert seen <= kept == set(range(1, len(kept) + 1)), acknowledged
    assert ask(directory, "PRAGMA integrity_check") == [("ok",)], acknowledged


def test_record_opens_or_is_refused_in_one_line_when_the_writer_is_killed_at_its_start(tmp_path: Path) -> None:
    for number, delay in enumerate(random.Random(7).uniform(0.1, 0.4) for _ in range(6)):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / str(number))], stdout=subprocess.DEVNULL
        ) as writer:
            threading.Event().wait(delay)
            writer.send_signal(signal.SIGKILL)
        assert all(run.status in ("unfinished", "unreadable") and "\n" not in run.detail for run in list_runs(tmp_path))


WITHOUT_CAPABILITIES = """
import ctypes, os, sys, tempfile, strop.store, strop.base.events
from pathlib import Path

# Root stays root, whose files these are: a user namespace need not have another user.
assert ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
home = tempfile.TemporaryDirectory()
os.environ["XDG_DATA_HOME"] = home.name  # for a key of its own
"""


def without_root(code: str, *arguments: object) -> str:
    """What `code` prints in a process that has no right to write where it may not."""
    command = [sys.executable, "-c", WITHOUT_CAPABILITIES + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600).stdout


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A directory with a finished run in `run`, in which nobody may write."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with Store.create(directory / "run", {}) as store:
            store.append(note())
        (directory / "empty").mkdir(mode=0o555)
        for folder in (directory, directory / "run"):
            folder.chmod(0o555)
        yield directory


def test_read_only_directory_is_read_and_not_written(read_only: Path) -> None:
    code = """
print(len(list(strop.store.Store.open(Path(sys.argv[1])).events())))
for name in sys.argv[2:]:
    try:
        strop.store.Store.create(Path(name), {})
    except strop.base.errors.StoreError as error:
        print(error)
"""
    (read_only / "run" / FILE_NAME).chmod(0o444)
    said = without_root(code, *(read_only / name for name in ("run", "new", "empty"))).splitlines()
    assert said == ["1", *(f"cannot write a run in {read_only / name}: Permission denied" for name in ("new", "empty"))]
