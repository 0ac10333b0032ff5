"""Open a file that a command may have made, only if it is a regular file and no part of its path is a link."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_regular(root: str, path: str) -> int | None:
    """A descriptor of the regular file at `path` below `root`; None if there is none.

    Links are not followed; pipes and devices are not opened.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or "\0" in path or not parts:
        return None
    place = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            for part in parts[:-1]:
                inner = os.open(part, _FOLDER, dir_fd=place)
                os.close(place)
                place = inner
            if not stat.S_ISREG(os.stat(parts[-1], dir_fd=place, follow_symlinks=False).st_mode):
                return None
            file = os.open(parts[-1], _FILE, dir_fd=place)
            if stat.S_ISREG(os.fstat(file).st_mode):
                return file
            os.close(file)
        return None
    finally:
        os.close(place)
