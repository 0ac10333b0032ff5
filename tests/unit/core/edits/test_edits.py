"""Edits as models write them: what is read, where it is applied, and what is said where it does not fit."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.core.edits import EditFailed, apply_edits, has_edits
from support.rows import table

PROGRAM = """import math


def area(radius):
    # the area of a disc
    return math.pi * radius ** 2


class Disc:
    def __init__(self, radius):
        self.radius = radius

    def grown(self, factor):
        if factor > 0:
            return Disc(self.radius * factor)
        return self
"""
REPORT = """def report(n):
    sep = ":  "

    print("n  =  %d" % n)
    total = 0
    for i in range(n):
        total += i

    return total, '  end  '
"""
NAME = "disc.py"
TWO = {"src/a.c": "int a(void) {\n  return 1;\n}\n", "src/b.c": "int b(void) {\n  return 1;\n}\n"}


def block(search: str, replace: str, above: str = "") -> str:
    return f"{above}<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def edited(answer: str, program: str = PROGRAM) -> str:
    files, _ = apply_edits(answer, {NAME: program})
    return files[NAME]


def hunk(search: str, replace: str) -> str:
    """The lines of a hunk without context."""
    return "".join(f"-{line}\n" for line in search.split("\n")) + "".join(f"+{line}\n" for line in replace.split("\n"))


CHANGE = " def area(radius):\n     # the area of a disc\n" + hunk(
    "    return math.pi * radius ** 2", "    return math.pi * radius * radius"
)
UNIFIED = f"--- a/disc.py\n+++ b/disc.py\n@@ -4,3 +4,3 @@\n{CHANGE} \n"
PATCH = f"*** Begin Patch\n*** Update File: disc.py\n@@ def area(radius):\n{CHANGE}*** End Patch\n"
POWER = block("    return math.pi * radius ** 2", "    return math.pi * radius * radius")


@table(
    "answer",
    (
        POWER,
        f"I save a power.\n\n```python\n{POWER}```\nThat is all.",
        f"disc.py\n```python\n{POWER}```",
        f"```python\ndisc.py\n{POWER}```",
        f"**`disc.py`**\n\n~~~\n{POWER}~~~",
        POWER.replace("SEARCH", "SEARCH disc.py"),
        POWER.replace("\n", "\r\n"),
        POWER.replace("REPLACE", "REPLACE (first)"),
        UNIFIED,
        f"I save a power.\n\n```diff\n{UNIFIED}```\nThat is all.",
        f"```diff\ndiff --git a/disc.py b/disc.py\nindex 1234567..89abcde 100644\n{UNIFIED}```",
        f"~~~patch\n{UNIFIED}\\ No newline at end of file\n~~~",
        UNIFIED.replace("-4,3 +4,3", "-40,9 +1,2"),
        "".join(UNIFIED.splitlines(keepends=True)[2:]),
        "".join(each for each in UNIFIED.splitlines(keepends=True) if not each.startswith("@@")),
        PATCH,
        f"Here:\n```\n{PATCH}```\nDone.",
        PATCH.replace("@@ def area(radius):\n", ""),
        PATCH.replace("*** End Patch", "*** End of File\n*** End Patch"),
    ),
)
def test_edit_is_applied_exactly_in_every_form_that_models_write(answer: str) -> None:
    expected = {NAME: PROGRAM.replace("radius ** 2", "radius * radius")}
    assert apply_edits(answer, {NAME: PROGRAM}) == (expected, ()), answer


PRINT, LOOP = 'print("n = %d" % n)\n', "total = 0\nfor i in range(n):\n    total += i"
OLD_LOOP = "    total = 0\n    for i in range(n):\n        total += i\n"
GROWN = "        if factor > 0:\n            return Disc(self.radius * factor)"
SHRUNK = "        if factor > 1:\n            pass\n            return Disc(factor)"


@table(
    ("program", "search", "replace", "old", "new"),
    # (program, searched, replacing lines, what changes in the program, into what).
    (
        # Blanks at the end, indentation, that of the first line, tabs, an empty line more and less, hard blanks, blanks inside.
        (PROGRAM, "  return math.pi * radius ** 2  ", "  return 3 * radius", "math.pi * radius ** 2", "3 * radius"),
        (
            PROGRAM,
            GROWN.replace("\n        ", "\n").strip(),
            "if factor > 1:\n    pass\n    return Disc(factor)",
            GROWN,
            SHRUNK,
        ),
        (PROGRAM, GROWN.strip(), SHRUNK.strip(), GROWN, SHRUNK),
        (
            PROGRAM,
            "\t\tif factor > 0:\n\t\t\treturn Disc(self.radius * factor)",
            "\t\tif factor > 1:\n\t\t\tif self:\n\t\t\t\treturn 1\n\treturn 2",
            GROWN,
            "        if factor > 1:\n            if self:\n                return 1\n    return 2",
        ),
        (
            PROGRAM,
            "\n    return math.pi * radius ** 2\n\n\n\nclass Disc:",
            "    return 3\n\n\nclass Disk:",
            "    return math.pi * radius ** 2\n\n\nclass Disc:",
            "    return 3\n\n\nclass Disk:",
        ),
        (
            PROGRAM,
            "    return math.pi * radius ** 2\nclass Disc:",
            "    return 3",
            "math.pi * radius ** 2\n\n\nclass Disc:",
            "3",
        ),
        (PROGRAM, "\xa0   return math.pi * radius\xa0** 2", "\xa0   return\xa03", "math.pi * radius ** 2", "3"),
        (PROGRAM, "    return math.pi*radius**2", "    return 3*radius**2", "math.pi * radius ** 2", "3*radius**2"),
        # A line on both sides stays as the file has it: in quotes, with empty lines, lines between, lines before, a line less.
        (REPORT, PRINT + LOOP, PRINT + "total = n * (n - 1) // 2", OLD_LOOP, "    total = n * (n - 1) // 2\n"),
        (
            REPORT,
            f"""sep = ": "\n{PRINT}{LOOP}\nreturn total, ' end '""",
            f"""sep = ": "\n{PRINT}total = 1\nreturn total, ' end '""",
            OLD_LOOP,
            "    total = 1\n",
        ),
        (
            REPORT,
            f"{PRINT} total = 0",
            f"{PRINT} limit = 1\n\n total = 0",
            "    total = 0",
            "    limit = 1\n\n    total = 0",
        ),
        (REPORT, f"{PRINT}total = 0", f"assert n\n{PRINT}total = 0", "    print", "    assert n\n    print"),
        (REPORT, "total += i\nreturn total, ' end '", "return total, ' end '", "        total += i\n", ""),
        (
            "def f():\n\tif x:\n\t\ty()\n",
            "    if x:\n        y()",
            "    if x:\n        if z:\n            y()\n        w()",
            "\ty()",
            "\tif z:\n\t\t\ty()\n\t\tw()",
        ),
    ),
)
def test_edit_is_applied_with_the_program_s_own_white_space_when_only_white_space_differs(
    program: str, search: str, replace: str, old: str, new: str
) -> None:
    files, repaired = apply_edits(block(search, replace), {NAME: program})
    assert (files[NAME], repaired) == (program.replace(old, new, 1), ("block 1",)), search


FENCED = block("```python", "```python\n{1}") + block("n = 1", "n = 2")


@table(
    ("answer", "before", "after"),
    # (answer, program, the program after it).
    (
        (
            block("import math", "import cmath") + block("import cmath", "import cmath as m"),
            "import math",
            "import cmath as m",
        ),
        (block("Title\n=======\ntext", "Name\n=======\ntext"), "Title\n=======\ntext\n", "Name\n=======\ntext\n"),
        (block("b", "x"), "a\nb", "a\nx"),
        (
            f"```python\n{FENCED}```\n",
            "P = '''\n```python\n```'''\nn = 1\n",
            "P = '''\n```python\n{1}\n```'''\nn = 2\n",
        ),
    ),
)
def test_later_block_sees_what_an_earlier_one_left_and_marks_and_fences_of_a_program_stay(
    answer: str, before: str, after: str
) -> None:
    assert edited(answer, before) == after, answer


DISC, NOWHERE = {NAME: PROGRAM}, "these lines are not in disc.py"
SAME = {NAME: "if a:\n  x = 1\nif b:\n  x = 1\n"}


@table(
    ("answer", "files", "said"),
    # (answer, files, what is said).
    (
        (block("    return 17", "x"), DISC, f"block 1: {NOWHERE}:\n        return 17"),
        (
            block("        return radius ** 2", "x"),
            DISC,
            "The nearest that disc.py has:\n        return math.pi * radius ** 2",
        ),
        (POWER + block("    return 17", "x"), DISC, "block 2"),
        (block("        return", "        yield"), DISC, "block 1"),
        ("<<<<<<< SEARCH\nimport math\n=======\nimport cmath\n", DISC, "block 1 does not end"),
        ("<<<<<<< SEARCH\nimport math\n>>>>>>> REPLACE\n", DISC, "has no line '======='"),
        (block("", "import cmath"), DISC, "it searches for nothing"),
        (block("", "int c;", "src/a.c\n").replace("SEARCH\n\n", "SEARCH\n"), TWO, "it searches for nothing"),
        (block("  x = 1", "x"), SAME, "in several places (line 2 of disc.py and line 4 of disc.py)"),
        (block("  return 1;", "x"), TWO, "in several places (line 2 of src/a.c and line 2 of src/b.c)"),
        (
            block("def grown(self, factor):\nif factor > 0:\nreturn Disc(self.radius * factor)\nreturn self", "x"),
            DISC,
            "the indentation",
        ),
        (f"@@\n{hunk('    return 17', 'x')}", DISC, f"hunk 1: {NOWHERE}:\n        return 17"),
        (f"{UNIFIED}@@ -1 +1 @@\n{hunk('import numpy', 'x')}", DISC, "hunk 2: these lines are not in disc.py"),
        (f"@@\n{hunk('  x = 1', '  x = 2')}", SAME, "in several places (line 2 of disc.py and line 4 of disc.py)"),
        (
            UNIFIED.replace(" def", "def"),
            DISC,
            "hunk 1: a line begins with none of ' ', '-' and '+':\n    def area(radius):",
        ),
        (f"```diff\n{UNIFIED}", DISC, "a fence is not closed"),
        (f"{PATCH}*** Add File: other.py\n+x = 1\n", DISC, "it adds, deletes or moves a file"),
        (f"--- a/disc.py\n+++ /dev/null\n@@\n{hunk('import math', '')}", DISC, "it adds, deletes or moves a file"),
        # Other blanks within quotes, in lines that change.
        (block('    print("n = %d" % n)', '    print("n = %d" % (n + 1))'), {NAME: REPORT}, NOWHERE),
        (block("    return total, ' end '", "    return total, 'end'"), {NAME: REPORT}, NOWHERE),
        (
            block('    sep = ":  "\n\n    print("n =  %d" % n)', '    sep = ":  "'),
            {NAME: REPORT},
            "The nearest that disc.py has:",
        ),
    ),
)
def test_edit_that_does_not_fit_is_refused_in_words_that_its_author_can_use_and_none_is_applied(
    answer: str, files: dict[str, str], said: str
) -> None:
    before = dict(files)
    with pytest.raises(EditFailed) as caught:
        apply_edits(answer, files)
    assert said in str(caught.value), (said, str(caught.value))
    assert files == before


def test_block_goes_to_the_file_that_has_its_lines_or_that_the_line_above_it_names() -> None:
    expected = {**TWO, "src/b.c": TWO["src/b.c"].replace("1", "2")}
    assert apply_edits(block("int b(void) {\n  return 1;", "int b(void) {\n  return 2;"), TWO)[0] == expected
    for name in ("src/b.c", "b.c", "./src/b.c", "`src/b.c`", "# src/b.c", "// File: src/b.c", "=== file: src/b.c ==="):
        assert apply_edits(block("  return 1;", "  return 2;", f"{name}\n"), TWO)[0] == expected, name
    change = hunk("  return 1;", "  return 2;")
    both = {path: text.replace("1", "2") for path, text in TWO.items()}
    for head in ("--- a/{0}\n+++ b/{0}\n@@ -2 +2 @@\n", "*** Update File: {0}\n", "*** Update File: {0}\n@@\n"):
        assert apply_edits(head.format("src/b.c") + change, TWO)[0] == expected, head
        assert apply_edits("".join(head.format(path) + change for path in TWO), TWO)[0] == both, head
    files = {**TWO, "src/c.c": ""}
    answer = block("", "int c;", "src/c.c\n").replace("SEARCH\n\n", "SEARCH\n")
    assert apply_edits(answer, files)[0] == {**TWO, "src/c.c": "int c;\n"}


@table(
    "answer",
    (
        "No idea.",
        "",
        f"```python\n{PROGRAM}```",
        f"An improver that asks for edits:\n```python\nASK = '''Write\n{block('a', 'b')}'''\n```",
        "---\n+++\n-import math\n+import cmath\n",
        "- one thing\n- another\n+ and more",
    ),
)
def test_answer_without_edits_holds_none_whatever_its_program_says(answer: str) -> None:
    assert not has_edits(answer) and apply_edits(answer, DISC) == (DISC, ()), answer


WORD = st.text(string.ascii_lowercase, min_size=1, max_size=5)
LINE = st.builds(lambda indent, words: "    " * indent + " ".join(words), st.integers(0, 3), st.lists(WORD, max_size=4))
TEXT = st.lists(LINE, min_size=1, max_size=25)
PIECES = [
    "@@",
    "+++ b/x.py",
    "*** Update File: x.py",
    "*** End Patch",
    "-a",
    "+b",
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "```",
    "```diff",
    "```python",
    " a",
    "a",
    "",
    "../x",
    "x.py",
]


def text_of(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@given(TEXT, st.lists(LINE, max_size=6), st.data())
def test_block_gives_the_text_with_its_lines_replaced_also_when_it_is_shifted_as_a_whole(
    lines: list[str], new: list[str], data: st.DataObject
) -> None:
    lines = [f"    {line} x{number}" for number, line in enumerate(lines)]
    new = [f"    {line} y{number}" for number, line in enumerate(new)]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    shift, cut = data.draw(st.sampled_from([("", 0), ("  ", 0), ("", 4)]))
    old, becomes = ([shift + line[cut:] for line in each] for each in (lines[start:stop], new))
    answer = "\n".join(["<<<<<<< SEARCH", *old, "=======", *becomes, ">>>>>>> REPLACE"])
    files, repaired = apply_edits(answer, {NAME: text_of(lines)})
    assert files == {NAME: text_of(lines[:start] + new + lines[stop:])}
    assert repaired == (("block 1",) if shift or cut else ())


@given(st.lists(st.sampled_from(PIECES), max_size=30), TEXT)
def test_any_answer_is_applied_or_refused_in_words(answer: list[str], lines: list[str]) -> None:
    try:
        files, _ = apply_edits("\n".join(answer), {NAME: text_of(lines), "x.py": "a\n"})
    except EditFailed as error:
        assert str(error)
    else:
        assert set(files) == {NAME, "x.py"}


HOSTILE = {
    "a million blocks": block("a", "b") * 1_000_000,
    "more blocks than are read": block("a", "b") * 5_000,
    "blocks that do not end": "<<<<<<< SEARCH\n" * 100_000,
    "fences in fences": "```python\n" * 150_000 + "@@\n",
    "bare fences": "```\n" * 60_000 + "<<<<<<< SEARCH\n",
    "blanks after a fence": "```" + " " * 1_000_000 + "`\n@@\n",
    "dividers": "<<<<<<< SEARCH\nx\n" + "=======\n" * 150_000 + ">>>>>>> REPLACE\n",
    "a line again and again": block("x = 1\n" * 50_000 + "y", "z"),
    "lines that alternate": block("a\nb\n" * 190 + "c", "z"),
    "hunks that hold nothing": "@@\n" * 300_000,
    "a long hunk": "@@\n" + "+x\n" * 500_000,
    "long lines": block("a" * 300_000 + "\n" + "b" * 300_000 + "\nq", "z"),
    "many that drifted": block("\n".join(f"line {i}" for i in range(150)) + "\n" + "linf\n" * 150, "z") * 200,
    "many that are nowhere": "".join(block(f"lime {i}\nq", "z") for i in range(500)),
}


@pytest.mark.heavy
def test_hostile_answer_is_refused_or_applied_within_bounds() -> None:
    """Each of these takes minutes where the work is not bounded; the suite's own time limit ends it then."""
    program = "".join(f"line {i}\n" for i in range(10_000)) + "x = 1\n" * 60_000 + "a\nb\n" * 20_000
    for name, answer in HOSTILE.items():
        try:
            assert apply_edits(answer, {NAME: program})[0]
        except EditFailed as error:
            assert len(str(error)) < 20_000, name
