"""The guest that executes the program: it answers what stubs ask. Stand-alone, under Python 3.9 or newer.

It runs beside hostile code, so the host checks everything that it says.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import os
import random
import sys
import traceback
import types
from typing import Any

import strop_plain_data as plain_data

MOST_WORDS = 4000
"""Characters of a message, and of a traceback, that are sent."""
_LONGEST_PATH = 4096
_modules: dict[int, types.ModuleType] = {}
_opened: set[str] = set()
_seeded: dict[int, bytes] = {}
_before = set(sys.modules)
_root = os.getcwd()


def answer(question: bytes, setup: dict[str, Any]) -> list[Any]:
    """The kind of the answer to a question of a stub, which is plain data, and a list of what belongs to it.

    `setup` holds the program's `path`, the seed of what it `draws`, and whether it is the `original`. For the original there
    follow whether the program has drawn random numbers, and what it has imported and opened in the tree; a call that changes an
    argument is reported.
    """
    kind, number, name, *rest = plain_data.decode(question)
    made: list[Any]
    try:
        module = _module(number, name, setup)
        made = ["returned", [*_called(module, setup["original"], *rest)] if kind == "call" else [None, ""]]
    except _ChangesArgument as error:
        made = ["changed", [str(error)]]
    except BaseException as error:
        made = ["raised", [*_exception_as_data(error)]]
    if not setup["original"]:
        return made
    return [*made, 0 in _seeded and _generators() != _seeded[0], *_used(len(sys.modules), len(_opened))]


@functools.lru_cache(maxsize=1)
def _used(modules: int, opened: int) -> tuple[list[str], list[str]]:
    """The modules that the program has imported, and the files that it has opened. Finding them takes 15 ms, so they are looked
    up only when `modules` or `opened` has grown."""
    return loaded(_before, _root), _below_root()


class _ChangesArgument(Exception):
    """A call changed an argument, which the evaluator would not see."""


def _module(number: int, name: str, setup: dict[str, Any]) -> types.ModuleType:
    """The program as this module of the evaluator's, executed at the first question about it."""
    if not _modules:
        _begin(setup)
    if number not in _modules:
        module = types.ModuleType(name)
        module.__file__ = setup["path"]
        sys.modules[name] = module
        _modules[number] = module  # a program that raises is not executed again
        with open(setup["path"], encoding="utf-8", newline="", errors="surrogatepass") as file:
            code = compile(file.read(), setup["path"], "exec", dont_inherit=True)
        exec(code, module.__dict__)
    return _modules[number]


def _begin(setup: dict[str, Any]) -> None:
    sys.argv[:] = [setup["path"]]
    sys.path[:0] = dict.fromkeys((os.path.dirname(setup["path"]), _root))
    _seed(setup["draws"])
    if setup["original"]:
        _seeded[0] = _generators()
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Note the path that an audit event opens: the first argument of nearly all events that have a path."""
    path = arguments[0] if arguments else None
    if isinstance(path, (str, bytes, os.PathLike)):
        with contextlib.suppress(Exception):
            path = os.fsdecode(path)
            if len(path) < _LONGEST_PATH and not {"\n", "\0"} & set(path):
                _opened.add(os.path.abspath(path))


def _below_root() -> list[str]:
    """The files of the tree that this process has opened or imported, as paths from its root. A link counts, and its target."""
    files = {str(getattr(module, "__file__", None)) for module in list(sys.modules.values())}
    paths = {path for file in files | _opened for path in (os.path.abspath(file), os.path.realpath(file))}
    return sorted(path[len(_root) + 1 :] for path in paths if path.startswith(f"{_root}/") and os.path.isfile(path))


def _called(
    module: types.ModuleType, is_original: bool, name: str, arguments: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, str]:
    """The answer, and `a coroutine` if it is what one returned."""
    try:
        function = getattr(module, name)
    except AttributeError:
        raise NameError(f"the program does not define {name}") from None
    inputs = [*arguments, *named.values()]
    before = list(map(plain_data.encode, inputs)) if is_original else []
    value = function(*arguments, **named)
    lazy = ""
    if inspect.iscoroutine(value):
        import asyncio  # slow

        value, lazy = asyncio.run(value), "a coroutine"
    for number, encoded in enumerate(before):
        if plain_data.encode(inputs[number], subclasses=True) != encoded:
            raise _ChangesArgument(f"{name}() changes its argument {number + 1}")
    return value, lazy


def _seed(number: int) -> None:
    """Seed the global generators."""
    random.seed(number)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number)


def _generators() -> bytes:
    numpy = sys.modules.get("numpy")
    return plain_data.encode((random.getstate(), None if numpy is None else numpy.random.get_state()))


def _exception_as_data(error: BaseException) -> tuple[Any, ...]:
    """An exception as plain data: its type, the built-in types that it extends, its arguments if they are short, its message and
    the end of its traceback."""
    names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
    try:
        message = str(error)[:MOST_WORDS]
    except Exception:
        message = "no words"
    arguments: Any = None
    with contextlib.suppress(Exception):
        if len(plain_data.encode(tuple(error.args))) <= MOST_WORDS:
            arguments = tuple(error.args)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    trace_text = ""
    with contextlib.suppress(Exception):
        trace_text = "".join(traceback.format_exception(type(error), error, trace, limit=-20))[-MOST_WORDS:]
    return type(error).__name__, names, arguments, message, trace_text


def loaded(before: set[str], tree: str) -> list[str]:
    """Names of the modules imported beyond those of `before`, without modules of the room: those in the tree, or on the disk of
    its /tmp, below which an environment may be mounted."""
    names, room = [], os.stat("/tmp").st_dev
    for name, module in list(sys.modules.items()):
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        if not isinstance(file, str) or name in before:
            continue
        is_outside = os.path.isabs(file) and not file.startswith(tree) and os.path.exists(file)
        if is_outside and os.stat(file).st_dev != room:
            names.append(name)
    return names[:2000]
