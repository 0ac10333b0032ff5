"""strop doctor."""

from __future__ import annotations

import platform
from contextlib import closing
from importlib.metadata import version

from strop.commands.options import GroundOptions, Json
from strop.commands.output import print_document, results
from strop.commands.self_test import SelfTestOptions, self_test
from strop.laboratory import jail, posture_document
from strop.sandbox.posture import DEFAULT_REQUIRE
from strop.spec import RunSpec


def doctor_command(
    *,
    require: str = "none",
    options: SelfTestOptions = SelfTestOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    as_json: Json = False,
) -> int:
    """Say what the jail is observed to enforce on this machine, by trying it from inside a guest.

    Parameters
    ----------
    require
        Protections without which to fail (exit code 7), separated by commas.
    """
    options.check()
    if options.self_test:
        return self_test(options, as_json=as_json)
    spec = RunSpec(require=GroundOptions(require=require).required()).checked()
    with closing(jail(spec)) as sandbox:
        posture = sandbox.posture
    system = f"strop {version('strop')}, Python {platform.python_version()}, {platform.platform()}"
    if as_json:
        print_document({"system": system, **posture_document(posture)})
        return 0
    console = results()
    console.print(system, markup=False)
    for line in posture.describe():
        console.print(f"  {line}", markup=False)
    console.print("layers", markup=False)
    for layer, state in posture.layers.items():
        console.print(f"  {layer}: {state}", markup=False)
    missing = posture.missing(DEFAULT_REQUIRE)
    if missing:
        console.print(f"strop run would not start here without --require: {', '.join(one.name for one in missing)}")
    else:
        console.print("everything that strop run requires is enforced", markup=False)
    return 0
