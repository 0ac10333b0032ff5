"""S008: limits of time are removed or their signals disarmed."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from strop.audit import displays
from strop.audit.program import Hit, Program, paths
from strop.audit.values import Constant, Instance, Invocation, Known, Scope, Source, Written

RULE = "S008"
_NAMES = frozenset(
    {"timeout", "time_limit", "timelimit", "timeout_seconds", "timeout_s", "max_time", "time_out", "deadline", "max_seconds",
     "wall_time_limit", "cpu_time_limit", "cpu_limit", "time_budget", "timeout_sec", "limit_seconds", "wall_seconds"}
)  # fmt: skip
_LONG = 1e4
"""Seconds that are no limit any more."""
_TIMERS = {"signal.alarm": 0, "signal.setitimer": 1}
"""Function → which argument is the time; 0 disarms."""
_WITHOUT_NAME = {
    "socket.setdefaulttimeout": 0,
    "asyncio.wait_for": 1,
    "asyncio.timeout": 0,
    "concurrent.futures.wait": 1,
}
_TIMEOUT_ERRORS = frozenset(
    {"builtins.TimeoutError", "concurrent.futures.TimeoutError", "asyncio.TimeoutError", "subprocess.TimeoutExpired",
     "multiprocessing.TimeoutError", "concurrent.futures._base.TimeoutError"}
)  # fmt: skip
_BLOCKING = frozenset({"signal.pthread_sigmask"})


def check_timeouts(program: Program) -> Iterator[Hit]:
    """Arguments, timers, signals, resource limits, attributes."""
    armed = _arms_itself(program)
    for invocation in program.invocations:
        if _is_own(invocation, program):
            continue
        named = list(invocation.keywords)
        for unpacked in invocation.unpacked:
            for given in program.resolver.of(unpacked):
                named += [(k, source) for k, source in displays.entries(given, program.resolver) if isinstance(k, str)]
        for name, argument in named:
            if name.lower() in _NAMES and _is_no_limit(argument, program):
                yield Hit(RULE, invocation.call, f"{name}=...")
    for node, scope in program.nodes:
        if isinstance(node, ast.Call):
            yield from _check_call(node, scope, armed, program)
    for target, source, scope in program.resolver.names.attributes:
        values = program.resolver.values(target.value, scope)
        own = any(isinstance(value, (Instance, Written)) for value in values)
        if target.attr.lower() in _NAMES and not own and source is not None and _is_no_limit(source, program):
            yield Hit(RULE, target, f".{target.attr} = ...")


def _is_own(invocation: Invocation, program: Program) -> bool:
    """Own functions, dicts and texts set no limit of time: what such an argument is passed on to does."""
    if isinstance(invocation.function, ast.Attribute) and invocation.function.attr in ("format", "update"):
        return True
    values = program.resolver.values(invocation.function, invocation.scope)
    return any(
        value.path in ("builtins.dict", "types.SimpleNamespace", "builtins.print") if isinstance(value, Known) else True
        for value in values
        if isinstance(value, (Known, Written, Instance))
    )


def _is_no_limit(source: Source, program: Program) -> bool:
    for value in program.resolver.of(source):
        if isinstance(value, Known) and value.path in ("math.inf", "numpy.inf", "sys.maxsize", "threading.TIMEOUT_MAX"):
            return True
        if isinstance(value, Constant) and (value.value is None or _is_long(value.value)):
            return True
    return False


def _is_long(value: object) -> bool:
    """So long that it is none; -1 is for ever, too."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value >= _LONG or value == -1 or math.isnan(value)


def _check_call(node: ast.Call, scope: Scope, armed: bool, program: Program) -> Iterator[Hit]:
    for path in paths(program.resolver.values(node.func, scope)):
        if path in _TIMERS and not armed and _is_zero(node, _TIMERS[path], scope, program):
            yield Hit(RULE, node, f"{path} with 0")
        elif path == "signal.signal" and node.args and not armed:
            if any(path.endswith(("SIGALRM", "SIGXCPU", "SIGVTALRM", "SIGPROF", "SIGTERM"))
                   for path in paths(program.resolver.values(node.args[0], scope))):  # fmt: skip
                yield Hit(RULE, node, "a handler for the alarm")
        elif path in ("resource.setrlimit", "resource.prlimit") or (path in _BLOCKING and len(node.args) > 1):
            yield Hit(RULE, node, path)
        elif path in _WITHOUT_NAME and len(node.args) > _WITHOUT_NAME[path]:
            source = Source("value", node.args[_WITHOUT_NAME[path]], scope)
            if _is_no_limit(source, program):
                yield Hit(RULE, node, f"{path} without a limit")


def _is_zero(node: ast.Call, place: int, scope: Scope, program: Program) -> bool:
    given = node.args[place : place + 1] or [keyword.value for keyword in node.keywords if keyword.arg == "seconds"]
    return any(
        isinstance(value, Constant) and value.value in (0, None)
        for each in given
        for value in program.resolver.values(each, scope)
    )


def _arms_itself(program: Program) -> bool:
    """Whether the program sets an alarm of its own: it may then clear it, and handle it."""
    for node, scope in program.nodes:
        if isinstance(node, ast.Call):
            for path in paths(program.resolver.values(node.func, scope)):
                if (
                    path in _TIMERS
                    and len(node.args) > _TIMERS[path]
                    and not _is_zero(node, _TIMERS[path], scope, program)
                ):
                    return True
    return False


def catches_timeout(handler: ast.ExceptHandler, scope: Scope, program: Program) -> bool:
    """Whether an `except` is for time-outs."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    return any(set(paths(program.resolver.values(each, scope))) & _TIMEOUT_ERRORS for each in types)
