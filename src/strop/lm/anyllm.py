"""Providers without an OpenAI-compatible endpoint, through the library any-llm: `any-llm/<provider>/<model>`.

The library is an extra (`pip install 'strop[any-llm]'`). Its own retries are off where it lets them be: each failed attempt is a
`Fault` here, waits are those of the other models, and its answers are read as theirs. Keys are read by the library, from the
variable of the provider in use.
"""

from __future__ import annotations

import importlib
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.base import Completion, Fault, Request
from strop.lm.callable import MOST_AT_ONCE, CallableModel
from strop.lm.endpoints import Endpoint
from strop.lm.openai_answers import Answer, Asked, Unreadable, completions_of, read_answer
from strop.lm.openai_terms import HIGHEST_TEMPERATURE, messages_of
from strop.lm.options import ModelSettings
from strop.lm.outage import GiveUp, Outage, Trying, with_fault
from strop.lm.rate_limit import End, Pacer
from strop.lm.retry_policy import Patience, retry_after_seconds

EXTRA = "pip install 'strop[any-llm]'"
_READ_SECONDS = 600.0
_LARGEST_BYTES = 1 << 20
_PASSING = frozenset({408, 409, 425, 429})
_PASSING_ERRORS = (
    "ProviderError",
    "RateLimitError",
    "GatewayTimeoutError",
    "UpstreamProviderError",
    "Unreadable",
    "ValidationError",
)
"""Errors that say no status, after which another attempt may help."""
_REFUSED = ("ContextLengthExceededError", "ContentFilterError")
"""Errors of one prompt: others can be answered."""


@dataclass(frozen=True)
class _Failure:
    fault: Fault
    end: End
    helps: bool
    """Whether another attempt may help."""
    retry_after: float | None = None
    reached: bool = False
    """Whether the provider was there, and said so."""


@dataclass
class _Asker:
    """Asks one provider of the library; one for all threads."""

    provider: Any
    place: Endpoint
    settings: ModelSettings
    pacer: Pacer
    jitter: random.Random
    outage: Outage
    patience: Patience = field(default_factory=Patience)
    takes_temperature: bool = True

    def __call__(self, request: Request) -> Completion:
        """One answer, after as many attempts as it takes.

        Raises:
            LanguageModelError: nothing helps.
        """
        trying = Trying()
        try:
            return self._asked(request, trying)
        finally:
            self.outage.gone(trying)

    def _asked(self, request: Request, trying: Trying) -> Completion:
        in_line = self.pacer.place()
        faults: tuple[Fault, ...] = ()
        attempt = 0
        while True:
            attempt += 1
            sent = self._parameters(request)
            started = time.monotonic()
            result = self._paced(in_line, request, sent, attempt)
            if result is None:
                detail = f"{faults[-1].kind}: {faults[-1].detail}" if faults else "the model is closed"
                raise LanguageModelError(detail, (None,), faults)
            if isinstance(result, Answer):
                self.outage.answered(trying)
                seconds = time.monotonic() - started
                told = {"asked": 1, "seconds": seconds, "attempt": attempt, "largest_bytes": _LARGEST_BYTES}
                completion = completions_of(result, before=faults, **told)[0]  # type: ignore[arg-type]
                text = self.place.hide_key(completion.text)
                return replace(completion, text=text, model=completion.model or self.place.model, parameters=sent)
            fault = result.fault
            if result.end == "answered":  # a parameter was refused, and is not sent again
                faults = (*faults, fault)
                continue
            given_up = self._given_up(result, trying)
            pause = 0.0
            if given_up is None and not self.pacer.finished:
                pause = self.patience.wait(trying.failures, result.retry_after, self.jitter)
                pause = min(pause, self.outage.left(trying))
            faults = with_fault(faults, replace(fault, waited_seconds=pause))
            if given_up is GiveUp.ALONE or fault.detail.startswith(_REFUSED):
                return Completion("", self.place.model, "refused", faults=faults, parameters=sent)
            if given_up:
                raise LanguageModelError(f"{fault.kind}: {fault.detail}", (None,), faults)
            self.outage.sleep(pause)

    def _given_up(self, failure: _Failure, trying: Trying) -> GiveUp | None:
        if not failure.helps:
            return GiveUp.OUTAGE
        busy = failure.end in ("limited", "overloaded")
        return self.outage.failed(trying, failure.fault.detail, reached=failure.reached, busy=busy)

    def _paced(self, in_line: int, request: Request, sent: Mapping[str, Any], attempt: int) -> Answer | _Failure | None:
        """One attempt, when its turn has come; None where the model was closed before."""
        prompt = len(request.expertise.encode("utf-8", "replace")) + len(request.message.encode("utf-8", "replace"))
        turn = self.pacer.enter(in_line, lambda: prompt // 4 + self.settings.max_tokens)
        if turn is None:
            return None
        end: End = "failed"
        used: int | None = None
        try:
            given = self.provider.completion(
                model=self.place.model,
                messages=messages_of(request),
                timeout=self.settings.timeout or _READ_SECONDS,
                **sent,
            )
            answer = read_answer(_as_json(given), Asked(1, prompt, self.settings.max_tokens))
            end = "answered"
            if answer.input_tokens is not None and answer.output_tokens is not None:
                used = answer.input_tokens + answer.output_tokens
            return answer
        except Exception as error:  # noqa: BLE001 - providers raise what they like; it becomes data here
            failure = self._failure(error, attempt, sent)
            end = failure.end
            if failure.retry_after is not None:  # it holds for all that ask the model
                self.pacer.hold(min(failure.retry_after, self.patience.longest_retry_after_seconds))
            return failure
        finally:
            self.pacer.leave(turn, end, used=used)

    def _parameters(self, request: Request) -> dict[str, float | int | str | None]:
        """What is sent with the messages: what was asked for, and nothing that was not."""
        asked = request.temperature
        temperature = min(max(asked, 0.0), HIGHEST_TEMPERATURE) if asked == asked else 1.0
        wanted = {
            "temperature": temperature if self.takes_temperature else None,
            "max_tokens": self.settings.max_tokens,
            "seed": self.settings.seed,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def _failure(self, error: Exception, attempt: int, sent: Mapping[str, object]) -> _Failure:
        """What an exception of the library, or of a provider's own, stands for."""
        kind = type(error).__name__
        detail = " ".join(self.place.hide_key(f"{kind}: {error}").split())[:400]
        status = getattr(error, "status_code", None)
        if status in {400, 422} and "temperature" in sent and "temperature" in detail.lower():
            self.takes_temperature = False
            return _Failure(Fault("parameter", detail, attempt), "answered", helps=True)
        by_status = status is not None and (status in _PASSING or status >= 500 or 200 <= status < 300)
        if not by_status and (status is not None or kind not in _PASSING_ERRORS):
            return _Failure(Fault("bad_response", detail, attempt), "failed", helps=False)
        asked = getattr(error, "retry_after", None)
        after = retry_after_seconds({"retry-after": str(asked)}, time.time()) if asked else None
        if status == 429 or kind == "RateLimitError":
            return _Failure(Fault("rate_limited", detail, attempt), "limited", True, after, reached=True)
        end: End = "overloaded" if status in {503, 529} else "failed"
        return _Failure(
            Fault("server_error", detail, attempt, maybe_billed=status is None), end, True, after, status is not None
        )


def make_any_llm(spec: str, settings: ModelSettings, *, seed: int, environ: Mapping[str, str]) -> CallableModel:
    """The model `any-llm/<provider>/<model>`; `seed` feeds the jitter of waiting times.

    Raises:
        ConfigurationError: the library or the provider's part of it is not installed, an unknown provider, a missing key.
    """
    head, _, rest = spec.partition("/")
    provider, slash, model = rest.partition("/")
    if not (provider and slash and model.strip()):
        raise ConfigurationError(
            f"--lm {spec}: write {head}/<provider>/<model>, such as {head}/mistral/mistral-small-latest"
        )
    variable, made = _created(_library(spec), spec, provider, settings.url)
    place = Endpoint(spec, model, settings.url or "", variable, environ.get(variable, "").strip() or None)
    connections = settings.connections or MOST_AT_ONCE
    pacer = Pacer(connections, requests=settings.rpm, tokens=settings.tpm)
    patience = Patience(settings.give_up_after)
    outage = Outage(patience, spec)

    def finish() -> None:
        pacer.finish()
        outage.finish()

    asker = _Asker(made, place, settings, pacer, random.Random(seed), outage, patience)
    return CallableModel(asker, name=spec, connections=connections, when_finished=finish)


def _library(spec: str) -> Any:
    try:
        return importlib.import_module("any_llm")
    except ImportError as error:
        raise ConfigurationError(f"--lm {spec} needs the extra any-llm: {EXTRA}") from error


def _created(library: Any, spec: str, provider: str, url: str | None) -> tuple[str, Any]:
    """(the variable of the provider's key, the provider of the library)."""
    create: Callable[..., Any] = library.AnyLLM.create
    variable = ""
    try:
        variable = str(getattr(library.AnyLLM.get_provider_class(provider), "ENV_API_KEY_NAME", ""))
        try:
            return variable, create(provider, api_base=url, unified_exceptions=True, max_retries=0)
        except library.UnsupportedParameterError:  # its client has no number of retries to set
            return variable, create(provider, api_base=url, unified_exceptions=True)
    except ImportError as error:
        needed = f"pip install 'any-llm-sdk[{provider}]'"
        raise ConfigurationError(f"--lm {spec}: any-llm lacks what {provider} needs: {needed}") from error
    except library.MissingApiKeyError as error:
        raise ConfigurationError(f"{spec} needs a key: set {variable}") from error
    except library.UnsupportedProviderError as error:
        known = ", ".join(sorted(library.AnyLLM.get_supported_providers()))
        raise ConfigurationError(f"--lm {spec}: any-llm knows no provider {provider!r}; it knows {known}") from error


def _as_json(given: Any) -> bytes:
    """The library's answer in the form of OpenAI's, which it follows but for the reasoning.

    Raises:
        Unreadable: it is something else.
    """
    if not hasattr(given, "model_dump"):
        raise Unreadable(f"any-llm gave {type(given).__name__}")
    value = given.model_dump(mode="json")
    for choice in value.get("choices") or []:
        message = choice.get("message") or {}
        if isinstance(message.get("reasoning"), dict):
            message["reasoning"] = message["reasoning"].get("content")
    return json.dumps(value).encode()
