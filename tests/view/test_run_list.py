from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from strop.report.html.server import RunList
from strop.store import FILE_NAME
from strop.store.files import lock_directory
from support.viewed import Served, begun, finished, iteration, write


def a_run(directory: Path, *, ends: bool = True) -> None:
    with begun(directory) as store:
        write(store, iteration(0))
        if ends:
            store.append(finished())


def listed(folder: RunList) -> dict[str, str]:
    folder.look()
    return {line.run.name: line.status for line in folder.lines}


def the_link(site: Served) -> str:
    """The address of the one run in a list."""
    [link] = re.findall(r'href="(run/[^"]*)"', site.get()[2])
    return str(link)


def test_folder_lists_each_run_with_its_status_task_and_headline(tmp_path: Path) -> None:
    a_run(tmp_path / "a")
    a_run(tmp_path / "b", ends=False)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / FILE_NAME).write_bytes(b"nothing")
    (tmp_path / "no run").mkdir()
    (tmp_path / "file").touch()
    with begun(tmp_path / "c"):
        folder = RunList(tmp_path)
        assert listed(folder) == {"a": "finished", "b": "unfinished", "c": "running", "bad": "unreadable"}
    [line] = [each for each in folder.lines if each.run.name == "a"]
    assert line.task == "lpn" and line.headline == "test split, t = 0: 0.550 ± 0.050"
    assert listed(folder)["c"] == "unfinished"


def test_run_that_is_just_being_created_counts_as_running(tmp_path: Path) -> None:
    directory = tmp_path / "new"
    directory.mkdir()
    (directory / FILE_NAME).touch()
    lock = lock_directory(directory)
    folder = RunList(tmp_path)
    assert listed(folder) == {"new": "running"}
    os.close(lock)
    assert listed(folder) == {"new": "unreadable"}


def test_folder_says_when_it_cannot_be_read(tmp_path: Path) -> None:
    folder = RunList(tmp_path / "gone")
    folder.look()
    assert "cannot be read" in folder.note and folder.lines == []


@pytest.mark.parametrize("link", ["directory", "record"])
def test_folder_shows_nothing_that_a_link_leads_to(tmp_path: Path, watched: Callable[..., Served], link: str) -> None:
    a_run(tmp_path / "elsewhere" / "secret")
    runs = tmp_path / "runs"
    a_run(runs / "mine")
    if link == "directory":
        (runs / "link").symlink_to(tmp_path / "elsewhere" / "secret")
    else:
        (runs / "link").mkdir()
        (runs / "link" / FILE_NAME).symlink_to(tmp_path / "elsewhere" / "secret" / FILE_NAME)
    site = watched(runs, folder=True)
    assert "mine" in site.get("/")[2] and 'href="run/link/' not in site.get("/")[2]
    assert site.get("/run/link/")[0] == 404


def test_run_that_became_a_link_after_it_was_listed_is_not_shown(
    tmp_path: Path, watched: Callable[..., Served]
) -> None:
    a_run(tmp_path / "secret")
    a_run(tmp_path / "runs" / "mine")
    site = watched(tmp_path / "runs", folder=True)
    assert site.get("/")[0] == 200
    (tmp_path / "runs" / "mine" / FILE_NAME).replace(tmp_path / "kept")
    (tmp_path / "runs" / "mine" / FILE_NAME).symlink_to(tmp_path / "secret" / FILE_NAME)
    assert site.get("/run/mine/")[0] == 404


OUT = (
    "/../secret/",
    "/run/../secret/",
    "/run/..%2fsecret/",
    "/run/%2e%2e/",
    "/run/%2e%2e%2fsecret/events",
    "/run/./",
    "/run//etc/",
    "/run/mine/../../secret/",
    "/run/mine/run.sqlite",
    "/run/mine%00/",
    "/run/mine",
    "//run/mine/",
    "/run/%FF%FE/",
    "/run.sqlite",
)


def test_no_path_leads_out_of_the_list(tmp_path: Path, watched: Callable[..., Served]) -> None:
    a_run(tmp_path / "secret")
    a_run(tmp_path / "runs" / "mine")
    site = watched(tmp_path / "runs", folder=True)
    site.get("/")
    assert {path: status for path in OUT if (status := site.get(path)[0]) != 404} == {}


@pytest.mark.parametrize("name", ["a b", "ä", "50%", "a?b#c", "<script>alert(1)", '"onclick="x', "\x1b[31mred", "..."])
def test_run_of_any_name_is_found_by_its_link(tmp_path: Path, watched: Callable[..., Served], name: str) -> None:
    a_run(tmp_path / name)
    site = watched(tmp_path, folder=True)
    page = site.get(f"/{the_link(site)}")[2]
    assert "Skip to the content" in page and "<script>alert" not in page


def test_run_whose_name_is_not_text_is_found_by_its_link(tmp_path: Path, watched: Callable[..., Served]) -> None:
    a_run(tmp_path / os.fsdecode(b"\xff\xfe"))
    site = watched(tmp_path, folder=True)
    assert the_link(site) == "run/%FF%FE/" and site.get("/run/%FF%FE/")[0] == 200


def test_list_follows_a_run_that_appears_and_ends(tmp_path: Path, watched: Callable[..., Served]) -> None:
    site = watched(tmp_path, folder=True)
    assert "there are no runs here yet" in site.get()[2]
    first = site.state()["page"]
    with begun(tmp_path / "r"):
        second = site.until(lambda said: said["page"] > first)["page"]
        assert "running" in site.get()[2] and site.state()["page"] == second
    site.until(lambda said: said["page"] > second)
    assert "unfinished" in site.get()[2]
