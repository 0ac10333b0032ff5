"""Ctrl-C and SIGTERM: stop, and keep what there is."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from strop.errors import StropError

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Ctrl-C, a polite kill, and the closing of the terminal; one that was ignored when strop started stays so (nohup)."""
ONE_WISH_SECONDS = 0.5
"""A second signal that follows sooner is the same wish: `timeout` signals the process and then its group."""


class Interrupted(StropError):
    """The user stopped the work; what was done before is kept."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}; everything up to here is kept")
        self.number = number
        self.exit_code = 128 + number


@contextmanager
def stopped_by_signals(*stops: Callable[[], None]) -> Iterator[None]:
    """The first signal calls `stops`, which make whoever is waiting fail; the second ends the process at once.

    A sandbox's `close` ends every guest; a model's `finish` lets only those answers still come that are on their way, since
    they are paid for. Only a main thread can take signals; in another nothing changes.

    Raises:
        Interrupted: instead of the failure that the signal caused.
    """
    stopping: list[signal.Signals] = []
    since: list[float] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping and time.monotonic() - since[0] < ONE_WISH_SECONDS:
            return
        if stopping:
            if os.isatty(2):
                os.write(2, b"\x1b[?25h")  # the cursor, which a live view hides
            os._exit(128 + number)
        stopping.append(signal.Signals(number))
        since.append(time.monotonic())
        os.write(2, b"\nstrop: stopping; answers on their way are waited for (again to quit at once)\n")
        # In threads of their own: the interrupted code may hold the locks that they need.
        for act in stops:
            threading.Thread(target=act, name="strop-stop").start()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    except StropError as error:
        if stopping:
            raise Interrupted(stopping[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
