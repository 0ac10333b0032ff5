"""Following a record: what is read, what is said of its end, and what is never done to it."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from strop.base.events import RunFinished, RunResumed
from strop.report.html.server import record_follower as following
from strop.report.html.server.record_follower import RecordFollower
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Store
from support.processes import wait_until
from support.records import from_elsewhere
from support.viewed import SEED, begun, evaluated, iteration, write

WRITER = """
import sys
from contextlib import closing
from pathlib import Path
from support.viewed import begun, iteration, write
store = begun(Path(sys.argv[1]))
write(store, iteration(0))
print("written", flush=True)
sys.stdin.read()
"""


class Time:
    """A clock of which the test says how late it is."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


def status(record: RecordFollower, time: Time) -> str:
    """The status after everything was read and was quiet for long enough."""
    for _ in range(4):
        time.now += 10
        record.look()
    return record.status.status


def digest(directory: Path) -> dict[str, str]:
    return {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest()
        for each in directory.iterdir()
        if "shm" not in each.name
    }


def test_run_is_running_while_its_writer_lives_however_quiet_it_is(tmp_path: Path) -> None:
    time = Time()
    record = RecordFollower(tmp_path / "r", time)
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        assert status(record, time) == "running" and record.status.resume == ""
        assert "iteration 0 finished" in record.status.sentence


def test_run_is_killed_when_its_writer_is_gone_without_a_word(tmp_path: Path) -> None:
    directory, time = tmp_path / "my run", Time()
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": path, "XDG_DATA_HOME": os.environ["XDG_DATA_HOME"]},
    )
    assert writer.stdout is not None and writer.stdin is not None
    try:
        assert writer.stdout.readline() == b"written\n"
        record = RecordFollower(directory, time)
        assert status(record, time) == "running"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    finally:
        writer.kill()
        writer.stdin.close()
        writer.stdout.close()
    before = digest(directory)
    assert status(record, time) == "unfinished"
    assert record.status.sentence.startswith("The run was killed")
    assert record.status.resume == f"strop resume '{directory}'"
    assert digest(directory) == before


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("finished", "has finished"),
        ("interrupted", "was stopped (Ctrl-C)"),
        ("budget", "limit"),
        ("failed", "failed (Ctrl-C)"),
    ],
)
def test_run_that_ended_says_how_and_what_goes_on_with_it(tmp_path: Path, how: str, says: str) -> None:
    time = Time()
    with begun(tmp_path / "r") as store:
        store.append(RunFinished(scope="", status=how, detail="Ctrl-C"))
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == how and says in record.status.sentence
    assert bool(record.status.resume) == (how != "finished")


def test_record_of_a_command_that_cannot_be_resumed_names_no_command(tmp_path: Path) -> None:
    begun(tmp_path / "r", kind="eval").close()
    time = Time()
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == "unfinished" and record.status.resume == ""


def test_killed_run_that_is_resumed_is_running_again(tmp_path: Path) -> None:
    time = Time()
    begun(tmp_path / "r").close()
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == "unfinished"
    with Store.resume(tmp_path / "r") as store:
        store.append(RunResumed(scope="", spec={}, environment={}, posture={}, events=1, seconds=1.0))
        assert status(record, time) == "running"
        store.append(RunFinished(scope="", status="finished"))
    assert status(record, time) == "finished"


def test_lock_of_a_killed_run_is_not_asked_for_again_until_something_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, asked = Time(), 0

    def counted(directory: Path) -> bool:
        nonlocal asked
        asked += 1
        return is_locked(directory)

    is_locked = following.is_locked
    monkeypatch.setattr(following, "is_locked", counted)
    begun(tmp_path / "r").close()
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == "unfinished" and status(record, time) == "unfinished"
    assert asked == 1


def test_writer_folds_its_log_into_one_file_while_it_is_followed(tmp_path: Path) -> None:
    time = Time()
    record = RecordFollower(tmp_path / "r", time)
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        status(record, time)
    assert [each.name for each in (tmp_path / "r").iterdir()] == [FILE_NAME]


def test_lines_are_numbered_by_the_events_they_tell_of(tmp_path: Path) -> None:
    record = RecordFollower(tmp_path / "r")
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        record.look()
        [(first, started), *_, (last, ended)] = record.status.lines
    assert (first, last) == (2, 8) and "measuring the seed improver" in started and "t = 0 finished" in ended


@pytest.mark.parametrize(
    "content",
    [b"", b"no database", b"SQLite format 3\0" + b"\0" * 2000],
    ids=["empty", "text", "head alone"],
)
def test_file_that_is_no_record_is_said_to_be_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    time = Time()
    record = RecordFollower(tmp_path, time)
    assert status(record, time) == "unreadable" and "\n" not in record.status.sentence


@pytest.mark.parametrize(
    ("data", "says"), [("{", "event 9 is not a valid RunFinished"), ("[]", "is damaged")], ids=["no JSON", "list"]
)
def test_record_with_a_damaged_event_is_unreadable_and_says_why(tmp_path: Path, data: str, says: str) -> None:
    time = Time()
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
    from_elsewhere(tmp_path / "r")
    with closing(sqlite3.connect(tmp_path / "r" / FILE_NAME)) as tool, tool:
        tool.execute("INSERT INTO event (at, scope, kind, data) VALUES (1, '', 'RunFinished', ?)", (data,))
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == "unreadable" and says in record.status.sentence


def test_record_that_becomes_a_link_while_it_is_followed_is_not_read_any_more(tmp_path: Path) -> None:
    time = Time()
    for name in ("r", "secret"):
        begun(tmp_path / name).close()
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == "unfinished"
    (tmp_path / "r" / FILE_NAME).unlink()
    (tmp_path / "r" / FILE_NAME).symlink_to(tmp_path / "secret" / FILE_NAME)
    assert status(record, time) == "unreadable" and "not followed" in record.status.sentence


def test_directory_that_is_gone_is_unreadable_and_found_again(tmp_path: Path) -> None:
    time = Time()
    record = RecordFollower(tmp_path / "r", time)
    assert status(record, time) == "unreadable"
    with begun(tmp_path / "r"):
        assert status(record, time) == "running"


def test_run_that_is_made_anew_in_its_place_is_told_from_its_beginning(tmp_path: Path) -> None:
    time = Time()
    record = RecordFollower(tmp_path / "r", time)
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), *iteration(1)])
    status(record, time)
    (tmp_path / "r").rename(tmp_path / "old")
    with begun(tmp_path / "r", task="maxcut") as store:
        write(store, iteration(0))
        assert status(record, time) == "running" and record.status.seq == 8
        assert ("iteration", f"0 of {RunSpec.iterations}") in record.status.facts


def test_following_finds_every_event_of_a_writer_that_never_pauses(tmp_path: Path) -> None:
    record = RecordFollower(tmp_path / "r")
    with begun(tmp_path / "r") as store:
        for number in range(300):
            store.append(evaluated("t0/measure/copy0", SEED, value=number / 300))
            record.look()
        wait_until(lambda: record.look() or record.status.seq == 301)  # type: ignore[func-returns-value]
