"""What passes between an evaluator and the program, which are two guests: the host takes each question of one to the other.

Every answer of the program goes through here, and is checked: plain data of exact types, finite numbers where the original has
them. What is learned from the original says which names, types and changes of arguments the evaluator gets.
"""

from __future__ import annotations

import base64
import select
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from strop.base.errors import GuestLost, SandboxError
from strop.sandbox.base import GuestProgram, Limits, Outcome, Returned, describe
from strop.sandbox.tree_guests import TreeGuest, TreeServer
from strop.tasks.evaluator import values
from strop.tasks.evaluator.guest import strop_plain_data as plain_data

ANSWER = GuestProgram("from strop_program import answer", "answer")
MOST_EVENTS = 1000
_LENGTH = struct.Struct("<I")
_MOST_BYTES = 2 * plain_data.MOST_BYTES
_CREDENTIALS = struct.Struct("3i")
_ENDED = "the evaluator ended a call of the program before its answer"


class Known:
    """What the original showed: functions with numbers that are not finite, types of arrays, arguments that change, names."""

    def __init__(self) -> None:
        self.not_finite: set[str] = set()
        self.dtypes: set[str] = set()
        self.in_place: set[tuple[str, int]] = set()
        self.names: set[str] = set()
        self.opened: set[str] = set()
        """Files of the tree."""
        self.loaded: set[str] = set()
        """Modules."""


class Relay:
    """Between one evaluation and its program. A context manager; it ends what still runs of the program."""

    def __init__(
        self,
        server: TreeServer,
        door: socket.socket,
        limits: Limits,
        order: Mapping[str, Any],
        place: Mapping[str, Any],
        known: Known,
        *,
        allow_nan: bool,
        spoil: Mapping[str, Any] | None,
    ) -> None:
        """`server` and `order`: of the program; `door`: where processes of the evaluator connect; `place`: what every question is
        sent with (`strop_program.answer`); `spoil`: a function of an answer, the inputs of its call and earlier answers as
        `value`, and whether the call fails where that does (`raises`)."""
        self.server, self.limits, self.order, self.place = server, limits, order, dict(place)
        self.known, self.allow_nan, self.spoil = known, allow_nan, spoil
        self.learns = bool(place["original"])
        self.events: list[dict[str, Any]] = []
        self.killed = False
        """Whether a process of the program was killed, and not by strop."""
        self.spoiled = False
        """Whether an answer was spoiled."""
        self.others: list[Any] = []
        """Answers that the program gave before, of which a spoiled one may be made."""
        self.printed = ""
        self.over = False
        self._door = door
        self._lock = threading.RLock()
        self._programs: dict[int, Program] = {}
        """Process of the evaluator → its process of the program."""
        self._serial = 0
        self._connections: dict[int, tuple[socket.socket, Program, int]] = {}
        self._threads: list[threading.Thread] = []
        self._broken: Exception | None = None
        self._wake, self._waker = socket.socketpair()

    def __enter__(self) -> Relay:
        door = threading.Thread(target=self._welcome, name="strop-relay", daemon=True)
        door.start()
        self._threads.append(door)
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def event(self, **event: Any) -> None:
        """Something that matters for the verdict."""
        with self._lock:
            if len(self.events) < MOST_EVENTS:
                self.events.append(event)

    def close(self) -> None:
        """End the program's processes and all connections. Idempotent."""
        if self.over:
            return
        self.over = True
        self._waker.close()
        with self._lock:
            programs = {program for _, program, _ in self._connections.values()}
            for connection, _, _ in self._connections.values():
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for program in programs:
            program.leave(unfinished=True)
        for thread in self._threads:
            thread.join()
        self._wake.close()
        if self._broken is not None:
            raise self._broken

    def _welcome(self) -> None:
        """Accept connections, and notice those whose other side is gone."""
        while True:
            poll = select.poll()
            poll.register(self._wake, select.POLLIN)
            poll.register(self._door, select.POLLIN)
            with self._lock:
                for descriptor in self._connections:
                    poll.register(descriptor, 0)
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self._wake.fileno() in ready:
                return
            for descriptor in ready:  # a process that connects again has closed its last connection before
                if descriptor != self._door.fileno():
                    self._gone(descriptor)
            if self._door.fileno() in ready:
                with suppress(OSError):
                    self._accept(self._door.accept()[0])

    def _accept(self, connection: socket.socket) -> None:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        process = _CREDENTIALS.unpack(credentials)[0]
        with self._lock:
            if process not in self._programs:
                self._serial += 1
                self._programs[process] = Program(self, self._serial)
            program = self._programs[process]
            program.connections += 1
            self._connections[connection.fileno()] = connection, program, process
        thread = threading.Thread(target=self._serve, args=(connection, program), name="strop-relay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _gone(self, descriptor: int) -> None:
        """The other side of a connection is gone: end the program's process if it has no other."""
        with self._lock:
            _, program, process = self._connections.pop(descriptor, (None, None, 0))
            if program is None:
                return
            program.connections -= 1
            is_last = not program.connections
            if is_last and self._programs.get(process) is program:
                del self._programs[process]
        if is_last:
            program.leave(unfinished=True)

    def _serve(self, connection: socket.socket, program: Program) -> None:
        try:
            while True:
                (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
                answer = program.answer(_exactly(connection, size)) if size <= _MOST_BYTES else None
                if answer is None:
                    break
                connection.sendall(_LENGTH.pack(len(answer)) + answer)
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001 (raised by `close`)
            self._broken = self._broken or error
        finally:
            self._gone(connection.fileno())
            connection.close()


class Program:
    """One process of the program: of one process of the evaluator."""

    def __init__(self, relay: Relay, serial: int) -> None:
        self._relay, self.serial = relay, serial
        self.connections = 0
        self._lock = threading.Lock()
        self._guest: TreeGuest | None = None
        self._calls = 0
        self._is_left = False

    def leave(self, *, unfinished: bool) -> None:
        """End it. May be called from another thread; `unfinished`: a call without an answer is reported."""
        self._is_left = True
        if self._calls and unfinished:
            self._relay.event(failed=_ENDED)
        guest = self._guest
        if guest is not None:
            guest.kill()
        if self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def answer(self, data: bytes) -> bytes | None:
        """The answer to a stand-in's question; None ends the connection."""
        try:
            what, *given = plain_data.decode(data)
        except (plain_data.NotPlainData, ValueError, TypeError):
            return None
        if what == "tell":
            self._relay.event(**given[0])
            return plain_data.encode(("told",))
        self._calls += 1
        with self._lock:
            try:
                answer = self._imported(given) if what == "import" else self._called(*given)
            except _Ended as error:
                answer = ("ended", f"the program's process {error}")
                if not self._is_left and not self._relay.over:
                    self._relay.event(failed=f"{answer[1]}: every call must return an answer")
                self._end()
            finally:
                self._calls -= not self._is_left
        return None if self._is_left else plain_data.encode(answer)

    def _end(self) -> None:
        guest, self._guest = self._guest, None
        if guest is not None:
            guest.close()
            if len(self._relay.printed) < plain_data.NUMBERS << 8:
                self._relay.printed += guest.printed(_MOST_PRINTED)
            guest.end()
            self.serial += 1_000_000  # another process executes the program anew

    def _ask(self, *question: Any, in_place: bool = False) -> tuple[Any, ...]:
        """The answer of the program's process. Raises _Ended."""
        relay = self._relay
        if self._guest is None:
            self._guest = relay.server.open(ANSWER, relay.limits, relay.order)
        asked = base64.b64encode(plain_data.encode(question)).decode("ascii")
        try:
            outcome = self._guest.call([asked, {**relay.place, "in_place": in_place}], seed=None)
        except GuestLost as error:
            relay.killed = relay.killed or not (self._is_left or relay.over)
            raise _Ended("has ended") from error
        except SandboxError as error:
            raise _Ended("cannot be started") from error
        return self._decoded(outcome)

    def _decoded(self, outcome: Outcome) -> tuple[Any, ...]:
        if not isinstance(outcome, Returned):
            raise _Ended(f"has ended: {describe(outcome)}")
        said = outcome.value
        try:
            assert type(said) is dict and type(said["answer"]) is str
            if self._relay.learns:
                self._relay.known.loaded.update(map(str, said["loaded"]))  # type: ignore[arg-type]
                self._relay.known.opened.update(map(str, said["opened"]))  # type: ignore[arg-type]
            kind, *content = plain_data.decode(base64.b64decode(said["answer"], validate=True))
        except (plain_data.NotPlainData, AssertionError, KeyError, ValueError, TypeError) as error:
            raise _Ended(f"sent an invalid answer: {error}") from error
        if len(content) != _LENGTHS.get(kind):
            raise _Ended("sent an invalid answer")
        return kind, *content

    def _imported(self, given: Sequence[Any]) -> tuple[Any, ...]:
        kind, *content = self._ask("import", *given)
        if kind != "imported":
            return self._failed(kind, content, "its import")
        number, functions, constants, others, output = content
        known, learns = self._relay.known, self._relay.learns
        try:
            found = {str(name): (str(name), str(doc), parameters) for name, doc, parameters in functions}
            names = {*found, *map(str, constants), *map(str, others)}
            assert type(number) is int and (output is None or (len(output) == 3 and type(output[2]) is int))
        except (AssertionError, ValueError, TypeError) as error:
            raise _Ended("sent an invalid answer") from error
        names = {name for name in names if name.isidentifier() and not name.startswith("__")}
        if learns:
            known.names |= names
        names &= known.names  # `from program import *` must not replace what the evaluator uses
        checked = {}
        for name in constants:
            if name in names:
                checked[name], bad = self._checked(name, constants[name], "is")
                if bad:
                    return "value", bad
        if output is not None:
            printed = bytes(output[0]).decode("utf-8", "replace")
            _, bad = self._checked("its output", values.numbers_printed(printed), "has")
            if bad:
                return "value", bad
            if output[2]:
                self._relay.event(failed=f"the program failed with exit status {output[2]}")
        shown = [found[name] for name in found if name in names]
        rest = {str(name): str(words) for name, words in others.items() if name in names}
        return "imported", self.serial, number, shown, checked, rest, output

    def _called(
        self, numbers: Any, given: Any, name: str, arguments: Any, named: Any, shown: bool
    ) -> tuple[Any, ...]:
        if self.serial not in numbers:
            kind, *content = self._ask("import", *given)
            if kind != "imported":
                return self._failed(kind, content, "its import")
            numbers = {self.serial: content[0]}
        known, learns = self._relay.known, self._relay.learns
        in_place = learns or any(each == name for each, _ in known.in_place)
        number = numbers[self.serial]
        kind, *content = self._ask("call", number, name, arguments, named, shown, in_place=in_place)
        if kind != "returned":
            return self._failed(kind, content, name)
        value, changed, printed = content
        inputs = [*arguments, *named.values()]
        try:
            value, bad = self._checked(f"{name}()", self._spoiled(value, inputs), "returned")
            kept = {}
            for index in changed if type(changed) is dict else ():
                if learns:
                    known.in_place.add((name, index))
                if (name, index) in known.in_place and 0 <= index < len(inputs):
                    new = self._spoiled(changed[index], inputs)
                    kept[index], wrong = self._checked(f"argument {index} of {name}()", new, "became")
                    bad = bad or wrong
        except _Raised as error:
            return "raised", type(error.__cause__).__name__, [type(error.__cause__).__name__], None, str(error), ""
        if bad:
            return "value", bad
        return "returned", self.serial, number, value, kept, str(printed)

    def _failed(self, kind: str, content: Sequence[Any], name: str) -> tuple[Any, ...]:
        if kind == "raised":
            words = f"a call of the program failed with {content[0]}: every call must return an answer"
            self._relay.event(failed=words)
            return kind, *content
        if kind != "unplain":
            raise _Ended("sent an invalid answer")
        words = f"{name}() returns {str(content[0])[:200]}"
        if self._relay.learns:
            self._relay.event(shared=words)
        else:
            self._relay.event(malformed=f"{words}, which is not plain data")
        return "type", f"{words}, which is not plain data"

    def _checked(self, name: str, value: Any, words: str) -> tuple[Any, str]:
        """A value in types that the original uses; and what is wrong: numbers that are not finite where the original's are."""
        relay, bad = self._relay, values.not_finite(value)
        if relay.learns:
            relay.known.not_finite.update([name] if bad else [])
            relay.known.dtypes |= values.types_in(value)
            return value, ""
        if bad and not relay.allow_nan and name not in relay.known.not_finite:
            told = f"{name} {words} {bad}, where the original {words} finite numbers"
            relay.event(malformed=told)
            return None, told
        return values.widened(value, relay.known.dtypes), ""

    def _spoiled(self, value: Any, inputs: list[Any]) -> Any:
        """An answer, spoiled before anything checks it; as it is if it cannot be spoiled so."""
        relay = self._relay
        if relay.spoil is None:
            return value
        others = list(relay.others)
        relay.others.append(value)
        try:
            spoiled = relay.spoil["value"](value, inputs, others)
            value = plain_data.decode(plain_data.encode(spoiled, subclasses=True))  # as from a program
        except Exception as error:
            if not relay.spoil["raises"]:  # it cannot be spoiled so
                return value
            relay.spoiled = True
            raise _Raised(str(error)) from error
        relay.spoiled = True
        return value


class _Ended(Exception):
    """The program's process gave no answer."""


class _Raised(Exception):
    """A call that a spoiler leaves out."""


_LENGTHS = {"imported": 5, "returned": 3, "raised": 5, "unplain": 1}
_MOST_PRINTED = 4000


def _exactly(connection: socket.socket, size: int) -> bytes:
    chunks = []
    while size:
        chunk = connection.recv(min(size, 1 << 20))
        if not chunk:
            raise OSError
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
