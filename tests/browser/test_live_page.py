"""The page of a run that goes on reloads itself."""

from __future__ import annotations

from pathlib import Path

from browser.conftest import Open
from strop.report.html.render import RENEWED_SECONDS, report_of
from support.processes import wait_until


def test_the_page_of_a_run_that_goes_on_reloads_itself(opened: Open, record: Path) -> None:
    html = report_of(record, live="The run goes on.").replace(
        f'"refresh" content="{RENEWED_SECONDS}"', '"refresh" content="1"'
    )
    browser = opened(html)
    browser.execute_script("window.marked = 1")
    wait_until(lambda: browser.execute_script("return window.marked === undefined"))
    assert browser.execute_script("return document.querySelector('#live').textContent") == "The run goes on."
