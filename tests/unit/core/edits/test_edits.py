"""Edits as models write them: what is read, where it is applied, and what is said where it does not fit."""

from __future__ import annotations

import pytest

from strop.core.edits import EditFailed, apply_edits, has_edits

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
NAME = "disc.py"
TWO = {"src/a.c": "int a(void) {\n  return 1;\n}\n", "src/b.c": "int b(void) {\n  return 1;\n}\n"}


def block(search: str, replace: str, above: str = "") -> str:
    return f"{above}<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def edited(answer: str, program: str = PROGRAM) -> str:
    files, _ = apply_edits(answer, {NAME: program})
    return files[NAME]


def refusal(answer: str, files: dict[str, str] | None = None) -> str:
    with pytest.raises(EditFailed) as caught:
        apply_edits(answer, files or {NAME: PROGRAM})
    return str(caught.value)


POWER = block("    return math.pi * radius ** 2", "    return math.pi * radius * radius")


@pytest.mark.parametrize(
    "answer",
    [
        POWER,
        f"I save a power.\n\n```python\n{POWER}```\nThat is all.",
        f"disc.py\n```python\n{POWER}```",
        f"```python\ndisc.py\n{POWER}```",
        f"**`disc.py`**\n\n~~~\n{POWER}~~~",
        POWER.replace("SEARCH", "SEARCH disc.py"),
        POWER.replace("\n", "\r\n"),
        POWER.replace("REPLACE", "REPLACE (first)"),
    ],
)
def test_edit_is_applied_exactly_in_every_form_that_models_write(answer: str) -> None:
    files, repaired = apply_edits(answer, {NAME: PROGRAM})
    assert not repaired and files[NAME] == PROGRAM.replace("radius ** 2", "radius * radius")


@pytest.mark.parametrize(
    ("search", "replace", "old", "new"),
    [
        ("  return math.pi * radius ** 2  ", "  return 3 * radius", "math.pi * radius ** 2", "3 * radius"),
        (
            "if factor > 0:\n    return Disc(self.radius * factor)",
            "if factor > 1:\n    pass\n    return Disc(factor)",
            "        if factor > 0:\n            return Disc(self.radius * factor)",
            "        if factor > 1:\n            pass\n            return Disc(factor)",
        ),
        (
            "if factor > 0:\n            return Disc(self.radius * factor)",
            "if factor > 1:\n            pass\n            return Disc(factor)",
            "        if factor > 0:\n            return Disc(self.radius * factor)",
            "        if factor > 1:\n            pass\n            return Disc(factor)",
        ),
        (
            "\t\tif factor > 0:\n\t\t\treturn Disc(self.radius * factor)",
            "\t\tif factor > 1:\n\t\t\tif self:\n\t\t\t\treturn 1\n\treturn 2",
            "        if factor > 0:\n            return Disc(self.radius * factor)",
            "        if factor > 1:\n            if self:\n                return 1\n    return 2",
        ),
        (
            "\n    return math.pi * radius ** 2\n\n\n\nclass Disc:",
            "    return 3\n\n\nclass Disk:",
            "    return math.pi * radius ** 2\n\n\nclass Disc:",
            "    return 3\n\n\nclass Disk:",
        ),
        (
            "    return math.pi * radius ** 2\nclass Disc:",
            "    return 3",
            "math.pi * radius ** 2\n\n\nclass Disc:",
            "3",
        ),
        ("\xa0   return math.pi * radius\xa0** 2", "\xa0   return\xa03", "math.pi * radius ** 2", "3"),
        ("    return math.pi*radius**2", "    return 3*radius**2", "math.pi * radius ** 2", "3*radius**2"),
    ],
    ids=[
        *["blanks at the end", "indentation", "first line", "tabs", "an empty line more", "empty lines less"],
        *["no-break space", "blanks inside"],
    ],
)
def test_edit_is_applied_fuzzily_with_the_program_s_indentation_when_only_white_space_differs(
    search: str, replace: str, old: str, new: str
) -> None:
    files, repaired = apply_edits(block(search, replace), {NAME: PROGRAM})
    assert repaired == ("block 1",) and files[NAME] == PROGRAM.replace(old, new)


REPORT = """def report(n):
    sep = ":  "

    print("n  =  %d" % n)
    total = 0
    for i in range(n):
        total += i

    return total, '  end  '
"""
LOOP = "total = 0\nfor i in range(n):\n    total += i"


@pytest.mark.parametrize(
    ("search", "replace", "old", "new"),
    [
        (
            f'print("n = %d" % n)\n{LOOP}',
            'print("n = %d" % n)\ntotal = n * (n - 1) // 2',
            "    total = 0\n    for i in range(n):\n        total += i\n",
            "    total = n * (n - 1) // 2\n",
        ),
        (
            f"""sep = ": "\nprint("n = %d" % n)\n{LOOP}\nreturn total, ' end '""",
            """sep = ": "\nprint("n = %d" % n)\ntotal = 1\nreturn total, ' end '""",
            "    total = 0\n    for i in range(n):\n        total += i\n",
            "    total = 1\n",
        ),
        (
            'print("n = %d" % n)\n total = 0',
            'print("n = %d" % n)\n limit = 1\n\n total = 0',
            "    total = 0",
            "    limit = 1\n\n    total = 0",
        ),
        (
            'print("n = %d" % n)\ntotal = 0',
            'assert n\nprint("n = %d" % n)\ntotal = 0',
            "    print",
            "    assert n\n    print",
        ),
        ("total += i\nreturn total, ' end '", "return total, ' end '", "        total += i\n", ""),
    ],
    ids=["context in quotes", "context with empty lines", "lines between", "lines before", "a line less"],
)
def test_edit_leaves_a_line_that_it_has_on_both_sides_byte_for_byte_as_the_file_has_it(
    search: str, replace: str, old: str, new: str
) -> None:
    assert edited(block(search, replace), REPORT) == REPORT.replace(old, new, 1)


@pytest.mark.parametrize(
    ("search", "replace"),
    [
        ('    print("n = %d" % n)', '    print("n = %d" % (n + 1))'),
        ("    return total, ' end '", "    return total, 'end'"),
        ('    sep = ":  "\n\n    print("n =  %d" % n)', '    sep = ":  "'),
    ],
)
def test_edit_of_a_line_with_other_blanks_within_quotes_does_not_match(search: str, replace: str) -> None:
    said = refusal(block(search, replace), {NAME: REPORT})
    assert "these lines are not in disc.py" in said and "The nearest that disc.py has:" in said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (block("    return 17", "    return 18"), ["block 1: these lines are not in disc.py", "return 17"]),
        (block("        return radius ** 2", "x"), ["The nearest that disc.py has:", "return math.pi * radius ** 2"]),
        (POWER + block("    return 17", "    return 18"), ["block 2"]),
        (block("        return", "        yield"), ["block 1"]),
        ("<<<<<<< SEARCH\nimport math\n=======\nimport cmath\n", ["block 1 does not end"]),
        ("<<<<<<< SEARCH\nimport math\n>>>>>>> REPLACE\n", ["has no line '======='"]),
        (block("", "import cmath"), ["it searches for nothing"]),
    ],
)
def test_edit_is_refused_in_words_that_its_author_can_use_when_it_does_not_fit(answer: str, words: list[str]) -> None:
    said = refusal(answer)
    assert all(word in said for word in words), said


def test_edit_is_refused_with_its_places_when_there_are_several() -> None:
    said = refusal(block("  x = 1", "  x = 2"), {NAME: "if a:\n  x = 1\nif b:\n  x = 1\n"})
    assert "in several places (line 2 of disc.py and line 4 of disc.py)" in said
    said = refusal(block("  return 1;", "  return 2;"), TWO)
    assert "in several places (line 2 of src/a.c and line 2 of src/b.c)" in said


def test_edit_has_the_tabs_of_the_program_when_it_is_written_with_blanks() -> None:
    answer = block("    if x:\n        y()", "    if x:\n        if z:\n            y()\n        w()")
    assert edited(answer, "def f():\n\tif x:\n\t\ty()\n") == "def f():\n\tif x:\n\t\tif z:\n\t\t\ty()\n\t\tw()\n"


def test_edit_is_refused_when_its_indentation_says_nothing() -> None:
    search = "def grown(self, factor):\nif factor > 0:\nreturn Disc(self.radius * factor)\nreturn self"
    assert "the indentation of these lines is not the program's" in refusal(block(search, "x"))


def test_edits_are_applied_all_or_none() -> None:
    files = {NAME: PROGRAM}
    with pytest.raises(EditFailed):
        apply_edits(POWER + block("nowhere", "x"), files)
    assert files == {NAME: PROGRAM}


def test_later_block_sees_what_an_earlier_one_left() -> None:
    assert "cmath as m" in edited(block("import math", "import cmath") + block("import cmath", "import cmath as m"))


def test_block_with_a_line_of_equals_signs_is_read_as_the_program_has_it() -> None:
    program = "Title\n=======\ntext\n"
    assert edited(block("Title\n=======\ntext", "Name\n=======\ntext"), program) == "Name\n=======\ntext\n"


def test_line_ends_and_the_last_line_stay_as_they_are() -> None:
    assert edited(block("b", "x\ny"), "a\r\nb\r\nc\r\n") == "a\r\nx\r\ny\r\nc\r\n"
    assert edited(block("b", "x"), "a\nb") == "a\nx"


def test_block_without_a_name_goes_to_the_only_file_that_has_its_lines() -> None:
    files, _ = apply_edits(block("int b(void) {\n  return 1;", "int b(void) {\n  return 2;"), TWO)
    assert files == {**TWO, "src/b.c": "int b(void) {\n  return 2;\n}\n"}


@pytest.mark.parametrize(
    "name", ["src/b.c", "b.c", "./src/b.c", "`src/b.c`", "# src/b.c", "// File: src/b.c", "=== file: src/b.c ==="]
)
def test_block_goes_to_the_file_that_the_line_above_it_names(name: str) -> None:
    files, _ = apply_edits(block("  return 1;", "  return 2;", f"{name}\n"), TWO)
    assert files == {**TWO, "src/b.c": "int b(void) {\n  return 2;\n}\n"}


def test_empty_file_is_written_and_no_other_one_is_added() -> None:
    answer = block("", "int c;", "src/c.c\n").replace("SEARCH\n\n", "SEARCH\n")
    files, _ = apply_edits(answer, {**TWO, "src/c.c": ""})
    assert files == {**TWO, "src/c.c": "int c;\n"}
    assert "it searches for nothing" in refusal(answer, TWO)


@pytest.mark.parametrize(
    "answer",
    [
        "No idea.",
        "",
        f"```python\n{PROGRAM}```",
        "An improver that asks for edits:\n```python\nASK = '''Write\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n'''\n```",
        "```diff\n--- a/disc.py\n+++ b/disc.py\n@@ -1 +1 @@\n-import math\n+import cmath\n```",
        "- one thing\n- another\n+ and more",
    ],
)
def test_answer_without_edits_holds_none_whatever_its_program_says(answer: str) -> None:
    assert not has_edits(answer) and apply_edits(answer, {NAME: PROGRAM}) == ({NAME: PROGRAM}, ())


def test_block_whose_lines_hold_fences_is_read_whole() -> None:
    program = 'PROMPT = """\n```python\n{0}\n```\n"""\nn = 1\n'
    answer = (
        "```python\n" + block("```python\n{0}\n```", "```python\n{0}\n{1}\n```") + block("n = 1", "n = 2") + "```\n"
    )
    assert edited(answer, program) == 'PROMPT = """\n```python\n{0}\n{1}\n```\n"""\nn = 2\n'


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
    "long lines": block("a" * 300_000 + "\n" + "b" * 300_000 + "\nq", "z"),
    "many that drifted": block("\n".join(f"line {i}" for i in range(150)) + "\n" + "linf\n" * 150, "z") * 200,
    "many that are nowhere": "".join(block(f"lime {i}\nq", "z") for i in range(500)),
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answer_is_refused_or_applied_within_bounds(name: str) -> None:
    """Each of these takes minutes where the work is not bounded; the suite's own time limit ends it then."""
    program = "".join(f"line {i}\n" for i in range(10_000)) + "x = 1\n" * 60_000 + "a\nb\n" * 20_000
    try:
        assert apply_edits(HOSTILE[name], {NAME: program})[0]
    except EditFailed as error:
        assert len(str(error)) < 20_000
