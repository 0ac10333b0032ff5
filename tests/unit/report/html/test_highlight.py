"""Programs as HTML: nothing of a program is markup, everything in it can be seen, and no text takes long."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.report.html.highlight import COMPARED, MOST_HTML, code_html, diff_html, highlight_nodes
from strop.report.html.page import Page

PROGRAM = 'def f(x):\n    """Two\n    lines."""\n    return x + 1  # end\n'


class Seen(HTMLParser):
    """The tags of a piece of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_highlighted_program_reads_as_it_was_written_with_its_strings_marked() -> None:
    assert Seen(code_html(PROGRAM)).text == PROGRAM.rstrip("\n")
    assert [line.count('class="hs"') for line in code_html(PROGRAM).split("\n")] == [0, 1, 1, 0]


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_in_a_program_is_markup(text: str) -> None:
    for html in (code_html(text), diff_html(text, f"{text}\nx", ("a", "b"))):
        seen = Seen(html)
        assert {tag for tag, _ in seen.tags} <= {"pre", "span", "table", "thead", "tbody", "tr", "th", "td"}
        assert {name for _, attributes in seen.tags for name in attributes} <= {"class", "tabindex", "colspan", "scope"}
        assert all(character.isprintable() or character in "\n\t" for character in html)


def test_what_cannot_be_seen_is_shown_as_what_it_is_and_a_program_keeps_its_lines() -> None:
    for unseen in ("\u202e", "\x1b", "\x00", "\ud800", "\ufeff", "\u200b"):
        html = code_html(f"x = 1{unseen}2\n")
        assert unseen not in html and unseen.encode("unicode_escape").decode() in html, ascii(unseen)
    assert code_html("a\rb\r\nc\n").count('class="line"') == 2


def test_a_difference_shows_both_sides_with_their_lines_and_signs_and_counts_the_equal_lines_it_leaves_out() -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", diff_html("a\nb\nc\n", "a\nB\nc\nd\n", ("I_0", "I_1")))
    texts = [unescape(re.sub(r"<[^>]*>", "|", row)) for row in rows]
    assert [re.sub(r"\|+", "|", text).strip("|") for text in texts] == [
        "I_0|I_1", "1|  a|1|  a", "2|- b|2|+ B", "3|  c|3|  c", "4|+ d",
    ]  # fmt: skip
    equal = "\n".join(f"line {number}" for number in range(50))
    text = Seen(diff_html(f"{equal}\nold\n", f"{equal}\nnew\n", ("a", "b"))).text
    assert "47 equal lines" in text and "line 46" not in text and "line 47" in text


def test_every_changed_line_of_two_programs_is_in_their_difference() -> None:
    rng = random.Random(3)
    for _ in range(30):
        before, after = (["abc"[rng.randrange(3)] * rng.randrange(1, 3) for _ in range(20)] for _ in range(2))
        html = diff_html("\n".join(before), "\n".join(after), ("a", "b"))
        numbers = [int(each) for each in re.findall(r'<td class="number">(\d+)</td><td class="new">', html)]
        equal = [int(each) for each in re.findall(r'<td class="number">(\d+)</td><td>  [^<]*</td></tr>', html)]
        hidden = sum(int(each) for each in re.findall(r"(\d+) equal lines", html))
        assert len(numbers) + len(equal) + hidden == len(after)


HEAVY = [
    "x" * 10**6, "\n" * 10**6, "'" * 29_000, ("\\" * 900 + "\n") * 30, ("f'{" * 300 + "\n") * 30, ("rb'''" * 180 + "\n") * 30,
    ("(" * 900 + "\n") * 30, ("@a." * 300 + "\n") * 30, ("'%(" * 300 + "\n") * 30, ("1_" * 450 + "\n") * 30,
    ("from a import " * 60 + "\n") * 30, ("\ud800" * 900 + "\n") * 30, "a\nb\n" * 100_000,
]  # fmt: skip


@pytest.mark.heavy
def test_a_hostile_text_gives_html_of_bounded_size_and_what_has_no_room_is_left_out_whole() -> None:
    for text in HEAVY:
        assert len(code_html(text)) <= MOST_HTML + 100, text[:20]
        assert len(diff_html("b\na\n" * COMPARED, text, ("a", "b"))) <= MOST_HTML + 1000, text[:20]
    assert code_html("x" * 100, most=100) == "" and code_html("x" * 10, most=100) != ""
    assert diff_html("", "x" * 100, ("a", "b"), most=100) == "" and diff_html("", "x", ("a", "b"), most=200) != ""


def test_programs_beyond_the_room_of_a_page_are_left_out_and_that_is_said(made_page: Page) -> None:
    text = "\n".join(f"value_{number} = {number}" for number in range(600))
    nodes = [replace(made_page.nodes[0], id=f"n{n}", state="evaluated", text=text, html=None) for n in range(60)]
    nodes[40].state = "accepted"
    (said,) = highlight_nodes(nodes)
    shown = [node for node in nodes if node.html is not None]
    assert 0 < len(shown) < 60 and nodes[40] in shown
    assert sum(len(str(node.html)) for node in shown) <= MOST_HTML
    assert said.startswith(f"without {60 - len(shown)} programs, for which there is no room")
