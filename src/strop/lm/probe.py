"""What `strop doctor --model` finds out about models: each is asked once, for two short answers if it has a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from strop.base.errors import LanguageModelError
from strop.lm.base import Fault, LanguageModel, Request
from strop.lm.options import ModelSettings, members, read_spec
from strop.lm.prices import tariffs
from strop.lm.providers import PROVIDERS, endpoint_of, head_of
from strop.lm.registry import make as make_language_model

State: TypeAlias = Literal["yes", "no", "unknown"]
PROMPT = "Reply with the single word: strop"
_ONCE = ModelSettings(max_tokens=32, give_up_after=0.0, timeout=60.0)
"""One attempt, of few tokens."""
_INBOX_SECONDS = 60.0
"""Time for people to answer. A run waits as long as it takes."""


@dataclass(frozen=True)
class ProbeFinding:
    """One ability of a model or its server."""

    state: State
    detail: str = ""
    """What was seen."""


@dataclass(frozen=True)
class Probed:
    """What one tiny request showed about a model."""

    lm: str
    """The model, as it was named."""
    host: str
    """Where the server is; empty if there is none."""
    reachable: bool
    """Whether its answer can be read."""
    detail: str
    """How many seconds the answer took, or why there is none; one line without keys."""
    model: str = ""
    """What answered, as the server names it."""
    findings: Mapping[str, ProbeFinding] = field(default_factory=dict)
    """`usage`, `reasoning` or `price` → what was found."""
    remarks: tuple[str, ...] = ()
    """What the server refused, ignored or did otherwise, such as several responses; a parameter without a remark was taken."""


@dataclass(frozen=True)
class ProbedModels:
    """What each of several models supports."""

    models: tuple[Probed, ...]
    """In the order of the command."""


def probe_models(spec: str, base_url: str | None, environ: Mapping[str, str]) -> ProbedModels:
    """Send each model of a specification one tiny request, and look up its price.

    Raises:
        ConfigurationError: an unknown specification, a missing key.
    """
    each = members(spec)
    if len(each) > 1:  # report a wrong specification before any request
        make_language_model(spec, base_url=base_url, seed=0, environ=environ).close()
    return ProbedModels(tuple(_probed(member, base_url, environ) for member in each))


def _probed(spec: str, base_url: str | None, environ: Mapping[str, str]) -> Probed:
    name, settings = read_spec(spec, replace(_ONCE, url=base_url))
    try:
        model = make_language_model(spec, base_url=base_url, seed=0, environ=environ, defaults=_ONCE)
    except LanguageModelError as error:
        return Probed(name, "", False, str(error))
    head = head_of(name)
    has_server = bool(PROVIDERS[head].url)
    with closing(model):
        found = probe_model(model, count=1 + has_server, timeout=_INBOX_SECONDS if head == "inbox" else None)
    host = endpoint_of(name, base_url=settings.url, environ=environ).host if has_server else ""
    return replace(found, lm=name, host=host, findings={**found.findings, "price": _price(spec, base_url, environ)})


def probe_model(model: LanguageModel, *, count: int = 1, timeout: float | None = None) -> Probed:
    """Ask a model for short answers to one prompt, for which it has `timeout` seconds (None: as long as it takes)."""
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
        answers = model.complete([Request("", PROMPT, 0.5, sample=sample) for sample in range(count)])
    except LanguageModelError as error:
        detail = f"no answer within {timeout:g} s: {error}" if is_late.is_set() else str(error)
        return Probed(model.name, "", False, detail)
    finally:
        alarm.cancel()
    first = answers[0]
    tokens_in = "?" if first.input_tokens is None else first.input_tokens
    usage = (
        ProbeFinding("no")
        if first.output_tokens is None
        else ProbeFinding("yes", f"{tokens_in} in, {first.output_tokens} out")
    )
    findings = {
        "usage": usage,
        "reasoning": ProbeFinding("yes" if any(answer.reasoning for answer in answers) else "no"),
    }
    remarks = [fault.detail for answer in answers for fault in answer.faults if isinstance(fault, Fault)]
    detail = f"answered in {time.monotonic() - started:.1f} s"
    return Probed(model.name, "", True, detail, first.model, findings, tuple(dict.fromkeys(remarks)))


def _price(spec: str, base_url: str | None, environ: Mapping[str, str]) -> ProbeFinding:
    price = tariffs(spec, ModelSettings(url=base_url), environ)[spec].price
    if price is None:
        return ProbeFinding("unknown", "--max-cost needs a price: --model SPEC?price=IN,OUT")
    paid, got = price.dollars_per_million
    return ProbeFinding("yes", f"${paid:g} in, ${got:g} out per million tokens ({price.source})")
