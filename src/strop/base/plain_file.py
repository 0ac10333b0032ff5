"""Read a file of a folder that may come from anywhere: a link, a device, a pipe or a giant file must not be read."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_plain(file: Path, most: int, *, follow: bool = False) -> tuple[bytes, os.stat_result] | None:
    """The content and status of a regular file of at most `most` bytes; None for anything else. `follow`: links too."""
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        with os.fdopen(os.open(file, flags), "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most:
                return None
            return opened.read(most), status
    except (OSError, ValueError):
        return None
