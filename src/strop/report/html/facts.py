"""Which run it is: its recipe, the ground it stands on, and the commands that make it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from strop.report.html.page_data import PageData
from strop.report.html.schema import Commands, PostureFacts, RunFacts
from strop.report.terminal.words import notice_of
from strop.runs.improve import FLAGS_KEY
from strop.runs.run_directory import RESUMABLE
from strop.runs.spec import RunSpec

_FLAGS_OF = {"further_tasks", "task", "require", "model", "seed", "improver"}
"""Fields of a recipe whose flags are made by hand."""
_NOT_ONCE = {"iterations", "copies", "meta_budget", "selection", "gate_error", "gate_pairs", "improver"}
"""Fields that commands without Algorithm 1 have no flags for, but for `copies` where an improver is measured."""


def run_facts(data: PageData, meta: Mapping[str, str], recipe: Mapping[str, Any], directory: Path) -> RunFacts:
    """Which run it is."""
    model, real = meta.get("language_model", ""), meta.get("is_language_model") == "true"
    kind, task = meta.get("kind", ""), meta.get("task", "")
    return {
        "name": directory.resolve().name,
        "kind": kind,
        "task": task,
        "tasks": task.split(", ") if task else [],
        "model": model,
        "is_language_model": real,
        "notice": notice_of(model, real) if model else "",
        "status": data.run.status,
        "detail": data.run.detail,
        "selection": str(recipe.get("selection", "")) if kind == "run" else "",
        "started": data.run.began,
        "seconds": data.run.seconds,
        "directory": str(directory),
    }


def environment_of(data: PageData) -> dict[str, Any]:
    """Versions and platform."""
    return dict(data.run.start.environment) if data.run.start else {}


def posture_of(data: PageData) -> PostureFacts:
    """What the jail was observed to prevent."""
    found = data.run.start.posture if data.run.start else {}
    protections = found.get("protections", {})
    return {
        "protections": [
            {
                "name": name,
                "what": str(each.get("what", "")),
                "enforced": each.get("enforced") is True,
                "detail": str(each.get("detail", "")),
            }
            for name, each in protections.items()
        ],
        "layers": {name: str(said) for name, said in found.get("layers", {}).items()},
    }


def commands_of(run: RunFacts, recipe: Mapping[str, Any], meta: Mapping[str, str]) -> Commands:
    """Exact command lines. `again` makes a new run by the same recipe; on the same machine it meets the same instances."""
    directory = shlex.quote(run["directory"])
    kind, status = run["kind"], run["status"]
    goes_on = kind in RESUMABLE and status not in ("finished", "running")
    return {
        "again": _again(kind, recipe, meta) if recipe else "",
        "resume": f"strop resume {directory}" if goes_on else "",
        "replay": f"strop replay {directory}" if kind == "run" and status == "finished" else "",
    }


def _again(kind: str, recipe: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    tasks = [str(recipe.get("task", "")), *map(str, recipe.get("further_tasks", ()))]
    improvers = [name for name, _ in json.loads(meta.get("improvers", "[]"))]
    words = ["strop", "eval" if kind in ("compare", "noise") else kind]
    match kind:
        case "run":
            words += tasks
        case "improve":
            words += [*tasks[:1], *json.loads(meta.get(FLAGS_KEY, "[]"))]
        case "eval" | "compare" | "noise":
            shown = [name for name in improvers if name != "seed"] if kind == "eval" else improvers
            words += shown[:1] if kind == "compare" else shown or ["seed"]
            words += ["--against", *shown[1:]] if kind == "compare" else []
            words += ["--noise", meta.get("repeats", "20")] if kind == "noise" else []
            words += [word for task in tasks for word in ("--task", task)]
        case _:
            return ""
    return " ".join(shlex.quote(word) for word in [*words, *_flags(kind, recipe)])


def _flags(kind: str, recipe: Mapping[str, Any]) -> list[str]:
    words = [word for model in _models(str(recipe.get("model", "offline"))) for word in ("--model", model)]
    if "seed" in recipe:
        words += ["--seed", str(recipe["seed"])]
    improver = str(recipe.get("improver", "seed"))
    if kind == "improve" or (kind == "run" and improver != "seed"):
        words += ["--improver", improver]
    if recipe.get("require") is not None:
        words += ["--require", ",".join(map(str, recipe["require"])) or "none"]
    skipped = _FLAGS_OF | (set() if kind == "run" else _NOT_ONCE - {"copies"})
    skipped |= {"copies"} if kind == "improve" else set()
    for each in fields(RunSpec):
        value = recipe.get(each.name, each.default)
        # The number of jobs was filled in for the machine: elsewhere it would be wrong.
        if each.name not in skipped | {"jobs"} and value != each.default and value is not None:
            words += _as_flags({each.name: value})
    return words


def _as_flags(given: Mapping[str, object]) -> list[str]:
    """Values by name as flags: a switch alone, one flag for each value of a list."""
    words: list[str] = []
    for name, value in given.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            each = value if isinstance(value, (list, tuple)) else [value]
            words += [word for one in each for word in (f"--{flag}", str(one))]
    return words


def _models(lm: str) -> list[str]:
    if not lm.startswith("mix:"):
        return [lm]
    return [str(each) for each in json.loads(lm.removeprefix("mix:"))]
