"""`kill -9` in the middle of searches of 40 answers, and their continuation: what is asked, evaluated and lost.

Each system keeps what its documentation says is needed to continue: gepa its `run_dir`, openevolve a checkpoint every 10
iterations as in its examples, ShinkaEvolve its results folder, strop its record. Every answer holds another program.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import programs
from search import Spec, command, distinct, end, scored, start
from server import Server

SYSTEMS = ("gepa", "openevolve", "shinka", "strop")
ANSWERS = 40
KILL_AFTER = (17, 25, 33)
"""Answers that have been asked for when a search is killed; a search for each."""
THREADS = 4
PATIENCE = 300.0


@dataclass(frozen=True)
class Observation:
    """One killed search of a system."""

    system: str
    in_flight: int
    """Answers that were asked for and whose programs had no score when the search was killed."""
    asked_again: int
    """Answers that were asked for above the 40 of the search."""
    lost: int
    """Programs that had a score when the search was killed, and that the continued search replaced by others."""
    twice: int
    """Programs that were evaluated twice."""
    status: int | None
    """Exit code of the continued search; None if it was stopped after `PATIENCE` seconds."""
    scored: int
    """Programs that were scored in sum."""


def measure(
    folder: Path, environment_folder: Path, systems: Sequence[str], report: Callable[[str], None]
) -> list[Observation]:
    """Kill and continue a search of each system. `report` gets a line for each."""
    observations = []
    for system, kill_after in itertools.product(systems or SYSTEMS, KILL_AFTER):
        observations.append(observe(folder / f"{system}-{kill_after}", environment_folder, system, kill_after))
        report(f"{system}, killed after {kill_after} answers: {words(observations[-1:])}")
    return observations


def words(observations: Sequence[Observation]) -> str:
    """The cell of the table for the killed searches of a system."""
    failed = [one for one in observations if one.status != 0]
    if failed:
        return f"{len(failed)} of {len(observations)} cannot be continued: exit code {failed[0].status}"
    again, in_flight = sum(one.asked_again for one in observations), sum(one.in_flight for one in observations)
    never = sum(max(0, ANSWERS - one.scored) for one in observations)
    lost, twice = sum(one.lost for one in observations), sum(one.twice for one in observations)
    missing = f"; {never} of the answers never evaluated" if never else ""
    return f"{again} answers paid again ({in_flight} in flight); {lost} scores lost; {twice} evaluated twice{missing}"


def observe(place: Path, environment_folder: Path, system: str, kill_after: int) -> Observation:
    """Kill and continue a search."""
    place.mkdir(parents=True)
    with Server(lambda number, _: programs.answer(programs.PAIRS.format(number=number)), seconds=0.3) as server:
        spec = Spec(
            system,
            server.url,
            place,
            answers=ANSWERS,
            workers=THREADS,
            threads=THREADS,
            improver="ask_in_threads",
            recorded=True,
            checkpoint_every=10,
        )
        child = start(spec, command(spec, environment_folder))
        while len(server.asked) < kill_after and child.poll() is None:
            time.sleep(0.02)
        end(child)
        asked, before = len(server.asked), distinct(scored(spec))
        spec = replace(spec, checkpoint=_checkpoint(spec))
        resume = [sys.executable, "-m", "strop", "resume", str(spec.record), "--json"]
        child = start(spec, resume if system == "strop" else command(spec, environment_folder))
        try:
            status: int | None = child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end(child)
        total = len(server.asked)
    after = scored(spec)
    return Observation(
        system,
        in_flight=asked - len(before),
        asked_again=total - ANSWERS,
        lost=max(0, len(distinct(after)) - ANSWERS),
        twice=len(after) - len(distinct(after)),
        status=status,
        scored=len(distinct(after)),
    )


def _checkpoint(spec: Spec) -> str:
    """openevolve's newest checkpoint; empty if there is none."""
    checkpoints = (spec.record / "checkpoints").glob("checkpoint_*")
    return max((str(path) for path in checkpoints), key=lambda path: int(path.rpartition("_")[2]), default="")


def document(observations: Sequence[Observation]) -> dict[str, object]:
    """For JSON."""
    return {"observations": [asdict(one) for one in observations]}


def text(observations: Sequence[Observation]) -> str:
    """The table as a user reads it: sums over the kills."""
    lines = [
        f"kill -9 after {', '.join(map(str, KILL_AFTER))} of {ANSWERS} answers, then continued; sums over the kills:",
        "",
    ]
    for system in dict.fromkeys(one.system for one in observations):
        lines.append(f"{system:12} {words([one for one in observations if one.system == system])}")
    return "\n".join(lines)
