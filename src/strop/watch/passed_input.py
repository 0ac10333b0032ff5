"""Standard input that a recorded command reads: it is passed on, and kept for later runs of the command."""

from __future__ import annotations

import os
import select
import stat
import threading
from contextlib import suppress

from strop.tasks.function.calls import MOST_BYTES_OF_ONE

_CHUNK = 1 << 16


class PassedInput:
    """Passes the standard input of this process on to a command."""

    def __init__(self, given: int) -> None:
        """`given`: the descriptor of standard input."""
        self._given = given
        self.reader, self._writer = os.pipe()
        """The command's standard input."""
        self._ended, self._end = os.pipe()
        self._kept: bytearray | None = bytearray()
        self._thread = threading.Thread(target=self._pass_on, name="strop-input", daemon=True)
        self._thread.start()

    def _pass_on(self) -> None:
        poll = select.poll()
        poll.register(self._given, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        with suppress(OSError):  # the command reads no more
            while all(descriptor == self._given for descriptor, _ in poll.poll()):
                if not (data := os.read(self._given, _CHUNK)):
                    break
                if self._kept is not None:
                    self._kept += data
                    self._kept = self._kept if len(self._kept) <= MOST_BYTES_OF_ONE else None
                while data:
                    data = data[os.write(self._writer, data) :]
        os.close(self._writer)

    def end(self) -> bytes | None:
        """What was passed on until now, when the command has ended; None if that is too much to keep."""
        os.close(self.reader)  # a writer that waits for a command which has ended gets an error
        os.close(self._end)
        self._thread.join()
        os.close(self._ended)
        return None if self._kept is None else bytes(self._kept)


def passed_input() -> PassedInput | None:
    """Standard input for a command; None if it is a terminal or a device such as /dev/null, or closed. Then the command has it as
    it is."""
    with suppress(OSError):
        return None if stat.S_ISCHR(os.fstat(0).st_mode) else PassedInput(0)
    return None
