"""The page of a run in a browser: any text stands in it as text, all of it can be reached, and it is read aloud as it is seen."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Open
from browser.made import HOSTILE, page_saying
from strop.report.html.render import RENEWED_SECONDS
from support.processes import wait_until
from support.rows import table

pytestmark = pytest.mark.slow  # Chromium takes seconds
PROGRAM = "def algorithm(text):\n    return text.upper()\n"
OPEN_ALL = "for (const part of document.querySelectorAll('details')) part.open = true;"
CENSUS = """
const found = {};
for (const element of document.querySelectorAll("*")) {
  if (element.matches("dd > bdi > wbr") && !element.attributes.length) continue;
  if (element.closest("pre.code, table.diff") || (element.tagName === "text" && element.closest("svg.lineage"))) continue;
  const kind = `${element.tagName} ${element.getAttributeNames().sort().join(" ")} #${element.id}`;
  found[kind] = (found[kind] ?? 0) + 1;
}
return found;
"""
"""Which elements there are, with which attributes, outside the places of programs.

The page itself allows a break after each "/" of a model's name: those, without attributes, do not count."""
INSIDE = """
const inside = [...document.querySelectorAll("pre.code *, table.diff *")];
return [...new Set(inside.map((each) => `${each.tagName} ${each.getAttributeNames()}`))].sort();
"""
KNOWN = {
    "SPAN class", "SPAN ", "THEAD ", "TBODY ", "TR ", "TR class", "TH scope,colspan", "TD class", "TD colspan", "TD ",
}  # fmt: skip
EXAMINE = """
const done = arguments[0];
const where = (node) => `${node.html.slice(0, 160)} ${node.failureSummary}`;
axe.run(document, {resultTypes: ["violations"]}).then((found) => done(found.violations.map((each) =>
  [each.id, each.help, ...each.nodes.slice(0, 3).map(where)].join(" | "))));
"""


def census(browser: Any) -> dict[str, int]:
    browser.execute_script(OPEN_ALL)
    found: dict[str, int] = browser.execute_script(CENSUS)
    return found


def read_back(shown: str) -> str:
    """A text of which the page shows what cannot be seen as an escape."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), shown)


def test_a_hostile_text_is_shown_as_text_and_nothing_else_changes(opened: Open) -> None:
    usual = census(opened(page_saying("harmless")))
    for name, text in HOSTILE.items():
        browser = opened(page_saying(text))
        assert census(browser) == usual, name
        assert set(browser.execute_script(INSIDE)) <= KNOWN, name
        assert browser.execute_script("return [window.caught, document.scripts.length]") == [None, 0], name
        assert browser.title.endswith("– strop") and browser.current_url.startswith("file:///"), name
        shown = browser.execute_script("return document.querySelector('#calls pre.prompt').textContent")
        assert read_back(shown) == text, name
        assert browser.execute_script("return getComputedStyle(document.body).display") == "grid", name


def test_a_click_or_the_keyboard_alone_opens_a_program_and_its_difference(opened: Open) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = opened(page_saying(PROGRAM))
    one = browser.find_element
    assert not one("css selector", ".node .diff").is_displayed()
    one("css selector", "#lineage a:last-of-type").click()
    assert "#node-" in browser.current_url
    one("css selector", ".node:has(.diff) summary").click()
    assert one("css selector", ".node .diff").is_displayed()
    browser = opened(page_saying(PROGRAM))
    for _ in range(200):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == one("css selector", ".node summary"):
            break
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    code = one("css selector", ".node pre.code")
    assert code.is_displayed() and code.get_attribute("textContent").rstrip() == PROGRAM.rstrip()


@table("width", (390, 768, 1440))
def test_the_page_is_not_wider_than_its_window_with_all_its_parts_open(opened: Open, width: int) -> None:
    browser = opened(page_saying(PROGRAM), width=width)
    browser.execute_script(OPEN_ALL)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@table("dark", (False, True))
def test_axe_finds_no_violation_in_light_or_dark(opened: Open, dark: bool) -> None:
    """axe-core is not part of this repository: it comes by `npm pack axe-core`, and STROP_AXE names its axe.min.js."""
    named = os.environ.get("STROP_AXE", "")
    if not Path(named).is_file():
        pytest.skip("STROP_AXE names no axe.min.js of axe-core")
    browser = opened(page_saying(PROGRAM), dark=dark)
    browser.execute_script(OPEN_ALL)
    browser.execute_script(Path(named).read_text(encoding="utf-8"))
    assert browser.execute_async_script(EXAMINE) == []


NEW = "return window.marked ? '' : document.querySelector('#live').textContent"


def test_the_page_of_a_run_that_goes_on_reloads_itself(opened: Open) -> None:
    from selenium.common.exceptions import WebDriverException

    html = page_saying(PROGRAM, live="The run goes on.")
    browser = opened(html.replace(f'"refresh" content="{RENEWED_SECONDS}"', '"refresh" content="1"'))
    browser.execute_script("window.marked = 1")

    def is_new() -> bool:
        with suppress(WebDriverException):  # between two pages
            return bool(browser.execute_script(NEW) == "The run goes on.")
        return False

    wait_until(is_new)
