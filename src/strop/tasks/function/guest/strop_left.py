"""What calls leave behind in their process: data of the program's module and of its classes, and switches of the process.

Loaded before the program. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import os
import random
import signal
import sys
import types
from typing import Any

import strop_behaviour as behaviour
import strop_calling  # type: ignore[import-not-found]  # the name of `calling` beside a program

RANDOM = "the state of random numbers"
RECURSION = "the recursion limit"
NOT_DESCRIBED = "not described"
"""The first item of what stands for a value that cannot be compared."""
plain_data: Any = strop_calling.frames.plain_data
_HOOKS = ("excepthook", "displayhook", "unraisablehook")
_libraries = os.path.dirname(os.__file__)


def left(module: dict[str, Any]) -> dict[str, Any]:
    """The name of each part → its description. Answers that are described from now on are kept for `spoil`."""
    behaviour.kept = behaviour.kept or []
    parts = dict(_switches())
    _add(parts, "", module, str(module.get("__name__")))
    for name, other in sorted(sys.modules.items()):
        if _is_project(other) and vars(other) is not module:
            _add(parts, f"{name}:", vars(other), name)
    try:
        plain_data.encode(parts)
    except plain_data.NotPlain:  # of what is large a digest is as good, where floats are the same
        parts = {name: _small(value) for name, value in parts.items()}
    return parts


def _add(parts: dict[str, Any], before: str, names: Any, module: str) -> None:
    """Add the data of a module or of a class, whose names are told with `before` before them."""
    for name, value in list(names.items()):
        if name[:2] == name[-2:] == "__" or name[:5] == "_abc_":
            continue
        value = getattr(value, "__func__", value) if isinstance(value, (staticmethod, classmethod)) else value
        if isinstance(value, type):
            if value.__module__ == module and value.__qualname__ == (before.rpartition(":")[2] + name):
                _add(parts, f"{before}{name}.", behaviour._dict_of_type(value), module)
        elif isinstance(value, types.FunctionType):
            if value.__module__ == module:
                _add_function(parts, f"{before}{name}", value)
        else:
            parts.update(_described(before + name, value))


def _add_function(parts: dict[str, Any], name: str, function: types.FunctionType) -> None:
    """Add what a function keeps: attributes, variables of the function around it, and values of parameters that can change."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or ())
    held = {f"{name}() {variable}": cell.cell_contents for variable, cell in cells if behaviour._is_full(cell)}
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    held.update((f"{name}() default {number}", value) for number, value in enumerate(defaults, 1))
    held.update((f"{name}.{attribute}", value) for attribute, value in vars(function).items() if attribute[:2] != "__")
    for part, value in held.items():
        parts.update(_described(part, value))


def spoil() -> None:
    """Change the answers of earlier calls, as a caller may who believes that they are its own."""
    left, seen = list(behaviour.kept or []), set()  # type: ignore[var-annotated]
    while left and len(seen) < behaviour.MOST:
        part = left.pop()
        if id(part) in seen or isinstance(part, behaviour._NAMED):
            continue
        seen.add(id(part))
        _parts.append(part)
        if isinstance(part, dict):
            left += dict.values(part)
        elif isinstance(part, (list, tuple)):
            left += list(part)
        elif not isinstance(part, (str, bytes)):
            left += behaviour._attributes(part).values()
        _change(part)


_parts: list[Any] = []
"""What `spoil` has seen stays alive, so that no identity is used twice."""


def _change(part: Any) -> None:
    if type(part) in (list, dict, set, bytearray):
        part.clear()
    elif behaviour._is_numpy(part) and part.shape and part.flags.writeable:
        part.fill(part.dtype.type())
    elif type(getattr(part, "__dict__", None)) is dict and _is_project(sys.modules.get(type(part).__module__)):
        part.__dict__.clear()


def _described(name: str, value: Any) -> dict[str, Any]:
    """The description of a value by its name; nothing for code, and for a logger, which leads to all others."""
    if isinstance(value, (*behaviour._NAMED, *_CODE)) or type(value).__module__ == "logging":
        return {}
    try:
        return {name: behaviour.described([value])[0]}
    except behaviour.NotDescribed as error:
        return {name: [NOT_DESCRIBED, str(error)]}


_CODE = (types.MethodType, property, functools.partial, functools.cached_property, types.MemberDescriptorType)
_PACKAGE = os.path.dirname(os.path.abspath(__file__)).partition("/tasks/function/guest")[0] + "/"


def _is_project(module: Any) -> bool:
    """Whether a module is of the user's project."""
    file = str(getattr(module, "__file__", None) or "")
    return bool(file) and not ("-packages/" in file or file.startswith((_libraries, _PACKAGE)))


def _switches() -> list[tuple[str, Any]]:
    switches: list[tuple[str, Any]] = [
        ("the garbage collector", [gc.isenabled(), list(gc.get_threshold())]),
        ("the environment", dict(os.environ)),
        ("the working folder", os.getcwd()),
        (RECURSION, sys.getrecursionlimit()),
        ("signal handlers", {int(number): _handler(number) for number in signal.valid_signals()}),
    ]
    if "decimal" in sys.modules:
        context = sys.modules["decimal"].getcontext()
        facts = [getattr(context, name) for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")]
        traps = sorted(trap.__name__ for trap, is_set in context.traps.items() if is_set)
        switches.append(("the decimal context", [facts, traps]))
    switches.append((RANDOM, _digest(repr(random.getstate()).encode())))
    if "numpy" in sys.modules:
        _, numbers, place, *_ = sys.modules["numpy"].random.get_state()
        switches.append((f"{RANDOM} of NumPy", _digest(numbers.tobytes() + b"%d" % place)))
    return switches + [
        (f"the {name}", read(sys.modules[module])) for name, module, read in _OTHERS if module in sys.modules
    ]


_OTHERS: list[tuple[str, str, Any]] = [
    ("names of builtins", "builtins", lambda module: sorted(name for name in vars(module) if name != "_")),
    ("folders of modules", "sys", lambda module: list(map(str, module.path))),
    ("streams", "sys", lambda module: [module.stdout is module.__stdout__, module.stderr is module.__stderr__]),
    ("hooks", "sys", lambda module: [_handler_name(getattr(module, name)) for name in _HOOKS]),
    ("switch interval", "sys", lambda module: module.getswitchinterval()),
    ("tracing", "sys", lambda module: [module.gettrace() is None, module.getprofile() is None]),
    ("threads", "threading", lambda module: [module.active_count(), _handler_name(module.excepthook)]),
    ("exit handlers", "atexit", lambda module: module._ncallbacks()),
    ("warning filters", "warnings", lambda module: _digest(repr([each[:4:2] for each in module.filters]).encode())),
    ("disabled level of logging", "logging", lambda module: module.root.manager.disable),
    ("timeout of sockets", "socket", lambda module: module.getdefaulttimeout()),
    ("locale", "locale", lambda module: module.setlocale(module.LC_ALL)),
    ("mask of new files", "os", lambda module: _umask()),
]
"""The name of a switch, its module, and how it is read, if the module is loaded."""


def _umask() -> int:
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def _handler_name(handler: Any) -> str:
    return str(getattr(handler, "__qualname__", handler))


_LARGE = 1 << 16
"""Bytes of a part from which a digest stands for it, if all parts together are too large."""


def _small(value: Any) -> Any:
    """The value, or its digest if it is large. What is small stays as it is, because the other program may have nothing large."""
    try:
        data = plain_data.encode(value)
    except plain_data.NotPlain as error:
        return [NOT_DESCRIBED, str(error)]
    return value if len(data) < _LARGE else _digest(data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _handler(number: int) -> str:
    return _handler_name(signal.getsignal(number))
