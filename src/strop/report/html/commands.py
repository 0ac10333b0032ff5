"""The command lines that repeat, resume or replay a run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from strop.base.from_json import read_json
from strop.runs.improve import FLAGS_KEY
from strop.runs.options import BudgetOptions
from strop.runs.run_data import RunData
from strop.runs.run_directory import RESUMABLE
from strop.runs.spec import RunSpec

_EXPLICIT = {"further_tasks", "task", "require", "model", "seed", "improver", "workers"}
"""Fields of a spec that are not added as flags by their names; `workers` was filled in for the machine."""
_OF_ALGORITHM_1 = {"iterations", "meta_budget", "meta_utility", "selection", "gate_error", "gate_pairs"}
"""Fields that other commands than `run` have no flags for."""
_OF_IMPROVE = {field.name for field in fields(BudgetOptions)}
"""Fields of which `improve` has defaults of its own."""


def commands_of(run: RunData, directory: str) -> dict[str, str]:
    """Purpose → command line for a shell. `again` makes a new run with the same settings; on the same machine it gets the same
    instances."""
    place, kind = shlex.quote(directory), run.meta.get("kind", "")
    commands = {"again": _again(kind, run.recipe, run.meta) if run.recipe else ""}
    if kind in RESUMABLE and run.status not in ("finished", "running"):
        commands["resume"] = f"strop resume {place}"
    if kind == "run" and run.status == "finished":
        commands["replay"] = f"strop replay {place}"
    return {purpose: line for purpose, line in commands.items() if line}


def _again(kind: str, recipe: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    tasks = [str(recipe.get("task", "")), *map(str, recipe.get("further_tasks", ()))]
    improvers = [name for name, _ in read_json(meta.get("improvers", "[]"))]
    words = ["strop", "eval" if kind in ("compare", "noise") else kind]
    match kind:
        case "run":
            words += tasks
        case "improve":
            words += [*tasks[:1], *read_json(meta.get(FLAGS_KEY, "[]"))]
        case "eval" | "compare" | "noise":
            shown = [name for name in improvers if name != "seed"] if kind == "eval" else improvers
            words += shown[:1] if kind == "compare" else shown or ["seed"]
            words += ["--against", *shown[1:]] if kind == "compare" else []
            words += ["--noise", meta.get("repeats", "20")] if kind == "noise" else []
            words += [word for task in tasks for word in ("--task", task)]
        case _:
            return ""
    return shlex.join([*words, *_flags(kind, recipe)])


def _flags(kind: str, recipe: Mapping[str, Any]) -> list[str]:
    model = str(recipe.get("model", "offline"))
    models = read_json(model.removeprefix("mix:")) if model.startswith("mix:") else [model]
    words = _as_flags({"model": models} | ({"seed": recipe["seed"]} if "seed" in recipe else {}))
    improver = str(recipe.get("improver", "seed"))
    if kind == "improve" or (kind == "run" and improver != "seed"):
        words += ["--improver", improver]
    if recipe.get("require") is not None:
        words += ["--require", ",".join(map(str, recipe["require"])) or "none"]
    skipped = _EXPLICIT | (set() if kind == "run" else _OF_ALGORITHM_1) | ({"copies"} if kind == "improve" else set())
    for field in fields(RunSpec):
        value = recipe.get(field.name, field.default)
        is_shown = kind == "improve" and field.name in _OF_IMPROVE and not isinstance(value, bool)
        is_default = value == field.default and not is_shown
        if field.name not in skipped and not is_default and value is not None:
            words += _as_flags({field.name: value})
    return words


def _as_flags(values: Mapping[str, object]) -> list[str]:
    """Values by name as flags: a switch alone, one flag for each value of a list."""
    words: list[str] = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [
                word
                for item in (value if isinstance(value, list | tuple) else [value])
                for word in (f"--{flag}", str(item))
            ]
    return words
