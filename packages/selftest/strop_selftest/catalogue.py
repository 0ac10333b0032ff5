"""The attacks: every file below attacks/, read as text, with its own description.

A file is a program text that the host never imports (except role `host`). Its docstring says what it tries and what must be
observed; its upper-case literals say how to run it. Groups are folders; numbers are those of the list of cases.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from strop.base.syntax import syntax_tree
from strop.sandbox.base import Limits

Role = Literal["solution", "frames", "improver", "answer", "host"]
"""The role of the program: see the modules as_*.py."""

GROUPS: dict[str, str] = {
    "budgets": "A. Circumvention and budgets",
    "answers": "B. Answers and scoring",
    "lifetime": "C. Time and lifetime",
    "memory": "D. Memory and output",
    "files": "E. Files and secrets",
    "network": "F. Network and the processes of others",
    "surface": "G. Surface of the kernel",
    "honest": "H. Honest programs",
    "posture": "I. Posture",
}
"""Folder to title, in display order."""

PLENTY = Limits(cpu_seconds=20.0, wall_seconds=30.0)
"""Limits of an attack that sets none: only the attack itself or the jail ends it."""

_SETTINGS = ("NUMBERS", "ROLE", "LIMITS", "CONTROL_LIMITS", "PROTECTION", "OBSERVED", "CONTROL")
_ATTACKS = Path(__file__).with_name("attacks")


@dataclass(frozen=True)
class Attack:
    """One file of attacks/."""

    name: str
    group: str
    role: Role
    title: str
    """What it tries: the first line of the docstring."""
    numbers: tuple[int, ...]
    """Numbers of the cases that it covers; none if it is not on the list."""
    text: str
    settings: Mapping[str, Any]
    """Every upper-case literal of the file, by name."""

    @property
    def observed(self) -> Mapping[str, Any]:
        """What its runner compares, if the file says so; each role has its own keys."""
        return dict(self.settings.get("OBSERVED", {}))

    @property
    def protection(self) -> str:
        """Name of the protection (protections.PROTECTIONS) without which it succeeds; empty: none."""
        return str(self.settings.get("PROTECTION", ""))

    @property
    def hostile(self) -> bool:
        """Whether a guest attacks. Honest programs and checks of the host do not."""
        return self.group not in ("honest", "posture") and self.role != "host"

    @property
    def succeeds_unconfined(self) -> bool:
        """Whether it succeeds with all layers of the kernel off; otherwise the architecture contains it."""
        return self.hostile and self.settings.get("CONTROL") != "architecture"

    def limits(self, *, confined: bool) -> Limits:
        """The limits to run it under, in the jail or in the control."""
        return replace(PLENTY, **self.settings.get("LIMITS" if confined else "CONTROL_LIMITS", {}))


@cache
def catalogue() -> tuple[Attack, ...]:
    """Every attack, by group and name. Raises ValueError for a file without a valid description."""
    attacks = [_read(path) for group in GROUPS for path in sorted((_ATTACKS / group).glob("*.py"))]
    names = [attack.name for attack in attacks]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two attacks of one name: {', '.join(sorted(twice))}")
    return tuple(attacks)


def find(name: str) -> Attack:
    """The attack of this name. Raises KeyError."""
    return {attack.name: attack for attack in catalogue()}[name]


def _read(path: Path) -> Attack:
    text = path.read_text("utf-8")
    tree = syntax_tree(text, path.name)
    title = (ast.get_docstring(tree) or "").partition("\n")[0]
    settings = _literals(tree)
    role = next((role for role in get_args(Role) if role == settings.get("ROLE")), None)
    numbers = settings.get("NUMBERS")
    if not title or role is None or not isinstance(numbers, tuple):
        raise ValueError(f"{path.parent.name}/{path.name} needs a docstring, a ROLE and NUMBERS")
    return Attack(path.stem, path.parent.name, role, title, numbers, text, settings)


def _literals(tree: ast.Module) -> dict[str, Any]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                if node.targets[0].id in _SETTINGS:
                    raise ValueError(f"{node.targets[0].id} is not a literal: {ast.unparse(node.value)}") from None
                continue  # a value that the program computes
    return found
