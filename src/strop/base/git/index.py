"""The index of a git repository: the files that git tracks, with their sizes, times and digests. Nothing is run.

The format is described in git's documentation, gitformat-index; versions 2 to 4 are read.
"""

from __future__ import annotations

import hashlib
import stat
import struct
from collections.abc import Iterator
from typing import NamedTuple

_SHA256_BYTES = 32
_NOT_CHECKED_OUT = 0x4000
"""One of the extended flags: the file need not be in the folder."""
_EXTENDED, _ASSUMED_UNCHANGED = 0x4000, 0x8000


class Entry(NamedTuple):
    """One tracked file."""

    mtime: tuple[int, int]
    """Seconds and nanoseconds, when the file was last found to be unchanged."""
    mode: int
    size: int
    digest: bytes
    """SHA-1 or SHA-256 of its content as a blob."""
    expected: bool
    """Whether it has to be in the folder, as it is in the index."""

    def holds(self, content: bytes) -> bool:
        """Whether the file has this content."""
        hashed = hashlib.sha256 if len(self.digest) == _SHA256_BYTES else hashlib.sha1
        return hashed(b"blob %d\0" % len(content) + content).digest() == self.digest

    @property
    def is_repository(self) -> bool:
        """Whether it is another repository within this one, a submodule."""
        return stat.S_IFMT(self.mode) == 0o160000


def parse_index(content: bytes) -> dict[bytes, Entry] | None:
    """The tracked files by their path; None if this is not an index that is read here, or it is damaged."""
    try:
        signature, version, count = struct.unpack_from(">4sII", content)
        if signature != b"DIRC" or version not in (2, 3, 4) or count > len(content) // 62:
            return None
        wide = hashlib.sha256(content[:-_SHA256_BYTES]).digest() == content[-_SHA256_BYTES:]
        found, end = _entries(content, version, count, _SHA256_BYTES if wide else 20)
    except (struct.error, IndexError, ValueError):
        return None
    extensions = content[end : len(content) - (_SHA256_BYTES if wide else 20)]
    # Lower case names what a reader must know: a part of the index in another file. Folders instead of files do no harm here.
    return None if any(name[:1].islower() and name != b"sdir" for name in _extensions(extensions)) else found


def _entries(content: bytes, version: int, count: int, width: int) -> tuple[dict[bytes, Entry], int]:
    """The entries, and the place after them."""
    at, path = 12, b""
    found: dict[bytes, Entry] = {}
    for _ in range(count):
        start = at
        _, _, seconds, nanoseconds, _, _, mode, _, _, size = struct.unpack_from(">10I", content, at)
        digest = content[at + 40 : at + 40 + width]
        (flags,) = struct.unpack_from(">H", content, at + 40 + width)
        at += 42 + width
        more = 0
        if flags & _EXTENDED:
            (more,) = struct.unpack_from(">H", content, at)
            at += 2
        kept = 0
        if version == 4:
            dropped, at = _number(content, at)
            kept = len(path) - dropped
            if kept < 0:
                raise ValueError
        end = content.index(b"\0", at)
        path = path[:kept] + content[at:end]
        at = end + 1 if version == 4 else start + (end - start + 8) // 8 * 8
        expected = not (flags & _ASSUMED_UNCHANGED or more & _NOT_CHECKED_OUT)
        found[path] = Entry((seconds, nanoseconds), mode, size, digest, expected)
    return found, at


def _number(content: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and the place after it."""
    value = content[at] & 127
    for place in range(at + 1, at + 10):
        if content[place - 1] < 128:
            return value, place
        value = (value + 1 << 7) | (content[place] & 127)
    raise ValueError


def _extensions(content: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(content):
        name, size = struct.unpack_from(">4sI", content, at)
        yield name
        at += 8 + size
