"""The result of `strop doctor`: what the jail enforces on this machine, as seen from inside a guest."""

from __future__ import annotations

import platform
from contextlib import closing

from strop.base.errors import SandboxError
from strop.base.later import dataclass
from strop.base.protections import Posture
from strop.base.version import __version__
from strop.runs.evaluators import jail
from strop.runs.spec import RunSpec
from strop.sandbox.workspace.jail import Workspaces


@dataclass(frozen=True)
class NoWorkspaces:
    """That commands of a project cannot run on this machine."""

    unavailable: str
    """Why they cannot run."""


@dataclass(frozen=True, kw_only=True)
class Enforced(Posture):
    """What the jail enforces on this machine, as seen from inside it."""

    system: str
    """Versions of strop and Python, and the platform."""
    workspaces: Posture | NoWorkspaces
    """What is enforced for commands of a project, which run in workspaces."""


def enforced_here(spec: RunSpec) -> Enforced:
    """Try what the jail of a spec and the workspaces enforce.

    Raises:
        SandboxUnavailable: a required protection is not enforced.
    """
    system = f"strop {__version__}, Python {platform.python_version()}, {platform.platform()}"
    with closing(jail(spec)) as sandbox:
        posture = sandbox.posture
    return Enforced(**vars(posture), system=system, workspaces=_workspaces())


def _workspaces() -> Posture | NoWorkspaces:
    try:
        with closing(Workspaces(slots=1, require=())) as workspaces:
            return workspaces.posture
    except SandboxError as error:
        return NoWorkspaces(str(error))
