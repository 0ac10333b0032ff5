"""Providers without an OpenAI-compatible endpoint, through the library any-llm: `any-llm/<provider>/<model>`.

The library is an extra (`pip install 'strop[any-llm]'`) and takes the place of HTTP: everything else (pace, retries, faults,
usage) is that of `openai.py`. Its own retries are off where it allows that. It reads keys itself, from the variable of the
provider in use.
"""

from __future__ import annotations

import importlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from strop.base.errors import ConfigurationError
from strop.lm.async_model import in_thread
from strop.lm.openai import OpenAIModel, settings_of
from strop.lm.openai_chat import Parameters, UnreadableBody
from strop.lm.openai_wire import BUSY, REJECTED, RETRIED, AttemptFailed, Settings, one_line
from strop.lm.options import ModelSpec
from strop.lm.pace import retry_after_seconds
from strop.lm.providers import Endpoint

EXTRA = "pip install 'strop[any-llm]'"
_READ_SECONDS = 600.0
_LOST = ("ProviderError", "GatewayTimeoutError", "UpstreamProviderError")
"""Errors without a status after which another attempt may help."""
_REFUSED = ("ContextLengthExceededError", "ContentFilterError")
"""Errors of one prompt; others can be answered."""


@dataclass(frozen=True)
class AnyLlmWire:
    """Asks one provider of the library, each time in a thread."""

    provider: Any
    endpoint: Endpoint
    read_seconds: float

    async def post(self, messages: list[dict[str, str]], parameters: Parameters) -> bytes:
        ask = partial(self.provider.completion, model=self.endpoint.model, messages=messages, timeout=self.read_seconds)
        try:
            return _as_json(await in_thread(partial(ask, **parameters)))
        except UnreadableBody:
            raise
        except Exception as error:
            raise self._classify(error) from error

    async def close(self) -> None:
        """The library has no way to close its connections."""

    def _classify(self, error: Exception) -> AttemptFailed:
        """What an exception of the library, or of a provider's own package, means."""
        kind, status = type(error).__name__, getattr(error, "status_code", None)
        detail = one_line(f"{kind}: {error}", self.endpoint)
        asked = getattr(error, "retry_after", None)
        after = retry_after_seconds({"retry-after": str(asked)}, time.time()) if asked else None
        if status == 429 or kind == "RateLimitError":
            return AttemptFailed("rate_limited", detail, passing=True, retry_after=after, busy=True)
        if status is not None and (status in RETRIED or status >= 500):
            busy = status in BUSY
            return AttemptFailed("server_error", detail, passing=True, retry_after=after, busy=busy)
        if kind == "ValidationError" or (status is not None and 200 <= status < 300):
            return AttemptFailed("bad_response", detail, passing=True, maybe_billed=True)
        if status is None and kind in _LOST:
            return AttemptFailed("connection", detail, passing=True, retry_after=after, maybe_billed=True)
        is_rejection = status in REJECTED or kind in _REFUSED
        return AttemptFailed("bad_response", detail, rejection=detail if is_rejection else "")


def from_spec(spec: ModelSpec) -> OpenAIModel:
    """The model `any-llm/<provider>/<model>`.

    Raises:
        ConfigurationError: the library or the provider's part of it is not installed, an unknown provider, a missing key.
    """
    text, settings = spec.text, spec.settings
    head = text.partition("/")[0]
    provider, slash, model = spec.rest.partition("/")
    if not (provider and slash and model.strip()):
        raise ConfigurationError(
            f"--model {text}: write {head}/<provider>/<model>, such as {head}/mistral/mistral-small-latest"
        )
    variable, client = _client(_library(text), text, provider, settings.url)
    endpoint = Endpoint(text, model, settings.url or "", variable, spec.environ.get(variable, "").strip() or None)
    wire = AnyLlmWire(client, endpoint, settings.timeout or _READ_SECONDS)
    # Few of its providers accept `n`: each response is a request.
    return OpenAIModel(
        endpoint, settings_of(settings, Settings(largest_n=1)), jitter=random.Random(spec.seed), wire=wire
    )


def _library(spec: str) -> Any:
    try:
        return importlib.import_module("any_llm")
    except ImportError as error:
        raise ConfigurationError(f"--model {spec} needs the extra any-llm: {EXTRA}") from error


def _client(library: Any, spec: str, provider: str, url: str | None) -> tuple[str, Any]:
    """(the variable of the provider's key, the library's object for the provider)."""
    create: Callable[..., Any] = library.AnyLLM.create
    variable = ""
    try:
        variable = str(getattr(library.AnyLLM.get_provider_class(provider), "ENV_API_KEY_NAME", ""))
        try:
            return variable, create(provider, api_base=url, unified_exceptions=True, max_retries=0)
        except library.UnsupportedParameterError:  # its client has no setting for retries
            return variable, create(provider, api_base=url, unified_exceptions=True)
    except ImportError as error:
        needed = f"pip install 'any-llm-sdk[{provider}]'"
        raise ConfigurationError(f"--model {spec}: any-llm lacks what {provider} needs: {needed}") from error
    except library.MissingApiKeyError as error:
        raise ConfigurationError(f"{spec} needs a key: set {variable}") from error
    except library.UnsupportedProviderError as error:
        known = ", ".join(sorted(library.AnyLLM.get_supported_providers()))
        raise ConfigurationError(f"--model {spec}: any-llm has no provider {provider!r}; it has {known}") from error


def _as_json(answer: Any) -> bytes:
    """The library's answer in OpenAI's form, which it follows except for the reasoning.

    Raises:
        UnreadableBody: it is not an answer.
    """
    if not hasattr(answer, "model_dump"):
        raise UnreadableBody(f"any-llm gave {type(answer).__name__}")
    value = answer.model_dump(mode="json")
    for choice in value.get("choices") or []:
        message = choice.get("message") or {}
        if isinstance(message.get("reasoning"), dict):
            message["reasoning"] = message["reasoning"].get("content")
    return json.dumps(value).encode()
