"""The number of which a group of a regular expression is a part."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import Malformed
from strop.tasks.command.written_number import WrittenNumber, number_at

PART = r"x: ?.*?([0-9.]+)"
"""An expression that cuts most numbers."""


def read(line: str, pattern: str = PART) -> WrittenNumber:
    match = re.search(pattern, line)
    assert match is not None
    return number_at(line, match.span(1), match.span())


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("x: 1.2e+06", 1.2e6),
        ("x: 1.2E-06", 1.2e-6),
        ("x: 1.e+06", 1e6),
        ("x: 1.2D+06", 1.2e6),
        ("x: 5.9", 5.9),
        ("x: .5", 0.5),
        ("x: -5.5", -5.5),
        ("x: \N{MINUS SIGN}5.5", -5.5),
        ("x: +5", 5.0),
        ("x=-.5e-1", -0.05),
        ("x: 1,200,000", 1.2e6),
        ("x: 1,200,000.5", 1200000.5),
        ("x: 1,200.5", 1200.5),
        ("x: 1_200_000", 1.2e6),
        ("x: 1'200'000", 1.2e6),
        ("x: 1\N{NO-BREAK SPACE}200\N{NO-BREAK SPACE}000", 1.2e6),
        ("x: 5.", 5.0),
        ("x: 5. Done", 5.0),
        ("x: 5, 6", 5.0),
        ("x: 5.0\N{PLUS-MINUS SIGN}0.2", 5.0),
        ("x: [1,2,3]", 1.0),
        ("x: fast,1200,3.5", 1200.0),
        ("x: 1 200 0.5", 1.0),
        ("x: 007", 7.0),
        ("x: $1200", 1200.0),
        ("x: **5**", 5.0),
    ],
)
def test_number_is_read_whole_when_the_group_cuts_it(line: str, value: float) -> None:
    for pattern in (r"x(?::|=) ?.*?([0-9.]+)", r"x(?::|=) ?.*?(\d)"):
        assert read(line, pattern).value == value


@pytest.mark.parametrize(
    "written",
    [
        "3,7",
        "0,250",
        "1.200,50",
        "1.200.000",
        "1 200 000",
        "12,34,567,8.9.1",
        "1.2.3",
        "12:34",
        "2024-01-05",
        "2024/01/05",
        "10-20",
        "5+3",
        "0x1F",
        "0xFF",
        "0b11",
        "10^6",
        "10**6",
        "10\N{SUPERSCRIPT SIX}",
        "1.2 x 10^6",
        "1.2 \N{MULTIPLICATION SIGN} 10\N{SUPERSCRIPT SIX}",
        "1.2 e6",
        "5e",
        "1e5.5",
        "1m30s",
        "1 min 5 s",
        "1 m 5 s",
        "1 s 200 ms",
        "--5",
        "- 5",
        "a-5",
        "<5",
        "[100,200,300]",
        "1.#INF",
        "1\N{ARABIC-INDIC DIGIT TWO}",
        "5(3)",
        "12,34,567",
        "-$5",
        "\N{MINUS SIGN} \N{EURO SIGN}5",
    ],
)
def test_number_with_two_readings_is_refused_with_what_to_do(written: str) -> None:
    with pytest.raises(
        Malformed, match=r"cannot be read as one number: .*; print it plainly, such as 1200\.5 or 1\.2e\+06"
    ):
        read(f"x: {written}")


def test_single_comma_is_counted_because_it_may_be_a_decimal_comma() -> None:
    assert (read("x: 1,200").value, read("x: 1,200").commas) == (1200.0, 1)
    assert (read("x: 1,200,000").commas, read("x: 1,200.5").commas, read("x: 1200").commas) == (2, 0, 0)


def test_number_between_commas_that_the_expression_names_is_refused_when_they_may_be_its_own() -> None:
    with pytest.raises(Malformed, match="cannot be read as one number"):
        read("12,345,678", r"^(\d+),")


def test_thousands_with_spaces_are_one_number_when_the_group_has_them_all() -> None:
    assert read("x: 1 200 000.5", r"x: ([0-9 .]+)").value == 1200000.5


@pytest.mark.parametrize(
    ("line", "pattern", "value", "unit"),
    [
        ("x: 10 ms", PART, 0.01, "s"),
        ("x: 10ms", r"x: (\S+)", 0.01, "s"),
        ("x: 1.1 s", PART, 1.1, "s"),
        ("x: 1100 ms", PART, 1.1, "s"),
        ("x: 2 min", PART, 120.0, "s"),
        ("x: 125 ns/op", PART, 1.25e-7, "s/op"),
        ("x: 3 KiB", PART, 3072.0, "B"),
        ("x: 1.9 MB/s", PART, 1.9, "MB/s"),
        ("x: 950 kB/s", PART, 950.0, "kB/s"),
        ("x: 1.5k", PART, 1.5, "k"),
        ("x: 5%", PART, 5.0, "%"),
        ("x: 5 %", PART, 5.0, "%"),
        ("x: 8/10", PART, 8.0, "/10"),
        ("x: 3 errors", PART, 3.0, ""),
        ("x: 5 in 3 rounds", PART, 5.0, ""),
        ("ops/s: 5", r"ops/s: (\d)", 5.0, "ops/s"),
        ("kops/s: 5", r"ops/s: (\d)", 5.0, "kops/s"),
        ("Mops per second: 5", r"ops per second: (\d)", 5.0, "Mops/second"),
        ("latency_ms=5", r"=(\d)", 5.0, "ms"),
        ("time (ms): 5", r": (\d)", 5.0, "ms"),
        ("took 12 ms  5", r"  (\d)", 5.0, ""),
        ("x: $5", PART, 5.0, "$"),
        ("x: 5 \N{EURO SIGN}", PART, 5.0, "\N{EURO SIGN}"),
        ("x: 5 EUR", PART, 5.0, "EUR"),
        ("x: USD 5", PART, 5.0, "USD"),
        ("| x: 5 | ms |", PART, 0.005, "s"),
        ("x: 5,ms", PART, 0.005, "s"),
        ("x: 5, ms: 3", PART, 5.0, ""),
        ("| x: 5 | B |", PART, 5.0, ""),
        ("time: [1.2 ms 1.3 ms]", r"\[([0-9.]+)", 0.0012, "s"),
    ],
)
def test_unit_beside_a_number_is_read_with_it(line: str, pattern: str, value: float, unit: str) -> None:
    found = read(line, pattern)
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize("text", ["nan", "-Infinity", "1e999"])
def test_number_that_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match=rf"is not a finite number: {text}"):
        read(f"x: {text}", r"x: (\S+)")


@pytest.mark.parametrize("text", ["1e-400", "-0.5e-999"])
def test_number_that_is_not_zero_is_never_read_as_zero(text: str) -> None:
    with pytest.raises(Malformed, match=f"is too small: {text}"):
        read(f"x: {text}", r"x: (\S+)")


@pytest.mark.parametrize("text", ["good", "", "5 of 10"])
def test_group_that_is_more_or_less_than_a_number_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="is not a number"):
        read(f"x: {text}", r"x: (.*)")


FORMS = (
    lambda value: repr(value),
    lambda value: f"{value:+.6f}",
    lambda value: f"{value:e}",
    lambda value: f"{value:g}",
    lambda value: f"{value:_}",
    lambda value: f"{value:,}",
    lambda value: f"{value:,.2f}",
    lambda value: f"{value:.0f}",
)
"""Ways in which programs print: each text has one meaning, that of Python without separators."""


@given(
    value=st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**12), 10**12).map(float),
    form=st.sampled_from(FORMS),
    pattern=st.sampled_from([r"x: ([0-9.]+)", r"x:.*?(\d+)", r"x:.*?(\d)", r"x: .*(\d)", r"x: (\S+)", r"x: (.{1,3})"]),
    after=st.sampled_from(["", ".", ", done", " (best)", " in 3 s", "\t7", "; y: 2"]),
)
def test_number_is_never_a_part_of_what_was_printed(value: float, form: object, pattern: str, after: str) -> None:
    text = form(value)  # type: ignore[operator]
    match = re.search(pattern, f"x: {text}{after if '.*(' not in pattern else ''}")
    if match is None:
        return
    try:
        found = number_at(match.string, match.span(1), match.span())
    except Malformed:
        assert "," in text or pattern == r"x: (.{1,3})"
        return
    assert found.value == float(text.replace(",", "").replace("_", ""))


@given(line=st.text(alphabet="0123456789.,-+eE x:'_/%ms", min_size=1, max_size=30), at=st.integers(0, 29))
def test_number_is_what_stands_between_blanks_or_refused_whatever_surrounds_it(line: str, at: int) -> None:
    line = f"x: {line}"
    if at >= len(line) or line[at] not in "0123456789":
        return
    try:
        found = number_at(line, (at, at + 1), (at, at + 1))
    except Malformed:
        return
    assert found.start <= at < found.end
    written = line[found.start : found.end]
    assert not line[found.end : found.end + 1].isdigit()
    assert not line[: found.start][-1:].isdigit()
    assert float(re.sub(r"[,_' ]", "", written)) * found.factor == pytest.approx(found.value)
