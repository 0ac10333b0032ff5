"""The secret of a run, from which its instances and the random numbers of its guests derive.

Programs could guess a seed alone, because people use few of them. So the secret derives from the seed and a random key of this
machine: the same seed gives the same run here, but a guest cannot compute it. The record of a run contains its secret, with which
it can be repeated anywhere.
"""

from __future__ import annotations

import hmac
import json
import os
import pwd
import secrets
from collections.abc import Mapping
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.private import make_folder
from strop.base.randomness import derive
from strop.store.record import SEAL

KEY_BYTES = 32


def key_file(environ: Mapping[str, str]) -> Path:
    """The path of the machine's key: `$XDG_DATA_HOME/strop/key`, else `~/.local/share/strop/key`."""
    data = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or _home()) / ".local" / "share")
    return Path(data) / "strop" / "key"


def _home() -> str:
    """The home folder that the system knows for this user."""
    return pwd.getpwuid(os.getuid()).pw_dir


def machine_key(path: Path) -> bytes:
    """The machine's key; created at the first use, readable by its owner only.

    Raises:
        ConfigurationError: it can be neither read nor created.
    """
    try:
        make_folder(path.parent)
        # Written under another name, then linked, so that two first runs at once agree on one key.
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


def run_secret(key: bytes, seed: int) -> bytes:
    """The secret of the run with this seed on the machine with this key: 32 bytes."""
    return derive(key, "run", seed).to_bytes(32, "big")


def sealed(meta: Mapping[str, str], key: bytes) -> dict[str, str]:
    """The metadata of a record with a seal: the owner of a copy has its secret, but cannot seal changes."""
    return dict(meta) | {SEAL: _seal(meta, key)}


def is_sealed(meta: Mapping[str, str], key: bytes) -> bool:
    """Whether this machine's key sealed exactly this metadata."""
    return hmac.compare_digest(meta.get(SEAL, "").encode("utf-8", "surrogatepass"), _seal(meta, key).encode())


def _seal(meta: Mapping[str, str], key: bytes) -> str:
    text = json.dumps({name: value for name, value in meta.items() if name != SEAL}, sort_keys=True)
    return hmac.new(key, f"record {text}".encode(), "sha256").hexdigest()
