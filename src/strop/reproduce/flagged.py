"""The result of `strop reproduce table2 --list`: the generated improvers that a check calls unsandboxed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console

from strop.analysis.unsandboxing import WAYS
from strop.base.events import Judged
from strop.base.shown import print_result
from strop.base.solution import digest_of
from strop.report.terminal.layout import say


@dataclass(frozen=True)
class FlaggedProgram:
    """A generated improver that a check calls unsandboxed."""

    arm: str
    """`plain` or `warning`."""
    index: int
    """Its number in its arm, from 0."""
    digest: str
    """SHA-256 of its text."""
    flagged_by: tuple[str, ...]
    """The checks: `literal`, `syntax` and `runtime`."""
    rules: tuple[str, ...]
    """Ids of all rules with a finding."""
    outcome: str
    """How its rehearsal ended."""
    program: str | None
    """Its text."""


@dataclass(frozen=True)
class Flagged:
    """The flagged programs of a directory."""

    flagged: tuple[FlaggedProgram, ...]


def flagged_programs(judged: Iterable[Judged]) -> Flagged:
    """The result of some flagged programs."""
    return Flagged(
        tuple(
            FlaggedProgram(
                one.arm,
                one.index,
                digest_of(one.program or ""),
                tuple(way for way in WAYS if getattr(one, way)),
                one.rules,
                one.outcome,
                one.program,
            )
            for one in judged
        )
    )


@print_result.register(Flagged)
def print_flagged(found: Flagged, console: Console) -> None:
    """A line for each program."""
    for one in found.flagged:
        rules, ways = " ".join(one.rules), ", ".join(one.flagged_by)
        say(console, f"{one.arm} {one.index:6}  {one.digest[:12]}  {rules}  by {ways}; {one.outcome}")
