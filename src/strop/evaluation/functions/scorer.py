"""The host's end of a mark's functions: a guest in a tree of the project, which draws inputs and scores answers.

The guest keeps what only the scorer knows. It outlives evaluations, as the module does in a program of the user's.
"""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from strop.base.environments import COPY
from strop.base.errors import ConfigurationError, Malformed, ScorerAtLimit, ScorerFailed, StropError, TaskError
from strop.base.python_discovery import Interpreter
from strop.base.user_modules import UserModule
from strop.evaluation.outcomes import STAND_IN, explain, pickler
from strop.sandbox import strop_plain_data
from strop.sandbox.base import GuestProgram, Limits, Outcome, OutOfMemory, Raised, Returned, TimedOut, Value, describe
from strop.sandbox.tree_guests import TreePlan, may_be_preloaded
from strop.sandbox.tree_sandbox import RoomGuest, TreeSandbox
from strop.sandbox.workspace.base import Tree
from strop.sandbox.workspace.jail import Workspaces, observed
from strop.tasks.command.tree import listed
from strop.tasks.function.task import FunctionTask
from strop.tasks.values import rebuilt

SLOTS = 2
"""Programs of one task that a worker has open at once: a candidate, and the original where a scorer failed on it."""
LOADING_SECONDS = 120.0
"""CPU seconds that the module of a mark may take to load."""
SCORER_BYTES = 4 << 30
"""Memory of a scorer."""
INTERPRETER_BYTES = 512 << 20
"""Address space that a process has before its program maps any."""
_REPLY_BYTES = 64 << 20
_WALL_FACTOR = 5.0
_FOLDERS = (str(STAND_IN), str(Path(strop_plain_data.__file__).parent))
_PROGRAM = """
import sys
sys.path[:0] = {folders!r}
from strop_scorer import {entry}
sys.path[:2] = {path!r}
"""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""Variables of scorers and programs: the same in each process, and no threads of NumPy's own."""
_ANSWERS: Mapping[str, tuple[type, ...]] = {
    "drawn": (dict, list),
    "many": (list,),
    "opaque": (bytes, dict, dict, list),
    "said": (object, str, list),
    "malformed": (str, list),
    "failed": (str,),
    "changed": (list,),
}
"""Kinds of a scorer's answers, and what belongs to them."""


class ScorerGuest:
    """A `strop.tasks.function.mark.Scorer` in a room of its own, which starts with the first question, in the process that
    asks."""

    def __init__(
        self,
        project: Path,
        file: Path,
        name: str,
        asked: str,
        roots: Sequence[str],
        interpreter: Interpreter,
    ) -> None:
        """`file`, in the folder `project`, is the module `name` and marks `asked`, or has one mark if `asked` is empty. For
        `roots` see `Mark`."""
        self.project, self._file, self._name, self._asked = project.absolute(), file, name, asked
        self.roots, self.interpreter = tuple(roots), interpreter
        self.tools: tuple[Path, ...] = ()
        """Files and folders that it may read beside the project. Set before the first question."""
        self.named: tuple[str, ...] = ()
        """See `Mark.named`. Set before the first question."""
        self.is_recorded = False
        """Whether calls of the function were recorded, and nothing is marked. Set before the first question."""
        self.module: UserModule | None = None
        """The module and its files as they were first loaded, which must not change; None before that."""
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.RLock()
        self._guest: RoomGuest | None = None
        self._sandbox: TreeSandbox | None = None
        self._is_loaded = False
        self._ahead: dict[int, tuple[Any, ...]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the room. Another process starts a room of its own."""
        own = ("_lock", "_guest", "_sandbox", "_is_loaded", "_ahead")
        return {name: value for name, value in vars(self).items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Unpickle it, without a room."""
        vars(self).update(state)
        self._begin()

    def ask(self, question: str, *arguments: Any, seconds: float) -> tuple[Any, ...]:
        """The module's answer to a question; see `Scorer`."""
        with self._lock:
            if question == "draw" and (drawn := self._ahead.pop(arguments[0], None)):
                return drawn
            if not self._is_loaded:
                self._check_unchanged()
                if "name" not in (described := self.describe()):
                    raise TaskError(f"{self._file} {described['wrong']}")
            reply = self._asked_of(question, arguments, seconds)
            if not _is_answer(reply):
                raise self._no_answer()
            return tuple(reply)

    def draw_ahead(self, seeds: Sequence[int], seconds: float) -> None:
        """Draw the instances with these seeds with one question, which costs less than one for each; see `Scorer`."""
        with self._lock:
            kind, replies, *_ = self.ask("draw_all", [*seeds], seconds=seconds)
            drawn = zip(seeds, replies if kind == "many" else (), strict=False)
            self._ahead = {seed: tuple(reply) for seed, reply in drawn if _is_answer(reply)}

    def describe(self) -> Mapping[str, Any]:
        """What the guest says of the target, or `wrong`, which says why it is no target. Raises TaskError and SandboxError."""
        with self._lock:
            described: Mapping[str, Any] = self._asked_of("describe", (), LOADING_SECONDS)
            self._is_loaded = "name" in described
            return described

    def used(
        self, program: GuestProgram, calls: Sequence[Mapping[str, Any]], names: Mapping[str, Sequence[str]]
    ) -> tuple[list[tuple[str, str]], list[int], tuple[str, ...], list[str]]:
        """The files of the project that the original uses; the lines of watched functions of the first file that no call reached;
        the modules that programs find loaded, because the original loads them; and the watched functions that the calls enter.

        The original is loaded and makes `calls` in a process of its own. `names` are the functions to watch, by the path of their
        file from the project's top. Of each file this gives the name of its module, which is empty for other files, and its path
        from there, and of each function `path:name`. There are no lines if not every call could be watched.
        """
        assert program.module is not None
        setup: dict[str, Value] = {
            **asdict(program.module),
            "path": list(program.module.path),
            "innermost": list(program.module.innermost),
            "text": program.text,
            "filename": "<solution>",
        }
        watched: dict[str, Value] = {f"{COPY}/{path}": [*own] for path, own in names.items()}
        with self._lock:
            room = self._guest = self._guest or self._opened()
            with room.open_further(_program("used", ()), _limits(LOADING_SECONDS)) as guest:
                outcome = guest.call([setup, program.entry, [*map(dict, calls)], watched], seed=0)
        reply: Any = outcome.value if isinstance(outcome, Returned) else ()
        with suppress(TypeError, ValueError):
            files, lines, modules, told = reply
            loaded = tuple(sorted({str(name) for name in modules if may_be_preloaded(str(name))} - {"strop"}))
            used = [(str(name), self.inside(str(file))) for name, file in files]
            functions = [f"{path}:{name}" for path, own in names.items() for name in own]
            entered = [function for function in functions if f"{COPY}/{function}" in told]
            return used, [int(line) for line in lines], loaded, entered
        return [], [], (), []

    def inside(self, file: str) -> str:
        """The path of a guest's file from the top of the project; empty if it is none of the project's files."""
        path = os.path.relpath(file, COPY) if file.startswith(f"{COPY}/") else ""
        real = Path(os.path.realpath(self.project / path))
        return path if path and real.is_file() and real.is_relative_to(os.path.realpath(self.project)) else ""

    def in_project(self, project: Path) -> ScorerGuest:
        """The same scorer for a copy of its project, in the folder `project`."""
        file = project / self._file.relative_to(self.project)
        scorer = ScorerGuest(project, file, self._name, self._asked, self.roots, self.interpreter)
        scorer.tools, scorer.named, scorer.is_recorded = self.tools, self.named, self.is_recorded
        scorer.module = self.module and self.module.relocated(self.project, project)
        return scorer

    def close(self) -> None:
        """End its room. Idempotent."""
        with self._lock:
            guest, sandbox = self._guest, self._sandbox
            self._guest, self._sandbox, self._is_loaded = None, None, False
        if sandbox is not None:
            _end(sandbox, guest)

    def _check_unchanged(self) -> None:
        for _, file, digest in self.module.imports if self.module else ():
            if file and digest_of_file(file) != digest:
                raise TaskError(f"{file} has changed since its function was read; start again")

    def _asked_of(self, question: str, arguments: Sequence[Any], seconds: float) -> Any:
        guest = self._guest = self._guest or self._opened()
        guest.limits = _limits(seconds)
        setup: dict[str, Value] = {
            "path": f"{COPY}/{self._file.absolute().relative_to(self.project)}",
            "name": self._name,
            "asked": self._asked,
            "pickler": str(pickler()),
            "is_recorded": self.is_recorded,
        }
        try:
            outcome = guest.call([setup, question, *arguments], seed=None)
        except BaseException:
            self.close()
            raise
        if isinstance(outcome, Returned):
            try:
                return rebuilt(outcome.value)
            except Malformed:  # equal keys: no fault of a program's
                raise self._no_answer() from None
        self._is_loaded = False  # its process has ended
        raise self._failed(question, outcome, seconds)

    def _no_answer(self) -> TaskError:
        """The error of a reply that no scorer gives. Ends the room."""
        self.close()
        return TaskError(f"{self._file}: its process says what no scorer says")

    def _failed(self, question: str, outcome: Outcome, seconds: float) -> TaskError:
        if question in ("describe", "draw", "draw_all", "case"):
            what = "cannot be loaded" if question == "describe" else "cannot be asked: sample()"
            return TaskError(f"{self._file} {what}: {explain(outcome)}")
        function = "accept" if question == "accept" else "score"
        if isinstance(outcome, TimedOut):
            return ScorerAtLimit(f"{function}() took more than {seconds:g} s on this answer")
        why = explain(outcome) if isinstance(outcome, Raised) else describe(outcome)
        kind = ScorerAtLimit if isinstance(outcome, OutOfMemory) else ScorerFailed
        return kind(f"{function}() ends its process: {why}")

    def _opened(self) -> RoomGuest:
        path = [str(Path(COPY, root)) for root in self.roots]
        sandbox = self._room()
        guest = sandbox.open(_program("answer", path), _limits(LOADING_SECONDS))
        weakref.finalize(self, _end, sandbox, guest)
        return guest

    def _room(self) -> TreeSandbox:
        if self._sandbox is None:
            files = listed(self.project, self.named, modules=True)
            tools = (*map(Path, _FOLDERS), pickler(), self.interpreter.prefix, *self.tools)
            tree = Tree(self.project, {}, tools, only=files)
            self._sandbox = TreeSandbox(workspaces(), _plan(tree, self.interpreter, SCORER_BYTES, alone=False))
        return self._sandbox


def programs_of(task: FunctionTask, workspaces: Workspaces, hash_seed: int = 0) -> TreeSandbox:
    """The sandbox for programs of a function's task: a tree with its module and the files of the project that the original uses.

    If a program is the text of files, the tree has all of the project but the files that only the mark uses. `hash_seed` decides
    the order of sets.
    """
    mark = task.mark
    files, marking = (
        [str(Path(file).relative_to(mark.project)) for file in (module.file, *module.files)]
        for module in (mark.program_module, mark.marking_module)
    )
    if task.files:
        files += sorted({*mark.files} - {*marking, *files})
    tree = Tree(mark.project, {}, (STAND_IN, pickler(), mark.interpreter.prefix, *mark.tools), only=files)
    plan = _plan(tree, mark.interpreter, task.memory_limit + INTERPRETER_BYTES, alone=True)
    environment = {**plan.environment, "PYTHONHASHSEED": str(hash_seed)}
    return TreeSandbox(workspaces, replace(plan, environment=environment, preload=(*plan.preload, *mark.loaded)))


def _end(sandbox: TreeSandbox, guest: RoomGuest | None) -> None:
    sandbox.close()
    if guest is not None:
        guest.end()


def _program(entry: str, path: Sequence[str]) -> GuestProgram:
    return GuestProgram(_PROGRAM.format(folders=list(_FOLDERS), path=list(path), entry=entry), entry, "strop_harness")


def _plan(tree: Tree, interpreter: Interpreter, memory: int, *, alone: bool) -> TreePlan:
    return TreePlan(
        tree=tree,
        interpreter=interpreter.path,
        memory_bytes=memory,
        environment=_ENVIRONMENT,
        search=(str(STAND_IN),),
        preload=("random", "strop_behaviour", "strop_left"),
        has_packages=interpreter.is_strops,
        alone=alone,
    )


def _limits(seconds: float) -> Limits:
    return Limits(seconds, _WALL_FACTOR * seconds, SCORER_BYTES, _REPLY_BYTES)


def _is_answer(reply: Any) -> bool:
    """Whether a reply has a form that `strop_scorer` sends. Code of the module may have taken over the scorer's process."""
    kind, *items = reply if isinstance(reply, (tuple, list)) and reply else ("",)
    types = _ANSWERS.get(kind) if isinstance(kind, str) else None
    return types is not None and len(items) >= len(types) and all(map(isinstance, items, types))


def digest_of_file(file: str) -> str:
    """The digest of a file's content; empty if it cannot be read."""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


def _observe() -> None:
    with suppress(StropError):
        observed()


_shared: list[Workspaces] = []
_making = threading.Lock()


def workspaces() -> Workspaces:
    """The workspaces of this process's scorers.

    Raises:
        ConfigurationError: this machine cannot run them apart.
        SandboxError: the host failed.
    """
    with _making:
        if not _shared:
            made = Workspaces(slots=1 << 16, require=())
            if not made.has_trees:
                made.close()
                raise ConfigurationError(
                    "this machine cannot give a function and its scorer rooms of their own, with no network; "
                    "strop doctor says what is missing"
                )
            _shared.append(made)
            # Workers need the result soon. A failure is ignored here, because workers report it.
            threading.Thread(target=_observe, name="strop-observe", daemon=True).start()
        return _shared[0]
