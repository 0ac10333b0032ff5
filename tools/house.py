"""Holds the sizes of the house: `make lint` fails when a room is more than 2% above its budget in `tools/house.toml`, and
warns when it is above it at all, so that a first patch is not refused for its tenth line.

python tools/house.py            # the table of rooms; exit code 1 if one is more than 2% above its budget
python tools/house.py --lower    # write today's sizes as budgets, where they are smaller

Sizes are lines of Python for the rooms of `src/strop`, for `packages` and for the folders of `tests`; lines of templates, styles
and scripts of `src/strop`; words for `docs`; and for the whole of `src/strop` the classes, the class names that occur twice, the
modules in import cycles, which imports for types alone count into, and outside of `tasks` the questions of a task's type.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT, BUDGETS = HERE.parent, HERE / "house.toml"
Sizes = dict[str, dict[str, int]]
PAGES = {".html", ".jinja", ".j2", ".css", ".js"}
"""Suffixes of templates, styles and scripts."""
FORMS = {"Task", "CommandTask", "FunctionTask"}
"""The classes of tasks."""
TOLERANCE = 0.02
"""The share of a budget by which a room may pass it with a warning."""


def sizes(root: Path = ROOT) -> Sizes:
    """Section → room → size."""
    source = root / "src" / "strop"
    trees = {path: ast.parse(path.read_text("utf-8")) for path in _python(source)}
    names = Counter(node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    documents = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return {
        "src/strop": _lines_by_room(source),
        "pages of src/strop": _lines_by_suffix(source, PAGES),
        "packages": _lines_by_room(root / "packages"),
        "tests": _lines_by_room(root / "tests"),
        "documents": {"words": sum(len(path.read_text("utf-8").split()) for path in documents)},
        "structure": {
            "files": len(trees),
            "classes": names.total(),
            "class names used twice": sum(times > 1 for times in names.values()),
            "modules in import cycles": len(_in_cycles(_imports(source, trees))),
            "questions of a task's type": sum(
                _asks_for_a_type(node)
                for path, tree in trees.items()
                if source / "tasks" not in path.parents
                for node in ast.walk(tree)
            ),
        },
    }


def _python(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def _lines_by_room(folder: Path) -> dict[str, int]:
    """Lines of Python of each subfolder; `.` is the files beside them."""
    found: Counter[str] = Counter()
    for path in _python(folder):
        room = path.relative_to(folder).parts[0] if path.parent != folder else "."
        found[room] += path.read_bytes().count(b"\n")
    return dict(sorted(found.items()))


def _lines_by_suffix(folder: Path, suffixes: Set[str]) -> dict[str, int]:
    """Lines of the files with each of these suffixes, by suffix, without its dot."""
    found: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.suffix in suffixes:
            found[path.suffix[1:]] += path.read_bytes().count(b"\n")
    return dict(sorted(found.items()))


def _asks_for_a_type(node: ast.AST) -> bool:
    """Whether this asks which form of task something is: a form is data (`tasks`), and no other room should have to know."""
    if isinstance(node, ast.MatchClass):
        return isinstance(node.cls, ast.Name) and node.cls.id in FORMS
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"):
        return False
    return any(isinstance(name, ast.Name) and name.id in FORMS for name in ast.walk(node.args[1]))


def _imports(source: Path, trees: Mapping[Path, ast.Module]) -> dict[str, set[str]]:
    """Module → the modules of strop that it imports at its top level, for types alone too."""
    modules = {_name(source, path): tree for path, tree in trees.items()}
    return {
        name: {target for node in _top_level(tree) for target in _targets(node, modules) if target != name}
        for name, tree in modules.items()
    }


def _name(source: Path, path: Path) -> str:
    return ".".join(path.relative_to(source.parent).with_suffix("").parts).removesuffix(".__init__")


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        yield node
        if isinstance(node, ast.If):
            yield from node.body


def _targets(node: ast.stmt, modules: Mapping[str, ast.Module]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in modules)
    elif isinstance(node, ast.ImportFrom) and node.module in modules:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name if name in modules else node.module for name in inner)


def _in_cycles(graph: Mapping[str, set[str]]) -> set[str]:
    """The modules that reach themselves."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += graph.get(module, ())
        return seen

    return {module for module in graph if module in reached(module)}


def excesses(found: Sizes, budgets: Sizes, tolerance: float = 0.0) -> list[str]:
    """One line for each room above its budget by more than this share of it; a room without a budget is above it."""
    return [
        f"{section}/{room}: {size:,}, {size - budget:,} above its budget"
        for section, rooms in found.items()
        for room, size in rooms.items()
        if size > (budget := budgets.get(section, {}).get(room, 0)) * (1 + tolerance)
    ]


def to_toml(found: Sizes, budgets: Sizes) -> str:
    """The budgets, lowered to today's sizes."""
    lines = [
        "# The budgets that tools/house.py holds: lines of Python and of pages, words of documents. They only go down.\n"
    ]
    for section, rooms in found.items():
        lines.append(f'\n["{section}"]\n')
        known = budgets.get(section, {})
        lines += [f'"{room}" = {min(size, known.get(room, size))}\n' for room, size in rooms.items()]
    return "".join(lines)


def main() -> int:
    """Print the sizes; exit code 1 if one is more than 2% above its budget."""
    found = sizes()
    budgets = tomllib.loads(BUDGETS.read_text("utf-8")) if BUDGETS.exists() else {}
    if "--lower" in sys.argv[1:]:
        BUDGETS.write_text(to_toml(found, budgets), "utf-8")
        return 0
    for section, rooms in found.items():
        print(f"{section}: {sum(rooms.values()):,}" if section != "structure" else section)
        for room, size in rooms.items():
            print(f"  {room:26}{size:>8,} of {budgets.get(section, {}).get(room, 0):>8,}")
    beyond = excesses(found, budgets, TOLERANCE)
    for line in excesses(found, budgets):
        if line in beyond:
            print(
                f"{line} in tools/house.toml: remove something, or say in the change why it is worth more",
                file=sys.stderr,
            )
        else:
            print(f"warning: {line}, within {TOLERANCE:.0%} of it", file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
