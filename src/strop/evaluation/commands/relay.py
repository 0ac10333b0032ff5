"""The relay between an evaluator and its program, which are two guests: the host takes each question to the program.

Every answer of the program passes here, and is brought into the form of the original's answers (`strop.tasks.values`).
"""

from __future__ import annotations

import hashlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

from strop.base.errors import GuestLost, Malformed, SandboxError
from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.base import AnswerTooLarge, GuestProgram, Raised, Returned, describe
from strop.sandbox.tree_guests import TreeGuest
from strop.tasks.values import AnswerForm, rebuilt

ANSWER = GuestProgram("from strop_program import answer", "answer", "strop_harness")
_MOST_EVENTS = 1000
_MOST_BYTES = 2 * plain_data.MOST_BYTES
_MOST_PRINTED = 4000
_LENGTH = struct.Struct("<I")
_ITEMS: dict[str, tuple[type, ...]] = {
    "returned": (object, str), "changed": (str,), "raised": (str, list, object, str, str),
}  # fmt: skip
"""Kind of an answer → the types of its items. An exception has a name, built-in types, arguments, a message and a traceback."""


class OriginalCalls:
    """What is known of the original's calls. Calls of candidates are compared with it. Thread-safe."""

    def __init__(self) -> None:
        self.fails = False
        """Whether calls of the original fail, or are left unanswered."""
        self.opened: set[str] = set()
        """Files of the tree that the original opened or imported."""
        self.loaded: set[str] = set()
        """Modules that it imported; `evaluator_loaded`: that its evaluator imported."""
        self.evaluator_loaded: set[str] = set()
        self.draws = False
        """Whether it drew from the global random generators, which it would share with its evaluator in one process."""
        self._forms: dict[str, AnswerForm] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """All but the lock: it goes to workers with each order of another program."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Unpickle it, with a lock of its own."""
        vars(self).update(state, _lock=threading.Lock())

    def learn(self, draws: bool, loaded: Sequence[str], opened: Sequence[str]) -> None:
        """Add what a process of the original has drawn, imported and opened, as it reports."""
        with self._lock:
            self.opened.update(opened)
            self.loaded.update(loaded)
            self.draws = self.draws or bool(draws)

    def learn_answer(self, function: str, value: Any, lazy: str) -> Any:
        """Add an answer of the original's to the form of its function. Returns the answer. For `lazy` see `AnswerForm`."""
        with self._lock:
            self._forms.setdefault(function, AnswerForm()).learn(value, lazy)
        return value

    def conformed(self, function: str, value: Any, lazy: str) -> Any:
        """A candidate's answer in the form of the original's. Raises Malformed if it has another form."""
        return (self._forms.get(function) or AnswerForm()).conformed(value, f"{function}()", lazy)


class EvaluationRelay:
    """Relays the calls of one evaluation to processes of its program, one for each connection of a stub. A context manager."""

    def __init__(
        self,
        door: socket.socket,
        begin: Callable[[], TreeGuest],
        setup: Mapping[str, Any],
        original_calls: OriginalCalls,
        *,
        is_own: bool,
        spoil: Mapping[str, Any] | None,
    ) -> None:
        """Stubs connect to `door`; `begin` starts a process of the program; `setup` goes with every question
        (`strop_program.answer`). `is_own` says that the program is the original.

        `spoil` has a function of an answer, the inputs of its call and earlier answers (`value`), and whether the call fails if
        this function raises (`raises`).
        """
        self.begin, self.setup, self.original_calls, self.is_own, self.spoil = (
            begin,
            dict(setup),
            original_calls,
            is_own,
            spoil,
        )
        self.learns = bool(setup["original"])
        self.events: list[dict[str, str]] = []
        """What matters for the verdict: `failed`, `malformed` or `refused`."""
        self.answered = 0
        """Sum of the digests of all calls with their answers, in whatever order; 0: there was none."""
        self.spoiled = self.over = self.gives = False
        """Whether an answer was spoiled; whether the evaluation is over; whether an answer was another value than None."""
        self.lost: GuestLost | None = None
        """How a process of the program ended that was killed from outside."""
        self.printed = ""
        self.answers: dict[str, list[Any]] = {}
        """Function → answers that the program gave to its calls, where they are spoiled."""
        self._door, self._lock = door, threading.Lock()
        self._programs: dict[int, tuple[socket.socket, ProgramProcess]] = {}
        self._threads: list[threading.Thread] = []
        self._broken: BaseException | None = None
        self._wake, self._waker = socket.socketpair()
        self._free, self._freed = _MOST_BYTES, threading.Condition()
        """Bytes that are left for unanswered questions. A longer question waits."""
        self._at_work = 0
        self._since = self._worked = 0.0

    def work(self, questions: int) -> None:
        """Change the number of questions that this process works at, and no program: by 1 or -1."""
        with self._lock:
            now = time.monotonic()
            self._worked += now - self._since if self._at_work else 0.0
            self._since, self._at_work = now, self._at_work + questions

    def host_seconds(self) -> float:
        """Wall seconds in which this process worked at a question while the evaluator waited."""
        self.work(0)
        return self._worked

    def __enter__(self) -> EvaluationRelay:
        self._start(self._welcome)
        return self

    def __exit__(self, *exc: object) -> None:
        """End the program's processes and all connections. Raises what a thread did not expect."""
        self.over = True
        with self._freed:
            self._freed.notify_all()
        self._waker.close()
        self._threads[0].join()  # nobody connects any more
        with self._lock:
            for connection, program in self._programs.values():
                program.leave()
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._wake.close()
        if self._broken is not None:
            raise self._broken

    def event(self, **event: str) -> None:
        """Keep an event that matters for the verdict."""
        if len(self.events) < _MOST_EVENTS:
            self.events.append(event)

    def count(self, call: bytes, answer: bytes) -> None:
        """Add a call and its answer to the digest."""
        digest = hashlib.sha256(hashlib.sha256(call).digest() + answer).digest()
        with self._lock:
            self.answered += int.from_bytes(digest, "little")

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name="strop-relay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _welcome(self) -> None:
        """Accept connections, and end the process of a program whose connection was closed by the evaluator."""
        while True:
            poll = select.poll()
            with self._lock:
                for descriptor, (_, program) in self._programs.items():
                    if not program.is_left:
                        poll.register(descriptor, 0)
            for one in (self._wake, self._door):  # last: a new connection may get the number of one that has ended
                poll.register(one, select.POLLIN)
            for descriptor, _ in poll.poll():
                if descriptor == self._wake.fileno():
                    return
                if descriptor == self._door.fileno():
                    connection, _ = self._door.accept()
                    program = ProgramProcess(self)
                    with self._lock:
                        self._programs[connection.fileno()] = connection, program
                    self._start(self._serve, connection, program)
                elif served := self._programs.get(descriptor):
                    served[1].leave()

    @contextmanager
    def _held(self, size: int) -> Iterator[None]:
        with self._freed:
            self._freed.wait_for(lambda: self.over or self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            with self._freed:
                self._free += size
                self._freed.notify_all()

    def _serve(self, connection: socket.socket, program: ProgramProcess) -> None:
        try:
            while True:
                (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
                if size > _MOST_BYTES:
                    break
                with self._held(size):
                    answer = program.answer(_exactly(connection, size))
                if answer is None:
                    break
                connection.sendall(_LENGTH.pack(len(answer)) + answer)
        except OSError:
            pass
        except BaseException as error:  # noqa: BLE001 (raised at the end)
            self._broken = self._broken or error
        finally:
            program.end()
            with self._lock:
                del self._programs[connection.fileno()]
                connection.close()


class ProgramProcess:
    """One process of the program, which ends with its connection."""

    def __init__(self, relay: EvaluationRelay) -> None:
        self._relay = relay
        self._guest: TreeGuest | None = None
        self._is_asked = self.is_left = False

    def leave(self) -> None:
        """End the process because its connection is closed, whatever it does. May be called from another thread."""
        if not self.is_left and self._is_asked:
            self._relay.event(failed="the evaluator ended a call of the program before its answer")
        self.is_left = True
        if self._guest is not None:
            self._guest.kill()

    def end(self) -> None:
        """End it. Idempotent."""
        guest, self._guest = self._guest, None
        if guest is not None:
            guest.close()
            self._relay.printed = (self._relay.printed + guest.printed(_MOST_PRINTED))[-_MOST_PRINTED:]
            guest.end()

    def answer(self, question: bytes) -> bytes | None:
        """The answer to a question of a stub; None ends the connection."""
        self._relay.work(1)
        try:
            return self._answer_to(question)
        finally:
            self._relay.work(-1)

    def _answer_to(self, question: bytes) -> bytes | None:
        try:
            kind, *arguments = plain_data.decode(question, hashed=False)
            if kind == "refuse":
                self._relay.event(refused="".join(arguments))
                return plain_data.encode(("returned", None))
            _, _, *call = arguments
            function, inputs = _of_call(*call) if call else ("", [])
        except Exception:  # noqa: BLE001 (these bytes are no question)
            return None
        self._is_asked = True
        try:
            answer = self._answered(question, function, inputs)
        except _Ended as error:
            answer = "ended", f"the program's process {error}"
            if not (self.is_left or self._relay.over):
                self._relay.event(failed=f"{answer[1]}: every call must return an answer")
        if self.is_left:
            return None
        self._is_asked = False
        try:
            encoded = plain_data.encode(answer)
        except plain_data.NotPlain as error:  # numbers that were brought to 64 bits may make it too large
            self._relay.event(malformed=f"the program gives {error}")
            encoded = plain_data.encode(("value", f"the program gives {error}"))
        if call:
            self._relay.count(plain_data.encode(tuple(call)), encoded)
        return encoded

    def _answered(self, question: bytes, function: str, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The answer to a call of `function`, or to a `load` if `function` is empty."""
        relay, kind, items = self._relay, *self._ask(question)
        if kind == "raised":
            relay.event(failed=f"a call of the program failed with {items[0][:200]}: every call must return an answer")
            return kind, *items
        if kind == "changed":
            relay.event(refused=items[0])
            return "value", items[0]
        if kind == "unplain":
            message = f"the answer of {function}(): {items[0]}"
            relay.event(**{"refused" if relay.learns else "malformed": message})
            return "type", message
        if not function:
            return "returned", None
        relay.gives = relay.gives or items[0] is not None
        value = self._spoiled(function, items[0], inputs)
        if isinstance(value, Exception):
            name = type(value).__name__
            return "raised", name, [name], None, str(value), ""
        if relay.learns:
            return "returned", relay.original_calls.learn_answer(function, value, items[1])
        if relay.is_own and relay.spoil is None:
            return "returned", value
        try:
            return "returned", relay.original_calls.conformed(function, value, items[1])
        except Malformed as error:
            relay.event(malformed=str(error))
            return "value", str(error)

    def _ask(self, question: bytes) -> tuple[str, list[Any]]:
        """What the process answers. Raises _Ended."""
        relay = self._relay
        asked: Any = [question, relay.setup]
        try:
            self._guest = self._guest or relay.begin()
            relay.work(-1)
            try:
                outcome = self._guest.call(asked, seed=None)
            finally:
                relay.work(1)
        except GuestLost as error:
            if not (self.is_left or relay.over):
                relay.lost = relay.lost or error
            raise _Ended("has ended") from error
        except SandboxError as error:
            raise _Ended("cannot be started") from error
        if isinstance(outcome, (Raised, AnswerTooLarge)):  # all else that a program raises is an answer
            return "unplain", [outcome.message if isinstance(outcome, Raised) else outcome.reason]
        if not isinstance(outcome, Returned):
            raise _Ended(f"has ended: {describe(outcome)}")
        try:
            kind, items, *report = cast("Any", outcome.value)
            if relay.learns:
                relay.original_calls.learn(*report)
            if len(items) != len(_ITEMS[kind]) or not all(map(isinstance, items, _ITEMS[kind])):
                raise TypeError
            if kind == "changed" and not relay.learns:
                raise ValueError
        except Exception as error:  # an error that a program's bytes cause is the fault of the program
            raise _Ended(f"sent an invalid answer: {type(error).__name__}") from error
        return kind, [*items]

    def _spoiled(self, function: str, value: Any, inputs: Sequence[Any]) -> Any:
        """An answer, spoiled before anything checks it; the answer itself if it cannot be spoiled in this way. An exception is
        returned if the call is to fail."""
        relay = self._relay
        if relay.spoil is None:
            return value
        others = [answer for answers in relay.answers.values() for answer in answers]
        relay.answers.setdefault(function, []).append(value)
        try:
            spoiled = relay.spoil["value"](*map(rebuilt, (value, list(inputs), others)))
            value = plain_data.decode(plain_data.encode(spoiled, subclasses=True), hashed=False)  # as from a program
        except Exception as error:  # noqa: BLE001 (operators of any type)
            relay.spoiled = relay.spoiled or relay.spoil["raises"]
            return error if relay.spoil["raises"] else value
        relay.spoiled = True
        return value


def _of_call(function: str, arguments: Sequence[Any], named: plain_data.Unhashed) -> tuple[str, list[Any]]:
    """The function of a call, and its arguments. Raises TypeError and others for what is no call."""
    return "".join([function]), [*arguments, *(value for _, value in named.items())]


class _Ended(Exception):
    """The program's process gave no answer."""


def _exactly(connection: socket.socket, size: int) -> bytes:
    """The next bytes. Raises OSError at the end."""
    data = bytearray()
    while len(data) < size:
        chunk = connection.recv(min(size - len(data), 1 << 20))
        if not chunk:
            raise OSError
        data += chunk
    return bytes(data)
