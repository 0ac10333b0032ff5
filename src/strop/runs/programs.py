"""The programs of a record, each once, with their parents and their fates. Every view draws these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import field

from strop.base.events import Evaluated, IterationFinished, in_full
from strop.base.later import dataclass
from strop.runs.patching.result_files import Standings
from strop.runs.run_data import RunData
from strop.runs.run_directory import ONE_RESULT
from strop.runs.scopes import iteration_of


@dataclass
class Program:
    """An improver of a run, or a program of `strop improve`."""

    name: str
    """`I_2`, `candidate 3 of t = 1`; of `strop improve` `original`, `candidate 3` or `improved`."""
    digest: str | None
    """SHA-256 of its text; None for a candidate that is not a text."""
    state: str
    """`seed`, `accepted`, `rejected`, `evaluated` or `failed`."""
    t: int | None = None
    """The iteration that made it; None outside of Algorithm 1."""
    parent: Program | None = None
    """The program that made it."""
    tried: list[Evaluated] = field(default_factory=list)
    """Its training evaluations while it was a candidate."""
    ends: list[IterationFinished] = field(default_factory=list)
    """The iterations that ended with it; the first measured it."""
    train: Evaluated | None = None
    """Its evaluation in training; only in a record of `strop improve`."""
    test: Evaluated | None = None
    """Its evaluation in the final comparison; only in a record of `strop improve`."""
    reason: str = ""
    """Why it was accepted or rejected, or why it failed."""

    @property
    def iterations(self) -> list[int]:
        """The t of the iterations that ended with it."""
        return [end.t for end in self.ends]


def programs_in(run: RunData) -> list[Program]:
    """The programs of a record, in the order in which they were made."""
    return _of_improvement(run) if run.meta.kind in ONE_RESULT else _Improvers(run).programs


def best_in(run: RunData) -> str | None:
    """The best candidate in a record of `strop improve`; None if none is better than the original."""
    events = (in_full(event, run.text) for event in (*run.results.values(), *run.candidates, *run.suites))
    standings = Standings(events, run.meta.original)
    return None if standings.best is None else standings.first[standings.best].solution


class _Improvers:
    """The improvers of a run of Algorithm 1."""

    def __init__(self, run: RunData) -> None:
        self.programs: list[Program] = []
        self._run = run
        self._latest: dict[str, Program] = {}
        """Digest → the last program with this text."""
        self._measured: dict[int, str] = {}
        """t → I_t."""
        tried: dict[int, dict[str | None, list[Evaluated]]] = defaultdict(lambda: defaultdict(list))
        for event in run.candidates:
            t = iteration_of(event.scope)
            if t is not None:
                tried[t][event.solution].append(event)
        ends = {event.t: event for event in run.iterations}
        for t in sorted({*ends, *tried, *run.beginnings, *run.parents}):
            self._add_iteration(t, tried[t], ends.get(t))
        if not self.programs and run.beginnings:  # killed before the seed was measured
            t, digest = min(run.beginnings.items())
            self.programs.append(Program(f"I_{t}", digest, "seed", t))

    def _add_iteration(
        self, t: int, tried: Mapping[str | None, list[Evaluated]], end: IterationFinished | None
    ) -> None:
        """The candidates of iteration t, the one that its self-improvement returned, and I_t."""
        before = t - 1 if end is None or end.parent is None else end.parent
        made_by = self._run.parents.get(t) or self._run.beginnings.get(t) or self._measured.get(before, "")
        parent = self._latest.get(made_by)
        returned = end.candidate if end is not None and t > 0 else None
        for number, digest in enumerate(dict.fromkeys([*tried, *filter(None, [returned])]), 1):
            accepted = end is not None and end.accepted and digest == returned and digest != made_by
            if digest is not None and digest in self._latest and not accepted:
                continue
            program = _candidate(digest, tried.get(digest, []), end if digest == returned else None)
            program.name = f"I_{t}" if accepted else f"candidate {number} of t = {t}"
            program.t, program.parent = t, parent
            self._add(program)
        if end is None:
            return
        self._measured[t] = end.improver
        if end.improver not in self._latest and (t == 0 or not end.accepted):
            self._add(Program(f"I_{t}", end.improver, "seed", t))
        if end.improver in self._latest:
            self._latest[end.improver].ends.append(end)

    def _add(self, program: Program) -> None:
        self.programs.append(program)
        if program.digest is not None and (program.digest not in self._latest or program.state == "accepted"):
            self._latest[program.digest] = program


def _candidate(digest: str | None, tried: list[Evaluated], returned_in: IterationFinished | None) -> Program:
    """A candidate of Algorithm 1. `returned_in` is the iteration whose self-improvement returned it; None if none did."""
    program = Program("", digest, _state(tried), tried=tried)
    if returned_in is not None and digest is not None:
        program.state, program.reason = "accepted" if returned_in.accepted else "rejected", returned_in.reason
    elif tried and tried[0].verdict != "ok":
        program.reason = tried[0].error.split("\n")[0] or tried[0].verdict
    return program


def _of_improvement(run: RunData) -> list[Program]:
    """The programs of `strop improve`: the original, the evaluated candidates, and the improved program."""
    original, improved = run.results.get("original/train"), run.results.get("improved/train")
    programs: dict[str, Program] = {}
    parent = None
    if original is not None and original.solution is not None:
        parent = Program("original", original.solution, "seed", train=original)
        programs[original.solution] = parent
    tried: dict[str, list[Evaluated]] = defaultdict(list)
    for event in run.candidates:
        if event.solution is not None:
            tried[event.solution].append(event)
    result = improved.solution if improved is not None else None
    for number, digest in enumerate(dict.fromkeys([*tried, *filter(None, [result])]), 1):
        if digest in programs:
            continue
        events = tried.get(digest, [])
        program = Program(f"candidate {number}", digest, _state(events), parent=parent, tried=events)
        if events:
            program.train, program.reason = events[0], events[0].error.split("\n")[0]
        if digest == result:
            program.name, program.state, program.train = "improved", "accepted", improved
            program.test = run.results.get("improved/test")
        programs[digest] = program
    return list(programs.values())


def _state(tried: list[Evaluated]) -> str:
    return "failed" if tried and all(event.verdict != "ok" for event in tried) else "evaluated"
