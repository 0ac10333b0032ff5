"""`provider/model?option=value`, and several models in one text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strop.base.errors import ConfigurationError
from strop.lm.options import META, NAMES, ModelSettings, joined, members, price_per_million, read_spec, with_meta

EACH = {
    "weight": ("2.5", 2.5),
    "level": ("meta", "meta"),
    "price": ("0.15,0.60", "0.15,0.60"),
    "max_tokens": ("1024", 1024),
    "seed": ("0", 0),
    "url": ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
    "timeout": ("90.5", 90.5),
    "give_up_after": ("0", 0.0),
    "connections": ("4", 4),
}


def test_the_table_of_this_test_has_every_option() -> None:
    assert set(EACH) == set(NAMES)


@pytest.mark.parametrize("name", sorted(EACH))
def test_option_is_read(name: str) -> None:
    written, value = EACH[name]
    spec, settings = read_spec(f"openai/m?{name}={written}")
    assert (spec, getattr(settings, name)) == ("openai/m", value)


def test_options_win_over_the_defaults_and_leave_the_others() -> None:
    defaults = ModelSettings(seed=1, max_tokens=100, url="http://a:1/v1")
    assert read_spec("openai/m?seed=2", defaults)[1] == ModelSettings(seed=2, max_tokens=100, url="http://a:1/v1")


@pytest.mark.parametrize("name", ["a:free", "org/model:free@2026", "ft:gpt:org::id", "models/x.gguf"])
def test_model_name_may_hold_colons_slashes_and_at_signs(name: str) -> None:
    assert read_spec(f"openai/{name}?seed=1")[0] == f"openai/{name}"


@pytest.mark.parametrize(
    "spec",
    ['command:"ask --what?seed=1"', "command:ask?x=1", "inbox:what?/now", "scripted:answers?1.jsonl", 'mix:["a?b=1"]'],
)
def test_text_of_the_users_is_never_read_as_options(spec: str) -> None:
    assert read_spec(spec) == (spec, ModelSettings())


@pytest.mark.parametrize("head", ["command", "inbox", "scripted"])
def test_options_of_a_text_of_the_users_stand_before_the_colon(head: str) -> None:
    assert read_spec(f"{head}?weight=2:what?seed=1") == (f"{head}:what?seed=1", ModelSettings(weight=2.0))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("sed=3", "Did you mean seed?"),
        ("max-tokens=3", "Did you mean max_tokens?"),
        ("temprature=3", "Options: weight, level, price"),
        ("", "no option ''"),
        ("seed=1&seed=2", "appears twice"),
    ],
)
def test_unknown_option_is_refused_and_the_nearest_named(option: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_spec(f"openai/m?{option}")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "option",
    [
        *("weight=0", "weight=-1", "weight=nan", "weight=inf", "weight=x", "level=x", "timeout=0", "timeout=1e999"),
        *("connections=0", "connections=1.5", "connections=9999", "seed=-1", "seed=", "max_tokens=0"),
        *("price=1,2,3", "price=-1,2", "price=x", "price=", "price=nan,1", "url=", "seed=" + "9" * 5000, "seed=٣"),
    ],
)
def test_option_out_of_its_range_is_refused_by_name(option: str) -> None:
    with pytest.raises(ConfigurationError, match=option.partition("=")[0]):
        read_spec(f"openai/m?{option}")


@pytest.mark.parametrize(("text", "expected"), [("0.15,0.60", (0.15, 0.6)), ("3", (3.0, 3.0)), ("0,0", (0.0, 0.0))])
def test_price_is_dollars_in_and_out(text: str, expected: tuple[float, float]) -> None:
    assert price_per_million(text) == expected


@pytest.mark.parametrize("specs", [["a"], ["a?weight=3", "b"], ['command:"x, [y]"', "openai/ü"]])
def test_specifications_joined_are_the_members_again(specs: list[str]) -> None:
    assert list(members(joined(specs))) == specs
    assert joined(specs[:1]) == specs[0]


@pytest.mark.parametrize("bad", ["mix:", "mix:3", "mix:[]", "mix:[1]", 'mix:[""]', "mix:[", "mix:" + "[" * 100_000])
def test_mixture_that_is_no_list_of_models_is_refused(bad: str) -> None:
    with pytest.raises(ConfigurationError, match="JSON list of models"):
        members(bad)


@pytest.mark.parametrize("meta", ["b", "b?seed=1", "command:ask?x", "command?weight=2:ask?x"])
def test_meta_model_answers_at_its_level_and_the_others_at_theirs(meta: str) -> None:
    both = with_meta("a?seed=2", meta)
    programs, improvers = members(both)
    assert read_spec(improvers) == (read_spec(meta)[0], replace(read_spec(meta)[1], level=META))
    assert programs == "a?seed=2"


def test_level_beside_a_meta_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="meta_model"):
        with_meta("a?level=meta", "b")


def test_mixture_in_a_mixture_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no other mixture"):
        members(joined(["offline", joined(["offline", "offline"])]))
