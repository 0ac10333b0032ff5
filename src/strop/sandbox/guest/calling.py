"""What happens around a call: pickled arguments are opened, and generators and coroutines are run to their end."""

from __future__ import annotations

import contextlib
import inspect
import io
import itertools
import pickle
import sys
import types
from collections.abc import Callable
from typing import Any

import frames

OPAQUE = frames.plain_data.OPAQUE
"""The name under which arguments that are no plain data come: one pickle of all of them."""
MOST_ITEMS = 50_000
"""Most items that a generator may yield."""
GENERATOR, COROUTINE, ASYNC_GENERATOR = "a generator", "a coroutine", "an async generator"
_KINDS: dict[type, str] = {
    types.GeneratorType: GENERATOR,
    types.CoroutineType: COROUTINE,
    types.AsyncGeneratorType: ASYNC_GENERATOR,
    **dict.fromkeys(frames.plain_data.ITERATORS, GENERATOR),
}
_RUN = frozenset(_KINDS)
_loads = pickle.loads
_loops: list[Any] = []
_buffers: list[io.BytesIO] = []


def opened(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name. The pickle is of the scorer's making, under this interpreter."""
    return _loads(arguments[OPAQUE]) if OPAQUE in arguments else arguments


def listen() -> None:
    """Keep what is printed from now on for `heard`. A module may have kept the streams, so these remain."""
    if not _buffers:
        for stream in (sys.__stdout__, sys.__stderr__):
            _buffers.append(io.BytesIO())
            stream.buffer.raw.capture = _buffers[-1]  # type: ignore[union-attr]


def heard() -> str:
    """What was printed since the last call of this function, to each of the two streams, with a NUL behind it."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):  # a program may have put anything there
            stream.flush()  # type: ignore[union-attr]
    text = b"".join(buffer.getvalue() + b"\0" for buffer in _buffers).decode("utf-8", "backslashreplace")
    for buffer in _buffers:
        buffer.seek(0)
        buffer.truncate()
    return text


def finished(values: list[Any], caught: Callable[[BaseException, list[Any]], Any] | None = None) -> list[str]:
    """Replace each generator and coroutine by what it yields or returns. If one raises, `caught` makes its replacement, of the
    error and of what was yielded before.

    Returns the kind of each value, empty for any other value; an empty list if there are no generators or coroutines."""
    if _RUN.isdisjoint(map(type, values)):
        return []
    kinds = [_KINDS.get(type(value), "") for value in values]
    for index, kind in enumerate(kinds):
        items: list[Any] = []
        try:
            if kind:
                values[index] = _finished(values[index], kind, items)
        except (Exception, SystemExit) as error:
            if caught is None:
                raise
            values[index] = caught(error, items)
        _check(items)
    return kinds


def _finished(value: Any, kind: str, items: list[Any]) -> Any:
    """What a coroutine returns, or `items`, to which what the value yields is added."""
    if kind == GENERATOR:
        items += itertools.islice(value, MOST_ITEMS + 1)
        return items
    return _run(value if kind == COROUTINE else _drained(value, items))


def ended(value: Any) -> tuple[Any, str]:
    """The answer of a call, and its kind, which is empty for any value but a generator or a coroutine. A generator becomes the
    list of what it yields, a coroutine what it returns."""
    values = [value]
    (kind,) = finished(values) or [""]
    return values[0], kind


def ready(entry: Callable[..., Any]) -> None:
    """Make the event loop for calls of a coroutine function, before a clock runs."""
    if not _loops and (inspect.iscoroutinefunction(entry) or inspect.isasyncgenfunction(entry)):
        _loop()


def _check(items: list[Any]) -> None:
    if len(items) > MOST_ITEMS:
        raise ValueError(f"the generator yields more than {MOST_ITEMS:,} items, the most that are taken")


async def _drained(generator: Any, items: list[Any]) -> list[Any]:
    async for item in generator:
        items.append(item)
        if len(items) > MOST_ITEMS:
            break
    return items


def _loop() -> Any:
    if not _loops:
        import asyncio  # 40 ms, which few need

        _loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(_loops[0])
    return _loops[0]


def _run(coroutine: Any) -> Any:
    """What a coroutine returns. Tasks that it leaves are cancelled, as `asyncio.run` does."""
    loop = _loop()
    import asyncio

    try:
        return loop.run_until_complete(coroutine)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
