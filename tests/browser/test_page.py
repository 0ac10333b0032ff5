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
from strop.store import Store
from support.processes import wait_until

CELLS = """
return [...document.querySelectorAll(arguments[0])].map((row) => [...row.cells].map((cell) => cell.textContent));
"""
EVALUATIONS = "#evaluations tbody tr[data-row]"


@pytest.fixture
def store(record: Path) -> Iterator[Store]:
    with Store.open(record) as found:
        yield found


@pytest.fixture(scope="module")
def document(record: Path) -> Page:
    with Store.open(record) as found:
        return read_page(found, record)


def one(browser: Any, selector: str) -> Any:
    return browser.find_element("css selector", selector)


def texts(browser: Any, selector: str) -> list[str]:
    """Of the elements that are seen."""
    return [each.text for each in browser.find_elements("css selector", selector) if each.is_displayed()]


def ready(browser: Any, name: str) -> None:
    """The table is read, and in view."""
    browser.execute_async_script("strop.tableOf(arguments[0]).then(arguments[1])", name)
    browser.execute_script("document.getElementById(arguments[0]).scrollIntoView({behavior: 'instant'})", name)


def choose(browser: Any, table: str, field: str, starts: str) -> None:
    for option in browser.find_elements("css selector", f"#{table} select[data-filter={field}] option"):
        if option.get_attribute("textContent").startswith(starts):
            option.click()
            return
    raise AssertionError(f"no choice {starts}")


def said(browser: Any, table: str, words: str) -> None:
    """Wait until the table says how many rows it shows."""
    wait_until(lambda: one(browser, f"#{table} .count").text == words)


def test_a_click_on_a_node_opens_its_program_and_its_difference(opened: Open, page: str, document: Page) -> None:
    node = next(each for each in document.nodes if each.diff_html)
    assert node.text is not None
    browser = opened(page)
    one(browser, f"a.box[href='#node-{node.id}'] .title").click()
    panel = f"#node-{node.id}"
    assert one(browser, panel).get_attribute("open")
    assert browser.current_url.endswith(panel)
    assert f"{node.value:.3f}" in one(browser, f"{panel} summary").text
    for tab in browser.find_elements("css selector", f"{panel} [role=tab]"):
        tab.click()
        assert len(texts(browser, f"{panel} .pane")) == 1
        if tab.text == "Code":
            lines = browser.execute_script(
                "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", f"{panel} .line"
            )
            assert "\n".join(lines).rstrip("\n") == document.tables.texts.bodies[node.text].rstrip("\n")
        if tab.text == "Difference":
            assert one(browser, f"{panel} .diff").is_displayed()
            assert one(browser, f"{panel} .diff .new, {panel} .diff .old")


def test_a_filter_shows_the_evaluations_with_that_verdict_and_no_other(opened: Open, page: str, store: Store) -> None:
    verdicts = [stored.event.verdict for stored in store.events(Evaluated)]
    browser = opened(page)
    ready(browser, "evaluations")
    verdict = next(each for each in verdicts if each != "ok")
    choose(browser, "evaluations", "verdict", verdict)
    said(browser, "evaluations", f"{verdicts.count(verdict):,} of {len(verdicts):,} evaluations")
    rows = browser.execute_script(CELLS, EVALUATIONS)
    assert {row[6] for row in rows} == {verdict}
    one(browser, "#evaluations .reset").click()
    said(browser, "evaluations", f"{len(verdicts):,} evaluations")


def test_a_search_finds_the_calls_whose_prompts_or_answers_hold_the_words(
    opened: Open, page: str, document: Page
) -> None:
    calls, bodies = document.tables.calls, [each.lower() for each in document.tables.texts.bodies]
    columns = (calls["expertise"], calls["message"], calls["answer"], calls["reasoning"], calls["faults"])
    rows = [{place for place in row if place is not None} for row in zip(*columns, strict=True)]

    def having(word: str) -> int:
        return sum(any(word in bodies[place] for place in row) for row in rows)

    word, wanted = next(
        (word, having(word)) for word in ("annealing", "sigmoid", "kernel", "random") if 0 < having(word) < len(rows)
    )
    browser = opened(page)
    ready(browser, "calls")
    one(browser, "#calls input").send_keys(word.upper())
    said(browser, "calls", f"{wanted:,} of {len(calls['at']):,} messages")


def test_a_row_opens_the_whole_prompt_and_answer(opened: Open, page: str, store: Store) -> None:
    call = next(store.events(LmCalled)).event
    answer = next(
        each.event.text
        for each in store.events(LmResponded)
        if each.event.scope == call.scope and each.event.index == 0
    )
    browser = opened(page)
    ready(browser, "calls")
    one(browser, "#calls tr[data-row='0'] td.c-text, #calls tr[data-row='0'] td.c-word").click()
    assert one(browser, "#reader").is_displayed()
    assert browser.current_url.endswith("#call-1")
    assert one(browser, "#reader .message").get_attribute("textContent") == call.messages[0]
    assert one(browser, "#reader .answer").get_attribute("textContent") == answer


def test_an_address_with_a_place_opens_it(opened: Open, page: str, document: Page) -> None:
    node = document.nodes[0]
    browser = opened(page, f"#node-{node.id}")
    assert one(browser, f"#node-{node.id}").get_attribute("open")
    browser = opened(page, f"#evaluations-of-{node.text}")
    count = sum(each == node.text for each in document.tables.evaluations["solution"])
    said(browser, "evaluations", f"{count:,} of {len(document.tables.evaluations['at']):,} evaluations, of one program")


def test_a_column_sorts_up_and_down(opened: Open, page: str, document: Page) -> None:
    values = document.tables.evaluations["value"]
    browser = opened(page)
    ready(browser, "evaluations")
    head = one(browser, "#evaluations th[data-column=value]")
    for direction, extreme in (("ascending", min(values)), ("descending", max(values))):
        head.find_element("css selector", "button").click()
        assert head.get_attribute("aria-sort") == direction
        assert browser.execute_script(CELLS, EVALUATIONS)[0][7] == f"{extreme:.3f}"


def test_the_keyboard_alone_reaches_a_node_and_a_call_and_comes_back(opened: Open, page: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = opened(page)
    ready(browser, "calls")
    browser.execute_script("scrollTo(0, 0); document.activeElement.blur()")
    active = browser.switch_to
    for _ in range(200):
        active.active_element.send_keys(Keys.TAB)
        if "box" in (active.active_element.get_attribute("class") or ""):
            break
    place = browser.execute_script("return document.activeElement.href.baseVal")
    active.active_element.send_keys(Keys.ENTER)
    assert browser.current_url.endswith(place)
    assert active.active_element.tag_name == "summary"
    browser.execute_script("document.querySelector('#calls .window').focus({preventScroll: true})")
    while active.active_element.get_attribute("aria-label") != "Open call 1":
        active.active_element.send_keys(Keys.TAB)
    active.active_element.send_keys(Keys.ARROW_DOWN)
    active.active_element.send_keys(Keys.ENTER)
    assert one(browser, "#reader-title").text.startswith("LM call 2 of")
    one(browser, "#reader-next").click()
    active.active_element.send_keys(Keys.ESCAPE)
    assert not one(browser, "#reader").is_displayed()
    wait_until(lambda: active.active_element.get_attribute("aria-label") == "Open call 3")


@pytest.mark.slow
def test_a_large_table_keeps_only_the_rows_in_view_and_reaches_the_last(opened: Open) -> None:
    browser = opened(page_saying("word", evaluations=30_000))
    ready(browser, "evaluations")
    browser.execute_script(
        "const place = document.querySelector('#evaluations .window'); place.scrollTop = place.scrollHeight"
    )
    wait_until(lambda: browser.execute_script(CELLS, EVALUATIONS)[-1][0] == "30000")
    assert len(browser.execute_script(CELLS, EVALUATIONS)) < 100


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_neither_the_page_nor_a_large_table_is_wider_than_its_window(opened: Open, page: str, width: int) -> None:
    browser = opened(page, width=width)
    for name in ("evaluations", "calls"):
        ready(browser, name)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    wide = "return [...document.querySelectorAll('.window')].map((each) => each.scrollWidth - each.clientWidth)"
    assert browser.execute_script(wide) == [0, 0]


def test_the_page_can_be_read_without_its_script(opened: Open, page: str, document: Page) -> None:
    browser = opened("<!doctype html>")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser = opened(page)
        assert one(browser, "h1").is_displayed()
        assert len(texts(browser, ".node summary")) == len(document.nodes)
        assert len(texts(browser, "#progress .scroll tbody tr")) >= len(document.run.iterations)
        assert texts(browser, "#theme, .filters, .window") == []
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
