"""strop check for a task that a command scores: its original, run several times, and the hacks of its museum.

What a hack comes to is compared with the original's own runs. It wins where three runs of it are each better than the best of
them by more than three of their standard deviations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from strop.base.events import Event
from strop.check.command_hacks import CommandHack, Given, candidate, command_museum, is_of
from strop.check.command_original import CommandOriginal, examine_original, sentence
from strop.check.findings import Finding, found, merged
from strop.check.forging import forged_file, forged_output, forged_values
from strop.check.outside import Outside, outside
from strop.core.audit_log import AuditLog
from strop.core.utilities.command_run import Copy, Measured
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Seeds
from strop.tasks.command.objective import TIMES
from strop.tasks.command.task import SHARED_JAIL, CommandTask
from strop.tasks.command.tree import listed

Verdict: TypeAlias = Literal["refused", "harmless", "suspicious", "broken"]
AGAIN = 3
"""Runs of a hack that seems to win."""
NOT_TRIED = "not tried"
"""What is said of a hack begins with this where there was nothing to put it into, or to forge."""
SEVERAL = 3.0
"""Standard deviations by which it has to."""


@dataclass(frozen=True)
class CommandExhibit:
    """A hack and what became of it."""

    hack: CommandHack
    verdict: Verdict
    utility: float
    """Of its first run, relative to the original: 1/2 is as good. 0 where it was refused."""
    said: str
    finding: Finding | None = None


@dataclass(frozen=True)
class CommandCheckup:
    """What a check of a command task came to."""

    task: CommandTask
    findings: tuple[Finding, ...]
    """One an id, the worst first."""
    original: CommandOriginal
    exhibits: tuple[CommandExhibit, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether no score of this task can be trusted."""
        return any(finding.level == "broken" for finding in self.findings)


@dataclass(frozen=True)
class CommandSettings:
    """How much is tried."""

    repeat: int = 5
    """Runs of the original with one seed, and as many with others, 1 and up."""
    jobs: int = 1
    """Hacks that run at once, where time does not count."""
    hacks: Sequence[CommandHack] | None = None
    """Which hacks are tried; all when not given."""


def examine_command(
    task: CommandTask,
    workspaces: Workspaces,
    seeds: Seeds,
    settings: CommandSettings,
    say: Callable[[str], None] = print,
) -> CommandCheckup:
    """Check a task that a command scores. `say` is told what is being done.

    Raises:
        SandboxError: the host could not run a command.
    """
    repeat = settings.repeat
    say(f"the original, {repeat} times with one seed and {repeat} times with others")
    with _nobody() as notes:
        original = examine_original(task, workspaces, seeds, repeat, notes)
    shared = () if task.objective.counted_by_kernel else (found("C407", SHARED_JAIL),)
    if any(each.level == "broken" for each in original.findings):
        return CommandCheckup(task, merged([*original.findings, *shared]), original)
    measured_in_turns = task.interleaved or any(reader in TIMES for reader in task.objective.readers.values())
    chosen = command_museum() if settings.hacks is None else settings.hacks
    with outside(task.root) as around, ThreadPoolExecutor(1 if measured_in_turns else max(settings.jobs, 1)) as pool:
        visit = _Visit(task, workspaces, seeds, original, around)
        exhibits = tuple(pool.map(visit.tried, _told(chosen, say)))
    findings = [*original.findings, *shared, *(each.finding for each in exhibits if each.finding is not None)]
    return CommandCheckup(task, merged(findings), original, exhibits)


def _told(hacks: Sequence[CommandHack], say: Callable[[str], None]) -> Iterator[CommandHack]:
    for hack in hacks:
        say(f"museum: {hack.title}")
        yield hack


@dataclass(frozen=True)
class _Visit:
    """One tour of the museum."""

    task: CommandTask
    workspaces: Workspaces
    seeds: Seeds
    original: CommandOriginal
    around: Outside

    def tried(self, hack: CommandHack) -> CommandExhibit:
        """Try a hack, and judge it."""
        files = candidate(hack, self.task.files, self.given)
        if files is None:
            why = (
                "nothing of the score is printed"
                if hack.kind == "forged"
                else f"no file is of the language {hack.language}"
            )
            return CommandExhibit(hack, "refused", 0.0, f"not tried: {why}")
        runs = self._runs(files, 1)
        if hack.kind == "outside" and (traces := self.around.traces(hack.name)):
            return self._finding(hack, "broken", 0.0, traces)
        utilities = self._utilities(runs)
        if not utilities:
            return CommandExhibit(hack, "refused", 0.0, self._refusal(runs[0]))
        if self._pays(hack, utilities) and hack.kind != "nothing":
            again = self._utilities(self._runs(files, AGAIN - 1))
            utilities = [*utilities, *again] if len(again) == AGAIN - 1 else []
        if not utilities or not self._pays(hack, utilities):
            return CommandExhibit(
                hack, "harmless", utilities[0] if utilities else 0.0, "it is scored, and gains nothing"
            )
        values = ", ".join(f"{name} {value:.6g}" for name, value in runs[0].values.items())
        verdict: Verdict = "suspicious" if hack.kind == "forged" else "broken"
        said = f"{hack.title}: {values}, where the original has {self.original.said}"
        return self._finding(hack, verdict, utilities[0], said)

    @property
    def given(self) -> Given:
        task = self.task
        values = forged_values(task.objective, self.original.values)
        results, document = forged_file(task.objective, values)
        return Given(
            forged=forged_output(task.objective, values, self.original.output),
            results=results,
            document=document,
            others=tuple(path for path in listed(task.root) if path not in task.files),
            port=self.around.port,
            outside=self.around.paths,
        )

    def _runs(self, files: Mapping[str, str], times: int) -> list[Measured]:
        with _nobody() as notes, Copy(self.task, files, self.workspaces, notes) as copy:
            failed = copy.build()
            if failed is not None:
                return [failed]
            return [self._judged(copy.run(self.seeds.seed(self.task.name, "train", 0), 0)) for _ in range(times)]

    def _judged(self, run: Measured) -> Measured:
        """A run that shows something else than the original is malformed, as in strop improve."""
        if run.behaviour is None or not self.original.shown:
            return run
        differs = self.original.shown[0].difference(run.behaviour, quoted=True)
        return replace(run, verdict="malformed", error=differs, values={}) if differs else run

    def _utilities(self, runs: Sequence[Measured]) -> list[float]:
        """Of those runs that count."""
        objective = self.task.objective
        counted = [run.values for run in runs if run.values and not objective.unmet(run.values)]
        return [objective.utility(values, self.original.values) for values in counted]

    def _refusal(self, run: Measured) -> str:
        unmet = self.task.objective.unmet(run.values) if run.values else ""
        return f"malformed: {unmet}" if unmet else f"{run.verdict}: {sentence(run)}"

    def _pays(self, hack: CommandHack, utilities: Sequence[float]) -> bool:
        margin = SEVERAL * self.original.deviation + 1e-9
        if hack.kind == "nothing":
            return min(utilities) >= min(self.original.utilities) - margin
        return min(utilities) > max(self.original.utilities) + margin

    def _finding(self, hack: CommandHack, verdict: Verdict, utility: float, said: str) -> CommandExhibit:
        return CommandExhibit(hack, verdict, utility, said, found(hack.finding, said, hacks=(hack.name,)))


def _not_tried(hack: CommandHack, task: CommandTask) -> str:
    if hack.language != "any" and not any(is_of(hack.language, path, text) for path, text in task.files.items()):
        return f"{NOT_TRIED}: no file is of the language {hack.language}"
    what = "the score is read from no file" if hack.name == "results_file" else "no score is printed"
    return f"{NOT_TRIED}: {what}"


@contextmanager
def _nobody() -> Iterator[AuditLog]:
    """Notes that nobody keeps."""

    def forget(event: Event) -> None:
        """Nothing is recorded in a check."""

    with AuditLog(forget, "check", None) as notes:
        yield notes
