"""Load a file of the user's as Python would import it, and say what a guest must read to import the same.

The modules of its own project come from the work tree, whatever is installed under their names.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import re
import sys
import sysconfig
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib import metadata
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.syntax import syntax_tree

PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
"""What the top folder of a project has."""


@dataclass(frozen=True)
class UserModule:
    """A module whose text a guest gets, and what it imports of its own project."""

    name: str
    """Its dotted name."""
    file: str
    """Its absolute path."""
    imports: tuple[tuple[str, str, str], ...]
    """Dotted name, absolute path and digest of each imported module; a package without `__init__.py` has neither path nor
    digest."""

    @property
    def files(self) -> list[str]:
        """The files of the imported modules."""
        return [file for _, file, _ in self.imports if file]

    def relocated(self, before: Path, after: Path) -> UserModule:
        """The same module in a copy of its files' folder: `before` is the folder, `after` the copy."""
        own, *others = (
            file and str(after / Path(file).relative_to(before))
            for file in (self.file, *(path for _, path, _ in self.imports))
        )
        imports = ((name, file, digest) for (name, _, digest), file in zip(self.imports, others, strict=True))
        return UserModule(self.name, own, tuple(imports))


class _WorkTree(MetaPathFinder):
    """Finds top-level modules in the folders that the user's files are imported from, before `sys.path`; never one of
    Python's."""

    def __init__(self) -> None:
        self.roots: list[str] = []
        """The latest first."""
        self.names = set[str]()
        """The modules that were found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = None if path is not None else self.own(fullname)
        if spec is None or is_needed(fullname):
            return None
        if spec.submodule_search_locations is not None:  # of a namespace they follow `sys.path`, which lacks the roots
            spec.submodule_search_locations = list(spec.submodule_search_locations)
        self.names.add(fullname)
        return spec

    def own(self, name: str) -> ModuleSpec | None:
        """The module of this name in the folders; None where Python prefers an installed one to a mere folder."""
        if PathFinder.find_spec(name, self.roots) is None:
            return None
        spec = PathFinder.find_spec(name, [*self.roots, *sys.path])
        return spec if spec and (spec.origin is None or _is_below(spec.origin, self.roots)) else None


_work_tree = _WorkTree()
_loaded: dict[Path, UserModule] = {}
"""Files of tasks by absolute path, as they were last loaded."""


def package_root(path: Path) -> Path:
    """The folder from which a module is imported: the one above its packages."""
    root = path.absolute().parent
    while (root / "__init__.py").is_file() and root.parent != root:
        root = root.parent
    return root


def source_roots(path: Path) -> tuple[Path, ...]:
    """The folders from which a file's own modules are imported: that of its packages, and `src` and the top of its project."""
    top = _project(path)
    return tuple(dict.fromkeys([package_root(path), *([] if top is None else [top / "src", top])]))


def _project(path: Path) -> Path | None:
    return next(
        (folder for folder in path.absolute().parents if any((folder / name).exists() for name in PROJECT)), None
    )


def own_file(path: Path, name: str) -> Path | None:
    """The file or folder of the module of this dotted name in the project of the file at `path`."""
    paths = [root.joinpath(*name.split(".")) for root in source_roots(path)]
    return next((file for stem in paths for file in (stem.with_suffix(".py"), stem) if file.exists()), None)


def import_from(roots: Sequence[str]) -> None:
    """From now on, import modules from these folders in this order, before what is installed.

    Modules of the same names that were loaded from elsewhere are forgotten, except those that strop needs. So is everything
    that such folders gave before, because it may have changed.
    """
    if _work_tree not in sys.meta_path:
        sys.meta_path.insert(0, _work_tree)
    _work_tree.roots[:] = dict.fromkeys([*roots, *_work_tree.roots])
    importlib.invalidate_caches()
    for name in {module for module in sys.modules if "." not in module} - {"__main__", *sys.stdlib_module_names}:
        spec = None if name in _work_tree.names else _work_tree.own(name)
        is_other = spec is not None and _origin(sys.modules[name].__spec__) != _origin(spec)
        if name in _work_tree.names or (is_other and not is_needed(name)):
            for full_name in [full_name for full_name in sys.modules if f"{full_name}.".startswith(f"{name}.")]:
                del sys.modules[full_name]


def imported_from() -> tuple[str, ...]:
    """The folders of `import_from`."""
    return tuple(_work_tree.roots)


def _origin(spec: ModuleSpec | None) -> object:
    return None if spec is None else spec.origin or list(spec.submodule_search_locations or ())


def spec_of(path: Path) -> ModuleSpec | None:
    """The spec by which Python imports a file, under its name within its packages. From now on, its project is imported from.

    Raises:
        ConfigurationError: the file imports a module of its project that has the name of one of Python's or strop's modules.
    """
    import_from([str(root) for root in source_roots(path)])
    refuse_shadowing([path])
    return importlib.util.spec_from_file_location(name_of(path), path)


def refuse_shadowing(files: Collection[Path]) -> None:
    """Raise ConfigurationError if a file imports a module of its project that has the name of a module that strop needs."""
    for file in files:
        for name in sorted({module.partition(".")[0] for module in imported_names(file, "")} - {"strop", ""}):
            spec = _work_tree.own(name)
            if spec is not None and spec.origin and is_needed(name):
                whose = "the standard library has" if name in sys.stdlib_module_names else "strop itself needs"
                raise ConfigurationError(f"{file} imports {name}: {spec.origin} has a name that {whose}; rename it")


@contextmanager
def registered(name: str, module: ModuleType) -> Iterator[None]:
    """Within the block, in which a module loads, it finds itself by its name, unless Python or an installed package has that
    name. Not longer, because two files may have one name; workers get what the module defines by value."""
    previous = sys.modules.get(name)
    is_free = previous is None or (_file_of(previous) != "" and not is_installed(_file_of(previous)))
    if is_free:
        sys.modules[name] = module
    try:
        yield
    finally:
        if is_free:
            sys.modules.pop(name, None)
        if previous is not None:
            sys.modules[name] = previous


def user_module(path: Path) -> UserModule:
    """The module of a file, with what has been imported of its project so far."""
    own, root = name_of(path), str(package_root(path))
    hidden = [own, "strop"]
    imports = [
        _listed(name, _file_of(module))
        for name, module in sorted(sys.modules.items())
        if not any(f"{name}.".startswith(f"{prefix}.") for prefix in hidden) and _is_users(name, module, root)
    ]
    return UserModule(own, str(path.absolute()), tuple(imports))


def loaded(path: Path) -> UserModule:
    """The module of a file that was just loaded, remembered for `last_loaded`: a later load may forget what this one imported."""
    _loaded[path.absolute()] = module = user_module(path)
    return module


def last_loaded(path: Path) -> UserModule:
    """The module of a file, with what it had imported when it was last loaded as a task. If it never was: with what has been
    imported of its project."""
    return _loaded.get(path.absolute()) or user_module(path)


def _listed(name: str, file: str) -> tuple[str, str, str]:
    return name, file, hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""


def imported_names(file: Path, name: str) -> set[str]:
    """The dotted names that a file imports, of modules or of what they hold. Relative imports count only if `name` is not
    empty."""
    names = set[str]()
    with suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        package = name if file.stem == "__init__" else name.rpartition(".")[0]
        for node in ast.walk(syntax_tree(file.read_text("utf-8") if file.suffix == ".py" else "")):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (package or not node.level):
                base = importlib.util.resolve_name("." * node.level + (node.module or ""), package or None)
                names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names


def name_of(path: Path) -> str:
    """The dotted name of a file. Below `src` it starts there, so that a package without `__init__.py` counts."""
    path, root, project = path.absolute(), package_root(path), _project(path)
    if project is not None and path.is_relative_to(project / "src") and not (project / "src/__init__.py").is_file():
        root = project / "src"
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _file_of(module: object) -> str:
    return str(getattr(module, "__file__", None) or "")


def _is_users(name: str, module: object, root: str) -> bool:
    """Whether a module is the user's: found in the work tree or below the folder, and not installed."""
    file = _file_of(module) or next(iter(getattr(module, "__path__", ())), "")
    is_found = name.partition(".")[0] in _work_tree.names and _is_below(file, _work_tree.roots)
    return (is_found or _is_below(file, [root])) and not is_installed(file)


def _is_below(file: str, roots: Sequence[str]) -> bool:
    return any(file == root or file.startswith(f"{root.rstrip('/')}/") for root in roots)


def is_installed(file: str) -> bool:
    """Whether a file belongs to Python or to an installed distribution."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts) or _is_below(file, sorted(folders))


def is_needed(name: str) -> bool:
    """Whether a top-level module of this name belongs to Python, to strop, or to a distribution that strop needs."""
    if name in sys.stdlib_module_names or name == "strop":
        return True
    installed = PathFinder.find_spec(name)
    return installed is not None and is_installed(installed.origin or "") and name in _needs()


@cache
def _needs() -> frozenset[str]:
    """The top-level modules of the distributions that strop depends on."""
    wanted, distributions, modules = ["strop"], dict[str, metadata.Distribution](), set[str]()
    while wanted:
        name = re.split(r"[^\w.-]", wanted.pop(), maxsplit=1)[0].lower()
        if name not in distributions:
            with suppress(metadata.PackageNotFoundError):
                distributions[name] = metadata.distribution(name)
                wanted += [line for line in distributions[name].requires or () if "extra ==" not in line]
    for distribution in distributions.values():
        modules |= {file.parts[0].partition(".")[0] for file in distribution.files or ()}
    return frozenset(modules)
