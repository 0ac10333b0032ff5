"""strop doctor."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError, SandboxError
from strop.base.interpreter import to_add
from strop.base.later import dataclass
from strop.options.commands import Json
from strop.options.run import Switch


@Parameter(name="*")
@dataclass(frozen=True)
class SelfTestOptions:
    """Attack the jail and the scorers on this machine with every known attack."""

    self_test: Annotated[bool, Switch] = False
    """Attack the jail and the scorers on this machine. The exit code is 7 if an attack succeeds."""
    modes: Literal["here", "all"] = "here"
    """Machines to attack: `here` or `all`. With `all`, weaker machines are simulated and the control runs, too; this
    needs root."""
    control: Annotated[bool, Switch] = False
    """Run the same attacks with every layer off, where they must succeed; needs root."""
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Attack to run. May be given several times."""
    markdown: Annotated[bool, Switch] = False
    """Print the tables of the list of attacks, packages/selftest/ATTACKS.md."""

    def run(self, *, as_json: bool) -> int:
        """Run the self-test and print its findings. Returns the exit code.

        Raises ConfigurationError if strop-selftest is not installed.
        """
        try:
            from strop_selftest.command import self_test
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"the self-test is a package of strop's repository; in a clone: {to_add('./packages/selftest')}"
            ) from error
        every_mode = self.modes == "all"
        return self_test(
            self.only, every_mode=every_mode, control=self.control, markdown=self.markdown, as_json=as_json
        )

    def check(self) -> None:
        """Raises ConfigurationError if flags of the self-test are given without it."""
        if not self.self_test and self != SelfTestOptions():
            raise ConfigurationError("--modes, --control, --only and --markdown belong to --self-test")


def doctor_command(
    *,
    require: str = "none",
    lm: Annotated[str | None, Parameter(name=("--model", "-m"))] = None,
    base_url: str | None = None,
    workers: Annotated[str | None, Parameter(alias="-j")] = None,
    options: SelfTestOptions = SelfTestOptions(),
    as_json: Json = False,
) -> int:
    """Show what the jail enforces on this machine, as seen from inside a guest; or what a model answers.

    Parameters
    ----------
    require
        Protections to require, separated by commas. The exit code is 7 if one is missing.
    lm
        Ask this model for two tiny responses, instead of testing the jail. The exit code is 3 if it does not answer.
    base_url
        Address of an OpenAI-compatible server, for --model.
    workers
        Show the machines of this cluster, as strop run --workers uses them. The exit code is 7 if none can be used.
    """
    from strop.base.protections import DEFAULT_REQUIRE, protections
    from strop.cli.commands.output import present
    from strop.evaluation.machines import inspect_workers
    from strop.runs.results.enforced import enforced_here
    from strop.runs.spec import RunSpec

    options.check()
    if workers is not None:
        if options.self_test or lm or base_url:
            raise ConfigurationError("--workers cannot be combined with --self-test or --model")
        required = DEFAULT_REQUIRE if require == "none" else protections(require)
        machines = inspect_workers(workers, frozenset(required or ()))
        present(machines, as_json=as_json)
        return 0 if machines.usable or machines.waiting else SandboxError.exit_code
    if lm:
        if options.self_test or require != "none":
            raise ConfigurationError("--model cannot be combined with --self-test or --require")
        from strop.lm.probe import ask_once

        present(ask_once(lm, base_url, os.environ), as_json=as_json)
        return 0
    if base_url:
        raise ConfigurationError("--base-url requires --model")
    if options.self_test:
        return options.run(as_json=as_json)
    present(enforced_here(RunSpec(require=protections(require))), as_json=as_json)
    return 0
