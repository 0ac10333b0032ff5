"""The key of this machine: it seals records, and the secrets of runs derive from it. It is in no record."""

from __future__ import annotations

import os
import pwd
import secrets
from collections.abc import Mapping
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.private import make_folder

KEY_BYTES = 32


def key_file(environ: Mapping[str, str]) -> Path:
    """The path of the machine's key: `$XDG_DATA_HOME/strop/key`, else `~/.local/share/strop/key`."""
    data = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or _home()) / ".local" / "share")
    return Path(data) / "strop" / "key"


def _home() -> str:
    """The home folder that the system lists for this user."""
    return pwd.getpwuid(os.getuid()).pw_dir


def machine_key(path: Path) -> bytes:
    """The machine's key; created at the first use, readable by its owner only.

    Raises:
        ConfigurationError: it can be neither read nor created.
    """
    try:
        make_folder(path.parent)
        # The key is written under another name, then linked, so that two first runs at the same time agree on one key.
        draft = path.with_name(f"key.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(KEY_BYTES))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"cannot store the key that seeds runs in {path} ({error.strerror}); set XDG_DATA_HOME to a writable folder"
        ) from error
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{path} is not a key of {KEY_BYTES} bytes; remove it, and strop creates a new one")
    return key


def existing_key(environ: Mapping[str, str]) -> bytes | None:
    """The machine's key; None if there is none, or it cannot be read."""
    try:
        key = key_file(environ).read_bytes()
    except (OSError, KeyError):
        return None
    return key if len(key) == KEY_BYTES else None
