"""What may change, that the rest did not, and an answer that holds only what may change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import Malformed
from strop.tasks.command.bundle import bundled, unbundled
from strop.tasks.regions import check_only, regions_of, with_markers
from support.rows import table

PYTHON = '''import math

LIMIT = 3


@staticmethod
def area(radius):
    """The area."""
    return math.pi * radius ** 2
    # that is all


class Disc:
    size = 1

    def grown(self, factor):
        return factor

    def shrunk(self, factor):
        return 1 / factor
'''
EVOLVE = """x = 1
# EVOLVE-BLOCK-START
def f():
    return 1
# EVOLVE-BLOCK-END
print(f())
"""
C = """int n;
/* strop: begin hot loop */
for (;;) n++;
/* strop: end hot loop */
int m;
"""
TWO = """import math

# EVOLVE-BLOCK-START
def f():
    return 1
# EVOLVE-BLOCK-END


def between():
    return f()

    # EVOLVE-BLOCK-START
x = 1
    # EVOLVE-BLOCK-END
print(between())
"""
HEAD = "import random\n\nLIMIT = 5\n\n\n# EVOLVE-BLOCK-START\n"
BLOCK = "def near(a, b):\n    return abs(a - b)\n\n\ndef order(items):\n    return sorted(items)\n"
BETTER = "def order(items):\n    return sorted(items, reverse=True)\n"
TEXT = HEAD + BLOCK + "# EVOLVE-BLOCK-END\n\n\nprint(order([3, random.randrange(LIMIT)]))\n"
NUMBERED = "# EVOLVE-BLOCK-START\nx = {}\n# EVOLVE-BLOCK-END\n"
PAIR = f"import sys\n{NUMBERED.format(1)}middle_part()\n{NUMBERED.format(2)}last_part()\n"


def unmarked(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if "EVOLVE" not in line and "strop:" not in line)


PASSING = (
    (PYTHON, "math.pi * radius ** 2", "3 * radius\n    # new", "area"),
    (PYTHON, "@staticmethod", "@cache\n@other", "area"),
    (PYTHON, "    # that is all\n", "", "area"),
    (PYTHON, "return math.pi * radius ** 2\n    # that is all\n\n\n", "return 3\n\n", "area"),
    (PYTHON, "return factor", "y = factor\n        return y", "Disc.grown"),
    (PYTHON, "size = 1", "size = 2", "Disc"),
    (PYTHON, "size = 1", "size = 2", "Disc Disc.grown"),
    (EVOLVE, "return 1", "return 2\n\ndef g(): pass", ""),
    (EVOLVE, "return 1", 'return """\n# EVOLVE-BLOCK-END\n"""', ""),  # a marker in a text literal is none
    ('A = """\n# EVOLVE-BLOCK-START\n"""\n', 'A = """\n# EVOLVE-BLOCK-START\n"""\n', "anything\n", ""),
    ("any\n", "any", "thing", ""),
)
"""(program, what changes, into what, names of what may change)."""


def test_change_inside_of_what_may_change_passes() -> None:
    for text, old, new, only in PASSING:
        assert old in text
        check_only({"a.py": text, "other.c": "x\n"}, {"a.py": text.replace(old, new)}, only.split())
    check_only({"a.c": C}, {"a.c": C.replace("n++", "n += 2")}, ["hot loop"])


LOST = unmarked(TWO)
LITERAL = EVOLVE + '# """\nscore = 0\n'
REFUSED: tuple[tuple[str, str, str, str, str], ...] = (
    (PYTHON, "LIMIT = 3", "LIMIT = 4", "area", "a.py, line 3: 'LIMIT = 3' became 'LIMIT = 4'; only area"),
    (PYTHON, "LIMIT = 3\n", "", "area", "line 3: 'LIMIT = 3' was removed"),
    (PYTHON, "size = 1", "size = 1\n    evil = 2", "Disc.grown", "line 15: 'evil = 2' was added"),
    (PYTHON, "def area", "def aria", "area", "area or its marker is gone"),
    (PYTHON, "class Disc", "def area():\n    pass\n\n\nclass Disc", "area", "area is there 2 times"),
    (PYTHON, "return factor", "return (", "Disc.grown", "a.py is not Python"),
    (PYTHON, "return math.pi", "'''\r\r\r\r'''; return math.pi", "area", "carriage return"),
    (PYTHON, "size = 1", "size = 2", "cold", "no function and no marked region 'cold'"),
    (EVOLVE, "x = 1", "x = 2", "", "line 1: 'x = 1' became 'x = 2'; only the marked regions"),
    (EVOLVE, "# EVOLVE-BLOCK-END\n", "", "", "does not end"),
    (EVOLVE, "# EVOLVE-BLOCK-START\n", "", "", "end marker without a begin marker"),
    (EVOLVE, "return 1", '"""', "", "a.py is not Python"),
    (
        EVOLVE,
        "return 1\n",
        f"return 1\n# EVOLVE-BLOCK-END\n{NUMBERED[:21]}",
        "",
        "EVOLVE-BLOCK is there 2 times, not 1",
    ),
    (LITERAL, "return 1", 'return 1\nx = """', "", "does not end"),  # the literal would swallow what follows
    # Lost markers do not hide what changed.
    (TWO, TWO, LOST.replace("import math", "import cmath"), "", "line 1: 'import math' is gone or changed"),
    (TWO, TWO, LOST.replace("return f()", "return f() + 1"), "", "line 10: 'return f()' is gone or changed"),
    (TWO, TWO, LOST.replace("print(between())", "print(2)"), "", "line 15: 'print(between())' is gone or changed"),
    (TWO, TWO, f"{LOST}print(3)\n", "", "its marker is gone, and more has changed"),
    (TEXT, TEXT, BETTER, "order", "the part outside order is missing; write the whole file"),
    *(
        (PAIR, PAIR, answer, "", "the part outside the markers is missing")
        for answer in (NUMBERED.format(3), "x = 3\n")
    ),
)
"""(program, what changes, into what, names of what may change, what is said)."""


def test_change_outside_is_refused_and_its_first_line_named() -> None:
    for text, old, new, only, words in REFUSED:
        assert old in text
        after = text.replace(old, new)
        with pytest.raises(Malformed) as caught:
            files = unbundled(after, {"a.py": text}) if text is PAIR else {"a.py": after}
            check_only({"a.py": text}, files, only.split())
        assert words in str(caught.value), (words, str(caught.value))
    with pytest.raises(Malformed, match=r"b\.py, line 1"):  # it has no markers, but another file has
        check_only({"a.py": EVOLVE, "b.py": "y = 1\n"}, {"b.py": "y = 2\n"})
    with pytest.raises(Malformed, match="line 5"):
        check_only({"a.c": C}, {"a.c": C.replace("int m", "int k")}, ["hot loop"])
    swallowing = LOST.replace("return 1", 'return 1\n"""').replace("x = 1", 'x = """')
    with pytest.raises(Malformed):
        check_only({"a.py": TWO}, {"a.py": with_markers(TWO, swallowing, "a.py")})


def test_regions_are_told_with_their_lines() -> None:
    assert [(each.name, each.first, each.stop) for each in regions_of(EVOLVE, "a.py")] == [("EVOLVE-BLOCK", 2, 4)]
    found = regions_of(PYTHON, "a.py", ["area", "Disc.shrunk"])
    assert [(each.name, each.first, each.stop) for each in found] == [("area", 5, 10), ("Disc.shrunk", 18, 20)]


MARKLESS = (
    ("a.py", EVOLVE, "def f():\n    return 1\n", "def g():\n    x = 2  \n\n    return x\n\n\nf = g\n"),
    ("a.py", TWO, "return 1", "return 2"),
    ("a.py", TWO, "x = 1", "x = 2\ny = 3"),
    ("a.py", EVOLVE.replace("x = 1\n", "").replace("print(f())\n", ""), "return 1", "return 2"),
    ("a.c", C, "n++;", "n += 2;"),
    ("a.rs", EVOLVE.replace("#", "//"), "return 1", "return 2"),
    ("a.sql", EVOLVE.replace("#", "--"), "return 1", "return 2"),
    ("a.html", EVOLVE.replace("# EVOLVE-BLOCK-START", "<!-- EVOLVE-BLOCK-START -->"), "return 1", "return 2"),
    ("a.py", EVOLVE.replace("x = 1", "x = 1  ") + "\n\n", "return 1", "return 2"),
)
"""(path, program, what changes, into what)."""


def test_whole_program_that_lost_its_markers_gets_them_back_where_the_rest_is_the_same() -> None:
    for path, text, old, new in MARKLESS:
        changed = text.replace(old, new)
        glued = re.sub(r"\n[ \t]*([^\w\s]{1,4} (?:EVOLVE-BLOCK-END|strop: end))", r" \1", changed)
        assert glued != changed
        for answer in (changed, unmarked(changed), "\n" + unmarked(changed) + "\n", glued):
            assert with_markers(text, answer, path) == changed, answer
        assert with_markers(text, unmarked(text), path) == text
    assert with_markers(TWO, TWO.replace("# EVOLVE-BLOCK-END\n", "", 1), "a.py") == TWO
    files = {"a.py": EVOLVE, "b.c": EVOLVE.replace("#", "//").replace("def f():", "int f;")}
    text = bundled({path: unmarked(text).replace("return 1", "return 2") for path, text in files.items()})
    assert unbundled(text, files) == {path: text.replace("return 1", "return 2") for path, text in files.items()}
    assert unbundled(bundled(files), files) == files
    block = unbundled("=== file: a.py ===\ndef f():\n    return 2\n", files)
    assert block == files | {"a.py": EVOLVE.replace("return 1", "return 2")}


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "", "    c", "print(a)", "d  "]), max_size=4)
FOUR = st.lists(LINES, min_size=4, max_size=4)


@given(st.lists(LINES, min_size=2, max_size=4), FOUR, FOUR)
def test_markers_that_are_put_back_always_pass_the_check_and_change_no_line(
    outside: list[list[str]], before: list[list[str]], after: list[list[str]]
) -> None:
    def file(regions: list[list[str]], *, marks: bool) -> str:
        lines = list(outside[0])
        for region, piece in zip(regions, outside[1:], strict=False):
            lines += ["// EVOLVE-BLOCK-START"] * marks + region + ["// EVOLVE-BLOCK-END"] * marks + piece
        return "\n".join(lines)

    text, now = file(before, marks=True), file(after, marks=False)
    found = with_markers(text, now, "a.txt")
    check_only({"a.txt": text}, {"a.txt": found})
    kept, said = ([line.rstrip() for line in each.split("\n") if line.strip()] for each in (unmarked(found), now))
    assert kept == said


METHOD = (
    "class A:\n    size = 3\n\n    # EVOLVE-BLOCK-START\n    def f(self):\n        return 1\n    # EVOLVE-BLOCK-END\n"
)
MAIN = "#include <stdio.h>\n// EVOLVE-BLOCK-START\nint f(int n) { return 1; }\n// EVOLVE-BLOCK-END\nint main(void) {}\n"
NAMED = "import a\n# strop: begin one\nx = 1\n# strop: end one\nmiddle()\n# strop: begin two\ny = 1\n# strop: end two\nz()\n"
LIST = TEXT.replace("sorted", "list")


@table(
    ("path", "text", "answer", "wanted"),
    # (path, program, an answer, the program that it makes).
    (
        ("p.py", TEXT, BLOCK.replace("abs(a - b)", "0"), TEXT.replace("abs(a - b)", "0")),
        ("p.py", TEXT, BLOCK.replace("abs(a - b)", "0").rstrip(), TEXT.replace("abs(a - b)", "0")),
        ("p.py", TEXT, f"import random\n\n{BLOCK}", TEXT.replace(BLOCK, f"import random\n\n{BLOCK}")),
        ("p.py", TEXT, f"# EVOLVE-BLOCK-START\n{BETTER}# EVOLVE-BLOCK-END\n", TEXT.replace(BLOCK, BETTER)),
        ("p.py", TEXT, f"import heapq\n\n\n{BETTER}", TEXT.replace(BLOCK, f"import heapq\n\n\n{BETTER}")),
        ("p.py", TEXT, BETTER, TEXT.replace(BLOCK, BETTER)),
        ("p.py", TEXT, LIST, LIST),
        ("p.py", TEXT, LIST.replace("# EVOLVE-BLOCK-START\n", ""), LIST),
        ("p.py", METHOD, "def f(self):\n    return 2\n", METHOD.replace("return 1", "return 2")),
        ("a.c", MAIN, "int f(int n) { return 2; }", MAIN.replace("return 1", "return 2")),
        ("p.py", NAMED, "# strop: begin two\ny = 2\n# strop: end two\n", NAMED.replace("y = 1", "y = 2")),
        (
            "p.py",
            PAIR,
            NUMBERED.format(3) + NUMBERED.format(4),
            PAIR.replace("x = 1", "x = 3").replace("x = 2", "x = 4"),
        ),
    ),
)
def test_block_alone_takes_its_place_between_the_markers_as_it_was_indented(
    path: str, text: str, answer: str, wanted: str
) -> None:
    files = unbundled(answer, {path: text})
    check_only({path: text}, files, ["one", "two"] if text is NAMED else [])
    assert [line for line in files[path].split("\n") if line] == [line for line in wanted.split("\n") if line], answer


@pytest.mark.heavy
def test_long_answer_with_other_markers_is_refused_within_bounds() -> None:
    """Takes minutes where each line is compared with all others; the suite's own time limit ends it then."""
    lines, block = "".join(f"y{row} = {row}\n" for row in range(50_000)), NUMBERED.format(1)
    with pytest.raises(Malformed, match="EVOLVE-BLOCK is there 2 times, not 1"):
        check_only({"p.py": block + lines}, {"p.py": lines + block + block})
