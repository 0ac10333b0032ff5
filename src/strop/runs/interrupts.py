"""Ctrl-C, SIGTERM and a limit of time: stop, and keep what there is."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from strop.base.errors import StropError

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Ctrl-C, a polite kill, and the closing of the terminal; one that was ignored when strop started stays so (nohup)."""
ONE_WISH_SECONDS = 0.5
"""A second signal that follows sooner is the same wish: `timeout` signals the process and then its group."""
_LONGEST = 3e8
"""Seconds: ten years. The system takes no time-out of centuries."""
_END = 0
"""What the watching thread reads when nothing is left to watch for; no signal has this number."""


class Interrupted(StropError):
    """The user stopped the work; what was done before is kept."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}; everything up to here is kept")
        self.number = number
        self.exit_code = 128 + number


class TimeSpent(StropError):
    """The work took as long as it may; what was done before is kept."""

    exit_code = 4

    def __init__(self) -> None:
        super().__init__("stopped: --max-time is spent; everything up to here is kept")
        self.more = "--max-time MORE"
        """The flag that lets the work go on."""


@contextmanager
def stopped_by_signals(
    *stops: Callable[[], None], seconds: float | None = None, notify: Callable[[str], None] | None = None
) -> Iterator[None]:
    """The first signal calls `stops`, which make whoever is waiting fail; the second ends the process at once.

    A sandbox's `close` ends every guest; a model's `finish` lets only those answers still come that are on their way, since
    they are paid for. `notify` writes a notice; standard error when None. After `seconds` (None: never) the same is done as on
    a signal. Only a main thread can take signals; in another only the time counts.

    Raises:
        Interrupted, TimeSpent: instead of the failure that the signal or the time caused.
    """
    watch = _Watch(stops, seconds, notify or _notify)
    watched = threading.current_thread() is threading.main_thread()
    numbers = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN] if watched else []
    before = {number: signal.signal(number, _awake) for number in numbers}
    woken = signal.set_wakeup_fd(watch.wake, warn_on_full_buffer=False) if watched else -1
    try:
        yield
    except StropError as error:
        if watch.reason is not None:
            raise watch.reason from error
        raise
    finally:
        if watched:
            signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        watch.close()


def _awake(number: int, frame: object) -> None:
    """A handler there must be, so that the number is written to the watch; the watch does the rest."""


class _Watch:
    """A thread that hears of signals through a pipe.

    A handler in Python runs only when the main thread runs, and that one often waits for a lock, of which the system may not
    wake it: it would then be heard when everything is done.
    """

    def __init__(
        self, stops: tuple[Callable[[], None], ...], seconds: float | None, notify: Callable[[str], None]
    ) -> None:
        self.reason: StropError | None = None
        self._stops = stops
        self._notify = notify
        self._seconds = None if seconds is None else min(seconds, _LONGEST)
        self._since = time.monotonic()
        self._stopped_at = 0.0
        self._read, self.wake = os.pipe()
        os.set_blocking(self.wake, False)
        self._thread = threading.Thread(target=self._listen, name="strop-signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        os.write(self.wake, bytes([_END]))
        self._thread.join()
        os.close(self._read)
        os.close(self.wake)

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._read], [], [], self._left())
            if not ready:
                self._stop(TimeSpent(), "--max-time is spent")
                continue
            for number in os.read(self._read, 64):
                if number == _END:
                    return
                if number in SIGNALS:
                    self._heard(signal.Signals(number))

    def _left(self) -> float | None:
        """Seconds until the time is spent; None where nothing more is to happen by itself."""
        if self._seconds is None or self.reason is not None:
            return None
        return max(0.0, self._since + self._seconds - time.monotonic())

    def _heard(self, number: signal.Signals) -> None:
        if not isinstance(self.reason, Interrupted):
            self._stop(Interrupted(number), "stopping")
        elif time.monotonic() - self._stopped_at >= ONE_WISH_SECONDS:
            if os.isatty(2):
                _say(b"\x1b[?25h")  # the cursor, which a live view hides
            os._exit(128 + number)

    def _stop(self, reason: StropError, words: str) -> None:
        first = self.reason is None
        self.reason, self._stopped_at = reason, time.monotonic()
        self._notify(f"strop: {words}; waiting for requests in flight (Ctrl-C again to quit now)")
        for act in self._stops if first else ():  # in threads of their own: this one must hear the next signal
            threading.Thread(target=act, name="strop-stop").start()


def _notify(line: str) -> None:
    _say(f"\n{line}\n".encode())


def _say(words: bytes) -> None:
    """On standard error, which may be gone: the terminal that was closed is why this is said."""
    with suppress(OSError):
        os.write(2, words)
