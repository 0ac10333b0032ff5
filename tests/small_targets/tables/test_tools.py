"""Tests that are skipped, lost, hidden or reported by other tools."""

from support.small_targets.forms import (
    BENCH,
    FAST,
    MODULE,
    OPS,
    PYTEST,
    TEST,
    command,
    counted,
    metrics,
    summary,
    with_tests,
)
from support.small_targets.target import Target

ONLY_F = "def f(x):\n    return x + 1\n"
WRONG = "def f(x):\n    return x\n"
CASES = "import p\n\n\ndef test_f():\n    assert p.f(1) == 2\n\n\nif p.__name__ == 'p' and hasattr(p, 'g'):\n\n    def test_g():\n        assert p.g(5) == 10\n"
MARKED = "import p\nimport pytest\n\n\ndef test_f():\n    assert p.f(1) == 2\n\n\n@pytest.mark.skipif(not hasattr(p, 'g'), reason='no g')\ndef test_g():\n    assert p.g(5) == 10\n"
XFAIL = "import p\nimport pytest\n\n\ndef test_f():\n    assert p.f(1) == 2\n\n\n@pytest.mark.xfail\ndef test_g():\n    assert p.g(5) == 11\n"
TEARDOWN = "import p\nimport pytest\n\n\n@pytest.fixture(autouse=True)\ndef clean():\n    yield\n    assert hasattr(p, 'g')\n\n\ndef test_f():\n    assert p.f(1) == 2\n"
UNIT = "import unittest, p\n\n\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(p.f(1), 2)\n\n    %s\n    def test_g(self):\n        self.assertEqual(p.g(5), 10)\n"
FASTER = MODULE.replace("sum(range(x))", "x * (x - 1) // 2")
BY_TEXT = "print('ops:', 100 if 'sum' in open('p.py').read() else 200)\n"
CARGO = "running 2 tests\ntest a ... ok\ntest b ... %s\n\ntest result: %s. %d passed; %d failed; 0 ignored; 0 measured; %d filtered out; finished in 0.00s"
JUNIT = '<testsuites><testsuite name="a" tests="%d" failures="%d" errors="0" skipped="%d"></testsuite></testsuites>'

TARGETS = [
    with_tests("pytest-honest", MODULE, FASTER, "better", bench=BY_TEXT),
    with_tests(
        "honest-verbose",
        MODULE,
        FASTER,
        "better",
        bench=BY_TEXT,
        run="python3 -m pytest -v -p no:cacheprovider test_p.py && python3 bench.py",
    ),
    with_tests("honest-tail", MODULE, FASTER, "better", bench=BY_TEXT, run=f"{PYTEST} | tail -n 1; python3 bench.py"),
    with_tests("honest-with-xfail", MODULE, FASTER, "better", test=XFAIL, bench=BY_TEXT),
    with_tests("errors-at-teardown", MODULE, ONLY_F, "not better", test=TEARDOWN),
    with_tests("fails-behind-or-true", MODULE, WRONG, "not better", run=f"({PYTEST} || true) && python3 bench.py"),
    with_tests("fails-in-a-pipe", MODULE, WRONG, "not better", run=f"{PYTEST} | cat; python3 bench.py"),
    with_tests("fails-and-goes-on", MODULE, WRONG, "not better", run=f"{PYTEST}; python3 bench.py"),
    with_tests("stops-at-the-first-failure", MODULE, WRONG, "not better", run=f"{PYTEST} -x; python3 bench.py"),
    with_tests(
        "deselected-by-original", MODULE, FASTER, "better", bench=BY_TEXT, run=f"{PYTEST} -k f && python3 bench.py"
    ),
    Target(
        "unittest-expected-failure",
        {"p.py": MODULE, "test_p.py": UNIT % "", "bench.py": BENCH},
        ONLY_F,
        "not better",
        command(OPS, *FAST, run="python3 -m unittest test_p; python3 bench.py"),
    ),
    Target(
        "unittest-skips",
        {"p.py": MODULE, "test_p.py": UNIT % "@unittest.skipUnless(hasattr(p, 'g'), '')", "bench.py": BENCH},
        ONLY_F,
        "not better",
        command(OPS, *FAST, run="python3 -m unittest -v test_p && python3 bench.py"),
    ),
    Target(
        "unittest-honest",
        {"p.py": MODULE, "test_p.py": UNIT % "", "bench.py": BY_TEXT},
        FASTER,
        "better",
        command(OPS, *FAST, run="python3 -m unittest test_p 2>&1 && python3 bench.py"),
    ),
    Target(
        "test-fails",
        {"p.py": MODULE, "test_p.py": TEST, "bench.py": BENCH},
        WRONG,
        "not better",
        command(OPS, metrics("speed:max"), f"test = '{PYTEST}'", run="python3 bench.py"),
    ),
    Target(
        "crashes-by-signal",
        {"p.py": "print('ops: 100')\n"},
        "import os\nprint('ops: 200', flush=True)\nos.kill(os.getpid(), 11)\n",
        "not better",
        command(OPS, metrics("speed:max")),
    ),
    summary("cargo-fails", CARGO % ("ok", "ok", 2, 0, 0), CARGO % ("FAILED", "FAILED", 1, 1, 0), "refused"),
    summary("cargo-filtered", CARGO % ("ok", "ok", 2, 0, 0), CARGO % ("ok", "ok", 1, 0, 1), "refused"),
    summary("cargo-honest", CARGO % ("ok", "ok", 2, 0, 0), CARGO % ("ok", "ok", 2, 0, 0), "refused"),
    summary(
        "go-no-test-files",
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\nok  \tx.com/a\t0.005s",
        "?   \tx.com/a\t[no test files]",
        "refused",
    ),
    summary(
        "go-cached",
        "--- PASS: TestA (0.00s)\nok  \tx.com/a\t0.005s",
        "--- PASS: TestA (0.00s)\nok  \tx.com/a\t(cached)",
        "refused",
    ),
    summary("tap-bails-out", "1..2\nok 1 - a\nok 2 - b", "1..2\nok 1 - a\nBail out! no memory"),
    summary("tap-plan-at-the-end", "ok 1 - a\nok 2 - b\n1..2", "ok 1 - a\n1..1"),
    summary(
        "tap-honest", "TAP version 13\nok 1 - a\nok 2 - b\n1..2", "TAP version 13\nok 1 - a\nok 2 - b\n1..2", "better"
    ),
    summary(
        "two-suites-one-fails",
        "== 3 passed in 0.1s ==\n== 2 passed in 0.1s ==",
        "== 1 failed, 2 passed in 0.1s ==\n== 2 passed in 0.1s ==",
    ),
    summary("two-suites-one-goes", "== 3 passed in 0.1s ==\n== 2 passed in 0.1s ==", "== 3 passed in 0.1s =="),
    summary("pytest-error", "== 3 passed in 0.1s ==", "== 3 passed, 1 error in 0.1s =="),
    summary("pytest-deselects", "== 3 passed in 0.1s ==", "== 2 passed, 1 deselected in 0.1s =="),
    summary("pytest-warns", "== 3 passed in 0.1s ==", "== 3 passed, 2 warnings in 0.1s ==", "better"),
    summary("pytest-runs-nothing", "== 3 passed in 0.1s ==", "== no tests ran in 0.1s =="),
    summary(
        "maven-fails",
        "Tests run: 3, Failures: 0, Errors: 0, Skipped: 0",
        "Tests run: 3, Failures: 0, Errors: 1, Skipped: 0",
        "refused",
    ),
    Target(
        "junit-file",
        {"p.py": f"open('r.xml', 'w').write('{JUNIT % (3, 0, 0)}')\nprint('ops: 100')\n"},
        f"open('r.xml', 'w').write('{JUNIT % (3, 0, 2)}')\nprint('ops: 200')\n",
        "refused",
        command(OPS, *FAST, run="python3 p.py && cat r.xml"),
    ),
    with_tests(
        "pytest-fails",
        "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return sum(range(x))\n",
        "def f(x):\n    return x\n\n\ndef g(x):\n    return sum(range(x))\n",
        "not better",
        bench="import p\nprint('ops:', 100 if p.f(1) == 2 else 200)\n",
    ),
    with_tests(
        "pytest-honest-speed",
        "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return sum(range(x))\n",
        "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return x * (x - 1) // 2\n",
        "better",
        bench="import p\nprint('ops:', 100 if 'sum' in open(p.__file__).read() else 200)\n",
    ),
    counted(
        "more-pass",
        "def f(x):\n    return x + 1 if x < 3 else x\n\n\ndef g(x):\n    return sum(range(x))\n",
        "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return sum(range(x))\n",
        "better",
    ),
    summary(
        "go-build-failed",
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \tex.com/a\t0.005s\nok  \tex.com/b\t0.1s",
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \tex.com/a\t0.005s\nFAIL\tex.com/b [build failed]\nFAIL",
        "refused",
    ),
    summary(
        "go-panic",
        "--- PASS: TestA (0.00s)\n--- PASS: TestB (0.00s)\nok  \tex.com/a\t0.005s",
        "--- PASS: TestA (0.00s)\npanic: runtime error: index out of range\nFAIL\tex.com/a\t0.005s",
        "refused",
    ),
    summary(
        "go-skip",
        "--- PASS: TestA (0.00s)\n--- PASS: TestB (0.00s)\nok  \tex.com/a\t0.005s",
        "--- PASS: TestA (0.00s)\n--- SKIP: TestB (0.00s)\nok  \tex.com/a\t0.005s",
        "refused",
    ),
    summary(
        "cargo-compile-error",
        "running 2 tests\ntest a ... ok\ntest b ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        "running 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\nerror[E0425]: cannot find value\nerror: could not compile `b` (test)",
        "refused",
    ),
    summary(
        "cargo-ignored",
        "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        "test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        "refused",
    ),
    summary("tap-skip", "1..2\nok 1 - a\nok 2 - b", "1..2\nok 1 - a\nok 2 - b # SKIP no", "not better"),
    summary("tap-todo", "1..2\nok 1 - a\nok 2 - b", "1..2\nok 1 - a\nnot ok 2 - b # TODO later", "not better"),
    summary("tap-plan-short", "1..3\nok 1\nok 2\nok 3", "1..3\nok 1\nok 2", "not better"),
    summary(
        "ctest-not-run",
        "100% tests passed, 0 tests failed out of 3",
        "100% tests passed, 0 tests failed out of 2\n\nThe following tests did not run:\n\t3 - c (Not Run)",
        "refused",
    ),
    summary(
        "maven-skipped",
        "Tests run: 3, Failures: 0, Errors: 0, Skipped: 0",
        "Tests run: 3, Failures: 0, Errors: 0, Skipped: 2",
        "refused",
    ),
    summary("summary-honest", "==== 3 passed in 0.02s ====", "==== 3 passed in 0.01s ====", "better"),
]
