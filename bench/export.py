"""What the exports of a large run cost: seconds, memory, and bytes, each in a process of its own.

    PYTHONPATH=tests python bench/export.py    # 100,000 evaluations and 5,000 LM calls; a few minutes
    PYTHONPATH=tests python bench/export.py --evaluations 10000 --calls 500
    PYTHONPATH=tests python bench/export.py --run runs/NAME --to jsonl csv    # of a record that is there

The record is made (support.made_records), in memory where there is /dev/shm; making it takes longer than the exports.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from strop.report.export.export import FORMS
from support.made_records import Size, made_record

CHILD = """
import resource, sys, time
from pathlib import Path
from strop.report.export.export import export
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun = time.perf_counter()
print(*export(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), texts=True, force=False), file=sys.stderr)
print(time.perf_counter() - begun, before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    """Make the record, then every export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--to", nargs="+", choices=sorted(FORMS), default=list(FORMS))
    given = parser.parse_args()
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        directory = given.run or Path(folder) / "run"
        if given.run is None:
            begun = time.perf_counter()
            events = made_record(directory, Size(given.evaluations, given.calls))
            print(f"record: {events:,} events in {time.perf_counter() - begun:.1f} s")
        print(f"record: {(directory / 'run.sqlite').stat().st_size / 1e6:.1f} MB", flush=True)
        for form in given.to:
            path = Path(folder) / FORMS[form]
            command = [sys.executable, "-c", CHILD, str(directory), form, str(path)]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                print(f"{form:8} {ended.stderr.splitlines()[-1]}")
                continue
            seconds, before, after = map(float, ended.stdout.split())
            files = [path] if path.is_file() else sorted(path.iterdir())
            size = sum(file.stat().st_size for file in files) / 1e6
            print(
                f"{form:8} {size:8.1f} MB in {seconds:6.1f} s, {after:5.0f} MB of memory, {before:.0f} MB of it before",
                flush=True,
            )


if __name__ == "__main__":
    main()
