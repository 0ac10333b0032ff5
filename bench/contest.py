"""Problems of a public contest suite as judged targets: Frontier-CS, algorithmic track (MIT), which is fetched and stays outside.

    python bench/contest.py make SUITE TARGETS           # a folder with a strop.toml for each problem that is used
    python bench/contest.py agree SUITE TARGETS          # scores in strop beside those of the suite's own checker
    python bench/contest.py room SUITE TARGETS           # stored programs: the first beside the best of five

SUITE is a checkout, or its folder `algorithmic`. A problem is used if its checker reads only the input and the output and prints
a ratio, if `contest_cases.py` draws cases of it, and if at most a quarter of the stored programs names a clock: what depends on
the time that is left scores differently each time. A target has the suite's own cases and drawn ones, half of them held out. Its
original is the stored program with the lowest ratio above 0, which must leave room. `make` and `agree` run stored programs
outside of any jail, as the suite does.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from contest_cases import CASES

import strop

COUNT = 12
"""Cases of a target; the first half is for training."""
STORED, SAMPLES = 10, 5
"""Stored programs that are looked at, in alphabetical order; and how many of them are the samples of one model's searches."""
MOST_ORIGINAL = 0.95
"""An original with a higher mean ratio leaves no room."""
EACH = 4
"""Programs of a problem that are compared with the suite, at most."""
CLOCK = re.compile(r"\bchrono\b|\btime\s*\(|\bclock\s*\(|random_device|rdtsc")
READS_ANSWER = re.compile(r"\bans\s*\.\s*\w+\s*\(")
RATIO = re.compile(r"Ratio: ([\d.]+)")
DESCRIPTION = """{statement}

Write the whole program, in one file of C++17. It reads standard input and writes standard output, and must not depend on a clock.
"""
CONFIGURATION = """# Problem {number} of Frontier-CS, its algorithmic track.

name = "contest-{number}"
description_file = "statement.txt"
files = ["solve.cpp"]

build = "g++ -O2 -std=gnu++17 -o solve solve.cpp"
command = "./solve < {{input}}"
cases = "cases/*.in"

judge_build = "g++ -O2 -std=gnu++17 -o check check.cpp"
judge = "./check {{input}} {{output}} answer 2>&1"
judge_files = ["check.cpp", "testlib.h", "answer"]
score = 'Ratio: ([\\d.]+)'
metric = ["score:max"]
range = [0, 1]
best_known = 1

time_limit = {seconds:g}
memory_limit = "{megabytes} MiB"
"""


@dataclass(frozen=True)
class Problem:
    """A problem of the suite, in its folder."""

    number: int
    folder: Path
    programs: tuple[Path, ...]
    """Stored programs that name no clock, in alphabetical order."""
    stored: int

    @property
    def checker(self) -> str:
        """Source of its checker."""
        name = _entry(self.folder, "checker") or "chk.cc"
        return (self.folder / name).read_text("utf-8")

    @property
    def seconds(self) -> float:
        """Its time limit."""
        return float(_entry(self.folder, "time").rstrip("s") or 2)

    @property
    def is_used(self) -> bool:
        """Whether it may become a target."""
        if _entry(self.folder, "type") != "default" or self.number not in CASES:
            return False
        is_plain = RATIO.pattern[:6] in self.checker and not READS_ANSWER.search(self.checker)
        return is_plain and len(self.programs) >= max(SAMPLES, 0.75 * self.stored)


def problems(suite: Path) -> Iterator[Problem]:
    """All problems of the suite, by number."""
    suite = suite / "algorithmic" if (suite / "algorithmic").is_dir() else suite
    for folder in sorted((suite / "problems").iterdir(), key=lambda each: (len(each.name), each.name)):
        stored = sorted((suite / "solutions" / folder.name).glob("*.cpp"))
        programs = tuple(each for each in stored if not CLOCK.search(each.read_text("utf-8", "replace")))
        if folder.name.isdigit():
            yield Problem(int(folder.name), folder, programs, len(stored))


def _entry(folder: Path, key: str) -> str:
    """A value of a problem's configuration, empty without one."""
    found = re.search(rf"^{key}:[ ]*(\S+)", (folder / "config.yaml").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def make(suite: Path, targets: Path, only: Sequence[int]) -> None:
    """Write a target for each problem of the suite that may become one, and print what its stored programs score."""
    testlib = next(suite.rglob("testlib.h"))
    for problem in problems(suite):
        if not problem.is_used or problem.number not in (only or CASES):
            continue
        target = targets / f"contest-{problem.number}"
        shutil.rmtree(target, ignore_errors=True)
        (target / "cases").mkdir(parents=True)
        rng = random.Random(problem.number)
        own = [each.read_text() for each in sorted(problem.folder.glob("testdata/*.in"))][: COUNT // 2]
        # The suite's own cases are spread over both halves.
        texts = own + [CASES[problem.number](rng) for _ in range(COUNT - len(own))]
        for number, text in enumerate(sorted(texts, key=lambda each: rng.random())):
            (target / "cases" / f"{number:02}.in").write_text(text)
        (target / "answer").touch()
        (target / "check.cpp").write_text(problem.checker)
        shutil.copy(testlib, target / "testlib.h")
        statement = (problem.folder / "statement.txt").read_text("utf-8", "replace")
        (target / "statement.txt").write_text(DESCRIPTION.format(statement=statement.strip()))
        megabytes = max(int(_entry(problem.folder, "memory").rstrip("mMbB") or 256), 64)
        words = CONFIGURATION.format(number=problem.number, seconds=problem.seconds, megabytes=megabytes)
        (target / "strop.toml").write_text(words)
        with Suite(target, problem.seconds) as by_suite:
            ratios = {program: by_suite.ratios(program) for program in problem.programs[:STORED]}
        means = {program: sum(each) / len(each) for program, each in ratios.items() if min(each, default=0) > 0}
        if not means:
            print(f"contest-{problem.number}: no stored program passes all cases")
            shutil.rmtree(target)
            continue
        original = min(means, key=lambda program: means[program])
        if means[original] > MOST_ORIGINAL:
            print(f"contest-{problem.number}: every stored program that passes has {means[original]:.3f} or more")
            shutil.rmtree(target)
            continue
        shutil.copy(original, target / "solve.cpp")
        print(f"contest-{problem.number}: {' '.join(f'{means.get(each, 0):.3f}' for each in ratios)}", flush=True)


class Suite:
    """The suite's own way to score a program: its checker, called directly."""

    def __init__(self, target: Path, seconds: float) -> None:
        self._target, self._seconds = target, seconds
        self._scratch = tempfile.TemporaryDirectory()
        self._checker = self._compiled(target / "check.cpp")

    def ratios(self, program: Path) -> list[float]:
        """The ratio of a program on each case, up to the first that it fails, which has 0; empty if it does not compile."""
        try:
            solve = self._compiled(program)
        except subprocess.CalledProcessError:
            return []
        found = []
        for case in sorted(self._target.glob("cases/*.in")):
            found.append(self._ratio(solve, case))
            if not found[-1]:
                break
        return found

    def _ratio(self, solve: Path, case: Path) -> float:
        output = solve.with_suffix(".out")
        try:
            with case.open() as given, output.open("w") as written:
                subprocess.run([solve], stdin=given, stdout=written, timeout=5 * self._seconds, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return 0.0
        answer = self._target / "answer"
        checked = subprocess.run([self._checker, case, output, answer], capture_output=True, text=True, check=False)
        found = RATIO.search(checked.stdout + checked.stderr)
        return float(found[1]) if found else 0.0

    def _compiled(self, source: Path) -> Path:
        made = Path(self._scratch.name) / source.stem
        flags = ["-O2", "-std=gnu++17", f"-I{self._target}", "-o"]
        subprocess.run(["g++", *flags, made, source], check=True, capture_output=True)
        return made

    def __enter__(self) -> Suite:
        return self

    def __exit__(self, *exc: object) -> None:
        self._scratch.cleanup()


def scored(target: Path, program: Path) -> list[float]:
    """The ratio of a program on each case, as strop measures it; shorter if one fails."""
    found = [strop.score(program, task=target, split=split, workers=1) for split in ("train", "test")]
    return [row["score"] for each in found for row in each.metrics]


def agree(suite: Path, targets: Path, most: int) -> None:
    """Hold the ratios of stored programs on all cases against those of the suite."""
    compared = differing = 0
    for problem, target in _made(suite, targets):
        with Suite(target, problem.seconds) as by_suite:
            ratios = ((program, by_suite.ratios(program)) for program in problem.programs[:STORED])
            passing = ((program, each) for program, each in ratios if min(each, default=0) > 0)
            for program, theirs in islice(passing, min(EACH, most - compared)):
                own = scored(target, program)
                is_same = sorted(own) == sorted(theirs)  # strop has another order of cases
                compared, differing = compared + 1, differing + (not is_same)
                print(f"{target.name} {program.name}: {'as the suite' if is_same else (own, theirs)}", flush=True)
    print(f"{compared} programs on {COUNT} cases each, {differing} with another ratio")


def room(suite: Path, targets: Path) -> None:
    """How much the best of five stored programs, chosen in training, has more than the first, on held-out cases."""
    print(f"{'problem':14} {'original':>8} {'first':>8} {'best of 5':>9} {'room':>8}")
    for problem, target in _made(suite, targets):
        found = []
        for program in [target / "solve.cpp", *problem.programs[:SAMPLES]]:
            train, test = (strop.score(program, task=target, split=split, workers=1) for split in ("train", "test"))
            found.append([each.means.get("score", 0.0) if each.verdict == "ok" else 0.0 for each in (train, test)])
        original, first, *_ = found
        best = max(found[1:])
        row = (original[1], first[1], best[1], best[1] - first[1])
        print(f"{target.name:14} {row[0]:8.4f} {row[1]:8.4f} {row[2]:9.4f} {row[3]:8.4f}", flush=True)


def _made(suite: Path, targets: Path) -> Iterator[tuple[Problem, Path]]:
    for problem in problems(suite):
        if (target := targets / f"contest-{problem.number}").is_dir():
            yield problem, target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "agree", "room"))
    parser.add_argument("suite", type=Path)
    parser.add_argument("targets", type=Path)
    parser.add_argument("--programs", type=int, default=40, help="how many to compare with the suite")
    parser.add_argument("--problems", type=int, nargs="*", default=(), help="which to make; all by default")
    given = parser.parse_args()
    if given.what == "make":
        make(given.suite, given.targets, given.problems)
    elif given.what == "agree":
        agree(given.suite, given.targets, given.programs)
    else:
        room(given.suite, given.targets)


if __name__ == "__main__":
    main()
