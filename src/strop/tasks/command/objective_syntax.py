"""Parse objectives: scores, metrics and constraints as options have them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from strop.base.errors import ConfigurationError
from strop.tasks.command.objective import COUNTED_BY_KERNEL, NAME, READERS, Constraint, Metric, Objective
from strop.tasks.command.readers import check_reader, path_of, steps_of

_NAMED = re.compile(rf"({NAME})=(.*)", re.DOTALL)
_METRIC = re.compile(rf"({NAME})(?::(max|min)?(?::(.+))?)?")
_CONSTRAINT = re.compile(rf"({NAME})\s*(>=|<=|==?)\s*(\S.*)")
_NO_LITERAL = re.compile(r"\\.|\[[^\]]*\]")
SCORE = "score"
"""The name of a score without another one."""


def parse_objective(
    score: Sequence[str] | Mapping[str, str],
    metric: Sequence[str],
    require_metric: Sequence[str],
    *,
    pareto: bool = False,
) -> Objective:
    """The objective of these options.

    Args:
        score: Readers, or `NAME=READER`, or a mapping of these. Without a name it is the reader's word, the last name of the
            JSON path, or `score`.
        metric: `NAME`, `NAME:max`, `NAME:min:2` (the 2 is its weight). Only kernel counts (min), `passed` and `tests` (max) have
            a goal of their own.
        require_metric: `NAME=1`, `NAME>=0.9`, `NAME<=100`.

    Raises:
        ConfigurationError: something is wrong or missing; the message names it.
    """
    constraints = tuple(map(parse_constraint, require_metric))
    wanted = list(map(_metric_parts, metric))
    readers = dict(score) if isinstance(score, Mapping) else _named(score)
    for option, names in (
        ("metric", [name for name, _, _ in wanted]),
        ("require_metric", [c.name for c in constraints]),
    ):
        for name in names:
            if name in READERS:
                readers.setdefault(name, name)
            elif name not in readers:
                raise ConfigurationError(f"{option}: no score is named {name}; {_listed(list(readers))}")
    for name, reader in readers.items():
        check_reader(name, reader)
    if not wanted:  # a score that is only required is not a goal
        required = {constraint.name for constraint in constraints}
        wanted = [(name, "", None) for name in readers if name not in required or required >= readers.keys()]
    if not wanted:
        raise ConfigurationError(
            "score: say what is better, e.g. --score time, --score tests, or --score 'ops/s: (\\S+)' --metric score:max"
        )
    metrics = tuple(
        Metric(name, _goal(name, goal, readers[name]), weight or 1.0, weight is not None)  # type: ignore[arg-type]
        for name, goal, weight in wanted
    )
    return Objective(metrics, readers, constraints, pareto)


def parse_constraint(text: str) -> Constraint:
    """`tests=1`, `accuracy>=0.9`, `memory<=100`.

    Raises:
        ConfigurationError: it has another form.
    """
    parts = _CONSTRAINT.fullmatch(text.strip())
    bound = _number(parts[3]) if parts else None
    if parts is None or bound is None:
        raise ConfigurationError(
            f"require_metric: {text!r:.90}: expected NAME=1, NAME>=0.9 or NAME<=100, with a plain number"
        )
    return Constraint(parts[1], parts[2].replace("==", "="), bound)  # type: ignore[arg-type]


def _metric_parts(text: str) -> tuple[str, str, float | None]:
    """Name, goal or an empty text, weight or None."""
    parts = _METRIC.fullmatch(text.strip())
    weight = _number(parts[3]) if parts and parts[3] else None
    if parts is None or (parts[3] and not (weight and weight > 0)):
        raise ConfigurationError(f"metric {text!r:.90}: expected NAME:max, NAME:min or NAME:min:WEIGHT")
    return parts[1], parts[2] or "", weight


def _named(scores: Sequence[str]) -> dict[str, str]:
    """Name → reader."""
    readers: dict[str, str] = {}
    for text in scores:
        found = _NAMED.fullmatch(text)
        name, reader = (found[1], found[2]) if found else (_name_of(text), text)
        # In score=(\d+) the name is what the command prints.
        if found and "(" in reader and not path_of(reader) and not re.search("[A-Za-z]", _literal(reader)):
            reader = text
        if name in readers:
            raise ConfigurationError(f"score: two scores are named {name}; name each: NAME=HOW")
        readers[name] = reader
    return readers


def _name_of(reader: str) -> str:
    """The name of a score that nobody named."""
    if reader in READERS:
        return reader
    path = path_of(reader)
    names = [step for step in (steps_of(path) if path else ()) if isinstance(step, str) and re.fullmatch(NAME, step)]
    return names[-1] if names else SCORE


def _literal(pattern: str) -> str:
    """The text before the group of a regular expression, without escapes and classes."""
    return _NO_LITERAL.sub("", pattern).partition("(")[0]


def _goal(name: str, goal: str, reader: str) -> str:
    if not goal and reader not in READERS:
        raise ConfigurationError(
            f"score {name}: say whether more or less of it is better: --metric {name}:max or --metric {name}:min "
            f'(in a strop.toml: metric = ["{name}:max"])'
        )
    return goal or ("min" if reader in COUNTED_BY_KERNEL else "max")


def _listed(names: Sequence[str]) -> str:
    there = f"the scores are {' and '.join(names)}" if names else "there is no score"
    return f"{there} (--score NAME=HOW names one)"


def _number(text: str) -> float | None:
    """A finite number that `float` reads whole."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and text.isascii() and "_" not in text else None
