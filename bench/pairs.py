"""What `strop compare` says of pairs of programs whose relation is known, in six forms of target.

    python bench/pairs.py                      # every pair in every form, one table; an hour or two
    python bench/pairs.py --forms time,judge --pairs '2x faster' --max-time 1m
    python bench/pairs.py --equal 10           # each equal pair so many times in each form: none may be better or worse

A pair is the original and a candidate that differs in one known way. Its time is exactly known: the work is rounds of one loop,
of which the original makes two for each round of the candidate's answer. No language model is asked.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """ROUNDS = {rounds}


def mix(rounds):
    total = 1
    for each in range(rounds):
        total = (total * 31 + each) % 1000003
    return total


def answer(values):
    n = sum(values)
    total = mix(n * ROUNDS)
    mix(n * ROUNDS * 100 // 100)
    return [total, n * (70 + n % 20) // 100]
"""
"""Answers with a number, which must be right, and with a part of the sum, which scores."""
ANSWER, OTHER, GUESS, TOTAL = "def answer(values):\n", "100 // 100)\n", "(70 + n % 20)", "return [total,"
DRAWS = "[draw.randrange(200) for _ in range(10)]"
EQUAL, BETTER, WORSE, ANY = "equal", "better", "worse", "any"


@dataclass(frozen=True)
class Pair:
    """One known difference."""

    by_time: str
    """What is true of the candidate where time decides."""
    by_score: str
    """What is true of it where a score decides."""
    after: tuple[tuple[str, str], ...]
    """Texts of the original, each with what stands in its place in the candidate."""
    before: tuple[tuple[str, str], ...] = ()
    """What stands in place of texts of `PROGRAM` in the original."""


def rounds(percent: int) -> tuple[tuple[str, str], ...]:
    """A candidate that takes so many hundredths of the original's time."""
    return ((OTHER, f"{2 * percent - 100} // 100)\n"),)


def returned(changed: str) -> tuple[tuple[str, str], ...]:
    """A candidate that returns something else in place of its number."""
    return ((TOTAL, f"return [{changed},"),)


KEPT = """    if not KEPT:
        KEPT.append(1)
        mix(1_000_000)
"""
PAIRS = {
    "a renamed variable": Pair(EQUAL, EQUAL, (("total = mix", "found = mix"), (TOTAL, "return [found,"))),
    "another comment": Pair(EQUAL, EQUAL, ((OTHER, OTHER[:-1] + "  # twice\n"),)),
    "3% slower": Pair(WORSE, EQUAL, rounds(103)),
    "3% faster": Pair(BETTER, EQUAL, rounds(97)),
    "10% slower": Pair(WORSE, EQUAL, rounds(110)),
    "10% faster": Pair(BETTER, EQUAL, rounds(90)),
    "2x slower": Pair(WORSE, EQUAL, rounds(200)),
    "2x faster": Pair(BETTER, EQUAL, rounds(50)),
    "a score 0.04 lower": Pair(WORSE, WORSE, ((GUESS, "(66 + n * 7 % 20)"),)),
    "a score 0.04 higher": Pair(WORSE, BETTER, ((GUESS, "(74 + n * 7 % 20)"),)),
    "wrong on one in 50": Pair(WORSE, WORSE, returned("total + (n % 50 == 7)")),
    "wrong on one in 500": Pair(WORSE, WORSE, returned("total + (n % 500 == 7)")),
    "raises": Pair(WORSE, WORSE, returned("total // (n - n)")),
    "does not load": Pair(WORSE, WORSE, ((ANSWER, "FIRST = [][0]\n\n\n" + ANSWER),)),
    "3x slower if large": Pair(WORSE, EQUAL, ((OTHER, "(500 if n > 1150 else 100) // 100)\n"),)),
    "2x faster if large": Pair(BETTER, EQUAL, ((OTHER, "(0 if n > 1150 else 100) // 100)\n"),)),
    "keeps its answers": Pair(
        ANY,
        EQUAL,
        (
            (ANSWER, "KEPT = [1]\n\n\n" + ANSWER),
            (
                "total = mix(n * ROUNDS)",
                "for each in range(len(KEPT) - 1, n * ROUNDS):\n        KEPT.append((KEPT[-1] * 31 + each) % 1000003)\n"
                "    total = KEPT[n * ROUNDS]",
            ),
        ),
    ),
    "a faster first call": Pair(
        ANY, EQUAL, ((KEPT, ""),), ((ANSWER, "KEPT = []\n\n\n" + ANSWER), ("    n = sum", KEPT + "    n = sum"))
    ),
    "takes 64 MiB more": Pair(WORSE, EQUAL, ((OTHER, OTHER + "    bytearray(1 << 26)[::4096]\n"),)),
    "prints a line": Pair(ANY, ANY, ((OTHER, OTHER + '    print("n is", n)\n'),)),
    "changes its argument": Pair(ANY, EQUAL, ((OTHER, OTHER + "    values.sort()\n"),)),
    "answers by chance": Pair(
        WORSE, WORSE, ((ANSWER, "import random\n\n\n" + ANSWER), *returned("total + random.randrange(2)"))
    ),
}


def by_time(root: Path) -> list[str]:
    """A marked function, scored by time."""
    (root / "marks.py").write_text(
        "import strop\nfrom program import answer\n\n\ndef sample(random):\n"
        f"    draw = random\n    return {{'values': {DRAWS}}}\n\n\n"
        "target = strop.improve_me(score='time', sample=sample)(answer)\n"
    )
    return ["marks.py:target"]


def by_function(root: Path) -> list[str]:
    """A marked function with a score."""
    (root / "marks.py").write_text(
        f"import strop\nfrom program import answer\n\n\n{RIGHT}\n\ndef sample(random):\n"
        f"    draw = random\n    return {{'values': {DRAWS}}}\n\n\n"
        "def score(instance, answer):\n"
        "    total, part = answer\n    n = sum(instance['values'])\n"
        "    if total != mix(n):\n        raise strop.Malformed('another number')\n    return part / n\n\n\n"
        "target = strop.improve_me(score=score, sample=sample)(answer)\n"
    )
    return ["marks.py:target"]


RIGHT = PROGRAM[PROGRAM.index("def mix") : PROGRAM.index("\n\ndef answer")]
COMMAND = f"""import random, sys
from program import answer
draw = random.Random(int(sys.argv[1]))
for _ in range(20):
    print(*answer({DRAWS}))
"""


def by_command(root: Path) -> list[str]:
    """A command that gets a seed, scored by time."""
    (root / "main.py").write_text(COMMAND)
    return [".", "--files", "program.py", "--command", "python3 main.py {seed}", "--score", "time"]


def by_judge(root: Path) -> list[str]:
    """A command that gets a seed, whose output a judge scores."""
    (root / "main.py").write_text(COMMAND)
    (root / "judge.py").write_text(
        f"import random, sys\n\n\n{RIGHT}\n\ndraw, parts = random.Random(int(sys.argv[1])), []\n"
        "for line in open(sys.argv[2]):\n    total, part = map(int, line.split())\n"
        f"    n = sum({DRAWS})\n    if total != mix(n):\n        sys.exit('another number')\n    parts.append(part / n)\n"
        "print('score', sum(parts) / 20)\n"
    )
    judged = ["--judge", "python3 judge.py {seed} {output}", "--set", 'judge_files=["judge.py"]']
    score = ["--score", r"score=score (\S+)", "--metric", "score:max"]
    return [".", "--files", "program.py", "--command", "python3 main.py {seed}", *judged, *score]


def by_evaluator(root: Path) -> list[str]:
    """An evaluator file with a seed."""
    (root / "evaluator.py").write_text(
        f"import importlib.util, random\n\n\n{RIGHT}\n\n"
        "def evaluate(program_path, seed=0):\n"
        "    spec = importlib.util.spec_from_file_location('program', program_path)\n"
        "    program = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(program)\n"
        "    draw, parts = random.Random(seed), []\n    for _ in range(20):\n"
        f"        values = {DRAWS}\n        n, (total, part) = sum(values), program.answer(list(values))\n"
        "        if total != mix(n):\n            return {'combined_score': 0.0, 'error': 'another number'}\n"
        "        parts.append(part / n)\n    return {'combined_score': sum(parts) / 20}\n"
    )
    return ["program.py", "--evaluator", "evaluator.py", "--trust-scorer"]


def by_record(root: Path) -> list[str]:
    """Recorded calls of a command."""
    (root / "app.py").write_text(
        f"import random\nfrom program import answer\ndraw = random.Random(1)\nfor _ in range(80):\n    answer({DRAWS})\n"
    )
    return ["program:answer", "--record", "python3 app.py"]


FORMS: dict[str, tuple[Callable[[Path], list[str]], int]] = {
    "time": (by_time, 20),
    "command": (by_command, 20),
    "record": (by_record, 20),
    "score": (by_function, 1),
    "judge": (by_judge, 1),
    "evaluator": (by_evaluator, 1),
}
"""Form → how its target is written, and rounds of the loop for each unit of the sum. In the first three, time decides."""
TIMED = 20


@dataclass(frozen=True)
class Said:
    """What one comparison said."""

    finding: str
    exit_code: int
    n: int
    seconds: float
    load: float
    sentence: str


def compared(pair: Pair, form: str, more: list[str]) -> Said:
    """Compare a pair in a form."""
    write, times = FORMS[form]
    before = replaced(PROGRAM.format(rounds=times), pair.before)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        root.mkdir()
        Path(folder, "candidate.py").write_text(replaced(before, pair.after))
        (root / "program.py").write_text(before)
        (root / "pyproject.toml").write_text("")
        flags = ["--with", "../candidate.py", "--json", "--fail-on", "not-better", "--out", "../run", *more]
        command = [sys.executable, "-m", "strop", "compare", *write(root), *flags]
        began, load = time.monotonic(), os.getloadavg()[0]
        ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
    if ended.returncode not in (0, 6):
        return Said("refused", ended.returncode, 0, seconds, load, (ended.stderr.strip().splitlines() or [""])[-1])
    found = json.loads(ended.stdout)
    n = (found["change"] or {}).get("n", 0)
    return Said(found["finding"], ended.returncode, n, seconds, load, found["sentence"])


def replaced(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    """The text with these changes, each of which must be possible."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def rows(pairs: list[str], forms: list[str], more: list[str]) -> Iterator[str]:
    """The rows of the table."""
    yield "| pair | form | truth | finding | exit | n | seconds | load | sentence |"
    yield "|---" * 9 + "|"
    for name in pairs:
        for form in forms:
            said = compared(PAIRS[name], form, more)
            truth = PAIRS[name].by_time if FORMS[form][1] == TIMED else PAIRS[name].by_score
            row = (name, form, truth, said.finding, said.exit_code, said.n, f"{said.seconds:.0f}", f"{said.load:.1f}")
            yield f"| {' | '.join(map(str, row))} | {said.sentence.replace('|', '/')} |"


def equal(times: int, forms: list[str], more: list[str]) -> Iterator[str]:
    """How often each finding is said of equal programs."""
    names = [name for name, pair in PAIRS.items() if pair.by_time == pair.by_score == EQUAL]
    for form in forms:
        found = [compared(PAIRS[name], form, more) for name in names for _ in range(times)]
        yield f"{form}: {dict(Counter(said.finding for said in found))}, {sum(said.seconds for said in found):.0f} s"
        yield from (f"  {said.sentence}" for said in found if said.finding != "no significant improvement")


def main() -> None:
    """Print the table, a row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--equal", type=int, default=0, metavar="TIMES")
    given, more = parser.parse_known_args()
    forms = given.forms.split(",")
    for line in equal(given.equal, forms, more) if given.equal else rows(given.pairs.split(","), forms, more):
        print(line, flush=True)


if __name__ == "__main__":
    main()
