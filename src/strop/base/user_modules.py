"""Load a file of the user's as Python would import it, and say what a guest must read to import the same."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class UserModule:
    """A module whose text a guest gets, and what it imports of its own folder."""

    name: str
    """Its dotted name."""
    file: str
    """Its absolute path."""
    imports: tuple[tuple[str, str], ...]
    """Dotted name and absolute path of each; the path is empty for a package without `__init__.py`."""

    @property
    def files(self) -> list[str]:
        """The files of these."""
        return [file for _, file in self.imports if file]


def package_root(path: Path) -> Path:
    """The folder from which a module is imported: the one above its packages."""
    root = path.absolute().parent
    while (root / "__init__.py").is_file() and root.parent != root:
        root = root.parent
    return root


def is_beside(path: Path, name: str) -> bool:
    """Whether a module of this dotted name is imported from the same folder as the one at `path`."""
    top = package_root(path) / name.partition(".")[0]
    return top.is_dir() or top.with_suffix(".py").is_file()


def spec_of(path: Path) -> ModuleSpec | None:
    """What Python imports a file by: its name within its packages. Their folder is searched from now on, after all others, so
    that none of its files takes the place of what strop imports."""
    root = package_root(path)
    if str(root) not in sys.path:
        sys.path.append(str(root))
    return importlib.util.spec_from_file_location(_name_of(path, root), path)


@contextmanager
def registered(name: str, module: ModuleType) -> Iterator[None]:
    """Let a module find itself by its name while it loads, unless Python or an installed package has one of that name. Not
    longer: two files may have one name, and workers get what it defines by value."""
    known = sys.modules.get(name)
    is_free = known is None or (_file_of(known) != "" and not _is_installed(Path(_file_of(known))))
    if is_free:
        sys.modules[name] = module
    try:
        yield
    finally:
        if is_free:
            sys.modules.pop(name, None)
        if known is not None:
            sys.modules[name] = known


def user_module(path: Path, without: Collection[str] = ()) -> UserModule:
    """A module that was loaded, with what has been imported of its folder since, but for the modules `without` and below."""
    root = package_root(path)
    own = _name_of(path, root)
    hidden = [own, "strop", *(importlib.util.resolve_name(each, own.rpartition(".")[0]) for each in without)]
    found = [
        (name, _file_of(module))
        for name, module in sorted(sys.modules.items())
        if not any(f"{name}.".startswith(f"{each}.") for each in hidden) and _is_below(module, root)
    ]
    return UserModule(own, str(path.absolute()), tuple(found))


def _name_of(path: Path, root: Path) -> str:
    return ".".join(path.absolute().relative_to(root).with_suffix("").parts)


def _file_of(module: object) -> str:
    return str(getattr(module, "__file__", None) or "")


def _is_below(module: object, root: Path) -> bool:
    """Whether a module is the user's: below the folder, and not installed."""
    file = Path(_file_of(module) or next(iter(getattr(module, "__path__", ())), ""))
    return file.is_relative_to(root) and not _is_installed(file)


def _is_installed(file: Path) -> bool:
    return any(file.is_relative_to(each) for each in (sys.prefix, sys.base_prefix))
