"""Run one untrusted program: the contract of every sandbox.

A *guest* is a process that executes LM-written code. It computes an answer; it never computes a score, holds a budget or
sees a label. Whatever it does ends in an `Outcome`, which is data. Only a failure of the host raises (`SandboxError`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, Union

from strop.base.closing import ClosesItself
from strop.base.later import np
from strop.sandbox.strop_plain_data import Unhashed

Value: TypeAlias = Union[bool, int, float, str, bytes, "np.ndarray", "list[Value]", "dict[str, Value]", Unhashed, None]
"""What may cross between host and guest: plain types and numeric arrays, always copies. A guest's dicts and sets are unhashed."""

Arguments: TypeAlias = Union["Sequence[Value]", "Mapping[str, Value]"]
"""Arguments of a call: by position, or by name (`strop.sandbox.guest.by_name`)."""

Call: TypeAlias = tuple[Arguments, int]
"""The arguments and the seed of a call; see `Guest.call`."""

Handler: TypeAlias = Callable[[Sequence[Value]], Value]
"""A method offered to a guest. It runs in the host, on any thread; it may raise `Refusal`."""
THREADS = "threads"
"""The method that is called once, without parameters, before the first request of another thread than the guest's main one."""


class Refusal(Exception):
    """Raised by a handler: the guest's request is refused; `kind` names the exception that the guest sees."""

    def __init__(self, kind: Literal["BudgetExceeded", "ValueError", "TypeError"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


ANSWER_BYTES = 32 << 20
"""Largest answer of a solution, as it is sent: eight bytes for each number of a long list or an array."""


MOST_STARVED = 10.0
"""Waiting for a core lengthens a wall limit by at most this many times the limit."""


@dataclass(frozen=True)
class Limits:
    """What one guest may use. The host enforces limits from outside: it kills the whole process tree
    within 50 ms of a limit, or, if it is reading a frame then, after that frame (about a second for the largest)."""

    cpu_seconds: float = 2.0
    """CPU time of one call, all threads, read by the host from the kernel's clock of the guest."""
    wall_seconds: float = 10.0
    """Backstop for the wall time of one call. Time spent waiting for a reply of the host, or for a core on a busy
    machine, does not count."""
    memory_bytes: int = 1 << 30
    reply_bytes: int = 4 << 20
    """Largest frame that the guest may send: a request of an improver, or an answer (`ANSWER_BYTES` for a solution's)."""
    output_bytes: int = 16 << 10
    """Bytes of standard output and error together that are kept; the rest is dropped. They are never parsed."""
    requests: int = 10_000
    """How many requests an improver may send before it is stopped for flooding the host."""


@dataclass(frozen=True)
class GuestModule:
    """A module of the user's that a program's text takes the place of. Paths are those of the guest."""

    name: str
    """Its dotted name."""
    file: str
    path: tuple[str, ...]
    """Folders that the guest imports from before others."""
    pickler: str = ""
    """The folder of the package that pickled arguments may need; none if empty."""
    innermost: tuple[str, ...] = ()
    """Module, file and qualified name of a function that is called below all its decorators (`strop_innermost`)."""


@dataclass(frozen=True)
class GuestProgram:
    """What to run: program text, its entry point, and which side of the API it sees."""

    text: str
    entry: str
    role: Literal["solution", "improver", "strop_harness"] = "solution"
    """A harness is code of strop's that runs beside a user's: its arguments and answers keep their exact types, and may be what a
    solution's may not, such as a float that is not finite."""
    module: GuestModule | None = None
    """The module whose place the text takes; None for a program that stands alone."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files that the program's room has in place of the tree's: path from the top of the copy → text."""
    answers_alike: bool = False
    """Whether other programs give equal answers. These are read once, so nobody may change them."""


LAZY = ("a generator", "a coroutine", "an async generator")
"""What a guest runs to its end, for an answer that can be sent."""


@dataclass(frozen=True)
class CallSpent:
    """The time that a call took, as the host measured it."""

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


@dataclass(frozen=True)
class _Outcome:
    spent: CallSpent = field(default=CallSpent(), kw_only=True)
    output: str = field(default="", kw_only=True)
    """What the guest printed, cut to `Limits.output_bytes`."""
    denied: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    """System calls that the kernel refused during the call, by name. The kernel counts, so a guest can neither forge nor avoid
    it. Empty if the machine cannot count (`posture.layers["audit"]`); `watcher` lists what is refused without being counted."""


@dataclass(frozen=True)
class Returned(_Outcome):
    """The entry point returned; `value` is a validated copy."""

    value: Value
    lazy: str = ""
    """What the guest finished to get the value, a kind of `LAZY`; empty if the entry point returned the value itself."""
    digest: bytes = field(default=b"", compare=False)
    """SHA-256 of the message as it arrived: with equal digests, equal values."""


@dataclass(frozen=True)
class Raised(_Outcome):
    """The program did not compile, lacks its entry point, or raised."""

    exception: str
    """Name of the exception's class, e.g. `NameError`."""
    message: str
    traceback: str = ""
    """The tail of the traceback, at most 4000 characters."""


@dataclass(frozen=True)
class TimedOut(_Outcome):
    """A time limit was reached and the guest was killed."""

    limit: Literal["cpu", "wall"]
    seconds: float


@dataclass(frozen=True)
class OutOfMemory(_Outcome):
    """The guest needed more memory than it may have (a `MemoryError`, or the kernel's kill)."""

    limit_bytes: int


@dataclass(frozen=True)
class Died(_Outcome):
    """The process ended without an answer: `reason` is e.g. `exit status 3` or `signal SIGSEGV`.

    If somebody else killed it, or its fork server, GuestLost is raised.
    """

    reason: str


@dataclass(frozen=True)
class Violated(_Outcome):
    """The guest broke the protocol: a malformed, oversized, replayed or forged frame, or a flood of requests."""

    reason: str


@dataclass(frozen=True)
class AnswerTooLarge(_Outcome):
    """The entry point returned a value that exceeds a limit of answers (docs/reference/tasks.md); `reason` names the limit."""

    reason: str


Outcome: TypeAlias = Returned | Raised | TimedOut | OutOfMemory | Died | Violated | AnswerTooLarge


def describe(outcome: Outcome) -> str:
    """One line that names what happened, for records and for people."""
    match outcome:
        case Returned():
            return "returned"
        case Raised(exception, message):
            return f"{exception}: {message}" if message else exception
        case TimedOut(limit, seconds):
            return f"{limit} time limit of {seconds:g} s reached"
        case OutOfMemory(limit_bytes):
            return f"more than {limit_bytes >> 20} MiB of memory needed"
        case Died(reason) | Violated(reason) | AnswerTooLarge(reason):
            return reason


class Guest(ClosesItself, Protocol):
    """One program in its jail. Use as a context manager; leaving it kills all remaining processes."""

    memory_bytes: int
    """The most memory that its process had resident, by the kernel's count. Known once it has ended, where a tree is its room;
    else 0."""

    def call(self, arguments: Arguments, *, seed: int | None) -> Outcome:
        """Call the entry point in the guest's process and wait for the outcome.

        Calls share one fresh child (globals of the program persist between them) until one does not return a value; the
        next call then gets a new child. `seed` (0 to 2**64 - 1) seeds `random` and `numpy.random` before the call; None: neither.

        Raises:
            SandboxError: the host could not run the guest (never because of what the program did).
        """

    def calls(self, calls: Iterable[Call]) -> Iterator[Outcome]:
        """Call the entry point once for each (arguments, seed), and yield the outcomes in order.

        The calls are made as by `call`, one after another. The guest may get the next arguments before it has answered, so that
        it need not wait for the host. CPU time and output at the border of two calls may count for either. Limits hold for each
        call.
        """

    def settle(self, most: float) -> float:
        """Wait until no thread of the guest runs, at most `most` seconds. Returns the CPU seconds that it used since its last
        answer; no call counts them."""


class Sandbox(Protocol):
    """Something that runs untrusted programs. Safe to use from many threads."""

    def open(self, program: GuestProgram, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Guest:
        """Open a guest for `program`; blocks while no slot is free. `handlers` are the methods that it may call, by name."""

    def close(self) -> None:
        """Kill every guest and server. Idempotent."""
