"""The price of a model's tokens: by `?price=`, by genai-prices, or nothing for models that are free.

genai-prices is a table in its package. It is read only for models of providers, and without a network.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from importlib.metadata import version
from typing import Any

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.options import ModelSettings, members, price_per_million, read_spec
from strop.lm.providers import provider_of

OVERHEAD_TOKENS = 100
"""Tokens that a server may add to expertise and message, such as the template of a chat."""
_EXACT = Context(prec=60)
"""A user's module may change the context of the thread that loads it."""
Tiers = tuple[tuple[int, Decimal], ...]
"""(prompt tokens above which the price holds, billionths of a dollar per token), ascending, the first from -1."""


@dataclass(frozen=True)
class Price:
    """The price of a model's tokens."""

    input: Tiers
    output: Tiers
    request: Decimal = Decimal(0)
    """Billionths of a dollar for each request."""
    source: str = "?price="
    """Where the price is from."""

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Billionths of a dollar, rounded up. The prompt's length decides the tier of both, as providers bill."""
        with localcontext(_EXACT):
            total = _at(self.input, input_tokens) * input_tokens + _at(self.output, input_tokens) * output_tokens
            return math.ceil(total + self.request)

    def most(self, input_tokens: int, output_tokens: int) -> int:
        """The highest cost of up to so many tokens, in billionths of a dollar."""
        highest_in = max(price for start, price in self.input if start < max(input_tokens, 0))
        highest_out = max(price for start, price in self.output if start < max(input_tokens, 0))
        with localcontext(_EXACT):
            return math.ceil(highest_in * input_tokens + highest_out * output_tokens + self.request)

    @property
    def dollars_per_million(self) -> tuple[float, float]:
        """(in, out): dollars per million tokens, of short prompts."""
        return float(self.input[0][1]) / 1000, float(self.output[0][1]) / 1000


NOTHING = Price(((-1, Decimal(0)),), ((-1, Decimal(0)),), source="it is free")
"""Price of models that run on this machine."""


@dataclass(frozen=True)
class Tariff:
    """What is known about the cost of one model before a request."""

    price: Price | None
    """Price of its tokens; None if it is not known."""
    max_tokens: int
    """Tokens of one response at most, as sent to the server."""
    tokenless: bool = False
    """It uses no tokens, so nothing is reserved."""

    def most_tokens(self, prompt_bytes: int) -> tuple[int, int]:
        """(in, out) of one response at most: a token has at least one byte of UTF-8."""
        return (0, 0) if self.tokenless else (prompt_bytes + OVERHEAD_TOKENS, self.max_tokens)

    @property
    def in_words(self) -> str:
        """`$2 in and $8 out per million tokens (genai-prices 1.0)`; how to set it if it is not known."""
        if self.price is None:
            return "unknown; set it with MODEL?price=IN,OUT"
        into, out = self.price.dollars_per_million
        return f"${into:g} in and ${out:g} out per million tokens ({self.price.source})"


def tariffs(
    lm: str, defaults: ModelSettings, environ: Mapping[str, str], *, today: date | None = None
) -> dict[str, Tariff]:
    """The tariff of each member of the specification `lm`, by its text (a mixture's `Completion.lm`).

    `defaults` hold where the specification has no option (`url` is `--base-url`).

    Raises:
        ConfigurationError: an unusable specification or price.
    """
    return {member: _tariff(member, defaults, environ, today or datetime.now(UTC).date()) for member in members(lm)}


def uses_no_tokens(spec: str) -> bool:
    """Whether this model, which must not be a mixture, uses no tokens, so that it costs nothing."""
    provider = provider_of(read_spec(spec)[0])
    return provider is not None and provider.is_free


def check_cost_limit(known: Mapping[str, Tariff]) -> None:
    """Refuse a limit of money where the cost cannot be known.

    Raises:
        ConfigurationError: some model has no price.
    """
    unknown = [spec for spec, tariff in known.items() if tariff.price is None]
    if unknown:
        raise ConfigurationError(
            f"{option('max_cost')}: the price of {unknown[0]} is not known; write MODEL?price=IN,OUT, in dollars per million "
            "tokens "
            "(0,0 if it is free)"
        )


def given_price(text: str, where: str = "price") -> Price:
    """The price `IN,OUT`, in dollars per million tokens.

    Raises:
        ConfigurationError: it has another form.
    """
    price_per_million(text, where)
    prices = [Decimal(part.strip()) * 1000 for part in text.split(",")]
    return Price(((-1, prices[0]),), ((-1, prices[-1]),), source=f"{where} {text}")


def _tariff(spec: str, defaults: ModelSettings, environ: Mapping[str, str], today: date) -> Tariff:
    name, settings = read_spec(spec, defaults)
    most, tokenless = settings.max_tokens, uses_no_tokens(spec)
    if settings.price is not None and not tokenless:
        return Tariff(given_price(settings.price), most)
    provider = provider_of(name)
    named = environ.get(provider.url_variable, "").strip() if provider else ""
    price = NOTHING if tokenless else listed_price(name, settings.url or named or None, today)
    return Tariff(price, most, tokenless)


def listed_price(name: str, url: str | None, today: date) -> Price | None:
    """The price that genai-prices lists for `provider/model` (or for the model at `url`) on a day; None if it lists none.

    Where the price changes within a day, the highest of the day.
    """
    model = name.partition("/")[2]
    row = provider_of(name)
    provider = row.prices if row else ""
    if not provider or not model:
        return None
    from genai_prices.data_snapshot import get_snapshot  # slow, and most runs do not need it

    try:
        _, info = get_snapshot().find_provider_model(model, None, None if url else provider, url)
    except LookupError:
        return None
    hours = [datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24)]
    tiers = [of_hour for hour in hours if (of_hour := _tiers(info.get_prices(hour)))]
    if len(tiers) < len(hours):
        return None
    highest = max(tiers, key=lambda of_hour: sum(tier[-1][1] for tier in of_hour[:2]))
    return Price(*highest, source=f"genai-prices {version('genai-prices')}")


def _tiers(prices: Any) -> tuple[Tiers, Tiers, Decimal] | None:
    """(in, out, a request) of a `ModelPrice`; None if it lacks the price of tokens in or out."""
    both = [getattr(prices, name) for name in ("input_mtok", "output_mtok")]
    if None in both:
        return None
    request = prices.requests_kcount or Decimal(0)
    read = [
        ((-1, price * 1000),)
        if isinstance(price, Decimal)
        else ((-1, price.base * 1000), *((tier.start, tier.price * 1000) for tier in price.tiers))
        for price in both
    ]
    return read[0], read[1], request * 1_000_000


def _at(tiers: Tiers, input_tokens: int) -> Decimal:
    return next(price for start, price in reversed(tiers) if start < max(input_tokens, 0))
