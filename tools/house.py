"""Counts the statements of the house and the faults of its structure; `make lint` fails above a budget of `tools/house.toml`.

python tools/house.py

A statement is every `ast.stmt` but imports and docstrings, of `src/strop`, `tests` and `bench`; in `src/strop`, those of programs
that stand in string constants count as well, since they run in a room like a file. Structure, in `src/strop`: modules in import
cycles, which imports for types alone count into; class names that occur twice; questions of a task's type outside of `tasks`.
"""

from __future__ import annotations

import ast
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORMS = {"Task", "CommandTask", "FunctionTask"}
"""The classes of tasks: a form is data, and no other room should have to know which one it has."""

STANDS_IN = Path("tasks/function/guest/strop.py")
"""It stands for strop's public names where strop is not installed, and so has some of them."""


def sizes(root: Path) -> dict[str, int]:
    """What is counted → how much of it there is."""
    source = root / "src" / "strop"
    trees = _trees(source)
    nodes = [(path, node) for path, tree in trees.items() for node in ast.walk(tree)]
    names = Counter(node.name for path, node in nodes if isinstance(node, ast.ClassDef) and path != source / STANDS_IN)
    return {
        "src/strop": sum(statements(tree) + statements_in_texts(tree) for tree in trees.values()),
        "tests": sum(map(statements, _trees(root / "tests").values())),
        "bench": sum(map(statements, _trees(root / "bench").values())),
        "modules in an import cycle": len(_cycle({_module(source, path): tree for path, tree in trees.items()})),
        "class names used twice": sum(times > 1 for times in names.values()),
        "questions of a task's type": sum(
            _asks_for_a_form(n) for path, n in nodes if source / "tasks" not in path.parents
        ),
    }


def _trees(folder: Path) -> dict[Path, ast.Module]:
    texts = {path: path.read_text("utf-8") for path in folder.rglob("*.py") if "__pycache__" not in path.parts}
    return {path: tree for path, text in texts.items() if (tree := _parsed(text)) is not None}


def _parsed(text: str) -> ast.Module | None:
    """The program that a text is; None if it is none, like some that tests read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def statements(tree: ast.AST) -> int:
    """The number of statements but imports and docstrings."""
    return sum(
        isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom) and not _is_docstring(node)
        for node in ast.walk(tree)
    )


def statements_in_texts(tree: ast.AST) -> int:
    """The number of statements of the string constants that are programs: Python of several lines that does something."""
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in docstrings)
    return sum(map(statements, filter(None, map(_program, texts))))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _program(text: object) -> ast.Module | None:
    """The program that a string constant is; None if it is another text, of which some parse as expressions or annotations."""
    program = _parsed(text) if isinstance(text, str) and "\n" in text else None
    acts = program is not None and any(not isinstance(node, ast.Expr | ast.AnnAssign) for node in program.body)
    return program if acts else None


def _asks_for_a_form(node: ast.AST) -> bool:
    if isinstance(node, ast.MatchClass):
        return isinstance(node.cls, ast.Name) and node.cls.id in FORMS
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"):
        return False
    return any(isinstance(name, ast.Name) and name.id in FORMS for name in ast.walk(node.args[1]))


def _module(source: Path, path: Path) -> str:
    return ".".join(path.relative_to(source.parent).with_suffix("").parts).removesuffix(".__init__")


def _cycle(modules: Mapping[str, ast.Module]) -> list[str]:
    """The modules of one import cycle; none if there is no cycle."""
    graph = {name: {found for found in _imports(tree, modules) if found != name} for name, tree in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1][1:])
    return []


def _imports(tree: ast.Module, modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """What of `modules` is imported at the top level, for types alone too."""
    for node in [*tree.body, *(inner for outer in tree.body if isinstance(outer, ast.If) for inner in outer.body)]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.module in modules:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else node.module for name in inner)


def main(root: Path = ROOT) -> int:
    """Print each size and its budget; exit code 1 if one is above it."""
    budgets = tomllib.loads((root / "tools" / "house.toml").read_text("utf-8"))
    found = sizes(root)
    for name, size in found.items():
        print(f"{name:28}{size:>8,} of {budgets[name]:>8,}")
    above = {name: size - budgets[name] for name, size in found.items() if size > budgets[name]}
    for name, excess in above.items():
        print(f"{name} is {excess:,} above its budget in tools/house.toml: remove something", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
