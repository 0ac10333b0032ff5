"""What a guest may send: a request, or how its call ended. Other keys or types raise `FrameError`.

| direction | message |
|---|---|
| host to guest | `{"op": "load", "text", "entry", "role", "module"}`; `module`: null, or what the text takes the place of |
| | `{"op": "call", "seed", "arguments"}`: a list, or an object of them by name |
| | `{"reply": id, "value": v}` or `{"reply": id, "refused": kind, "message": text}` |
| guest to host | `{"request": id, "method": name, "params": [...]}` and `"thread": true` if not from the main thread |
| | `{"returned": value}`, `{"raised": {"exception", "message", "traceback"}}`, `{"memory": true}` or `{"large": reason}` |
| | `{"returned": value, "lazy": kind}` if the guest ran a generator or a coroutine to its end |

`load` has no answer: if a program does not load, the guest answers the call with `raised`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from strop.sandbox.base import LAZY, AnswerTooLarge, Arguments, GuestProgram, OutOfMemory, Raised, Returned, Value
from strop.sandbox.wire import FrameError, Prepared, encode, encode_parts, join

EXCEPTION_LENGTH, MESSAGE_LENGTH, TRACEBACK_LENGTH = 200, 4000, 4000


@dataclass(frozen=True)
class GuestRequest:
    """A guest's call of one of the methods that it was offered."""

    id: int
    method: str
    params: list[Value]
    from_thread: bool = False
    """Whether the guest says that another thread than its main one asks: then the order of its requests is chance."""


Answer = Returned | Raised | OutOfMemory | AnswerTooLarge


def load(program: GuestProgram) -> bytes:
    """The frame that gives a fresh child its program."""
    module = None if program.module is None else asdict(program.module)
    return encode({"op": "load", "text": program.text, "entry": program.entry, "role": program.role, "module": module})


def call(arguments: Arguments, seed: int | None) -> bytes:
    """The frame that starts a call. Raises ValueError for a seed outside [0, 2**64)."""
    if seed is not None and not 0 <= seed < 2**64:
        raise ValueError(f"a seed outside 64 bits: {seed}")
    if isinstance(arguments, Prepared):
        text, blob = arguments.encoded
    else:
        text, blob = encode_parts(dict(arguments) if isinstance(arguments, Mapping) else list(arguments))
    number = b"null" if seed is None else b"%d" % seed
    return join(b'{"op":"call","seed":%b,"arguments":%b}' % (number, text), blob)


def reply(request: int, value: Value) -> bytes:
    """The frame that answers a request."""
    return encode({"reply": request, "value": value})


def refusal(request: int, kind: str, message: str) -> bytes:
    """The frame that refuses a request; `kind` names the exception that the guest sees."""
    return encode({"reply": request, "refused": kind, "message": message})


def parse(value: dict[str, Value], memory_bytes: int) -> GuestRequest | Answer:
    """Parse a guest's frame; `memory_bytes` is the limit that an `OutOfMemory` names.

    Raises:
        FrameError: a guest may not send it.
    """
    match sorted(value):
        case ["method", "params", "request"]:
            return _request(value)
        case ["method", "params", "request", "thread"] if value["thread"] is True:
            return replace(_request(value), from_thread=True)
        case ["returned"]:
            return Returned(value["returned"])
        case ["lazy", "returned"] if value["lazy"] in LAZY:
            return Returned(value["returned"], lazy=str(value["lazy"]))
        case ["raised"]:
            return _raised(value["raised"])
        case ["memory"] if value["memory"] is True:
            return OutOfMemory(memory_bytes)
        case ["large"] if type(value["large"]) is str:
            return AnswerTooLarge(value["large"][:EXCEPTION_LENGTH])
        case keys:
            raise FrameError(f"an unknown message with the keys {', '.join(keys)[:200]}")


def _request(value: dict[str, Value]) -> GuestRequest:
    number, method, params = value["request"], value["method"], value["params"]
    if type(number) is not int or not 0 <= number < 2**63 or type(method) is not str or type(params) is not list:
        raise FrameError("a request of the wrong types")
    return GuestRequest(number, method, params)


def _raised(value: Value) -> Raised:
    if type(value) is not dict or sorted(value) != ["exception", "message", "traceback"]:
        raise FrameError("a malformed exception")
    exception, message, traceback = value["exception"], value["message"], value["traceback"]
    if type(exception) is not str or type(message) is not str or type(traceback) is not str:
        raise FrameError("a malformed exception")
    return Raised(exception[:EXCEPTION_LENGTH], message[:MESSAGE_LENGTH], traceback[-TRACEBACK_LENGTH:])
