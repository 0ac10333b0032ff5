"""What a model's tokens cost, and that nobody is asked for it."""

from __future__ import annotations

import decimal
import importlib.util
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.lm.options import ModelSettings
from strop.lm.prices import (
    NOTHING,
    OVERHEAD_TOKENS,
    Price,
    Tariff,
    check_cost_limit,
    listed_price,
    read_price,
    tariffs,
)
from support.rows import table

DAY = date(2026, 11, 1)
ROOT = Path(__file__).parents[3]
TABLE = json.loads((ROOT / "src/strop/lm/prices.json").read_text("utf-8"))


def tariff(
    spec: str, *, url: str | None = None, price: str | None = None, environ: dict[str, str] | None = None
) -> Tariff:
    (found,) = tariffs(spec, ModelSettings(url=url, price=price), environ or {}, today=DAY).values()
    return found


def price(spec: str) -> Price:
    found = tariff(spec).price
    assert found is not None
    return found


@table(
    ("spec", "dollars"),
    (
        ("openai/gpt-4o", (2.5, 10)),
        ("anthropic/claude-sonnet-4-5", (3, 15)),
        ("gemini/gemini-2.5-pro", (1.25, 10)),
        ("openrouter/openai/gpt-4o", (2.5, 10)),
    ),
)
def test_price_is_that_of_the_provider_with_its_source_when_it_is_listed(
    spec: str, dollars: tuple[float, float]
) -> None:
    assert price(spec).dollars_per_million == dollars, spec
    assert price(spec).source == f"prices of {TABLE['made']}"


@table(
    "model, day, dollars",
    [
        ("gpt-4o-2024-05-13", DAY, (5, 15)),  # a date with a price of its own
        ("gpt-4.1@20990101", DAY, (2, 8)),  # one without
        ("gpt-4o-audio-preview-9", DAY, (2.5, 10)),  # by a pattern
        ("GPT-4o", DAY, (2.5, 10)),
    ],
)
def test_price_is_that_of_the_name_without_its_date_or_of_the_longest_pattern(
    model: str, day: date, dollars: tuple[float, float]
) -> None:
    found = listed_price(f"openai/{model}", None, day)
    assert found is not None and found.dollars_per_million == dollars


def test_price_that_is_announced_holds_from_its_day_on() -> None:
    before, after = (listed_price("gemini/gemini-3.8-flash", None, day) for day in (DAY, date(2027, 1, 1)))
    assert before and after and before.source == after.source and before.input != after.input


UNLISTED = ("openai/no-such-model", "ollama/gpt-4o", "vllm/m", "llamacpp/m", "inbox:there", "python:m:f")


@table("spec", (*UNLISTED, 'command:"agent -p"'))
def test_price_is_not_known_when_nobody_lists_it_and_a_limit_of_money_is_then_refused(spec: str) -> None:
    known = {spec: tariff(spec)}
    assert known[spec].price is None
    with pytest.raises(ConfigurationError, match=r"\?price=IN,OUT"):
        check_cost_limit(known)


def test_price_of_a_provider_is_not_taken_for_another_server_when_its_address_is_named() -> None:
    assert tariff("openai/gpt-4o", url="http://127.0.0.1:8000/v1").price is None
    assert tariff("openai/gpt-4o?url=http://127.0.0.1:8000/v1").price is None
    assert tariff("openai/gpt-4o", environ={"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}).price is None
    found = tariff("openai/deepseek-chat?url=https://api.deepseek.com/v1").price
    assert found is not None and found.dollars_per_million != (2.5, 10)


@table("spec", ("offline", "offline:skill=0.5", "scripted:answers"))
def test_model_that_nobody_is_paid_for_costs_nothing_and_takes_a_limit_of_money(spec: str) -> None:
    assert tariff(spec).price is NOTHING and NOTHING.cost(10**6, 10**6) == 0
    check_cost_limit({spec: tariff(spec)})
    assert tariff(spec).tokenless


def test_price_of_the_user_wins_over_the_listed_one() -> None:
    found = tariff("openai/gpt-4o", price="1,2").price
    assert found is not None and (found.dollars_per_million, found.source) == ((1, 2), "price 1,2")
    own = tariff("openai/gpt-4o?price=0.5&max_tokens=77", price="1,2")
    assert own.price is not None and own.price.dollars_per_million == (0.5, 0.5) and own.max_tokens == 77


def test_tokens_of_a_response_are_those_that_the_server_is_told() -> None:
    assert tariff("openai/gpt-4o").max_tokens == ModelSettings().max_tokens
    assert tariff("openai/gpt-4o?max_tokens=9").most_tokens(5) == (5 + OVERHEAD_TOKENS, 9)


def test_each_member_of_a_mixture_has_its_own_price() -> None:
    found = tariffs('mix:["openai/gpt-4o?weight=3","vllm/m?price=0,0"]', ModelSettings(), {}, today=DAY)
    assert list(found) == ["openai/gpt-4o?weight=3", "vllm/m?price=0,0"]
    check_cost_limit(found)


@table("text", ("", "1,2,3", "-1,2", "a", "1,", "nan", "inf,1", "1;2"))
def test_price_is_refused_in_one_line_when_it_is_no_price(text: str) -> None:
    with pytest.raises(ConfigurationError, match="IN,OUT") as caught:
        read_price(text)
    assert "\n" not in str(caught.value)


def test_cost_is_exact_to_the_billionth_and_rounded_up() -> None:
    found = read_price("0.15,0.6")
    assert (found.cost(1, 0), found.cost(0, 1), found.cost(1_000_000, 1_000_000)) == (150, 600, 750_000_000)
    assert read_price("0.0000001,0").cost(1, 0) == 1


def test_long_prompt_costs_by_its_tier() -> None:
    found = price("gemini/gemini-2.5-pro")
    assert found.cost(200_000, 10) == 200_000 * 1250 + 10 * 10_000
    assert found.cost(200_001, 10) == 200_001 * 2500 + 10 * 15_000


def test_longer_prompt_never_costs_less_a_token_in_the_table() -> None:
    models = [periods for provider in TABLE["providers"].values() for periods in provider["models"].values()]
    tiers = [tiers for periods in models for _, *both, _ in periods for tiers in both if isinstance(tiers, list)]
    assert len(tiers) > 50 and all(sorted(each) == each == sorted(each, key=lambda tier: tier[1]) for each in tiers)


@pytest.mark.heavy
@pytest.mark.skipif(not importlib.util.find_spec("genai_prices"), reason="the extra dev brings it")
def test_table_of_prices_is_what_its_tool_makes() -> None:
    tool = [sys.executable, ROOT / "tools/make_prices.py", "--print"]  # in a process of its own, as it loads pydantic
    made = subprocess.run(tool, capture_output=True, text=True, check=True).stdout
    if json.loads(made)["source"] != TABLE["source"]:
        pytest.skip("another version of genai-prices is installed")
    assert made == (ROOT / "src/strop/lm/prices.json").read_text("utf-8")


def test_cost_is_exact_whatever_context_a_users_module_has_set() -> None:
    found = price("gemini/gemini-2.5-pro")
    with decimal.localcontext(prec=3):
        assert found.cost(200_000, 10) == 200_000 * 1250 + 10 * 10_000
