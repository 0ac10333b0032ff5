"""strop: improve programs with a language model and a score, then improve the improver (STOP, arXiv 2310.02304).

The public names. Each is imported on first use, so that `import strop` is fast.
"""

from __future__ import annotations

from importlib import import_module

from strop.base.version import __version__ as __version__

TYPE_CHECKING = False  # as a type checker reads it; importing typing takes longer than all of this
if TYPE_CHECKING:
    from strop.api.comparison import compare
    from strop.api.improvement import improve
    from strop.api.measurement import evaluate
    from strop.api.measuring import measure, verdict
    from strop.api.scoring import check, score
    from strop.api.training import load, train
    from strop.base.budget import Budget
    from strop.base.errors import (
        ConfigurationError,
        LanguageModelError,
        Malformed,
        RunBudgetSpent,
        SandboxError,
        StoreError,
        StropError,
        TaskError,
    )
    from strop.base.scorer_notes import note
    from strop.base.solution import Solution
    from strop.checks.checked import Checked
    from strop.lm.callable import CallableModel
    from strop.runs.interrupts import Interrupted
    from strop.runs.measuring import Attempt
    from strop.runs.results.improved import Improved
    from strop.runs.results.measured import Measured
    from strop.runs.results.trained import Trained
    from strop.runs.score import Scored
    from strop.runs.spec import RunSpec
    from strop.tasks.answer import Answer
    from strop.tasks.base import Instance, Task
    from strop.tasks.construction import Construction, Published
    from strop.tasks.function.marker import improve_me


_HOMES = {
    "Answer": "strop.tasks.answer",
    "Attempt": "strop.runs.measuring",
    "Budget": "strop.base.budget",
    "CallableModel": "strop.lm.callable",
    "Checked": "strop.checks.checked",
    "ConfigurationError": "strop.base.errors",
    "Construction": "strop.tasks.construction",
    "Improved": "strop.runs.results.improved",
    "Instance": "strop.tasks.base",
    "Interrupted": "strop.runs.interrupts",
    "LanguageModelError": "strop.base.errors",
    "Malformed": "strop.base.errors",
    "Measured": "strop.runs.results.measured",
    "Published": "strop.tasks.problem",
    "RunBudgetSpent": "strop.base.errors",
    "RunSpec": "strop.runs.spec",
    "SandboxError": "strop.base.errors",
    "Scored": "strop.runs.score",
    "Solution": "strop.base.solution",
    "StoreError": "strop.base.errors",
    "StropError": "strop.base.errors",
    "Task": "strop.tasks.base",
    "TaskError": "strop.base.errors",
    "Trained": "strop.runs.results.trained",
    "check": "strop.api.scoring",
    "compare": "strop.api.comparison",
    "evaluate": "strop.api.measurement",
    "improve": "strop.api.improvement",
    "improve_me": "strop.tasks.function.marker",
    "load": "strop.api.training",
    "measure": "strop.api.measuring",
    "note": "strop.base.scorer_notes",
    "score": "strop.api.scoring",
    "train": "strop.api.training",
    "verdict": "strop.api.measuring",
}

__all__ = [
    "Answer",
    "Attempt",
    "Budget",
    "CallableModel",
    "Checked",
    "Construction",
    "ConfigurationError",
    "Improved",
    "Instance",
    "Interrupted",
    "LanguageModelError",
    "Malformed",
    "Measured",
    "Published",
    "RunBudgetSpent",
    "RunSpec",
    "SandboxError",
    "Scored",
    "Solution",
    "StoreError",
    "StropError",
    "Task",
    "TaskError",
    "Trained",
    "check",
    "compare",
    "evaluate",
    "improve",
    "improve_me",
    "load",
    "measure",
    "note",
    "score",
    "train",
    "verdict",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'strop' has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
