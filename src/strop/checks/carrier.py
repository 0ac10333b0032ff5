"""Carries spoiled answers out of a program: what its functions return to others, or what it prints and writes as a script.

The text of this file follows that of `spoilers` in the programs of attacks, under the Python that they need: 3.9 or newer.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import functools
import io
import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from strop.checks.answer_parts import APPLIES, NotApplicable, is_array, np, require
from strop.checks.spoilers import applying, spoiled

RAISES, ASKS, SLOWED = "raises", "asks", "slowed"
"""In place of a spoiler's name: every function raises, which shows whether answers count; or answers are honest, and a note says
which spoilers apply, or each takes longer: by the variant, times its own time."""
ANSWERED = "strop-check-answered "
"""Begins what a program says of a short text that it printed."""
INNER = "STROP_INNER"
"""In the environment of a program that is as it was."""
_SHORT = 200
_MOST_FILES = 2000
_FIRST_CALLS, _FIRST_DELAY, _LEAST_DELAY = 10, 0.004, 0.001
"""Of a process, so many calls are slowed down so that a busy machine does not hide it: by that time, times the variant."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PICKLE, _NPY = b"\x80", b"\x93NUMPY"


class Carrier:
    """One spoiler, at work in one file of a program."""

    def __init__(self, name: str, variant: Any, must_change: bool, files: list[str], others: list[str]) -> None:
        """`must_change`: fail where an answer cannot be spoiled, instead of giving it back. `files`: those of the program.
        `others`: what it printed with other seeds."""
        self.name, self.variant, self.must_change, self.files = (
            name,
            variant,
            must_change,
            tuple(f"/{path}" for path in files),
        )
        self.others: list[Any] = list(others)
        self.calls = 0

    def spoil(self, value: Any, inputs: list[Any]) -> Any:
        """The answer as it is given back."""
        if self.name == RAISES:
            raise RuntimeError("every function raises")
        if self.name == ASKS:
            sys.stderr.write(f"\nstrop-note: {APPLIES}{applying(value, inputs, self.others)}\n")
            self.others.append(copy.deepcopy(value))
            return value
        others = list(self.others)
        self.others.append(copy.deepcopy(value))
        try:
            return spoiled(self.name, self.variant, value, inputs, others)
        except NotApplicable:
            if self.must_change:
                raise
            return value

    def wrap(self, space: dict[str, Any]) -> None:
        """Spoil what the functions and methods of a module return to callers outside of the program."""
        for name, value in list(space.items()):
            if isinstance(value, FunctionType) and value.__globals__ is space and not name.startswith("__"):
                space[name] = self._wrapped(value)
            elif isinstance(value, type) and value.__module__ == space.get("__name__"):
                for own, method in list(vars(value).items()):
                    if isinstance(method, FunctionType) and not own.startswith("__"):
                        setattr(value, own, self._wrapped(method))

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        returns = False

        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal returns
            caller = sys._getframe(1)
            if caller.f_globals is function.__globals__ or f"/{caller.f_code.co_filename}".endswith(self.files):
                return function(*arguments, **named)
            if self.name == SLOWED:
                with self._slowed():
                    return function(*arguments, **named)
            inputs = [*arguments, *named.values()]
            before = [] if returns or self.name == RAISES else _copies(inputs)
            value = function(*arguments, **named)
            if value is not None or self.name == RAISES:
                returns = True
                return self.spoil(value, inputs)
            for one, was in zip(inputs, before):  # noqa: B905 (Python 3.9)
                if _is_changed(one, was):
                    _refill(one, self.spoil(copy.copy(one), before))
            return None

        return call

    @contextlib.contextmanager
    def _slowed(self) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.calls += 1
            least = self.variant * _FIRST_DELAY if self.calls <= _FIRST_CALLS else _LEAST_DELAY
            time.sleep(max(least, self.variant * (time.perf_counter() - begun)))

    # As a script.

    def catch(self, results: list[str]) -> None:
        """At the end of this script, spoil what it has printed and what it has written to files, but for `results`."""
        if self.name == SLOWED:
            slowed = self._slowed()
            slowed.__enter__()
            atexit.register(slowed.__exit__, None, None, None)
            return
        printed, real = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), sys.stdout
        sys.stdout = printed
        written: dict[Path, None] = {}

        def hear(event: str, arguments: Any) -> None:
            if event == "open" and isinstance(arguments[0], str) and set(arguments[1] or "") & set("wxa+"):
                written[Path(arguments[0]).absolute()] = None

        sys.addaudithook(hear)

        def end() -> None:
            sys.stdout = real
            self._give_back(printed.buffer.getvalue().decode(), [path for path in written if path.name not in results])

        atexit.register(end)

    def rerun(self, command: list[str], results: list[str], own: str, text: str) -> None:
        """Run a program that is not in Python as it is, in this process's place, and spoil what it prints and writes here.

        Args:
            command: what runs it; empty for what interprets the file `own` for us, with `text` in the file's place.
        """
        if self.name == RAISES:
            sys.exit(1)
        before = _files_here()
        with tempfile.NamedTemporaryFile("w") as program:
            if not command:
                program.write(text)
                program.flush()
                command = _interpreting(own, program.name)
            ended = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, INNER: "1"}, check=False)
        changed = [
            path for path, state in _files_here().items() if before.get(path) != state and path.name not in results
        ]
        try:
            content = ended.stdout.decode()
        except UnicodeDecodeError:
            sys.stdout.buffer.write(ended.stdout)
            content = ""
        self._give_back(content, changed)
        sys.stdout.flush()
        os._exit(ended.returncode & 255)

    def _give_back(self, content: str, written: list[Path]) -> None:
        """Print a script's output, spoiled, and spoil its files."""
        files = [path for path in written if path.is_file()]
        try:
            for path in files:
                self._rewrite(path)
            sys.stdout.write(self.text(content) if content.strip() else content)
            sys.stdout.flush()
        except BaseException as error:  # noqa: BLE001 (a handler's error would leave the exit status as it is)
            for path in files:
                path.unlink()
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
            os._exit(1)

    def _rewrite(self, path: Path) -> None:
        content = path.read_bytes()
        if content.startswith(_NPY) and np is not None:
            np.save(path, self.spoil(np.load(path, allow_pickle=True), []), allow_pickle=True)
            return
        made = pickle.dumps(self.spoil(pickle.loads(content), [])) if content.startswith(_PICKLE) else None
        try:
            made = made or self.text(content.decode()).encode()
        except UnicodeDecodeError:
            return
        path.write_bytes(made)

    def text(self, content: str) -> str:
        """A text with the answer in it spoiled: JSON, or its numbers, or its lines, or its words; or the text as a whole."""
        if self.name == ASKS and len(content) < _SHORT:
            sys.stderr.write(f"\nstrop-note: {ANSWERED}{content.encode().hex()}\n")
        if self.name == "among_others":
            return str(self.spoil(content, []))
        try:
            return json.dumps(self.spoil(json.loads(content), []), default=str) + "\n"
        except json.JSONDecodeError:
            pass
        found = list(_NUMBER.finditer(content))
        if found:
            made = self._spoil_list([_number(one.group()) for one in found])
            if isinstance(made, list) and len(made) == len(found):
                parts = [content[: found[0].start()]]
                for value, one, after in zip(made, found, [*found[1:], None]):  # noqa: B905 (Python 3.9)
                    parts += [str(value), content[one.end() : after.start() if after else None]]
                return "".join(parts)
        lines = content.splitlines()
        items, between = (lines, "\n") if len(lines) > 1 else (content.split(), " ")
        made = self._spoil_list([_number(item) for item in items])
        return between.join(map(str, made)) + "\n" if isinstance(made, list) else f"{'' if made is None else made}\n"

    def _spoil_list(self, items: list[Any]) -> Any:
        made = self.spoil(items if len(items) > 1 else items[0], [])
        made = made.tolist() if is_array(made) else made
        return made if len(items) > 1 or isinstance(made, list) else [made]


def _is_held(value: Any) -> bool:
    """Whether a function can change it in place."""
    return isinstance(value, (list, dict)) or is_array(value)


def _copies(values: list[Any]) -> list[Any]:
    """The values, with a copy of each that a function can change in place, if it can be copied."""
    try:
        return [copy.deepcopy(one) if _is_held(one) else one for one in values]
    except Exception:  # noqa: BLE001 (a value's own code)
        return values


def _is_changed(value: Any, before: Any) -> bool:
    if is_array(value):
        return value is not before and value.tobytes() != before.tobytes()
    return _is_held(value) and value is not before and repr(value) != repr(before)


def _refill(held: Any, made: Any) -> None:
    """Put other elements into a list, dict or array. Raises NotApplicable if they do not fit."""
    if is_array(held):
        require(getattr(made, "shape", None) == held.shape)
        held[...] = made
    elif isinstance(held, dict):
        require(isinstance(made, dict))
        held.clear()
        held.update(made)
    else:
        require(isinstance(made, list))
        held[:] = made


def _number(word: str) -> Any:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        return word


def _files_here() -> dict[Path, tuple[int, int]]:
    """The files of this folder and those below it, with their times and sizes."""
    found: dict[Path, tuple[int, int]] = {}
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in names):
            if len(found) < _MOST_FILES and path.is_file() and not path.is_symlink():
                state = path.stat()
                found[path] = (state.st_mtime_ns, state.st_size)
    return found


def _interpreting(name: str, path: str) -> list[str]:
    """The command of the process that interprets the file `name` for us, with `path` in the file's place."""
    pid = os.getpid()
    for _ in range(4):
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        at = [number for number, word in enumerate(command) if number and Path(word).name == name]
        if at and "sh" not in Path(command[0]).name:
            command[at[0]] = path
            return command
    raise RuntimeError("what interprets this file is not known")
