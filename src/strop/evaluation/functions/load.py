"""Load a task of any form by its name; of a file that marks functions nothing runs but in a jail."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from strop.base.environments import at_home, why_hidden
from strop.base.errors import ConfigurationError, StropError, TaskError
from strop.base.python_discovery import check_outside, interpreter_of
from strop.base.surface import option
from strop.base.user_modules import UserModule, imported_names, name_of, own_file, source_roots
from strop.evaluation.functions.scorer import RoomScorer, digest_of_file
from strop.evaluation.outcomes import guest_program
from strop.options.scoring import flag_of
from strop.tasks import registry
from strop.tasks.base import SecretSeeds
from strop.tasks.command.task import AnyTask
from strop.tasks.function.mark import Mark
from strop.tasks.function.source import is_marked
from strop.tasks.function.task import FunctionTask, function_task, scorer_parameters


def load_any(name: str, changes: Mapping[str, object] | None = None, *, trusted: bool = False) -> AnyTask:
    """A task of any form: what `registry.load_any` gives, or a function that a file marks. See there.

    Raises:
        ConfigurationError: there is none.
    """
    path, _, asked = name.partition(":")
    if not (path.endswith(".py") and is_marked(Path(path), asked)):
        return registry.load_any(name, changes, trusted=trusted)
    given = dict(changes or {})
    python, tools = str(given.pop("python", "") or ""), _tools(given.pop("tool", ()))
    if other := next((key for key in given if key != "fixed_input"), ""):
        raise ConfigurationError(f"{flag_of(other)} does not apply to {name}: a marked function is set by its mark")
    fields = registry.changes_of(name, given)
    task = load_function(Path(path), asked, python, tools)
    return replace(task, **fields) if fields else task


def _tools(named: Any) -> tuple[Path, ...]:
    """What the user lets a function and its scorer read beside its project. Raises ConfigurationError: it cannot be shown."""
    tools = tuple(at_home(each).absolute() for each in ([named] if isinstance(named, (str, Path)) else named))
    for tool in tools:
        if why := "there is none" if not tool.exists() else why_hidden(tool):
            raise ConfigurationError(f"tool: {tool} cannot be shown to a function: {why}")
    return tools


def load_function(path: Path, asked: str, python: str = "", tools: Sequence[Path] = ()) -> FunctionTask:
    """The task of the function that a file marks under this name; with an empty one, of the only one. `python`, `tools`: the
    interpreter that the user names, and files and folders that it may read beside its project.

    Raises:
        ConfigurationError: there is none, or no mark takes it.
        SandboxError: the host failed.
    """
    _check_names(path)
    interpreter = interpreter_of(path, python)
    real = path.resolve()
    folders = source_roots(real)
    project = Path(os.path.commonpath(folders))
    roots = [os.path.relpath(folder, project) for folder in folders]
    check_outside(Path(interpreter.path), project)
    scorer = RoomScorer(project, real, name_of(real), asked, roots, interpreter)
    scorer.tools = tuple(tools)
    try:
        return _function_of(scorer, path, asked)
    except StropError:
        raise
    except Exception as error:  # its code may have taken over the process that tells of it
        raise ConfigurationError(
            f"{path} cannot be loaded: its process says what no mark says ({type(error).__name__})"
        ) from error


def _function_of(scorer: RoomScorer, path: Path, asked: str) -> FunctionTask:
    """The task of the function that a scorer's module marks. Raises ConfigurationError."""
    facts, real, project, roots = _facts_of(scorer, path, asked), path.resolve(), scorer.project, scorer.roots
    where, file = f"{path}:{asked or facts['name']}", project / facts["file"]
    marking = scorer.module = _module(name_of(real), real, project, facts["loaded"], roots)
    mark = Mark(
        asked=asked or str(facts["name"]),
        marking=marking,
        program=UserModule(facts["module"], str(file), ()),
        project=project,
        roots=tuple(dict.fromkeys([*roots, *(os.path.relpath(each, project) for each in source_roots(file))])),
        interpreter=scorer.interpreter,
        tools=scorer.tools,
        python=facts["python"],
        has_accept=facts["has_accept"],
        is_reference=facts["reference"],
        scorer=scorer_parameters(facts, where),
        close=facts["close"],
        is_method=facts["is_method"],
    )
    task = function_task(where, facts, mark, _shown(file), scorer)
    used = scorer.used(guest_program(task, task.seed), _call_of(task))
    return replace(task, mark=replace(mark, program=_module(facts["module"], file, project, used, roots)))


def _facts_of(scorer: RoomScorer, path: Path, asked: str) -> Mapping[str, Any]:
    """What the guest says of the target, with files of its project as paths from its top. Raises ConfigurationError."""
    try:
        facts = scorer.describe()
    except TaskError as error:
        raise ConfigurationError(str(error)) from error
    if "name" not in facts:
        wrong = f"{facts['wrong']} ({scorer.interpreter.words})" if facts["wrong"] else ""
        raise ConfigurationError(f"{path} {wrong or _unfound(path, asked, facts['names'])}")
    inside = scorer.inside(facts["file"])
    if scorer.project / inside == path.resolve():
        facts = {**facts, "module": name_of(path.resolve())}
    elif not _is_module(facts["module"], inside):
        raise ConfigurationError(
            f"{path}:{asked or facts['name']} marks {facts['module']}.{facts['name']}, which is no function in a file of its "
            "project" + f" but in {facts['file']}" * bool(facts["file"])
        )
    loaded = [(name, scorer.inside(file)) for name, file in facts["loaded"]]
    sources = [each | {"file": scorer.project / scorer.inside(each["file"])} for each in facts["sources"]]
    return {**facts, "file": inside, "loaded": loaded, "sources": sources}


def _unfound(path: Path, asked: str, names: Sequence[str]) -> str:
    """Why a file that marks functions of these names has none that is meant."""
    if not asked and names:
        return f"marks {', '.join(names)}; name one: {path}:{names[0]}"
    close = difflib.get_close_matches(asked, names, n=1, cutoff=0.0)
    meant = (
        f"; did you mean {path}:{close[0]}?"
        if close
        else f"; or say how it is scored: {option('evaluator')} FILE, or {option('command')}"
    )
    return f"defines no function {asked!r} that strop.improve_me marks{meant}"


def _call_of(task: FunctionTask) -> Mapping[str, Any]:
    """The arguments of a call of the function; none where its inputs cannot be drawn."""
    with suppress(TaskError):
        return task.arguments(task.instance("train", 0, SecretSeeds(b"")))
    return {}


def _module(name: str, file: Path, project: Path, found: Sequence[tuple[str, str]], roots: Sequence[str]) -> UserModule:
    """A module with what it uses: names, and files from the top of the project. What is no module is named by a slash and its
    path from the folder that modules are imported from."""
    others = {
        inside: each if _is_module(each, inside) else ""
        for each, inside in found
        if inside and project / inside != file
    }
    tops = sorted(map(Path, roots), key=lambda root: len(root.parts), reverse=True)
    named = [
        (each or next(f"/{Path(inside).relative_to(top)}" for top in tops if Path(inside).is_relative_to(top)), inside)
        for inside, each in others.items()
    ]
    return UserModule(
        name,
        str(file),
        tuple((each, str(project / inside), digest_of_file(str(project / inside))) for each, inside in sorted(named)),
    )


def _is_module(name: str, file: str) -> bool:
    """Whether a file may be the module of this name. The name becomes a path in records, and a process of the user's tells it."""
    return all(map(str.isidentifier, name.split("."))) and file.endswith((".py", ".so"))


def _shown(path: Path) -> Path:
    """A path as messages show it: from the working folder, if it is below that."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _check_names(path: Path) -> None:
    """Raises ConfigurationError if the file imports a module of its project whose name is one of Python's."""
    for name in sorted({each.partition(".")[0] for each in imported_names(path, "")} & sys.stdlib_module_names):
        own = own_file(path, name)
        if own is not None:
            raise ConfigurationError(
                f"{path} imports {name}: {own} has a name that the standard library has; rename it"
            )
