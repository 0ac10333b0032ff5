"""A command task as a file, `strop.toml`."""

from __future__ import annotations

from pathlib import Path

from strop.errors import ConfigurationError
from strop.tasks.command import CommandTask

CONFIG = "strop.toml"
"""Name of the file, in the root of the tree that it describes unless it says another."""


def read_config(path: Path) -> CommandTask:
    """The task that a file describes.

    Raises:
        ConfigurationError: it cannot be read, or lacks or misspells something; the message names it.
    """
    raise ConfigurationError(f"{path} cannot be read yet")
