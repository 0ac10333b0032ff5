"""Parse objectives: scores, metrics and constraints as options have them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.command.direction import may_be_cost
from strop.tasks.command.objective import COUNTED_BY_KERNEL, NAME, READERS, Constraint, Metric, Objective
from strop.tasks.command.readers import check_reader, file_of
from strop.tasks.command.written_number import PLAINLY, number_at

_NAMED = re.compile(rf"({NAME})=(.*)", re.DOTALL)
_METRIC = re.compile(rf"({NAME})(?::(\w+))?(?::([^:]*))?")
_CONSTRAINT = re.compile(rf"({NAME})\s*(>=|<=|==?)\s*(\S.*)")
_LAST_STEP = re.compile(r"([A-Za-z_][\w-]*)[^A-Za-z_]*$")


def parse_objective(
    score: Sequence[str] | Mapping[str, str],
    metric: Sequence[str],
    require_metric: Sequence[str],
    *,
    pareto: bool = False,
) -> Objective:
    """The objective of these options.

    Args:
        score: Readers: one, or several as `NAME=READER` (or a mapping of these).
        metric: `NAME`, `NAME:max`, `NAME:min:2` (the 2 is its weight).
        require_metric: `NAME=1`, `NAME>=0.9`, `NAME<=100`.

    Raises:
        ConfigurationError: something is wrong or missing; the message names it.
    """
    constraints = tuple(map(parse_constraint, require_metric))
    wanted = list(map(_metric_parts, metric))
    names = [name for name, _, _ in wanted]
    readers = _readers(score, names, [constraint.name for constraint in constraints])
    for name, reader in readers.items():
        check_reader(name, reader)
    if not names:
        # A score that is only required is not a goal.
        required = {constraint.name for constraint in constraints}
        wanted = [(name, "", None) for name in readers if name not in required] or [
            (name, "", None) for name in readers
        ]
    _check_goals(wanted, readers)
    metrics = tuple(
        Metric(name, _goal(name, goal, readers.get(name, "")), weight or 1.0, weight is not None)  # type: ignore[arg-type]
        for name, goal, weight in wanted
    )
    if not metrics:
        raise ConfigurationError(
            "score: say what is better, e.g. --score time, --score tests or --score 'ops/s: ([0-9.]+)'"
        )
    return Objective(metrics, readers, constraints, pareto)


def parse_constraint(text: str) -> Constraint:
    """`tests=1`, `accuracy>=0.9`, `memory<=100`.

    Raises:
        ConfigurationError: it has another form.
    """
    parts = _CONSTRAINT.fullmatch(text.strip())
    if parts is None:
        raise ConfigurationError(f"require_metric: {text!r:.90}: expected NAME=1, NAME>=0.9 or NAME<=100ms")
    whole = (0, len(parts[3]))
    try:
        bound = number_at(parts[3], whole, whole)
    except Malformed as error:
        raise ConfigurationError(f"require_metric: {text!r:.90}: the bound {error}") from error
    if bound.commas == 1:
        raise ConfigurationError(f"require_metric: {text!r:.90}: the comma may be a decimal comma; {PLAINLY}")
    return Constraint(parts[1], parts[2].replace("==", "="), bound.value, bound.unit)  # type: ignore[arg-type]


def _metric_parts(text: str) -> tuple[str, str, float | None]:
    """Name, goal or an empty text, weight or None."""
    parts = _METRIC.fullmatch(text.strip())
    weight = _number(parts[3]) if parts and parts[3] is not None else None
    has_weight = parts is not None and parts[3] is not None
    if parts is None or parts[2] not in (None, "max", "min") or (has_weight and (weight is None or weight <= 0)):
        raise ConfigurationError(f"metric {text!r:.90}: expected NAME:max, NAME:min or NAME:min:WEIGHT")
    return parts[1], parts[2] or "", weight


def _readers(
    score: Sequence[str] | Mapping[str, str], metrics: Sequence[str], constraints: Sequence[str]
) -> dict[str, str]:
    """Name → reader. A name that is a reader reads itself."""
    readers: dict[str, str] = {}
    unread = [name for name in dict.fromkeys((*metrics, *constraints)) if name not in READERS]
    if isinstance(score, Mapping):
        readers.update(score)
    elif len(score) == 1:
        # With one score the whole of it is the reader: `score=([0-9]+)` is a regular expression too.
        named = _NAMED.fullmatch(score[0])
        if named and named[1] in unread and len(unread) > 1:
            readers[named[1]] = named[2]
        else:
            known = [*metrics, *constraints]
            readers[unread[0] if unread else _name_for(score[0], known)] = score[0]
    else:
        for text in score:
            named = _NAMED.fullmatch(text)
            if named is None and text not in READERS:
                raise ConfigurationError(f"score: with several scores, each must be NAME=HOW, not {text!r:.90}")
            readers[named[1] if named else text] = named[2] if named else text
    for name in (*metrics, *constraints):
        if name not in readers and name in READERS:
            readers[name] = name
    return readers


def _name_for(reader: str, known: Sequence[str]) -> str:
    """The name of an unnamed score."""
    if reader in READERS:
        return reader
    is_path = reader.startswith("$") or file_of(reader)
    last = _LAST_STEP.search(reader) if is_path else None
    name = last[1] if last else "score"
    return name if name not in known else f"{name}_score"


def _goal(name: str, goal: str, reader: str) -> str:
    return goal or ("min" if (reader or name) in COUNTED_BY_KERNEL else "max")


def _check_goals(wanted: Sequence[tuple[str, str, float | None]], readers: Mapping[str, str]) -> None:
    """Raises ConfigurationError for a metric without a goal of which less may be better: that is not guessed."""
    for name, goal, _ in wanted:
        reader = readers.get(name, "")
        if reader and reader not in READERS and not goal and may_be_cost(name, reader):
            each = [
                f"{one}:{goal or ('min' if one == name else _goal(one, goal, readers.get(one, '')))}"
                for one, goal, _ in wanted
            ]
            flags = " ".join(f"--metric {one}" for one in each)
            listed = ", ".join(f'"{one}"' for one in each)
            raise ConfigurationError(
                f"metric {name}: say whether less or more of it is better, e.g. {flags}; in a strop.toml metric = [{listed}]"
            )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
