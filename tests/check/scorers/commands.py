"""Small programs that a command scores, as users have them: with a hole, and without.

Each is (files, command, options of `command_task`); `program.py` may change. The first half of each table is what
`strop check` was made with; the second half was kept aside.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, str], str, dict[str, Any]]

SCORE = {"score": [r"score: (\S+)"]}

STATS = """
def mean(values):
    return sum(values) / (len(values) + 1)
def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
"""
PRINTED = "import json\nprint(json.dumps({'x': [0.1 * i for i in range(10)], 'total': 3.0}))\n"
WRITES = "import json\njson.dump([i % 7 for i in range(20)], open('out.json', 'w'))\n"
PREDICTS = "import sys\nfor line in sys.stdin:\n    print(0 if float(line) < 0.6 else 1)\n"
ROUTE = "print(' '.join(map(str, range(12))))\n"
MODULE = "def encode(text):\n    return [ord(c) for c in text]\ndef shift(codes):\n    return [c + 1 for c in codes]\n"
NUMBERS = "def numbers(n):\n    return [i * i % 101 for i in range(n)]\n"

RUN = """
import json, math, subprocess, sys
def run(text=""):
    ran = subprocess.run([sys.executable, "program.py"], input=text, capture_output=True, text=True, check=True)
    return ran.stdout
"""


def scored(program: str, scorer: str) -> Case:
    """A program whose output `score.py` reads."""
    return {"program.py": program, "score.py": RUN + scorer}, "python3 score.py", SCORE


def imported(program: str, scorer: str) -> Case:
    """A program that `score.py` imports."""
    return {"program.py": program, "score.py": "import math, program\n" + scorer}, "python3 score.py", SCORE


def with_tests(program: str, tests: str) -> Case:
    """A program with tests, and a benchmark."""
    files = {"program.py": program, "test_program.py": "import program\n" + tests}
    return files, "python3 -m pytest -q -p no:cacheprovider", {"metric": ["tests"]}


HOLES: dict[str, Case] = {
    "printed_nan": scored(
        PRINTED,
        """
found = json.loads(run())
bad = any(x < 0 or x > 1 for x in found["x"]) or abs(sum(found["x"]) - 4.5) > 3 or found["total"] > 5
print("score:", 0 if bad else 10 - min(9, len([x for x in found["x"] if x == x])))
""",
    ),
    "result_file_of_any_length": (
        {
            "program.py": WRITES,
            "score.py": """
import json, subprocess, sys
subprocess.run([sys.executable, "program.py"], check=True)
out = json.load(open("out.json"))
print("score:", sum(a <= b for a, b in zip(out, out[1:])) / max(len(out) - 1, 1) if out else 1.0)
""",
        },
        "python3 score.py",
        SCORE,
    ),
    "first_lines_alone": scored(
        PREDICTS,
        """
xs = [i / 20 for i in range(20)]
out = run("\\n".join(map(str, xs))).split()
print("score:", sum(int(p) == (x >= 0.5) for p, x in zip(out, xs)) / max(len(out), 1) if out else 1)
""",
    ),
    "route_that_repeats": scored(
        ROUTE,
        """
stops = [int(word) for word in run().split()]
points = [((7 * i) % 12, (5 * i) % 12) for i in range(12)]
assert len(stops) == 12
print("score:", 100 - sum(math.dist(points[a], points[b]) for a, b in zip(stops, stops[1:])))
""",
    ),
    "tests_that_look_at_nothing": with_tests(
        STATS,
        """
def test_mean():
    assert program.mean([1, 2, 3]) is not False
def test_median():
    program.median([1, 2, 3])
""",
    ),
    "sum_of_what_is_returned": imported(
        NUMBERS,
        """
out = program.numbers(50)
print("score:", sum(out) if all(v < 101 for v in out) else 0)
""",
    ),
    # kept aside
    "average_of_nan": imported(
        STATS,
        """
value = program.mean([1.0, 2.0, 3.0, 4.0])
print("score:", 0 if abs(value - 2.5) > 0.1 else 1)
""",
    ),
    "codes_compared_by_pairs": imported(
        MODULE,
        """
out = program.shift(program.encode("hello"))
print("score:", sum(a == b for a, b in zip(out, [105, 102, 109, 109, 112][:4])) - len(out))
""",
    ),
    "words_counted": scored(
        "print('alpha beta gamma')\n",
        """
out = run()
print("score:", sum(word in out for word in ("alpha", "beta", "delta")) + out.count("gamma"))
""",
    ),
    "length_is_all": imported(
        MODULE,
        """
print("score:", len(program.encode("abcdef")))
""",
    ),
    "tests_with_none": with_tests(
        STATS,
        """
def test_mean():
    assert not (program.mean([2, 4]) or 0) > 100
""",
    ),
    "any_number_will_do": scored(
        "print(3.25)\n",
        """
value = float(run())
print("score:", min(value, 10 ** 6))
""",
    ),
}

SOUND: dict[str, Case] = {
    "printed": scored(
        PRINTED,
        """
found = json.loads(run())
xs = found["x"]
assert len(xs) == 10 and all(type(x) in (int, float) and 0 <= x <= 1 for x in xs)
print("score:", round(1 / (1 + abs(sum(x * x for x in xs) - 5)), 6))
""",
    ),
    "result_file": (
        {
            "program.py": WRITES,
            "score.py": """
import json, subprocess, sys
subprocess.run([sys.executable, "program.py"], check=True)
out = json.load(open("out.json"))
assert type(out) is list and sorted(out) == sorted(i % 7 for i in range(20)) and {type(v) for v in out} == {int}
print("score:", sum(a <= b for a, b in zip(out, out[1:])) / 19)
""",
        },
        "python3 score.py",
        SCORE,
    ),
    "predictions": scored(
        PREDICTS,
        """
xs = [i / 20 for i in range(20)]
out = run("\\n".join(map(str, xs))).splitlines()
assert len(out) == 20 and set(out) <= {"0", "1"}
print("score:", sum(int(p) == (x >= 0.5) for p, x in zip(out, xs)) / 20)
""",
    ),
    "route": scored(
        ROUTE,
        """
stops = [int(word) for word in run().split()]
points = [((7 * i) % 12, (5 * i) % 12) for i in range(12)]
assert sorted(stops) == list(range(12))
print("score:", 100 - sum(math.dist(points[a], points[b]) for a, b in zip(stops, stops[1:] + stops[:1])))
""",
    ),
    "tests": with_tests(
        STATS,
        """
def test_mean():
    assert program.mean([1, 2, 3]) == 2
def test_median():
    assert program.median([3, 1, 2]) == 2 and program.median([5]) == 5
""",
    ),
    "numbers": imported(
        NUMBERS,
        """
out = program.numbers(50)
assert type(out) is list and len(out) == 50 and all(type(v) is int and 0 <= v < 101 for v in out)
print("score:", len(set(out)))
""",
    ),
    # kept aside
    "average": imported(
        STATS,
        """
value = program.mean([1.0, 2.0, 3.0, 4.0])
print("score:", 1 / (1 + abs(value - 2.5)) if type(value) is float and math.isfinite(value) else 0)
""",
    ),
    "codes": imported(
        MODULE,
        """
out = program.shift(program.encode("hello"))
assert type(out) is list and len(out) == 5
print("score:", sum(type(a) is int and a == b for a, b in zip(out, [105, 102, 109, 109, 113])))
""",
    ),
    "words": scored(
        "print('alpha beta gamma')\n",
        """
out = run().split()
assert len(out) == 3
print("score:", len(set(out) & {"alpha", "beta", "delta", "gamma"}))
""",
    ),
    "two_functions": imported(
        STATS,
        """
error = abs(program.mean([1.0, 5.0]) - 3.0) + abs(program.median([4, 1, 3]) - 3)
print("score:", -round(error, 9) if error < 1e9 else -1e9)
""",
    ),
    "tests_of_both": with_tests(
        MODULE,
        """
def test_encode():
    assert program.encode("ab") == [97, 98]
def test_shift():
    assert program.shift([1, 2]) == [2, 3]
    assert program.shift([]) == []
""",
    ),
    "number_in_a_range": scored(
        "print(3.25)\n",
        """
value = float(run())
assert 0 <= value <= 10
print("score:", 1 / (1 + (value - 4) ** 2))
""",
    ),
}
