"""Stop on Ctrl-C, SIGTERM and a time limit, and keep completed work."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from strop.base.errors import SearchOver, StropError
from strop.base.surface import option

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Ctrl-C, kill, and a closed terminal. Signals that were ignored at start-up stay ignored (nohup)."""
ONE_WISH_SECONDS = 0.5
"""A second signal within this time is the same request: `timeout` signals the process and then its group."""
_LONGEST_WAIT = 2**31 - 1
"""Milliseconds that poll can wait at most."""
_LONGEST = 3e8
"""Seconds: ten years. The system refuses time-outs of centuries."""
_END = 0
"""Ends the watching thread; no signal has this number."""


class Stop:
    """The user's request to stop this process, and the last message that it prints."""

    def __init__(self) -> None:
        self.since: float | None = None
        """When the user asked, by the monotonic clock; None before that."""
        self.last_words = ""
        """A message that says how to continue; empty if nothing can be continued."""

    def asked_again(self, number: int) -> None:
        """End the process, unless this signal belongs to the same request as the first."""
        if self.since is not None and time.monotonic() - self.since >= ONE_WISH_SECONDS:
            if os.isatty(2):
                _write(b"\x1b[?25h")  # the cursor, which a live view hides
            if self.last_words:
                _write(f"{self.last_words}\n".encode())
            os._exit(128 + number)


stop = Stop()
"""The stop of this process."""


class Interrupted(StropError):
    """The user stopped the work, by Ctrl-C or a signal. What was done is recorded."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}; everything so far is kept")
        self.number = number
        self.exit_code = 128 + number


class TimeSpent(SearchOver):
    """The time limit is reached. Completed work is kept."""

    def __init__(self, detail: str = "--max-time was spent", message: str = "") -> None:
        """`detail` is recorded, so it names the option as commands do."""
        super().__init__(
            "max_time", detail, message or f"stopped: {option('max_time')} is spent; everything so far is kept"
        )
        self.more = "--max-time MORE"
        """The flag that continues the work."""


@contextmanager
def stopped_by_signals(
    *stops: Callable[[], None], seconds: float | None = None, notify: Callable[[str], None] | None = None
) -> Iterator[Watch]:
    """On the first signal, call `stops`, which make all waiting code fail; on the second, end the process immediately.

    A sandbox's `close` ends all guests; a model's `finish` gives requests in flight, which are paid for, some seconds to
    complete. `notify` prints a notice; None prints it on standard error. Reaching `seconds` (None for never) has the effect of a
    signal. Outside the main thread, only the time limit works. Yields the watch, which knows why the work inside was stopped.

    Raises:
        Interrupted, TimeSpent: instead of the failure that the signal or the time limit caused.
    """
    watch = Watch(stops, seconds, notify or _notify)
    is_main = threading.current_thread() is threading.main_thread()

    numbers = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN] if is_main else []
    before = {number: signal.signal(number, _awake) for number in numbers}
    woken = signal.set_wakeup_fd(watch.wake, warn_on_full_buffer=False) if is_main else -1
    try:
        yield watch
    except StropError as error:
        if watch.reason is not None:
            raise watch.reason from error
        raise
    finally:
        if is_main:
            signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        watch.close()


def _awake(number: int, frame: object) -> None:
    """Do nothing. Python writes only signals that have a handler to the pipe of the watch."""


class Watch:
    """A thread that receives signals through a pipe.

    Python runs signal handlers in the main thread, which often waits for a lock and would handle them only after the work.
    """

    def __init__(
        self, stops: tuple[Callable[[], None], ...], seconds: float | None, notify: Callable[[str], None]
    ) -> None:
        self.reason: StropError | None = None
        """Why the work was stopped; None if it was not."""
        self._stops = stops
        self.notify = notify
        self._seconds = None if seconds is None else min(seconds, _LONGEST)
        self._since = time.monotonic()
        self._read, self.wake = os.pipe()
        os.set_blocking(self.wake, False)
        self._thread = threading.Thread(target=self._listen, name="strop-signals", daemon=True)
        self._thread.start()

    def lift_limit(self) -> None:
        """Lift the time limit. It ends a search; the comparison after the search takes as long as it takes."""
        self._seconds = None

    def close(self) -> None:
        """End the thread."""
        os.write(self.wake, bytes([_END]))
        self._thread.join()
        os.close(self._read)
        os.close(self.wake)

    def _listen(self) -> None:
        poll = select.poll()  # select knows no descriptor above 1023
        poll.register(self._read, select.POLLIN)
        while True:
            left = self._left()
            if not poll.poll(None if left is None else min(1000 * left, _LONGEST_WAIT)):
                if self._left() == 0:  # it may have been lifted
                    self._stop(TimeSpent(), f"{option('max_time')} is spent")
                continue
            for number in os.read(self._read, 64):
                if number == _END:
                    return
                if number in SIGNALS:
                    self._received(signal.Signals(number))

    def _left(self) -> float | None:
        """Seconds until the time limit; None without one, or after a stop."""
        if self._seconds is None or self.reason is not None:
            return None
        return max(0.0, self._since + self._seconds - time.monotonic())

    def _received(self, number: signal.Signals) -> None:
        if not isinstance(self.reason, Interrupted):
            self._stop(Interrupted(number), "stopping")
        else:
            stop.asked_again(number)

    def _stop(self, reason: StropError, message: str) -> None:
        first = self.reason is None
        self.reason, stop.since = reason, time.monotonic()
        self.notify(f"strop: {message}; waiting up to 10 s for requests in flight (Ctrl-C to quit now)")
        for end in self._stops if first else ():  # in other threads, because this one must receive the next signal
            threading.Thread(target=end, name="strop-stop").start()


def _notify(line: str) -> None:
    _write(f"\n{line}\n".encode())


def _write(content: bytes) -> None:
    """Write to standard error, which may be a closed terminal."""
    with suppress(OSError):
        os.write(2, content)
