"""Files of a tree that a model must see although they may not change: those that measure a program, and those it includes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from pathlib import Path

from strop.tasks.command.bundle import is_inside

MOST_CHARACTERS = 6000
"""Characters of one file that are shown."""
MOST_IN_ALL = 18_000
"""Characters of all files that are shown: of those that measure, and again of those that the program uses. The rest is named."""

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]{1,200})"', re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import\b|import[ \t]+([\w.]+))", re.MULTILINE)
_REQUIRE = re.compile(r"""(?:\brequire\(|\bfrom|\bimport)[ \t]*["'](\.{1,2}/[^"'\n]{1,200})["']""")
_SOURCES = ("c", "cc", "cpp", "cxx", "cu", "rs", "go", "f90", "java", "zig")
_SCRIPTS = ("js", "mjs", "cjs", "ts")
_BUILDS = ("", "sh", "mk", "makefile", "gnumakefile", "cmake", "toml", "txt", "json")
"""Endings of scripts and of build files; the first is that of a command, and of a file without one."""
_READ_ON = {*_SOURCES, *_SCRIPTS, *_BUILDS, "h", "hpp", "py", "rb", "jl", "pl", "lua"}
"""Endings of files whose text names further files that measure; other files are data."""
_BUILDERS = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "cmake": ("CMakeLists.txt",),
    "cargo": ("Cargo.toml", "build.rs", "src/main.rs", "benches/*.rs"),
    "go": ("main.go", "*_test.go"),
    "npm": ("package.json",),
    "pytest": ("test_*.py", "tests/test_*.py"),
}
"""What a tool reads that its command does not name."""
_WORD = re.compile(r"[\w./+*-]+")


def scorer_files(
    root: Path, files: Mapping[str, str], command: str, hidden: Collection[str] = frozenset()
) -> list[str]:
    """Lines for u_str: the files of the tree that `command` names, that its tools read, and that those name in turn.

    So a Makefile leads to the driver that it builds, and a script to the program that it starts. What the changeable `files` use
    themselves is left to `used_files`. `hidden` files are not shown.
    """
    others = _used(root, files)
    names: dict[str, None] = {}
    texts = [("", command)]
    for path, text in texts:  # grows during the loop
        for name in [*_mentioned(root, path, text), *_found(root, path, text)]:
            is_data = path and _ending(name) not in _READ_ON
            if name not in names and name not in files and name not in others and name not in hidden and not is_data:
                names[name] = None
                texts.append((name, _text(root / name) or ""))
    return _shown(names, root, "What measures it")


def used_files(root: Path, files: Mapping[str, str]) -> list[str]:
    """Lines for u_str: the files of the tree that the changeable `files` include or import, directly or indirectly."""
    return _shown(_used(root, files), root, "What it uses and may not change")


def _used(root: Path, files: Mapping[str, str]) -> dict[str, None]:
    names: dict[str, None] = {}
    texts = list(files.items())
    for path, text in texts:  # grows during the loop
        for found in _found(root, path, text):
            if found not in files and found not in names:
                names[found] = None
                texts.append((found, _text(root / found) or ""))
    return names


def _found(root: Path, path: str, text: str) -> list[str]:
    """The files of the tree that a source includes or imports."""
    found = (next((each for each in name if _is_file(root, each)), None) for name in _named(path, text))
    return [each for each in found if each is not None]


def _mentioned(root: Path, path: str, text: str) -> list[str]:
    """The files of the tree that a command, or a script or build file at `path`, names: by their paths, by patterns, as the
    programs or objects that they are compiled to, or as what a tool reads."""
    folder = path.rpartition("/")[0]
    names: dict[str, None] = {}
    for word in dict.fromkeys(_WORD.findall(text)):
        started = word.startswith("./") or _ending(path) in _BUILDS
        if not started and "." not in word:  # any word of a program
            continue
        stem = word.removeprefix("./").removesuffix(".o")
        compiled = _SOURCES if started and "." not in stem.rpartition("/")[2] else ()
        read = (*_BUILDERS.get(word, ()), f"{word}/Makefile") if _ending(path) in ("", "sh") else ()
        for name in (word, word.lstrip("/"), *(f"{stem}.{suffix}" for suffix in compiled), *read):
            for place in dict.fromkeys((_joined(folder, name), _joined("", name))):
                names |= dict.fromkeys(_matching(root, place))
    return list(names)


def _ending(path: str) -> str:
    """What follows the last dot of a file's name, or all of it: `c`, `makefile`; nothing for a script without one."""
    name = path.rpartition("/")[2].lower()
    return name if "makefile" in name else name.rpartition(".")[2] if "." in name else ""


def _matching(root: Path, name: str) -> list[str]:
    """The files of the tree that a path or a pattern names; not hundreds of them."""
    if "*" not in name:
        return [name] if _is_file(root, name) else []
    if "**" in name or not is_inside(name.replace("*", "x")):
        return []
    found = (path.relative_to(root).as_posix() for path in islice(root.glob(name), 50))
    return sorted(each for each in found if _is_file(root, each))


def _shown(names: Iterable[str], root: Path, words: str) -> list[str]:
    """The texts of the first files, as far as there is room for them; only the names of the rest."""
    lines: list[str] = []
    others: list[str] = []
    room = MOST_IN_ALL
    for name in names:
        text = _text(root / name)
        if text is None:
            continue
        cut = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[... cut]"
        if min(len(text), MOST_CHARACTERS) > room:
            others.append(name)
            continue
        room -= min(len(text), MOST_CHARACTERS)
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
