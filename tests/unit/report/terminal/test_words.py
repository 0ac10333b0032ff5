from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.pluralize import plain, quantity
from strop.base.terminal_text import escape
from strop.lm.options import named
from strop.report.terminal.words import counted, duration, model_line
from strop.runs.claims.numbers import in_words
from strop.runs.results.parts import sample

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)


@given(ANY_TEXT, st.integers(4, 250))
def test_harmless_text_is_printable_and_short_whatever_came_in(text: str, limit: int) -> None:
    shown = escape(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=50))
def test_harmless_text_is_unchanged_when_it_was_harmless(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\tc", "a b c"),
        ("\u202eevil", r"\u202eevil"),
        ("\ud800", r"\ud800"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_harmless_shows_what_is_not_printable_as_an_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_harmless_says_that_it_cut() -> None:
    assert escape("x" * 11, 10) == "xxxxxxx..."


@pytest.mark.parametrize(
    ("values", "words"),
    [((), "-"), ((0.5,), "0.500"), ((0.5, 0.7), "0.600 ± 0.100")],
)
def test_sample_is_said_with_the_error_that_it_has(values: tuple[float, ...], words: str) -> None:
    assert in_words(sample(values)) == words


def test_counts_are_said_most_frequent_first() -> None:
    assert counted({"a": 1, "ok": 5, "b": 1}) == "ok 5, a 1, b 1"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (59.96, "1:00"), (59.9, "59.9 s"), (125, "2:05"), (3725, "1:02:05")]
)
def test_duration_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_mixture_is_named_by_its_models_without_their_options() -> None:
    assert named('mix:["openai/gpt-5?weight=3","offline:skill=0.5?level=meta"]') == "openai/gpt-5 + offline:skill=0.5"
    assert named("openai/gpt-5?seed=1") == "openai/gpt-5?seed=1"


def test_result_says_which_model_answered_and_whether_a_stand_in_did() -> None:
    assert model_line('mix:["offline?weight=3","openai/a"]', False).startswith(
        "model: offline + openai/a; a stand-in answered"
    )
    assert model_line("openai/a", True) == "model: openai/a"
    assert model_line("", False) == ""


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(14_130, 4, "14,130"), (2525.4, 4, "2,525"), (1_234_567, 6, "1,234,570"), (0.00085, 3, "0.00085"), (0, 3, "0")],
)
def test_numbers_are_shown_without_exponents(value: float, digits: int, shown: str) -> None:
    assert plain(value, digits) == shown


QUANTITIES = {"1 LM call": (1, "LM call"), "0 LM calls": (0, "LM call"), "2 copies": (2, "copy"), "1 copy": (1, "copy")}


@pytest.mark.parametrize(("words", "of"), [*QUANTITIES.items(), ("12,345 evaluations", (12345, "evaluation", ","))])
def test_quantity_is_singular_for_one_alone(words: str, of: tuple[int, str]) -> None:
    assert quantity(*of) == words
