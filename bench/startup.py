"""How long strop takes to start, beside Python itself.

    python bench/startup.py [ROUNDS]      # 41 rounds when not given
    python bench/startup.py first         # what a first evaluation waits for, by part

Each round starts every program once, in turn, so that what else the machine does falls on all alike. Medians depend on the
machine; the ratios to `python -c pass` less so. On a busy machine the processor's time says more than the clock's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAMS = {
    "python -c pass": ["-c", "pass"],
    "import strop": ["-c", "import strop"],
    "strop --help": ["-m", "strop", "--help"],
    "strop --version": ["-m", "strop", "--version"],
    "strop run --help": ["-m", "strop", "run", "--help"],
}
AIMS = {"import strop": 60, "strop --help": 200}
"""Milliseconds."""


def taken(arguments: list[str]) -> tuple[float, float]:
    """Milliseconds of one start by the clock, and of the processor."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return 1000 * (time.perf_counter() - begun), 1000 * (used.ru_utime + used.ru_stime)


MARKED = """
import os, sys, time
begun = float(open("/proc/self/stat").read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
def mark(what):
    wall = time.clock_gettime(time.CLOCK_BOOTTIME) - begun
    print(f"{1000 * time.process_time():7.0f} ms of CPU {1000 * wall:7.0f} ms  {what}", file=sys.__stderr__)
def marked(owner, name, before, after):
    function, told = getattr(owner, name), []
    def called(*arguments, **options):
        told or mark(before)
        try:
            return function(*arguments, **options)
        finally:
            told or mark(after)
            told.append(True)
    setattr(owner, name, called)
from strop.cli import app
mark("the command line is loaded")
from strop.evaluation import worker_template
begin = worker_template.begin
def begun_first():
    mark("the templates begin")
    begin()
    from strop.evaluation.pool import WorkerPool
    from strop.sandbox.jail import JailedSandbox
    mark("the machinery is imported")
    marked(JailedSandbox, "__init__", "the coordinator's jail begins", "the coordinator's jail is ready")
    marked(WorkerPool, "_queued", "the first order is queued", "the pool has it")
    marked(WorkerPool, "_finish", "the first result is there", "and is given out")
worker_template.begin = begun_first
try:
    app.main(["improve", "lpn", "--model", "offline", "--workers", "1", "--out", sys.argv[1]])
finally:
    mark("the command has ended")
"""
"""A search whose steps say when they come, and how much CPU time the coordinator has used by then."""


def waits() -> None:
    """Print what a first evaluation waits for."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", MARKED, f"{folder}/run"], stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    if sys.argv[1:] == ["first"]:
        waits()
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 41
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for number in range(rounds + 1):
        for name, arguments in PROGRAMS.items():
            one = taken(arguments)
            if number:  # the first round reads files that may not be in memory yet
                times[name].append(one)
    base = [statistics.median(column) for column in zip(*times["python -c pass"], strict=True)]
    print(f"{'':18}{'median':>10}{'ratio':>8}{'least':>10}{'processor':>12}{'ratio':>8}{'aim':>10}")
    for name, each in times.items():
        clock, processor = (statistics.median(column) for column in zip(*each, strict=True))
        aim = f"{AIMS[name]} ms" if name in AIMS else ""
        print(
            f"{name:18}{clock:>7.1f} ms{clock / base[0]:>8.1f}{min(each)[0]:>7.1f} ms"
            f"{processor:>9.1f} ms{processor / base[1]:>8.1f}{aim:>10}"
        )


if __name__ == "__main__":
    main()
