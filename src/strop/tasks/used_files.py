"""Files of a tree that a model must see although they may not change: those that measure a program, and those it includes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from strop.tasks.command.bundle import is_inside

MOST_CHARACTERS = 6000
"""Characters of one file."""
MOST_FILES = 3
"""Characters of all files of one kind."""

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]{1,200})"', re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import\b|import[ \t]+([\w.]+))", re.MULTILINE)
_REQUIRE = re.compile(r"""(?:\brequire\(|\bfrom|\bimport)[ \t]*["'](\.{1,2}/[^"'\n]{1,200})["']""")
_SOURCES = ("c", "cc", "cpp", "rs", "go")
_SCRIPTS = ("js", "mjs", "cjs", "ts")


def used_files(root: Path, files: Mapping[str, str]) -> list[str]:
    """Lines for u_str: the files of the tree that the changeable `files` include or import, directly or indirectly."""
    names: dict[str, None] = {}
    texts = list(files.items())
    for path, text in texts:  # grows during the loop
        for name in _named(path, text):
            found = next((each for each in name if _is_file(root, each)), None)
            if found is not None and found not in files and found not in names:
                names[found] = None
                texts.append((found, _text(root / found) or ""))
    return shown(names, root, files, "What it uses and may not change")


def measuring(command: str) -> list[str]:
    """The files that a command may refer to: its words, what `make` reads, and the sources of programs that it runs."""
    words = [word.removeprefix("./") for word in re.split(r"[\s;&|<>()'\"]+", command)]
    made = ["Makefile", "makefile"] if "make" in words else []
    return [*words, *made, *(f"{word}.{suffix}" for word in words for suffix in _SOURCES)]


def shown(names: Iterable[str], root: Path, files: Collection[str], words: str) -> list[str]:
    """The texts of the first few `names` that are files of the tree and may not change; only the names of the rest."""
    lines: list[str] = []
    others: list[str] = []
    for name in dict.fromkeys(names):
        if name in files or not _is_file(root, name):
            continue
        text = _text(root / name)
        if text is None:
            continue
        if len(lines) >= MOST_FILES:
            others.append(name)
            continue
        cut = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[... cut]"
        lines.append(f"\n{words}, {name}:\n{cut.rstrip()}")
    return [*lines, f"\n{words}, and is not shown: {', '.join(others[:20])}."] if others else lines


def _named(path: str, text: str) -> list[list[str]]:
    """The names in a text that may be files of its tree: for each the possible paths, likeliest first."""
    folder, suffix = path.rpartition("/")[0], path.rpartition(".")[2].lower()
    if suffix == "py":
        modules = [match[1] or match[2] for match in _IMPORT.finditer(text)]
        return [_module(folder, module) for module in modules]
    if suffix in _SCRIPTS:
        names = [_joined(folder, match[1]) for match in _REQUIRE.finditer(text)]
        return [[name, *(f"{name}.{script}" for script in _SCRIPTS)] for name in names]
    names = [match[1] for match in _INCLUDE.finditer(text)]
    return [[_joined(folder, name), _joined("", name), f"include/{name}", f"src/{name}"] for name in names]


def _module(folder: str, module: str) -> list[str]:
    """Possible paths of a Python module."""
    inner = module.lstrip(".")
    dots = len(module) - len(inner)
    above = folder.split("/")
    folders = ["/".join(above[: len(above) - dots + 1])] if dots else [folder, ""]
    bases = ["/".join(filter(None, [each, *inner.split(".")])) for each in folders]
    return [path for base in bases for path in (f"{base}.py", f"{base}/__init__.py")]


def _joined(folder: str, name: str) -> str:
    """The path of `name` relative to `folder`, without `.` and `..`."""
    parts: list[str] = []
    for part in f"{folder}/{name}".split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _is_file(root: Path, name: str) -> bool:
    """Whether it is a file of the tree itself, not the target of a link."""
    path = root / name
    return is_inside(name) and path.is_file() and path.resolve() == (root.resolve() / name)


def _text(path: Path) -> str | None:
    """The text of a file; None if it is binary."""
    with path.open("rb") as file:
        content = file.read(4 * MOST_CHARACTERS)
    return None if b"\0" in content else content.decode("utf-8", "replace").replace("\r\n", "\n")
