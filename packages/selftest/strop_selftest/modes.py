"""The machines on which the kit runs, as far as one machine can simulate them, and the attacks expected to succeed on each.

A mode removes what such a machine does not allow (`lesser`), after the default seccomp profile of a container runtime and a
distribution's restriction of user namespaces; it does not use those themselves. The attacks expected to succeed are listed
here: any other success is a failure of the kit, and so is a listed attack that no longer succeeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NOBODY = 65534
_NEW_ROOT = ("mount", "pivot_root", "mount_setattr", "move_mount", "open_tree", "fsopen")
_NAMESPACES = ("unshare", "setns", "umount2", *_NEW_ROOT)
_LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")

_STAT = "Landlock does not hide that a file exists, and without mounts a guest has no root of its own"
_PROCESSES = (
    "without a pid namespace, or with the host's /proc in sight, a guest can tell which process numbers are in use"
)
_VISIBLE: Mapping[str, str] = {
    "stat_existence": _STAT,
    **dict.fromkeys(("see_processes", "pids_tell_of_guests"), _PROCESSES),
}


@dataclass(frozen=True)
class Mode:
    """One kind of machine."""

    name: str
    what: str
    """For people."""
    refused: tuple[str, ...] = ()
    """System calls that the machine refuses to everybody."""
    uid: int = 0
    container: bool = False
    """Whether root has only the capabilities of a container's root."""
    residuals: Mapping[str, str] = field(default_factory=dict)
    """Attack that succeeds here (or honest program that fails) → reason."""


HERE = "as it is"
MODES: Mapping[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode(HERE, "this machine, as whoever runs strop"),
        Mode("user", "an ordinary user who may make user namespaces", uid=NOBODY),
        Mode(
            "user without mounts",
            "an ordinary user where user namespaces give no right to mount, as on Ubuntu since 23.10",
            _NEW_ROOT,
            NOBODY,
            residuals=_VISIBLE,
        ),
        Mode(
            "user without namespaces",
            "an ordinary user where user namespaces are switched off",
            _NAMESPACES,
            NOBODY,
            residuals=_VISIBLE,
        ),
        Mode("container", "root in a container with Docker's default profile", _NAMESPACES, 0, True, _VISIBLE),
        Mode("container's user", "an ordinary user in such a container", _NAMESPACES, NOBODY, True, _VISIBLE),
    )
}
"""Modes, in the order of the table's columns."""
NEITHER = Mode("neither", "no namespaces and no Landlock: strop refuses to start", (*_NAMESPACES, *_LANDLOCK))
