"""Edits made from two texts: whatever the texts are, they apply and give the second."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from strop.core.edits import EditFailed, apply_edits

WORD = st.text(string.ascii_lowercase, min_size=1, max_size=5)
LINE = st.builds(lambda indent, words: "    " * indent + " ".join(words), st.integers(0, 3), st.lists(WORD, max_size=4))
TEXT = st.lists(LINE, min_size=1, max_size=25)
NAME = "src/a.txt"


def block(search: list[str], replace: list[str]) -> str:
    return "\n".join(["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"])


def text_of(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@given(TEXT, st.lists(LINE, max_size=6), st.data())
def test_block_gives_the_text_with_its_lines_replaced_when_they_are_in_one_place(
    lines: list[str], new: list[str], data: st.DataObject
) -> None:
    lines = [f"{line} {number}" for number, line in enumerate(lines)]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    files, repaired = apply_edits(block(lines[start:stop], new), {NAME: text_of(lines)})
    assert not repaired and files == {NAME: text_of(lines[:start] + new + lines[stop:])}


@given(TEXT, st.lists(LINE, max_size=6), st.data())
def test_block_gives_the_same_text_when_it_is_shifted_as_a_whole(
    lines: list[str], new: list[str], data: st.DataObject
) -> None:
    lines = [f"    {line} x{number}" for number, line in enumerate(lines)]
    new = [f"    {line} y{number}" for number, line in enumerate(new)]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    by = data.draw(st.sampled_from(["in", "out"]))
    move = (lambda line: "  " + line) if by == "in" else (lambda line: line[4:])
    shifted = block([move(line) for line in lines[start:stop]], [move(line) for line in new])
    files, repaired = apply_edits(shifted, {NAME: text_of(lines)})
    assert repaired == ("block 1",) and files == {NAME: text_of(lines[:start] + new + lines[stop:])}


PIECES = ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "```diff", "```python", " a", "a", "", "../x", "x.py"]


@given(st.lists(st.sampled_from(PIECES), max_size=30), TEXT)
def test_any_answer_is_applied_or_refused_in_words(answer: list[str], lines: list[str]) -> None:
    try:
        files, _ = apply_edits("\n".join(answer), {NAME: text_of(lines), "x.py": "a\n"})
    except EditFailed as error:
        assert str(error)
    else:
        assert set(files) == {NAME, "x.py"}
