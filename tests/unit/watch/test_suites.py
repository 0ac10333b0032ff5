"""What differs between two versions, by which a scenario may take another time; and what the guest may answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.base.events import ScenarioFound
from strop.tasks.command.bundle import ABSENT
from strop.watch.suites import Doubt, Suite, doubt_of, found_in, rows_of, suite_of, with_trial
from support.rows import table
from support.trees import written

TEXT = "import os\n\n\ndef first():\n    return 1\n\n\nclass Both:\n    def second(self):\n        return 2\n"
FIRST, SECOND = {"entered": [["a.py", 4]], "opened": []}, {"entered": [["a.py", 9]], "opened": ["a.py"]}
READS = {"entered": [], "opened": ["data.txt"]}
ROWS = (
    ("return 1", "return 3", (True, False, False)),
    ("return 2", "return 3", (False, True, False)),
    ("def first():", "# said\n\ndef first():", (False, False, False)),
    ("import os", "import sys", (True, True, True)),
    ("class Both:", "class Both(list):", (True, True, True)),
    ("return 2", "return 2\n\n    def third(self):\n        return 3", (True, True, True)),
    ("return 1", "return third()\n\n\ndef third():\n    return 3", (True, False, False)),
    ("import os\n", "import os\n\n\ndef os():\n    return 3\n", (True, True, True)),
    ("return 1", "return 1 if (lambda: 1)() else 2", (True, False, False)),
)


@table("before, after, doubted", ROWS)
def test_a_scenario_is_in_doubt_if_it_enters_what_differs_or_more_than_functions_differs(
    before: str, after: str, doubted: tuple[bool, ...]
) -> None:
    assert before in TEXT
    doubt = doubt_of({"a.py": TEXT}, {"a.py": TEXT.replace(before, after)})
    assert tuple(doubt.is_of(row) for row in (FIRST, SECOND, READS)) == doubted


def test_a_scenario_is_in_doubt_if_it_reads_a_file_that_differs_or_starts_a_process_or_a_module_is_new() -> None:
    doubt = doubt_of({"data.txt": "1", "README.md": "a"}, {"data.txt": "2", "README.md": "b"})
    assert doubt.is_of(READS) and not doubt.is_of(FIRST) and doubt.is_of({**FIRST, "all": True})
    assert doubt_of({"b.py": ABSENT}, {"b.py": "x = 1\n"}).is_of(FIRST)
    for hostile in ("nothing", [1], [["a.py"]], [["a.py", "4"]], [[[], 4]]):
        assert doubt.is_of({"entered": hostile, "opened": []})


HOSTILE = (b"", b"[1]\n3\nnull\n", b"{" * 100_000, b'{"calls": 1e9}\n', b'{"calls": -4}', b'{"calls": true}', b"\xff\n")


@table("answer", HOSTILE)
def test_a_guest_that_answers_anything_is_called_once(answer: bytes) -> None:
    scenario, doubt = ScenarioFound(scope="", name="x", kind="calls", run="", count=1), Doubt(True, {}, frozenset())
    for row in rows_of(answer) or [{}]:
        assert with_trial(scenario, row, doubt).calls == 1
    assert found_in(Suite("asv", ".", ()), b'{"file": "a.py", "name": "\\u001b[2J", "number": "x"}\n')[
        0
    ].name.isprintable()


FORMS = (
    ({"asv.conf.json": '{"benchmark_dir": "b"}', "b/x.py": ""}, ".", ("asv", "b", ("b/x.py",))),
    ({"asv.conf.json": '{"benchmark_dir": "b"}', "b/x.py": "", "b/_y.py": ""}, "b", ("asv", "b", ("b/x.py",))),
    ({"asv.conf.json": "{}", "b/x.py": "", "t.py": "def test_a(\n  benchmark):\n"}, "t.py", ("pytest", ".", ("t.py",))),
    ({"d/x.py": "", "d/y.sh": "", "d/_z.py": "", "d/e/w.py": ""}, "d", ("commands", ".", ("d/x.py", "d/y.sh"))),
)


@table("files, path, suite", FORMS)
def test_a_suite_is_of_asv_or_of_pytest_benchmark_or_of_scripts_by_its_files(
    tmp_path: Path, files: dict[str, str], path: str, suite: tuple[str, str, tuple[str, ...]]
) -> None:
    found = suite_of(f"{path}::part", written(tmp_path, files) or tmp_path)
    assert (found.kind, found.folder, found.files) == suite and found.named == "part"


def test_a_suite_outside_of_the_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    with pytest.raises(ConfigurationError, match="there is no file or folder"):
        suite_of("..", tmp_path / "inner")
