"""Every example is executed: as its own README says, in a copy, by the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.facts import told

EXAMPLES = Path(__file__).parents[2] / "examples"

Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of an example, by its folder's name."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(EXAMPLES / name, tmp_path / name))

    return copy


def run(folder: Path, *command: str) -> Ended:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "XDG_DATA_HOME": str(folder.parent / "data"),
        "COLUMNS": "120",
        "STROP_WORKERS": "1",
        "STROP_MODEL": "offline",
    }
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env, timeout=600, check=False)


def strop(folder: Path, *arguments: str) -> Ended:
    return run(folder, sys.executable, "-m", "strop", *arguments)


def answers(folder: Path, *texts: str) -> str:
    """A model that gives these answers, as a specification."""
    path = folder.parent / "answers.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return f"scripted:{path}"


SWEEP = """\
Sort by x; a point is compared with those alone that are not too far to the right.

=== file: closest.c ===
#include <stdlib.h>
#include <string.h>

#include "points.h"

static int by_x(const void *a, const void *b)
{
    long p = ((const point *)a)->x, q = ((const point *)b)->x;
    return (p > q) - (p < q);
}

long closest(const point *points, int n)
{
    point *sorted = malloc(n * sizeof *sorted);
    memcpy(sorted, points, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_x);
    long best = squared(sorted[0], sorted[1]);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            long across = sorted[j].x - sorted[i].x;
            if (across * across >= best)
                break;
            long found = squared(sorted[i], sorted[j]);
            if (found < best)
                best = found;
        }
    free(sorted);
    return best;
}
"""

WRONG = '=== file: closest.c ===\n#include "points.h"\nlong closest(const point *p, int n) { (void)p; (void)n; return 1; }\n'


def fenced(text: str) -> str:
    words, _, program = text.rpartition("\n\n=== file") if "\n\n=== file" in text else ("", "", text)
    return f"{words}\n```\n{'=== file' + program if words else program}```\n"


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, ("cc", "make", "patch"))), reason="this machine lacks cc, make or patch")
def test_command_example_ends_in_a_patch_that_passes_its_tests(example: Callable[[str], Path]) -> None:
    folder = example("command")
    model = answers(folder, *(fenced(each) for each in (SWEEP, WRONG)))
    improved = strop(
        folder, "improve", ".", "--model", model, "--max-responses", "2", "--lm-budget", "1", "--out", "../run"
    )
    assert improved.returncode == 0, improved.stderr
    assert "as fast (95% interval" in improved.stdout
    assert "tests: 1 passed before\n" in improved.stderr and told(improved.stdout, "tests") == "1 pass"
    assert (folder / "closest.c").read_text() == (EXAMPLES / "command" / "closest.c").read_text()
    (patch,) = (folder.parent / "run").glob("solution.diff")
    applied = run(folder, "patch", "-p1", "-i", str(patch))
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "qsort" in (folder / "closest.c").read_text()
    checked = run(folder, "make", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "not ok" not in checked.stdout


BY_VALUE = """\
#include <algorithm>
#include <iostream>
#include <vector>
int main() {
    int count, capacity;
    std::cin >> count >> capacity;
    std::vector<std::pair<double, int>> order;
    std::vector<int> weights(count);
    for (int item = 0, value; item < count; item++) {
        std::cin >> weights[item] >> value;
        order.push_back({-double(value) / weights[item], item});
    }
    std::sort(order.begin(), order.end());
    for (auto [_, item] : order)
        if (weights[item] <= capacity) capacity -= weights[item], std::cout << item << "\\n";
}
"""
THIEF = """\
#include <cstdlib>
int main() { return system("cat hidden/*.ans; echo ratio: 1"); }
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="this machine lacks g++")
def test_judged_example_is_better_by_its_judge_and_a_thief_finds_nothing(example: Callable[[str], Path]) -> None:
    folder = example("judged")
    model = answers(folder, fenced(THIEF), fenced(BY_VALUE))
    improved = strop(folder, "improve", ".", "--model", model, "--max-responses", "2", "--lm-budget", "1", "--json")
    assert improved.returncode == 0, improved.stderr
    found = json.loads(improved.stdout)
    assert (found["finding"], found["scored_by"]) == ("better", "judge")
    assert "the judge refuses the answer" in improved.stderr
    assert sorted(each["train"]["verdict"] for each in found["candidates"]) == ["malformed", "ok", "ok"]


@pytest.mark.slow
def test_sample_and_score_ends_in_a_better_program_that_its_own_test_accepts(example: Callable[[str], Path]) -> None:
    folder = example("sample_and_score")
    assert "feature-flags: no problems found by these trials" in strop(folder, "check", "task.py").stdout
    ended = strop(folder, "improve", "task.py", "--model", "offline:skill=0.9", "--json")
    assert json.loads(ended.stdout)["finding"] == "better", ended.stderr
    assert strop(folder, "apply").returncode == 0
    assert "def choose" in (folder / "flags.py").read_text()
    tested = run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".")
    assert tested.returncode == 0, tested.stdout


TWO_OPT = """\
Undo crossings.

<<<<<<< SEARCH
        order.append(nearest)
    return order
=======
        order.append(nearest)
    size, better = len(order), True
    while better:
        better = False
        for i in range(1, size - 1):
            for j in range(i + 1, size):
                a, b, c, d = (cities[order[k % size]] for k in (i - 1, i, j, j + 1))
                if math.dist(a, c) + math.dist(b, d) < math.dist(a, b) + math.dist(c, d) - 1e-12:
                    order[i : j + 1] = order[i : j + 1][::-1]
                    better = True
    return order
>>>>>>> REPLACE
"""

FEWER = """\
Visit nobody.

<<<<<<< SEARCH
    return order
=======
    return order[:1]
>>>>>>> REPLACE
"""

OUTSIDE = """\
Call everything short.

<<<<<<< SEARCH
    \"\"\"Of the round tour.\"\"\"
=======
    return 0.0
>>>>>>> REPLACE
"""


@pytest.mark.slow
def test_evaluator_example_ends_in_a_patch_of_the_marked_region(example: Callable[[str], Path]) -> None:
    folder = example("evaluator")
    before = (folder / "program.py").read_text()
    task = ("program.py", "--evaluator", "evaluator.py")
    assert "program: no problems found by these trials" in strop(folder, "check", *task).stdout
    limits = ("--max-responses", "3", "--lm-budget", "1", "--out", "../run", "--trust-programs", "--json")
    ended = strop(folder, "improve", *task, "--model", answers(folder, TWO_OPT, FEWER, OUTSIDE), *limits)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["finding"] == "better"
    assert "only the marked regions may change" in ended.stderr
    assert (folder / "program.py").read_text() == before
    assert strop(folder, "apply", "../run").returncode == 0
    assert "size, better" in (folder / "program.py").read_text()
    assert (folder / "program.py").read_text().partition("# EVOLVE-BLOCK-END")[2] == before.partition(
        "# EVOLVE-BLOCK-END"
    )[2]


SORTED = '''\
Sort the bookings by their beginning; then only the last span can be touched.

```python
import operator


def in_use(bookings):
    """The spans in which the room is in use, in order: bookings that overlap or meet are one span."""
    spans = []
    for start, end in sorted(bookings, key=operator.itemgetter(0)):
        if spans and start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([start, end])
    return spans
```
'''


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("patch") is None, reason="this machine lacks the program patch")
def test_function_example_ends_in_a_patch_of_the_function_alone_that_passes_its_tests(
    example: Callable[[str], Path],
) -> None:
    folder = example("function")
    before = (folder / "bookings.py").read_text()
    model = answers(folder, SORTED, SORTED.replace("max(spans[-1][1], end)", "end"), "No idea.")
    target = ("improve", "bookings.py:in_use", "--improver", "best_of_n", "--lm-budget", "1", "--max-responses", "3")
    ended = strop(folder, *target, "--model", model, "--out", "../run", "--json")
    assert json.loads(ended.stdout)["finding"] == "better", ended.stderr
    assert (folder / "bookings.py").read_text() == before
    (patch,) = (folder.parent / "run").glob("solution.diff")
    applied = run(folder, "patch", "-p1", "-i", str(patch))
    assert applied.returncode == 0, applied.stdout + applied.stderr
    after = (folder / "bookings.py").read_text()
    start, end = "# Called for every room", "def hours"
    assert after.partition(start)[0] == before.partition(start)[0].replace(
        "import strop\n", "import strop\nimport operator\n"
    )
    assert after[after.index(end) :] == before[before.index(end) :]
    tested = run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".")
    assert tested.returncode == 0, tested.stdout
