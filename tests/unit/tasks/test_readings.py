"""What scores read: the number that the program printed, or malformed; never another number."""

from __future__ import annotations

import re

import pytest

from strop.base.errors import Malformed
from strop.tasks.command.readers import Reading, read_score, unlike
from strop.tasks.command.score_kinds import Printed

ORIGINAL, CANDIDATE = "the original is malformed", "the candidate is malformed"
OPS = "ops/s: ([0-9.]+)"

# Name, reader, what the original prints, what the candidate prints, and both values, or which of the two is malformed.
READINGS: list[tuple[str, str, str, str, tuple[float, float] | str]] = [
    ("V1-exponent-hides-a-gain", OPS, "ops/s: 900000", "ops/s: 1.9e+06", CANDIDATE),
    ("V1-whole-group", r"ops/s: (\S+)", "ops/s: 1.2e+06", "ops/s: 700000", (1.2e6, 7e5)),
    ("V2-commas-appear", OPS, "ops/s: 700000", "ops/s: 1,200,000", CANDIDATE),
    ("V2-second-line-goes-on", r"score: ([0-9]+)", "score: 3\nbest score: 3", "score: 5\nbest score: 5.9", CANDIDATE),
    ("V2-two-values", r"score: (\S+)", "score: 3\nscore: 3", "score: 5\nscore: 5.9", CANDIDATE),
    ("V2-sign-lost", r"delta:.*?([0-9.]+)", "delta: -5.5", "delta: -9.5", ORIGINAL),
    ("V2-underscores-of-the-original", r"rate (\S+)", "rate 1_000", "rate 900", ORIGINAL),
    ("V2-other-script-of-the-original", r"rate (\S+)", "rate \u0663", "rate \u0665", ORIGINAL),
    ("V2-blank-between-thousands", r"(\d+)$", "rate: 1 200", "rate: 1 900", ORIGINAL),
    ("V3-json", "$.v", '{"v": 1.9, "unit": "MB/s"}', '{"v": 950, "unit": "kB/s"}', CANDIDATE),
    ("V3-json-name", "$.v", '{"v": 1.9, "v_unit": "s"}', '{"v": 950, "v_unit": "ms"}', CANDIDATE),
    ("V5-missing", "$.combined_score", '{"combined_score": 0.3}', '{"valid": 0, "timeout_s": 600}', CANDIDATE),
    ("V5-error", "$.score", '{"score": 0.3}', '{"score": 9, "error": "crashed"}', CANDIDATE),
    ("V5-not-valid", "$.score", '{"score": 0.3, "valid": true}', '{"score": 9, "valid": false}', CANDIDATE),
    ("V5-other-score", "$.score", '{"score": 5, "score_is": "a"}', '{"score": 9, "score_is": "b"}', CANDIDATE),
    ("V5-name-given-twice", "$.score", '{"score": 1}', '{"score": 1, "score": 9}', CANDIDATE),
    ("V6-test-skipped", "tests", "== 2 passed in 0.1s ==", "== 1 passed, 1 skipped in 0.1s ==", CANDIDATE),
    ("V6-test-lost", "tests", "== 2 passed in 0.1s ==", "== 1 passed in 0.1s ==", CANDIDATE),
    ("V6-unittest-skips", "tests", "Ran 2 tests in 1s\n\nOK", "Ran 2 tests in 1s\n\nOK (skipped=1)", ORIGINAL),
    ("V6-tap-skips", "tests", "1..2\nok 1\nok 2", "1..2\nok 1\nok 2 # SKIP no", ORIGINAL),
    ("V6-more-tests-pass", "tests", "1 passed, 1 failed in 1s", "3 passed in 1s", (0.5, 1.0)),
    ("V22-larger-than-a-float-in-text", r"n: (\d+)", "n: 5", f"n: 1{'0' * 400}", CANDIDATE),
    ("V22-rounds-to-nought", r"n: (\S+)", "n: 5", "n: 1e-400", CANDIDATE),
    ("V22-rounds-to-nought-in-json", "$.n", '{"n": 5}', '{"n": 1e-400}', CANDIDATE),
    ("V22-nought", r"n: (\S+)", "n: 5", "n: 0.0e5", (5.0, 0.0)),
    ("groups-thin-blank", r"n: (\d+)", "n: 12\u2009345", "n: 99\u2009", ORIGINAL),
    ("groups-swiss-decimals", r"n: ([\d.]+)", "n: 12'345.6", "n: 9'999.9", ORIGINAL),
    ("octal", r"n: (\d+)", "n: 0o17", "n: 0o7", ORIGINAL),
    ("complex", r"z: (\d+)", "z: 3+4j", "z: 9+0j", ORIGINAL),
    ("minus-behind", r"delta: (\d+)", "delta: 5-", "delta: 7-", ORIGINAL),
    ("unit-mb-mib", r"size: ([\d.]+)", "size: 10 MB", "size: 9.9 MiB", CANDIDATE),
    ("unit-per-core", r"ops: (\d+)", "ops: 500/s", "ops: 600/min", ORIGINAL),
    ("groups-typographic", r"n: (\d+)", "n: 12’345", "n: 99’", ORIGINAL),
    ("percent-goes", "acc: ([0-9.]+)", "acc: 0.5 %", "acc: 0.9", CANDIDATE),
    ("exponent-times", "n: ([0-9.]+)", "n: 1.5×10³", "n: 9.5×10²", ORIGINAL),
    ("exponent-blank", "n: ([0-9.]+)", "n: 1.5 x 10^3", "n: 9.5 x 10^2", ORIGINAL),
    ("power-python", r"n: (\d+)", "n: 2**10", "n: 3**2", ORIGINAL),
    ("power-caret", r"n: (\d+)", "n: 2^10", "n: 3^2", ORIGINAL),
    ("deviation-ascii", "mean ([0-9.]+)", "mean 5.0 +/- 0.1", "mean 6.0 +/- 0.1", (5.0, 6.0)),
    ("range-dots", r"n: (\d+)", "n: 10..20", "n: 15..16", ORIGINAL),
    ("colour-around-unit", r"t: \S*?m(\d+)", "t: \x1b[1m5\x1b[0m ms", "t: \x1b[1m4\x1b[0m s", ORIGINAL),
    ("go-bench", "([0-9.]+) ns/op", "X-8 \t 1000\t 1234 ns/op", "X-8 \t 2000\t 900.5 ns/op", (1234.0, 900.5)),
    ("python-repr", r"'score': (\d+)", "{'score': 5, 'n': 1}", "{'score': 6, 'n': 1}", (5.0, 6.0)),
    ("time-two-parts", r"took (\d+)", "took 2 min 1 s", "took 1 min 61 s", ORIGINAL),
    ("one-of-two-times", r"p50=(\d+)ms", "p50=5ms p99=20ms", "p50=4ms p99=20ms", ORIGINAL),
    ("zero-of-a-cost", r"n: (\d+)", "n: 3", "n: 0", (3.0, 0.0)),
    ("from-below-zero", r"score: (\S+)", "score: -5", "score: 5", (-5.0, 5.0)),
    ("spaces", r"n: (\d+)", "n: 1 234 567 rows", "n: 1 100 000 rows", ORIGINAL),
    ("apostrophes", r"n: (\d+)", "n: 12'345", "n: 9'999", ORIGINAL),
    ("unicode-minus", r"delta: \D*?([0-9]+)", "delta: −5", "delta: −9", ORIGINAL),
    ("clock", r"took (\d+)", "took 2:05", "took 1:50:00", ORIGINAL),
    ("fraction", r"result: (\d+)", "result: 3/4", "result: 9/40", ORIGINAL),
    ("date", r"best: (\d+)", "best: 2024-01-02", "best: 2025-01-02", ORIGINAL),
    ("nan", r"score: (\S+)", "score: 5", "score: nan", CANDIDATE),
    ("comma-after", r"score: (\d+)", "score: 5, time: 2", "score: 6, time: 2", (5.0, 6.0)),
    ("greedy", r"score: .*(\d+)", "score: 15", "score: 14", ORIGINAL),
    ("decimal-comma", r"rate (\d+)", "rate 3,7", "rate 3,2", ORIGINAL),
    ("json-lines", "$.score", '{"score": 1}\n{"score": 2}', '{"score": 1}\n{"score": 3}', ORIGINAL),
    ("json-text-behind", "$.score", '{"score": 5}\ndone', '{"score": 7}\ndone', (5.0, 7.0)),
    (
        "json-google",
        "$.b[0].t",
        '{"b": [{"t": 500, "time_unit": "ns"}]}',
        '{"b": [{"t": 2, "time_unit": "us"}]}',
        CANDIDATE,
    ),
    ("json-unit-in-key-goes", "$.latency_ms", '{"latency_ms": 5}', '{"latency_s": 1}', CANDIDATE),
    ("json-key-with-dash", "$['a-b']", '{"a-b": 5}', '{"a-b": 6}', (5.0, 6.0)),
    ("json-number-in-list", "$[0]", "[5, 6]", "[7, 6]", (5.0, 7.0)),
    ("json-python-dict", "$.score", "{'score': 5}", "{'score': 6}", ORIGINAL),
    ("json-null", "$.score", '{"score": 0.5}', '{"score": null}', CANDIDATE),
    ("json-true", "$.score", '{"score": 0.5}', '{"score": true}', CANDIDATE),
    ("json-nan", "$.score", '{"score": 0.5}', '{"score": NaN}', CANDIDATE),
    ("json-pretty-after-log", "$.score", 'start\n{\n  "score": 0.5\n}', 'start\n{\n  "score": 0.7\n}', (0.5, 0.7)),
    ("csv-unit-in-a-cell", "f,([0-9.]+)", "n,v,u\nf,900,us", "n,v,u\nf,1.2,ms", ORIGINAL),
]


def read(reader: str, output: str) -> Reading:
    return read_score("s", reader, Printed(f"{output}\n", "", True, 1.0, 1.0, 1, lambda _: None))


def read_both(reader: str, original: str, candidate: str) -> tuple[float, float] | str:
    """Both values, or which of the two is malformed."""
    try:
        first = read(reader, original)
    except Malformed:
        return ORIGINAL
    try:
        second = read(reader, candidate)
    except Malformed:
        return CANDIDATE
    return CANDIDATE if unlike({"s": second}, {"s": first}) else (first.value, second.value)


def test_number_is_read_whole_or_is_malformed() -> None:
    found = {name: read_both(*given) for name, *given, _ in READINGS}
    assert found == {name: outcome for name, *_, outcome in READINGS}


MESSAGES = {
    "n: 1.2e+06": "score s: '1.2' in '1.2e+06' is not the whole number; let the group take all of it, e.g. ",
    "n: 12.5ms": "score s: '12.5' in '12.5ms' is not the whole number; ",
    "n: 1 200 rows": "score s: '1' in 'n: 1 200 rows' is not the whole number; ",
}


def test_part_of_a_number_is_shown_with_the_rest_and_what_is_no_number_with_the_expression_that_takes_one() -> None:
    for output, message in MESSAGES.items():
        with pytest.raises(Malformed, match=re.escape(message)):
            read("n: ([0-9.]+)", output)
    line = "points 0.399 Ratio: 0.399, RatioUnbounded: 0.4012"
    taken = r"score s is not a number: '0.399,'; let the group take the number alone: ([-+.\deE]+)"
    with pytest.raises(Malformed, match=f"^{re.escape(taken)}$"):
        read(r"Ratio: (\S+)", line)
    assert read(r"Ratio: ([-+.\deE]+)", line).value == 0.399
