"""What may change, that the rest did not, and an answer that holds only what may change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import Malformed
from strop.tasks.command.bundle import bundled, unbundled
from strop.tasks.regions import check_only, regions_of, with_markers

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


def refusal(path: str, before: str, after: str, *only: str) -> str:
    with pytest.raises(Malformed) as caught:
        check_only({path: before}, {path: after}, only)
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "text", "old", "new", "only"),
    [
        ("a.py", PYTHON, "math.pi * radius ** 2", "3 * radius\n    # new", ("area",)),
        ("a.py", PYTHON, "@staticmethod", "@cache\n@other", ("area",)),
        ("a.py", PYTHON, "    # that is all\n", "", ("area",)),
        ("a.py", PYTHON, "return math.pi * radius ** 2\n    # that is all\n\n\n", "return 3\n\n", ("area",)),
        ("a.py", PYTHON, "return factor", "y = factor\n        return y", ("Disc.grown",)),
        ("a.py", PYTHON, "size = 1", "size = 2", ("Disc",)),
        ("a.py", PYTHON, "size = 1", "size = 2", ("Disc", "Disc.grown")),
        ("a.py", EVOLVE, "return 1", "return 2\n\ndef g(): pass", ()),
        ("a.c", C, "n++;", "n += 2;", ("hot loop",)),
        ("a.txt", "any\n", "any", "thing", ()),
    ],
)
def test_change_inside_of_what_may_change_passes(
    path: str, text: str, old: str, new: str, only: tuple[str, ...]
) -> None:
    assert old in text
    check_only({path: text, "other.c": "x\n"}, {path: text.replace(old, new)}, only)


@pytest.mark.parametrize(
    ("path", "text", "old", "new", "only", "words"),
    [
        (
            "a.py",
            PYTHON,
            "LIMIT = 3",
            "LIMIT = 4",
            ("area",),
            "a.py, line 3: 'LIMIT = 3' became 'LIMIT = 4'; only area",
        ),
        ("a.py", PYTHON, "LIMIT = 3\n", "", ("area",), "line 3: 'LIMIT = 3' was removed"),
        ("a.py", PYTHON, "size = 1", "size = 1\n    evil = 2", ("Disc.grown",), "line 15: 'evil = 2' was added"),
        ("a.py", PYTHON, "def area", "def aria", ("area",), "area or its marker is gone"),
        ("a.py", PYTHON, "class Disc", "def area():\n    pass\n\n\nclass Disc", ("area",), "area is there 2 times"),
        ("a.py", PYTHON, "return factor", "return (", ("Disc.grown",), "a.py is not Python"),
        ("a.py", EVOLVE, "x = 1", "x = 2", (), "line 1: 'x = 1' became 'x = 2'; only the marked regions"),
        ("a.py", EVOLVE, "# EVOLVE-BLOCK-END\n", "", (), "does not end"),
        ("a.py", EVOLVE, "# EVOLVE-BLOCK-START\n", "", (), "end marker without a begin marker"),
        ("a.py", EVOLVE, "return 1", '"""', (), "a.py is not Python"),
        ("a.py", EVOLVE, "return 1", 'return """\n# EVOLVE-BLOCK-END\n"""', (), None),
        (
            "a.py",
            EVOLVE,
            "return 1\n",
            "return 1\n# EVOLVE-BLOCK-END\nimport os\n# EVOLVE-BLOCK-START\n",
            (),
            "EVOLVE-BLOCK is there 2 times, not 1",
        ),
        ("a.c", C, "int m;", "int k;", ("hot loop",), "line 5"),
        ("a.c", C, "int m;", "int k;", ("cold loop",), "no function and no marked region 'cold loop'"),
        ("a.py", PYTHON, "return math.pi", "'''\r\r\r\r'''; return math.pi", ("area",), "carriage return"),
    ],
)
def test_change_outside_is_refused_and_its_first_line_named(
    path: str, text: str, old: str, new: str, only: tuple[str, ...], words: str | None
) -> None:
    assert old in text
    after = text.replace(old, new)
    if words is None:  # a marker in a text literal is none
        check_only({path: text}, {path: after}, only)
    else:
        assert words in refusal(path, text, after, *only)


def test_region_cannot_swallow_what_follows_it_in_a_text_literal() -> None:
    """The literal begins in the region and ends in a comment of the code after it."""
    before = EVOLVE + '# """\nscore = 0\n'
    swallowed = before.replace("return 1", 'return 1\nx = """')
    assert "does not end" in refusal("a.py", before, swallowed)


def test_change_of_an_unmarked_file_is_refused_where_another_has_markers() -> None:
    before = {"a.py": EVOLVE, "b.py": "y = 1\n"}
    with pytest.raises(Malformed, match=r"b\.py, line 1"):
        check_only(before, {"b.py": "y = 2\n"})


def test_marker_in_a_text_literal_of_the_original_marks_nothing() -> None:
    text = 'A = """\n# EVOLVE-BLOCK-START\n"""\n'
    assert regions_of(text, "a.py") == ()
    check_only({"a.py": text}, {"a.py": "anything\n"})


def test_regions_are_told_with_their_lines() -> None:
    assert [(each.name, each.first, each.stop) for each in regions_of(EVOLVE, "a.py")] == [("EVOLVE-BLOCK", 2, 4)]
    assert [(each.name, each.first, each.stop) for each in regions_of(PYTHON, "a.py", ["area", "Disc.shrunk"])] == [
        ("area", 5, 10),
        ("Disc.shrunk", 18, 20),
    ]


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


def unmarked(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if "EVOLVE" not in line and "strop:" not in line)


@pytest.mark.parametrize(
    ("path", "text", "old", "new"),
    [
        ("a.py", EVOLVE, "return 1", "return 2"),
        ("a.py", EVOLVE, "def f():\n    return 1\n", "def g():\n    x = 2  \n\n    return x\n\n\nf = g\n"),
        ("a.py", TWO, "return 1", "return 2"),
        ("a.py", TWO, "x = 1", "x = 2\ny = 3"),
        ("a.py", EVOLVE.replace("x = 1\n", "").replace("print(f())\n", ""), "return 1", "return 2"),
        ("a.c", C, "n++;", "n += 2;"),
        ("a.rs", EVOLVE.replace("#", "//"), "return 1", "return 2"),
        ("a.sql", EVOLVE.replace("#", "--"), "return 1", "return 2"),
        ("a.html", EVOLVE.replace("# EVOLVE-BLOCK-START", "<!-- EVOLVE-BLOCK-START -->"), "return 1", "return 2"),
        ("a.py", EVOLVE.replace("x = 1", "x = 1  "), "return 1", "return 2"),
        ("a.py", EVOLVE + "\n\n", "return 1", "return 2"),
    ],
)
def test_whole_program_that_lost_its_markers_gets_them_back_where_the_rest_is_the_same(
    path: str, text: str, old: str, new: str
) -> None:
    changed = text.replace(old, new)
    assert with_markers(text, unmarked(changed), path) == changed
    assert with_markers(text, "\n" + unmarked(changed) + "\n", path) == changed
    glued = re.sub(r"\n[ \t]*([^\w\s]{1,4} (?:EVOLVE-BLOCK-END|strop: end))", r" \1", changed)
    assert glued != changed and with_markers(text, glued, path) == changed
    assert with_markers(text, changed, path) == changed and with_markers(text, unmarked(text), path) == text
    assert with_markers(TWO, TWO.replace("# EVOLVE-BLOCK-END\n", "", 1), "a.py") == TWO


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("import math", "import cmath", "line 1: 'import math' is gone or changed"),
        ("    return f()", "    return f() + 1", "line 10: 'return f()' is gone or changed"),
        ("print(between())", "print(2)", "line 15: 'print(between())' is gone or changed"),
        ("print(between())\n", "print(between())\nprint(3)\n", "its marker is gone, and more has changed"),
    ],
)
def test_lost_markers_do_not_hide_what_changed_outside(old: str, new: str, words: str) -> None:
    assert words in refusal("a.py", TWO, unmarked(TWO).replace(old, new))


def test_text_literal_that_swallows_a_marker_is_refused_although_markers_were_lost() -> None:
    swallowing = unmarked(TWO).replace("return 1", 'return 1\n"""').replace("x = 1", 'x = """')
    restored = with_markers(TWO, swallowing, "a.py")
    with pytest.raises(Malformed):
        check_only({"a.py": TWO}, {"a.py": restored})


def test_candidate_of_several_files_gets_the_markers_of_each_back() -> None:
    files = {"a.py": EVOLVE, "b.c": EVOLVE.replace("#", "//").replace("def f():", "int f;")}
    text = bundled({path: unmarked(text).replace("return 1", "return 2") for path, text in files.items()})
    assert unbundled(text, files) == {path: text.replace("return 1", "return 2") for path, text in files.items()}
    assert unbundled(bundled(files), files) == files
    block = unbundled("=== file: a.py ===\ndef f():\n    return 2\n", files)
    assert block == files | {"a.py": EVOLVE.replace("return 1", "return 2")}


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "", "    c", "print(a)", "d  "]), max_size=4)


@given(
    st.lists(LINES, min_size=2, max_size=4),
    st.lists(LINES, min_size=4, max_size=4),
    st.lists(LINES, min_size=4, max_size=4),
)
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
    assert [line.rstrip() for line in unmarked(found).split("\n") if line.strip()] == [
        line.rstrip() for line in now.split("\n") if line.strip()
    ]


HEAD = "import random\n\nLIMIT = 5\n\n\n# EVOLVE-BLOCK-START\n"
BLOCK = "def near(a, b):\n    return abs(a - b)\n\n\ndef order(items):\n    return sorted(items)\n"
TAIL = "# EVOLVE-BLOCK-END\n\n\nif __name__ == '__main__':\n    print(order([3, random.randrange(LIMIT)]))\n"
BETTER = "def order(items):\n    return sorted(items, reverse=True)\n"
TEXT = HEAD + BLOCK + TAIL


def put(answer: str, text: str = TEXT, path: str = "p.py") -> str:
    files = unbundled(answer, {path: text})
    check_only({path: text}, files)
    return files[path]


@pytest.mark.parametrize(
    ("answer", "inside"),
    [
        (BLOCK.replace("abs(a - b)", "0"), BLOCK.replace("abs(a - b)", "0")),
        (BLOCK.replace("abs(a - b)", "0").rstrip(), BLOCK.replace("abs(a - b)", "0")),
        ("import random\n\n" + BLOCK.replace("sorted", "list"), "import random\n\n" + BLOCK.replace("sorted", "list")),
        (f"# EVOLVE-BLOCK-START\n{BETTER}# EVOLVE-BLOCK-END\n", BETTER),
        (f"import heapq\n\n\n{BETTER}", f"import heapq\n\n\n{BETTER}"),
        (BETTER, BETTER),
        (TEXT.replace("sorted", "list"), BLOCK.replace("sorted", "list")),
        (TEXT.replace("sorted", "list").replace("# EVOLVE-BLOCK-START\n", ""), BLOCK.replace("sorted", "list")),
    ],
    ids=["block", "end", "with-import", "markers", "other", "function", "whole", "marker-lost"],
)
def test_block_alone_takes_its_place_between_the_markers(answer: str, inside: str) -> None:
    assert [line for line in put(answer).split("\n") if line] == [
        line for line in f"{HEAD}{inside}{TAIL}".split("\n") if line
    ]


@pytest.mark.parametrize(
    ("path", "text", "answer"),
    [
        (
            "p.py",
            "class A:\n    size = 3\n\n    # EVOLVE-BLOCK-START\n    def f(self):\n        return 1\n    # EVOLVE-BLOCK-END\n",
            "def f(self):\n    return 2\n",
        ),
        (
            "a.c",
            "#include <stdio.h>\n// EVOLVE-BLOCK-START\nint f(int n) { return 1; }\n// EVOLVE-BLOCK-END\nint main(void) {}\n",
            "int f(int n) { return 2; }",
        ),
    ],
)
def test_block_takes_its_place_in_any_language_indented_as_it_was(path: str, text: str, answer: str) -> None:
    wanted = text.replace("return 1", "return 2")
    assert put(answer, text, path) == wanted


def test_named_blocks_take_their_places_by_name() -> None:
    text = "import a\n# strop: begin one\nx = 1\n# strop: end one\n"
    text += "middle()\n# strop: begin two\ny = 1\n# strop: end two\nlast()\n"
    answer = "# strop: begin two\ny = 2\n# strop: end two\n"
    files = unbundled(answer, {"p.py": text})
    check_only({"p.py": text}, files, ["one", "two"])
    assert files["p.py"] == text.replace("y = 1", "y = 2")


def test_two_blocks_without_names_take_their_places_in_order_or_are_refused() -> None:
    block = "# EVOLVE-BLOCK-START\nx = {}\n# EVOLVE-BLOCK-END\n"
    text = f"import sys\n{block.format(1)}middle_part()\n{block.format(2)}last_part()\n"
    assert put(block.format(3) + block.format(4), text) == text.replace("x = 1", "x = 3").replace("x = 2", "x = 4")
    for answer in (block.format(3), "x = 3\n"):
        with pytest.raises(Malformed, match="the part outside the markers is missing"):
            put(answer, text)


def test_function_alone_where_the_whole_file_is_needed_is_told_what_is_missing() -> None:
    with pytest.raises(Malformed, match="the part outside order is missing; write the whole file"):
        check_only({"p.py": TEXT}, {"p.py": BETTER}, ["order"])


@pytest.mark.heavy
def test_long_answer_with_other_markers_is_refused_within_bounds() -> None:
    """Takes minutes where each line is compared with all others; the suite's own time limit ends it then."""
    lines = "".join(f"y{row} = {row}\n" for row in range(100_000))
    block = "# EVOLVE-BLOCK-START\nx = 1\n# EVOLVE-BLOCK-END\n"
    with pytest.raises(Malformed, match="EVOLVE-BLOCK is there 2 times, not 1"):
        check_only({"p.py": block + lines}, {"p.py": lines + block + block})
