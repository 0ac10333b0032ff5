"""The guest that executes the program: it answers what stand-ins ask. Stand-alone, under Python 3.9 or newer.

It runs beside hostile code, so the host checks everything that it says.
"""

from __future__ import annotations

import atexit
import base64
import builtins
import contextlib
import hashlib
import inspect
import io
import os
import random
import sys
import tempfile
import traceback
import types
from typing import Any

import strop_plain_data as plain_data

MOST_WORDS = 4000
"""Characters of a message, and of a traceback, that are sent."""
_modules: list[types.ModuleType] = []
_opened: set[str] = set()
_before = set(sys.modules)
_root = os.getcwd()


def answer(question: str, in_place: bool, place: dict[str, Any] | None) -> dict[str, Any]:
    """The answer to a question of a stand-in, both plain data in base 64; `in_place`: whether arguments that change matter.

    `place`, for an import: the program's `path` and `text`, a `seed`, and whether it is the `original`: then the answer has what
    it has imported, and opened in the tree.
    """
    _, *given = plain_data.decode(base64.b64decode(question))
    try:
        if place is not None:
            _begin(place)
            data = plain_data.encode(("imported", *_imported(place, *given)))
        else:
            data = plain_data.encode(("returned", *_called(in_place, *given)), subclasses=True)
    except plain_data.NotPlain as error:
        data = plain_data.encode(("unplain", str(error)[:MOST_WORDS]))
    except BaseException as error:
        data = plain_data.encode(("raised", *_told(error)))
    said: dict[str, Any] = {"answer": base64.b64encode(data).decode("ascii")}
    return {**said, "loaded": loaded(_before, _root), "opened": below(_opened, _root)} if _opened else said


def _begin(place: dict[str, Any]) -> None:
    if _modules:
        return
    sys.modules.pop("solution", None)  # this guest's own program
    _seed(place["seed"])
    if place["original"]:
        _opened.add("")
        sys.addaudithook(_hook)


def _hook(event: str, given: tuple[Any, ...]) -> None:
    if event == "open" and type(given[0]) is str:
        _opened.add(given[0])


def _called(
    in_place: bool, number: int, name: str, arguments: tuple[Any, ...], named: dict[str, Any], shown: bool
) -> tuple[Any, ...]:
    function = getattr(_modules[number], name)
    given = [*arguments, *named.values()]
    before = [plain_data.encode(each) if _is_mutable(each) else b"" for each in given] if in_place else []
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed) if shown else contextlib.nullcontext():
        result = function(*arguments, **named)
    changed = {
        index: each
        for index, each in enumerate(given)
        if before and before[index] and plain_data.encode(each, subclasses=True) != before[index]
    }
    return result, changed, printed.getvalue()


def _imported(
    place: dict[str, Any], name: str, argv: list[str], stdin: bytes, paths: list[str], folder: str
) -> tuple[Any, ...]:
    path = sys.argv[0] = place["path"]
    sys.path[:0] = [each for each in paths if each not in sys.path]
    with contextlib.suppress(OSError):
        os.chdir(folder)
    module = types.ModuleType(name)
    module.__file__ = path
    is_script = name == "__main__"
    _modules.append(module)
    number = len(_modules) - 1
    sys.modules[name] = module
    with _as_script(path, argv, stdin) if is_script else contextlib.nullcontext() as ran:
        exec(compile(place["text"], path, "exec", dont_inherit=True), module.__dict__)
    functions, constants, others = described(module)
    output = (ran.output, ran.errors, ran.code) if ran is not None else None
    return number, functions, constants, others, output


def _seed(text: str) -> None:
    """Seed the global generators; the number does not tell the evaluator's seed."""
    number = int.from_bytes(hashlib.sha256(f"program {text}".encode()).digest()[:4], "little")
    random.seed(number)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number)


class _as_script:  # noqa: N801 - used like a function
    """A program that runs as a script: its arguments, its standard input; and its output and exit status afterwards."""

    def __init__(self, path: str, argv: list[str], stdin: bytes) -> None:
        self._argv, self._stdin = [path, *argv], stdin
        self.output, self.errors, self.code = b"", b"", 0

    def __enter__(self) -> _as_script:
        self._kept = [os.dup(descriptor) for descriptor in (0, 1, 2)]
        self._files = [tempfile.TemporaryFile() for _ in range(3)]
        self._files[0].write(self._stdin)
        self._files[0].seek(0)
        for number, file in enumerate(self._files):
            os.dup2(file.fileno(), number)
        sys.argv = self._argv
        sys.stdin = os.fdopen(0, closefd=False)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        ended = isinstance(error, SystemExit)
        if isinstance(error, SystemExit):
            self.code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
            if self.code == 1 and not isinstance(error.code, int):
                print(error.code, file=sys.stderr)
        elif error is not None:
            ended, self.code = True, 1
            traceback.print_exception(type(error), error, trace)
        atexit._run_exitfuncs()  # as at the end of a script's own process
        _flush()
        for number, kept in enumerate(self._kept):
            os.dup2(kept, number)
            os.close(kept)
        for number, file in enumerate(self._files):
            file.seek(0)
            if number:
                setattr(self, ("", "output", "errors")[number], file.read(plain_data.MOST_BYTES // 2))
            file.close()
        return ended


def described(module: types.ModuleType) -> tuple[list[Any], dict[str, Any], dict[str, str]]:
    """The functions of a program, its constants, and what else it has, as text."""
    functions, constants, others = [], dict[str, Any](), dict[str, str]()
    for name, value in list(module.__dict__.items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        try:
            plain_data.encode(value)
        except plain_data.NotPlain as error:
            if callable(value) and not isinstance(value, type):
                functions.append((name, str(getattr(value, "__doc__", None) or "")[:2000], _parameters(value)))
            else:
                others[name] = str(error)
        else:
            constants[name] = value
    return functions, constants, others


def _parameters(function: Any) -> list[tuple[str, int, bool, Any]] | None:
    try:
        found = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None
    return [(each.name, int(each.kind), each.default is not each.empty, _plain(each.default)) for each in found]


def _plain(value: Any) -> Any:
    try:
        plain_data.encode(value)
    except plain_data.NotPlain:
        return None
    return value


def _is_mutable(value: Any) -> bool:
    return isinstance(value, (list, dict, set)) or type(value).__name__ == "ndarray"


def _told(error: BaseException) -> tuple[Any, ...]:
    """An exception: the built-in types that it is of, its arguments if they are short, its words and the traceback's end."""
    names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
    try:
        words = str(error)[:MOST_WORDS]
    except Exception:
        words = "no words"
    arguments: Any = None
    with contextlib.suppress(Exception):
        if len(plain_data.encode(tuple(error.args))) <= MOST_WORDS:
            arguments = tuple(error.args)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    shown = ""
    with contextlib.suppress(Exception):
        shown = "".join(traceback.format_exception(type(error), error, trace, limit=-20))[-MOST_WORDS:]
    return type(error).__name__, names, arguments, words, shown


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def loaded(before: set[str], tree: str) -> list[str]:
    """The modules imported since there were only those of `before`, without the tree's own."""
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        if not isinstance(file, str) or name in before:
            continue
        if os.path.isabs(file) and not file.startswith((tree, "/tmp/")):
            found.append(name)
    return found[:2000]


def below(paths: set[str], folder: str) -> list[str]:
    """Those of these paths that lie below a folder, from there."""
    whole = {os.path.abspath(path) for path in paths}
    return sorted(path[len(folder) + 1 :] for path in whole if path.startswith(f"{folder}/"))[:2000]
