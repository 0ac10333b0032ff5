"""Ctrl-C and SIGTERM: stop, and keep what there is."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from strop.errors import StropError
from strop.sandbox.base import Sandbox


class Interrupted(StropError):
    """The user stopped the work; what was done before is kept."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}; everything up to here is kept")
        self.number = number
        self.exit_code = 128 + number


@contextmanager
def stopped_by_signals(sandbox: Sandbox) -> Iterator[None]:
    """The first signal ends every guest, so that whoever waits for one fails; the second ends the process.

    Answers of the model that are on their way are waited for and kept: they are paid for. Only a main thread can take
    signals; in another nothing changes.

    Raises:
        Interrupted: instead of the failure that the signal caused.
    """
    stopping: list[signal.Signals] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping:
            os._exit(128 + number)
        stopping.append(signal.Signals(number))
        # In a thread of its own: the interrupted code may hold the locks that closing needs.
        threading.Thread(target=sandbox.close, name="strop-stop").start()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except StropError as error:
        if stopping:
            raise Interrupted(stopping[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
