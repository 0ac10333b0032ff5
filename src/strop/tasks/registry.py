"""Find a task by its name or in a user's file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.base.interpreter import to_add
from strop.base.plugins import TASKS, Installed, find_installed, installed, object_of
from strop.base.surface import option
from strop.base.user_modules import loaded, refuse_shadowing, registered, spec_of
from strop.options.scoring import flag_of
from strop.tasks.base import Task
from strop.tasks.command.config import CONFIG, config_of, read_config
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.paper.lpn.task import lpn
from strop.tasks.paper.maxcut.task import maxcut
from strop.tasks.paper.meta import MetaTask
from strop.tasks.paper.modified_qap.task import modified_qap
from strop.tasks.paper.parity.task import parity
from strop.tasks.paper.sandbox_flag.task import sandbox_flag
from strop.tasks.paper.self_improvement.task import self_improvement
from strop.tasks.paper.string_grid_distance.task import string_grid_distance
from strop.tasks.paper.three_sat.task import three_sat

PAPER: Mapping[str, Callable[[], Task]] = {
    "lpn": lpn,
    "string-grid-distance": string_grid_distance,
    "modified-qap": modified_qap,
    "3sat": three_sat,
    "maxcut": maxcut,
    "parity": parity,
}
"""The tasks of the paper, which come with strop."""

PROBLEMS_PACKAGE = "strop-problems"
"""The distribution of published constructions, and of tasks that leave room (packages/problems)."""
PROBLEMS = (
    *("circles-26", "circles-32", "circles-rectangle-21"),
    *("heilbronn-triangle-11", "heilbronn-convex-13", "hexagons-11", "hexagons-12"),
    *("distance-ratio-2d", "distance-ratio-3d", "minimum-overlap"),
    *("autocorrelation-1", "autocorrelation-2", "autocorrelation-3", "uncertainty"),
    *("sums-and-differences", "kissing-11", "matrix-product-245"),
    *("noisy-parity", "golomb", "cap-set", "quadratic-assignment", "quadratic-assignment-large"),
    *("bin-packing", "job-shop", "circle-packing", "circle-packing-large", "multiplier-block"),
)
"""The names of its tasks."""

OBJECT = "object:"
"""Prefix of the name of a task that was passed as a Python object; no file defines it."""

META: Mapping[str, Callable[[], MetaTask]] = {"self-improvement": self_improvement, "sandbox-flag": sandbox_flag}
"""The meta tasks, whose solutions are improvers: data, not tasks that `load` returns."""


_loading: ContextVar[Path | None] = ContextVar("loading", default=None)
"""The task file that is being loaded."""


class CalledWhileLoading(ConfigurationError):
    """A task file runs strop as it is loaded."""


def refuse_while_loading(function: str) -> None:
    """Raise CalledWhileLoading if a task file is being loaded: a task file must not call `function` as it is loaded."""
    if path := _loading.get():
        raise CalledWhileLoading(
            f"{path} calls {function} when it is loaded, and would load itself again and again: "
            "put it under if __name__ == '__main__':"
        )


def load(name: str) -> Task:
    """The task of this name: a built-in one, the object `task` of a file (`file.py`, or `file.py:other_name`), or one that an
    installed distribution provides.

    Task files and tasks of distributions are the user's own code, and run in the host.

    Raises:
        ConfigurationError: there is no such task or file, the file defines no task, or it is a meta task.
    """
    if name in META:
        raise ConfigurationError(f"{name} is a meta task, whose solutions are improvers; {META[name]().instead}")
    if name in PAPER:
        return PAPER[name]()
    if name.startswith(OBJECT):
        raise ConfigurationError(
            f"the task {name.removeprefix(OBJECT)} was made in a Python session, so it cannot be loaded again; "
            "save it in a file, and name that"
        )
    path, _, attribute = name.partition(":")
    if path.endswith(".py"):
        return _from_file(Path(path), attribute or "task")
    entry_point = find_installed(TASKS, name)
    if entry_point is None and ("/" in name or Path(name).exists()):
        raise ConfigurationError(
            f"{name} is not a task: a task is a name, a file that ends in .py, or a folder with a {CONFIG}; another file needs "
            f"{option('command')}, which runs it, or {option('evaluator')}, which scores it"
        )
    if entry_point is None and name in PROBLEMS:
        raise ConfigurationError(
            f"{name} is a problem of {PROBLEMS_PACKAGE}, a package of strop's repository; in a clone: "
            f"{to_add('./packages/problems')}"
        )
    if entry_point is None:
        raise ConfigurationError(f"no task is called {name!r}{_hint(name)}")
    task = _offered(entry_point)
    if not isinstance(task, Task):
        what = "a command task, which this command does not take" if isinstance(task, CommandTask) else "no strop.Task"
        raise ConfigurationError(f"{entry_point.name} of {entry_point.distribution} is {what}: {entry_point.value}")
    return task


def _offered(entry_point: Installed) -> object:
    """The object that an entry point names, such as a task; if it is a function, what the function returns."""
    offered = object_of(entry_point)
    if callable(offered):
        try:
            offered = offered()
        except Exception as error:
            message = " ".join(str(error).split())
            raise ConfigurationError(
                f"{entry_point.value} of {entry_point.distribution} failed: {type(error).__name__}: {message}"
            ) from error
    return offered


def problems() -> dict[str, Task]:
    """The published constructions by name, as far as they are installed; no other distribution's code is imported."""
    own = {one.name: one for one in installed(TASKS) if one.distribution.partition(" ")[0] == PROBLEMS_PACKAGE}
    tasks = [_offered(own[name]) for name in PROBLEMS if name in own]
    return {task.name: task for task in tasks if isinstance(task, Task) and task.problem is not None}


def _hint(name: str) -> str:
    there = dict.fromkeys([*PAPER, *(entry_point.name for entry_point in installed(TASKS))])
    close = difflib.get_close_matches(name, [*there, *META], n=1)
    return (
        f"; did you mean {close[0]}?"
        if close
        else f"; there are: {', '.join(there)}, files that end in .py, and folders with a {CONFIG}"
    )


def load_any(name: str, changes: Mapping[str, object] | None = None, *, trusted: bool = False) -> AnyTask:
    """The task of this name in any form: one that `load` finds, or one that a `strop.toml`, or a folder with one, describes.

    The options of `changes` replace those of the file. A `trusted` `strop.toml` may name what lies outside of its repository.

    Raises:
        ConfigurationError: there is no such task, its file is not complete, or a task without a `strop.toml` is to be changed.
    """
    path = Path(name)
    if config := config_of(path):
        return read_config(config, changes, trusted=trusted)
    if fields := changes_of(name, changes or {}):
        return replace(load_any(name), **fields)
    if (
        name not in (*PAPER, *META)
        and path.suffix != ".py"
        and (entry_point := find_installed(TASKS, name)) is not None
    ):
        task = _offered(entry_point)
        if isinstance(task, CommandTask):
            return task
    return load(name)


def changes_of(name: str, options: Mapping[str, object]) -> dict[str, Any]:
    """The fields of a task that `options` change. The only option that every form of task has is `fixed_input`.

    Raises:
        ConfigurationError: there is another option. A task has its own scorer, and runs in strop's own interpreter.
    """
    if other := next((key for key in options if key != "fixed_input"), None):
        raise ConfigurationError(
            f"{flag_of(other)} does not apply to {name}, which is a task and runs in strop's own interpreter; "
            f"it requires {option('command')} or {option('evaluator')}"
        )
    return {key: bool(value) for key, value in options.items()}


def _from_file(path: Path, attribute: str) -> Task:
    if not path.is_file():
        raise ConfigurationError(f"there is no task file {path}")
    spec = spec_of(path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} cannot be read as a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        with _as_a_script(path):
            if spec.parent:
                importlib.import_module(spec.parent)
            with registered(spec.name, module):
                spec.loader.exec_module(module)
    except CalledWhileLoading:
        raise
    except SystemExit as error:
        raise ConfigurationError(
            f"{path} cannot be loaded: it ends the program (SystemExit: {error.code}); "
            "read arguments below if __name__ == '__main__'"
        ) from error
    except Exception as error:
        missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
        ways = (
            f". A strop.Task runs in strop's own Python: to add what it imports, {to_add(missing.partition('.')[0])}; "
            "or install strop where that is"
        )
        raise ConfigurationError(
            f"{path} cannot be loaded: {type(error).__name__}: {error}{ways if missing else ''}"
        ) from error
    refuse_shadowing([Path(file) for file in loaded(path).files])
    task = getattr(module, attribute, None)
    if not isinstance(task, Task):
        there = [name for name, value in vars(module).items() if isinstance(value, Task)]
        close = difflib.get_close_matches(attribute, there, n=1, cutoff=0.0)
        meant = (
            f"; did you mean {path}:{close[0]}?"
            if close
            else f"; or say how it is scored: {option('evaluator')} FILE, or {option('command')}"
        )
        raise ConfigurationError(
            f"{path} defines no strop.Task called {attribute!r}, and no function that strop.improve_me marks{meant}"
        )
    return task


@contextmanager
def _as_a_script(path: Path) -> Iterator[None]:
    """Load a module without strop's own arguments, input and output. No compiled copy is written beside it, because nobody could
    tell it from a forged one."""
    arguments, keyboard, token = sys.argv, sys.stdin, _loading.set(path)
    sys.argv, sys.stdin = [str(path)], io.StringIO()
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.argv, sys.stdin = arguments, keyboard
        sys.dont_write_bytecode = writes
        _loading.reset(token)
