"""The rules of the house that no linter holds."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import strop

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
