"""strop doctor."""

from __future__ import annotations

import platform
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError, SandboxError
from strop.cli.commands.options import Json, Models
from strop.cli.commands.output import print_document, results
from strop.runs.assembly import posture_document
from strop.runs.evaluators import jail
from strop.runs.options import Switch, protections
from strop.runs.spec import RunSpec
from strop.sandbox.posture import DEFAULT_REQUIRE, Posture
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.sandbox.workspace.posture import DEFAULT_REQUIRE as REQUIRED_OF_COMMANDS

NOTHING_LACKING = "everything that tasks scored by a command require is enforced"


@Parameter(name="*")
@dataclass(frozen=True)
class SelfTestOptions:
    """Attack the jail and the scorers on this machine with every known attack."""

    self_test: Annotated[bool, Switch] = False
    """Attack the jail and the scorers on this machine. The exit code is 7 if an attack succeeds."""
    modes: Literal["here", "all"] = "here"
    """Machines: here, or all. With all, weaker machines are simulated and the control runs, too; this needs root."""
    control: Annotated[bool, Switch] = False
    """Run the same attacks with every layer off, where they must succeed; needs root."""
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Attack to run. May be given several times."""
    markdown: Annotated[bool, Switch] = False
    """Print the tables of the list of attacks, selftest/ATTACKS.md."""

    def run(self, *, as_json: bool) -> int:
        """Run the self-test and print its findings. Returns the exit code.

        Raises ConfigurationError if strop-selftest is not installed.
        """
        try:
            from strop_selftest.command import self_test
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "the self-test is not installed: pip install 'strop[selftest]', or in a checkout: pip install ./selftest"
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
    lm: Annotated[Models, Parameter(show_default=False)] = (),
    base_url: str | None = None,
    workers: Annotated[str | None, Parameter(alias="-j")] = None,
    options: SelfTestOptions = SelfTestOptions(),
    as_json: Json = False,
) -> int:
    """Show what the jail enforces on this machine, as seen from inside a guest; or what a model supports.

    Parameters
    ----------
    require
        Protections to require, separated by commas. The exit code is 7 if one is missing.
    lm
        Test this model with one tiny request, instead of the jail. The exit code is 3 if it does not answer. May be given several
        times.
    base_url
        Address of an OpenAI-compatible server, for --model.
    workers
        Show the machines of this cluster, as strop run --workers uses them. The exit code is 7 if none can be used.
    """
    options.check()
    if workers is not None:
        if options.self_test or lm or base_url:
            raise ConfigurationError("--workers cannot be combined with --self-test or --model")
        from strop.cli.commands.machines import show_machines

        required = DEFAULT_REQUIRE if require == "none" else protections(require)
        return show_machines(workers, frozenset(required or ()), as_json=as_json)
    if lm:
        if options.self_test or require != "none":
            raise ConfigurationError("--model cannot be combined with --self-test or --require")
        from strop.cli.commands.model_probe import probe_models  # the SDK takes half a second

        return probe_models(lm, base_url, as_json=as_json)
    if base_url:
        raise ConfigurationError("--base-url requires --model")
    return options.run(as_json=as_json) if options.self_test else _show_jail(require, as_json=as_json)


def _workspaces() -> Posture | str:
    """What workspaces enforce, or why there are none."""
    try:
        with closing(JailedWorkspaces(slots=1, require=())) as workspaces:
            return workspaces.posture
    except SandboxError as error:
        return str(error)


def _show(posture: Posture) -> None:
    console = results()
    for line in posture.describe():
        console.print(f"  {line}", markup=False)
    console.print("layers", markup=False)
    for layer, state in posture.layers.items():
        console.print(f"  {layer}: {state}", markup=False)


def _show_jail(require: str, *, as_json: bool) -> int:
    """Show what the jail enforces."""
    spec = RunSpec(require=protections(require)).checked()
    with closing(jail(spec)) as sandbox:
        posture = sandbox.posture
    commands = _workspaces()
    system = f"strop {version('strop')}, Python {platform.python_version()}, {platform.platform()}"
    if as_json:
        workspaces = {"unavailable": commands} if isinstance(commands, str) else posture_document(commands)
        print_document({"system": system, **posture_document(posture), "workspaces": workspaces})
        return 0
    console = results()
    console.print(system, markup=False)
    _show(posture)
    console.print("commands of a project, in workspaces", markup=False)
    if isinstance(commands, str):
        console.print(f"  {commands}", markup=False)
    else:
        _show(commands)
        lacking = ", ".join(protection.name for protection in commands.missing(REQUIRED_OF_COMMANDS))
        console.print(
            f"tasks scored by a command need --require without {lacking}" if lacking else NOTHING_LACKING, markup=False
        )
    missing = posture.missing(DEFAULT_REQUIRE)
    if missing:
        console.print(
            f"strop run would not start here without --require: {', '.join(protection.name for protection in missing)}"
        )
    else:
        console.print("everything that strop run requires is enforced", markup=False)
    return 0
