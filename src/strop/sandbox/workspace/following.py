"""A command under way, as the host sees it: its output, the calls that the jail refuses it, its end."""

from __future__ import annotations

import os
import select
import time
from collections import Counter
from collections.abc import Callable, Mapping

from strop.sandbox import control
from strop.sandbox.confinement import notify
from strop.sandbox.workspace.output import Kept

_TOLERATED = 10_000
"""How many refused calls of one command are counted; the kernel alone refuses the rest."""
_SLOWLY = 0.01


class Followed:
    """One command. Register it with a poll, and give it every event of its descriptors until it has `ended`."""

    def __init__(self, end: int, receive: Callable[[], tuple[control.Message, list[int]]], kept: list[Kept]) -> None:
        """`end` is the descriptor of the keeper's channel, and `receive` its next message."""
        self.end, self._receive, self.kept = end, receive, kept
        self.denied: Counter[str] = Counter()
        self.ended: Mapping[str, object] | None = None
        """The keeper's report."""
        self._streams = {each.descriptor: each for each in kept}
        self._listener = -1

    def register(self, poll: select.poll) -> None:
        """Add the command's descriptors to `poll`."""
        for descriptor in (*self._streams, self.end, *([self._listener] if self._listener >= 0 else [])):
            poll.register(descriptor, select.POLLIN)

    def take(self, poll: select.poll, descriptor: int, event: int) -> None:
        """Deal with an event, if it is of one of its descriptors."""
        if descriptor == self.end:
            message, descriptors = self._receive()
            if "ended" in message:
                self.ended = dict(message["ended"])  # type: ignore[call-overload]
                return
            self._listener = descriptors[0]
            poll.register(self._listener, select.POLLIN)
        elif descriptor == self._listener:
            self._refuse(poll, event)
        elif descriptor in self._streams:
            if not self._streams[descriptor].read():
                poll.unregister(descriptor)
                del self._streams[descriptor]
            elif self._streams[descriptor].slow:
                time.sleep(_SLOWLY)

    def _refuse(self, poll: select.poll, event: int) -> None:
        """Refuse one call and count it; let the kernel alone do that when it has been done too often."""
        if event & select.POLLIN:
            notification = notify.receive(self._listener)
            if notification is not None:
                self.denied[notification[1].call] += 1
                notify.refuse(self._listener, notification[0])
            if self.denied.total() < _TOLERATED:
                return
        poll.unregister(self._listener)
        self._unlisten()

    def _unlisten(self) -> None:
        if self._listener >= 0:
            os.close(self._listener)
            self._listener = -1

    def drain(self) -> None:
        """Read what is left of its output."""
        for each in self.kept:
            each.drain()

    def close(self) -> None:
        """Close the descriptors. Idempotent."""
        self._unlisten()
        for each in self.kept:
            each.close()
