"""Problems of a public contest suite as judged targets: Frontier-CS, algorithmic track (MIT), which is fetched and stays outside.

    python bench/contest.py make SUITE TARGETS           # a folder with a strop.toml for each problem that is used
    python bench/contest.py agree SUITE TARGETS RUN      # scores in a record beside those of the suite's own checker

SUITE is a checkout, or its folder `algorithmic`. A problem is used if its checker prints a ratio and reads beside the input and
the output at most a baseline value and a best value, if `contest_cases.py` draws cases of it, and if at least five stored
programs name no clock: what depends on the time that is left scores differently each time. A target has the suite's own cases
and drawn ones, half of them held out; baseline and best value are the means of those of the suite's own cases. There must be room
after the first response: on average over all draws, the best of five stored programs has a ratio of at least 0.01 more than one.
The original is the median of the stored programs whose ratio is above 0 on every case, because utilities are relative to it; with
`--zeros`, of all.
`make` and `agree` run programs outside of any jail, as the suite does.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from contest_cases import CASES

COUNT = 12
"""Cases of a target; the first half is for training."""
DRAWN, LEAST_ROOM = 5, 0.01
"""Room is what the best of five stored programs has more than one, in mean ratio; with less of it a problem is left out."""
MOST_SECONDS = 2
"""Longest time that a target asks for, where the suite's is longer."""
SPARE = 5
"""How often as long a program may take as it should. The limit here is one of CPU time: what else a machine does fails none."""
CLOCK = re.compile(r"\bchrono\b|\btime\s*\(|\bclock\s*\(|random_device|rdtsc")
READS_ANSWER = re.compile(r"\bans\s*\.\s*\w+\s*\(")
RATIO = re.compile(r"Ratio: ([\d.]+)")
DESCRIPTION = """{statement}

Write the whole program, in one file of C++17. It reads standard input and writes standard output, should take
{seconds:g} s for a case at most, and must not depend on a clock.
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

time_limit = {limit:g}
memory_limit = "{megabytes} MiB"
"""


@dataclass(frozen=True)
class Problem:
    """A problem of the suite, in its folder."""

    number: int
    folder: Path
    programs: tuple[Path, ...]
    """Stored programs that name no clock, in alphabetical order."""

    @property
    def checker(self) -> str:
        """Source of its checker."""
        name = _entry(self.folder, "checker") or "chk.cc"
        return (self.folder / name).read_text("utf-8")

    @property
    def seconds(self) -> float:
        """The time limit of its target."""
        return min(float(_entry(self.folder, "time").rstrip("s") or 2), MOST_SECONDS)

    @property
    def reference(self) -> tuple[int, ...] | None:
        """Baseline and best value that its checker reads, empty if it reads none; None if it reads something else."""
        reads = READS_ANSWER.findall(self.checker)
        if not reads:
            return ()
        own = [[int(word) for word in each.read_text().split()] for each in self.folder.glob("testdata/*.ans")]
        is_pair = len(reads) == 2 and "baseline_value" in self.checker and "best_value" in self.checker
        return tuple(round(mean(column)) for column in zip(*own, strict=True)) if is_pair and own else None

    @property
    def is_used(self) -> bool:
        """Whether it may become a target."""
        if _entry(self.folder, "type") != "default" or self.number not in CASES:
            return False
        return "Ratio:" in self.checker and self.reference is not None and len(self.programs) >= DRAWN


def problems(suite: Path) -> Iterator[Problem]:
    """All problems of the suite, by number."""
    suite = suite / "algorithmic" if (suite / "algorithmic").is_dir() else suite
    for folder in sorted((suite / "problems").iterdir(), key=lambda each: (len(each.name), each.name)):
        stored = sorted((suite / "solutions" / folder.name).glob("*.cpp"))
        programs = tuple(each for each in stored if not CLOCK.search(each.read_text("utf-8", "replace")))
        if folder.name.isdigit():
            yield Problem(int(folder.name), folder, programs)


def _entry(folder: Path, key: str) -> str:
    """A value of a problem's configuration, empty without one."""
    found = re.search(rf"^{key}:[ ]*(\S+)", (folder / "config.yaml").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def make(suite: Path, targets: Path, only: Sequence[int], zeros: bool) -> None:
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
        (target / "answer").write_text(" ".join(map(str, problem.reference or ())))
        (target / "check.cpp").write_text(problem.checker)
        shutil.copy(testlib, target / "testlib.h")
        statement = (problem.folder / "statement.txt").read_text("utf-8", "replace")
        (target / "statement.txt").write_text(DESCRIPTION.format(statement=statement.strip(), seconds=problem.seconds))
        megabytes = int(_entry(problem.folder, "memory").rstrip("mMbB") or 256)
        megabytes = max(megabytes, 1024)  # a checker is compiled in it
        limit = SPARE * problem.seconds
        words = CONFIGURATION.format(number=problem.number, limit=limit, megabytes=megabytes)
        (target / "strop.toml").write_text(words)
        with Suite(target, problem.seconds) as by_suite:
            ratios = {program: by_suite.ratios(program) for program in problem.programs}
        means = {program: mean(each) for program, each in ratios.items() if len(each) == COUNT}
        room = room_of(list(means.values()))
        originals = sorted(
            (program for program in means if zeros or min(ratios[program]) > 0), key=lambda program: means[program]
        )
        words = f"{len(means)} of {len(ratios)} programs pass, mean {mean(means.values() or [0]):.3f}, room {room:.3f}"
        if room >= LEAST_ROOM and originals:
            original = originals[len(originals) // 2]
            shutil.copy(original, target / "solve.cpp")
            print(f"{target.name}: {words}; original {means[original]:.3f}", flush=True)
        else:
            shutil.rmtree(target)
            print(f"{target.name}: {words}: left out", flush=True)


def room_of(means: Sequence[float]) -> float:
    """How much the best of `DRAWN` programs has more than one, on average over all draws; 0 where there are fewer programs."""
    n = len(means)
    if n < DRAWN:
        return 0.0
    best = sum(value * math.comb(k, DRAWN - 1) for k, value in enumerate(sorted(means))) / math.comb(n, DRAWN)
    return best - mean(means)


class Suite:
    """The suite's own way to score a program: its checker, called directly."""

    def __init__(self, target: Path, seconds: float) -> None:
        self._target, self._seconds = target, seconds
        self._scratch = tempfile.TemporaryDirectory()
        self._has_baseline = bool((target / "answer").read_text())
        self._checker = self._compiled(target / "check.cpp")

    def ratios(self, program: Path) -> list[float]:
        """The ratio of a program on each case, up to the first that it fails; empty if it does not compile.

        A ratio of 0 is a failure, unless it is that of the baseline.
        """
        try:
            solve = self._compiled(program)
        except subprocess.CalledProcessError:
            return []
        found = []
        for case in sorted(self._target.glob("cases/*.in")):
            ratio = self._ratio(solve, case)
            if ratio is None or (ratio == 0 and not self._has_baseline):
                break
            found.append(ratio)
        return found

    def _ratio(self, solve: Path, case: Path) -> float | None:
        output = solve.with_suffix(".out")
        try:
            with case.open() as given, output.open("w") as written:
                limit = f"ulimit -t {math.ceil(SPARE * self._seconds)}; exec {solve}"
                subprocess.run(["sh", "-c", limit], stdin=given, stdout=written, timeout=600, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        answer = self._target / "answer"
        checked = subprocess.run([self._checker, case, output, answer], capture_output=True, text=True, check=False)
        found = RATIO.search(checked.stdout + checked.stderr)
        return float(found[1]) if found else None

    def _compiled(self, source: Path) -> Path:
        made = Path(self._scratch.name) / source.stem
        flags = ["-O2", "-std=gnu++17", f"-I{self._target}", "-o"]
        subprocess.run(["g++", *flags, made, source], check=True, capture_output=True)
        return made

    def __enter__(self) -> Suite:
        return self

    def __exit__(self, *exc: object) -> None:
        self._scratch.cleanup()


def agree(suite: Path, targets: Path, run: Path, numbers: Sequence[int]) -> None:
    """Hold the ratios in the record of a run against those of the suite, program by program, on the cases of each evaluation."""
    query = "SELECT utility, solution, metrics FROM evaluation WHERE verdict = 'ok' AND metrics != '[]' ORDER BY seq"
    recorded: defaultdict[tuple[str, str], Counter[float]] = defaultdict(Counter)  # which cases are held out is secret
    with closing(sqlite3.connect(f"{(run / 'run.sqlite').absolute().as_uri()}?mode=ro", uri=True)) as connection:
        for task, text, metrics in connection.execute(query):
            recorded[task, text] |= Counter(row["score"] for row in json.loads(metrics))
    compared = differing = 0
    for problem in problems(suite):
        name = f"contest-{problem.number}"
        own = {text: ratios for (task, text), ratios in recorded.items() if task == name}
        if not own or (numbers and problem.number not in numbers):
            continue
        # It was in time where it was recorded; here it may take longer.
        with Suite(targets / name, SPARE * problem.seconds) as by_suite, tempfile.TemporaryDirectory() as folder:
            for number, (text, ratios) in enumerate(own.items()):
                program = Path(folder, f"{number}.cpp")
                program.write_text(text, "utf-8")
                other = ratios - Counter(by_suite.ratios(program))
                compared, differing = compared + ratios.total(), differing + other.total()
                print(f"{name}, program {number}: {ratios.total()} ratios, {other.total()} not the suite's", flush=True)
    print(f"{compared} ratios, {differing} not the suite's")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "agree"))
    parser.add_argument("suite", type=Path)
    parser.add_argument("targets", type=Path)
    parser.add_argument("run", type=Path, nargs="?", help="agree: a run on the targets")
    parser.add_argument("--problems", type=int, nargs="*", default=(), help="which; all by default")
    parser.add_argument("--zeros", action="store_true", help="make: an original may have a ratio of 0")
    given = parser.parse_args()
    if given.what == "make":
        make(given.suite, given.targets, given.problems, given.zeros)
    else:
        agree(given.suite, given.targets, given.run, given.problems)


if __name__ == "__main__":
    main()
