"""The arguments of the public functions: their failures name arguments, and their options make a recipe and a scoring."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from strop.api.subjects import TaskLike, model_name, model_of, required, source_of
from strop.api.target import Scoring
from strop.base.errors import ConfigurationError, StropError
from strop.runs.spec import RunSpec, seconds
from strop.tasks.registry import OBJECT

P = ParamSpec("P")
R = TypeVar("R")

_FLAG = re.compile(r"""(?<!\w)(['"`]).*?\1(?!\w)|(?<![\w/-])--(?P<name>[a-z][a-z-]*[a-z])\b""")
"""A flag, or what stands in quotes, which is somebody's own text."""
_LISTS = ("score", "metric", "require_metric", "files", "new_files", "tool", "writable", "only")


def names_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Makes the failures of a public function name its arguments (`max_cost`) where the commands name flags (`--max-cost`)."""
    parameters = inspect.signature(function).parameters

    def argument(flag: re.Match[str]) -> str:
        name = (flag["name"] or "").replace("-", "_")
        return name if name in parameters else flag[0]

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except StropError as error:
            error.args = (_FLAG.sub(argument, str(error)), *error.args[1:])
            raise

    return called


def several(task: TaskLike | Sequence[TaskLike]) -> tuple[TaskLike, ...]:
    """The tasks that are named or given.

    Raises:
        ConfigurationError: none is.
    """
    found = tuple(task) if isinstance(task, Sequence) and not isinstance(task, str) else (task,)
    if not found or "" in found:
        raise ConfigurationError("name a task: a built-in one, a file, or a folder with a strop.toml")
    return found


def plain_name(source: str) -> str:
    """A task's source as part of a folder's name."""
    return source.removeprefix(OBJECT)


def recipe_of(tasks: Sequence[TaskLike], arguments: Mapping[str, Any], **fixed: Any) -> RunSpec:
    """The recipe that a function's arguments describe, those among them that are fields of it; `fixed` are further fields.

    A seed is drawn where it is None.

    Raises:
        ConfigurationError: a value is of another type, or out of its range.
    """
    given = {field.name: arguments[field.name] for field in fields(RunSpec) if field.name in arguments} | fixed
    lm = given["lm"]
    given["lm"] = model_name(lm)
    limited = [name for name in ("max_cost", "max_tokens") if given.get(name) is not None]
    if limited and model_of(lm) is not None:
        raise ConfigurationError(f"{limited[0]} needs a model whose use is known: name it by its specification")
    given["require"] = required(given["require"])
    for name in ("max_time", "give_up_after"):
        if isinstance(given.get(name), str):
            given[name] = seconds(given[name], name)
    if given["seed"] is None:
        given["seed"] = int.from_bytes(os.urandom(4), "big")
    given["improver"] = str(given["improver"])
    task, *further = map(source_of, tasks)
    spec = RunSpec(**given | {"task": task, "further_tasks": tuple(further)})
    spec.check_types()
    spec.checked()
    return spec


def scoring_of(arguments: Mapping[str, Any]) -> Scoring:
    """How a program is scored, from the arguments that say it; one text stands for a list of one."""
    found = {field.name: arguments[field.name] for field in fields(Scoring)}
    for name in _LISTS:
        value = found[name]
        found[name] = (value,) if isinstance(value, (str, Path)) else tuple(value)
    for name in ("evaluator", "python"):
        found[name] = None if found[name] is None else Path(found[name])
    found["tool"] = tuple(map(Path, found["tool"]))
    return Scoring(**found)
