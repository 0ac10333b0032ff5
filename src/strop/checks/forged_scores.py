"""What a command would print, and write, if the program were better: made of how the score is read, and of an honest output."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from strop.tasks.command.objective import COUNTED_BY_KERNEL, Objective
from strop.tasks.command.readers import file_of, steps_of

TIMES_BETTER = 10.0
"""A forged value is so many times better than the original's."""


def forged_values(objective: Objective, values: Mapping[str, float]) -> dict[str, float]:
    """Better values for everything that is printed: constraints met, metrics ten times better."""
    goals = {metric.name: metric.goal for metric in objective.metrics}
    found: dict[str, float] = {}
    for name, reader in objective.readers.items():
        if reader not in (*COUNTED_BY_KERNEL, "passed"):
            found[name] = _better(values[name], goals[name]) if name in goals else values[name]
    return found | {
        each.name: each.bound for each in objective.constraints if each.name in found and each.name not in goals
    }


def forged_output(objective: Objective, values: Mapping[str, float], output: str) -> str:
    """What the command would print with these values; empty where nothing of the score is printed."""
    lines: list[str] = []
    document: object = None
    for name, value in values.items():
        reader = objective.readers[name]
        if reader == "tests":
            lines.append("1000 passed in 0.01s")
        elif reader.startswith("$"):
            document = _put(document, steps_of(reader), value)
        elif not file_of(reader):
            lines.append(_line(reader, value, output))
    if document is not None:
        lines.append(json.dumps(document))
    return "".join(f"\n{line}" for line in lines if line) + "\n" if any(lines) else ""


def forged_file(objective: Objective, values: Mapping[str, float]) -> tuple[str, str]:
    """The first file that scores are read from and what it would hold; empty where there is none."""
    paths = [path for name in values if (path := file_of(objective.readers[name]))]
    if not paths:
        return "", ""
    document: object = None
    for name, value in values.items():
        if file_of(objective.readers[name]) == paths[0]:
            document = _put(document, steps_of(objective.readers[name].partition(":")[2]), value)
    return paths[0], json.dumps(document)


def _better(value: float, goal: str) -> float:
    if goal == "max":
        return value * TIMES_BETTER if value > 0 else value + TIMES_BETTER
    return value / TIMES_BETTER if value > 0 else value - TIMES_BETTER


def _put(document: object, steps: list[str | int], value: float) -> object:
    """A document with a value at a path."""
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(first, str):
        inside = dict(document) if isinstance(document, dict) else {}
        inside[first] = _put(inside.get(first), rest, value)
        return inside
    items = list(document) if isinstance(document, list) else []
    index = first if first >= 0 else max(len(items) - 1, 0)
    items += [None] * (index + 1 - len(items))
    items[index] = _put(items[index], rest, value)
    return items


def _line(pattern: str, value: float, output: str) -> str:
    """The line of an honest output that the pattern matches, with another number in it."""
    for line in output.splitlines():
        match = re.search(pattern, line)
        if match is not None and match[1] is not None:
            return f"{line[: match.start(1)]}{value:.6g}{line[match.end(1) :]}"
    return ""
