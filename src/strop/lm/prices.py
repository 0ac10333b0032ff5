"""What a model's tokens cost: by `?price=`, by genai-prices, or nothing where no one is paid.

genai-prices is a table that comes with its package. It is read only where a model of a provider is asked for, without a network.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from strop.base.errors import ConfigurationError
from strop.lm.endpoints import PROVIDERS
from strop.lm.options import ModelSettings, members, price_per_million, read_spec

OVERHEAD_TOKENS = 100
"""Tokens that a server may put around expertise and message: the template of a chat, and the like."""
FREE = ("offline", "scripted", "recorded", "local")
"""Heads of specifications that nobody is paid for."""
TOKENLESS = ("offline", "scripted", "recorded")
"""Heads of specifications that use no tokens."""
_PROVIDERS = MappingProxyType(
    {"openai": "openai", "anthropic": "anthropic", "gemini": "google", "openrouter": "openrouter"}
)
"""Head of a specification → the provider's name in genai-prices."""

Tiers = tuple[tuple[int, Decimal], ...]
"""(prompt tokens above which it holds, billionths of a dollar per token), ascending, the first from -1."""


@dataclass(frozen=True)
class Price:
    """What a model's tokens cost."""

    input: Tiers
    output: Tiers
    request: Decimal = Decimal(0)
    """Billionths of a dollar for each request."""
    source: str = "?price="
    """Who says so, and of when it is."""

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Billionths of a dollar, rounded up. The prompt's length decides the tier of both, as providers bill."""
        total = _at(self.input, input_tokens) * input_tokens + _at(self.output, input_tokens) * output_tokens
        return math.ceil(total + self.request)

    def most(self, input_tokens: int, output_tokens: int) -> int:
        """Billionths of a dollar that up to so many tokens can cost: the dearest tier that they can reach."""
        dearest_in = max(price for start, price in self.input if start < max(input_tokens, 0))
        dearest_out = max(price for start, price in self.output if start < max(input_tokens, 0))
        return math.ceil(dearest_in * input_tokens + dearest_out * output_tokens + self.request)

    @property
    def dollars_per_million(self) -> tuple[float, float]:
        """(in, out), of short prompts."""
        return float(self.input[0][1]) / 1000, float(self.output[0][1]) / 1000


NOTHING = Price(((-1, Decimal(0)),), ((-1, Decimal(0)),), source="nobody is paid for it")
"""Of models that run here."""


@dataclass(frozen=True)
class Tariff:
    """What is known of the bill of one model before it is asked."""

    price: Price | None
    """None: not known."""
    max_tokens: int
    """Tokens of one response at most, as the server is told."""
    tokenless: bool = False
    """It uses no tokens, so there is nothing to hold."""

    def most_tokens(self, prompt_bytes: int) -> tuple[int, int]:
        """(in, out) of one response at most: no token is shorter than a byte of UTF-8."""
        return (0, 0) if self.tokenless else (prompt_bytes + OVERHEAD_TOKENS, self.max_tokens)


def tariffs(
    lm: str, defaults: ModelSettings, environ: Mapping[str, str], *, today: date | None = None
) -> dict[str, Tariff]:
    """The tariff of each member of the specification `lm`, by its text (a mixture's `Completion.lm`).

    `defaults` are the settings of what the specification does not say (`url` is that of `--base-url`).

    Raises:
        ConfigurationError: an unusable specification or price.
    """
    return {each: _tariff(each, defaults, environ, today or datetime.now(UTC).date()) for each in members(lm)}


def check_cost_limit(known: Mapping[str, Tariff]) -> None:
    """Refuse a limit of money where money cannot be counted.

    Raises:
        ConfigurationError: some model has no price.
    """
    unknown = [spec for spec, tariff in known.items() if tariff.price is None]
    if unknown:
        raise ConfigurationError(
            f"--max-cost: the price of {unknown[0]} is not known; give it as MODEL?price=IN,OUT, in dollars per million tokens "
            "(0,0 where it costs nothing)"
        )


def given_price(text: str, where: str = "price") -> Price:
    """The price `IN,OUT`, in dollars per million tokens.

    Raises:
        ConfigurationError: it is something else.
    """
    price_per_million(text, where)
    each = [Decimal(part.strip()) * 1000 for part in text.split(",")]
    return Price(((-1, each[0]),), ((-1, each[-1]),), source=f"{where} {text}")


def _tariff(spec: str, defaults: ModelSettings, environ: Mapping[str, str], today: date) -> Tariff:
    name, settings = read_spec(spec, defaults)
    head = name.partition(":")[0].partition("/")[0]
    most = settings.max_tokens
    tokenless = head in TOKENLESS
    if settings.price is not None and not tokenless:
        return Tariff(given_price(settings.price), most)
    return Tariff(
        NOTHING if head in FREE else listed_price(name, _url(head, settings, environ), today), most, tokenless
    )


def _url(head: str, settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    """The address that was named, None for the provider's own."""
    variable = PROVIDERS[head].url_variable if head in PROVIDERS else ""
    return settings.url or environ.get(variable, "").strip() or None


def listed_price(name: str, url: str | None, today: date) -> Price | None:
    """The price that genai-prices lists for `provider/model` (or for the model at `url`) on a day; None where it lists none.

    Where the price changes within a day, the dearest of the day.
    """
    head, _, model = name.partition("/")
    provider: str | None = _PROVIDERS.get(head)
    if head == "any-llm":
        provider, _, model = model.replace(":", "/", 1).partition("/")
    if not provider or not model:
        return None
    from genai_prices.data_snapshot import get_snapshot  # slow, and most runs need none

    snapshot = get_snapshot()
    try:
        _, info = snapshot.find_provider_model(model, None, None if url else provider, url)
    except LookupError:
        return None
    hours = [datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24)]
    found = [_tiers(info.get_prices(hour)) for hour in hours]
    if any(each is None for each in found):
        return None
    dearest = max((each for each in found if each is not None), key=lambda each: sum(tier[-1][1] for tier in each[:2]))
    return Price(*dearest, source=f"genai-prices {version('genai-prices')}, {_dated(snapshot.providers, today)}")


def _tiers(prices: Any) -> tuple[Tiers, Tiers, Decimal] | None:
    """Of a `ModelPrice`; None where it lacks the price of tokens in or out."""
    given = [getattr(prices, name) for name in ("input_mtok", "output_mtok")]
    if any(each is None for each in given):
        return None
    request = prices.requests_kcount or Decimal(0)
    read = [
        ((-1, each * 1000),)
        if isinstance(each, Decimal)
        else ((-1, each.base * 1000), *((tier.start, tier.price * 1000) for tier in each.tiers))
        for each in given
    ]
    return read[0], read[1], request * 1_000_000


def _dated(providers: Iterable[Any], today: date) -> str:
    """Of when the table is: its newest price that is not of the future."""
    starts = (
        start
        for provider in providers
        for model in provider.models
        for each in ([*model.prices] if isinstance(model.prices, list) else []) + (model.price_variants or [])
        if (start := getattr(each.constraint, "start_date", None)) is not None and start <= today
    )
    newest = max(starts, default=None)
    return f"whose newest price is of {newest.isoformat()}" if newest else "undated"


def _at(tiers: Tiers, input_tokens: int) -> Decimal:
    return next(price for start, price in reversed(tiers) if start < max(input_tokens, 0))
