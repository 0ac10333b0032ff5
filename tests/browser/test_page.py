"""The page of a real run in a browser: what it shows is what the record says, and all of it can be reached and used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Open
from browser.made import page_saying
from strop.base.events import Evaluated, LmCalled, LmResponded
from strop.report.html.page import Page, read_page
from strop.report.html.tables import MOST_ROWS
from strop.runs.record import Record
from strop.store import Store

CELLS = """
return [...document.querySelectorAll(arguments[0])].map((row) => [...row.cells].map((cell) => cell.textContent));
"""
EVALUATIONS = "#evaluations tbody tr[id]"
OPEN_ALL = "for (const part of document.querySelectorAll('details')) part.open = true;"


@pytest.fixture
def store(record: Path) -> Iterator[Store]:
    with Store.open(record) as found:
        yield found


@pytest.fixture(scope="module")
def document(record: Path) -> Page:
    with Store.open(record) as found:
        return read_page(Record(found))


def one(browser: Any, selector: str) -> Any:
    return browser.find_element("css selector", selector)


def content(browser: Any, selector: str) -> str:
    return str(one(browser, selector).get_attribute("textContent"))


def test_a_program_and_its_difference_stand_in_a_part_that_a_click_opens(
    opened: Open, page: str, document: Page
) -> None:
    node = next(each for each in document.nodes if each.diff_html)
    assert node.text is not None
    browser = opened(page)
    panel = f"#node-{node.id}"
    assert not one(browser, f"{panel} .diff").is_displayed()
    one(browser, f"#lineage a[href='{panel}']").click()
    assert browser.current_url.endswith(panel)
    one(browser, f"{panel} summary").click()
    assert one(browser, f"{panel} .diff").is_displayed()
    assert one(browser, f"{panel} .diff .new, {panel} .diff .old")
    assert content(browser, f"{panel} pre.code").rstrip("\n") == node.text.rstrip("\n")


def test_the_drawing_of_the_lineage_has_its_numbers_in_a_table(opened: Open, page: str, document: Page) -> None:
    rows = opened(page).execute_script(CELLS, "#lineage > .scroll tbody tr")
    assert [(row[1], row[4].split(" ")[0]) for row in rows] == [
        (node.state, "–" if node.value is None else f"{node.value:.3f}") for node in document.nodes
    ]


def test_the_evaluations_of_a_page_are_the_first_of_its_record(opened: Open, page: str, store: Store) -> None:
    events = [stored.event for stored in store.events(Evaluated)]
    rows = opened(page).execute_script(CELLS, EVALUATIONS)
    assert [(row[6], row[7]) for row in rows] == [(each.verdict, f"{each.value:.3f}") for each in events[:MOST_ROWS]]


def test_a_call_has_its_whole_prompt_and_answer(opened: Open, page: str, store: Store) -> None:
    call = next(store.events(LmCalled)).event
    answer = next(
        each.event.text
        for each in store.events(LmResponded)
        if each.event.scope == call.scope and each.event.index == 0
    )
    browser = opened(page)
    assert content(browser, "#call-1 + .texts .prompt") == call.messages[0]
    assert content(browser, "#call-1 + .texts .response") == answer


def test_the_keyboard_alone_opens_a_program(opened: Open, page: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = opened(page)
    active = browser.switch_to
    for _ in range(200):
        active.active_element.send_keys(Keys.TAB)
        if active.active_element.tag_name == "summary" and one(browser, ".node summary") == active.active_element:
            break
    active.active_element.send_keys(Keys.ENTER)
    assert one(browser, ".node pre.code").is_displayed()


def test_a_large_record_shows_its_first_rows_and_says_how_many_there_are(opened: Open) -> None:
    browser = opened(page_saying("word", evaluations=3_000))
    assert len(browser.execute_script(CELLS, EVALUATIONS)) == MOST_ROWS
    assert "The first 200 of 3,000 evaluations" in one(browser, "#evaluations .caption").text


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_page_is_not_wider_than_its_window_with_all_its_parts_open(opened: Open, page: str, width: int) -> None:
    browser = opened(page, width=width)
    browser.execute_script(OPEN_ALL)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_page_has_no_script(opened: Open, page: str) -> None:
    assert opened(page).execute_script("return document.scripts.length") == 0
