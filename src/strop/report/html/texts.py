"""The texts of a page, each once, by its digest; what is too long or too much is cut, and the cut is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from strop.base.errors import StoreError
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.store import Store

LONGEST = 200_000
"""Characters of one text."""
ROOM = 60_000_000
"""Characters of all texts: what a browser still holds with ease."""

_COMMON = 2_000
"""Characters by which ends of texts are compared."""


@dataclass
class Texts:
    """The texts that a page holds, in the order in which they were first named."""

    store: Store | None
    longest: int = LONGEST
    room: int = ROOM
    bodies: list[str] = field(default_factory=list)
    shortened: int = 0
    left_out: int = 0
    _places: dict[str, int | None] = field(default_factory=dict)

    def of(self, digest: str | None) -> int | None:
        """The place of the text with this digest; None for None, and where there was no room."""
        if digest is None:
            return None
        if digest not in self._places:
            assert self.store is not None
            try:
                text = self.store.text(digest)
            except StoreError:
                text = f"[the record holds no text with the digest {digest[:64]}]"
            self._places[digest] = self._kept(text)
        return self._places[digest]

    def said(self, text: str) -> int | None:
        """The place of a text that stands in an event itself; None for an empty one."""
        if not text:
            return None
        digest = digest_of(text)
        if digest not in self._places:
            self._places[digest] = self._kept(text)
        return self._places[digest]

    def put_together(self) -> list[int]:
        """Order the texts so that those with a common end stand together, which halves what they come to when compressed: an
        answer ends with the program that was taken out of it. Where each text stood → where it stands."""
        order = sorted(range(len(self.bodies)), key=lambda place: self.bodies[place].rstrip("`\n ")[-_COMMON:][::-1])
        moved = [0] * len(order)
        for now, before in enumerate(order):
            moved[before] = now
        self.bodies[:] = [self.bodies[before] for before in order]
        self._places = {digest: None if at is None else moved[at] for digest, at in self._places.items()}
        return moved

    def cuts(self) -> list[str]:
        """What is missing, in words."""
        found = []
        if self.shortened:
            are = "is" if self.shortened == 1 else "are"
            found.append(f"{quantity(self.shortened, 'text')} longer than {self.longest:,} characters {are} cut short")
        if self.left_out:
            are = "is" if self.left_out == 1 else "are"
            found.append(f"{quantity(self.left_out, 'text')} {are} left out: the page holds {self.room:,} characters")
        return [f"{each}; the record, run.sqlite, holds them in full" for each in found]

    def _kept(self, text: str) -> int | None:
        if len(text) > self.longest:
            self.shortened += 1
            text = f"{text[: self.longest]}\n[cut here: {len(text) - self.longest:,} more characters in the record]"
        if len(text) > self.room:
            self.left_out += 1
            return None
        self.room -= len(text)
        self.bodies.append(text)
        return len(self.bodies) - 1
