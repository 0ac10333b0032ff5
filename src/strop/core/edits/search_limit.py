"""How much one answer may be searched: fuzzy search is quadratic where somebody wants it to be."""

from __future__ import annotations

from strop.core.edits.edit import EditFailed

MOST_WORK = 30_000_000
"""Characters looked at, for all edits of one answer together: about two seconds."""


class Work:
    """Counts what is looked at. It is counted and not timed, so that the same answer always ends in the same way."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self._left = most

    def spend(self, amount: int) -> None:
        """Count before the work is done.

        Raises:
            EditFailed: it is too much.
        """
        self._left -= amount
        if self._left < 0:
            raise EditFailed("these edits take too long to find their places; write the whole program instead")
