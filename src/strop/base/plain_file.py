"""Read a file: one that the user names, or one of a folder that may come from anywhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from strop.base.errors import ConfigurationError


def text_of(path: Path, kind: str) -> str:
    """The text of a file that the user names, with its own line ends. `kind`: what messages call it, such as `solution file`.

    Raises:
        ConfigurationError: it does not exist or is not UTF-8 text.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no {kind} {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{kind} {path} cannot be read as UTF-8 text: {error}") from error


def read_plain(file: Path, most: int, *, follow: bool = False) -> tuple[bytes, os.stat_result] | None:
    """The content and status of a regular file of at most `most` bytes; None for anything else. In a folder from anywhere, links,
    devices, pipes and giant files must not be read. `follow`: links are read, too."""
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        with os.fdopen(os.open(file, flags), "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most:
                return None
            return opened.read(most), status
    except (OSError, ValueError):
        return None
