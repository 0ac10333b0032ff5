"""What the page of a large run costs: seconds to make it, memory, and bytes; and what it costs to prove the record first.

    PYTHONPATH=tests python bench/report.py    # 100,000 evaluations and 5,000 LM calls; a few minutes
    PYTHONPATH=tests python bench/report.py --evaluations 10000 --calls 500
    PYTHONPATH=tests python bench/report.py --run runs/NAME    # of a record that is there

The record is made (support.made_records), in memory where there is /dev/shm; making it takes longer than the page.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.made_records import Size, made_record

CHILD = """
import resource, sys, time
from pathlib import Path
begun = time.perf_counter()
from strop.report.html.render import report_of, write_page
from strop.store import Store
loaded = time.perf_counter()
Store.open(Path(sys.argv[1])).close()
proven = time.perf_counter()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_page(report_of(Path(sys.argv[1])), Path(sys.argv[2]))
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime
print(proven - loaded, loaded - begun, time.perf_counter() - proven, cpu, before / 1024, after.ru_maxrss / 1024)
"""


def main() -> None:
    """Make the record, then the page in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--out", type=Path, help="Keep the page here.")
    given = parser.parse_args()
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        directory = given.run or Path(folder) / "run"
        if given.run is None:
            begun = time.perf_counter()
            events = made_record(directory, Size(given.evaluations, given.calls))
            print(f"record: {events:,} events in {time.perf_counter() - begun:.1f} s")
        page = given.out or Path(folder) / "page.html"
        print(f"record: {(directory / 'run.sqlite').stat().st_size / 1e6:.1f} MB")
        command = [sys.executable, "-c", CHILD, str(directory), str(page)]
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        proving, loading, making, cpu, before, after = map(float, found)
        print(f"proof of the record: {proving:.2f} s, {proving / making:.0%} of making the page")
        print(
            f"page: {page.stat().st_size / 1e6:.2f} MB in {making:.1f} s ({cpu:.1f} s of CPU with {loading:.1f} s of loading)"
        )
        print(f"memory at most: {after:.0f} MB, {before:.0f} MB of it before anything was read")


if __name__ == "__main__":
    main()
