"""Candidates a second: every system evaluates the same programs, which one server gives it in the same order."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import environments
import programs
from search import HOME, SYSTEMS, Spec, distinct, environment, search, write_cases
from server import Server

ISOLATION = {
    "gepa": "a thread of the optimizer",
    "gepa apart": "a new interpreter",
    "openevolve": "a lasting worker process",
    "openevolve apart": "a new interpreter",
    "shinka": "a new interpreter",
    "strop": "a jailed fork, recorded",
    "bare forks": "a fork: the limit",
}
LIMIT = "bare forks"
SLOW = {"gepa apart", "openevolve apart", "shinka"}
"""Measured over a quarter of the candidates."""


@dataclass(frozen=True)
class Setting:
    """What is measured."""

    candidates: int
    rounds: int
    answer_seconds: float

    def count(self, system: str) -> int:
        """Candidates of one search of a system."""
        return -(-self.candidates // 4) if system in SLOW else self.candidates


@dataclass(frozen=True)
class Row:
    """One system."""

    system: str
    version: str
    isolation: str
    rates: list[float]
    """Candidates a second in each round, from the first question to the last score."""
    whole_seconds: float
    """Of the quickest round, from the start of the command to its end."""
    candidates: int
    error: str = ""

    @property
    def rate(self) -> float:
        """The best round."""
        return max(self.rates, default=0.0)


@dataclass(frozen=True)
class Table:
    """All rows of one run."""

    answer_seconds: float
    cores: int
    function_seconds: float
    """What one candidate takes without a fork: the least of the rounds."""
    rows: list[Row]

    @property
    def fastest(self) -> float:
        """The rate of the fastest other system; 0 if there is none."""
        return max((row.rate for row in self.rows if row.system not in (LIMIT, "strop")), default=0.0)

    def rate(self, system: str) -> float:
        """A system's rate; 0 if it was not measured."""
        return next((row.rate for row in self.rows if row.system == system), 0.0)

    @property
    def cost_to_bare_fork(self) -> float | None:
        """Core seconds of a candidate of strop above its function, as a multiple of a bare fork's; None if not measured."""
        if self.answer_seconds or not self.rate("strop") or not self.rate(LIMIT):
            return None
        return self.above(self.rate("strop")) / self.above(self.rate(LIMIT))

    def above(self, rate: float) -> float:
        """Core seconds of one candidate above its function, at a rate."""
        return self.cores / rate - self.function_seconds

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {
            **asdict(self),
            "rates": {row.system: row.rate for row in self.rows},
            "strop_to_fastest_peer": self.rate("strop") / self.fastest if self.fastest else None,
            "cost_to_bare_fork": self.cost_to_bare_fork,
        }


def measure(
    folder: Path, environment_folder: Path, systems: Sequence[str], setting: Setting, report: Callable[[str], None]
) -> Table:
    """Measure the systems in turn, in each round. `report` gets a line for each search."""
    rates: dict[str, list[float]] = {system: [] for system in systems}
    whole: dict[str, float] = {}
    errors: dict[str, str] = {}
    functions: list[float] = []
    for number, system in itertools.product(range(setting.rounds), systems):
        place = folder / f"{system.replace(' ', '-')}-{number}"
        if system == LIMIT:
            rate, function = bare_forks(place, setting.candidates)
            functions.append(function)
        else:
            rate, seconds, error = measure_system(system, place, environment_folder, setting)
            whole[system] = min(seconds, whole.get(system, seconds))
            errors |= {system: error} if error else {}
        rates[system].append(rate)
        report(f"round {number + 1}: {system}: {rate:.1f} candidates/s {errors.get(system, '')}".rstrip())
    rows = [
        Row(
            system,
            "" if system in ("strop", LIMIT) else environments.version(system.partition(" ")[0], environment_folder),
            ISOLATION[system],
            rates[system],
            whole.get(system, 0.0),
            setting.count(system),
            errors.get(system, ""),
        )
        for system in systems
    ]
    return Table(setting.answer_seconds, len(os.sched_getaffinity(0)), min(functions, default=0.0), rows)


def measure_system(system: str, place: Path, environment_folder: Path, setting: Setting) -> tuple[float, float, str]:
    """(Candidates a second, seconds of the whole command, error) of one search."""
    count, seconds = setting.count(system), setting.answer_seconds
    threads, improver = (32, "ask_in_threads") if seconds else (8, "ask_then_map")
    with Server(lambda number, _: programs.answer(programs.PAIRS.format(number=number)), seconds=seconds) as server:
        spec = Spec(system, server.url, place, answers=count, workers=threads, threads=threads, improver=improver)
        ended = search(spec, environment_folder)
        asked = list(server.asked)
    done = distinct(ended.scored)
    if ended.status != 0 or not done or not asked:
        return 0.0, ended.seconds, f"exit code {ended.status}: {ended.output[-200:]!r}"
    error = "" if len(done) >= count else f"{len(done)} of {count} candidates were evaluated"
    return len(done) / (done[-1].at - asked[0]), ended.seconds, error


def bare_forks(place: Path, count: int) -> tuple[float, float]:
    """(Candidates a second, seconds of the function) of the limit."""
    spec = Spec("bare", "", place)
    place.mkdir(parents=True)
    write_cases(spec)
    words = [sys.executable, str(HOME / "bare_forks.py"), str(count)]
    done = subprocess.run(words, env=environment(spec), check=True, capture_output=True, text=True)
    measured = json.loads(done.stdout)
    return measured["rate"], measured["function_seconds"]


def text(table: Table) -> str:
    """The table as a user reads it."""
    rounds = max((len(row.rates) for row in table.rows), default=0)
    size = f" of {table.function_seconds * 1e3:.1f} ms" if table.function_seconds else ""
    lines = [
        f"Candidates a second on {table.cores} cores, the best of {rounds} rounds.",
        f"Every system gets the same programs{size}, each answer after {table.answer_seconds:g} s.",
        "",
        f"{'':18} {'version':9} {'candidates/s':>12} {'least':>7} {'to fastest':>11} {'ms above the':>13}  isolation",
        f"{'':18} {'':9} {'':>12} {'':>7} {'peer':>11} {'function':>13}",
    ]
    for row in table.rows:
        ratio = f"{row.rate / table.fastest:.2f}" if table.fastest else "-"
        above = f"{table.above(row.rate) * 1e3:.1f}" if row.rate and not table.answer_seconds else "-"
        least = min(row.rates, default=0.0)
        lines.append(
            f"{row.system:18} {row.version:9} {row.rate:12.1f} {least:7.1f} {ratio:>11} {above:>13}  {row.isolation}"
        )
        lines += [f"{'':18} {row.error}"] if row.error else []
    cost = table.cost_to_bare_fork
    if cost is not None:
        lines += [
            "",
            f"One candidate of strop costs {cost:.2f} times a bare fork, both without the function's own time.",
        ]
    return "\n".join(lines)


ALL = (*SYSTEMS, LIMIT)
