"""What surrounds a call: arguments that come as a pickle are opened, and generators and coroutines are run to their end."""

from __future__ import annotations

import inspect
import itertools
import pickle
import types
from collections.abc import Callable
from typing import Any

import frames

OPAQUE = frames.plain_data.OPAQUE
"""The name of arguments that are no plain data: one pickle of all, by name."""
MOST_ITEMS = 50_000
"""What a generator may yield."""
GENERATOR, COROUTINE, ASYNC_GENERATOR = "a generator", "a coroutine", "an async generator"
_KINDS: dict[type, str] = {
    types.GeneratorType: GENERATOR,
    types.CoroutineType: COROUTINE,
    types.AsyncGeneratorType: ASYNC_GENERATOR,
}
_RUN = frozenset(_KINDS)
_loads = pickle.loads
_loops: list[Any] = []


def opened(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name. The pickle is of the scorer's making, under this interpreter."""
    return _loads(arguments[OPAQUE]) if OPAQUE in arguments else arguments


def finished(values: list[Any]) -> list[str]:
    """Put in the place of each generator and coroutine what it yields or returns. Returns the kind of each value, empty for
    another value; no kinds if there are no such values."""
    if _RUN.isdisjoint(map(type, values)):
        return []
    kinds = [_KINDS.get(type(value), "") for value in values]
    for at, kind in enumerate(kinds):
        if kind == GENERATOR:
            values[at] = _most(list(itertools.islice(values[at], MOST_ITEMS + 1)))
        elif kind:
            values[at] = _run(values[at] if kind == COROUTINE else _drained(values[at]))
    return kinds


def ended(value: Any) -> Any:
    """The answer that a call gave: of a generator the list of what it yields, of a coroutine what it returns."""
    values = [value]
    finished(values)
    return values[0]


def ready(entry: Callable[..., Any]) -> None:
    """Make what calls of a coroutine function need, before a clock runs."""
    if not _loops and (inspect.iscoroutinefunction(entry) or inspect.isasyncgenfunction(entry)):
        _loop()


def _most(items: list[Any]) -> list[Any]:
    if len(items) > MOST_ITEMS:
        raise ValueError(f"the generator yields more than {MOST_ITEMS:,} items, the most that are taken")
    return items


async def _drained(generator: Any) -> list[Any]:
    items: list[Any] = []
    async for each in generator:
        items.append(each)
        if len(items) > MOST_ITEMS:
            break
    return _most(items)


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
        for each in left:
            each.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
