"""What host and guest may send: a list, whose first item is its kind. Other kinds or types raise `FrameError`.

| direction | message |
|---|---|
| host to guest | `["load", text, entry, role, module]`; `module`: null, or what the text takes the place of |
| | `["call", seed]`, and behind it the arguments: a list, or a dict of them by name |
| | `["reply", id, value]` or `["refused", id, kind, message]` |
| guest to host | `["request", id, method, params, is_from_thread]` |
| | `["returned", value]`, or `["lazy", kind, value]` if the guest ran a generator or a coroutine to its end |
| | `["raised", exception, message, traceback]`, `["memory"]` or `["large", reason]` |

`load` has no answer: if a program does not load, the guest answers the call with `raised`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from strop.sandbox.base import LAZY, AnswerTooLarge, Arguments, GuestProgram, OutOfMemory, Raised, Returned, Value
from strop.sandbox.strop_plain_data import MOST_ITEMS, Unhashed
from strop.sandbox.wire import FrameError, Prepared, encode, encoded

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
    module = None if program.module is None else asdict(program.module) | {"path": list(program.module.path)}
    if module is not None:
        module["innermost"] = list(module["innermost"])
    return encode(["load", program.text, program.entry, program.role, module])


def call(arguments: Arguments, seed: int | None, *, exact: bool = False) -> bytes:
    """The frame that starts a call; if `exact`, arguments keep their types. Raises ValueError for a seed outside [0, 2**64)."""
    if seed is not None and not 0 <= seed < 2**64:
        raise ValueError(f"a seed outside 64 bits: {seed}")
    if isinstance(arguments, Prepared):
        return encode(["call", seed], arguments.encoded)
    plain = dict(arguments) if isinstance(arguments, Mapping) else list(arguments)
    return encode(["call", seed], encoded(plain, subclasses=not exact, python=not exact))


def reply(request: int, value: Value) -> bytes:
    """The frame that answers a request."""
    return encode(["reply", request, value])


def refusal(request: int, kind: str, message: str) -> bytes:
    """The frame that refuses a request; `kind` names the exception that the guest sees."""
    return encode(["refused", request, kind, message])


def parse(message: list[Value], memory_bytes: int) -> GuestRequest | Answer:
    """Parse a guest's frame; `memory_bytes` is the limit that an `OutOfMemory` names.

    Raises:
        FrameError: a guest may not send it.
    """
    match message:
        case ["returned", value]:
            return Returned(value)
        case ["lazy", str() as lazy, value] if lazy in LAZY:
            return Returned(value, lazy=lazy)
        case ["request", int() as number, str() as method, list() as params, bool() as from_thread] if (
            type(number) is int and 0 <= number < 2**63
        ):
            return GuestRequest(number, method, [*map(_repeated, params)] if method == "lm" else params, from_thread)
        case ["raised", str() as exception, str() as text, str() as traceback]:
            return Raised(exception[:EXCEPTION_LENGTH], text[:MESSAGE_LENGTH], traceback[-TRACEBACK_LENGTH:])
        case ["memory"]:
            return OutOfMemory(memory_bytes)
        case ["large", str() as reason]:
            return AnswerTooLarge(reason[:EXCEPTION_LENGTH])
        case _:
            raise FrameError(f"a message that is unknown or malformed: {str(message[0])[:200]}")


def _repeated(param: Value) -> Value:
    """A parameter; of n equal texts, which travel as `{text: n}`, the list of them."""
    match param.content if isinstance(param, Unhashed) and param.kind is dict else ():
        case [(str() as text, int() as times)] if 0 <= times <= MOST_ITEMS:
            return [text] * times
    return param
