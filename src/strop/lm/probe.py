"""What a model's server supports, found out by one tiny request.

A server that rejects a parameter of it is asked again without that one: a rejected request was not answered and is not paid.
What cannot be seen from one answer is not claimed: `taken` says that a parameter was not refused, not that it was heeded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from strop.base.errors import LanguageModelError
from strop.lm.base import LanguageModel, Request
from strop.lm.endpoints import Endpoint
from strop.lm.openai_answers import Answer, Asked, Unreadable, read_answer
from strop.lm.openai_errors import Remedy, Trouble, bad_body
from strop.lm.openai_terms import Sent
from strop.lm.openai_wire import Body, Bounds, HttpWire
from strop.lm.rate_limit import allowances

State: TypeAlias = Literal["yes", "no", "taken", "refused", "ignored", "unknown"]

PROMPT = "Reply with the single word: strop"
_TOKENS = 32
_CONNECT_SECONDS = 20.0
_LARGEST_BODY = 1 << 20
_OTHER_NAMES = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True)
class Finding:
    """One thing that a server does or does not."""

    state: State
    detail: str = ""


@dataclass(frozen=True)
class Probed:
    """What one tiny request showed."""

    lm: str
    host: str
    """Where the server is; empty where there is none."""
    reachable: bool
    """Whether it answered in a form that can be read."""
    detail: str
    """In how many seconds it answered, or why it did not; one line without keys."""
    model: str = ""
    """What answered, as the server names it."""
    findings: Mapping[str, Finding] = field(default_factory=dict)


def probe_server(place: Endpoint, *, timeout: float = 60.0) -> Probed:
    """Ask the server of `place` once for two short answers, and look at what comes; it has `timeout` seconds in all."""
    sent = Sent(2, 0.5, _TOKENS, seed=1)
    refused: dict[str, Finding] = {}
    wire = HttpWire(place, Bounds(_CONNECT_SECONDS, timeout, timeout, _LARGEST_BODY))
    try:
        while True:
            started = time.monotonic()
            result = _ask(wire, place, sent)
            if not isinstance(result, Trouble):
                break
            name, milder = _without(result, sent, refused)
            if milder == sent:
                return Probed(place.name, place.host, False, result.detail)
            refused[name] = Finding("refused", result.detail)
            sent = milder
    finally:
        wire.close()
    answer, body = result
    seconds = time.monotonic() - started
    found = {**_findings(answer, sent), **refused, **_rate_limits(body.headers)}
    return Probed(place.name, place.host, True, f"answered in {seconds:.1f} s", place.hide_key(answer.model), found)


def probe_model(model: LanguageModel, *, timeout: float | None = None) -> Probed:
    """Ask any other model for one short answer, for which it has `timeout` seconds (None: as long as it takes)."""
    started = time.monotonic()
    alarm = threading.Timer(timeout or 0.0, model.finish)
    alarm.daemon = True
    try:
        if timeout is not None:
            alarm.start()
        completion = model.complete([Request("", PROMPT, 0.5)])[0]
    except LanguageModelError as error:
        late = timeout is not None and alarm.finished.is_set()
        return Probed(model.name, "", False, f"no answer within {timeout:g} s: {error}" if late else str(error))
    finally:
        alarm.cancel()
    seconds = time.monotonic() - started
    found = {
        "usage": _usage(completion.input_tokens, completion.output_tokens),
        "reasoning": Finding("yes" if completion.reasoning else "no"),
    }
    return Probed(model.name, "", True, f"answered in {seconds:.1f} s", completion.model, found)


def _ask(wire: HttpWire, place: Endpoint, sent: Sent) -> tuple[Answer, Body] | Trouble:
    """One request."""
    try:
        body = wire.post([{"role": "user", "content": PROMPT}], sent.options())
        return read_answer(body.data, Asked(sent.n, len(PROMPT), sent.max_tokens)), body
    except Unreadable as error:
        return bad_body(str(error), place)
    except Exception as error:
        trouble = wire.trouble(error, sent, time.time())
        if trouble is None:
            raise
        return trouble


def _without(trouble: Trouble, sent: Sent, refused: Mapping[str, Finding]) -> tuple[str, Sent]:
    """(the parameter that the server rejects, what to send instead); the same where another request cannot help."""
    match trouble.remedy:
        case Remedy.ASK_SINGLY:
            return "n", replace(sent, n=1)
        case Remedy.DROP_TEMPERATURE:
            return "temperature", replace(sent, temperature=None)
        case Remedy.DROP_SEED:
            return "seed", replace(sent, seed=None)
        case Remedy.OTHER_TOKENS_NAME if "max_tokens" in refused:
            return "max_tokens", replace(sent, max_tokens=None)
        case Remedy.OTHER_TOKENS_NAME:
            other = next(name for name in _OTHER_NAMES if name != sent.tokens_name)
            return "max_tokens", replace(sent, tokens_name=other)
        case _:
            return "", sent


def _findings(answer: Answer, sent: Sent) -> dict[str, Finding]:
    """What the answer itself shows; for parameters that were refused, another finding takes the place of this."""
    given = len(answer.choices)
    singly = f"{given} answer to a request for {sent.n}: the others are asked for one by one"
    found = {
        "n": Finding("yes", f"{given} answers to one request") if given > 1 else Finding("ignored", singly),
        "temperature": Finding("taken"),
        "seed": Finding("taken"),
        "max_tokens": Finding("taken", f"as {sent.tokens_name}"),
        "usage": _usage(answer.input_tokens, answer.output_tokens, answer.doubts),
        "reasoning": Finding("yes" if any(choice.reasoning for choice in answer.choices) else "no"),
    }
    most = _TOKENS * given
    if sent.max_tokens is not None and answer.output_tokens is not None and answer.output_tokens > most:
        found["max_tokens"] = Finding("ignored", f"{answer.output_tokens} tokens came, {most} were allowed")
    return found


def _usage(given_in: int | None, given_out: int | None, doubts: tuple[str, ...] = ()) -> Finding:
    if given_out is None:
        return Finding("no", "; ".join(doubts))
    return Finding("yes", f"{'?' if given_in is None else given_in} in, {given_out} out")


def _rate_limits(headers: Mapping[str, str]) -> dict[str, Finding]:
    told = [f"{each.limit:g} {name}, {each.remaining:g} left" for name, each in allowances(headers).items()]
    if told:
        return {"rate_limits": Finding("yes", "; ".join(told))}
    return {"rate_limits": Finding("no", "where you know them, give ?rpm= and ?tpm=")}
