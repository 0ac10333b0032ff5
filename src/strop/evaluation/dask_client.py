"""A client of a Dask scheduler that runs nothing of what it receives.

Dask's own client unpickles results, exceptions, tracebacks and types, and a pickle can run any code. This one reads plain data;
whatever else arrives becomes an `Inert` of the same name. Workers send their answers as bytes (`strop.evaluation.plain`).
"""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Iterable
from typing import Any

import distributed.client
import distributed.core
import distributed.protocol.pickle
from distributed import Client


class Inert(Exception):
    """Replaces an object that a peer sent: it has the name and the arguments of that object, and does nothing."""

    def __init__(self, *arguments: object, **_: object) -> None:
        super().__init__(*arguments)

    def __setstate__(self, state: object) -> None:
        """Discard the state."""

    def __setitem__(self, key: object, value: object) -> None:
        """Discard the item."""

    def append(self, item: object) -> None:
        """Discard the item."""

    add = extend = append


class PlainClient(Client):  # type: ignore[misc]  # Dask has no types
    """A client whose loop, a thread of its own, reads only plain data, and that prints and warns of nothing for its peers."""

    async def _start(self, *arguments: Any, **options: Any) -> Any:
        _here.is_plain = True
        return await super()._start(*arguments, **options)

    def subscribe_topic(self, topic: str, handler: object) -> None:
        """Dask's client would print what any peer tells it to, and unpickle warnings."""


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "bytes"):
            return bytes  # Dask names the type of an answer so
        return type(name.rpartition(".")[2][:100] or "object", (Inert,), {})


_here = threading.local()
"""Whether this thread is the loop of a `PlainClient`."""
_load, _clean = distributed.protocol.pickle.loads, distributed.core.clean_exception


def _is_plain() -> bool:
    return getattr(_here, "is_plain", False)


def _checked(data: bytes | bytearray, *, buffers: Iterable[Any] = ()) -> Any:
    """Dask's way to unpickle, for other clients, schedulers and workers in this process; plain data only for ours.

    A large frame is read on a thread that all share, so there it is plain data, too.
    """
    if _is_plain() or threading.current_thread().name.startswith("Dask-Offload"):
        return _Plain(io.BytesIO(data), buffers=buffers).load()
    return _load(data, buffers=buffers)


def _cleaned(exception: Any, traceback: Any = None, **more: Any) -> Any:
    """Dask's way to read an exception, likewise; without its traceback."""
    if not _is_plain():
        return _clean(exception, traceback, **more)
    try:
        read = _checked(exception) if isinstance(exception, bytes | bytearray) else exception
    except Exception as broken:  # noqa: BLE001 (whatever a broken pickle raises)
        read = broken
    error = read if isinstance(read, Exception) else Inert(str(read)[:1000])
    return type(error), error, None


distributed.protocol.pickle.loads = distributed.client.loads = _checked
distributed.core.clean_exception = distributed.client.clean_exception = _cleaned
