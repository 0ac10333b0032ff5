"""The options of a recipe, as keywords: the names of the command's flags and of `strop.RunSpec`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from strop.api.subjects import ModelLike, Require, TaskLike, model_name, model_of, required, source_of
from strop.editing import Mode
from strop.errors import ConfigurationError
from strop.spec import RunSpec, seconds
from strop.tasks.registry import OBJECT


class RecipeOptions(TypedDict, total=False):
    """Fields of `strop.RunSpec`, each with its default there."""

    lm: ModelLike
    base_url: str | None
    iterations: int
    copies: int
    utility_budget: int
    meta_budget: int
    lm_budget: int
    max_responses: int
    edits: Mode
    instances: Literal["secret", "published"]
    jobs: int
    require: Require
    selection: Literal["paper", "gated", "archive"]
    gate_error: float
    gate_pairs: int
    max_cost: float | None
    max_tokens: int | None
    max_calls: int | None
    max_time: float | str | None
    """Seconds, or a time such as `30m`."""
    price: str | None
    max_output_tokens: int
    requests_per_minute: int | None
    tokens_per_minute: int | None


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


def recipe_of(tasks: Sequence[TaskLike], improver: str, seed: int | None, options: Mapping[str, Any]) -> RunSpec:
    """The recipe; a seed is drawn where none is given.

    Raises:
        ConfigurationError: an option is unknown, or its value is of another type.
    """
    unknown = sorted(set(options) - set(RecipeOptions.__annotations__))
    if unknown:
        raise ConfigurationError(
            f"there is no option {unknown[0]}; there are {', '.join(RecipeOptions.__annotations__)}"
        )
    given = dict(options)
    if "lm" in given:
        given["lm"] = model_name(given["lm"])
        limited = [name for name in ("max_cost", "max_tokens") if given.get(name) is not None]
        if limited and model_of(options["lm"]) is not None:
            raise ConfigurationError(f"{limited[0]} needs a model whose use is known: name it by its specification")
    if "require" in given:
        given["require"] = required(given["require"])
    if isinstance(given.get("max_time"), str):
        given["max_time"] = seconds(given["max_time"])
    task, *further = map(source_of, tasks)
    drawn = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    spec = RunSpec(task=task, further_tasks=tuple(further), improver=improver, seed=drawn, **given)
    spec.check_types()
    return spec
