"""What `strop doctor --model` asks a model: two tiny requests, sent once, in the form of a run's requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from strop.base.errors import dollars
from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.base import Completion, Request, dropped
from strop.lm.options import ModelSettings
from strop.lm.prices import tariffs
from strop.lm.providers import provider_of
from strop.lm.registry import make

PROMPT = "Reply with the single word: strop"
EXPERTISE = "You answer in one word."
_ONCE = ModelSettings(give_up_after=0.0, timeout=300.0)
"""The settings for one attempt."""


@dataclass(frozen=True)
class ModelAnswer:
    """What a model answered to a tiny request, and what that costs."""

    lm: str
    """The model as the command names it."""
    answer: Completion
    """The response."""
    price: str
    """The price of the response and its tokens, in words."""


def ask_once(spec: str, base_url: str | None, environ: Mapping[str, str]) -> ModelAnswer:
    """The answer to a tiny request, and its price. A server is asked for two responses at once, as in a run.

    Raises:
        ConfigurationError: an unknown specification, a missing key.
        LanguageModelError: there is no answer.
    """
    with closing(make(spec, base_url=base_url, seed=0, environ=environ, defaults=_ONCE)) as model:
        provider = provider_of(spec.partition("?")[0])
        count = 2 if provider is not None and provider.has_server else 1  # a run asks a server for several at once
        answer, *_ = model.complete([Request(EXPERTISE, PROMPT, sample=sample) for sample in range(count)], dropped)
    tariff = tariffs(spec, ModelSettings(url=base_url), environ)[answer.lm or spec]
    if tariff.price is None:
        return ModelAnswer(spec, answer, f"not known: {option('max_cost')} needs {option('model')} SPEC?price=IN,OUT")
    if answer.input_tokens is None or answer.output_tokens is None:
        return ModelAnswer(spec, answer, tariff.in_words)
    cost = tariff.price.cost(answer.input_tokens, answer.output_tokens)
    return ModelAnswer(spec, replace(answer, cost=cost), f"{dollars(cost)}, at {tariff.in_words}")
