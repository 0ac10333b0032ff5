"""Where the time of one candidate goes in `strop improve lpn`, in the host and in the guests; the rows add up.

    python bench/peers/candidate.py                        # some two minutes
    python bench/peers/candidate.py --candidates 1000      # steadier
    python bench/peers/candidate.py --target evaluator --against ../before/src     # CPU alone, of two trees of strop in turns

An improver asks the loopback server for N programs of 2 ms and evaluates them in one `utility.map`. It runs with N/10 and with N
candidates; the difference, divided by the difference of candidates, is what one more candidate takes, without what a run takes
once. With `--target` it improves one of `TARGETS` with this strop, or with this and another in turns, and prints the CPU of each
pair of runs, of all processes, by a cgroup where one can be made; else of those that were waited for.

CPU comes from the kernel's clocks: of all processes, and of those of the host (`cpu_reports/`); what is left is that of
fork servers and guests. A second pair of runs is profiled for the shares of the host's functions. Needs Python 3.11, whose
cProfile can have a clock for each thread.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import programs
import search
import speed
from search import HOME
from server import Server


@dataclass(frozen=True)
class Measured:
    """Milliseconds of one run, or of one candidate."""

    wall: float
    """From the first question to the last score."""
    total: float
    """CPU of all processes."""
    hosts: dict[str, float]
    """Module that a process of strop runs → CPU of such processes, which are not jailed."""
    functions: dict[str, dict[str, float]] = field(default_factory=dict)
    """The same → function of strop → its part."""

    def per_candidate(self, fewer: Measured, candidates: int) -> Measured:
        """The difference to a run with fewer candidates, for each of those that it had more."""
        modules = self.hosts.keys() | fewer.hosts.keys()
        return Measured(
            (self.wall - fewer.wall) / candidates,
            (self.total - fewer.total) / candidates,
            _difference(self.hosts, fewer.hosts, candidates),
            {
                name: _difference(self.functions.get(name, {}), fewer.functions.get(name, {}), candidates)
                for name in modules
            },
        )

    def with_shares_of(self, profiled: Measured) -> Measured:
        """The same with the functions of a profiled run, which is slower, in proportion to it."""
        functions = {}
        for module, spent in self.hosts.items():
            parts = profiled.functions.get(module, {})
            scale = spent / (sum(parts.values()) or 1.0)
            functions[module] = {name: part * scale for name, part in parts.items()}
        return replace(self, functions=functions)


def _difference(more: dict[str, float], fewer: dict[str, float], candidates: int) -> dict[str, float]:
    names = more.keys() | fewer.keys()
    return {name: (more.get(name, 0.0) - fewer.get(name, 0.0)) / candidates for name in names}


def measure(folder: Path, candidates: int, *, profiled: bool) -> Measured:
    """One run with so many candidates."""
    reports = folder / "reports"
    reports.mkdir(parents=True)
    before = children_cpu()
    with Server(lambda number, _: programs.answer(programs.PAIRS.format(number=number))) as server:
        variables = {
            "CPU_REPORTS": str(reports),
            "PYTHONPATH": str(HOME / "cpu_reports"),
            "CPU_PROFILE": str(int(profiled)),
        }
        spec = search.Spec("strop", server.url, folder / "search", answers=candidates, environment=variables)
        ended = search.search(spec, folder)
        asked = server.asked[0] if server.asked else 0.0
    if ended.status != 0 or len(search.distinct(ended.scored)) < candidates:
        raise SystemExit(f"strop improve ended with {ended.status}:\n{ended.output}")
    total = children_cpu() - before
    functions: dict[str, Counter[str]] = defaultdict(Counter)
    hosts: Counter[str] = Counter()
    for path in reports.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        hosts[document["module"]] += document["total"]
        functions[document["module"]].update(document["functions"])
    return Measured((ended.scored[-1].at - asked) * 1e3, total, dict(hosts), {k: dict(v) for k, v in functions.items()})


def one_more(folder: Path, few: int, many: int, *, profiled: bool) -> Measured:
    """What one candidate more takes."""
    fewer = measure(folder / f"few-{profiled}", few, profiled=profiled)
    return measure(folder / f"many-{profiled}", many, profiled=profiled).per_candidate(fewer, many - few)


def adopt_orphans() -> None:
    """Become the parent of descendants that lose theirs, so that their CPU is counted (prctl PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def children_cpu() -> float:
    """CPU milliseconds of all descendants that have ended; waits for orphans."""
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e3


@dataclass(frozen=True)
class Target:
    """What `strop improve` is given in place of a task."""

    files: dict[str, str]
    words: tuple[str, ...]
    """Those of the command that name the files."""
    candidate: str
    """The text of a candidate, with the place of its number."""


SQUARE = "def f(x):\n    return x * x\n"
TARGETS = {
    "evaluator": Target(
        {
            "program.py": SQUARE,
            "evaluator.py": (
                "import importlib\ndef evaluate(path):\n    f = importlib.import_module('program').f\n"
                "    numbers = [float(each) for each in range(5)]\n"
                "    return sum(f(number) == number * number for number in numbers) / 10\n"
            ),
        },
        ("program.py", "--evaluator", "evaluator.py"),
        f"{SQUARE}# Attempt {{number}}.\n",
    ),
    "function": Target(
        {
            "program.py": (
                "import strop\n\n\ndef sample(rng):\n    return {'x': float(rng.integers(100))}\n\n\n"
                "def score(answer, x):\n    return (answer == x * x) / 2\n\n\n"
                f"@strop.improve_me(score=score, sample=sample, instances=5)\n{SQUARE}"
            ),
        },
        ("program.py",),
        f"{SQUARE}# Attempt {{number}}.\n",
    ),
}


class CpuGroup:
    """What processes use that are started inside of it. A context manager: the caller is in it between its beginning and end."""

    def __init__(self) -> None:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()]
        self._outer = CGROUPS / next((path[1:] for _, names, path in groups if "cpuacct" in names.split(",")), "")
        self._folder = self._outer / f"strop-bench-{os.getpid()}"
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)

    def __enter__(self) -> CpuGroup:
        self._enter(self._folder)
        return self

    def __exit__(self, *exc: object) -> None:
        self._enter(self._outer)

    def _enter(self, folder: Path) -> None:
        with suppress(OSError):
            (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def milliseconds(self) -> float:
        """CPU time so far."""
        with suppress(OSError):
            return int((self._folder / "cpuacct.usage").read_text(encoding="ascii")) / 1e6
        return children_cpu()

    def close(self) -> None:
        """Give it back, if all that ran in it has ended."""
        with suppress(OSError):
            self._folder.rmdir()


CGROUPS = Path("/sys/fs/cgroup/cpuacct")


def target_cpu(target: Target, folder: Path, candidates: int, source: Path) -> float:
    """CPU milliseconds of one run with so many candidates, with the strop in this folder."""
    folder.mkdir(parents=True)
    for path, text in target.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    group = CpuGroup()
    with Server(lambda number, _: programs.answer(target.candidate.format(number=number))) as server:
        variables = {"PYTHONPATH": str(source)}
        spec = search.Spec("strop", server.url, folder, answers=candidates, environment=variables)
        before = group.milliseconds()
        with group:
            child = search.start(spec, search.strop_command(spec, *target.words))
        status = child.wait()
    if status != 0 or len(search.distinct(search.scored(spec))) < candidates:
        raise SystemExit(f"strop improve ended with {status}:\n{(folder / 'output.txt').read_text(encoding='utf-8')}")
    used = group.milliseconds() - before
    group.close()
    return used


def in_turns(target: Target, few: int, many: int, sources: Sequence[Path], pairs: int) -> None:
    """Print what one candidate more takes, of each of these strops in turns."""
    with tempfile.TemporaryDirectory(prefix="candidate-", dir="/var/tmp") as folder:
        for pair in range(pairs):
            row = []
            for number, source in enumerate(sources):
                place = Path(folder, f"{pair}-{number}")
                fewer = target_cpu(target, place / "few", few, source)
                row.append((target_cpu(target, place / "many", many, source) - fewer) / (many - few))
            print("  ".join(f"{each:8.2f}" for each in row), f"  {row[-1] / row[0]:.2f}", flush=True)


def rooms(functions: dict[str, float]) -> dict[str, list[tuple[str, float]]]:
    """Room of strop → its functions with their milliseconds, the dearest first."""
    grouped: dict[str, list[tuple[str, float]]] = {}
    for name, spent in sorted(functions.items(), key=lambda item: -item[1]):
        room = name.partition("/")[0] if ".py " in name else name
        grouped.setdefault(room, []).append((name, spent))
    return dict(sorted(grouped.items(), key=lambda item: -sum(spent for _, spent in item[1])))


def rows(one: Measured, function: float, cores: int, least: float) -> list[tuple[str, float]]:
    """(Name, milliseconds) of each row; names of parts of a row are indented."""
    table: list[tuple[str, float]] = []
    for module, whole in sorted(one.hosts.items()):
        table.append((f"host: python -m {module}", whole))
        listed = 0.0
        for room, functions in rooms(one.functions.get(module, {})).items():
            spent = sum(part for _, part in functions)
            if spent >= least:
                listed += spent
                table.append((f"  {room}", spent))
                table += [(f"    {name}", part) for name, part in functions if part >= least and len(functions) > 1]
        table.append(("  everything else", whole - listed))
    guests = one.total - sum(one.hosts.values())
    table += [
        ("fork servers and guests", guests),
        ("  the function itself", function),
        ("  fork, load, receive, send, exit", guests - function),
        ("CPU", one.total),
        ("no CPU of strop: waiting, or taken by other programs", cores * one.wall - one.total),
        (f"{cores} cores × {one.wall:.1f} ms", cores * one.wall),
    ]
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=400, metavar="N")
    parser.add_argument(
        "--least", type=float, default=0.2, metavar="MS", help="rows with less are summed (default: 0.2)"
    )
    parser.add_argument("--target", choices=TARGETS, help="measure this in place of the task lpn")
    parser.add_argument("--against", type=Path, metavar="SRC", help="with --target: the folder of another strop")
    parser.add_argument("--pairs", type=int, default=4, help="with --target: how often (default: 4)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    if options.candidates < 10:
        parser.error("N is at least 10")
    if options.target:
        here = HOME.parents[1] / "src"
        sources = [path.resolve() for path in (options.against, here) if path]
        print(f"CPU milliseconds of one candidate with {' and '.join(map(str, sources))}, and their ratio:")
        in_turns(TARGETS[options.target], options.candidates // 2, options.candidates, sources, options.pairs)
        return 0
    if sys.version_info >= (3, 12):
        parser.error("needs Python 3.11, whose cProfile can have a clock for each thread")
    adopt_orphans()
    few, cores = options.candidates // 10, len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="candidate-") as folder:
        began = time.perf_counter()
        _, function = speed.bare_forks(Path(folder) / "bare", 20)
        plain = one_more(Path(folder), few, options.candidates, profiled=False)
        one = plain.with_shares_of(one_more(Path(folder), few, options.candidates, profiled=True))
    table = rows(one, function * 1e3, cores, options.least)
    if options.json:
        document = {"candidates": options.candidates, "cores": cores, "rows": [[name, spent] for name, spent in table]}
        print(json.dumps(document | {"functions": one.functions}, indent=1))
        return 0
    print(f"Milliseconds of one candidate of 20 instances ({few} and {options.candidates} candidates, in", end=" ")
    print(f"{time.perf_counter() - began:.0f} s)\n")
    for name, spent in table:
        print(f"{name:86.86} {spent:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
