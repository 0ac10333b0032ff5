"""Targets and models that users name, as objects: tasks, programs with their scorers, and language models.

A target of `strop improve` is a task's name; `file.py` or `file.py:NAME`, with a `strop.Task` or a function under
`@strop.improve_me`; a folder with a strop.toml; a folder, or a file, with `command`; or a program with `evaluator`.
"""

from __future__ import annotations

import glob
import inspect
import os
import re
import shlex
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, cast

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.interpreter import EXECUTABLE
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.python_discovery import check_copied, check_found, interpreter_of, runs_python
from strop.base.surface import option, switched
from strop.base.unified_diff import plain_text
from strop.base.user_modules import source_roots
from strop.lm.base import Completion, Keep, LanguageModel, Request
from strop.lm.callable import CallableModel
from strop.lm.options import is_harmless, joined
from strop.lm.registry import no_model
from strop.options.run import ModelLike
from strop.options.scoring import flag_of, texts_of
from strop.runs.kept import Again
from strop.runs.patching.source_files import SourceFiles, of_command, of_file, of_function
from strop.runs.run_directory import RunRecord
from strop.tasks.base import Task
from strop.tasks.command.config import CONFIG, command_task, config_of, model_in
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.function.marker import MARK
from strop.tasks.function.task import FunctionTask
from strop.tasks.registry import OBJECT, changes_of
from strop.tasks.versions import in_version

COMPILED = "python -m compileall -qq -j 0 . || true"
"""Compiles the modules of a copy, as they are for a user who ran the program already."""
ENVIRONMENT = re.compile(r"([\w./-]*[\w-])/bin/(?=\w)")
"""The folder of an environment, in front of a program of it."""


@dataclass(frozen=True)
class Target:
    """A task and the user's files that it improves."""

    source: str
    """Name, file or folder of the task or program."""
    task: AnyTask
    original: SourceFiles | None
    """The user's files; None if the task starts from a seed of its own, which is no file."""


def target_of(
    name: str, options: Mapping[str, object], solution: Path | None = None, task: AnyTask | None = None
) -> Target:
    """The target that a name and scoring options (`ScoringOptions`) describe. `task`: the task, if the caller has the object.

    A task's own code is loaded. The program does not run.

    Raises:
        ConfigurationError: the target does not exist, or the options do not fit it.
    """
    if options.get("command") and options.get("evaluator"):
        raise ConfigurationError(f"give only one of {option('command')} and {option('evaluator')}")
    cwd, path = Path.cwd(), Path(name)
    commands, options = options.get("record"), {key: value for key, value in options.items() if key != "record"}
    if commands and options.get("fixed_input"):
        return _by_program(name, texts_of(cast("Sequence[str | Path]", commands)), options)
    if commands:
        return _recorded(name, cast("Sequence[str | Path]", commands), options, solution)
    if options.get("show_calls") and ":" not in name.rpartition("@")[0]:
        raise ConfigurationError(f"{option('show_calls')} is for recorded calls; give {option('record')} COMMAND, too")
    is_program = bool(options.get("evaluator") or (options.get("command") and not (path / CONFIG).is_file()))
    task = replace(task, **changes_of(task.name, options)) if task and options else task
    if is_program and solution is not None:
        raise ConfigurationError(
            f"{option('solution')} is for a task; name the program itself before {option('command')} "
            f"or {option('evaluator')}"
        )
    if task is None and options.get("evaluator"):
        task = _evaluated(path, options)
    elif task is None and is_program:
        task = _commanded(path, **options)
    elif task is None:
        if path.is_dir() and not (path / CONFIG).is_file():
            raise ConfigurationError(f"{path} has no {CONFIG}; make one with strop init, or give {option('command')}")
        task = load_any(name, options)
    if solution is not None and task.tree is not None:
        raise ConfigurationError(f"{name} starts from its own files: give no {option('solution')}")
    if task.root is not None:
        task = _with_source(task if options.get("evaluator") else _with_python(task, str(options.get("python", ""))))
        return Target(name, task, of_command(task, cwd))
    if solution is not None:
        original = of_file(solution, cwd)
        return Target(name, at_original(task, original), original)
    if isinstance(task, FunctionTask):
        return Target(name, task, of_function(task, cwd))
    return Target(name, task, None if task.seed_file is None else of_file(task.seed_file, cwd))


def goal_in(record: RunRecord, tasks: Sequence[AnyTask]) -> Target:
    """The target of a record, whose tasks were made again."""
    return Target(record.spec.task, at_original(tasks[0], record.meta.original), record.meta.original)


def at_original(task: AnyTask, original: SourceFiles | None) -> AnyTask:
    """The task with the files of an original; the task itself if the original is no file of the user's."""
    if original is None or not original.root:
        return task
    files = {path: plain_text(text) for path, text in original.files.items()}
    return in_version(task, files, as_files=original.is_version)


def _recorded(name: str, record: Sequence[str | Path], options: Mapping[str, object], solution: Path | None) -> Target:
    """The target of a function, after recording its calls."""
    from strop.evaluation.functions.load import conditions, held  # here for the start-up time
    from strop.watch.recorded import recorded_task

    remaining = dict(options)
    python, tools, shows, only, test, required = (
        remaining.pop(key, "") for key in ("python", "tool", "show_calls", "only", "test", "require_metric")
    )
    if other := "solution" if solution is not None else next(iter(remaining), ""):
        raise ConfigurationError(f"{option('record')} and {flag_of(other)} do not go together")
    sources, constraints = texts_of(record), conditions(texts_of(required))
    task = recorded_task(name, sources, str(python or ""), tools or (), texts_of(only), notify)
    task = replace(held(task, str(test), constraints), shows_calls=bool(shows))
    return Target(name, task, of_function(task, Path.cwd()))


def _by_program(name: str, commands: Sequence[str], options: Mapping[str, object]) -> Target:
    """The target of a function that commands measure as a whole program, on their one input: no call of it is sent anywhere."""
    from strop.evaluation.functions.load import file_and_function  # here for the start-up time
    from strop.watch.hot import definitions

    if any(command.startswith("@") for command in commands):
        raise ConfigurationError(f"{switched('fixed_input')} measures a command, not recorded calls: give the command")
    path, function = file_and_function(name)
    if function not in {defined for *_, defined in definitions(text_of(path, "file"))}:
        raise ConfigurationError(f"{path} defines no function {function} at its top level or in a class")
    task = program_task(path, commands, {"name": function} | dict(options))
    return Target(name, task, of_command(task, Path.cwd()))


def program_task(file: Path, commands: Sequence[str], options: Mapping[str, object]) -> CommandTask:
    """The task whose program is a file of a project, and whose score is the CPU time of commands that run in the working folder.

    Raises:
        ConfigurationError: the working folder is outside of the file's project, or an option does not fit a command.
    """
    real = file.resolve()
    project = Path(os.path.commonpath(source_roots(real)))
    folder = os.path.relpath(Path.cwd().resolve(), project)
    if folder.startswith(".."):
        raise ConfigurationError(f"the command runs outside of the project of {file}: run strop in {project}")
    from strop.watch.record import python_of  # here for the start-up time

    texts, python = list[str](), str(options.get("python") or "")
    for text in commands:
        notify(f"running it once, as you run it, not in the jail: {text}")
        seen = python_of(text, project)
        python = python or seen
        for environment in dict.fromkeys(ENVIRONMENT.findall(text)):
            if Path(environment, "pyvenv.cfg").is_file():  # the copy has none; its Python is found by its plain name
                text, python = text.replace(f"{environment}/bin/", ""), python or environment
        texts.append(text)
    command = "\n".join([*([] if folder == "." else [f"cd {shlex.quote(folder)} || exit 125"]), " && ".join(texts)])
    files = (glob.escape(str(real.relative_to(project))),)
    given = {"time_limit": 600.0, "score": ("time",), "files": files, "build": COMPILED}
    return commanded(project, **{**given, **options, "command": command, "fixed_input": True, "python": python})


def commanded(root: Path, **options: Any) -> CommandTask:
    """The task of a command in a folder, with the Python that the command finds there. Raises like `command_task`."""
    return _with_source(_with_python(command_task(root, **options), str(options.get("python") or "")))


def _commanded(path: Path, **options: Any) -> CommandTask:
    """The task of `--command` on a folder, or on the folder of one file."""
    if not path.exists():
        raise ConfigurationError(f"there is no folder {path} to run the command in")
    if path.is_dir():
        return command_task(path, **options)
    if "files" in options:
        raise ConfigurationError(f"{path} is a file; with {option('files')}, name its folder")
    return command_task(path.parent, **{"name": path.stem} | options | {"files": (glob.escape(path.name),)})


def _evaluated(program: Path, options: Mapping[str, object]) -> CommandTask:
    """The task of `--evaluator` on a program."""
    evaluator = Path(str(options["evaluator"]))
    for path, what in ((program, "program to improve"), (evaluator, "evaluator")):
        if path.is_dir():
            raise ConfigurationError(f"{path} is a folder; with {option('evaluator')}, name the file of the {what}")
    return evaluator_task(program, evaluator, None, **{**options, "evaluator": ""})


def _with_source(task: CommandTask) -> CommandTask:
    """The task with the folder `src` of the copy on PYTHONPATH, if it holds Python files.

    Without it, a command would import the installed package, which lies outside of the copy.
    """
    has_package = any((task.root / "src").glob("*/*.py")) or any((task.root / "src").glob("*.py"))
    if not has_package or "PYTHONPATH" in dict(task.environment):
        return task
    return replace(task, environment={**task.environment, "PYTHONPATH": "src"})


def _with_python(task: CommandTask, python: str) -> CommandTask:
    """The task with the interpreter that its commands find as `python`.

    `python`: the interpreter that the user named; may be empty. Then a task that has tools is left alone, because a tool may be
    an interpreter.
    """
    commands = f"{task.command} {task.build} {task.test}"
    check_copied(commands, task.root)
    if not python and (task.tools or not runs_python(commands)):
        return task
    interpreter = interpreter_of(task.root, python)
    check_found(interpreter, commands)
    return replace(
        task,
        interpreter=interpreter,
        tools=(*([] if interpreter.path == EXECUTABLE else [interpreter.prefix]), *task.tools),
    )


def load_any(name: str, changes: Mapping[str, object] | None = None, *, trusted: bool = False) -> AnyTask:
    """See `strop.evaluation.functions.load`."""
    from strop.evaluation.functions import load  # here for the start-up time

    return load.load_any(name, changes, trusted=trusted)


TaskLike: TypeAlias = str | Path | AnyTask | Callable[..., Any]
"""A task's name, a file or folder (`file.py:name` too), the task itself, or a function under `@strop.improve_me`."""


def as_task(target: TaskLike) -> AnyTask | None:
    """The target, if it is a task object; None if it only names a task."""
    return target if isinstance(target, (Task, CommandTask)) else None


def source_of(task: TaskLike) -> str:
    """The text that names a task in a configuration. For a task object, which is in no file, that is only its name.

    Raises:
        ConfigurationError: the task is a function that is not marked, or whose module is not a file.
    """
    if isinstance(task, (str, Path)):
        return str(task)
    if not callable(task):
        return f"{OBJECT}{task.name}"
    name = getattr(task, "__name__", repr(task)[:60])
    if not hasattr(task, MARK):
        raise ConfigurationError(
            f"{name} is not a task: name one, give a strop.Task, or mark a function with @strop.improve_me"
        )
    marking_module = getattr(task, MARK)
    module = sys.modules.get(marking_module or getattr(task, "__module__", ""))
    if marking_module:
        name = next((variable for variable, value in vars(module).items() if value is task), name)
    file = getattr(module, "__file__", None) or ("" if marking_module else inspect.getsourcefile(task)) or ""
    if not Path(file).is_file():
        raise ConfigurationError(
            f"{name} was defined in a session, not in a file; save it in a module, which a patch can change"
        )
    return f"{file}:{name}"


def all_of(tasks: Sequence[TaskLike]) -> tuple[AnyTask, ...]:
    """All tasks, loaded.

    Raises:
        ConfigurationError: a task does not exist, or two have the same name.
    """
    return _different(task_of(task) for task in tasks)


def made_again(tasks: Sequence[Again]) -> tuple[AnyTask, ...]:
    """The tasks that a record of this machine, or a trusted one, keeps. Raises like `all_of`."""
    return _different(load_any(source, options, trusted=True) for source, options in tasks)


def sources_of(tasks: Sequence[Again]) -> tuple[str, ...]:
    """What such tasks are made of."""
    return tuple(task.source for task in tasks)


def _different(tasks: Iterable[AnyTask]) -> tuple[AnyTask, ...]:
    loaded = tuple(tasks)
    for name, count in Counter(task.name for task in loaded).items():
        if count > 1:
            raise ConfigurationError(f"the task {name} is given twice")
    return loaded


def several(task: TaskLike | Sequence[TaskLike]) -> tuple[TaskLike, ...]:
    """One task or a sequence of tasks, as a tuple.

    Raises:
        ConfigurationError: there is no task, or its name is empty.
    """
    tasks = tuple(task) if isinstance(task, Sequence) and not isinstance(task, str) else (task,)
    if not tasks or "" in tasks:
        raise ConfigurationError("name a task: a built-in one, a file, or a folder with a strop.toml")
    return tasks


def plain_name(source: str) -> str:
    """A task's source as part of a folder's name."""
    return source.removeprefix(OBJECT)


def task_of(task: TaskLike) -> AnyTask:
    """The task as an object, loaded if it is given by name, file or folder.

    Raises:
        ConfigurationError: the task does not exist or cannot be loaded.
    """
    return as_task(task) or load_any(source_of(task))


def chosen_model(model: ModelLike, tasks: Sequence[TaskLike], environ: Mapping[str, str]) -> ModelLike:
    """The model that the caller gives, else that of the variable STROP_MODEL, else that of a task's `strop.toml`.

    Raises:
        ConfigurationError: no model is named; the files of several tasks name different models; or a file names a model that only
            the user may choose, because it runs a program or has an address or a price of its own.
    """
    if model not in ((), [], None):
        return model
    if named := environ.get("STROP_MODEL", "").strip():
        return named
    files = [path for task in tasks if isinstance(task, (str, Path)) and (path := config_of(task))]
    models = {text: path for path in files if (text := model_in(path))}
    if len(models) > 1:
        raise ConfigurationError(
            f"{' and '.join(map(str, models.values()))} name different models; name one by {option('model')}"
        )
    if not models:
        raise no_model()
    ((named, path),) = models.items()
    if not is_harmless(named):
        raise ConfigurationError(
            f"{path}: the model {named} runs something here, or has an address or a price of its own; "
            f"if you want that, name it by {option('model')}"
        )
    return named


def model_name(model: ModelLike) -> str:
    """The specification of a model; for an object its name."""
    if isinstance(model, str):
        return model
    if isinstance(model, Sequence):
        return joined(tuple(model))
    return _object(model).name


def model_of(model: ModelLike | None) -> Callable[[], LanguageModel] | None:
    """A function that returns the model, if `model` is an object; None if it is a specification."""
    if model is None or isinstance(model, (str, Sequence)):
        return None
    borrowed = _object(model)
    return lambda: Borrowed(borrowed)


def _object(model: LanguageModel | Callable[..., Any]) -> LanguageModel:
    if hasattr(model, "complete") and hasattr(model, "name"):
        return model  # type: ignore[return-value]
    if callable(model):
        return CallableModel(model)
    raise ConfigurationError(
        f"model is {type(model).__name__}; give a specification such as 'openai/gpt-4o', a model, or a function"
    )


class Borrowed:
    """A model of the caller, who keeps using it: it is not closed at the end of the work."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._finished = threading.Event()
        self.name = model.name
        self.is_language_model = model.is_language_model

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """The model's answers.

        Raises:
            LanguageModelError: it failed, or the work is over.
        """
        if self._finished.is_set() and requests:
            raise LanguageModelError(f"{self.name}: the work is over")
        return self._model.complete(requests, keep)

    def finish(self) -> None:
        """Accept no more requests. Idempotent."""
        self._finished.set()

    def close(self) -> None:
        """Finish. Idempotent."""
        self.finish()
