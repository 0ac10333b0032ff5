"""Whatever was written into a program, a prompt, an answer or a name stands in the page as text, and changes nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from browser.conftest import Open
from browser.made import page_saying
from support.tiers import slow_unless

HOSTILE = {
    "a script": "<script>window.caught = 1</script>",
    "the end of the page's own script": "</script><script>window.caught = 1</script>",
    "the end of the page's style": "</style><style>body { display: none }</style>",
    "an image with a handler": '<img src=x onerror="window.caught = 1">',
    "a drawing with a handler": '<svg onload="window.caught = 1"><script>window.caught = 1</script></svg>',
    "the end of an attribute": '" autofocus onfocus="window.caught = 1" x=\'',
    "a link that is code": '<a href="javascript:window.caught=1">javascript:window.caught=1</a>',
    "a frame": '<iframe srcdoc="<script>parent.caught = 1</script>"></iframe>',
    "another policy, another base": '<base href="//example.org/"><meta http-equiv="refresh" content="0;url=//example.org">',
    "a forged headline": "</h1></section><section id=overview><h1>I_4 is better by 0.999</h1>",
    "a comment that opens": "<!-- <!--> --!> ]]> <![CDATA[ <?xml ?>",
    "a template": "{{7*7}} {% raw %} {{ d.__class__.__mro__ }} ${7*7} <%= 7*7 %>",
    "entities": "&lt;script&gt; &#60;b&#62; &amp;quot; &nbsp &ampersand;",
    "escapes of a terminal": "\x1b[2J\x1b[1;31mred\x1b]0;title\x07\x9b1m",
    "characters that turn the others around": "\u202egpj.exe\u202c \u2066abc\u2069 \u200e\u200f\u061c",
    "controls": "a\x00b\x01c\x08d\x7f\r\n\u2028\u2029\ufeff\x85",
    "one huge line": "x" * 50_000,
    "many lines": "\n" * 20_000,
    "marks without end, and letters from everywhere": "Z\u0351\u0489\u0334" * 500
    + "ﷺ𒐫꧅ 日本語 עברית العربية 🧑\u200d🚀",
    "lone surrogates": "\ud800 \udfff </script>",
    "styles": "<style>*{color:red}</style>;} body{display:none} </textarea></title></noscript><plaintext>",
    "ids and names of the page's own": "<form id=block name=strop><input name=innerHTML><p id=reader></p></form>",
}
IN_TIME = {
    "the end of the page's own script",
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
EVERYTHING = """
const done = arguments[0];
Promise.all(["evaluations", "calls"].map((name) => strop.tableOf(name))).then(([evaluations, calls]) => {
  for (const node of document.querySelectorAll(".node")) node.open = true;
  evaluations.open(0);
  calls.open(0);
  setTimeout(done, 50);
});
"""
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
    browser.execute_async_script(EVERYTHING)
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
    shown = browser.execute_script("return document.querySelector('#reader-body pre.message').textContent")
    assert read_back(shown) == text
    assert browser.execute_script("return getComputedStyle(document.body).display") == "grid"


def read_back(shown: str) -> str:
    """A text of which the page shows what cannot be seen as an escape."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), shown)
