from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from strop.report.html.render import report_of
from strop.store import FILE_NAME, Store
from support.records import from_elsewhere
from support.viewed import SEED, Served, begun, evaluated, finished, iteration, write


def test_page_is_the_report_with_a_script_and_a_policy_more(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    page = watched(tmp_path / "r").page()
    body, said = (text.partition("<body>")[2].partition("<script>")[0] for text in (page, report_of(tmp_path / "r")))
    assert body == said and "const LIVE_PAGE = 1;" in page and "connect-src &#39;self&#39;" in page


def test_viewer_is_told_at_once_where_the_run_stands_and_then_what_happens(
    tmp_path: Path, watched: Callable[..., Served]
) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        site = watched(tmp_path / "r")
        news = site.news()
        first = next(said for said in news if said["seq"] == 8)
        assert first["status"] == "running" and len(first["lines"]) == 3  # type: ignore[arg-type]
        write(store, iteration(1))
        later = next(said for said in news if said["seq"] == 15)
        assert all(seq > 8 for seq, _ in later["lines"])  # type: ignore[attr-defined]
        store.append(finished())
    assert next(said for said in news if said["status"] != "running")["status"] == "finished"
    news.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["header", "address"])
def test_viewer_who_comes_back_is_told_what_it_missed_and_no_more(
    tmp_path: Path, watched: Callable[..., Served], how: str
) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), *iteration(1), finished()])
    site = watched(tmp_path / "r")
    asked = ("/events", {"Last_Event_ID": "8"}) if how == "header" else ("/events?after=8", {})
    said = site.until(lambda said: said["seq"] == 16, asked[0], **asked[1])
    assert [seq for seq, _ in said["lines"]] == [9, 13, 15, 16]  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", ["99999", "-1", "x", "1e3", "٣", "9" * 400])
def test_viewer_who_names_no_event_of_this_run_is_told_everything(
    tmp_path: Path, watched: Callable[..., Served], number: str
) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), finished()])
    said = watched(tmp_path / "r").until(
        lambda said: said["seq"] == 9, "/events", Last_Event_ID=number.encode().decode("latin-1")
    )
    assert len(said["lines"]) == 4  # type: ignore[arg-type]


def test_new_page_is_announced_when_it_is_there(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        site = watched(tmp_path / "r")
        assert "const LIVE_PAGE = 1;" in site.page()
        news = site.news()
        next(news)
        write(store, iteration(1, SEED + "# told anew\n"))
        number = next(said for said in news if said["seq"] == 15 and said["page"] != 1)["page"]
        news.close()  # type: ignore[attr-defined]
        page = site.page()
        assert f"const LIVE_PAGE = {number};" in page and "told anew" in page


def test_many_viewers_see_the_same(tmp_path: Path, watched: Callable[..., Served]) -> None:
    with begun(tmp_path / "r") as store:
        site = watched(tmp_path / "r")
        viewers = [site.news() for _ in range(20)]
        for viewer in viewers:
            next(viewer)
        write(store, iteration(0))
        said = [next(said for said in viewer if said["seq"] == 8) for viewer in viewers]
        for viewer in viewers:
            viewer.close()  # type: ignore[attr-defined]
    assert all(each["facts"] == said[0]["facts"] for each in said)


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
    assert among.page("/run/r/") == alone.page()
    last = [
        site.until(lambda said: said["seq"] == 9, path) for site, path in ((alone, "/events"), (among, "/run/r/events"))
    ]
    assert last[0]["lines"] == last[1]["lines"]


def test_closing_tells_every_viewer(tmp_path: Path, watched: Callable[..., Served]) -> None:
    begun(tmp_path / "r").close()
    site = watched(tmp_path / "r")
    news = site.news()
    next(news)
    site.site.close()
    with begun(tmp_path / "s"), Store.resume(tmp_path / "r") as store:
        store.append(evaluated("t0/measure/copy0", SEED))  # something moves: the stream looks up
        assert [said["event"] for said in news][-1] == "closed"
