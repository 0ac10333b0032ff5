"""Improvers, tasks and evaluators of installed distributions, by name, through entry points.

Entry points are read when a name is not one of strop's, and for lists; never at start-up.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Collection
from dataclasses import field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from strop.base.as_document import HIDDEN, computed
from strop.base.errors import ConfigurationError, StropError
from strop.base.later import dataclass
from strop.base.syntax import parsed

IMPROVERS = "strop.improvers"
"""Group of improvers: the value is a module, whose file is the improver's text. It is not imported."""
TASKS = "strop.tasks"
"""Group of tasks: the value is `module:attribute`, a task, a construction or a function that returns one; the host imports the
module when a user names the task."""

EVALUATORS = "strop.evaluation"
"""Group of evaluators: `--workers NAME:REST` calls the value, `module:function`, with the text REST and an `Equipment`, and gets
an `Evaluator` (strop.evaluation.base)."""

_TWICE = "two distributions have this name"


@dataclass(frozen=True)
class Installed:
    """An improver or a task of another installed distribution. It is not loaded."""

    name: str
    """Name of the improver or task."""
    distribution: str
    """Name and version of the distribution."""
    entry: EntryPoint = field(metadata=HIDDEN)
    not_used: str | None = None
    """Why the name means something else. Null if it means this."""

    @computed
    def value(self) -> str:
        """The module, or `module:attribute`, that the distribution names."""
        return self.entry.value

    @computed
    def what(self) -> str:
        """What it does: the first line of the module, which is read and not imported. Empty if the module says nothing."""
        try:
            module = parsed(_text_of(self, self.entry.value.partition(":")[0]))
        except (ConfigurationError, ValueError):
            return ""
        return ((module and ast.get_docstring(module)) or "").partition("\n")[0]


def installed(group: str, own: Collection[str] = ()) -> list[Installed]:
    """All entry points of a group, sorted by name. `own`: strop's own names, which no other distribution may use."""
    points = [*entry_points(group=group)]
    names = [point.name for point in points]
    plugins = [
        Installed(
            point.name,
            "?" if point.dist is None else f"{point.dist.name} {point.dist.version}",
            point,
            "strop has this name" if point.name in own else _TWICE if names.count(point.name) > 1 else None,
        )
        for point in points
    ]
    return sorted(plugins, key=lambda point: (point.name, point.distribution))


def find_installed(group: str, name: str) -> Installed | None:
    """The entry point with this name; None if there is none.

    Raises:
        ConfigurationError: there are several.
    """
    points = [point for point in installed(group) if point.name == name]
    if len(points) > 1:
        distributions = " and ".join(point.distribution for point in points)
        raise ConfigurationError(f"{distributions} both provide {name!r}; uninstall one of them")
    return points[0] if points else None


def program_text_of(plugin: Installed) -> str:
    """The text of an improver of a distribution. None of its code runs.

    Raises:
        ConfigurationError: the entry point does not name a file of program text.
    """
    module = plugin.entry.value
    if not all(part.isidentifier() for part in module.split(".")):
        raise ConfigurationError(
            f"{_label(plugin)}: its entry point is {module!r}; it must be a module, such as package.name"
        )
    return _text_of(plugin, module)


def _text_of(plugin: Installed, module: str) -> str:
    for path in _candidates(plugin, module.split(".")):
        if path.is_file():
            try:
                return path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{_label(plugin)}: {path} cannot be read as UTF-8 text: {error}") from error
    raise ConfigurationError(f"{_label(plugin)}: the file of the module {module} does not exist")


def object_of(plugin: Installed) -> object:
    """The object that an entry point names. Imports its module.

    Raises:
        ConfigurationError: the import failed.
    """
    try:
        return plugin.entry.load()
    except StropError:
        raise
    except (Exception, SystemExit) as error:
        message = " ".join(str(error).split())
        raise ConfigurationError(f"{_label(plugin)} cannot be loaded: {type(error).__name__}: {message}") from error


def _candidates(plugin: Installed, parts: list[str]) -> list[Path]:
    """Possible files of a module: in the distribution, or, for an editable installation, in its package."""
    inside = Path(*parts).with_suffix(".py")
    dist = plugin.entry.dist
    paths = [] if dist is None else [Path(str(dist.locate_file(inside)))]
    spec = importlib.util.find_spec(parts[0])  # of a top-level package: nothing is imported
    if spec is not None and len(parts) == 1 and spec.origin is not None:
        paths.append(Path(spec.origin))
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        paths.append(Path(folder, *parts[1:]).with_suffix(".py"))
    return paths


def _label(plugin: Installed) -> str:
    return f"{plugin.name} of {plugin.distribution}"
