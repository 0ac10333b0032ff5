from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from strop.report.html.render import report_of
from strop.store import FILE_NAME
from support.records import from_elsewhere
from support.viewed import SEED, Served, begun, finished, iteration, write


def test_page_is_the_report_with_a_script_and_a_policy_more(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    page = watched(tmp_path / "r").get()[2]
    body, said = (text.partition("<body>")[2].partition("<script>")[0] for text in (page, report_of(tmp_path / "r")))
    assert body == said and "const LIVE_PAGE = 1;" in page and "connect-src &#39;self&#39;" in page


def test_viewer_is_told_at_once_where_the_run_stands_and_then_what_happens(
    tmp_path: Path, watched: Callable[..., Served]
) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        site = watched(tmp_path / "r")
        first = site.state()
        assert (first["seq"], first["status"], len(first["lines"])) == (8, "running", 3)
        write(store, iteration(1))
        later = site.until(lambda said: said["seq"] == 15, "/state?after=8")
        assert [seq for seq, _ in later["lines"]] == [9, 13, 15]
        store.append(finished())
    assert site.until(lambda said: said["status"] != "running")["status"] == "finished"


@pytest.mark.parametrize("number", ["99999", "-1", "x", "1e3", "%D9%A3", "9" * 400])
def test_viewer_who_names_no_event_of_this_run_is_told_everything(
    tmp_path: Path, watched: Callable[..., Served], number: str
) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    assert len(watched(tmp_path / "r").state(f"/state?after={number}")["lines"]) == 4


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
    assert status == 200 and "is damaged" in page and "LIVE_PAGE" in page and "Traceback" not in page


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


def test_run_of_a_folder_has_the_same_page_and_news_as_alone(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    alone, among = watched(tmp_path / "r"), watched(tmp_path, folder=True)
    assert among.get("/run/r/")[2] == alone.get()[2]
    assert among.state("/run/r/state") == alone.state()
