"""strop: improve programs with a language model and a score, then improve the improver (STOP, arXiv 2310.02304).

The public names; each is imported when it is first asked for, so that `import strop` costs nothing.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as a type checker reads it; typing itself takes longer to load than all of this
if TYPE_CHECKING:
    from strop.api.checking import check
    from strop.api.comparing import compare
    from strop.api.improving import improve
    from strop.api.scoring import score
    from strop.api.training import train
    from strop.budget import Budget
    from strop.errors import Malformed, StropError
    from strop.lm.callable import CallableModel
    from strop.scorer_notes import note
    from strop.solution import Solution
    from strop.spec import RunSpec
    from strop.tasks.answer import Answer
    from strop.tasks.base import Instance, Task
    from strop.tasks.marking import improve_me

_HOMES = {
    "Answer": "strop.tasks.answer",
    "Budget": "strop.budget",
    "CallableModel": "strop.lm.callable",
    "Instance": "strop.tasks.base",
    "Malformed": "strop.errors",
    "RunSpec": "strop.spec",
    "Solution": "strop.solution",
    "StropError": "strop.errors",
    "Task": "strop.tasks.base",
    "check": "strop.api.checking",
    "compare": "strop.api.comparing",
    "improve": "strop.api.improving",
    "improve_me": "strop.tasks.marking",
    "note": "strop.scorer_notes",
    "score": "strop.api.scoring",
    "train": "strop.api.training",
}

__all__ = [
    "Answer",
    "Budget",
    "CallableModel",
    "Instance",
    "Malformed",
    "RunSpec",
    "Solution",
    "StropError",
    "Task",
    "check",
    "compare",
    "improve",
    "improve_me",
    "note",
    "score",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'strop' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
