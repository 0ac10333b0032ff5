"""Program text and its identity."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property


def digest_of(text: str) -> str:
    """The identity of a text: SHA-256 of its UTF-8 bytes, 64 hexadecimal digits.

    Lone surrogates, which no source file can hold but a guest may send, are hashed as they are.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Solution:
    """Program text *s* (§3); an improver *I* is a solution too, of the task of improving."""

    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text: equal texts are the same solution."""
        return digest_of(self.text)

    def __repr__(self) -> str:
        return f"Solution({self.digest[:12]}, {len(self.text)} characters)"
