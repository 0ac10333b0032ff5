"""A command task from the words of a command line, or of a file with the same words: globs, scores, metrics, constraints.

`files`, `writable` and `new_files` are globs below the root, `tool` paths of this machine; `repeat` and `held_out` are the
runs on the training and the sealed split; `memory_limit` is in bytes. `objective_of` says what forms `score`, `metric` and
`require_metric` have.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from strop.base.console import notify
from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.tasks.command.objective import COUNTED_BY_KERNEL, NAME, READERS, TIMES, Constraint, Metric, Objective
from strop.tasks.command.readers import check_reader, file_of
from strop.tasks.command.task import CommandTask
from strop.tasks.command.tree import resolved, text_of

REPEATED = 3
"""Training runs where the original is measured in turns: one pair would say more of the machine than of the program."""
_SEEDED = ("{seed}", "{instance}", "STROP_SEED", "STROP_INSTANCE")
"""Words of a command that draws its input from the seed."""
_NAMED = re.compile(rf"({NAME})=(.*)", re.DOTALL)
_METRIC = re.compile(rf"({NAME})(?::(\w+))?(?::([^:]*))?")
_CONSTRAINT = re.compile(rf"({NAME})\s*(>=|<=|==?)\s*(\S+)")
_LAST_STEP = re.compile(r"([A-Za-z_][\w-]*)[^A-Za-z_]*$")


def from_flags(
    root: Path,
    *,
    command: str,
    files: Sequence[str],
    score: Sequence[str] | Mapping[str, str] = (),
    metric: Sequence[str] = (),
    require_metric: Sequence[str] = (),
    name: str = "",
    build: str = "",
    only: Sequence[str] = (),
    new_files: Sequence[str] = (),
    tool: Sequence[str | Path] = (),
    writable: Sequence[str] = (),
    repeat: int | None = None,
    held_out: int | None = None,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    seeded: bool | None = None,
    interleaved: bool | None = None,
    compare_output: bool | None = None,
    fixed_input: bool = False,
    pareto: bool = False,
    description: str = "",
    environment: Mapping[str, str] | None = None,
) -> CommandTask:
    """The command task of these words; None and empty mean the default. Raises ConfigurationError, which names what is wrong."""
    objective = objective_of(score, metric, require_metric, pareto=pareto)
    _warn_of_keys(root)
    in_turns = interleaved if interleaved is not None else _is_noisy(objective)
    return CommandTask(
        name=name or _name_of(root),
        root=root,
        files=_texts(root, files),
        command=command,
        objective=objective,
        build=build,
        **_numbers(REPEATED if repeat is None and in_turns else repeat, held_out, time_limit, memory_limit),
        seeded=any(word in command for word in _SEEDED) if seeded is None else seeded,
        interleaved=in_turns,
        compare_output=objective.needs_comparison if compare_output is None else compare_output,
        fixed_input=fixed_input,
        writable=tuple(writable),
        tools=tuple(_tool(root, each) for each in tool),
        only=tuple(only),
        new_files=tuple(new_files),
        description=description,
        environment=dict(environment or {}),
    )


def _numbers(
    repeat: int | None, held_out: int | None, time_limit: float | None, memory_limit: int | None
) -> dict[str, Any]:
    """Those that were given, by the name of their field."""
    named = {
        "instances": repeat,
        "test_instances": held_out,
        "time_limit": None if time_limit is None else float(time_limit),
        "memory_limit": memory_limit,
    }
    return {name: value for name, value in named.items() if value is not None}


def objective_of(
    score: Sequence[str] | Mapping[str, str],
    metric: Sequence[str],
    require_metric: Sequence[str],
    *,
    pareto: bool = False,
) -> Objective:
    """The objective of these words.

    Args:
        score: Readers: one, or several as `NAME=READER` (or a mapping of these).
        metric: `NAME`, `NAME:max`, `NAME:min:2` (the 2 is its weight).
        require_metric: `NAME=1`, `NAME>=0.9`, `NAME<=100`.

    Raises:
        ConfigurationError: something is wrong or missing; the message names it.
    """
    constraints = tuple(parse_constraint(each) for each in require_metric)
    wanted = [_metric_parts(each) for each in metric]
    names = [name for name, _, _ in wanted]
    readers = _readers(score, names, [constraint.name for constraint in constraints])
    for name, reader in readers.items():
        check_reader(name, reader)
    if not names:
        # What is read only to be required is no goal.
        required = {constraint.name for constraint in constraints}
        wanted = [(name, "", 1.0) for name in readers if name not in required] or [(name, "", 1.0) for name in readers]
    metrics = tuple(
        Metric(name, _goal(name, goal, readers.get(name, "")), weight)  # type: ignore[arg-type]
        for name, goal, weight in wanted
    )
    if not metrics:
        raise ConfigurationError(
            "score: say what is better, e.g. --score time, --score tests or --score 'ops/s: ([0-9.]+)'"
        )
    return Objective(metrics, readers, constraints, pareto)


def _texts(root: Path, files: Sequence[str]) -> dict[str, str]:
    if not files:
        raise ConfigurationError("files: say which files may change, e.g. --files 'src/*.c'")
    return {path: text_of(root, path) for path in resolved(root, files, "files")}


def _is_noisy(objective: Objective) -> bool:
    return any(objective.readers[each.name] in TIMES for each in objective.metrics)


def parse_constraint(text: str) -> Constraint:
    """`tests=1`, `accuracy>=0.9`, `memory<=100`.

    Raises:
        ConfigurationError: it is no such thing.
    """
    found = _CONSTRAINT.fullmatch(text.strip())
    bound = _number(found[3]) if found else None
    if found is None or bound is None:
        raise ConfigurationError(f"require_metric: {text!r:.90} has not the form NAME=1, NAME>=0.9 or NAME<=100")
    return Constraint(found[1], found[2].replace("==", "="), bound)  # type: ignore[arg-type]


def _metric_parts(text: str) -> tuple[str, str, float]:
    found = _METRIC.fullmatch(text.strip())
    weight = _number(found[3]) if found and found[3] is not None else 1.0
    if found is None or found[2] not in (None, "max", "min") or weight is None or weight <= 0:
        raise ConfigurationError(f"metric: {text!r:.90} has not the form NAME:max, NAME:min or NAME:min:WEIGHT")
    return found[1], found[2] or "", weight


def _readers(
    score: Sequence[str] | Mapping[str, str], metrics: Sequence[str], constraints: Sequence[str]
) -> dict[str, str]:
    """Name → reader. A name that is itself a reader needs no other."""
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
        for each in score:
            named = _NAMED.fullmatch(each)
            if named is None and each not in READERS:
                raise ConfigurationError(f"score: of several, each has the form NAME=HOW, not {each!r:.90}")
            readers[named[1] if named else each] = named[2] if named else each
    for name in (*metrics, *constraints):
        if name not in readers and name in READERS:
            readers[name] = name
    return readers


def _name_for(reader: str, known: Sequence[str]) -> str:
    """The name of a score that nobody named."""
    if reader in READERS:
        return reader
    is_path = reader.startswith("$") or file_of(reader)
    last = _LAST_STEP.search(reader) if is_path else None
    name = last[1] if last else "score"
    return name if name not in known else f"{name}_score"


def _goal(name: str, goal: str, reader: str) -> str:
    if goal:
        return goal
    return "min" if (reader or name) in COUNTED_BY_KERNEL else "max"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _name_of(root: Path) -> str:
    """A folder's name as a task's."""
    return re.sub(r"[^\w.-]+", "-", root.resolve().name).strip("-.")[:80] or "command"


_KEYS = (".ssh", ".gnupg", ".aws")


def _warn_of_keys(root: Path) -> None:
    """Say it where the copy that commands get would hold the keys of a user."""
    root = root.resolve()
    held = [name for name in _KEYS if (root / name).is_dir()]
    homes: list[Path] = []
    with suppress(RuntimeError):  # nobody has this user id
        homes = [Path.home()]
    if held or any(home.is_relative_to(root) for home in homes):
        what = f"holds {' and '.join(held)}" if held else "is or holds your home folder"
        notify(
            f"{escape(str(root))} {what}, and commands get a copy of all of it: give the project a folder of its own"
        )


_NO_TOOLS = ("/proc", "/sys", "/dev", "/run")


def _tool(root: Path, tool: str | Path) -> Path:
    path = Path(tool).expanduser()
    path = path if path.is_absolute() else root / path
    if not path.exists():
        raise ConfigurationError(f"tool: there is no {path}")
    real = path.resolve()
    if real == Path("/") or any(real.is_relative_to(place) for place in _NO_TOOLS):
        raise ConfigurationError(f"tool: {path} cannot be shown to commands: it leads to the machine's other processes")
    return path
