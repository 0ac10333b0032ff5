"""Edits made from two texts: whatever the texts are, they apply and give the second."""

from __future__ import annotations

import difflib
import string

from hypothesis import assume, given
from hypothesis import strategies as st

from strop.core.edits import EditFailed, apply_edits

WORD = st.text(string.ascii_lowercase, min_size=1, max_size=5)
LINE = st.builds(lambda indent, words: "    " * indent + " ".join(words), st.integers(0, 3), st.lists(WORD, max_size=4))
TEXT = st.lists(LINE, min_size=1, max_size=25)
ODD = st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]), max_size=12)
NAME = "src/a.txt"


def block(search: list[str], replace: list[str]) -> str:
    return "\n".join(["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"])


def text_of(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def diff_of(before: list[str], after: list[str], **names: str) -> str:
    return "\n".join(difflib.unified_diff(before, after, "a/" + NAME, "b/" + NAME, lineterm="")) + "\n"


@given(TEXT, TEXT)
def test_diff_of_two_texts_gives_the_second_when_it_is_applied_to_the_first(
    before: list[str], after: list[str]
) -> None:
    assume(before != after and any(line.strip() for line in before))
    applied = apply_edits(f"```diff\n{diff_of(before, after)}```\n", {NAME: text_of(before)})
    assert applied is not None and applied.files == {NAME: text_of(after)}


@given(st.lists(ODD, min_size=1, max_size=12), st.lists(ODD, min_size=1, max_size=12))
def test_diff_gives_the_second_text_whatever_characters_stand_in_it(before: list[str], after: list[str]) -> None:
    assume(before != after and any(line.strip() for line in before) and "" not in (before[-1], after[-1]))
    applied = apply_edits(f"```diff\n{diff_of(before, after)}```\n", {NAME: text_of(before)})
    assert applied is not None and applied.files == {NAME: text_of(after)}


@given(TEXT, TEXT, st.integers(0, 500))
def test_diff_applies_when_its_line_numbers_are_wrong_and_its_place_is_one(
    before: list[str], after: list[str], shift: int
) -> None:
    before = [f"{line} {number}" for number, line in enumerate(before)]
    after = before[: len(before) // 2] + after + before[len(before) // 2 + 1 :]
    wrong = diff_of(before, after).replace("@@ -", f"@@ -{shift}")
    applied = apply_edits(f"```diff\n{wrong}```\n", {NAME: text_of(before)})
    assert before == after or (applied is not None and applied.files == {NAME: text_of(after)})


@given(TEXT, st.lists(LINE, max_size=6), st.data())
def test_block_gives_the_text_with_its_lines_replaced_when_they_are_in_one_place(
    lines: list[str], new: list[str], data: st.DataObject
) -> None:
    lines = [f"{line} {number}" for number, line in enumerate(lines)]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    applied = apply_edits(block(lines[start:stop], new), {NAME: text_of(lines)})
    assert applied is not None and not applied.inexact
    assert applied.files == {NAME: text_of(lines[:start] + new + lines[stop:])}


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
    applied = apply_edits(shifted, {NAME: text_of(lines)})
    assert applied is not None and applied.inexact == ("block 1",)
    assert applied.files == {NAME: text_of(lines[:start] + new + lines[stop:])}


@given(TEXT, st.lists(LINE, max_size=6), st.data())
def test_block_keeps_the_program_s_own_lines_when_those_it_does_not_change_are_written_a_little_differently(
    lines: list[str], new: list[str], data: st.DataObject
) -> None:
    lines = [f"{line} a = b{number}  # note" for number, line in enumerate(lines)]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    search = [line.replace(" = ", "=") + " " for line in lines[start:stop]]
    applied = apply_edits(block(search, search + new), {NAME: text_of(lines)})
    assert applied is not None and applied.inexact == ("block 1",)
    assert applied.files == {NAME: text_of(lines[:stop] + new + lines[stop:])}


@given(
    st.lists(
        st.sampled_from(
            [
                "<<<<<<< SEARCH",
                "=======",
                ">>>>>>> REPLACE",
                "```",
                "```diff",
                "```python",
                "--- a/x",
                "+++ b/x",
                "@@ -1 +1 @@",
                "@@",
                " a",
                "-a",
                "+b",
                "a",
                "",
                "*** Update File: x",
                "*** End Patch",
                "diff --git a/x b/x",
                "../x",
                "x.py",
            ]
        ),
        max_size=30,
    ),
    TEXT,
)
def test_any_answer_is_applied_or_refused_in_words(answer: list[str], lines: list[str]) -> None:
    try:
        applied = apply_edits("\n".join(answer), {NAME: text_of(lines), "x.py": "a\n"})
    except EditFailed as error:
        assert str(error)
    else:
        assert applied is None or set(applied.files) >= {NAME, "x.py"}
