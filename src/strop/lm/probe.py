"""What `strop doctor --model` asks a model: one tiny request, sent once."""

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
from strop.lm.registry import make

PROMPT = "Reply with the single word: strop"
_ONCE = ModelSettings(max_tokens=32, give_up_after=0.0, timeout=60.0)
"""One attempt, of few tokens."""


@dataclass(frozen=True)
class ModelAnswer:
    """What a model answered to one request."""

    lm: str
    """The model, as it was named."""
    answer: Completion
    price: str
    """What this answer costs, and its tokens, in words."""


def ask_once(spec: str, base_url: str | None, environ: Mapping[str, str]) -> ModelAnswer:
    """Send a model one tiny request, and look up its price.

    Raises:
        ConfigurationError: an unknown specification, a missing key.
        LanguageModelError: there is no answer.
    """
    with closing(make(spec, base_url=base_url, seed=0, environ=environ, defaults=_ONCE)) as model:
        (answer,) = model.complete([Request("", PROMPT, 0.5)], dropped)
    price = tariffs(spec, ModelSettings(url=base_url), environ)[answer.lm or spec].price
    if price is None:
        return ModelAnswer(spec, answer, f"not known: {option('max_cost')} needs {option('model')} SPEC?price=IN,OUT")
    paid, got = price.dollars_per_million
    words = f"${paid:g} in, ${got:g} out per million tokens ({price.source})"
    if answer.input_tokens is None or answer.output_tokens is None:
        return ModelAnswer(spec, answer, words)
    cost = price.cost(answer.input_tokens, answer.output_tokens)
    return ModelAnswer(spec, replace(answer, cost=cost), f"{dollars(cost)}, at {words}")
