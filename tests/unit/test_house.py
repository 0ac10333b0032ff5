"""The rules of the house that no linter holds, and tools/house.py, which counts its statements."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import version
from pathlib import Path

import house
import pytest

import strop
from support.trees import written

FILES = {
    "src/strop/core/a.py": '"""Docs."""\nimport os\nfor x in ():\n    pass\n',
    "src/strop/core/b.py": "TEXT = 'import os\\nx = 1\\nprint(x)'\nWORDS = 'see: that\\nor this'\n",
    "src/strop/a/a.py": "class A: ...\nclass B: ...\n",
    "src/strop/b/b.py": "class A: ...\n",
    "src/strop/a/one.py": "from strop.a.two import y\n",
    "src/strop/a/two.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from strop.a.one import x\n",
    "src/strop/tasks/c.py": "isinstance(x, Task)\n",
    "src/strop/b/d.py": "isinstance(x, (int, Task))\nisinstance(x, int)\nmatch x:\n    case CommandTask():\n        pass\n",
    "tests/unit/test_a.py": "TEXT = 'x = 1\\ny = 2'\n",
    "tests/unit/not_python.py": "=== file ===\n",
    "bench/a.py": "x = 1; y = 2\n",
}


def test_sizes_count_statements_cycles_and_classes(tmp_path: Path) -> None:
    assert house.sizes(written(tmp_path, FILES)) == {
        "src/strop": 2 + 4 + 4 + 2 + 1 + 1 + 4,
        "tests": 1,
        "bench": 2,
        "modules in an import cycle": 2,
        "class names used twice": 1,
        "questions of a task's type": 2,
    }


def test_house_fails_when_a_sum_is_above_its_budget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    budgets = {name: 2 if name == "bench" else 0 for name in house.sizes(tmp_path)}
    written(tmp_path, {"tools/house.toml": "".join(f'"{name}" = {budget}\n' for name, budget in budgets.items())})
    written(tmp_path, {"bench/a.py": "import os\nx = 1\ny = 2\n"})
    assert house.main(tmp_path) == 0 and capsys.readouterr().err == ""
    written(tmp_path, {"bench/b.py": "y = 1\n"})
    assert house.main(tmp_path) == 1 and "bench is 1 above its budget" in capsys.readouterr().err


SOURCE = Path(strop.__file__).parent
GUEST = SOURCE / "sandbox" / "guest"
PROGRAMS = ("lm/textbook", "improvers")


def own_files() -> list[Path]:
    return [p for p in SOURCE.rglob("*.py") if not str(p.relative_to(SOURCE)).startswith(PROGRAMS)]


def first_line(function: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> int:
    """Where a function begins to count; a public function lists and documents every option, which does not."""
    public = path.parent == SOURCE / "api" and ast.get_docstring(function) is not None
    return function.body[1].lineno if public and len(function.body) > 1 else function.lineno


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(("." * node.level) + (node.module or ""))
    return names


def faults(path: Path) -> list[str]:
    """What of a source file is longer than the house allows."""
    text, name = path.read_text(), path.relative_to(SOURCE)
    lines = len(text.splitlines())
    found = [f"{name} has {lines} lines"] if lines > 600 else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - first_line(node, path)
            found += [f"{node.name} of {name} has {length} lines"] if length >= 50 else []
    return found


def test_source_files_have_at_most_600_lines_and_functions_50() -> None:
    assert [fault for path in own_files() for fault in faults(path)] == []


def test_guest_files_import_only_the_standard_library_numpy_and_their_own_folder() -> None:
    files = sorted(GUEST.glob("*.py"))
    allowed = set(sys.stdlib_module_names) | {"numpy"} | {path.stem for path in files}
    foreign = {path.name: {name.partition(".")[0] for name in imported(path)} - allowed for path in files}
    assert files and {name: modules for name, modules in foreign.items() if modules} == {}


def test_nothing_imports_what_runs_inside_the_jail() -> None:
    assert not (GUEST / "__init__.py").exists()
    named = [path for path in own_files() if "sandbox.guest" in path.read_text("utf-8")]
    assert [path for path in named if any("sandbox.guest" in name for name in imported(path))] == []


def test_every_public_name_can_be_imported_and_is_documented() -> None:
    for name in strop.__all__:
        assert getattr(strop, name).__doc__
        assert name in dir(strop)
    assert sorted(strop.__all__) == sorted(strop._HOMES) and strop.__version__ == version("strop")
    with pytest.raises(AttributeError):
        _ = strop.nothing_of_the_kind
