"""Calls of a function in a jail, for which receiving the arguments and answering are messages of their own.

The next arguments come when the call before is answered, so no program computes the answers of several calls at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from strop.evaluation.instances import Input
from strop.sandbox.base import Guest, GuestProgram, Outcome, Returned
from strop.sandbox.wire import Prepared

ANSWER, SHOW_ARGUMENTS = "return {entry}(*args, **named)", "{entry}(*args, **named); return kept[0]"
"""What a program does with its arguments: return the answer, or the arguments as the call leaves them."""
_MESSAGES = """

def __messages__(call=None, kept=[], bind=[]):
    if call is not None:
        kept[:] = [call]
    elif not bind:
        from by_name import binding
        bind.append(binding({entry}))
    else:
        args, named = bind[0](kept[0])
        """


def with_messages(program: GuestProgram, do: str) -> GuestProgram:
    """The program for `timed_calls`; `do` is `ANSWER` or `SHOW_ARGUMENTS`."""
    text = program.text + (_MESSAGES + do).format(entry=program.entry)
    return replace(program, text=text, entry="__messages__")


def timed_calls(guest: Guest, inputs: Sequence[Input], seed: int = 0) -> tuple[float, float, list[Outcome]]:
    """CPU seconds of receiving inputs (of loading, without any) and of answering them; the outcomes, until one is no answer."""
    if not inputs:
        loaded = guest.call({}, seed=seed)
        return loaded.spent.cpu_seconds, 0.0, [] if isinstance(loaded, Returned) else [loaded]
    receiving, answering, outcomes = 0.0, 0.0, list[Outcome]()
    for at, (_, arguments) in enumerate(inputs):
        message, (text, blob) = Prepared({}), arguments.encoded
        message.encoded = b'{"call":%b}' % text, blob
        sent = guest.call(message, seed=None if at else seed)  # once, because it takes as long as a short call
        outcomes.append(guest.call({}, seed=None) if isinstance(sent, Returned) else sent)
        receiving, answering = receiving + sent.spent.cpu_seconds, answering + outcomes[-1].spent.cpu_seconds
        if not isinstance(outcomes[-1], Returned):
            break
    return receiving, answering, outcomes
