"""The price of a model's tokens: by `?price=`, by the table in `prices.json`, or nothing for models that are free.

tools/make_prices.py makes the table. Whatever shows a price shows the day of the table.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal, localcontext
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.options import ModelSettings, members, price_per_million, read_spec
from strop.lm.providers import provider_of

OVERHEAD_TOKENS = 100
"""Tokens that a server may add to expertise and message, such as the template of a chat."""
_EXACT = Context(prec=60)
"""The context of all sums here: a user's module may change the context of the thread that loads it."""
Tiers = tuple[tuple[int, Decimal], ...]
"""(prompt tokens above which the price holds, billionths of a dollar per token), both ascending, the first from -1."""


@dataclass(frozen=True)
class Price:
    """The price of a model's tokens."""

    input: Tiers
    output: Tiers
    request: Decimal = Decimal(0)
    """Billionths of a dollar for each request."""
    source: str = "?price="
    """The origin of the price, for people."""

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """The cost in billionths of a dollar, rounded up. As providers bill, the prompt's length decides the tier of input and
        output. Fewer tokens never cost more."""
        with localcontext(_EXACT):
            total = (
                _price_at(self.input, input_tokens) * input_tokens
                + _price_at(self.output, input_tokens) * output_tokens
            )
            return math.ceil(total + self.request)

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
    """Most tokens of one response, as sent to the server."""
    tokenless: bool = False
    """Whether the model uses no tokens, so that nothing is reserved."""

    def most_tokens(self, prompt_bytes: int) -> tuple[int, int]:
        """The most tokens (in, out) of one response: a token has at least one byte of UTF-8."""
        return (0, 0) if self.tokenless else (prompt_bytes + OVERHEAD_TOKENS, self.max_tokens)

    @property
    def in_words(self) -> str:
        """`$2 in and $8 out per million tokens (prices of 2026-11-29)`; how to set it if it is not known."""
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


def check_cost_limit(tariffs_by_spec: Mapping[str, Tariff]) -> None:
    """Refuse a limit of money if the cost of a model is not known.

    Raises:
        ConfigurationError: some model has no price.
    """
    unknown = [spec for spec, tariff in tariffs_by_spec.items() if tariff.price is None]
    if unknown:
        raise ConfigurationError(
            f"{option('max_cost')}: the price of {unknown[0]} is not known; write MODEL?price=IN,OUT, in dollars per million "
            "tokens "
            "(0,0 if it is free)"
        )


def read_price(text: str, where: str = "price") -> Price:
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
        return Tariff(read_price(settings.price), most)
    provider = provider_of(name)
    named = environ.get(provider.url_variable, "").strip() if provider else ""
    price = NOTHING if tokenless else listed_price(name, settings.url or named or None, today)
    return Tariff(price, most, tokenless)


def listed_price(name: str, url: str | None, today: date) -> Price | None:
    """The price in the table for `provider/model`, at the provider's own address or at `url`, on a day; None if it is not there.

    A name with a date is also looked up without it. The longest pattern that fits counts.
    """
    row, model = provider_of(name), name.partition("/")[2].lower()
    address = url or (row.url if row else "")
    providers = _table()["providers"]
    listed = [key for key, provider in providers.items() if re.match(provider["url"], address)]
    for key in (provider for first in listed[:1] for provider in (first, *providers[first]["also"])):
        models = providers[key]["models"]
        names = [pattern for pattern in (model, _DATE.sub("", model)) if pattern in models]
        names += sorted(
            (pattern for pattern in models if "*" in pattern and fnmatchcase(model, pattern)), key=len, reverse=True
        )
        if names:
            _, into, out, requests = [entry for entry in models[names[0]] if entry[0] <= today.isoformat()][-1]
            return Price(_tiers(into), _tiers(out), requests * 1_000_000, f"prices of {_table()['made']}")
    return None


_DATE = re.compile(r"[-@](\d{8}|\d{4}-\d\d-\d\d)$")


@cache
def _table() -> Any:
    text = Path(__file__).with_name("prices.json").read_text("utf-8")
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _tiers(price: Any) -> Tiers:
    """A price, or [tokens of the prompt above which it holds, price] of each tier, in dollars per million."""
    tiers = price if isinstance(price, list) else [(-1, price)]
    return tuple((int(start), amount * 1000) for start, amount in tiers)


def _price_at(tiers: Tiers, input_tokens: int) -> Decimal:
    return next(price for start, price in reversed(tiers) if start < max(input_tokens, 0))
