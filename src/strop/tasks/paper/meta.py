"""What a meta task is: a task whose solutions are improvers. Its utility is û, which the host measures (strop.core.algorithm)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MetaTask:
    """A meta task (û, I_0) (§4) as data."""

    name: str
    what: str
    """What its programs do, in a few words."""
    seed: str
    """Text of the seed improver I_0."""
    template: str
    """u_str, grey-box (§3), with the names of the budgets in braces: as in the paper's setting."""
    instead: str
    """What to call instead: `strop run` does not take this task."""
    seed_score: str
    """û of the seed improver on lpn, in one line."""
    paper: str
    """What the paper found, in one line."""
    picture: str
    """A diagram of it as text."""

    full: str = ""
    """u_str that tells more: whose budgets are whose, and what reports hold."""
    own: Mapping[str, int] = field(default_factory=dict)
    """Budgets that are always told so."""

    def u_str(self, budgets: Mapping[str, object]) -> str:
        """u_str with the budgets of a run filled in: from `full` if it is not empty and `budgets["meta_utility"]` is `full`, else
        from `template`."""
        told = self.full if self.full and budgets.get("meta_utility") == "full" else self.template
        return filled(told, {**budgets, **self.own})


BUDGETS = ("meta_budget", "copies", "utility_budget", "lm_budget", "max_responses")
"""The numbers that the description of a meta-utility tells: the fields of a run's recipe."""


def filled(template: str, budgets: Mapping[str, object]) -> str:
    """A description with the names of `BUDGETS`, in braces, replaced by their numbers.

    Raises:
        KeyError: one of them is not in `budgets`.
    """
    for name in BUDGETS:
        template = template.replace("{" + name + "}", str(budgets[name]))
    return template
