"""Tasks to begin with: one folder a form, whose files work as they stand, and what is put in the place of their names.

The files are real ones, so that tests run them. They are read as text, never imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from strop.base.errors import ConfigurationError
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL

FormName: TypeAlias = Literal["sample", "function", "evaluator", "command"]
NAME = "my-task"
"""The task's name in the files."""
METRIC = "my_metric"
"""The metric's name in the files."""
WORDS = "as few quarrels as possible within a shift"
"""What is better, in the files of forms whose score is computed in Python."""
_FOLDER = Path(__file__).parent
_METRIC = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,39})(?::(max|min))?")


@dataclass(frozen=True)
class Form:
    """One kind of task."""

    name: FormName
    goal: str
    """What is better in the files as they stand."""
    improved: str
    """The file that strop improves."""
    commands: tuple[str, ...]
    """What to do next, in the folder; `{metric}` and `{goal}` as they were given."""


def _host(target: str) -> tuple[str, ...]:
    return f"strop check {target}", f"strop improve {target} --model MODEL", "strop apply"


_EVALUATED = "switches.py --evaluator evaluator.py --metric {goal}"
FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form(
            "sample",
            WORDS,
            "shifts.py",
            _host("task.py"),
        ),
        Form(
            "function",
            WORDS,
            "shifts.py",
            _host("bench.py:target"),
        ),
        Form(
            "evaluator",
            f"{METRIC}:max",
            "switches.py",
            _host(_EVALUATED),
        ),
        Form(
            "command",
            f"{METRIC}:max",
            "switches.py",
            _host("."),
        ),
    )
}
"""Every form by its name."""


def files_of(form: Form, name: str, goal: str) -> dict[str, str]:
    """The files of a new task, name → text, and nothing of the example left where `name` and `goal` say something else.

    Raises:
        ConfigurationError: one of them is not of its form.
    """
    if not re.fullmatch(r"\w[\w.-]{0,79}", name):
        raise ConfigurationError(f"a task's name is made of letters, digits, '-', '_' and '.', not {name!r:.90}")
    if form.goal == WORDS:
        goal = " ".join(goal.split())
        if not goal.isprintable() or not 1 <= len(goal) <= 200:
            raise ConfigurationError("what is better is one line of at most 200 characters")
        exchanged = {WORDS: goal}
    else:
        exchanged = _exchanged(form, *metric_of(form, goal))
    exchanged[NAME] = name
    old = re.compile("|".join(map(re.escape, sorted(exchanged, key=len, reverse=True))))  # at once: what is new stays
    paths = sorted(_FOLDER.joinpath(form.name).glob("*.*"))
    return {path.name: old.sub(lambda found: exchanged[found[0]], path.read_text(encoding="utf-8")) for path in paths}


def next_commands(form: Form, goal: str) -> tuple[str, ...]:
    """What to do next, in the task's folder."""
    said = goal if form.goal == WORDS else ":".join(metric_of(form, goal))
    return tuple(command.format(goal=said) for command in form.commands)


def metric_of(form: Form, goal: str) -> tuple[str, str]:
    """Name and direction of a metric.

    Raises:
        ConfigurationError: it is not of the form NAME, NAME:max or NAME:min, or cannot be.
    """
    found = _METRIC.fullmatch(goal.strip())
    if found is None:
        raise ConfigurationError(f"what is better is NAME:max or NAME:min, e.g. {form.goal}, not {goal!r:.90}")
    name, direction = found[1], found[2]
    if name not in COUNTED_BY_KERNEL:
        return name, direction or "max"
    if form.name == "evaluator":
        raise ConfigurationError(f"{name} is measured while a command runs; take --form command")
    if direction == "max":
        raise ConfigurationError(f"less {name} is better: {name}:min")
    return name, "min"


def _exchanged(form: Form, name: str, direction: str) -> dict[str, str]:
    """What of the files is put otherwise for this metric."""
    found = {}
    if name in COUNTED_BY_KERNEL:
        found[
            f'{{ {METRIC} = "$.{METRIC}" }} # where the number stands in the output: a JSON path, or a regular expression'
        ] = f'{{ {name} = "{name}" }} # what strop measures while the command runs'
        found[f'"{METRIC}": share'] = '"share": share'
    elif direction == "min":  # of the rules that do not hold, then
        found[f'"{METRIC}": sum(shares) / len(shares)'] = f'"{name}": 1 - sum(shares) / len(shares)'
        found[f'"{METRIC}": share}}'] = f'"{name}": 1 - share}}'
    return found | {f"{METRIC}:max": f"{name}:{direction}", METRIC: name}
