"""Many evaluations with hostile ones among them: does anything grow? `python bench/soak.py [N] [--hostile 0.05] [--seed 0]`.

Each evaluation is a fresh guest of the real jail of a worker process, through the real `TaskUtility`; there are two workers. An
honest solution's value is known beforehand and checked. Before, every 10,000 evaluations and after, with no guest at work:
descriptors, threads, processes, memory, and what lies about. Ends with a verdict; exit code 1 when something grew beyond
`TOLERANCES`, a value was wrong, or a program ended as it should not.

Not seen here: the memory that the kernel keeps for itself, and what a guest may leave in a namespace, which dies with it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from soak_programs import HOSTILE, MODULUS, Draw, draw, of

from strop.base.budget import Budget
from strop.base.errors import Malformed, SandboxError
from strop.core.utility import TaskUtility
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import pack
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task

PLACES = 2
EVERY = 10_000
WARM_UP = 10_000
"""Evaluations before the first figures, at most half of all: until then arenas, caches and servers are still being made."""
TOLERANCES = {
    "descriptors": (0, 0),
    "threads": (0, 0),
    "processes": (0, 0),
    "zombies": (0, 0),
    "left_behind": (0, 0),
    "host_uss_kb": (2048, 64),
    "servers_rss_kb": (2048, 64),
}
"""What may grow from the first figures to the last: so much in any case, and so much more for each 10,000 evaluations. Of memory
that is an arena or two of Python's, which are 1 MiB each."""
HONEST_AT_END = 8
SETTLE_SECONDS = 20.0
TIME_LIMIT = 0.3
"""Of CPU, for each call: six times what the dearest of the programs that must not reach it takes (`reply, oversized`, 45 ms)."""


@dataclass(frozen=True)
class Figures:
    """One row. Memory in kB; -1 where the kernel does not tell."""

    evaluations: int
    per_second: float
    """Since the row before."""
    descriptors: int
    threads: int
    """Of this process and its workers, as the memory of the host."""
    processes: int
    """Living descendants: servers, their stubs, and the guests that wait."""
    zombies: int
    host_rss_kb: int
    host_uss_kb: int
    """What is the host's alone."""
    servers_rss_kb: int
    servers_uss_kb: int
    servers_pss_kb: int
    """Of servers and waiting guests, what is shared counted in parts: it moves with whoever else runs an interpreter."""
    left_behind: int
    """Files, shared memory segments and mounts."""


@dataclass
class Results:
    """What came of the evaluations."""

    rows: list[Figures] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Values that were not the right ones."""
    unexpected: list[str] = field(default_factory=list)
    """Verdicts that were not the right ones, and errors of the host."""
    seconds: float = 0.0

    def grown(self) -> list[str]:
        """What grew beyond its tolerance, in words."""
        first, last = self.rows[0], self.rows[-1]
        found = []
        for name, (fixed, slope) in TOLERANCES.items():
            growth = getattr(last, name) - getattr(first, name)
            if growth > fixed + slope * (last.evaluations - first.evaluations) / 10_000:
                found.append(f"{name} grew by {growth}")
        return found


def sample(rng: object) -> dict[str, int]:
    return {"n": int(rng.integers(1, 1_000_000))}  # type: ignore[attr-defined]


def score(instance: Instance, answer: object) -> float:
    if type(answer) is not int:
        raise Malformed("not an integer")
    return answer % MODULUS / MODULUS


TASK = Task(
    name="soak",
    sample=sample,
    score=score,
    seed="def algorithm(n):\n    return n\n",
    instances=1,
    time_limit=TIME_LIMIT,
    memory_limit=128 << 20,
    description="A line.",
)
SEEDS = SecretSeeds(b"soak")


def soak(count: int, hostile: float, seed: int, every: int = EVERY) -> Results:
    """Run it, and print a row whenever there is one."""
    results = Results()
    n = TASK.instance("train", 0, SEEDS)["n"]
    equipment = pack([TASK], frozenset())
    with (
        closing(WorkerPool(equipment, PLACES)) as pool,
        JailedSandbox(solution_slots=1, improver_slots=0) as sandbox,
        ThreadPoolExecutor(PLACES) as threads,
    ):
        utility = TaskUtility(TASK, "train", SEEDS, sandbox, lambda event: None, b"soak", evaluator=pool)

        def evaluate(drawn: Draw) -> None:
            try:
                found = utility.evaluate(drawn.text, Budget())
            except SandboxError as error:
                results.unexpected.append(f"{drawn.name}: the host failed: {error}")
                return
            results.verdicts[f"{drawn.name}: {found.verdict}"] += 1
            if drawn.wrong(found.verdict, found.value):
                results.wrong.append(f"{drawn.name}: {found.verdict} {found.value} instead of {drawn.value}")
            if found.verdict not in drawn.verdicts:
                results.unexpected.append(f"{drawn.name}: {found.verdict}: {found.error[:200]}")

        def evaluate_all(numbers: range) -> None:
            """In all places, without a future for each evaluation: those would be growth of our own. The last are honest, so
            that servers which ended with a hostile program are replaced before anything is counted."""

            def share(place: int) -> None:
                for number in numbers[place::PLACES]:
                    evaluate(draw(seed, number, hostile, n))
                for number in range(HONEST_AT_END):
                    evaluate(draw(seed, number, 0.0, n))

            list(threads.map(share, range(PLACES)))

        list(threads.map(evaluate, [of(program, n) for program in HOSTILE]))
        evaluate_all(range(-min(WARM_UP, count // 2), 0))
        show(results, figures(0, 0.0))
        began = time.perf_counter()
        for start in range(0, count, every):
            numbers = range(start, min(start + every, count))
            since = time.perf_counter()
            evaluate_all(numbers)
            show(results, figures(numbers.stop, len(numbers) / (time.perf_counter() - since)))
        results.seconds = time.perf_counter() - began
    return results


def show(results: Results, row: Figures) -> None:
    """Keep a row and print it."""
    if not results.rows:
        print(" ".join(f"{each.name:>14}" for each in fields(Figures)))
    results.rows.append(row)
    print(" ".join(f"{value:14.0f}" for value in asdict(row).values()), flush=True)


def figures(evaluations: int, per_second: float) -> Figures:
    """A row of now, once the servers have their next guests waiting."""
    gc.collect()
    living, zombies = settled()
    hosts = [os.getpid(), *(pid for pid in living if is_worker(pid))]
    host = [sum(sizes) for sizes in zip(*(memory(pid) for pid in hosts), strict=True)]
    servers = [memory(pid) for pid in living if pid not in hosts]
    told = all(each for each in servers)
    rss, uss, pss = ((sum(each[i] for each in servers) if told else -1) for i in range(3))
    return Figures(
        evaluations=evaluations,
        per_second=per_second,
        descriptors=sum(entries(f"/proc/{pid}/fd") for pid in hosts),
        threads=sum(entries(f"/proc/{pid}/task") for pid in hosts),
        processes=len(living),
        zombies=zombies,
        host_rss_kb=host[0],
        host_uss_kb=host[1],
        servers_rss_kb=rss,
        servers_uss_kb=uss,
        servers_pss_kb=pss,
        left_behind=left_behind(),
    )


def is_worker(pid: int) -> bool:
    """Whether it is one of our worker processes."""
    with suppress(OSError):
        return b"strop.evaluation.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def settled() -> tuple[list[int], int]:
    """Living descendants and the number of dead ones, when they have stayed the same for a quarter of a second."""
    last, since, deadline = descendants(), time.monotonic(), time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and time.monotonic() - since < 0.25:
        time.sleep(0.02)
        now = descendants()
        if now != last:
            last, since = now, time.monotonic()
    return last


def descendants() -> tuple[list[int], int]:
    """Living processes below this one, and how many zombies."""
    below: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, parent = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
                below.setdefault(int(parent), []).append((int(folder.name), state))
    living, zombies, queue = [], 0, [os.getpid()]
    while queue:
        for pid, state in below.get(queue.pop(), []):
            queue.append(pid)
            if state in "ZX":
                zombies += 1
            else:
                living.append(pid)
    return sorted(living), zombies


def memory(pid: int) -> tuple[int, int, int]:
    """Resident, private and proportional kB; -1 each where that cannot be read."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return -1, -1, -1
    values = {words[0]: int(words[1]) for line in text.splitlines()[1:] if (words := line.split())}
    return values["Rss:"], values["Private_Clean:"] + values["Private_Dirty:"], values["Pss:"]


def entries(folder: str) -> int:
    """How many there are in a folder."""
    return len(list(Path(folder).iterdir()))


def left_behind() -> int:
    """What hostile programs may have left: files by their name, files in our folder, segments, and mounts."""
    folders = [Path(name) for name in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", str(Path.cwd()))]
    files = sum(len(list(folder.glob("strop-soak-left-behind*"))) for folder in folders if folder.is_dir())
    own = entries(tempfile.gettempdir())
    segments = len(Path("/proc/sysvipc/shm").read_text("ascii").splitlines())
    mounts = len(Path("/proc/self/mountinfo").read_text("utf-8").splitlines())
    return files + own + segments + mounts


def verdict(results: Results) -> list[str]:
    """What is wrong; empty when nothing is."""
    wrong = [f"{len(results.wrong)} wrong values, as: {results.wrong[0]}"] if results.wrong else []
    many = Counter(results.unexpected).most_common(5)
    return [*results.grown(), *wrong, *(f"{count} x unexpected: {words}" for words, count in many)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and say whether it is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=100_000, metavar="N")
    parser.add_argument("--hostile", type=float, default=0.05, help="share of hostile programs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=0, help="evaluations between two rows")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    if asked.count < 1 or asked.every < 0 or not 0 <= asked.hostile <= 1:
        parser.error("N is at least 1, --every at least 0 and --hostile between 0 and 1")
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # so that what is left there was left by us
        results = soak(asked.count, asked.hostile, asked.seed, asked.every or min(EVERY, -(-asked.count // 5)))
        tempfile.tempdir = None
    faults = verdict(results)
    hostile = sum(count for name, count in results.verdicts.items() if not name.startswith("honest"))
    print(
        f"\n{sum(results.verdicts.values())} evaluations with the warm-up, {hostile} of them hostile, in two places; ",
        end="",
    )
    print(f"{asked.count / results.seconds:.0f} a second; {len(results.wrong)} wrong values")
    print("\n".join(faults) if faults else "nothing grew beyond its tolerance; every value and every end was right")
    if asked.json:
        record = {"rows": [asdict(row) for row in results.rows], "verdicts": results.verdicts, "faults": faults}
        asked.json.write_text(json.dumps(record | {"tolerances": TOLERANCES, "seconds": results.seconds}, indent=1))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
