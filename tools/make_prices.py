"""Makes the table of prices, src/strop/lm/prices.json, from the package genai-prices, which the extra `dev` brings.

python tools/make_prices.py            # write it, with the day of today
python tools/make_prices.py --print    # print what the installed package gives for the day of the table

The table holds what vendors charge for tokens in and out, in dollars per million: facts, in a form of ours. `*` in a name stands
for anything. What has no price for one of the two is left out, and so is what was charged before the day of the table. Where the
price depends on the hour, the highest of the day is in the table.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data_snapshot import get_snapshot

TABLE = Path(__file__).parents[1] / "src/strop/lm/prices.json"


def text(day: date) -> str:
    """The table as it is written, one model a line."""
    head = {
        "source": f"genai-prices {version('genai-prices')}, https://github.com/pydantic/genai-prices",
        "made": day.isoformat(),
        "unit": "dollars per million tokens: from which day, in, out, for a thousand requests",
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    lines.append('"providers": {')
    providers = [_provider(provider, day) for provider in get_snapshot().providers]
    return "{\n" + "\n".join(lines) + "\n" + ",\n".join(filter(None, providers)) + "\n}}\n"


def _provider(provider: types.Provider, day: date) -> str:
    models: dict[str, str] = {}
    for model in provider.models:
        periods = _periods(model, day)
        if periods is not None:
            for name in _names(model.match):
                models.setdefault(name, json.dumps(periods))
    if not models:
        return ""
    rows = ",\n".join(f"{json.dumps(name)}: {periods}" for name, periods in sorted(models.items()))
    head = {"url": provider.api_pattern, "also": provider.fallback_model_providers or []}
    return f'{json.dumps(provider.id)}: {json.dumps(head)[:-1]}, "models": {{\n{rows}\n}}}}'


def _names(clause: Any) -> Iterator[str]:
    """The names that fit a clause, in lower case. An expression is one for a name with a date, which needs no row of its own."""
    match type(clause).__name__:
        case "ClauseOr":
            for each in clause.or_:
                yield from _names(each)
        case "ClauseAnd":  # the others exclude what has rows of its own
            yield from _names(clause.and_[0])
        case "ClauseEquals":
            yield clause.equals.lower()
        case "ClauseStartsWith":
            yield f"{clause.starts_with.lower()}*"
        case "ClauseEndsWith":
            yield f"*{clause.ends_with.lower()}"
        case "ClauseContains":
            yield f"*{clause.contains.lower()}*"


def _periods(model: types.ModelInfo, day: date) -> list[list[Any]] | None:
    """What tokens of a model cost at `day` and later: [from which day, in, out, for a thousand requests] of each period."""
    conditions = model.prices if isinstance(model.prices, list) else []
    starts = {each.constraint.start_date for each in conditions if hasattr(each.constraint, "start_date")}
    periods = [_highest(model, start) for start in (day, *sorted(start for start in starts if start > day))]
    if None in periods:
        return None
    begins = ["", *(start.isoformat() for start in sorted(starts) if start > day)]
    return [[begin, *price] for begin, price in zip(begins, periods, strict=True) if price]


def _highest(model: types.ModelInfo, day: date) -> list[Any] | None:
    """The highest price of a day: [in, out, for a thousand requests]."""
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    hours = [model.get_prices(first + timedelta(hours=hour)) for hour in range(24)]
    if any(price.input_mtok is None or price.output_mtok is None for price in hours):
        return None
    found = max(hours, key=lambda price: _last(price.input_mtok) + _last(price.output_mtok))
    return [_written(found.input_mtok), _written(found.output_mtok), _number(found.requests_kcount or Decimal(0))]


def _last(price: Any) -> Decimal:
    return price if isinstance(price, Decimal) else price.tiers[-1].price


def _written(price: Any) -> Any:
    """A number, or [tokens of the prompt above which it holds, number] of each tier."""
    if isinstance(price, Decimal):
        return _number(price)
    return [[-1, _number(price.base)], *([tier.start, _number(tier.price)] for tier in price.tiers)]


def _number(value: Decimal) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(text(date.fromisoformat(json.loads(TABLE.read_text("utf-8"))["made"])))
    else:
        TABLE.write_text(text(datetime.now(UTC).date()), "utf-8")
