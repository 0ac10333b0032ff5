from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strop.base.pluralize import plain, quantity
from strop.base.terminal_text import escape
from strop.lm.options import named
from strop.report.terminal.phrases import counted, duration, edits_line, model_line
from strop.runs.claims.numbers import in_words
from strop.runs.results.parts import sample

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
MIXTURE = 'mix:["openai/gpt-5?weight=3","offline:skill=0.5?level=meta"]'
STAND_IN = "; a stand-in answered, not a language model: the scores say nothing about one"
WORDS: list[tuple[str, str]] = [
    (escape("\x1b[2J"), r"\x1b[2J"),
    (escape("a\nb\tc"), "a b c"),
    (escape("\u202eevil"), r"\u202eevil"),
    (escape("\ud800"), r"\ud800"),
    (escape("\x9b31m"), r"\x9b31m"),
    (escape("x" * 11, 10), "xxxxxxx..."),
    (in_words(sample(())), "-"),
    (in_words(sample((0.5,))), "0.500"),
    (in_words(sample((0.5, 0.7))), "0.600 ± 0.100"),
    (counted({"a": 1, "ok": 5, "b": 1}), "ok 5, a 1, b 1"),
    (counted({}), "-"),
    (edits_line({"applied": 9, "applied fuzzily": 3, "failed": 2}),
     "edits in responses: 12 applied (3 of them fuzzily), 2 did not fit"),
    (edits_line({"applied": 1}), "edits in responses: 1 applied"),
    (edits_line({}), ""),
    (duration(-1), "0.0 s"),
    (duration(0.04), "0.0 s"),
    (duration(59.9), "59.9 s"),
    (duration(59.96), "1:00"),
    (duration(125), "2:05"),
    (duration(3725), "1:02:05"),
    (named(MIXTURE), "openai/gpt-5 + offline:skill=0.5"),
    (named("openai/gpt-5?seed=1"), "openai/gpt-5?seed=1"),
    (model_line('mix:["offline?weight=3","openai/a"]', False), f"model: offline + openai/a{STAND_IN}"),
    (model_line("openai/a", True), "model: openai/a"),
    (model_line("", False), ""),
    (plain(14_130, 4), "14,130"),
    (plain(2525.4, 4), "2,525"),
    (plain(1_234_567, 6), "1,234,570"),
    (plain(0.00085, 3), "0.00085"),
    (plain(0, 3), "0"),
    (quantity(1, "LM call"), "1 LM call"),
    (quantity(0, "LM call"), "0 LM calls"),
    (quantity(2, "copy"), "2 copies"),
    (quantity(12345, "evaluation", ","), "12,345 evaluations"),
]  # fmt: skip


def test_counts_durations_and_names_are_said_in_these_words() -> None:
    assert [said for said, _ in WORDS] == [words for _, words in WORDS]


@given(ANY_TEXT, st.integers(4, 250))
def test_harmless_text_is_printable_and_short_whatever_came_in(text: str, limit: int) -> None:
    shown = escape(text, limit)
    assert shown.isprintable() and len(shown) <= limit


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=50))
def test_harmless_text_is_unchanged_when_it_was_harmless(text: str) -> None:
    assert escape(text) == text
