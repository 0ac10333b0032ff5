"""Make a command task from options (`strop.options.scoring`); parse objectives; read and write `strop.toml`."""

from __future__ import annotations

import glob
import math
import os
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from strop.base.console import notify
from strop.base.environments import at_home, why_hidden
from strop.base.errors import ConfigurationError
from strop.base.plain_file import read_plain
from strop.base.python_discovery import Interpreter, check_outside, recorded_interpreter
from strop.base.surface import option, setting
from strop.base.terminal_text import escape
from strop.options.scoring import NOT_IN_FILE, check_options, flag_of, write_toml
from strop.tasks.command.objective import NAME, Constraint, Metric, Objective
from strop.tasks.command.readers import check_reader, number_in, path_of, steps_of
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, KINDS
from strop.tasks.command.task import CommandTask, Judge, distinct
from strop.tasks.command.tree import resolved, stays_within, text_of
from strop.tasks.evaluator.spec import RUNNER, EvaluatorSpec, stub_of, takes_seed

CONFIG = "strop.toml"
"""Name of the file. It lies in the root of its tree, unless its key `root` names another folder."""
INSTANCES, TIMED = 5, 3
"""How many training runs a task has: of scores, and of times, which are measured in turns with the original's."""
_MOST_BYTES = 1 << 20
"""Largest size of the file."""


def command_task(root: Path, **values: object) -> CommandTask:
    """The command task of the tree `root` with these options (the fields of `ScoringOptions`).

    `files` are globs below the root.

    Raises:
        ConfigurationError: an option is wrong or missing; the message names it.
    """
    options: Any = check_options(values)
    objective = parse_objective(options.score, options.metric, options.require_metric)
    objective = replace(objective, bounds=options.range and (float(options.range[0]), float(options.range[1])))
    judge, cases = _judge(root, options), resolved(root, options.cases, "cases")
    contents = len(distinct(root, cases))
    if contents == 1 < len(cases):
        raise ConfigurationError("cases: all files have the same content; some are held out, so give different ones")
    train, held_out = _split(options, contents) if cases else (options.instances, options.held_out)
    numbers: dict[str, Any] = {"instances": train, "test_instances": held_out}
    numbers |= {"time_limit": options.time_limit, "memory_limit": options.memory_limit}
    _warn_of_keys(root)
    task = CommandTask(
        name=options.name or _name_of(root),
        root=root,
        files=_texts(root, options.files),
        command=options.command,
        objective=objective,
        build=options.build,
        test=options.test,
        fixed_input=options.fixed_input,
        trust_programs=options.trust_programs,
        best_known=options.best_known,
        tools=tuple(_tool(root, tool) for tool in options.tool),
        only=options.only,
        context=resolved(root, options.context, "context") if options.context else (),
        description=_description(root, options),
        environment=dict(options.environment or {}),
        judge=judge,
        results=options.results,
        cases=cases,
        **{name: value for name, value in numbers.items() if value is not None},
    )
    for tool in task.tools:
        if held := next((path for path in task.files if (root / path).resolve().is_relative_to(tool.resolve())), ""):
            raise ConfigurationError(
                f"tool: {tool} holds {held}, which may change; commands would read it as it is there"
            )
    task = replace(_described_judge(task), evaluator=_evaluator(task, options))
    return task if train is not None else replace(task, instances=_instances(task))


def _instances(task: CommandTask) -> int:
    """How many training runs a task has. An input that the target chooses itself is run once, unless a time is measured."""
    return TIMED if task.objective.is_timed else 1 if task.input == "chosen" else INSTANCES


def _described_judge(task: CommandTask) -> CommandTask:
    """The task itself. Raises ConfigurationError if no model could read what its judge finds better."""
    if task.judge and not (task.description or task.objective.is_cost or task.judge_sources):
        raise ConfigurationError(
            f"judge: {task.judge.command!r} names no script or source in {task.root}, so no model could read what is better; "
            "correct the name, or describe it: description_file = 'statement.md'"
        )
    return task


def _evaluator(task: CommandTask, options: Any) -> EvaluatorSpec | None:
    """The evaluator of a task whose command is the runner of evaluators; None for others.

    Raises:
        ConfigurationError: an option belongs to an evaluator only, or the evaluator cannot run apart from the program.
    """
    arguments = shlex.split(task.command) if str(RUNNER) in task.command else []
    if len(arguments) not in (5, 6):
        for key in ("shared", "calls", "seeded"):
            if getattr(options, key):
                raise ConfigurationError(f"{key} requires an evaluator")
        return None
    interpreter, _, form, evaluator, program, *named = arguments
    shared = options.shared or form == "text"
    if not shared and (why := _needs_one_process(task)):
        raise ConfigurationError(f"{why}; {option('shared')} runs the program in its evaluator's process")
    stub = ""
    if not shared:
        try:
            stub = stub_of(task.files[program], options.calls)
        except (SyntaxError, ValueError) as error:
            raise ConfigurationError(
                f"{program} is not a Python program: {error}; {option('shared')} scores any text"
            ) from error
    seeded = options.seeded or takes_seed(text_of(task.root, evaluator, "evaluator"), form)
    return EvaluatorSpec(
        form, evaluator, program, Path(interpreter), bool(named), shared, tuple(options.calls), seeded, stub
    )


def _needs_one_process(task: CommandTask) -> str:
    """Why the evaluator of a task must share a process with the program; empty if it need not."""
    if task.build:
        return "build: an evaluator that runs apart from the program builds nothing"
    counted = [name for name, reader in task.objective.readers.items() if reader in COUNTED_BY_KERNEL]
    if counted:
        return f"{counted[0]}: it would be that of the evaluator, too"
    return "files: an evaluator that runs apart from the program scores one file" if len(task.files) != 1 else ""


def _judge(root: Path, options: Any) -> Judge | None:
    if not options.judge:
        for key in ("judge_files", "judge_build"):
            if getattr(options, key):
                raise ConfigurationError(f"{key} requires a judge")
        return None
    if options.evaluator:
        raise ConfigurationError("judge: an evaluator is the judge of its program already; leave one of the two out")
    files = resolved(root, options.judge_files, "judge_files") if options.judge_files else ()
    return Judge(options.judge, files, options.judge_build)


def _split(options: Any, count: int) -> tuple[int, int]:
    """How many cases are for training, and how many are held out. Half are held out unless the options say otherwise."""
    if options.instances is not None:
        raise ConfigurationError("instances: each case is run once; held_out says how many are not for training")
    held_out = count // 2 if options.held_out is None else options.held_out
    if count > 1 and not 1 <= held_out < count:
        raise ConfigurationError(
            f"held_out must leave cases for training and for the verdict: 1 to {count - 1} of {count}"
        )
    return max(count - held_out, 1), max(held_out, 1)


def _description(root: Path, options: Any) -> str:
    if not options.description_file:
        return str(options.description)
    if options.description:
        raise ConfigurationError("description and description_file are two of one; leave one of them out")
    return text_of(root, str(options.description_file), "description_file")


def read_config(path: Path, changes: Mapping[str, object] | None = None, *, trusted: bool = False) -> CommandTask:
    """The task that a `strop.toml` describes, with the options of `changes` in place of the file's.

    A `trusted` file may name what is outside of its repository, and say that programs are trusted.

    Raises:
        ConfigurationError: the file cannot be read, or an option is wrong or missing; the message names it.
    """
    written = _parse(path)
    _run_of(path, written)
    values = written | dict(changes or {})
    root = (path.parent / str(values.pop("root", "."))).absolute()
    try:
        for key in NOT_IN_FILE if not trusted else ():
            if key in written and key not in (changes or {}):
                raise ConfigurationError(f"{key} can be set on the command line only, by {flag_of(key)}")
        interpreter = recorded_interpreter(values.pop("python")) if trusted and "python" in values else None
        check_options(values, keys=("root",))
        for key, why in (("files", "which files may change"), ("command", "what is run to measure a candidate")):
            if not values.get(key):
                raise ConfigurationError(f"{key} is missing: it says {why}")
        if not trusted:
            _check_root(path, root)
            _check_named(
                {key: value for key, value in written.items() if key != "root" and key not in (changes or {})}, root
            )
        task = replace(command_task(root, **values), interpreter=interpreter)
        if not trusted and task.evaluator is not None and not task.evaluator.shared:
            named = root / task.evaluator.interpreter
            check_outside(Interpreter(str(named), os.path.realpath(named), ""), root)
        return task
    except (ConfigurationError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def config_of(target: str | Path) -> Path | None:
    """The `strop.toml` of a target: the one in a folder, or the target itself if it is such a file; otherwise None."""
    path = Path(target)
    if path.is_dir() and (path / CONFIG).is_file():
        return path / CONFIG
    return path if path.suffix == ".toml" else None


def model_in(path: Path) -> str:
    """The language model that a file names in its table `[run]`; empty if it names none.

    Raises:
        ConfigurationError: the file cannot be read, or the table has another key, or a value that is not a text.
    """
    return _run_of(path, _parse(path))


def _run_of(path: Path, written: dict[str, Any]) -> str:
    """The model that the table `[run]` names; empty if it names none. The table is removed from `written`."""
    table = written.pop("run", {})
    if not isinstance(table, dict):
        raise ConfigurationError(f'{path}: run is a table: [run], and below it model = "openai/gpt-4o"')
    for key, value in table.items():
        if key != "model":
            raise ConfigurationError(f"{path}: [run] has no key {key!r:.90}; did you mean model?")
        if not isinstance(value, str):
            raise ConfigurationError(f"{path}: model of [run] is text in quotes, not {value!r:.90}")
    return str(table.get("model", "")).strip()


def to_toml(task: CommandTask, root: str = "") -> str:
    """The text of a `strop.toml` that describes the task. Read again, with the same tree, it gives the same task.

    `root` is the path of its tree from the file; empty for the file's own folder.
    """
    objective, judge = task.objective, task.judge or Judge("")
    lines = {
        "name": task.name,
        "root": root,
        "files": [glob.escape(path) for path in task.target_files or task.files],
        "build": task.build,
        "test": task.test,
        "command": task.command,
        "judge": judge.command,
        "judge_files": [glob.escape(path) for path in judge.files],
        "judge_build": judge.build,
        "results": list(task.results),
        "cases": [glob.escape(path) for path in task.cases],
        "score": dict(objective.readers),
        "metric": f"{objective.metric.name}:{objective.metric.goal}",
        "require_metric": list(map(str, objective.constraints)),
        "range": list(objective.bounds or ()),
        "instances": "" if task.cases else task.instances,
        "held_out": task.test_instances,
        "fixed_input": task.fixed_input,
        "trust_programs": task.trust_programs,
        "best_known": "" if task.best_known is None else task.best_known,
        "time_limit": task.time_limit,
        "memory_limit": task.memory_limit,
        "tool": [str(tool) for tool in task.tools],
        "only": list(task.only),
        "context": [glob.escape(path) for path in task.context],
        "description": task.description,
        "environment": dict(task.environment),
        "python": asdict(task.interpreter) if task.interpreter else {},
        "shared": task.evaluator is not None and task.evaluator.shared,
        "calls": list(task.evaluator.calls if task.evaluator is not None else ()),
    }
    unless_said = ("shared", "trust_programs")
    written = {
        key: value for key, value in lines.items() if value not in ("", [], {}) and (value or key not in unless_said)
    }
    return "".join(f"{key} = {write_toml(value)}\n" for key, value in written.items())


def _check_root(path: Path, root: Path) -> None:
    """Raises ConfigurationError if the tree is outside of the file's folder."""
    folder, real = Path(os.path.realpath(path.parent)), Path(os.path.realpath(root))
    if not real.is_relative_to(folder):
        raise ConfigurationError(
            f"root: {real} is outside of {folder}, and commands would get a copy of all of it; move the file there"
        )


def _check_named(written: Mapping[str, Any], root: Path) -> None:
    """Raises ConfigurationError if the description file or a tool lies outside of the tree. Tools below /usr are allowed, because
    every command has them."""
    options: Any = check_options(written)
    named = [("tool", name) for name in options.tool] + [("description_file", str(options.description_file))]
    for key, name in named:
        real = Path(os.path.realpath(root / at_home(name)))
        if not (stays_within(root, real) or (key == "tool" and real.is_relative_to("/usr"))):
            raise ConfigurationError(
                f"{key}: {real} is outside of {root}, and what is read there can reach the model; if you want that, name it "
                f"yourself: {setting(key)}={shlex.quote(name)}"
            )


def _parse(path: Path) -> dict[str, Any]:
    try:
        file = read_plain(path, _MOST_BYTES)
        if file is None:
            path.lstat()
            raise ConfigurationError(f"{path} is not a regular file of at most 1 MiB")
        return tomllib.loads(file[0].decode("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error


def _texts(root: Path, files: Sequence[str]) -> dict[str, str]:
    if not files:
        raise ConfigurationError(f"files: say which files may change, e.g. {option('files')} 'src/*.c'")
    return {path: text_of(root, path) for path in resolved(root, files, "files")}


def _name_of(root: Path) -> str:
    """A task's name, from the folder's."""
    return re.sub(r"[^\w.-]+", "-", root.resolve().name).strip("-.")[:80] or "command"


_KEYS = (".ssh", ".gnupg", ".aws")


def _warn_of_keys(root: Path) -> None:
    """Warn if the copy for commands would contain a user's keys."""
    root = root.resolve()
    held = [name for name in _KEYS if (root / name).is_dir()]
    if held or at_home("~").is_relative_to(root):
        what = f"holds {' and '.join(held)}" if held else "is or holds your home folder"
        notify(
            f"{escape(str(root))} {what}, and commands get a copy of all of it: give the project a folder of its own"
        )


def _tool(root: Path, tool: str | Path) -> Path:
    path = root / at_home(tool)
    if not path.exists():
        raise ConfigurationError(f"tool: there is no {path}")
    if why := why_hidden(path):
        raise ConfigurationError(f"tool: {path} cannot be shown to commands: {why}")
    return path


_NAMED = re.compile(rf"({NAME})=(.*)", re.DOTALL)
_METRIC = re.compile(rf"({NAME})(?::(max|min))?")
_CONSTRAINT = re.compile(rf"({NAME})\s*(>=|<=|==?)\s*(\S.*)")
_NO_LITERAL = re.compile(r"\\.|\[[^\]]*\]")
SCORE = "score"
"""The name of a score without another one."""


def parse_objective(
    score: Sequence[str] | Mapping[str, str],
    metric: Sequence[str],
    require_metric: Sequence[str],
) -> Objective:
    """The objective of these options.

    Args:
        score: Readers, or `NAME=READER`, or a mapping of these. Without a name it is the reader's word, the last name of the
            JSON path, or `score`.
        metric: The one that decides: `NAME`, `NAME:max` or `NAME:min`. Only kernel counts (min), `passed` and `tests` (max)
            have a goal of their own. Without it, the only score that is not required.
        require_metric: `NAME=1`, `NAME>=0.9`, `NAME<=100`, `NAME<=1.1x`.

    Raises:
        ConfigurationError: something is wrong or missing; the message names it.
    """
    constraints = tuple(map(parse_constraint, require_metric))
    wanted = list(map(_metric_parts, metric))
    readers = dict(score) if isinstance(score, Mapping) else _named(score)
    for key, names in (
        ("metric", [name for name, _ in wanted]),
        ("require_metric", [c.name for c in constraints]),
    ):
        for name in names:
            if name in KINDS:
                readers.setdefault(name, name)
            elif name not in readers:
                raise ConfigurationError(f"{key}: no score is named {name}; {_listed(list(readers))}")
    for name, reader in readers.items():
        check_reader(name, reader)
    if not wanted:
        required = {constraint.name for constraint in constraints}
        wanted = [(name, "") for name in readers if name not in required] or [(name, "") for name in readers]
    if not wanted:
        raise ConfigurationError(
            f"score: say what is better, e.g. {option('score')} time, {option('score')} tests, or "
            f"{option('score')} 'ops/s: (\\S+)' {option('metric')} score:max"
        )
    if len(wanted) > 1:
        several = " and ".join(name for name, _ in wanted)
        raise ConfigurationError(
            f"score: of {several}, name the one that decides with {option('metric')}; require others with "
            f"{option('require_metric')}"
        )
    ((name, goal),) = wanted
    return Objective(Metric(name, _goal(name, goal, readers[name])), readers, constraints)  # type: ignore[arg-type]


def parse_constraint(text: str) -> Constraint:
    """`tests=1`, `accuracy>=0.9`, `memory<=100`, or with a multiple of the original's value, `memory<=1.1x`.

    Raises:
        ConfigurationError: it has another form.
    """
    parts = _CONSTRAINT.fullmatch(text.strip())
    bound, is_relative = number_in(parts[3].removesuffix("x")) if parts else None, text.strip().endswith("x")
    if parts is None or bound is None or not math.isfinite(bound) or (is_relative and bound <= 0):
        raise ConfigurationError(
            f"require_metric: {text!r:.90}: expected NAME=1, NAME>=0.9 or NAME<=100, with a plain number, or with a multiple of "
            "the original's, NAME<=1.1x"
        )
    return Constraint(parts[1], parts[2].replace("==", "="), bound, is_relative)  # type: ignore[arg-type]


def _metric_parts(text: str) -> tuple[str, str]:
    """Name, and goal or an empty text."""
    parts = _METRIC.fullmatch(text.strip())
    if parts is None:
        raise ConfigurationError(f"metric {text!r:.90}: expected NAME:max or NAME:min")
    return parts[1], parts[2] or ""


def _named(scores: Sequence[str]) -> dict[str, str]:
    """Name → reader."""
    readers: dict[str, str] = {}
    for text in scores:
        match = _NAMED.fullmatch(text)
        name, reader = (match[1], match[2]) if match else (_score_name(text), text)
        # In score=(\d+) the name is what the command prints.
        if match and "(" in reader and not path_of(reader) and not re.search("[A-Za-z]", _literal(reader)):
            reader = text
        if name in readers:
            raise ConfigurationError(f"score: two scores are named {name}; name each: NAME=HOW")
        readers[name] = reader
    return readers


def _score_name(reader: str) -> str:
    """The name of a score without one: the kind, the last name of a JSON path, or `score`."""
    if reader in KINDS:
        return reader
    path = path_of(reader)
    names = [step for step in (steps_of(path) if path else ()) if isinstance(step, str) and re.fullmatch(NAME, step)]
    return names[-1] if names else SCORE


def _literal(pattern: str) -> str:
    """The text before the group of a regular expression, without escapes and classes."""
    return _NO_LITERAL.sub("", pattern).partition("(")[0]


def _goal(name: str, goal: str, reader: str) -> str:
    if not goal and reader not in KINDS:
        names = re.findall(NAME, _literal(reader)) if name == SCORE and not path_of(reader) else []
        name = max((word for word in names if word not in KINDS), key=len, default=name)
        named = f"{name}={reader}" if names or name != _score_name(reader) else reader
        both = shlex.quote(named), f"{option('metric')} {name}:max"
        raise ConfigurationError(
            f"score {shlex.quote(reader)}: say whether more or less of it is better: "
            f"{option('score')} {' '.join(both)}, or {name}:min "
            f'(in a strop.toml: score = {{ {name} = {shlex.quote(reader)} }} and metric = "{name}:max")'
        )
    return goal or ("min" if reader in COUNTED_BY_KERNEL else "max")


def _listed(names: Sequence[str]) -> str:
    there = f"the scores are {' and '.join(names)}" if names else "there is no score"
    return f"{there} ({option('score')} NAME=HOW names one)"
