"""Landlock: no rights on the file system except to read what Python needs; no TCP; no signals to the outside.

Landlock does not cover stat, chmod, chown, utime, setxattr and flock: `filters` refuses those that change something, and only a
private root hides that a file exists.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterable

from strop.sandbox.confinement.kernel import Kernel

_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIRECTORY = 1, 2, 4, 8
_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15
"""Rights that a file can have: run, write, read, truncate, control a device."""
_TCP = 3  # bind, connect
_SCOPES = 3  # abstract unix sockets, signals


def abi(kernel: Kernel, *, needed: bool) -> int:
    """The kernel's Landlock version; 0 if it has none or has it disabled, or OSError if it is `needed`."""
    try:
        return kernel.call("landlock_create_ruleset", 0, 0, _CREATE_RULESET_VERSION)
    except OSError as error:
        if needed:
            raise OSError(error.errno, f"without namespaces Landlock must guard files: {error.strerror}") from error
        return 0


def file_rules(kernel: Kernel, version: int, readable: Iterable[str]) -> int:
    """A ruleset that allows reading below `readable` and writing to /dev/null, nothing else. Returns its descriptor."""
    ruleset = _create(kernel, version, files=_handled(version), tcp=_TCP if version >= 4 else 0)
    for path in readable:
        _allow(kernel, ruleset, path, _READ_FILE | _READ_DIRECTORY)
    _allow(kernel, ruleset, "/dev/null", _READ_FILE | _WRITE_FILE)
    return ruleset


def command_rules(kernel: Kernel, version: int, readable: Iterable[str], writable: Iterable[str]) -> int:
    """A ruleset that allows reading and running below `readable` and everything below `writable`; no TCP, and from version 6
    on no signals to the outside and no abstract sockets of others. Returns its descriptor."""
    every = _handled(version)
    ruleset = _create(
        kernel, version, files=every, tcp=_TCP if version >= 4 else 0, scopes=_SCOPES if version >= 6 else 0
    )
    for path in readable:
        _allow(kernel, ruleset, path, _EXECUTE | _READ_FILE | _READ_DIRECTORY)
    for path in writable:
        _allow(kernel, ruleset, path, every)
    return ruleset


def scope_rules(kernel: Kernel, version: int) -> int | None:
    """A ruleset that keeps signals and abstract unix sockets inside; None before version 6. Returns its descriptor."""
    return _create(kernel, version, scopes=_SCOPES) if version >= 6 else None


def restrict(kernel: Kernel, ruleset: int) -> None:
    """Apply the ruleset to the caller and its future descendants. Needs no_new_privs."""
    kernel.call("landlock_restrict_self", ruleset, 0)


def _handled(version: int) -> int:
    """Every right on files that this version knows: a right that is handled and not granted is refused."""
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    return int((1 << bits) - 1)


def _create(kernel: Kernel, version: int, *, files: int = 0, tcp: int = 0, scopes: int = 0) -> int:
    attributes = struct.pack("QQQ", files, tcp, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24
    return kernel.call("landlock_create_ruleset", attributes[:size], size, 0)


def _allow(kernel: Kernel, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        kernel.call("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)
