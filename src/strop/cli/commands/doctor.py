"""strop doctor."""

from __future__ import annotations

import platform
from contextlib import closing
from importlib.metadata import version
from typing import Annotated

from cyclopts import Parameter

from strop.base.errors import ConfigurationError, SandboxError
from strop.cli.commands.options import Json, Models, protections
from strop.cli.commands.output import print_document, results
from strop.cli.commands.self_test import SelfTestOptions
from strop.runs.assembly import jail, posture_document
from strop.runs.spec import RunSpec
from strop.sandbox.posture import DEFAULT_REQUIRE, Posture
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.sandbox.workspace.posture import DEFAULT_REQUIRE as REQUIRED_OF_COMMANDS

NOTHING_LACKING = "everything that tasks that commands score require is enforced"


def doctor_command(
    *,
    require: str = "none",
    lm: Annotated[Models, Parameter(show_default=False)] = (),
    base_url: str | None = None,
    options: SelfTestOptions = SelfTestOptions(),
    as_json: Json = False,
) -> int:
    """Say what the jail is observed to enforce on this machine, by trying it from inside a guest; or what a model supports.

    Parameters
    ----------
    require
        Protections without which to fail (exit code 7), separated by commas.
    lm
        Instead of the jail: send this model one tiny request, and say what its server supports. Exit code 3 when it does not
        answer. May be given several times.
    base_url
        Address of an OpenAI-compatible server, for --model.
    """
    options.check()
    if lm:
        if options.self_test or require != "none":
            raise ConfigurationError("--model asks a model; --self-test and --require are of the jail")
        from strop.cli.commands.model_probe import probe_models  # the SDK takes half a second

        return probe_models(lm, base_url, as_json=as_json)
    if base_url:
        raise ConfigurationError("--base-url belongs to --model")
    return options.run(as_json=as_json) if options.self_test else _show_jail(require, as_json=as_json)


def _workspaces() -> Posture | str:
    """What workspaces are observed to enforce; why there are none, where there are none."""
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
    """What the jail is observed to enforce."""
    spec = RunSpec(require=protections(require)).checked()
    with closing(jail(spec)) as sandbox:
        posture = sandbox.posture
    commands = _workspaces()
    system = f"strop {version('strop')}, Python {platform.python_version()}, {platform.platform()}"
    if as_json:
        told = {"unavailable": commands} if isinstance(commands, str) else posture_document(commands)
        print_document({"system": system, **posture_document(posture), "workspaces": told})
        return 0
    console = results()
    console.print(system, markup=False)
    _show(posture)
    console.print("commands of a project, in workspaces", markup=False)
    if isinstance(commands, str):
        console.print(f"  {commands}", markup=False)
    else:
        _show(commands)
        lacking = ", ".join(each.name for each in commands.missing(REQUIRED_OF_COMMANDS))
        console.print(
            f"tasks that commands score need --require without: {lacking}" if lacking else NOTHING_LACKING, markup=False
        )
    missing = posture.missing(DEFAULT_REQUIRE)
    if missing:
        console.print(f"strop run would not start here without --require: {', '.join(one.name for one in missing)}")
    else:
        console.print("everything that strop run requires is enforced", markup=False)
    return 0
