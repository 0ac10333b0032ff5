"""An answer that holds only what stands between the markers is put in place."""

from __future__ import annotations

import pytest

from strop.base.errors import Malformed
from strop.tasks.command.bundle import bundled, unbundled
from strop.tasks.regions import check_only

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
        ("import random\n\n" + BLOCK.replace("sorted", "list"), BLOCK.replace("sorted", "list")),
        (f"# EVOLVE-BLOCK-START\n{BETTER}# EVOLVE-BLOCK-END\n", BETTER),
        (f"import heapq\n\n\n{BETTER}", f"import heapq\n\n\n{BETTER}"),
        (BETTER, BLOCK.replace("def order(items):\n    return sorted(items)\n", BETTER)),
        ("def near(a, b):\n    return 0\n", BLOCK.replace("abs(a - b)", "0")),
        (TEXT.replace("sorted", "list"), BLOCK.replace("sorted", "list")),
        (TEXT.replace("sorted", "list").replace("# EVOLVE-BLOCK-START\n", ""), BLOCK.replace("sorted", "list")),
    ],
    ids=["block", "end", "with-import", "markers", "other", "function", "first-function", "whole", "marker-lost"],
)
def test_block_alone_takes_its_place_between_the_markers(answer: str, inside: str) -> None:
    assert [line for line in put(answer).split("\n") if line] == [
        line for line in f"{HEAD}{inside}{TAIL}".split("\n") if line
    ]


def test_block_inside_of_a_class_is_indented_as_it_was() -> None:
    text = "class A:\n    size = 3\n\n    # EVOLVE-BLOCK-START\n    def f(self):\n        return 1\n    # EVOLVE-BLOCK-END\n"
    wanted = text.replace("return 1", "return 2")
    for answer in ("def f(self):\n    return 2\n", "    def f(self):\n        return 2\n"):
        assert put(answer, text) == wanted


def test_block_of_another_language_takes_its_place() -> None:
    text = "#include <stdio.h>\n// EVOLVE-BLOCK-START\nint f(int n) { return n; }\n"
    text += "// EVOLVE-BLOCK-END\nint main(void) { return f(3); }\n"
    assert put("int f(int n) { return 2 * n; }", text, "a.c") == text.replace("return n", "return 2 * n")


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


def test_block_of_one_of_several_files_takes_its_place() -> None:
    files = {"p.py": TEXT, "q.py": "LIMIT = 3\n"}
    answer = f"=== file: p.py ===\n{BETTER}"
    found = unbundled(answer, files)
    assert found["q.py"] == files["q.py"] and found["p.py"].startswith(HEAD) and "reverse=True" in found["p.py"]
    assert unbundled(bundled(files), files) == files


def test_function_alone_where_the_whole_file_is_needed_is_told_what_is_missing() -> None:
    with pytest.raises(Malformed, match="the part outside order is missing; write the whole file"):
        check_only({"p.py": TEXT}, {"p.py": BETTER}, ["order"])
