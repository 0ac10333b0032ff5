"""Functions of several files that may change: what a candidate makes of each file."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import Malformed
from strop.runs.patching.source_files import SourceFiles, original_from
from strop.tasks.function.parts import made_of, parts_of, seed_of
from strop.tasks.function.splice import scored
from support.rows import table

FILES = {
    "a.py": "from lib.b import g\n\n\ndef f(n):\n    return g(n)\n\n\nKEPT = 1\n",
    "lib/b.py": "def h(n):\n    return n\n\n\ndef g(n):\n    return h(n)\n",
}
NAMES = ("f", "lib/b.py:g", "lib/b.py:h")
OF_A, OF_B = "=== file: a.py ===\n", "=== file: lib/b.py ===\n"
FAST_F, FAST_G = "def f(n):\n    return n\n", "def g(n):\n    return n\n"


@table(
    ("candidate", "changed"),
    [
        (FAST_F, {"a.py": "return n\n"}),
        (FAST_G, {"lib/b.py": "def g(n):\n    return n\n"}),
        (OF_A + FAST_F, {"a.py": "return n\n"}),
        (OF_B + FAST_G + OF_A + FAST_F, {"a.py": "return n\n", "lib/b.py": "def g(n):\n    return n\n"}),
    ],
)
def test_candidate_of_several_files_changes_the_functions_that_it_has_of_each(
    candidate: str, changed: dict[str, str]
) -> None:
    made = made_of(parts_of(FILES, NAMES, ""), candidate, scored)
    assert {path for path in FILES if made[path] != FILES[path]} == changed.keys()
    assert all(text in made[path] for path, text in changed.items()) and "KEPT = 1" in made["a.py"]


@table(
    ("candidate", "said"),
    [
        (OF_B + "def g(n):\n    return n\nclass h: pass\n", r"lib/b\.py: the program must define h once"),
        (OF_A + "def f(n):\n    return n\nKEPT = 2\n", r"a\.py: only f may change, and KEPT changes, too"),
        (OF_B + FAST_F, r"lib/b\.py: the program defines no such function"),
        ("=== file: c.py ===\n" + FAST_F, r"'c\.py' may not be changed; what may is a\.py, lib/b\.py"),
        ("def f(n:", r"a\.py: the program is not Python"),
    ],
)
def test_candidate_that_changes_more_of_a_file_is_malformed_with_its_name(candidate: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        made_of(parts_of(FILES, NAMES, ""), candidate, scored)


def test_record_of_functions_of_several_files_writes_what_a_candidate_changes(tmp_path: Path) -> None:
    original = SourceFiles(FILES, str(tmp_path), str(tmp_path), function="f", only=NAMES)
    again = original_from(original.to_json(tmp_path), tmp_path)
    assert again == original and again.program == seed_of(parts_of(FILES, NAMES, "")) == again.normal(again.program)
    assert again.written(again.program) == FILES
    assert again.diff(FAST_G).startswith("--- a/lib/b.py\n+++ b/lib/b.py\n") and "a/a.py" not in again.diff(FAST_G)
