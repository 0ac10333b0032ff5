"""The page of a run that is served: where the run stands, when there is a new page, and what is never done to the record."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from strop.base.events import RunFinished, RunResumed
from strop.report.html import server
from strop.report.html.render import report_of
from strop.report.html.server import LiveRun
from strop.store import FILE_NAME, Store
from support.processes import wait_until
from support.records import from_elsewhere
from support.viewed import SEED, Served, begun, finished, iteration, write

WRITER = """
import sys
from pathlib import Path
from support.viewed import begun, iteration, write
store = begun(Path(sys.argv[1]))
write(store, iteration(0))
print("written", flush=True)
sys.stdin.read()
"""


def digest(directory: Path) -> dict[str, str]:
    files = (each for each in directory.iterdir() if "shm" not in each.name)
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def test_page_is_the_report_with_a_script_and_a_policy_more(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    page = watched(tmp_path / "r").get()[2]
    body, said = (text.partition("<body>")[2].partition("<script>")[0] for text in (page, report_of(tmp_path / "r")))
    assert body == said and "const LIVE_PAGE = 1;" in page and "connect-src &#39;self&#39;" in page


def test_new_page_is_announced_and_then_there(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        site = watched(tmp_path / "r")
        assert "const LIVE_PAGE = 1;" in site.get()[2] and site.state()["page"] == 1
        write(store, iteration(1, SEED + "# told anew\n"))
        assert site.until(lambda said: said["page"] != 1)["page"] == 2
        page = site.get()[2]
        assert "const LIVE_PAGE = 2;" in page and "told anew" in page and site.state()["page"] == 2


def test_page_is_not_rendered_again_while_nothing_happens(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        site = watched(tmp_path / "r")
        with ThreadPoolExecutor(20) as pool:
            pages = list(pool.map(lambda _: site.get()[2], range(40)))
    assert len(set(pages)) == 1 and "const LIVE_PAGE = 1;" in pages[0]


def test_damaged_record_has_a_page_that_says_so_and_follows_it(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
    from_elsewhere(tmp_path / "r")
    with closing(sqlite3.connect(tmp_path / "r" / FILE_NAME)) as tool, tool:
        tool.execute("INSERT INTO event (at, scope, kind, data) VALUES (1, '', 'RunFinished', '{')")
    status, _, page = watched(tmp_path / "r").get("/")
    assert (
        status == 200
        and "event 9 is not a valid RunFinished" in page
        and "LIVE_PAGE" in page
        and "Traceback" not in page
    )


def test_run_is_killed_when_its_writer_is_gone_without_a_word(tmp_path: Path, watched: Callable[..., Served]) -> None:
    directory = tmp_path / "my run"
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
        site = watched(directory)
        assert site.state()["status"] == "running" and "strop resume" not in site.get()[2].partition("<script>")[0]
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    finally:
        writer.kill()
        writer.stdin.close()
        writer.stdout.close()
    before = digest(directory)
    said = site.until(lambda said: said["page"] == 2)
    assert said["status"] == "unfinished" and "its process was killed" in said["sentence"]
    assert f"strop resume &#39;{directory}&#39;" in site.get()[2]
    assert digest(directory) == before


@pytest.mark.parametrize("how", ["finished", "interrupted", "budget", "failed"])
def test_run_that_ended_says_how(tmp_path: Path, watched: Callable[..., Served], how: str) -> None:
    with begun(tmp_path / "r") as store:
        store.append(RunFinished(scope="", status=how, detail="Ctrl-C"))
    site = watched(tmp_path / "r")
    words = {"finished": "has finished", "interrupted": "was stopped", "budget": "limit", "failed": "failed"}
    assert site.state()["status"] == how and words[how] in site.state()["sentence"]
    assert ("strop resume" in site.get()[2].partition("<script>")[0]) == (how != "finished")


def test_killed_run_that_is_resumed_is_running_again(tmp_path: Path) -> None:
    begun(tmp_path / "r").close()
    run = LiveRun(tmp_path / "r")
    assert run.status() == "unfinished"
    with Store.resume(tmp_path / "r") as store:
        store.append(RunResumed(scope="", spec={}, environment={}, posture={}, events=1, seconds=1.0))
        wait_until(lambda: run.status() == "running")
        store.append(finished())
        wait_until(lambda: run.status() == "finished")


def test_lock_of_a_killed_run_is_not_asked_for_again_until_something_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path / "r").close()
    run = LiveRun(tmp_path / "r")
    assert run.status() == "unfinished"
    asked: list[Path] = []
    monkeypatch.setattr(server, "is_locked", asked.append)
    assert [run.status() for _ in range(4)] == ["unfinished"] * 4 and asked == []


def test_writer_folds_its_log_into_one_file_while_it_is_followed(tmp_path: Path) -> None:
    run = LiveRun(tmp_path / "r")
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        assert run.status() == "running"
    assert [each.name for each in (tmp_path / "r").iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 2000], ids=["empty", "text", "head alone"]
)
def test_file_that_is_no_record_is_said_to_be_unreadable(
    tmp_path: Path, watched: Callable[..., Served], content: bytes
) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    said = watched(tmp_path).state()
    assert said["status"] == "unreadable" and "\n" not in said["sentence"] and FILE_NAME in said["sentence"]


def test_record_that_becomes_a_link_while_it_is_followed_is_not_read_any_more(
    tmp_path: Path, watched: Callable[..., Served]
) -> None:
    for name in ("r", "secret"):
        begun(tmp_path / name, task=f"{name}-task").close()
    site = watched(tmp_path / "r")
    assert site.state()["status"] == "unfinished"
    (tmp_path / "r" / FILE_NAME).unlink()
    (tmp_path / "r" / FILE_NAME).symlink_to(tmp_path / "secret" / FILE_NAME)
    assert "not followed" in site.until(lambda said: said["status"] == "unreadable")["sentence"]
    assert "not followed" in site.get()[2] and "secret-task" not in site.get()[2]


def test_directory_that_is_gone_is_unreadable_and_found_again(tmp_path: Path) -> None:
    run = LiveRun(tmp_path / "r")
    assert run.status() == "unreadable"
    with begun(tmp_path / "r"):
        wait_until(lambda: run.status() == "running")


def test_run_that_is_made_anew_in_its_place_has_its_own_page(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), *iteration(1)])
        site = watched(tmp_path / "r")
        assert "lpn" in site.get()[2]
    (tmp_path / "r").rename(tmp_path / "old")
    with begun(tmp_path / "r", task="maxcut") as store:
        write(store, iteration(0))
        site.until(lambda said: said["page"] == 2 and said["status"] == "running")
        assert "<bdi>maxcut</bdi>" in site.get()[2]


def test_file_that_is_cut_short_is_said_to_be_damaged(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [event for t in range(30) for event in iteration(t, SEED + f"# {t}\n" * 200)])
    path = tmp_path / "r" / FILE_NAME
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    site = watched(tmp_path / "r")
    assert site.get("/")[0] == 200
    assert site.until(lambda said: said["status"] != "running")["status"] == "unreadable"


def test_page_of_a_record_that_is_being_written_is_whole_every_time(
    tmp_path: Path, watched: Callable[..., Served]
) -> None:
    with begun(tmp_path / "r") as store:
        site = watched(tmp_path / "r")
        for t in range(6):
            write(store, iteration(t, SEED + f"# {t}\n"))
            status, _, page = site.get("/")
            assert (
                status == 200
                and page.rstrip().endswith("</html>")
                and "cannot" not in page.partition("<script>")[0][-400:]
            )


def test_run_of_a_folder_has_the_same_page_and_state_as_alone(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    alone, among = watched(tmp_path / "r"), watched(tmp_path, folder=True)
    assert among.get("/run/r/")[2] == alone.get()[2]
    assert among.state("/run/r/state") == alone.state()
