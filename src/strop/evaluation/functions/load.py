"""Load a task of any form by its name. A file that marks functions runs only in a jail."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from strop.base.environments import COPY, at_home, why_hidden
from strop.base.errors import ConfigurationError, StropError, TaskError
from strop.base.plain_file import text_of
from strop.base.python_discovery import Interpreter, check_copied, check_found, check_outside, interpreter_of
from strop.base.results import MEMORY
from strop.base.surface import option
from strop.base.user_modules import UserModule, imported_names, name_of, own_file, source_roots
from strop.evaluation.functions.scorer import ScorerGuest, digest_of_file
from strop.evaluation.outcomes import guest_program
from strop.options.scoring import flag_of, texts_of
from strop.sandbox.strop_plain_data import MOST_BYTES
from strop.tasks import registry
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import parse_constraint
from strop.tasks.command.objective import Constraint
from strop.tasks.command.task import AnyTask
from strop.tasks.function.batch_metrics import LOADING
from strop.tasks.function.calls import RecordedCalls, read_calls
from strop.tasks.function.mark import Mark
from strop.tasks.function.source import is_marked
from strop.tasks.function.splice import changeable, read_source
from strop.tasks.function.task import FunctionTask, function_task, scorer_parameters, unreached

REQUIRABLE = (MEMORY, LOADING)
"""What can be required of a function beside its time: MiB, and seconds."""


def load_any(name: str, changes: Mapping[str, object] | None = None, *, trusted: bool = False) -> AnyTask:
    """The task of this name: one that `registry.load_any` finds, a function that a file marks, or `TARGET@FILE`, a function with
    the file of its recorded calls. For `changes` and `trusted` see there.

    Raises:
        ConfigurationError: there is no such task.
    """
    path, _, asked = name.partition(":")
    target, _, calls_file = name.rpartition("@")
    is_recorded = ":" in target
    if not is_recorded and not (path.endswith(".py") and is_marked(Path(path), asked)):
        return registry.load_any(name, changes, trusted=trusted)
    options = dict(changes or {})
    python, tools = str(options.pop("python", "") or ""), tools_of(options.pop("tool", ()))
    only, test = texts_of(options.pop("only", ())), str(options.pop("test", ""))
    required = conditions(texts_of(options.pop("require_metric", ())))
    if other := next((key for key in options if key not in ("fixed_input", *["show_calls"] * is_recorded)), ""):
        why = "it has recorded calls" if is_recorded else "a marked function is set by its mark"
        raise ConfigurationError(f"{flag_of(other)} does not apply to {name}: {why}")
    visibility = {"shows_calls": True} if options.pop("show_calls", False) else {}
    fields = registry.changes_of(name, options) | visibility
    if is_recorded:
        interpreter = interpreter_of(file_and_function(target)[0], python)
        task = load_recorded(target, read_calls(Path(calls_file)), interpreter, tools, only)
    else:
        task = load_function(Path(path), asked, python, tools, only)
    return replace(held(task, test, required), **fields)


def conditions(required: Sequence[str]) -> tuple[Constraint, ...]:
    """What candidates of a timed function must meet. Raises ConfigurationError if a function has no such metric."""
    constraints = tuple(map(parse_constraint, required))
    if unknown := [one.name for one in constraints if one.name not in REQUIRABLE]:
        there = " and ".join(REQUIRABLE)
        raise ConfigurationError(f"{option('require_metric')}: a function has no {unknown[0]}; it has {there}")
    return constraints


def held(task: FunctionTask, test: str, required: tuple[Constraint, ...]) -> FunctionTask:
    """The task whose candidates must pass the user's tests, which the command `test` runs, and meet the conditions `required`.

    Raises:
        ConfigurationError: the command would find another interpreter, or none; or conditions are given, and no time decides.
    """
    check_copied(test, task.mark.project)
    check_found(task.mark.interpreter, test)
    if required and not task.by_time:
        raise ConfigurationError(
            f'{option("require_metric")} is for a function with score="time": {task.entry} has another'
        )
    return replace(task, test=test, required=required)


def file_and_function(target: str) -> tuple[Path, str]:
    """The file and the qualified name of `file.py:name` or `module:name`. Modules are found in the project of the working folder.

    Raises:
        ConfigurationError: there is no such file, or no name.
    """
    left, _, name = target.rpartition(":")
    if not name or not all(part.isidentifier() or part == "<locals>" for part in name.split(".")):
        raise ConfigurationError(f"{target} names no function: name one, as in module:function or file.py:Class.method")
    if left.endswith(".py"):
        path = Path(left)
    else:
        here = Path.cwd() / "module.py"
        file = own_file(here, left) if all(map(str.isidentifier, left.split("."))) else None
        path = file / "__init__.py" if file is not None and file.is_dir() else file or Path(f"{left}.py")
    if not path.is_file():
        what = f"no file {path}" if left.endswith(".py") else f"no module {left} in the project of {Path.cwd()}"
        raise ConfigurationError(f"there is {what}; name the file of the function: path/to/file.py:{name}")
    return path, name


def _changing(only: Sequence[str], path: Path, project: Path, where: str) -> tuple[Path, tuple[str, ...]]:
    """The file that is loaded for a function of the file at `path`, and the functions that may change, as in `Mark`. A user names
    these as `name`, of that file, or as `module:name` or `file.py:name`.

    The file that is loaded is that one, or if none of its functions is named, the first. `where`: the target in words, if only
    functions of its own file may change.

    Raises:
        ConfigurationError: functions of another file may not change.
    """
    functions = [file_and_function(text) if ":" in text else (path, text) for text in only]
    for file, _ in functions:
        real = file.resolve()
        if real != path.resolve() and (where or not real.is_relative_to(project.resolve())):
            what = f"and {where} is in another file" if where else "which is outside of its project"
            raise ConfigurationError(f"{option('only')} names functions of {file}, {what}")
    files = [file.resolve() for file, _ in functions] or [path.resolve()]
    own = path.resolve() if path.resolve() in files else files[0]
    names = (
        name if file.resolve() == own else f"{file.resolve().relative_to(project.resolve())}:{name}"
        for file, name in functions
    )
    return own, tuple(dict.fromkeys(names))


def load_recorded(
    target: str,
    recorded: RecordedCalls,
    interpreter: Interpreter,
    tools: Sequence[Path] = (),
    only: Sequence[str] = (),
    *,
    is_checked: bool = True,
) -> FunctionTask:
    """The task of a function whose calls were recorded, which `interpreter` runs.

    For `tools` see `load_function`. `only` names the functions that may change in its place. `is_checked` requires the file of
    the function to be the one with which the original was seen to repeat the calls.

    Raises:
        ConfigurationError: there is no such function, or its file has changed since its calls were recorded.
        SandboxError: the host failed.
    """
    path, name = file_and_function(target)
    if name != recorded.name:
        raise ConfigurationError(f"{target}: the recorded calls are those of {recorded.name}")
    if is_checked and digest_of_file(str(path)) != recorded.digest:
        raise ConfigurationError(
            f"{path} is not as it was when calls of {name} were recorded; check them again: "
            f"strop check {target} --record @FILE --keep OTHER"
        )
    scorer = _scorer_of(path, name, interpreter, tools, recorded)
    return _checked(path, lambda: _function_of(scorer, path, name, only, recorded))


def tools_of(named: Any) -> tuple[Path, ...]:
    """The files and folders that a function and its scorer may read beside the project. Raises ConfigurationError if one of them
    cannot be shown to a function."""
    tools = tuple(at_home(tool).absolute() for tool in ([named] if isinstance(named, (str, Path)) else named))
    for tool in tools:
        if why := "there is none" if not tool.exists() else why_hidden(tool):
            raise ConfigurationError(f"tool: {tool} cannot be shown to a function: {why}")
    return tools


def load_function(
    path: Path, asked: str, python: str = "", tools: Sequence[Path] = (), only: Sequence[str] = ()
) -> FunctionTask:
    """The task of the function `asked` that a file marks. If `asked` is empty, the file must mark one function.

    `python` is the interpreter that the user names. `tools` are files and folders that the function may read beside its project.
    `only` names the functions of its file that may change in its place.

    Raises:
        ConfigurationError: the file marks no such function, or its mark is wrong.
        SandboxError: the host failed.
    """
    scorer = _scorer_of(path, asked, interpreter_of(path, python), tools)
    return _checked(path, lambda: _function_of(scorer, path, asked, only))


def _scorer_of(
    path: Path, asked: str, interpreter: Interpreter, tools: Sequence[Path], recorded: RecordedCalls | None = None
) -> ScorerGuest:
    _check_names(path)
    real = path.resolve()
    folders = source_roots(real)
    project = Path(os.path.commonpath(folders))
    roots = [os.path.relpath(folder, project) for folder in folders]
    if recorded is not None:
        roots = list(dict.fromkeys([*roots, *(str(Path(path).parent) for path in recorded.imported)]))
    check_outside(interpreter, real)
    scorer = ScorerGuest(project, real, name_of(real), asked, roots, interpreter)
    scorer.tools, scorer.is_recorded = tuple(tools), recorded is not None
    scorer.named = () if recorded is None else recorded.files
    return scorer


def _checked(path: Path, load: Callable[[], FunctionTask]) -> FunctionTask:
    """The task that `load` returns. Raises ConfigurationError if `load` fails in any way."""
    try:
        return load()
    except StropError:
        raise
    except Exception as error:  # code of the module may have taken over the process that describes it
        raise ConfigurationError(
            f"{path} cannot be loaded: its process says what no mark says ({type(error).__name__})"
        ) from error


def _function_of(
    scorer: ScorerGuest, path: Path, asked: str, only: Sequence[str], recorded: RecordedCalls | None = None
) -> FunctionTask:
    """The task of the function that a scorer's module marks, or whose calls were recorded. Raises ConfigurationError."""
    described, real, project, roots = _described(scorer, path, asked), path.resolve(), scorer.project, scorer.roots
    where, file = f"{path}:{asked or described['name']}", project / described["file"]
    changed, changing = _changing(only, file, project, where if recorded is None else "")
    if changed != file.resolve():
        program = UserModule(name_of(changed), str(project / changed.relative_to(project.resolve())), ())
    else:
        program = UserModule(described["module"], str(file), ())
    marking = scorer.module = _module(name_of(real), real, project, described["loaded"], roots)
    mark = Mark(
        asked=asked or str(described["name"]),
        marking_module=marking,
        program_module=program,
        changing=changing,
        project=project,
        roots=tuple(dict.fromkeys([*roots, *(os.path.relpath(folder, project) for folder in source_roots(file))])),
        interpreter=scorer.interpreter,
        tools=scorer.tools,
        named=scorer.named,
        python=described["python"],
        has_accept=described["has_accept"],
        is_reference=described["reference"],
        scorer=scorer_parameters(described, where),
        close=described["close"],
        is_method=described["is_method"],
        innermost=None if recorded is None else (described["module"], str(described["file"]), asked),
    )
    task = function_task(where, described, mark, _shown(Path(program.file)), scorer, recorded)
    calls, watched = _calls_of(task), dict[str, Sequence[str]]()
    if recorded is not None and not recorded.digest:
        watched = {part.path: part.names for part in task.parts} if changing else _watched(scorer, recorded, task.path)
    used, lines, loaded, entered = scorer.used(guest_program(task, task.seed), calls, watched)
    if recorded is not None and watched:
        names = changing or tuple(dict.fromkeys([asked, *(name.removeprefix(f"{task.path}:") for name in entered)]))
        own = replace(task.parts[0], names=tuple(name for name in names if ":" not in name))
        told = unreached(own, lines if len(calls) == len(recorded.calls) else ())
        mark, recorded = replace(mark, changing=names), replace(recorded, unreached=told)
        task = function_task(where, described, mark, _shown(Path(program.file)), scorer, recorded)
    module = _module(program.name, Path(program.file), project, used, roots)
    return replace(task, mark=replace(mark, program_module=module, loaded=loaded))


def _watched(scorer: ScorerGuest, recorded: RecordedCalls, path: str) -> dict[str, Sequence[str]]:
    """The functions that may change if calls enter them, by their file: those of the file `path`, and of other files of the
    project that have most of the time with it."""
    watched = dict[str, Sequence[str]]()
    for file in recorded.files_with_most_time(path):
        with suppress(ConfigurationError):  # what is no Python cannot change
            if scorer.inside(f"{COPY}/{file}") == file:
                real = scorer.project / file
                watched[file] = changeable(read_source(real, text_of(real, "file")))
    return watched


def _described(scorer: ScorerGuest, path: Path, asked: str) -> Mapping[str, Any]:
    """What the guest says of the target, with files of its project as paths from its top. Raises
    ConfigurationError if there is no such target."""
    try:
        described = scorer.describe()
    except TaskError as error:
        raise ConfigurationError(str(error)) from error
    if "name" not in described:
        wrong = f"{described['wrong']} ({scorer.interpreter.words})" if described["wrong"] else ""
        raise ConfigurationError(f"{path} {wrong or _unfound(path, asked, described['names'])}")
    inside = scorer.inside(described["file"])
    if scorer.project / inside == path.resolve():
        described = {**described, "module": name_of(path.resolve())}
    elif not _is_module(described["module"], inside):
        raise ConfigurationError(
            f"{path}:{asked or described['name']} marks {described['module']}.{described['name']}, which is no function in a "
            "file of its project" + f" but in {described['file']}" * bool(described["file"])
        )
    loaded = [(name, scorer.inside(file)) for name, file in described["loaded"]]
    sources = [source | {"file": scorer.project / scorer.inside(source["file"])} for source in described["sources"]]
    return {**described, "file": inside, "loaded": loaded, "sources": sources}


def _unfound(path: Path, asked: str, names: Sequence[str]) -> str:
    """The message that a file, which marks functions of these names, does not mark `asked`."""
    if not asked and names:
        return f"marks {', '.join(names)}; name one: {path}:{names[0]}"
    close = difflib.get_close_matches(asked, names, n=1, cutoff=0.0)
    meant = (
        f"; did you mean {path}:{close[0]}?"
        if close
        else f"; or say how it is scored: {option('evaluator')} FILE, or {option('command')}"
    )
    return f"defines no function {asked!r} that strop.improve_me marks{meant}"


def _calls_of(task: FunctionTask) -> list[Mapping[str, Any]]:
    """The arguments of some calls of the function: those recorded, as far as they fit into a message, or else of one training
    instance. Empty if no input can be drawn."""
    if task.recorded is not None:
        sizes = accumulate(len(call.arguments) for call in task.recorded.calls)
        return [case for case, size in zip(task.cases, sizes, strict=True) if size < MOST_BYTES // 2]
    with suppress(TaskError):
        return [task.arguments(task.instance("train", 0, SecretSeeds(b"")))]
    return []


def _module(name: str, file: Path, project: Path, used: Sequence[tuple[str, str]], roots: Sequence[str]) -> UserModule:
    """A module with the files that it uses. `used` has their names and their paths from the top of the project. A file that is no
    module is named by a slash and its path from the folder that modules are imported from."""
    others = {
        inside: module_name if _is_module(module_name, inside) else ""
        for module_name, inside in used
        if inside and project / inside != file
    }
    tops = sorted(map(Path, roots), key=lambda root: len(root.parts), reverse=True)
    named = [
        (
            module_name
            or next(f"/{Path(inside).relative_to(top)}" for top in tops if Path(inside).is_relative_to(top)),
            inside,
        )
        for inside, module_name in others.items()
    ]
    return UserModule(
        name,
        str(file),
        tuple(
            (module_name, str(project / inside), digest_of_file(str(project / inside)))
            for module_name, inside in sorted(named)
        ),
    )


def _is_module(name: str, file: str) -> bool:
    """Whether a file may be the module of this name. The name comes from a process of the user's, and becomes a path in
    records."""
    return all(map(str.isidentifier, name.split("."))) and file.endswith((".py", ".so"))


def _shown(path: Path) -> Path:
    """A path as messages show it: relative to the working folder if it lies below that."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _check_names(path: Path) -> None:
    """Raises ConfigurationError if the file imports a module of its project whose name is one of Python's."""
    for name in sorted({imported.partition(".")[0] for imported in imported_names(path, "")} & sys.stdlib_module_names):
        own = own_file(path, name)
        if own is not None:
            raise ConfigurationError(
                f"{path} imports {name}: {own} has a name that the standard library has; rename it"
            )
