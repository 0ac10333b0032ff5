"""A private root: an empty file system that shows, read-only and at their own paths, only what Python needs to run.

Needs a fresh mount namespace (`namespaces`). What is not bound here does not exist for the guest, not even by name.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from strop.sandbox.confinement.kernel import Kernel

_NOSUID, _NODEV, _REMOUNT, _READ_ONLY = 2, 4, 32, 1
_BIND, _RECURSIVE, _SLAVE = 4096, 16384, 1 << 19
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_STAGE = "/tmp"
"""Where the new root is built before it is entered: a directory that every machine has. Nothing is written to it."""


Furnish = Callable[[list[str], dict[str, str]], None]


def enter(kernel: Kernel, paths: Iterable[str], furnish: Furnish = lambda binds, links: None) -> None:
    """Make a root of `paths` (directories or files, missing ones are skipped) and /dev/null and its like; enter it.

    `furnish` may put more below /new, while the old root is still at /old; what it mounts there stays writable. It is given the
    real paths that are bound next, and the symbolic links that are made, and may take some out to show them itself.

    The steps are bubblewrap's: a tmpfs becomes the root, the old root hangs below it while the binds are made, then the
    finished tree becomes the root and everything else is detached. Raises OSError where mounting is refused.
    """
    kernel.mount("none", "/", None, _RECURSIVE | _SLAVE)  # nothing that we mount may travel back to the host
    kernel.mount("tmpfs", _STAGE, "tmpfs", _NOSUID | _NODEV, "mode=755,size=256k")
    old, new = Path(_STAGE, "old"), Path(_STAGE, "new")
    old.mkdir()
    new.mkdir()
    kernel.call("pivot_root", os.fsencode(_STAGE), os.fsencode(old))
    os.chdir("/")
    kernel.mount("/new", "/new", None, _BIND | _RECURSIVE)
    binds, links = _plan(paths)
    furnish(binds, links)
    for path in (*binds, *_DEVICES):
        bind(kernel, path, "/new" + path)
    for path, target in links.items():
        Path("/new" + path).parent.mkdir(parents=True, exist_ok=True)
        Path("/new" + path).symlink_to(target)
    kernel.unmount("/old")
    os.chdir("/new")
    kernel.call("pivot_root", b".", b".")
    kernel.unmount(".")
    os.chdir("/")
    kernel.mount("none", "/", None, _REMOUNT | _BIND | _READ_ONLY | _NOSUID | _NODEV)


def _plan(paths: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Paths to bind (real ones, none below another), and the symbolic links from the requested names to them."""
    wanted = {path: _real(path) for path in paths}
    binds: list[str] = []
    for real in sorted({real for real in wanted.values() if Path("/old" + real).exists()}, key=len):
        if not _below(real, binds):
            binds.append(real)
    links = {
        path: real for path, real in wanted.items() if path != real and _below(real, binds) and not _below(path, binds)
    }
    return binds, links


def _real(path: str) -> str:
    """`path` with every symbolic link resolved as it was in the old root, now at /old."""
    resolved = ""
    parts = path.strip("/").split("/")
    for _ in range(256):  # more links mean a loop
        if not parts:
            break
        step = f"{resolved}/{parts.pop(0)}"
        if Path("/old" + step).is_symlink():
            target = os.path.normpath(os.path.join(resolved or "/", os.readlink("/old" + step)))  # noqa: PTH115, PTH118
            parts = target.strip("/").split("/") + parts
            resolved = ""
        else:
            resolved = step
    return resolved or "/"


def _below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)


def bind(kernel: Kernel, path: str, destination: str) -> None:
    """Show a path of the old root, now at /old, read-only at `destination`. Does nothing if the path does not exist."""
    source, target = Path("/old" + path), Path(destination)
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    else:
        return
    kernel.mount(str(source), str(target), None, _BIND | _RECURSIVE)
    make_read_only(kernel, target, device=path.startswith("/dev/") and source.is_char_device())


def make_read_only(kernel: Kernel, target: Path, *, device: bool = False) -> None:
    """Make the mounts at and below `target` read-only."""
    attributes = _READ_ONLY | _NOSUID | (0 if device else _NODEV)
    try:
        request = struct.pack("QQQQ", attributes, 0, 0, 0)
        kernel.call("mount_setattr", _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE, request, len(request))
    except OSError:  # before Linux 5.12; the mount's own flags are locked and must be repeated
        inherited = os.statvfs(target).f_flag & (_NOSUID | _NODEV | 8 | 1024 | 2048)
        kernel.mount("none", str(target), None, _REMOUNT | _BIND | attributes | inherited)
