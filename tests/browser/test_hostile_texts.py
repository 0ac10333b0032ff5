"""Whatever was written into a program, a prompt, an answer or a name stands in the page as text, and changes nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from browser.conftest import Open
from browser.made import HOSTILE, page_saying
from support.tiers import slow_unless

IN_TIME = {
    "the end of a script",
    "an image with a handler",
    "the end of an attribute",
    "a forged headline",
    "controls",
    "one huge line",
    "lone surrogates",
    "styles",
}
"""Those of `make test`, one of each kind; the others wait for `make test-all`."""
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
EVERYTHING = "for (const part of document.querySelectorAll('details')) part.open = true;"
_KNOWN = {
    "SPAN class",
    "SPAN ",
    "THEAD ",
    "TBODY ",
    "TR ",
    "TR class",
    "TH scope,colspan",
    "TD class",
    "TD colspan",
    "TD ",
}


def census(browser: Any) -> dict[str, int]:
    browser.execute_script(EVERYTHING)
    found: dict[str, int] = browser.execute_script(CENSUS)
    return found


@pytest.fixture(scope="module")
def usual() -> dict[str, dict[str, int]]:
    """What the page with a harmless text has, once it is known."""
    return {}


@pytest.mark.parametrize("name", slow_unless(lambda name: name in IN_TIME, HOSTILE))
def test_the_page_shows_a_hostile_text_as_text_and_nothing_else_changes(
    opened: Open, usual: dict[str, dict[str, int]], name: str
) -> None:
    text = HOSTILE[name]
    if not usual:
        usual["all"] = census(opened(page_saying("harmless")))
    browser = opened(page_saying(text))
    assert census(browser) == usual["all"]
    assert set(browser.execute_script(INSIDE)) <= _KNOWN
    assert browser.execute_script("return window.caught") is None
    assert browser.title.endswith("– strop")
    assert browser.current_url.startswith("file:///")
    shown = browser.execute_script("return document.querySelector('#calls pre.prompt').textContent")
    assert read_back(shown) == text
    assert browser.execute_script("return getComputedStyle(document.body).display") == "grid"


def read_back(shown: str) -> str:
    """A text of which the page shows what cannot be seen as an escape."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), shown)
