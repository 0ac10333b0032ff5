"""Tests that are skipped, lost, hidden or reported by other tools."""

from support.small_targets.forms import (
    FAST,
    MODULE,
    OPS,
    PYTEST,
    command,
    counted,
    metrics,
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
JUNIT = '<testsuites><testsuite name="a" tests="%d" failures="%d" errors="0" skipped="%d"></testsuite></testsuites>'

TARGETS = [
    with_tests("pytest-honest", MODULE, FASTER, "better", bench=BY_TEXT),
    with_tests(
        "honest-tail", MODULE, FASTER, "better", bench=BY_TEXT, run=f"{PYTEST} | tail -n 1; python3 -S bench.py"
    ),
    with_tests("honest-with-xfail", MODULE, FASTER, "better", test=XFAIL, bench=BY_TEXT),
    with_tests("errors-at-teardown", MODULE, ONLY_F, "not better", test=TEARDOWN),
    with_tests("fails-behind-or-true", MODULE, WRONG, "not better", run=f"({PYTEST} || true) && python3 -S bench.py"),
    with_tests("fails-in-a-pipe", MODULE, WRONG, "not better", run=f"{PYTEST} | cat; python3 -S bench.py"),
    with_tests("fails-and-goes-on", MODULE, WRONG, "not better", run=f"{PYTEST}; python3 -S bench.py"),
    with_tests("stops-at-the-first-failure", MODULE, WRONG, "not better", run=f"{PYTEST} -x; python3 -S bench.py"),
    with_tests(
        "deselected-by-original", MODULE, FASTER, "better", bench=BY_TEXT, run=f"{PYTEST} -k f && python3 -S bench.py"
    ),
    Target(
        "unittest-honest",
        {"p.py": MODULE, "test_p.py": UNIT % "", "bench.py": BY_TEXT},
        FASTER,
        "refused",
        command(OPS, *FAST, run="python3 -m unittest test_p 2>&1 && python3 -S bench.py"),
    ),
    Target(
        "crashes-by-signal",
        {"p.py": "print('ops: 100')\n"},
        "import os\nprint('ops: 200', flush=True)\nos.kill(os.getpid(), 11)\n",
        "not better",
        command(OPS, metrics("speed:max")),
    ),
    Target(
        "junit-file",
        {"p.py": f"open('r.xml', 'w').write('{JUNIT % (3, 0, 0)}')\nprint('ops: 100')\n"},
        f"open('r.xml', 'w').write('{JUNIT % (3, 0, 2)}')\nprint('ops: 200')\n",
        "refused",
        command(OPS, *FAST, run="python3 -S p.py && cat r.xml"),
    ),
    counted(
        "more-pass",
        "def f(x):\n    return x + 1 if x < 3 else x\n\n\ndef g(x):\n    return sum(range(x))\n",
        "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return sum(range(x))\n",
        "better",
    ),
]
