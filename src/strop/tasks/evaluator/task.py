"""Evaluator files in the form of other optimizers, as command tasks: the command runs the evaluator on the program."""

from __future__ import annotations

import ast
import glob
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.python_discovery import Interpreter, check_found, check_outside, interpreter_of
from strop.base.surface import option
from strop.base.syntax import syntax_tree
from strop.base.unified_diff import plain_text
from strop.base.user_modules import imported_names, own_file
from strop.options.scoring import check_options, given_options
from strop.tasks.command.config import command_task, parse_constraint
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL
from strop.tasks.command.task import CommandTask, rules
from strop.tasks.evaluator.spec import FUNCTIONS, RUNNER, Function
from strop.tasks.function.source import bound_names
from strop.tasks.used_files import shown_files

Form: TypeAlias = Literal["path", "text", "results"]
"""How an evaluator is called: `evaluate(program_path)` as in OpenEvolve, `evaluate(candidate)` with the program's text as in
GEPA, `main(program_path, results_dir)` as in ShinkaEvolve."""

SCORE = "score"
"""The metric if none is named and the evaluator's source has no `combined_score`."""
COMBINED = "combined_score"
TOLD_CHARACTERS = 16_000
"""Most characters of the evaluator's source in the description that a model reads."""


@dataclass(frozen=True)
class Recognised:
    """What an evaluator's source shows, without running it."""

    form: Form
    combined: bool
    """Whether it has a `combined_score`."""


def evaluator_task(program: Path, evaluator: Path, form: Form | None = None, /, **values: object) -> CommandTask:
    """The task to improve `program` by the scores of `evaluator`. Neither is run here.

    The tree is the folder that contains both, and the packages of their project that they import. Without a metric the score is
    `combined_score`, or else `score`; `time`, `wall` and `memory` are the kernel's.

    Args:
        form: How the evaluator is called; None: as its source tells.
        values: Further options (the fields of `ScoringOptions`).

    Raises:
        ConfigurationError: a file is missing or not text, the evaluator cannot be called with a program alone, the two files
            have no folder in common, or an option does not fit.
    """
    if wrong := next((name for name in values if name in ("files", "score", "description")), ""):
        raise ConfigurationError(f"{wrong} requires {option('command')}; an evaluator scores one program")
    options: Any = check_options(values)
    recognised = recognise(evaluator, form)
    _text(program)
    root = _root(program, evaluator)
    interpreter = _interpreter(program, evaluator, options)
    required = _required(recognised, options.require_metric)
    # The score of this format is better when it is higher.
    goals = [f"{metric.strip()}:max" if metric.strip() in (COMBINED, SCORE) else metric for metric in options.metric]
    goals = goals or [f"{COMBINED if recognised.combined else SCORE}:max"]
    metrics = [goal.partition(":")[0].strip() for goal in goals]
    names = [*metrics, *(parse_constraint(constraint).name for constraint in required)]
    inside = program.resolve().relative_to(root).as_posix()
    named = ["named"] if options.metric else []
    arguments = (
        interpreter.path,
        RUNNER,
        recognised.form,
        evaluator.resolve().relative_to(root).as_posix(),
        inside,
        *named,
    )
    changed = given_options(options)
    changed |= {
        "name": options.name or program.stem,
        "tool": [RUNNER.parents[1], RUNNER.parents[2] / "sandbox", interpreter.prefix, *options.tool],
        "environment": {"PYTHONDONTWRITEBYTECODE": "1", **(options.environment or {})},
        "command": shlex.join(map(str, arguments)),
        "files": [glob.escape(inside)],
        "score": {name: _reader(name, bool(options.metric)) for name in names},
        "metric": goals,
        "require_metric": required,
    }
    task = command_task(root, **changed)
    return replace(task, description=_description(task, evaluator), interpreter=interpreter)


def _interpreter(program: Path, evaluator: Path, options: Any) -> Interpreter:
    check_found(interpreter := interpreter_of(program, options.python), options.test)
    if not options.shared:
        check_outside(interpreter, evaluator)
    return interpreter


def recognise(evaluator: Path, form: Form | None = None) -> Recognised:
    """Read the source of an evaluator.

    Raises:
        ConfigurationError: it is not Python, or has no function of a known form.
    """
    source = _text(evaluator)
    try:
        tree = syntax_tree(source)
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(f"the evaluator {evaluator} is not a Python file: {error}") from error
    functions = {node.name: node for node in tree.body if isinstance(node, FUNCTIONS)}
    recognised_form = form or _form(functions, set[str]().union(*map(bound_names, tree.body)))
    if recognised_form is None:
        raise ConfigurationError(
            f"{evaluator} defines none of evaluate(program_path), evaluate(candidate) and main(program_path, results_dir)"
        )
    function = functions.get("evaluate", functions.get("evaluator"))
    if function is not None and recognised_form != "results":
        _refuse_more(evaluator, function)
    return Recognised(form=recognised_form, combined=COMBINED in source)


def _required(recognised: Recognised, asked: Sequence[str]) -> list[str]:
    """The constraints: ShinkaEvolve's evaluators say whether a program is correct, which is always required."""
    is_said = any(parse_constraint(constraint).name == "correct" for constraint in asked)
    return [*asked, "correct=1"] if recognised.form == "results" and not is_said else list(asked)


def _form(functions: dict[str, Function], bound: set[str]) -> Form | None:
    if "evaluate" in functions:
        return "text" if _parameters(functions["evaluate"])[:1] == ["candidate"] else "path"
    if "evaluate" in bound:
        return "path"
    if "evaluator" in functions:
        return "text"
    is_main = "main" in functions and {"program_path", "results_dir"} <= set(_parameters(functions["main"]))
    return "results" if is_main or "run_shinka_eval" in bound else None


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _refuse_more(evaluator: Path, function: Function) -> None:
    """Check that the evaluator takes only the program: for example, GEPA's examples are not in the file."""
    arguments = function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    needed = positional[1 : len(positional) - len(arguments.defaults)]
    needed += [
        argument.arg
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if not default
    ]
    asked = [name for name in needed if name not in ("seed", "seeds", "opt_state")]
    if asked:
        raise ConfigurationError(
            f"{function.name}() in {evaluator} asks for {asked[0]!r} besides the program; "
            f"give it a default, or write a function that calls it with one"
        )
    first = next((argument.annotation for argument in (*arguments.posonlyargs, *arguments.args)), None)
    if first is not None and ast.unparse(first).lower().startswith(("dict", "typing.dict", "mapping")):
        raise ConfigurationError(
            f"{function.name}() in {evaluator} takes a candidate of several named texts; a program is one text here"
        )
    if not positional and not arguments.vararg:
        raise ConfigurationError(f"{function.name}() in {evaluator} takes no argument; it is called with the program")


def _reader(name: str, asked: bool) -> str:
    """The reader of a metric: the kernel's word for what it counts, the runner's choice without a metric, otherwise a metric by
    name."""
    if name in COUNTED_BY_KERNEL:
        return name
    return "$.score" if not asked and name in (SCORE, COMBINED) else f'$.metrics["{name}"]'


def _description(task: CommandTask, evaluator: Path) -> str:
    """u_str: what counts, the evaluator's source, the rules for every candidate, and what it imports."""
    source = _text(evaluator)
    cut = "" if len(source) <= TOLD_CHARACTERS else "\n# (the rest is left out)\n"
    introduction = f"{task.objective.goals}, as computed by this evaluator:\n\n{source[:TOLD_CHARACTERS]}{cut}"
    return "\n".join([introduction, *rules(task), *shown_files(task.root, task.files, context=task.context)])


def _text(path: Path) -> str:
    return plain_text(text_of(path, "file"))


def _root(program: Path, evaluator: Path) -> Path:
    """The folder that contains both, and the packages of their project that they import."""
    paths = [Path(os.path.normpath(path.absolute())) for path in (program, evaluator)]
    folders = [path.parent for path in paths]
    common = Path(os.path.commonpath(folders))
    if not (common in folders or common.is_relative_to(Path.cwd())):
        raise ConfigurationError(
            f"{program} and {evaluator} are in different folders; put one beside the other, or start strop in a folder of both: "
            "that folder is what is copied for every evaluation"
        )
    names = {(path, name.partition(".")[0]) for path in paths for name in imported_names(path, "")}
    own = [own_file(path, name) for path, name in names if name not in sys.stdlib_module_names]
    root = Path(os.path.commonpath([common, *(file.parent for file in own if file)])).resolve()
    for path in paths:
        if not path.resolve().is_relative_to(root):
            raise ConfigurationError(f"{path} is a link out of {common}; name the file that it leads to")
    return root
