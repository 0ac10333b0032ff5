"""strop doctor --self-test."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.commands.output import notices, print_document, results
from strop.errors import ConfigurationError
from strop.report.words import harmless
from strop.testing.hostile import catalogue
from strop.testing.hostile.catalogue import Attack
from strop.testing.hostile.examination import CONTROL, FAILURES, Result, examined
from strop.testing.hostile.modes import HERE, MODES
from strop.testing.hostile.table import as_document, as_markdown, as_text, failures

Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class SelfTestOptions:
    """Attack the jail and the scorer of this machine, with every attack that we know."""

    self_test: Flag = False
    """Run the conformance kit: named attacks, and what must be observed of each. Exit code 7 when one gets through."""
    modes: Literal["here", "all"] = "here"
    """all: also as on lesser machines, as far as one machine can stand for them, and the control; needs root."""
    control: Flag = False
    """Only the control: the same attacks with every layer off, where they must succeed; needs root."""
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Name of an attack; may be given several times."""
    markdown: Flag = False
    """Print the tables of docs/security.md."""

    def check(self) -> None:
        """Raises ConfigurationError where flags do not go together."""
        if not self.self_test and self != SelfTestOptions():
            raise ConfigurationError("--modes, --control, --only and --markdown belong to --self-test")
        if self.self_test and sys.platform != "linux":
            raise ConfigurationError("the self-test needs Linux")
        if (self.control or self.modes == "all") and os.geteuid() != 0:
            raise ConfigurationError("--modes all and --control need root: only root can take rights away from itself")

    def attacks(self) -> tuple[Attack, ...]:
        """What to run. Raises ConfigurationError for a name that is none."""
        known = {attack.name: attack for attack in catalogue()}
        unknown = [name for name in self.only if name not in known]
        if unknown:
            raise ConfigurationError(f"no attack is called {', '.join(unknown)}; see docs/security.md for their names")
        return tuple(known[name] for name in dict.fromkeys(self.only)) if self.only else catalogue()

    def machines(self) -> tuple[str, ...]:
        """Where to run it."""
        if self.control:
            return (CONTROL,)
        return (*MODES, CONTROL) if self.modes == "all" else (HERE,)


def self_test(options: SelfTestOptions, *, as_json: bool) -> int:
    """Run the kit and print what it found. Returns the exit code."""
    attacks = options.attacks()
    found: list[Result] = []
    for machine in options.machines():
        progress = _Progress(machine, len(attacks))
        found += examined(attacks, machine, progress)
        progress.end()
    _print(found, options, as_json=as_json)
    return 7 if failures(found) else 0


class _Progress:
    """Tells on standard error how far one machine is: a line that moves for a person, a line for each group for a file."""

    def __init__(self, machine: str, count: int) -> None:
        self._machine, self._count, self._done, self._console = machine, count, 0, notices()
        self._group = ""

    def __call__(self, result: Result) -> None:
        self._done += 1
        if result.verdict in FAILURES:
            words = f"{result.attack.name}: {result.verdict} on {self._machine}: {'; '.join(result.signs)}"
            self._console.print(harmless(words, 1000), markup=False)
        elif self._console.is_terminal:
            name = f"{self._machine}: {self._done} of {self._count}, {result.attack.name}"
            self._console.print(f"{name[:78]:<78}", end="\r", markup=False)
        elif result.attack.group != self._group:
            self._group = result.attack.group
            self._console.print(f"{self._machine}: {self._done} of {self._count}, {self._group}", markup=False)

    def end(self) -> None:
        self._console.print(f"{f'{self._machine}: {self._done} run':<78}", markup=False)


def _print(found: Sequence[Result], options: SelfTestOptions, *, as_json: bool) -> None:
    if as_json:
        print_document(as_document(found))
    elif options.markdown:
        sys.stdout.write(as_markdown(found))
    else:
        console = results()
        for line in as_text(found).splitlines():
            console.print(harmless(line, 1000), markup=False, soft_wrap=True)
