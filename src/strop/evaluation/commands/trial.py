"""The trial that decides whether an evaluator and the program can be apart.

The original is evaluated apart and in one process. If its scores are equal to the last digit, and the evaluator does nothing that
needs the program in its own process, candidates are evaluated apart; otherwise strop says why. A score that varies by itself
is compared by its spread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from strop.base.errors import GuestLost, SandboxError
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import Terms
from strop.evaluation.commands.program_copy import Copy, CopyRun
from strop.evaluation.feedback import gist
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.command.task import CommandTask

OTHER_DRAWS = "STROP_DRAWS"
"""The variable of the environment from which the runner seeds the global generators, instead of the seed."""
_SPREADS = 4
"""How many times its own spread a varying score may differ when it is measured apart."""
_SPREAD_RUNS = 4
_ROUNDING = 1e-13
"""Share of a score that sums in another order may change, as of threads that end in another order."""


def terms_of(task: CommandTask, seed: int, workspaces: Workspaces, notes: AuditLog, recorded: str | None) -> Terms:
    """Whether an evaluator can be apart from the program, and what the original's functions return.

    `recorded`: why they share a process, or that they do not, as a record has it; None: it has nothing.
    """
    if task.parties is None:
        return Terms()
    if recorded or task.parties.shared_because:
        return Terms(recorded or task.parties.shared_because)
    if not workspaces.can_pair:
        return Terms("this machine cannot give commands a network of their own")
    terms = Terms()
    try:
        measured = _ran(task, seed, workspaces, notes, terms)
    except GuestLost:
        raise
    except SandboxError as error:
        return Terms(f"it cannot be started apart: {error}")
    if recorded is None and not terms.shared_because:
        terms.shared_because, terms.varies = _compared(task, seed, workspaces, notes, measured)
    return terms


def _ran(task: CommandTask, seed: int, workspaces: Workspaces, notes: AuditLog, terms: Terms | None) -> CopyRun:
    with Copy(task, task.files, workspaces, notes, terms) as copy:
        return copy.run(seed, 0)


def _compared(
    task: CommandTask, seed: int, workspaces: Workspaces, notes: AuditLog, measured: CopyRun
) -> tuple[str, bool]:
    """(why they must share a process, by the scores: empty if nothing says so; whether the score varies by itself)."""
    shared = _ran(task, seed, workspaces, notes, None)
    if not shared.values:
        return "", False  # the original fails anyway
    if not measured.values:
        return f"the original fails in a process of its own: {gist(measured.error)[:200]}", False
    trial = OriginalTrial(measured.values, [shared.values])
    if trial.is_equal:
        return "", False
    other = replace(task, environment={**task.environment, OTHER_DRAWS: "1"})
    for _ in range(_SPREAD_RUNS):
        again = _ran(other, seed, workspaces, notes, None)
        if again.values:
            trial.shared.append(again.values)
        if not trial.varies:
            break
    return "" if trial.varies and trial.is_near else trial.difference, trial.varies


@dataclass
class OriginalTrial:
    """The scores of the original, apart and in one process."""

    apart: Mapping[str, float]
    shared: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether a run in one process gave the same, but for what a sum in another order may change."""
        return any(_same(self.apart, each, _ROUNDING) for each in self.shared)

    @property
    def varies(self) -> bool:
        """Whether the runs in one process differ."""
        return any(not _same(self.shared[0], each) for each in self.shared[1:])

    @property
    def is_near(self) -> bool:
        """Whether each metric measured apart is in the range of the shared values, widened on both sides by
        `_SPREADS` times its width."""
        for name, value in self.apart.items():
            values = [each[name] for each in self.shared]
            spread = _SPREADS * (max(values) - min(values))
            if not min(values) - spread <= value <= max(values) + spread:
                return False
        return True

    @property
    def difference(self) -> str:
        """The first metric that differs, with both of its values, in words."""
        name = next(name for name, value in self.apart.items() if value != self.shared[0][name])
        return f"its {name} is {self.apart[name]!r} in a process of its own and {self.shared[0][name]!r} where they share one"


def _same(one: Mapping[str, float], other: Mapping[str, float], rounding: float = 0.0) -> bool:
    """Whether the metrics are the same, NaN included, but for a share of `rounding`."""
    return one.keys() == other.keys() and all(
        repr(value) == repr(other[name]) or math.isclose(value, other[name], rel_tol=rounding)
        for name, value in one.items()
    )
