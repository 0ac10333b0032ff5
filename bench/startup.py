"""How long strop takes to start, beside Python itself.

    python bench/startup.py [ROUNDS]      # 41 rounds when not given

Each round starts every program once, in turn, so that what else the machine does falls on all alike. Medians depend on the
machine; the ratios to `python -c pass` less so. On a busy machine the processor's time says more than the clock's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
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


def main() -> None:
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
