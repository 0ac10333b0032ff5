"""Find a task by its name, or in a file of one's own."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

from strop.errors import ConfigurationError
from strop.tasks.base import Task
from strop.tasks.command import AnyTask
from strop.tasks.command_file import CONFIG, read_config
from strop.tasks.lpn.task import lpn
from strop.tasks.maxcut.task import maxcut
from strop.tasks.meta import MetaTask
from strop.tasks.modified_qap.task import modified_qap
from strop.tasks.parity.task import parity
from strop.tasks.sandbox_flag.task import sandbox_flag
from strop.tasks.self_improvement.task import self_improvement
from strop.tasks.string_grid_distance.task import string_grid_distance
from strop.tasks.three_sat.task import three_sat

BUILT_IN: Mapping[str, Callable[[], Task]] = {
    "lpn": lpn,
    "string-grid-distance": string_grid_distance,
    "modified-qap": modified_qap,
    "3sat": three_sat,
    "maxcut": maxcut,
    "parity": parity,
}
"""The tasks that come with strop."""

META: Mapping[str, Callable[[], MetaTask]] = {"self-improvement": self_improvement, "sandbox-flag": sandbox_flag}
"""The meta tasks, whose solutions are improvers: data, not tasks that `load` gives."""


def load(name: str) -> Task:
    """The built-in task `name`, or the object `task` of the file `name` (`file.py`, or `file.py:other_name`).

    A task file is code of the user's own: it runs in the host.

    Raises:
        ConfigurationError: there is no such task or file, the file defines no task, or it is a meta task.
    """
    if name in META:
        raise ConfigurationError(f"{name} is a meta task, whose solutions are improvers; {META[name]().instead}")
    if name in BUILT_IN:
        return BUILT_IN[name]()
    path, _, attribute = name.partition(":")
    if path.endswith(".py"):
        return _from_file(Path(path), attribute or "task")
    close = difflib.get_close_matches(name, [*BUILT_IN, *META], n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(BUILT_IN)}, and files that end in .py"
    raise ConfigurationError(f"no task is called {name!r}{hint}")


def load_any(name: str) -> AnyTask:
    """A task of any form: what `load` gives, or what a `strop.toml`, or a folder that holds one, describes.

    Raises:
        ConfigurationError: there is none, or it is not complete.
    """
    path = Path(name)
    if path.is_dir() and (path / CONFIG).is_file():
        return read_config(path / CONFIG)
    if path.suffix == ".toml":
        return read_config(path)
    return load(name)


def _from_file(path: Path, attribute: str) -> Task:
    if not path.is_file():
        raise ConfigurationError(f"there is no task file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} cannot be read as a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{path} does not load: {type(error).__name__}: {error}") from error
    task = getattr(module, attribute, None)
    if not isinstance(task, Task):
        raise ConfigurationError(f"{path} defines no strop.Task called {attribute!r}")
    return task
