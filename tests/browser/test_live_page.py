"""The page of a run that goes on reloads itself; a reader loses nothing by that."""

from __future__ import annotations

from pathlib import Path

from browser.conftest import Open
from strop.report.html.render import RENEWED_SECONDS, report_of
from support.processes import wait_until

STATE = """return [[...document.querySelectorAll("main details")].map((each) => each.open).join(),
scrollY, document.documentElement.dataset.theme, document.querySelector("#live").textContent];"""
RELOADED = "return window.marked === undefined && window.strop !== undefined"


def test_a_live_page_reloads_and_keeps_what_is_open_but_not_while_a_text_is_read(opened: Open, record: Path) -> None:
    html = report_of(record, live="The run goes on.").replace(f'-renewed="{RENEWED_SECONDS}"', '-renewed="1"')
    browser = opened(html, "#call-1", width=390)
    browser.execute_script(
        "window.marked = 1; document.querySelector('#theme').click();"
        "for (const each of [...document.querySelectorAll('main details')].slice(1, 4)) each.open = true;"
    )
    browser.execute_async_script("setTimeout(arguments[0], 2500)")
    assert not browser.execute_script(RELOADED)
    browser.execute_script("document.querySelector('#reader').close(); location.hash = ''; scrollTo(0, 700)")
    before = browser.execute_script(STATE)
    assert before[1:] == [700, "dark", "The run goes on."]
    wait_until(lambda: browser.execute_script(RELOADED))
    assert browser.execute_script(STATE) == before
