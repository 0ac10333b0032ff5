"""The rules of the house that no linter holds."""

from __future__ import annotations

import ast
import subprocess
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
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(("." * node.level) + (node.module or ""))
    return names


@pytest.mark.parametrize("path", own_files(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_source_file_holds_one_idea(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert len(path.read_text().splitlines()) <= 400
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - first_line(node, path) < 50, f"{node.name} is too long"


@pytest.mark.parametrize("path", sorted(GUEST.glob("*.py")), ids=lambda path: path.name)
def test_guest_file_imports_only_the_standard_library_numpy_and_its_own_folder(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | {"numpy"} | {each.stem for each in GUEST.glob("*.py")}
    assert {name.partition(".")[0] for name in imported(path)} <= allowed


def test_nothing_imports_what_runs_inside_the_jail() -> None:
    assert not (GUEST / "__init__.py").exists()
    assert [path for path in own_files() if any("sandbox.guest" in name for name in imported(path))] == []


def test_nothing_of_the_host_parses_python_beside_the_one_lock() -> None:
    """`ast.parse` fails in CPython 3.11 where threads parse at once, see `strop.base.syntax`."""
    hosts = [path for path in own_files() if path.parent != GUEST and "attacks" not in path.parts]
    assert [path.name for path in hosts if "ast.parse(" in path.read_text()] == ["syntax.py"]


def test_importing_strop_loads_nothing_heavy() -> None:
    code = (
        "import sys, strop; print([m for m in ('numpy', 'openai', 'rich', 'pydantic', 'sqlite3') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_every_public_name_can_be_imported_and_is_documented() -> None:
    for name in strop.__all__:
        assert getattr(strop, name).__doc__
        assert name in dir(strop)
    assert sorted(strop.__all__) == sorted(strop._HOMES) and strop.__version__ == version("strop")
    with pytest.raises(AttributeError):
        _ = strop.nothing_of_the_kind
