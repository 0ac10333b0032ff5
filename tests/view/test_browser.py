"""The live page in Chromium: while a run goes on, after it was killed, in a second browser, and with hostile texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser.made import HOSTILE
from strop.base.events import RunResumed
from strop.store import Store
from support.processes import wait_until
from support.viewed import SEED, Served, begun, evaluated, finished, hostile, iteration, write

Start = Callable[[], Any]
Watched = Callable[..., Served]


WATCH_POLICY = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => window.broken.push(event.blockedURI));
"""
FOUND = """
const all = [...document.querySelectorAll("main *")];
const attributes = all.flatMap((each) => [...each.attributes]);
const foreign = ["iframe", "object", "embed", "form", "base", "meta", "style", "img", "script", "#evil"];
return {
  hacked: window.hacked ?? null,
  broken: window.broken,
  scripts: document.scripts.length,
  foreign: document.querySelectorAll(foreign.map((each) => `main ${each}`).join()).length,
  strips: document.querySelectorAll("#live").length,
  heads: document.querySelectorAll("h1").length,
  handlers: attributes.filter((each) => /^on|^srcdoc$/.test(each.name) || /^javascript:/i.test(each.value)).length,
  asked: performance.getEntriesByType("resource").map((each) => new URL(each.name).host),
  display: getComputedStyle(document.querySelector("main")).display,
};
"""


def text(browser: Any, selector: str) -> str:
    return str(browser.execute_script("return document.querySelector(arguments[0])?.textContent || ''", selector))


def shows(browser: Any, selector: str, words: str) -> None:
    """Wait until a part of the page holds some words."""
    wait_until(lambda: words in text(browser, selector))


def complaints(browser: Any) -> list[str]:
    """What the console says, but of a missing icon."""
    return [said["message"] for said in browser.get_log("browser") if "favicon" not in said["message"]]


@pytest.mark.slow
def test_page_follows_a_run_until_it_is_killed_and_when_it_is_resumed(
    tmp_path: Path, watched: Watched, browser: Start
) -> None:
    store = begun(tmp_path / "r")
    write(store, iteration(0))
    site, page = watched(tmp_path / "r"), browser()
    page.get(site.url)
    shows(page, "#live .live-sentence", "The run is in progress")
    assert "token" not in page.current_url and page.title.startswith("running: r")
    write(store, iteration(1, SEED + "# a better one\n"))
    shows(page, "#progress", "0.575")
    shows(page, "#lineage", "a better one")
    store.close()
    shows(page, "#live .live-sentence", "its process was killed")
    assert page.title.startswith("unfinished: r")
    shows(page, "#overview", "unfinished")
    shows(page, "#reproduce", f"strop resume {tmp_path / 'r'}")
    with Store.resume(tmp_path / "r") as again:
        again.append(RunResumed(scope="", spec={}, environment={}, posture={}, events=15, seconds=1.0))
        shows(page, "#live .live-sentence", "The run is in progress")
        again.append(finished())
    shows(page, "#live .live-sentence", "The run has finished.")
    wait_until(lambda: "strop resume" not in text(page, "#reproduce"))
    assert complaints(page) == []


@pytest.mark.slow
def test_what_a_viewer_opened_chose_and_searched_stays_when_the_page_is_renewed(
    tmp_path: Path, watched: Watched, browser: Start
) -> None:
    with begun(tmp_path / "r") as store:
        write(store, [*iteration(0), *(evaluated(f"t0/measure/copy{n}", SEED, error=f"fault {n}") for n in range(40))])
        page = browser()
        page.get(watched(tmp_path / "r").url)
        page.execute_script("document.querySelector('#evaluations').scrollIntoView()")
        wait_until(lambda: page.execute_script("return document.querySelector('#evaluations tr[data-row]') !== null"))
        page.execute_script(
            "const box = document.querySelector('#evaluations input'); box.value = 'fault 7';"
            "box.dispatchEvent(new Event('input')); box.focus(); window.same = box"
        )
        shows(page, "#evaluations .count", "1 of 42")
        write(store, [evaluated("t0/measure/copy0", SEED, error="fault 7 again"), *iteration(1, SEED + "# new\n")])
        shows(page, "#evaluations .count", "2 of 45")
        shows(page, "#progress", "0.575")
        assert page.execute_script("return document.activeElement === window.same && window.same.value") == "fault 7"
        assert complaints(page) == []


def test_page_says_when_the_server_has_ended(tmp_path: Path, watched: Watched, browser: Start) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        site, page = watched(tmp_path / "r"), browser()
        page.get(site.url)
        shows(page, "#live .live-connection", "Live")
        site.server.shutdown()
        site.server.server_close()
        shows(page, "#live .live-connection", "strop view has ended")
        assert "0.550" in text(page, "#progress")


@pytest.mark.slow
def test_hostile_texts_change_nothing_in_the_live_page(tmp_path: Path, watched: Watched, browser: Start) -> None:
    with begun(tmp_path / "r") as store:
        write(store, iteration(0))
        page = browser()
        page.get(watched(tmp_path / "r").url)
        shows(page, "#live .live-sentence", "The run is in progress")
        page.execute_script(WATCH_POLICY)
        for number, said in enumerate(HOSTILE.values()):
            write(store, hostile(number, said.encode("utf-8", "surrogatepass").decode("utf-8", "replace")))
        last = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
        write(store, iteration(1, last, accepted=False, reason=last))
        shows(page, "#progress", "window.hacked")
        page.execute_script("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        page.execute_script("document.querySelector('#calls').scrollIntoView()")
        shows(page, "#calls .count", f"{len(HOSTILE) + 2} messages")
        page.execute_script("document.querySelector('#evaluations').scrollIntoView()")
        found = page.execute_script(FOUND)
        host = page.execute_script("return location.host")
        assert found["hacked"] is None and found["broken"] == []
        assert (found["scripts"], found["strips"], found["heads"]) == (2, 1, 1)
        assert (found["foreign"], found["handlers"]) == (0, 0)
        assert set(found["asked"]) <= {host} and found["display"] == "block"
        assert text(page, "#live .live-sentence").startswith("The run is in progress") and not page.title.startswith(
            "finished"
        )
        seen = text(page, "#live") + text(page, "main")
        assert not set(seen) & set("\x1b\u202e\u2066\0\x07")
        assert complaints(page) == []


def test_list_of_runs_follows_them_and_shows_hostile_names_as_text(
    tmp_path: Path, watched: Watched, browser: Start
) -> None:
    name = "<img src=x onerror=window.hacked=1>"
    with begun(tmp_path / name, task="<script>window.hacked = 1</script>") as store:
        page = browser()
        page.get(watched(tmp_path, folder=True).url)
        shows(page, "#runs", "running")
        write(store, iteration(0))
        shows(page, "#runs", "0.550")
        assert name in text(page, "#runs") and "<script>window.hacked" in text(page, "#runs")
        with begun(tmp_path / "second"):
            shows(page, "#runs", "second")
    shows(page, "#runs", "unfinished")
    assert page.execute_script("return window.hacked ?? document.querySelectorAll('main img, main script').length") == 0
    page.execute_script("[...document.querySelectorAll('#runs a')].at(-1).click()")
    shows(page, "#live .live-sentence", "its process was killed")
    assert page.execute_script("return window.hacked ?? 0") == 0 and complaints(page) == []


@pytest.mark.slow
def test_page_of_a_record_that_cannot_be_read_says_so_and_comes_when_it_can(
    tmp_path: Path, watched: Watched, browser: Start
) -> None:
    directory, page = tmp_path / "r", browser()
    directory.mkdir()
    (directory / "run.sqlite").write_bytes(b"SQLite format 3\0damaged" * 100)
    page.get(watched(directory).url)
    shows(page, "#live .live-sentence", "The record cannot be read")
    assert "run.sqlite" in text(page, "h1") and json.dumps(complaints(page)) == "[]"
    (directory / "run.sqlite").unlink()
    with begun(directory) as store:
        write(store, iteration(0))
        shows(page, "#live .live-sentence", "The run is in progress")
        shows(page, "#progress", "0.550")
