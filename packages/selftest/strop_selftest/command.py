"""`strop doctor --self-test`: run attacks, with progress on standard error and a table at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from strop.base.console import results_stream
from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.cli.commands.output import notices, present, results
from strop_selftest import catalogue
from strop_selftest.catalogue import Attack
from strop_selftest.examination import CONTROL, FAILURES, Result, examined
from strop_selftest.modes import HERE, MODES
from strop_selftest.table import as_document, as_markdown, as_text, failures


def self_test(only: Sequence[str], *, every_mode: bool, control: bool, markdown: bool, as_json: bool) -> int:
    """Run the attacks named in `only` (empty: all of them) and print what they did. Returns the exit code, 0 or 7.

    Raises ConfigurationError for an attack that does not exist, for a machine that is not Linux, and for modes that need root.
    """
    if sys.platform != "linux":
        raise ConfigurationError("the self-test needs Linux")
    if (control or every_mode) and os.geteuid() != 0:
        raise ConfigurationError("--modes all and --control need root: only root can take rights away from itself")
    attacks = _attacks(only)
    machines = (CONTROL,) if control else (*MODES, CONTROL) if every_mode else (HERE,)
    found: list[Result] = []
    for machine in machines:
        progress = _Progress(machine, len(attacks))
        found += examined(attacks, machine, progress)
        progress.end()
    _print(found, markdown=markdown, as_json=as_json)
    return 7 if failures(found) else 0


def _attacks(only: Sequence[str]) -> tuple[Attack, ...]:
    known = {attack.name: attack for attack in catalogue()}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise ConfigurationError(f"unknown attack: {', '.join(unknown)}; selftest/ATTACKS.md lists their names")
    return tuple(known[name] for name in dict.fromkeys(only)) if only else catalogue()


class _Progress:
    """Shows progress on standard error: one changing line on a terminal, one line per group elsewhere."""

    def __init__(self, machine: str, count: int) -> None:
        self._machine, self._count, self._done, self._console = machine, count, 0, notices()
        self._group = ""

    def __call__(self, result: Result) -> None:
        self._done += 1
        if result.verdict in FAILURES:
            words = f"{result.attack.name}: {result.verdict} on {self._machine}: {'; '.join(result.signs)}"
            self._console.print(escape(words, 1000), markup=False)
        elif self._console.is_terminal:
            name = f"{self._machine}: {self._done} of {self._count}, {result.attack.name}"
            self._console.print(f"{name[:78]:<78}", end="\r", markup=False)
        elif result.attack.group != self._group:
            self._group = result.attack.group
            self._console.print(f"{self._machine}: {self._done} of {self._count}, {self._group}", markup=False)

    def end(self) -> None:
        self._console.print(f"{f'{self._machine}: {self._done} run':<78}", markup=False)


def _print(found: Sequence[Result], *, markdown: bool, as_json: bool) -> None:
    if as_json:
        present(as_document(found), as_json=True)
    elif markdown:
        results_stream().write(as_markdown(found))
    else:
        console = results()
        for line in as_text(found).splitlines():
            console.print(escape(line, 1000), markup=False, soft_wrap=True)
