"""Reports of tools that time programs: Rust, Criterion, benchmark.js, hyperfine, Google benchmark, pytest-benchmark, wrk, time."""

from support.small_targets.forms import IDLE, built, command, metrics, number, path
from support.small_targets.target import Target

RUST = "test b ... bench: %s ns/iter (+/- 56)"
CRITERION = "b  time:   [%s]"
JS = "f x %s ops/sec ±1.21%% (89 runs sampled)"
HYPERFINE = "  Time (mean ± σ):     %s ± 10.1 ms    [User: 5.1 ms, System: 1.2 ms]"
GOOGLE = "Benchmark   Time   CPU   Iterations\nBM_x   %s   1230 ns   560000"
PYTEST = "Name (time in %s)   Min   Max\ntest_x   %s (1.0)   2000.0 (1.0)"
TIME = "real %s\nuser 1.00\nsys 0.10"
VERBOSE = "Elapsed (wall clock) time (h:mm:ss or m:ss): %s\nMaximum resident set size (kbytes): %s"
REPORT = '{"summary": {"total": 12, "passed": 12}, "perf": {"opsPerSec": %s, "p99": {"value": %s, "unit": "%s"}}}'
ERROR = "import sys\nprint('done')\nprint('score: %d', file=sys.stderr)\n"
TWO = "all: bench tool\nbench: p.c\n\tcc -O1 -o bench p.c\ntool: q.c\n\tcc -O1 -o tool q.c\n"

TARGETS = [
    number("rust-bench", RUST % "12,345,678", RUST % "9,876,543", r"bench: +([0-9,]+) ns", "min", "better"),
    number("rust-bench-one-comma", RUST % "1,234", RUST % "987", r"bench: +([0-9,]+) ns", "min", "refused"),
    number(
        "criterion-to-micro",
        CRITERION % "1.20 ms 1.25 ms 1.30 ms",
        CRITERION % "990.0 µs 999.0 µs 1.0100 ms",
        r"time: +\[\S+ \S+ ([0-9.]+)",
        "min",
        "better",
    ),
    number(
        "criterion-from-micro",
        CRITERION % "990.0 µs 999.0 µs 1.0100 ms",
        CRITERION % "1.20 ms 1.25 ms 1.30 ms",
        r"time: +\[\S+ \S+ ([0-9.]+)",
        "min",
        "not better",
    ),
    number("benchmark-js", JS % "1,234,567", JS % "2,345,678", r"x ([0-9,]+) ops/sec", "max", "better"),
    number("benchmark-js-falls", JS % "1,234,567", JS % "987,654", r"x ([0-9,]+) ops/sec", "max", "not better"),
    number("hyperfine-slower", HYPERFINE % "512.3 ms", HYPERFINE % "1.021 s", r"σ\): +([0-9.]+)", "min", "not better"),
    number("hyperfine-faster", HYPERFINE % "1.021 s", HYPERFINE % "512.3 ms", r"σ\): +([0-9.]+)", "min", "better"),
    number("google-console", GOOGLE % "1234 ns", GOOGLE % "987 ns", r"BM_x +([0-9.]+)", "min", "better"),
    number("google-console-unit", GOOGLE % "1234 ns", GOOGLE % "9.87 us", r"BM_x +([0-9.]+)", "min", "not better"),
    number("pytest-benchmark", PYTEST % ("us", "900.0"), PYTEST % ("us", "700.0"), r"x +([0-9.]+)", "min", "better"),
    number(
        "pytest-benchmark-unit",
        PYTEST % ("us", "900.0"),
        PYTEST % ("ms", "1.2"),
        r"test_x +([0-9.]+)",
        "min",
        "not better",
    ),
    number("time-p", TIME % "12.50", TIME % "9.80", r"real ([0-9.]+)", "min", "better"),
    number("time-bash-minutes", TIME % "0m59.9s", TIME % "1m23.4s", r"real \d+m([0-9.]+)s", "min", "refused"),
    number("time-clock", VERBOSE % ("0:12.50", 9), VERBOSE % ("0:09.80", 9), r"ss\): ([0-9:.]+)", "min", "refused"),
    number("time-memory", VERBOSE % (1, 12345), VERBOSE % (1, 9999), r"kbytes\): (\d+)", "min", "better"),
    number("wrk-latency", "Latency   1.20ms   9%", "Latency   900.00us   9%", r"Latency +([0-9.]+)", "min", "better"),
    number("wrk-worse", "Latency   900.00us   9%", "Latency   1.20ms   9%", r"Latency +([0-9.]+)", "min", "not better"),
    number("csv-unit-in-a-cell", "n,v,u\nf,900,us", "n,v,u\nf,1.2,ms", r"f,([0-9.]+)", "min", "not better"),
    number("csv-unit-in-its-head", "n,time_ms\nf,12.5", "n,time_s\nf,0.5", r"f,([0-9.]+)", "min", "not better"),
    number("csv-same-unit", "n,time_ms\nf,12.5", "n,time_ms\nf,9.5", r"f,([0-9.]+)", "min", "better"),
    number("csv-decimal-comma", "n;s\nf;12,5", "n;s\nf;9,75", r"f;([0-9,]+)", "min", "refused"),
    number("tap-duration", "ok 1 - a # time=12.5ms", "ok 1 - a # time=0.9s", r"time=([0-9.]+)", "min", "not better"),
    number("junit-time", '<testcase time="1.5"/>', '<testcase time="0.9"/>', r'time="([0-9.]+)"', "min", "better"),
    number("junit-times", '<a time="1"/><b time="5"/>', '<a time="9"/><b time="1"/>', r'time="(.)"', "min", "refused"),
    number("same-score-twice", "score: 5\nscore: 5", "score: 7\nscore: 7", r"score: (\d+)", "max", "better"),
    path("report-rate", REPORT % (1200.5, 5, "ms"), REPORT % (1500, 5, "ms"), "$.perf.opsPerSec", "max", "better"),
    path(
        "report-null", REPORT % (1200.5, 5, "ms"), REPORT % ("null", 5, "ms"), "$.perf.opsPerSec", "max", "not better"
    ),
    path("report-unit", REPORT % (1, 5, "ms"), REPORT % (1, 2, "s"), "$.perf.p99.value", "min", "not better"),
    Target(
        "standard-error-alone",
        {"p.py": ERROR % 5},
        ERROR % 7,
        "better",
        command(r"score: (\d+)", metrics("score:max"), run="python3 p.py {seed} 2>&1 >/dev/null"),
    ),
    built("make-two-binaries", IDLE % 2000, "better", build="make -s", Makefile=TWO, q__c=IDLE % 1),
    built(
        "make-two-comment", "// other\n" + IDLE % 20000000, "not better", build="make -s", Makefile=TWO, q__c=IDLE % 1
    ),
]
