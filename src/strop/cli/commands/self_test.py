"""strop doctor --self-test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError

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
    """Print the tables of selftest/ATTACKS.md."""

    def run(self, *, as_json: bool) -> int:
        """Run the self-test and print what it found. Returns the exit code.

        Raises ConfigurationError if strop-selftest is not installed.
        """
        try:
            from strop_selftest.command import self_test
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "the self-test is not installed: pip install 'strop[selftest]', or ./selftest in a checkout"
            ) from error
        every_mode = self.modes == "all"
        return self_test(
            self.only, every_mode=every_mode, control=self.control, markdown=self.markdown, as_json=as_json
        )

    def check(self) -> None:
        """Raises ConfigurationError where flags do not go together."""
        if not self.self_test and self != SelfTestOptions():
            raise ConfigurationError("--modes, --control, --only and --markdown belong to --self-test")
