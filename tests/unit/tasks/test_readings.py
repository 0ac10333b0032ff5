"""What scores read: the number that the program printed, or malformed; never another number."""

from __future__ import annotations

import pytest

from strop.base.errors import Malformed
from strop.tasks.command.readers import Printed, Reading, check_alike, read_score

ORIGINAL, CANDIDATE = "the original is malformed", "the candidate is malformed"
OPS, LONG = "ops/s: ([0-9.]+)", "x" * 985
GO = "--- PASS: TestA (0.00s)\nok  \tx.com/a\t0.005s"

# Name, reader, what the original prints, what the candidate prints, and both values, or which of the two is malformed.
WRONG_VERDICTS = [
    ("V1-exponent-hides-a-loss", OPS, "ops/s: 1.2e+06", "ops/s: 700000", ORIGINAL),
    ("V1-exponent-hides-a-gain", OPS, "ops/s: 900000", "ops/s: 1.9e+06", CANDIDATE),
    ("V1-whole-group", r"ops/s: (\S+)", "ops/s: 1.2e+06", "ops/s: 700000", (1.2e6, 7e5)),
    ("V2-commas", OPS, "ops/s: 1,200,000", "ops/s: 700,000", ORIGINAL),
    ("V2-commas-appear", OPS, "ops/s: 700000", "ops/s: 1,200,000", CANDIDATE),
    ("V2-commas-in-the-group", r"ops/s: (\S+)", "ops/s: 700000", "ops/s: 1,200,000", CANDIDATE),
    ("V2-line-cut-in-a-number", "score: ([0-9]+)", f"{LONG} score: 12", f"{LONG} score: 223456789", CANDIDATE),
    ("V2-line-cut-of-the-original", "score: ([0-9]+)", f"{LONG}xxx score: 1234567", f"{LONG} score: 1", ORIGINAL),
    ("V2-second-line-goes-on", r"score: ([0-9]+)", "score: 3\nbest score: 3", "score: 5\nbest score: 5.9", CANDIDATE),
    ("V2-two-values", r"score: (\S+)", "score: 3\nscore: 3", "score: 5\nscore: 5.9", CANDIDATE),
    ("V2-sign-lost", r"delta:.*?([0-9.]+)", "delta: -5.5", "delta: -9.5", ORIGINAL),
    ("V2-sign-appears", r"delta:.*?([0-9.]+)", "delta: 5.5", "delta: -9.5", CANDIDATE),
    ("V2-decimal-comma", "rate ([0-9.]+)", "rate 3,7", "rate 4,1", ORIGINAL),
    ("V2-decimal-comma-in-the-group", r"rate (\S+)", "rate 3.7", "rate 4,1", CANDIDATE),
    ("V2-underscores", r"rate (\S+)", "rate 3", "rate 1_000", CANDIDATE),
    ("V2-digits-of-another-script", r"rate (\S+)", "rate 3", "rate \u0663", CANDIDATE),
    ("V2-underscores-of-the-original", r"rate (\S+)", "rate 1_000", "rate 900", ORIGINAL),
    ("V2-other-script-of-the-original", r"rate (\S+)", "rate \u0663", "rate \u0665", ORIGINAL),
    ("V2-blank-between-thousands", r"(\d+)$", "rate: 1 200", "rate: 1 900", ORIGINAL),
    ("V3-rate", "speed: ([0-9.]+)", "speed: 1.9 MB/s", "speed: 950.0 kB/s", CANDIDATE),
    ("V3-glued", "speed: ([0-9.]+)", "speed: 1.9MB/s", "speed: 950.0kB/s", ORIGINAL),
    ("V3-label", "ops/s: ([0-9.]+)", "Mops/s: 1.2", "ops/s: 7", CANDIDATE),
    ("V3-scale-word", "n: ([0-9.]+)", "n: 1.2 M items", "n: 900 K items", CANDIDATE),
    ("V3-json", "$.v", '{"v": 1.9, "unit": "MB/s"}', '{"v": 950, "unit": "kB/s"}', CANDIDATE),
    ("V3-json-name", "$.v", '{"v": 1.9, "v_unit": "s"}', '{"v": 950, "v_unit": "ms"}', CANDIDATE),
    ("V3-same-unit", "speed: ([0-9.]+)", "speed: 1.9 MB/s", "speed: 2.5 MB/s", (1.9, 2.5)),
    ("V5-text", "$.combined_score", '{"combined_score": 0.3}', '{"combined_score": "0.7", "n": 99}', CANDIDATE),
    ("V5-missing", "$.combined_score", '{"combined_score": 0.3}', '{"valid": 0, "timeout_s": 600}', CANDIDATE),
    ("V5-none", "$.score", '{"score": 0.3}', '{"score": null, "n": 99}', CANDIDATE),
    ("V5-error", "$.score", '{"score": 0.3}', '{"score": 9, "error": "crashed"}', CANDIDATE),
    ("V5-not-valid", "$.score", '{"score": 0.3, "valid": true}', '{"score": 9, "valid": false}', CANDIDATE),
    ("V5-other-score", "$.score", '{"score": 5, "score_is": "a"}', '{"score": 9, "score_is": "b"}', CANDIDATE),
    ("V5-name-given-twice", "$.score", '{"score": 1}', '{"score": 1, "score": 9}', CANDIDATE),
    ("V6-test-skipped", "tests", "== 2 passed in 0.1s ==", "== 1 passed, 1 skipped in 0.1s ==", CANDIDATE),
    ("V6-test-lost", "tests", "== 2 passed in 0.1s ==", "== 1 passed in 0.1s ==", CANDIDATE),
    ("V6-unittest-skips", "tests", "Ran 2 tests in 1s\n\nOK", "Ran 2 tests in 1s\n\nOK (skipped=1)", ORIGINAL),
    ("V6-tap-skips", "tests", "1..2\nok 1\nok 2", "1..2\nok 1\nok 2 # SKIP no", ORIGINAL),
    ("V6-go-is-not-read", "tests", GO, f"{GO}\nFAIL\tx.com/b [build failed]\nFAIL", ORIGINAL),
    ("V6-more-tests-pass", "tests", "1 passed, 1 failed in 1s", "3 passed in 1s", (0.5, 1.0)),
    ("V22-large-whole-number", "$.n", '{"n": 100000000000000000}', '{"n": 1e17}', (1e17, 1e17)),
    ("V22-larger-than-a-float", "$.n", '{"n": 5}', '{"n": 1%s}' % ("0" * 400), CANDIDATE),
    ("V22-larger-than-a-float-in-text", r"n: (\d+)", "n: 5", f"n: 1{'0' * 400}", CANDIDATE),
    ("V22-rounds-to-nought", r"n: (\S+)", "n: 5", "n: 1e-400", CANDIDATE),
    ("V22-rounds-to-nought-in-json", "$.n", '{"n": 5}', '{"n": 1e-400}', CANDIDATE),
    ("V22-nought", r"n: (\S+)", "n: 5", "n: 0.0e5", (5.0, 0.0)),
]
# A unit in another line, such as a header, is not looked at: what a program says of itself is its own score.
FORMS = [
    ("exponent-without-sign", r"n: (\d+)", "n: 3e5", "n: 4e4", ORIGINAL),
    ("groups-thin-blank", r"n: (\d+)", "n: 12\u2009345", "n: 99\u2009", ORIGINAL),
    ("groups-swiss-decimals", r"n: ([\d.]+)", "n: 12'345.6", "n: 9'999.9", ORIGINAL),
    ("octal", r"n: (\d+)", "n: 0o17", "n: 0o7", ORIGINAL),
    ("complex", r"z: (\d+)", "z: 3+4j", "z: 9+0j", ORIGINAL),
    ("roman-suffix-billion", r"n: ([\d.]+)", "n: 1.2bn", "n: 900m", ORIGINAL),
    ("accounting-negative", r"profit: \(?(\d+)", "profit: 5", "profit: (7)", CANDIDATE),
    ("permille", r"rate: (\d+)", "rate: 5‰", "rate: 2%", CANDIDATE),
    ("minus-behind", r"delta: (\d+)", "delta: 5-", "delta: 7-", ORIGINAL),
    ("repeating", r"n: ([\d.]+)", "n: 0.333…", "n: 0.35", CANDIDATE),
    ("unit-mb-mib", r"size: ([\d.]+)", "size: 10 MB", "size: 9.9 MiB", CANDIDATE),
    ("unit-bit-byte", r"rate: (\d+)", "rate: 80 Mbit/s", "rate: 90 Mbyte/s", CANDIDATE),
    ("unit-micro-signs", r"t: (\d+)", "t: 5 µs", "t: 4 μs", CANDIDATE),
    ("unit-per-core", r"ops: (\d+)", "ops: 500/s", "ops: 600/min", ORIGINAL),
    ("unit-before", r"m?s (\d+)", "ms 50", "s 4", CANDIDATE),
    ("unit-in-brackets-behind", r"t: (\d+)", "t: 50 (ms)", "t: 4 (s)", CANDIDATE),
    ("groups-indian", r"n: (\d+)", "n: 12,34,567", "n: 9,99,999", ORIGINAL),
    ("groups-typographic", r"n: (\d+)", "n: 12’345", "n: 99’", ORIGINAL),
    ("groups-german", "n: ([0-9.,]+)", "n: 1.234,56", "n: 999,99", ORIGINAL),
    ("groups-python-decimals", "n: ([0-9]+)", "n: 1_000.5", "n: 999.5", ORIGINAL),
    ("percent-blank", "acc: ([0-9.]+)", "acc: 91.5 %", "acc: 95.0 %", (91.5, 95.0)),
    ("percent-goes", "acc: ([0-9.]+)", "acc: 0.5 %", "acc: 0.9", CANDIDATE),
    ("percent-fine", "acc: ([0-9.]+)%", "acc: 99.9%", "acc: 99.95%", (99.9, 99.95)),
    ("exponent-fortran", "energy: ([0-9.]+)", "energy: 1.5D+03", "energy: 9.5D+02", ORIGINAL),
    ("exponent-times", "n: ([0-9.]+)", "n: 1.5×10³", "n: 9.5×10²", ORIGINAL),
    ("exponent-blank", "n: ([0-9.]+)", "n: 1.5 x 10^3", "n: 9.5 x 10^2", ORIGINAL),
    ("power-python", r"n: (\d+)", "n: 2**10", "n: 3**2", ORIGINAL),
    ("power-caret", r"n: (\d+)", "n: 2^10", "n: 3^2", ORIGINAL),
    ("deviation-ascii", "mean ([0-9.]+)", "mean 5.0 +/- 0.1", "mean 6.0 +/- 0.1", (5.0, 6.0)),
    ("range-dots", r"n: (\d+)", "n: 10..20", "n: 15..16", ORIGINAL),
    ("out-of-same", r"solved (\d+)", "solved 5 of 10", "solved 6 of 10", (5.0, 6.0)),
    ("currency-before", "price: .([0-9.]+)", "price: $5.00", "price: €4.00", CANDIDATE),
    ("colour-around-unit", r"t: \S*?m(\d+)", "t: \x1b[1m5\x1b[0m ms", "t: \x1b[1m4\x1b[0m s", ORIGINAL),
    ("colour-code-is-no-score", r"score: \D*(\d+)", "score: \x1b[32m50\x1b[0m", "score: \x1b[91m40\x1b[0m", ORIGINAL),
    ("progress-bar", "loss=([0-9.]+)", "\r10% loss=5.0\r99% loss=2.0", "\r10% loss=1.0\r99% loss=2.5", ORIGINAL),
    (
        "log-with-time",
        r"score (\d+)",
        "2024-01-02 12:00:01,123 INFO score 5",
        "2024-01-02 12:00:01,123 INFO score 7",
        (5.0, 7.0),
    ),
    ("runs-and-mean", "mean: ([0-9.]+)", "run 1: 5\nrun 2: 6\nmean: 5.5", "run 1: 7\nrun 2: 8\nmean: 7.5", (5.5, 7.5)),
    ("table-unit-in-cell", r"fast \| ([0-9.]+)", "| fast | 12.5 | ms |", "| fast | 0.5 | s |", CANDIDATE),
    ("unit-per-op", r"([0-9.]+) \w+/op", "12.5 ms/op", "0.9 s/op", CANDIDATE),
    (
        "go-bench",
        "([0-9.]+) ns/op",
        "BenchmarkX-8 \t 1000\t 1234 ns/op",
        "BenchmarkX-8 \t 2000\t 900.5 ns/op",
        (1234.0, 900.5),
    ),
    ("python-repr", r"'score': (\d+)", "{'score': 5, 'n': 1}", "{'score': 6, 'n': 1}", (5.0, 6.0)),
    ("semicolons", r"score=(\d+)", "score=5;n=3", "score=6;n=3", (5.0, 6.0)),
    ("numpy-repr", r"\(([0-9.]+)\)", "score: np.float64(5.0)", "score: np.float64(7.0)", (5.0, 7.0)),
    ("negative-both", "score: (-?[0-9.]+)", "score: -0.5", "score: -0.3", (-0.5, -0.3)),
    ("negative-sign-in-pattern", "gain: -([0-9.]+)", "gain: -5", "gain: -7", ORIGINAL),
    ("negative-apart", r"gain:\D*(\d+)", "gain: 5", "gain: - 7", CANDIDATE),
    ("negative-dash", r"gain: \D*(\d+)", "gain: 5", "gain: –7", CANDIDATE),
    ("two-on-a-line", "score: (.+)", "score: 5", "score: 5 7", CANDIDATE),
    ("suffix-goes", "ops: ([0-9.]+)", "ops: 1.5k", "ops: 900", ORIGINAL),
    ("time-two-parts", r"took (\d+)", "took 2 min 1 s", "took 1 min 61 s", ORIGINAL),
    ("in-parentheses-before", r"score: (\d+)", "score: 5 (was 4)", "score: 6 (was 4)", (5.0, 6.0)),
    ("one-of-two-times", r"p50=(\d+)ms", "p50=5ms p99=20ms", "p50=4ms p99=20ms", ORIGINAL),
    ("markdown-bold", r"\*\*(\d+)", "**5**", "**7**", (5.0, 7.0)),
    ("quoted", r'score="(\d+)', 'score="5"', 'score="6"', (5.0, 6.0)),
    ("speedup-x", r"speedup: (\d+)", "speedup: 5x", "speedup: 7x", ORIGINAL),
    ("ends-with-crlf", r"score: (\d+)", "score: 5\r", "score: 6\r", (5.0, 6.0)),
    ("zero-of-a-cost", r"n: (\d+)", "n: 3", "n: 0", (3.0, 0.0)),
    ("from-below-zero", r"score: (\S+)", "score: -5", "score: 5", (-5.0, 5.0)),
    ("below-zero-cost", r"score: (\S+)", "score: -3", "score: -5", (-3.0, -5.0)),
    ("exponent-up", "ops/s: ([0-9.]+)", "ops/s: 1.2e+06", "ops/s: 1.9e+06", ORIGINAL),
    ("exponent-down", "ops/s: ([0-9.]+)", "ops/s: 1.9e+06", "ops/s: 1.2e+06", ORIGINAL),
    ("exponent-crosses", "ops/s: ([0-9.]+)", "ops/s: 999999", "ops/s: 1e+06", CANDIDATE),
    ("exponent-small-better", "loss: ([0-9]+)", "loss: 2e-1", "loss: 9e-5", ORIGINAL),
    ("capital-exponent", "x: ([0-9.]+)", "x: 1.2E6", "x: 1.3E6", ORIGINAL),
    ("underscores", r"n=(\d+)", "n=12_345", "n=9_876", ORIGINAL),
    ("spaces", r"n: (\d+)", "n: 1 234 567 rows", "n: 1 100 000 rows", ORIGINAL),
    ("apostrophes", r"n: (\d+)", "n: 12'345", "n: 9'999", ORIGINAL),
    ("commas", "n: ([0-9]+)", "n: 1,200,000", "n: 999,000", ORIGINAL),
    ("commas-up", "n: ([0-9]+)", "n: 999,000", "n: 1,200,000", ORIGINAL),
    ("commas-in-group", r"cost: \$([0-9.,]+)", "cost: $1,250.50", "cost: $999.00", ORIGINAL),
    ("sign-lost", "error.*?([0-9.]+)", "error -3.5 dB", "error -9.5 dB", ORIGINAL),
    ("plus", r"gain: ([+-]?\d+)", "gain: +5", "gain: +7", (5.0, 7.0)),
    ("unicode-minus", r"delta: \D*?([0-9]+)", "delta: −5", "delta: −9", ORIGINAL),
    ("leading-dot", "loss: ([0-9.]+)", "loss: .5", "loss: .05", (0.5, 0.05)),
    ("cut-decimals", r"v: (\d+)", "v: 5.9", "v: 5.1", ORIGINAL),
    ("cut-decimals-up", r"v: (\d+)", "v: 5.1", "v: 5.9", ORIGINAL),
    ("unit-us-ms", "p99: ([0-9.]+)", "p99: 900us", "p99: 1.2ms", ORIGINAL),
    ("unit-ms-us", "p99: ([0-9.]+)", "p99: 1.2 ms", "p99: 900 us", CANDIDATE),
    ("unit-same", "size: ([0-9.]+)", "size: 10 MB", "size: 9 MB", (10.0, 9.0)),
    ("unit-rate", "speed: ([0-9.]+)", "speed: 1.9 GB/s", "speed: 950 MB/s", CANDIDATE),
    ("suffix-m-k", "ops: ([0-9.]+)", "ops: 1.5M", "ops: 900K", ORIGINAL),
    ("suffix-m-m", "ops: ([0-9.]+)", "ops: 1.5M", "ops: 2.5M", ORIGINAL),
    ("suffix-appears", "ops: ([0-9.]+)", "ops: 1500", "ops: 1600 per hour", CANDIDATE),
    ("percent-same", r"acc: (\d+)%", "acc: 80%", "acc: 90%", (80.0, 90.0)),
    ("percent-appears", "acc: ([0-9.]+)", "acc: 0.9", "acc: 85%", CANDIDATE),
    ("clock", r"took (\d+)", "took 2:05", "took 1:50:00", ORIGINAL),
    ("fraction", r"result: (\d+)", "result: 3/4", "result: 9/40", ORIGINAL),
    ("power-of-ten", "score: ([0-9.]+)", "score: 1.2x10^6", "score: 9.9x10^2", ORIGINAL),
    ("version", "v: ([0-9.]+)", "v: 1.2.3", "v: 1.9.0", ORIGINAL),
    ("hexadecimal", r"cycles: (\d+)", "cycles: 0x1F", "cycles: 0x2", ORIGINAL),
    ("date", r"best: (\d+)", "best: 2024-01-02", "best: 2025-01-02", ORIGINAL),
    ("nan", r"score: (\S+)", "score: 5", "score: nan", CANDIDATE),
    ("colours", r"score: (\d+)", "\x1b[32mscore: 5\x1b[0m", "\x1b[32mscore: 7\x1b[0m", (5.0, 7.0)),
    ("full-stop", r"score is (\d+)", "score is 5.", "score is 6.", ORIGINAL),
    ("in-brackets", r"score=(\d+)", "done (score=5)", "done (score=6)", (5.0, 6.0)),
    ("comma-after", r"score: (\d+)", "score: 5, time: 2", "score: 6, time: 2", (5.0, 6.0)),
    ("greedy", r"score: .*(\d+)", "score: 15", "score: 14", ORIGINAL),
    ("right-pattern", "t: ([-+0-9.e]+) s", "t: 1.5e-03 s", "t: 9.5e-04 s", (0.0015, 0.00095)),
    ("decimal-comma", r"rate (\d+)", "rate 3,7", "rate 3,2", ORIGINAL),
    ("tabs", r"score\t(\d+)", "score\t5\t7", "score\t6\t7", (5.0, 6.0)),
    ("plus-minus", "mean ([0-9.]+)", "mean 5.0±0.1", "mean 6.0±0.1", (5.0, 6.0)),
    ("json-multi-line", "$.score", '{\n  "score":\n    5\n}', '{\n  "score":\n    6\n}', (5.0, 6.0)),
    ("json-lines", "$.score", '{"score": 1}\n{"score": 2}', '{"score": 1}\n{"score": 3}', ORIGINAL),
    ("json-text-behind", "$.score", '{"score": 5}\ndone', '{"score": 7}\ndone', (5.0, 7.0)),
    ("json-unit-beside", "$.value", '{"value": 5, "unit": "ms"}', '{"value": 1, "unit": "s"}', CANDIDATE),
    (
        "json-google-benchmark",
        "$.benchmarks[0].real_time",
        '{"benchmarks": [{"name": "BM_x", "real_time": 500, "time_unit": "ns"}]}',
        '{"benchmarks": [{"name": "BM_x", "real_time": 2, "time_unit": "us"}]}',
        CANDIDATE,
    ),
    ("json-unit-in-key-goes", "$.latency_ms", '{"latency_ms": 5}', '{"latency_s": 1}', CANDIDATE),
    ("json-text-with-unit", "$.v", '{"v": "5 ms"}', '{"v": "4 ms"}', ORIGINAL),
    ("json-key-with-dash", "$['a-b']", '{"a-b": 5}', '{"a-b": 6}', (5.0, 6.0)),
    ("json-number-in-list", "$[0]", "[5, 6]", "[7, 6]", (5.0, 7.0)),
    ("json-negative-zero", "$.score", '{"score": 0}', '{"score": -0.0}', (0.0, -0.0)),
    ("json-python-dict", "$.score", "{'score': 5}", "{'score': 6}", ORIGINAL),
    (
        "json-pytest-benchmark",
        "$.benchmarks[0].stats.mean",
        '{"benchmarks": [{"stats": {"mean": 0.5, "rounds": 3}}]}',
        '{"benchmarks": [{"stats": {"mean": 0.7, "rounds": 3}}]}',
        (0.5, 0.7),
    ),
    ("json-plain", "$.score", '{"score": 0.5}', '{"score": 0.7}', (0.5, 0.7)),
    ("json-null", "$.score", '{"score": 0.5}', '{"score": null}', CANDIDATE),
    ("json-true", "$.score", '{"score": 0.5}', '{"score": true}', CANDIDATE),
    ("json-missing", "$.score", '{"score": 0.5, "n": 1}', '{"n": 9}', CANDIDATE),
    ("json-nan", "$.score", '{"score": 0.5}', '{"score": NaN}', CANDIDATE),
    ("json-last-of-list", "$.s[-1]", '{"s": [1, 2, 3]}', '{"s": [1, 2, 4]}', (3.0, 4.0)),
    ("json-pretty-after-log", "$.score", 'start\n{\n  "score": 0.5\n}', 'start\n{\n  "score": 0.7\n}', (0.5, 0.7)),
    ("json-exponent", "$.score", '{"score": 1.2e3}', '{"score": 9e2}', (1200.0, 900.0)),
    (
        "rust-bench",
        "bench: +([0-9,]+) ns",
        "test b ... bench: 12,345,678 ns/iter (+/- 56)",
        "test b ... bench: 9,876,543 ns/iter (+/- 56)",
        ORIGINAL,
    ),
    (
        "criterion-to-micro",
        r"time: +\[\S+ \S+ ([0-9.]+)",
        "b  time:   [1.20 ms 1.25 ms 1.30 ms]",
        "b  time:   [990.0 µs 999.0 µs 1.0100 ms]",
        ORIGINAL,
    ),
    (
        "benchmark-js",
        "x ([0-9,]+) ops/sec",
        "f x 1,234,567 ops/sec ±1.21% (89 runs sampled)",
        "f x 2,345,678 ops/sec ±1.21% (89 runs sampled)",
        ORIGINAL,
    ),
    (
        "hyperfine-faster",
        r"σ\): +([0-9.]+)",
        "  Time (mean ± σ):     1.021 s ± 10.1 ms    [User: 5.1 ms, System: 1.2 ms]",
        "  Time (mean ± σ):     512.3 ms ± 10.1 ms    [User: 5.1 ms, System: 1.2 ms]",
        CANDIDATE,
    ),
    (
        "google-console-unit",
        "BM_x +([0-9.]+)",
        "Benchmark   Time   CPU   Iterations\nBM_x   1234 ns   1230 ns   560000",
        "Benchmark   Time   CPU   Iterations\nBM_x   9.87 us   1230 ns   560000",
        CANDIDATE,
    ),
    (
        "pytest-benchmark",
        "x +([0-9.]+)",
        "Name (time in us)   Min   Max\ntest_x   900.0 (1.0)   2000.0 (1.0)",
        "Name (time in us)   Min   Max\ntest_x   700.0 (1.0)   2000.0 (1.0)",
        (900.0, 700.0),
    ),
    (
        "pytest-benchmark-unit",
        "test_x +([0-9.]+)",
        "Name (time in us)   Min   Max\ntest_x   900.0 (1.0)   2000.0 (1.0)",
        "Name (time in ms)   Min   Max\ntest_x   1.2 (1.0)   2000.0 (1.0)",
        (900.0, 1.2),
    ),
    (
        "time-bash-minutes",
        r"real \d+m([0-9.]+)s",
        "real 0m59.9s\nuser 1.00\nsys 0.10",
        "real 1m23.4s\nuser 1.00\nsys 0.10",
        ORIGINAL,
    ),
    (
        "time-clock",
        r"ss\): ([0-9:.]+)",
        "Elapsed (wall clock) time (h:mm:ss or m:ss): 0:12.50\nMaximum resident set size (kbytes): 9",
        "Elapsed (wall clock) time (h:mm:ss or m:ss): 0:09.80\nMaximum resident set size (kbytes): 9",
        ORIGINAL,
    ),
    (
        "time-memory",
        r"kbytes\): (\d+)",
        "Elapsed (wall clock) time (h:mm:ss or m:ss): 1\nMaximum resident set size (kbytes): 12345",
        "Elapsed (wall clock) time (h:mm:ss or m:ss): 1\nMaximum resident set size (kbytes): 9999",
        (12345.0, 9999.0),
    ),
    ("wrk-latency", "Latency +([0-9.]+)", "Latency   1.20ms   9%", "Latency   900.00us   9%", ORIGINAL),
    ("csv-unit-in-a-cell", "f,([0-9.]+)", "n,v,u\nf,900,us", "n,v,u\nf,1.2,ms", ORIGINAL),
    ("csv-unit-in-its-head", "f,([0-9.]+)", "n,time_ms\nf,12.5", "n,time_s\nf,0.5", (12.5, 0.5)),
    ("csv-same-unit", "f,([0-9.]+)", "n,time_ms\nf,12.5", "n,time_ms\nf,9.5", (12.5, 9.5)),
    ("tap-duration", "time=([0-9.]+)", "ok 1 - a # time=12.5ms", "ok 1 - a # time=0.9s", ORIGINAL),
    ("junit-time", 'time="([0-9.]+)"', '<testcase time="1.5"/>', '<testcase time="0.9"/>', (1.5, 0.9)),
    ("junit-times", 'time="(.)"', '<a time="1"/><b time="5"/>', '<a time="9"/><b time="1"/>', ORIGINAL),
    ("same-score-twice", r"score: (\d+)", "score: 5\nscore: 5", "score: 7\nscore: 7", (5.0, 7.0)),
    (
        "report-rate",
        "$.perf.opsPerSec",
        '{"summary": {"total": 12, "passed": 12}, "perf": {"opsPerSec": 1200.5, "p99": {"value": 5, "unit": "ms"}}}',
        '{"summary": {"total": 12, "passed": 12}, "perf": {"opsPerSec": 1500, "p99": {"value": 5, "unit": "ms"}}}',
        (1200.5, 1500.0),
    ),
    (
        "report-unit",
        "$.perf.p99.value",
        '{"summary": {"total": 12, "passed": 12}, "perf": {"opsPerSec": 1, "p99": {"value": 5, "unit": "ms"}}}',
        '{"summary": {"total": 12, "passed": 12}, "perf": {"opsPerSec": 1, "p99": {"value": 2, "unit": "s"}}}',
        CANDIDATE,
    ),
]


def read(reader: str, output: str) -> Reading:
    return read_score("s", reader, Printed(f"{output}\n", "", True, 1.0, 1.0, 1, lambda _: None))


@pytest.mark.parametrize(
    ("reader", "original", "candidate", "outcome"),
    [pytest.param(*row, id=name) for name, *row in (*WRONG_VERDICTS, *FORMS)],
)
def test_number_is_read_whole_or_is_malformed(
    reader: str, original: str, candidate: str, outcome: tuple[float, float] | str
) -> None:
    if outcome == ORIGINAL:
        with pytest.raises(Malformed):
            read(reader, original)
        return
    first = read(reader, original)
    if outcome == CANDIDATE:
        with pytest.raises(Malformed):
            check_alike({"s": read(reader, candidate)}, {"s": first})
        return
    second = read(reader, candidate)
    check_alike({"s": second}, {"s": first})
    assert (first.value, second.value) == outcome


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            "n: 1.2e+06",
            r"score s: '1.2' in '1.2e+06' is not the whole number; let the group take all of it, e.g. (\S+)",
        ),
        ("n: 12.5ms", "score s: '12.5' in '12.5ms' is not the whole number; "),
        ("n: 1 200 rows", "score s: '1' in 'n: 1 200 rows' is not the whole number; "),
    ],
)
def test_part_of_a_number_is_shown_with_the_rest(output: str, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        read("n: ([0-9.]+)", output)
    assert message in str(caught.value)


def test_group_that_takes_more_than_the_number_is_told_which_expression_does() -> None:
    line = "points 0.399 Ratio: 0.399, RatioUnbounded: 0.4012"
    with pytest.raises(Malformed) as caught:
        read(r"Ratio: (\S+)", line)
    assert str(caught.value) == r"score s is not a number: '0.399,'; let the group take the number alone: ([-+.\deE]+)"
    assert read(r"Ratio: ([-+.\deE]+)", line).value == 0.399
