"""Prove a record: that this machine wrote it, and that everything in it is as it was written.

The metadata have a seal (HMAC-SHA-256 with the machine's key), and each event has a seal over itself and the seal before it.
Nobody without the key can change, add, remove, move or exchange an event, or take one from another run. Removing the last events
leaves a valid chain. So this machine remembers, outside of the record, where each session ended.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from strop.base.errors import RecordChanged
from strop.store.codec import to_bytes
from strop.store.key import existing_key, key_file, machine_key

ID, KEY, SEAL = "id", "key", "seal"
"""Metadata of the proof: a random ID of the record, the name of the key that sealed it, and the seal before the first event."""
OWN = (ID, KEY, SEAL)
ENDS = "ends"
"""A file beside the key: a line for each session that ended, with the record's ID, its last event and the seal of that event."""
Row: TypeAlias = tuple[int, float, str, str, str, str]
"""An event as it is stored: seq, time, scope, kind, data, seal."""


class Proof:
    """What has been proven of one record so far. The next reader of the same record can go on from it."""

    def __init__(self, path: Path, meta: Mapping[str, str], environ: Mapping[str, str]) -> None:
        """Prove the metadata.

        Raises:
            RecordChanged: they are not as they were recorded.
        """
        self._path, self._meta = path, dict(meta)
        key = existing_key(environ)
        self._key = key if key is not None and meta.get(KEY) == _name_of(key) else None
        self._ends = None if self._key is None else key_file(environ).with_name(ENDS)
        self._seal = meta.get(SEAL, "")
        """Seal of the last event."""
        self._proven: list[int] = []
        """A hash of each event: Python's own, which is fast and whose key no other process has."""
        self.texts = 0
        """The last row of the texts that was proven."""
        if self._key is not None and self._seal != _seal_of(self._key, "record", meta):
            raise self.broken("what it says of its run")
        self._end = self._remembered()  # before the events are read: a session may be ending now

    @property
    def events(self) -> int:
        """How many events were proven."""
        return len(self._proven)

    def is_of(self, meta: Mapping[str, str]) -> bool:
        """Whether these are the metadata that were proven."""
        return self._meta == meta

    def add(self, row: Row) -> None:
        """Prove the next event.

        Raises:
            RecordChanged: it is not as it was recorded.
        """
        seq, time, scope, kind, data, seal = row
        if seq != self.events + 1:
            raise self.broken(f"event {self.events + 1}, which is missing,")
        is_text = all(isinstance(value, str) for value in (scope, kind, data, seal))  # a damaged file may have others
        if not is_text or (self._key is not None and seal != self.seal(time, scope, kind, data)):
            raise self.broken(f"event {seq}")
        if seq == self._end[0] and seal != self._end[1]:
            raise self.broken(f"event {seq}")
        self.written(row)

    def check(self, row: Row) -> None:
        """Check that an event is still the same as when it was proven.

        Raises:
            RecordChanged: it was changed since.
        """
        if hash(row) != self._proven[row[0] - 1]:
            raise self.broken(f"event {row[0]}")

    def complete(self) -> None:
        """Check that the record has every event of the sessions that have ended.

        Raises:
            RecordChanged: the last events are missing.
        """
        last, _ = self._end
        if last > self.events:
            raise RecordChanged(
                f"{self._path.parent} is an older state of its run: it ends at event {self.events:,} of {last:,} that were "
                f"recorded. Use its newest copy; if there is none, remove the line of {self._meta[ID]} from {self._ends}"
            )

    def seal(self, time: float, scope: str, kind: str, data: str) -> str:
        """The seal of the next event (time, scope, kind, data); empty in a record that another machine began."""
        return "" if self._key is None else _sealed(self._key, self._seal, time, scope, kind, data)

    def written(self, row: Row) -> None:
        """Take in the next event, which was just written or proven: the event after it is sealed over its seal."""
        self._seal = row[5]
        self._proven.append(hash(row))

    def remember(self) -> None:
        """Note beside the machine's key that a session ended with the last event."""
        if self._ends is None:
            return
        try:
            descriptor = os.open(self._ends, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            return  # the key's folder is read-only: the record is proven, but not that it is the newest
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, f"\n{self._meta[ID]} {self.events} {self._seal}\n".encode())
        finally:
            os.close(descriptor)

    def broken(self, what: str) -> RecordChanged:
        """The error for a record in which `what` was changed."""
        return RecordChanged(
            f"{self._path.parent} was changed after it was recorded: {what} is not as it was recorded. "
            f"Nothing in it is believed; {self._again}"
        )

    @property
    def unverified(self) -> str:
        """Why this machine cannot vouch for the record, in a sentence; empty if it can."""
        if self._key is not None:
            return ""
        return f"unverified: {self._path.parent} was made with a key that is not on this machine; {self._again}"

    @property
    def _again(self) -> str:
        if self._meta.get("kind", "run") not in ("run", "improve", "compare", "measure"):
            return "the command that made it measures it again in another --out"
        return f"strop replay {self._path.parent} measures it again"

    def _remembered(self) -> tuple[int, str]:
        """The last event of the last session that ended, and its seal; (0, "") if none is remembered."""
        if self._ends is None:
            return 0, ""
        try:
            content = self._ends.read_bytes()
        except OSError:
            return 0, ""
        start = content.rfind(f"\n{self._meta[ID]} ".encode())
        line = content[start + 1 :].partition(b"\n")[0].decode("ascii", "replace").split(" ")
        return (int(line[1]), line[2]) if start >= 0 and len(line) == 3 and line[1].isdecimal() else (0, "")


def with_seal(meta: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The metadata of a new record with those of its proof.

    Raises:
        ConfigurationError: this machine has no key and cannot make one.
    """
    key = machine_key(key_file(environ))
    fields = {**meta, ID: secrets.token_hex(8), KEY: _name_of(key)}
    return {**fields, SEAL: _seal_of(key, "record", fields)}


def _sealed(key: bytes, before: str, time: float, scope: str, kind: str, data: str) -> str:
    text = f"{before} {time!r} {len(scope)} {scope} {len(kind)} {kind} {data}"
    return hmac.digest(key, to_bytes(text), "sha256").hex()


def _seal_of(key: bytes, what: str, fields: Mapping[str, Any]) -> str:
    text = json.dumps({name: value for name, value in fields.items() if name != SEAL}, sort_keys=True)
    return hmac.digest(key, f"{what} {text}".encode(), "sha256").hex()


def _name_of(key: bytes) -> str:
    """The name under which a record has its key. Nobody can compute the key from it."""
    return hmac.digest(key, b"name", "sha256").hex()[:16]
