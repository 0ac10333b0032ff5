"""The secret of a run: what instances and guests draw from.

A seed alone would be guessed by any program (there are few that people use). So a run's secret is derived from the seed and a
random key that this machine keeps: the same seed gives the same run here, and nothing that a guest can compute.
The secret stands in the run's record; with it the run can be repeated anywhere.
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
from strop.base.randomness import derive
from strop.store.record import SEAL

KEY_BYTES = 32


def key_file(environ: Mapping[str, str]) -> Path:
    """Where the machine's key is kept: `$XDG_DATA_HOME/strop/key`, else `~/.local/share/strop/key`."""
    data = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or _home()) / ".local" / "share")
    return Path(data) / "strop" / "key"


def _home() -> str:
    """The home folder that the system knows for this user."""
    return pwd.getpwuid(os.getuid()).pw_dir


def machine_key(path: Path) -> bytes:
    """The machine's key; made at the first use, readable by its owner only.

    Raises:
        ConfigurationError: it can neither be read nor made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written whole under another name, then linked: two first runs at once agree on one key.
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
            f"the key that seeds runs cannot be kept in {path} ({error.strerror}); set XDG_DATA_HOME to a writable folder"
        ) from error
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{path} is not a key of {KEY_BYTES} bytes; remove it, and a new one is made")
    return key


def run_secret(key: bytes, seed: int) -> bytes:
    """The secret of the run with this seed on the machine with this key: 32 bytes."""
    return derive(key, "run", seed).to_bytes(32, "big")


def sealed(meta: Mapping[str, str], key: bytes) -> dict[str, str]:
    """What a record says of itself, with a seal: whoever was given a record has its secret, but cannot seal what they change."""
    return dict(meta) | {SEAL: _seal(meta, key)}


def is_sealed(meta: Mapping[str, str], key: bytes) -> bool:
    """Whether the seal of a record is by this machine's key, and of just this."""
    return hmac.compare_digest(meta.get(SEAL, "").encode("utf-8", "surrogatepass"), _seal(meta, key).encode())


def _seal(meta: Mapping[str, str], key: bytes) -> str:
    said = json.dumps({name: value for name, value in meta.items() if name != SEAL}, sort_keys=True)
    return hmac.new(key, f"record {said}".encode(), "sha256").hexdigest()
