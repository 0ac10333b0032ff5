"""Serve a site until it is stopped, or until nobody has looked for long enough."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from strop.report.watch.http import Server
from strop.report.watch.site import Site

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CHECK_SECONDS = 0.5
NICENESS = 10
"""The run comes first."""


def serve(listening: socket.socket, make: Callable[[], Site], idle: float, ready: Callable[[], None]) -> int | None:
    """Serve until a signal comes or nobody has looked for `idle` seconds while nothing ran. To be called on the main thread.

    `ready` is called when the first request would be answered.

    Returns:
        The number of the signal; None where it ended by itself.
    """
    with suppress(OSError):
        os.nice(NICENESS)
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    try:
        return asyncio.run(_serve(listening, make, idle, ready))
    finally:
        for number, handler in before:  # asyncio would leave the system's
            signal.signal(number, handler)


async def _serve(
    listening: socket.socket, make: Callable[[], Site], idle: float, ready: Callable[[], None]
) -> int | None:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()
    for number in SIGNALS:
        loop.add_signal_handler(number, _settle, stopped, number)
    site = make()
    async with Server(listening, site.answer):
        ready()
        following = asyncio.create_task(site.follow())
        unseen = asyncio.create_task(_unseen(site, idle))
        ends: set[asyncio.Future[Any]] = {following, unseen, stopped}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        unseen.cancel()
        await site.close()
        await following
    return stopped.result() if stopped.done() else None


def _settle(stopped: asyncio.Future[int], number: int) -> None:
    if not stopped.done():
        stopped.set_result(number)


async def _unseen(site: Site, idle: float) -> None:
    """Returns when nothing has run, and nobody has looked, for so many seconds."""
    busy = time.monotonic()
    while True:
        if site.running:
            busy = time.monotonic()
        quiet = time.monotonic() - max(busy, site.looked)
        if not site.viewers and quiet >= idle:
            return
        await asyncio.sleep(min(_CHECK_SECONDS, max(idle, 0.01)))
