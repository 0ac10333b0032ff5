"""A response of the language model in the terms of OpenTelemetry's GenAI conventions (spans of clients, `chat`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from strop.base.events import LmCalled, LmResponded
from strop.report.tracking.base import Attributes

PROVIDERS = {"gemini": "gcp.gemini", "mistral": "mistral_ai", "xai": "x_ai"}
"""The well-known names of providers, where they differ from strop's."""
_PARAMETERS = {
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "seed": "gen_ai.request.seed",
}


@dataclass(frozen=True)
class Model:
    """A model, from its specification and `--base-url`."""

    lm: str
    base_url: str | None

    @staticmethod
    def of(spec: Mapping[str, Any]) -> Model:
        """That of the fields of a RunSpec."""
        return Model(str(spec.get("model") or ""), spec.get("base_url"))

    @property
    def provider(self) -> str:
        """`openai` of `openai/gpt-4?rpm=60`, `command` of `command:PROGRAM`, in the convention's words."""
        head = self.lm.partition("/")[0].partition(":")[0].partition("?")[0]
        return PROVIDERS.get(head, head)

    @property
    def name(self) -> str:
        """`gpt-4` of it; the provider where it has no models; empty where one specification names several or none."""
        if self.lm.startswith("mix:"):
            return ""
        head, _, model = self.lm.partition("?")[0].partition("/")
        return model if model and ":" not in head else self.provider


def asked(model: Model, call: LmCalled | None) -> Attributes:
    """Attributes of a request."""
    attributes: Attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": model.provider}
    attributes["gen_ai.system"] = (
        model.provider
    )  # the name before version 1.37 of the conventions, which many tools still read
    if model.name:
        attributes["gen_ai.request.model"] = model.name
    if call is not None:
        attributes["gen_ai.request.temperature"] = call.temperature
    if model.base_url:
        server = urlsplit(model.base_url)
        if server.hostname:
            attributes["server.address"] = server.hostname
            attributes["server.port"] = server.port or (443 if server.scheme == "https" else 80)
    return attributes


def answered(event: LmResponded) -> Attributes:
    """Attributes of its response and the effective parameters. A reused answer has no usage: nothing was paid."""
    attributes: Attributes = {
        "gen_ai.response.model": event.model,
        "gen_ai.response.finish_reasons": (event.finish_reason,),
    }
    for name, value in event.parameters.items():
        if name in _PARAMETERS and isinstance(value, int | float):
            attributes[_PARAMETERS[name]] = value
    if event.again:
        return attributes | {"strop.again": True}
    if event.input_tokens is not None:
        attributes["gen_ai.usage.input_tokens"] = event.input_tokens
    if event.output_tokens is not None:
        attributes["gen_ai.usage.output_tokens"] = event.output_tokens
    if event.cost is not None:
        attributes["strop.cost_dollars"] = event.cost / 1e9
    return attributes


def texts(call: LmCalled | None, event: LmResponded) -> Attributes:
    """The prompt and the answer, as the conventions write them: JSON in attributes."""
    parts = [{"type": "text", "content": event.text}]
    if event.reasoning:
        parts.insert(0, {"type": "reasoning", "content": event.reasoning})
    answer = {"role": "assistant", "parts": parts, "finish_reason": event.finish_reason}
    attributes: Attributes = {"gen_ai.output.messages": json.dumps([answer])}
    if call is not None and 0 <= event.index < len(call.messages):
        message = {"type": "text", "content": call.messages[event.index]}
        attributes["gen_ai.input.messages"] = json.dumps([{"role": "user", "parts": [message]}])
        attributes["gen_ai.system_instructions"] = json.dumps([{"type": "text", "content": call.expertise}])
    return attributes
