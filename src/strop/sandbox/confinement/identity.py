"""The guest's identity: its own uid, no capabilities, no way to gain any, and memory that nobody may trace."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from strop.sandbox.confinement.kernel import (
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_CLEAR_ALL,
    PR_CAP_AMBIENT_RAISE,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_KEEPCAPS,
    PR_SET_NO_NEW_PRIVS,
    Kernel,
)

_CAPABILITY_VERSION_3 = 0x20080522
_OWN_UIDS = 1_000_000_000
_OWN_UIDS_IN_CONTAINER = 40_000
"""The first own uid in a user namespace that maps only 65,536 uids."""


class _Sets(ctypes.Structure):
    """The kernel's cap_user_data_t: capabilities 0 to 31, then 32 to 63."""

    _fields_ = tuple(
        (name, ctypes.c_uint32)
        for name in ("effective", "permitted", "inheritable", "more_effective", "more_permitted", "more_inheritable")
    )


@dataclass(frozen=True)
class Identity:
    """Who a process has become."""

    uid: int
    own: bool
    """Whether nobody else on the machine has this uid."""
    why: str = ""
    """Why root could not change its uid; empty if it could, or is not root."""

    def __str__(self) -> str:
        return f"uid {self.uid}" + (", nobody else's" if self.own else "") + (f": {self.why}" if self.why else "")


def empty_bounds(kernel: Kernel) -> None:
    """Empty the bounding set: no program that the caller and its descendants run gains a capability."""
    with suppress(OSError):
        kernel.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    with suppress(OSError):  # EINVAL past the last one; EPERM where there is nothing to drop
        for capability in range(64):
            kernel.prctl(PR_CAPBSET_DROP, capability)


def become(
    kernel: Kernel, unique: int, readable: Iterable[str], capabilities: Sequence[int] = (), *, is_bound: bool = False
) -> Identity:
    """Give up every right: bounding set, uid (root only), all capabilities but these; set no_new_privs; refuse to be traced.

    `unique` is a number below 2**22 that no other living server has, e.g. its process id as the host sees it. The uid is
    kept if the files `readable` could not be read without it (an interpreter below a 0700 home and no root of its own).
    `is_bound`: the bounding set is empty (`empty_bounds`).
    """
    if not is_bound:
        empty_bounds(kernel)
    if capabilities:  # else a change of uid takes them
        kernel.prctl(PR_SET_KEEPCAPS, 1)
    identity = _take_own_uid(unique, readable) if os.geteuid() == 0 else Identity(os.geteuid(), own=False)
    keep_only(kernel, capabilities)
    return identity


def drop_capabilities(kernel: Kernel) -> None:
    """Give up the capabilities that `become` kept."""
    kernel.call("capset", struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24))


def offered(unique: int, readable: Iterable[str] = ()) -> Identity:
    """The identity that `become` would give the caller, who must be root. Changes nothing."""
    for uid in (_OWN_UIDS + unique, _OWN_UIDS_IN_CONTAINER + unique % 20_000):
        try:
            os.setresuid(-1, uid, 0)
        except OSError:
            continue  # not mapped in this user namespace
        can_read = all(os.access(path, os.R_OK, effective_ids=True) for path in readable)
        os.setresuid(-1, 0, -1)
        if not can_read:
            return Identity(0, own=False, why="the interpreter cannot be read without it")
        return Identity(uid, own=True)
    return Identity(0, own=False, why="no other is mapped")


def keep_only(kernel: Kernel, capabilities: Iterable[int], *, in_programs: bool = False) -> None:
    """Give up every capability except these, as far as the caller has them; no program gains any. Children inherit them, and
    `in_programs` the program that the caller becomes, too."""
    header, sets = struct.pack("Ii", _CAPABILITY_VERSION_3, 0), _Sets()
    kernel.call("capget", header, sets)
    wanted = sum(1 << capability for capability in capabilities)
    low, high = wanted & sets.permitted & 0xFFFFFFFF, wanted >> 32 & sets.more_permitted
    passed = (low, high) if in_programs else (0, 0)
    kernel.call("capset", header, struct.pack("6I", low, low, passed[0], high, high, passed[1]))
    for capability in range(64) if in_programs else ():
        if (low | high << 32) >> capability & 1:
            kernel.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
    kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(PR_SET_DUMPABLE, 0)  # after a change of uid, which resets it


def _take_own_uid(unique: int, readable: Iterable[str]) -> Identity:
    identity = offered(unique, readable)
    if identity.own:
        os.setgroups([])
        os.setresgid(identity.uid, identity.uid, identity.uid)
        os.setresuid(identity.uid, identity.uid, identity.uid)
    return identity
