"""What installed distributions bring for strop: improvers and tasks, by name, through entry points.

Entry points are read where a name is not strop's own, and where they are listed; never when strop starts.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from strop.base.errors import ConfigurationError

IMPROVERS = "strop.improvers"
"""Group of improvers: the value is a module, whose file is the improver's text. It is read, never imported."""
TASKS = "strop.tasks"
"""Group of tasks: the value is `module:attribute`, a task; the module is imported in the host when the task is named."""


@dataclass(frozen=True)
class Installed:
    """One entry point of a distribution."""

    name: str
    distribution: str
    """Its name and version."""
    entry: EntryPoint

    @property
    def value(self) -> str:
        return self.entry.value


def installed(group: str) -> list[Installed]:
    """Everything that distributions bring in a group, by name."""
    found = [Installed(each.name, _distribution(each), each) for each in entry_points(group=group)]
    return sorted(found, key=lambda each: (each.name, each.distribution))


def find_installed(group: str, name: str) -> Installed | None:
    """What a distribution brings under this name; None where none does.

    Raises:
        ConfigurationError: several do.
    """
    found = [each for each in installed(group) if each.name == name]
    if len(found) > 1:
        who = " and ".join(each.distribution for each in found)
        raise ConfigurationError(f"{name!r} is brought by {who}; uninstall one of them")
    return found[0] if found else None


def program_text_of(found: Installed) -> str:
    """The text of an improver that a distribution brings. None of its code is run.

    Raises:
        ConfigurationError: the entry point names no file of program text.
    """
    module = found.entry.value
    if not all(part.isidentifier() for part in module.split(".")):
        raise ConfigurationError(
            f"{_told(found)}: its entry point is {module!r}; it is to be a module, as in package.name"
        )
    for path in _candidates(found, module.split(".")):
        if path.is_file():
            try:
                return path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{_told(found)}: {path} cannot be read as UTF-8 text: {error}") from error
    raise ConfigurationError(f"{_told(found)}: there is no file of a module {module}")


def object_of(found: Installed) -> object:
    """The object that an entry point names; its module is imported, here.

    Raises:
        ConfigurationError: that failed.
    """
    try:
        return found.entry.load()
    except (Exception, SystemExit) as error:
        words = " ".join(str(error).split())
        raise ConfigurationError(f"{_told(found)} does not load: {type(error).__name__}: {words}") from error


def _candidates(found: Installed, parts: list[str]) -> list[Path]:
    """Where the file of a module may be: among the distribution's own files, or, installed for editing, where its package is."""
    inside = Path(*parts).with_suffix(".py")
    dist = found.entry.dist
    paths = [] if dist is None else [Path(str(dist.locate_file(inside)))]
    spec = importlib.util.find_spec(parts[0])  # of a top-level package: nothing is imported
    if spec is not None and len(parts) == 1 and spec.origin is not None:
        paths.append(Path(spec.origin))
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        paths.append(Path(folder, *parts[1:]).with_suffix(".py"))
    return paths


def _distribution(entry: EntryPoint) -> str:
    return "?" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _told(found: Installed) -> str:
    return f"{found.name} of {found.distribution}"
