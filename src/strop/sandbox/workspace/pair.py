"""Two workspaces that work together: a command runs in each until the pair is closed, and one order after another goes to both.

The host talks to each command over a channel, its standard input; a socket pair, the link, leads from the first to the second.
The second is not trusted: what it says is bounded, and late words end the pair.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from strop.base.errors import SandboxError
from strop.base.standstill import running
from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.following import Followed
from strop.sandbox.workspace.workspace import JailedWorkspace

Message: TypeAlias = Mapping[str, Any]

FIRST, SECOND = 0, 1
_LENGTH = struct.Struct("<I")
_MOST_SAID = 16 << 20
"""Bytes of one message."""
_START_SECONDS = 120.0
_FINISH_SECONDS = 30.0
_FOREVER = 10**8
"""Seconds of CPU time of a command: its evaluations have limits of their own."""


@dataclass(frozen=True)
class PairPlan:
    """What runs in the two workspaces of a pair."""

    trees: tuple[Tree, Tree]
    commands: tuple[str, str]
    greetings: tuple[Message, Message]
    """The first message for each."""
    limits: CommandLimits
    """Limits of each workspace; the times are those of one order."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for plans of which the pairs can stand for each other."""
        return repr(self)


@dataclass(frozen=True)
class Ended:
    """How an order ended."""

    said: Message | None
    """What the first command said at the end; None if it did not come so far."""
    finished: Message | None
    """What the second said; not trusted."""
    stopped: str = ""
    """`wall`, or the limit that a jail exceeded, `memory`; `lost` if a command ended, which nobody had told it."""
    side: int = FIRST
    """The workspace in which it happened."""
    wall_seconds: float = 0.0
    denied: Mapping[str, int] = field(default_factory=dict)


class _Over(Exception):
    def __init__(self, stopped: str, side: int) -> None:
        super().__init__(stopped)
        self.stopped, self.side = stopped, side


class Side:
    """One workspace with its command, and the host's end of the channel."""

    def __init__(self, workspace: JailedWorkspace, plan: PairPlan, number: int) -> None:
        self.workspace = workspace
        ours, theirs = socket.socketpair()
        with theirs:
            limits = CommandLimits(
                wall_seconds=_FOREVER,
                cpu_seconds=_FOREVER,
                memory_bytes=plan.limits.memory_bytes,
                disk_bytes=plan.limits.disk_bytes,
                processes=plan.limits.processes,
                output_bytes=1 << 14,
            )
            try:
                self.followed: Followed = workspace.begin(
                    plan.commands[number], limits, plan.environment, theirs.fileno()
                )
            except BaseException:
                ours.close()
                raise
        self.channel = ours
        self._said = bytearray()

    def send(self, message: Message, *descriptors: int) -> None:
        """Send a message; one that has ended takes none."""
        data = json.dumps(message).encode("utf-8", "surrogatepass")
        with suppress(BrokenPipeError, ConnectionResetError):
            self.channel.settimeout(_FINISH_SECONDS)
            whole = memoryview(_LENGTH.pack(len(data)) + data)
            sent = socket.send_fds(self.channel, [whole], list(descriptors))
            self.channel.sendall(whole[sent:])

    def read(self) -> bool:
        """Read what it has sent; whether more may come."""
        self.channel.setblocking(False)
        try:
            chunk = self.channel.recv(1 << 20)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        self._said += chunk
        return bool(chunk) and len(self._said) <= _MOST_SAID + _LENGTH.size

    def message(self) -> Message | None:
        """Its next message, if it is whole. Raises ValueError if it is none."""
        if len(self._said) < _LENGTH.size:
            return None
        size = _LENGTH.unpack_from(self._said)[0]
        if size > _MOST_SAID:
            raise ValueError("too long")
        if len(self._said) < size + _LENGTH.size:
            return None
        data = bytes(self._said[_LENGTH.size : size + _LENGTH.size])
        del self._said[: size + _LENGTH.size]
        found = json.loads(data.decode("utf-8", "replace"))
        if not isinstance(found, dict):
            raise ValueError("no message")
        return found

    def close(self) -> None:
        self.channel.close()
        self.followed.close()
        self.workspace.close()


class Pair:
    """Two workspaces at work. For one thread at a time."""

    def __init__(self, plan: PairPlan, make: Callable[[Tree], JailedWorkspace]) -> None:
        """Start both commands and wait until they are ready. Raises SandboxError."""
        self.sides: list[Side] = []
        with ExitStack() as undo:
            undo.callback(self.close)
            links = socket.socketpair()
            for number, link in enumerate(links):
                with link:
                    workspace = make(plan.trees[number])
                    try:
                        side = Side(workspace, plan, number)
                    except BaseException:
                        workspace.close()
                        raise
                    self.sides.append(side)
                    side.send(plan.greetings[number], link.fileno())
            for number in (FIRST, SECOND):
                try:
                    self._reply(number, running() + _START_SECONDS)
                except _Over as error:
                    raise SandboxError(f"cannot start a workspace for an evaluator: {self._words(error)}") from None
            undo.pop_all()

    def _words(self, error: _Over) -> str:
        side = self.sides[error.side]
        side.followed.drain()
        lines = side.followed.kept[1].text().strip().splitlines()
        return lines[-1] if lines else error.stopped

    def order(self, first: Message, second: Message, wall_seconds: float) -> Ended:
        """Give both their orders; the first one's message ends the order. After anything else than its end, close the pair."""
        begun = running()
        for side in self.sides:
            side.followed.denied.clear()
        said = finished = None
        stopped, number = "", FIRST
        try:
            self.sides[SECOND].send(second)
            self.sides[FIRST].send(first)
            said = self._reply(FIRST, begun + wall_seconds)
            self.sides[SECOND].send({"finish": True})
            finished = self._reply(SECOND, running() + _FINISH_SECONDS)
        except _Over as error:
            stopped, number = error.stopped, error.side
            if said is not None:  # the evaluation was over
                stopped = ""
        except TimeoutError:
            stopped, number = "lost", SECOND
        except BaseException:  # Ctrl-C: the next message would be about this order
            self.close()
            raise
        denied = dict(self.sides[FIRST].followed.denied + self.sides[SECOND].followed.denied)
        is_clean = not stopped and all(told and told.get("clean") is True for told in (said, finished))
        if not is_clean:
            self.close()
        return Ended(said, finished, stopped, number, running() - begun, denied)

    def _reply(self, number: int, deadline: float) -> Message:
        """The next message of one command. Raises _Over if a limit, or the end of a command, comes first."""
        poll = select.poll()
        channels = {side.channel.fileno(): side for side in self.sides}
        for side in self.sides:
            side.followed.register(poll)
            poll.register(side.channel.fileno(), select.POLLIN)
        while True:
            try:
                message = self.sides[number].message()
            except (ValueError, RecursionError):
                raise _Over("lost", number) from None
            if message is not None:
                return message
            left = deadline - running()
            if left <= 0:
                raise _Over("wall", number)
            for descriptor, event in poll.poll(max(1.0, left * 1000)):
                if descriptor in channels and not channels[descriptor].read():
                    poll.unregister(descriptor)
                for side in self.sides:
                    side.followed.take(poll, descriptor, event)
            for index, side in enumerate(self.sides):
                if side.followed.ended is not None and (index != number or not side.read()):
                    raise _Over(str(side.followed.ended["stopped"]) or "lost", index)

    @property
    def is_open(self) -> bool:
        """Whether it can take an order."""
        return bool(self.sides)

    def stop(self) -> None:
        """End all its processes. May be called from another thread."""
        for side in list(self.sides):
            side.workspace.stop()

    def close(self) -> None:
        """End both commands. Idempotent."""
        sides, self.sides = self.sides, []
        for side in sides:
            side.close()


class Lease:
    """A pair for a while, made when it is first needed. A context manager."""

    def __init__(self, take: Callable[[], Pair], give_back: Callable[[Pair | None], None], plan: PairPlan) -> None:
        self._take, self._give_back, self.plan = take, give_back, plan
        self._pair: Pair | None = None
        self._open = True

    def order(self, first: Message, second: Message, wall_seconds: float) -> Ended:
        """Give both workspaces their orders, in a new pair if the last one is no longer as it was."""
        if self._pair is None or not self._pair.is_open:
            self._pair = None
            self._pair = self._take()
        return self._pair.order(first, second, wall_seconds)

    def renew(self) -> None:
        """Use a fresh pair for the next order."""
        if self._pair is not None:
            self._pair.close()

    def close(self) -> None:
        """End both workspaces. Idempotent."""
        if self._open:
            self._open = False
            pair = self._pair if self._pair is not None and self._pair.is_open else None
            self._give_back(pair)


def python(interpreter: str, script: os.PathLike[str]) -> str:
    """A command that runs a stand-alone script."""
    return f"exec '{interpreter}' '{os.fspath(script)}'"
