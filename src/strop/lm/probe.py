"""What a model's server supports, found out by one tiny request.

When the server rejects a parameter, it is asked again without: a rejected request was not answered and is not billed. Only what
one answer shows is claimed: `taken` says that a parameter was not refused, not that it had an effect.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from strop.base.errors import LanguageModelError
from strop.lm.async_model import event_loop
from strop.lm.base import LanguageModel, Request
from strop.lm.openai_chat import Answer, Asked, Parameters, Remedy, Unreadable, read_answer
from strop.lm.openai_wire import AttemptFailed, Body, HttpWire, Settings, Wire, unreadable
from strop.lm.providers import Endpoint
from strop.lm.rate_limit import allowances

State: TypeAlias = Literal["yes", "no", "taken", "refused", "ignored", "unknown"]

PROMPT = "Reply with the single word: strop"
_TOKENS = 32
_OTHER_NAMES = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True)
class Finding:
    """One ability of a server."""

    state: State
    detail: str = ""


@dataclass(frozen=True)
class Probed:
    """What one tiny request showed."""

    lm: str
    host: str
    """Where the server is; empty where there is none."""
    reachable: bool
    """Whether its answer can be read."""
    detail: str
    """In how many seconds it answered, or why it did not; one line without keys."""
    model: str = ""
    """What answered, as the server names it."""
    findings: Mapping[str, Finding] = field(default_factory=dict)


def probe_server(endpoint: Endpoint, *, timeout: float = 60.0) -> Probed:
    """Ask the server of `endpoint` once for two short answers; each attempt has `timeout` seconds."""
    return asyncio.run_coroutine_threadsafe(_probe(endpoint, timeout), event_loop()).result()


async def _probe(endpoint: Endpoint, timeout: float) -> Probed:
    settings = Settings(
        connect_seconds=20.0, read_seconds=timeout, deadline_seconds=timeout, largest_body_bytes=1 << 20
    )
    wire = HttpWire(endpoint, settings)
    parameters = Parameters(2, 0.5, _TOKENS, seed=1)
    refused: dict[str, Finding] = {}
    try:
        while True:
            started = time.monotonic()
            try:
                answer, body = await _ask(wire, endpoint, parameters)
                break
            except AttemptFailed as failure:
                name, milder = _without(failure, parameters, refused)
                if milder == parameters:
                    return Probed(endpoint.name, endpoint.host, False, failure.detail)
                refused[name] = Finding("refused", failure.detail)
                parameters = milder
    finally:
        await wire.close()
    detail = f"answered in {time.monotonic() - started:.1f} s"
    findings = {**_findings(answer, parameters), **refused, **_rate_limits(body.headers)}
    return Probed(endpoint.name, endpoint.host, True, detail, endpoint.hide_key(answer.model), findings)


def probe_model(model: LanguageModel, *, timeout: float | None = None) -> Probed:
    """Ask any other model for one short answer, for which it has `timeout` seconds (None: as long as it takes)."""
    started = time.monotonic()
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()  # before the model ends: this thread then knows why
        model.finish()

    alarm = threading.Timer(timeout or 0.0, stop)
    alarm.daemon = True
    try:
        if timeout is not None:
            alarm.start()
        completion = model.complete([Request("", PROMPT, 0.5)])[0]
    except LanguageModelError as error:
        detail = f"no answer within {timeout:g} s: {error}" if is_late.is_set() else str(error)
        return Probed(model.name, "", False, detail)
    finally:
        alarm.cancel()
    detail = f"answered in {time.monotonic() - started:.1f} s"
    findings = {
        "usage": _usage(completion.input_tokens, completion.output_tokens),
        "reasoning": Finding("yes" if completion.reasoning else "no"),
    }
    return Probed(model.name, "", True, detail, completion.model, findings)


async def _ask(wire: Wire, endpoint: Endpoint, parameters: Parameters) -> tuple[Answer, Body]:
    try:
        body = await wire.post([{"role": "user", "content": PROMPT}], parameters)
        return read_answer(body.data, Asked(parameters.n, len(PROMPT), parameters.max_tokens)), body
    except Unreadable as error:
        raise unreadable(str(error), endpoint) from None


def _without(failure: AttemptFailed, sent: Parameters, refused: Mapping[str, Finding]) -> tuple[str, Parameters]:
    """(the parameter that the server rejects, what to send instead); the same where another request cannot help."""
    match failure.remedy:
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


def _findings(answer: Answer, sent: Parameters) -> dict[str, Finding]:
    """What the answer itself shows; findings about refused parameters replace these."""
    count = len(answer.choices)
    one_by_one = f"{count} answer to a request for {sent.n}: the others are requested one by one"
    findings = {
        "n": Finding("yes", f"{count} answers to one request") if count > 1 else Finding("ignored", one_by_one),
        "temperature": Finding("taken"),
        "seed": Finding("taken"),
        "max_tokens": Finding("taken", f"as {sent.tokens_name}"),
        "usage": _usage(answer.input_tokens, answer.output_tokens, answer.doubts),
        "reasoning": Finding("yes" if any(choice.reasoning for choice in answer.choices) else "no"),
    }
    most = _TOKENS * count
    if sent.max_tokens is not None and answer.output_tokens is not None and answer.output_tokens > most:
        findings["max_tokens"] = Finding("ignored", f"{answer.output_tokens} tokens arrived, {most} were allowed")
    return findings


def _usage(input_tokens: int | None, output_tokens: int | None, doubts: tuple[str, ...] = ()) -> Finding:
    if output_tokens is None:
        return Finding("no", "; ".join(doubts))
    return Finding("yes", f"{'?' if input_tokens is None else input_tokens} in, {output_tokens} out")


def _rate_limits(headers: Mapping[str, str]) -> dict[str, Finding]:
    reports = [f"{left.limit:g} {name}, {left.remaining:g} left" for name, left in allowances(headers).items()]
    if reports:
        return {"rate_limits": Finding("yes", "; ".join(reports))}
    return {"rate_limits": Finding("no", "if you know them, write ?rpm= and ?tpm=")}
