"""What a model's server supports, found out by one tiny request.

When the server rejects a parameter, it is asked again without: a rejected request was not answered and is not billed. Only what
one answer shows is claimed: `taken` says that a parameter was not refused, not that it had an effect.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from strop.base.errors import LanguageModelError
from strop.lm.async_model import event_loop
from strop.lm.base import Completion, LanguageModel, Request
from strop.lm.openai_chat import Accepted, Remedy, RequestParameters, UnreadableBody, read_answer
from strop.lm.openai_wire import AttemptFailed, HttpWire, Settings, Wire, unreadable
from strop.lm.providers import Endpoint
from strop.lm.rate_limit import allowances

State: TypeAlias = Literal["yes", "no", "taken", "refused", "ignored", "unknown"]

PROMPT = "Reply with the single word: strop"
_TOKENS = 32
_REFUSED = {
    Remedy.ASK_SINGLY: "n",
    Remedy.DROP_TEMPERATURE: "temperature",
    Remedy.DROP_SEED: "seed",
    Remedy.OTHER_TOKENS_NAME: "max_tokens",
}
"""The parameter that a server refuses, by what to do about it."""


@dataclass(frozen=True)
class ProbeFinding:
    """One ability of a server."""

    state: State
    detail: str = ""


@dataclass(frozen=True)
class Probed:
    """What one tiny request showed."""

    lm: str
    host: str
    """Where the server is; empty if there is none."""
    reachable: bool
    """Whether its answer can be read."""
    detail: str
    """How many seconds the answer took, or why there is none; one line without keys."""
    model: str = ""
    """What answered, as the server names it."""
    findings: Mapping[str, ProbeFinding] = field(default_factory=dict)


def probe_server(endpoint: Endpoint, *, timeout: float = 60.0) -> Probed:
    """Ask the server of `endpoint` once for two short answers; each attempt has `timeout` seconds."""
    return asyncio.run_coroutine_threadsafe(_probe(endpoint, timeout), event_loop()).result()


async def _probe(endpoint: Endpoint, timeout: float) -> Probed:
    settings = Settings(
        connect_seconds=20.0, read_seconds=timeout, deadline_seconds=timeout, largest_body_bytes=1 << 20
    )
    wire = HttpWire(endpoint, settings)
    accepted = Accepted(max_tokens=_TOKENS, seed=1, openai_itself=endpoint.is_openai)
    refused: dict[str, ProbeFinding] = {}
    n = 2
    try:
        while True:
            parameters, _ = accepted.parameters(Request("", PROMPT, 0.5), n, None)
            started = time.monotonic()
            try:
                answers, headers = await _ask(wire, endpoint, parameters)
                break
            except AttemptFailed as failure:
                name = _REFUSED.get(failure.remedy, "")
                if failure.remedy is Remedy.ASK_SINGLY:
                    n = 1
                elif not name or accepted.reduce(failure.remedy, failure.detail, parameters, None) is None:
                    return Probed(endpoint.name, endpoint.host, False, failure.detail)
                refused[name] = ProbeFinding("refused", failure.detail)
    finally:
        await wire.close()
    detail = f"answered in {time.monotonic() - started:.1f} s"
    findings = {**_findings(answers, parameters), **refused, **_rate_limits(headers)}
    return Probed(endpoint.name, endpoint.host, True, detail, answers[0].model, findings)


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
        "reasoning": ProbeFinding("yes" if completion.reasoning else "no"),
    }
    return Probed(model.name, "", True, detail, completion.model, findings)


async def _ask(
    wire: Wire, endpoint: Endpoint, parameters: RequestParameters
) -> tuple[list[Completion], Mapping[str, str]]:
    """(what the server answers, the headers of its answer)."""
    try:
        body = await wire.post([{"role": "user", "content": PROMPT}], parameters)
        return read_answer(body.data, parameters, prompt_bytes=len(PROMPT), hide=endpoint.hide_key), body.headers
    except UnreadableBody as error:
        raise unreadable(str(error), endpoint) from None


def _findings(answers: Sequence[Completion], sent: RequestParameters) -> dict[str, ProbeFinding]:
    """What the answer itself shows; findings about refused parameters replace these."""
    first, count = answers[0], len(answers)
    one_by_one = f"{count} answer to a request for {sent.n}: the others are requested one by one"
    doubts = [fault.detail for fault in first.faults if fault.fault == "usage"]
    findings = {
        "n": ProbeFinding("yes", f"{count} answers to one request")
        if count > 1
        else ProbeFinding("ignored", one_by_one),
        "temperature": ProbeFinding("taken"),
        "seed": ProbeFinding("taken"),
        "max_tokens": ProbeFinding("taken", f"as {sent.tokens_name}"),
        "usage": _usage(first.input_tokens, first.output_tokens, doubts),
        "reasoning": ProbeFinding("yes" if any(answer.reasoning for answer in answers) else "no"),
    }
    most = _TOKENS * count
    if sent.max_tokens is not None and first.output_tokens is not None and first.output_tokens > most:
        findings["max_tokens"] = ProbeFinding("ignored", f"{first.output_tokens} tokens arrived, {most} were allowed")
    return findings


def _usage(input_tokens: int | None, output_tokens: int | None, doubts: Sequence[str] = ()) -> ProbeFinding:
    if output_tokens is None:
        return ProbeFinding("no", "; ".join(doubts))
    return ProbeFinding("yes", f"{'?' if input_tokens is None else input_tokens} in, {output_tokens} out")


def _rate_limits(headers: Mapping[str, str]) -> dict[str, ProbeFinding]:
    reports = [f"{left.limit:g} {name}, {left.remaining:g} left" for name, left in allowances(headers).items()]
    if reports:
        return {"rate_limits": ProbeFinding("yes", "; ".join(reports))}
    return {"rate_limits": ProbeFinding("no", "if you know them, write ?rpm= and ?tpm=")}
