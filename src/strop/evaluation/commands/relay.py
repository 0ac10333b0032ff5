"""What passes between an evaluator and the program, which are two guests: the host takes each question of one to the other.

Every answer of the program goes through here and is checked: plain data of exact types, finite numbers where the original has
them. What the original shows decides which names, types and changes of arguments the evaluator gets.
"""

from __future__ import annotations

import base64
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from strop.base.environments import COPY
from strop.base.errors import GuestLost, SandboxError
from strop.sandbox.base import GuestProgram, Returned, describe
from strop.sandbox.tree_guests import TreeGuest
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator import values
from strop.tasks.evaluator.guest import strop_plain_data as plain_data
from strop.tasks.evaluator.parties import executes_what_it_reads

ANSWER = GuestProgram("from strop_program import answer", "answer")
_MOST_EVENTS = 1000
_MOST_BYTES = 2 * plain_data.MOST_BYTES
_MOST_PRINTED = 4000
_LENGTH = struct.Struct("<I")
_ITEMS: Mapping[str, tuple[Any, ...]] = {
    "imported": (int, list, dict, dict, (tuple, type(None))),
    "returned": (object, dict, str),
    "raised": (str, list, object, str, str),
    "unplain": (str,),
}
"""Answers of a program, and the types of what each has."""


class Sharing:
    """What the original showed of an evaluator: whether the program must share its process, and what passes between the two.
    Thread-safe."""

    def __init__(self, because: str = "") -> None:
        self.because = because
        """Why the evaluator and the program share a process; empty if they are apart."""
        self.fails = False
        """Whether calls of the original fail, or are left unanswered."""
        self.not_finite: frozenset[str] = frozenset()
        """What gave numbers that are not finite."""
        self.dtypes: frozenset[str] = frozenset()
        self.in_place: frozenset[tuple[str, int]] = frozenset()
        """Functions and the number of an argument that they change."""
        self.names: frozenset[str] = frozenset()
        self.opened: frozenset[str] = frozenset()
        """Files of the tree that the program opened; `loaded`: modules that it imported."""
        self.loaded: frozenset[str] = frozenset()
        self._opened: set[str] = set()
        """Files that the evaluator opened, and modules that it imported."""
        self._loaded: set[str] = set()
        self._lock = threading.Lock()

    def note(self, **found: Iterable[Any]) -> None:
        """Add to what passes."""
        with self._lock:
            for name, items in found.items():
                if not getattr(self, name).issuperset(items):
                    setattr(self, name, getattr(self, name).union(items))

    def learn(self, task: CommandTask, events: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> None:
        """Take in what was noticed while the original ran, and what its evaluator says that it opened and imported."""
        with self._lock:
            for event in events:
                self.fails = self.fails or "failed" in event
                self.because = self.because or str(event.get("shared", "")) or _why(task, event)
            self._opened.update(said.get("opened", ()))
            self._loaded.update(said.get("loaded", ()))

    def modules(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Modules that the original's evaluator imported, and the original."""
        with self._lock:
            return tuple(sorted(self._loaded)), tuple(sorted(self.loaded))

    def hidden(self, program: str) -> tuple[str, ...]:
        """Files and folders of the tree that are the evaluator's alone: its modules, and folders with its data."""
        with self._lock:
            own, others = self._opened - self.opened - {program}, {*self.opened, program}
        found: set[str] = set()
        for path in own:
            folders = [str(folder) for folder in reversed(PurePosixPath(path).parents)][1:]
            is_module = path.endswith(".py")
            free = [each for each in folders if not any(other.startswith(f"{each}/") for other in others)]
            if not path.endswith("__init__.py"):
                found.add(free[0] if free and not is_module else path)
        return tuple(sorted(found))


def _why(task: CommandTask, event: Mapping[str, Any]) -> str:
    """Why a reading of the program's text means that it is needed; empty if it is only executed."""
    if "reads" not in event:
        return ""
    try:
        file, line = event["reads"]
        source = (task.root / os.path.relpath(file, COPY)).read_text("utf-8")
        if executes_what_it_reads(source, line):
            return ""
    except (OSError, ValueError, TypeError, SyntaxError):
        pass
    return "it reads the program's text"


class EvaluationRelay:
    """Between one evaluation and the processes of its program: one for each connection of a stand-in. A context manager."""

    def __init__(
        self,
        door: socket.socket,
        begin: Callable[[], TreeGuest],
        place: Mapping[str, Any],
        sharing: Sharing,
        *,
        allow_nan: bool,
        spoil: Mapping[str, Any] | None,
    ) -> None:
        """`door`: where stand-ins connect; `begin` begins a process of the program, and `place` goes with every import
        (`strop_program.answer`); `spoil`: a function of an answer, the inputs of its call and earlier answers as `value`, and
        whether the call fails where that does (`raises`)."""
        self.begin, self.place, self.sharing, self.allow_nan, self.spoil = begin, dict(place), sharing, allow_nan, spoil
        self.learns = bool(place["original"])
        self.events: list[dict[str, Any]] = []
        """What matters for the verdict: `failed`, `malformed`, `shared` or `reads`."""
        self.killed = self.spoiled = self.over = False
        """Whether a process of the program was killed, and not by strop; and whether an answer was spoiled."""
        self.printed = ""
        self.others: list[Any] = []
        """Answers that the program gave before, of which a spoiled one may be made."""
        self._door, self._lock = door, threading.Lock()
        self._programs: dict[int, tuple[socket.socket, ProgramProcess]] = {}
        self._threads: list[threading.Thread] = []
        self._broken: BaseException | None = None
        self._wake, self._waker = socket.socketpair()

    def __enter__(self) -> EvaluationRelay:
        self._door.setblocking(False)
        with suppress(BlockingIOError):  # of processes that connected as the last evaluation ended
            while True:
                self._door.accept()[0].close()
        self._door.setblocking(True)
        self._start(self._welcome)
        return self

    def __exit__(self, *exc: object) -> None:
        """End the program's processes and all connections. Raises what a thread did not expect."""
        self.over = True
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

    def event(self, **event: Any) -> None:
        """Keep what matters for the verdict."""
        if len(self.events) < _MOST_EVENTS:
            self.events.append(event)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name="strop-relay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _welcome(self) -> None:
        """Accept connections, and end the programs of those whose other side is gone."""
        while True:
            poll = select.poll()
            for one in (self._wake, self._door):
                poll.register(one, select.POLLIN)
            with self._lock:
                for descriptor, (_, program) in self._programs.items():
                    if not program.is_left:
                        poll.register(descriptor, 0)
            for descriptor, _ in poll.poll():
                if descriptor == self._wake.fileno():
                    return
                if descriptor == self._door.fileno():
                    connection, _ = self._door.accept()
                    program = ProgramProcess(self)
                    with self._lock:
                        self._programs[connection.fileno()] = connection, program
                    self._start(self._serve, connection, program)
                elif known := self._programs.get(descriptor):
                    known[1].leave()

    def _serve(self, connection: socket.socket, program: ProgramProcess) -> None:
        try:
            while True:
                (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
                answer = program.answer(_exactly(connection, size)) if size <= _MOST_BYTES else None
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
        self._relay, self._known = relay, relay.sharing
        self._guest: TreeGuest | None = None
        self._is_asked = self.is_left = False

    def leave(self) -> None:
        """The other side is gone: end it, whatever it is at. May be called from another thread."""
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
        """The answer to a question of a stand-in; None ends the connection."""
        try:
            what, *given = plain_data.decode(question)
        except plain_data.NotPlainData:
            return None
        if what == "tell":
            self._relay.event(**given[0])
            return plain_data.encode(("told",))
        self._is_asked = True
        try:
            answer = self._imported(given) if what == "import" else self._called(*given)
        except _Ended as error:
            answer = "ended", f"the program's process {error}"
            if not (self.is_left or self._relay.over):
                self._relay.event(failed=f"{answer[1]}: every call must return an answer")
        if self.is_left:
            return None
        self._is_asked = False
        try:
            return plain_data.encode(answer)
        except plain_data.NotPlain as error:  # in 64 bits it is larger than it was
            self._relay.event(malformed=f"the program gives {error}")
            return plain_data.encode(("value", f"the program gives {error}"))

    def _ask(self, *question: Any, in_place: bool) -> tuple[str, list[Any]]:
        """What the process answers. Raises _Ended."""
        relay = self._relay
        asked = base64.b64encode(plain_data.encode(question)).decode("ascii")
        try:
            self._guest = self._guest or relay.begin()
            place = relay.place if question[0] == "import" else None
            outcome = self._guest.call([asked, in_place, place], seed=None)
        except GuestLost as error:
            relay.killed = relay.killed or not (self.is_left or relay.over)
            raise _Ended("has ended") from error
        except SandboxError as error:
            raise _Ended("cannot be started") from error
        if not isinstance(outcome, Returned):
            raise _Ended(f"has ended: {describe(outcome)}")
        try:
            said: Any = outcome.value
            if relay.learns:
                self._known.note(loaded=said["loaded"], opened=said["opened"])
            kind, *items = plain_data.decode(base64.b64decode(said["answer"], validate=True))
            if not all(map(isinstance, items, _ITEMS[kind])) or len(items) != len(_ITEMS[kind]):
                raise TypeError("its form")
        except (plain_data.NotPlainData, LookupError, ValueError, TypeError) as error:
            raise _Ended(f"sent an invalid answer: {error}") from error
        return kind, items

    def _imported(self, given: Sequence[Any]) -> tuple[Any, ...]:
        kind, items = self._ask("import", *given, in_place=False)
        if kind != "imported":
            return self._failed(kind, items, "its import")
        number, functions, constants, others, output = items
        try:
            found = {str(name): (str(name), str(doc), parameters) for name, doc, parameters in functions}
            names = {
                name for name in (*found, *constants, *others) if name.isidentifier() and not name.startswith("__")
            }
            printed, errors, status = output or (b"", b"", 0)
            if (type(printed), type(errors), type(status)) != (bytes, bytes, int):
                raise TypeError("its output")
        except (AttributeError, ValueError, TypeError) as error:
            raise _Ended("sent an invalid answer") from error
        self._known.note(names=names if self._relay.learns else ())
        names &= self._known.names  # `from program import *` must not replace what the evaluator uses
        _, bad = self._checked("its output", values.numbers_printed(printed.decode("utf-8", "replace")), "has")
        checked = {}
        for name in names & constants.keys():
            checked[name], wrong = self._checked(name, constants[name], "is")
            bad = bad or wrong
        if bad:
            return "value", bad
        if status:
            self._relay.event(failed=f"the program failed with exit status {status}")
        rest = {name: str(others[name]) for name in names & others.keys()}
        return "imported", number, [found[name] for name in found if name in names], checked, rest, output

    def _called(self, number: int, name: str, arguments: Any, named: Any, shown: bool) -> tuple[Any, ...]:
        known, learns = self._known, self._relay.learns
        in_place = learns or any(each == name for each, _ in known.in_place)
        kind, items = self._ask("call", number, name, arguments, named, shown, in_place=in_place)
        if kind != "returned":
            return self._failed(kind, items, name)
        value, changed, printed = items
        inputs = [*arguments, *named.values()]
        value = self._spoiled(value, inputs)
        if isinstance(value, Exception):
            kind = type(value).__name__
            return "raised", kind, [kind], None, str(value), ""
        value, bad = self._checked(f"{name}()", value, "returned")
        known.note(in_place={(name, index) for index in changed} if learns else ())
        kept = {}
        for index in (each for each in range(len(inputs)) if each in changed and (name, each) in known.in_place):
            new = self._spoiled(changed[index], inputs)
            kept[index], wrong = self._checked(f"argument {index} of {name}()", new, "became")
            bad = bad or wrong
        return ("value", bad) if bad else ("returned", value, kept, printed)

    def _failed(self, kind: str, items: Sequence[Any], name: str) -> tuple[Any, ...]:
        """The answer where the program raised an exception, or gave what is not plain data."""
        if kind == "raised":
            self._relay.event(
                failed=f"a call of the program failed with {items[0][:200]}: every call must return an answer"
            )
            return kind, *items
        if kind != "unplain":
            raise _Ended("sent an invalid answer")
        words = f"{name}() returns {str(items[0])[:200]}"
        self._relay.event(
            **({"shared": words} if self._relay.learns else {"malformed": f"{words}, which is not plain data"})
        )
        return "type", f"{words}, which is not plain data"

    def _checked(self, name: str, value: Any, words: str) -> tuple[Any, str]:
        """A value in types that the original uses; and what is wrong: numbers that are not finite where the original's are."""
        known, bad = self._known, values.not_finite(value)
        if self._relay.learns:
            known.note(not_finite=[name] if bad else (), dtypes=values.types_in(value))
        elif bad and not self._relay.allow_nan and name not in known.not_finite:
            bad = f"{name} {words} {bad}, where the original {words} finite numbers"
            self._relay.event(malformed=bad)
            return None, bad
        return value if self._relay.learns else values.widened(value, known.dtypes), ""

    def _spoiled(self, value: Any, inputs: Sequence[Any]) -> Any:
        """An answer, spoiled before anything checks it; as it is if it cannot be spoiled so. An exception stands for itself."""
        relay = self._relay
        if relay.spoil is None:
            return value
        others = list(relay.others)
        relay.others.append(value)
        try:
            spoiled = relay.spoil["value"](value, inputs, others)
            value = plain_data.decode(plain_data.encode(spoiled, subclasses=True))  # as from a program
        except Exception as error:  # noqa: BLE001 (operators of any type)
            relay.spoiled = relay.spoiled or relay.spoil["raises"]
            return error if relay.spoil["raises"] else value
        relay.spoiled = True
        return value


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
