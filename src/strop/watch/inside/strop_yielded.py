"""The outcome of a generator's call: what it yielded, described item by item as its reader gets it.

A guest makes a list of all items and describes that at the end. The two agree only where the generator changes no item after it
yielded it, so that a call which does so counts as another outcome. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import marshal
import sys
from typing import Any

import strop_behaviour
import strop_plain_data as plain_data

MOST_ITEMS, MOST_BYTES = 50_000, 8 << 20
"""Most items of a call, as of guests, and most bytes of them, as of whole calls."""
_HOLDERS = frozenset({list, dict, set, bytearray})
_ATOMS, _finite = strop_behaviour._ATOMS, strop_behaviour._finite
_members, _bases = strop_behaviour._dict_of_type, strop_behaviour._mro_of_type


class Yielded:
    """What a generator yielded until now."""

    def __init__(self) -> None:
        self._walk, self._plain_parts, self._changeable = strop_behaviour._Walk(), set[int](), set[int]()
        self._items: list[Any] = []
        """All items, which stay alive, so that no other object gets the same identity."""
        self._walk.of(self._items, 0)  # in a description of all items, the list of them is the first part
        self._described: list[Any] = []
        self._plain: list[Any] = []
        """The items as they were yielded, as long as all are plain data that share no part."""
        self._bytes = 0
        self._is_plain = self._is_tree = True

    def takes(self, item: Any) -> bool:
        """Whether the next item cannot change, and was taken as it is, which is quick. Any other is to be added."""
        kind = type(item)
        is_fixed = kind in _ATOMS or (kind is tuple and _ATOMS.issuperset(map(type, item)))
        if not is_fixed or len(self._items) == MOST_ITEMS or self._bytes > MOST_BYTES:
            return False
        self._items.append(item)
        self._plain.append(item)
        self._described.append(["list", [*map(_finite, item)]] if kind is tuple else _finite(item))
        self._bytes += sum(map(sys.getsizeof, _parts(item)))
        return True

    def add(self, item: Any) -> None:
        """Describe the next item as it is now. Raises TypeError, which says why the call cannot be used."""
        if len(self._items) == MOST_ITEMS or self._bytes > MOST_BYTES:
            raise TypeError(f"yields more than {MOST_ITEMS:,} items or {MOST_BYTES >> 20} MiB")
        if holds_iterator(item):
            raise TypeError("yields an iterator, which is read later")
        self._items.append(item)
        try:
            described = self._walk.of(item, 1)
            is_quick = "numpy" not in sys.modules
            self._described.append(self._copied(described, is_quick))
            self._is_plain = self._is_plain and strop_behaviour.is_plain(item, 1)
            self._is_tree = self._is_tree and self._is_plain and strop_behaviour._is_tree([item], self._plain_parts)
            is_quick = is_quick and self._is_tree and "bytearray" not in repr(described)
            self._plain.append(self._is_tree and self._copied(item, is_quick))
        except (strop_behaviour.NotDescribed, plain_data.NotPlain) as error:
            raise TypeError(f"yields {error}, which cannot be compared") from None
        parts = {id(part) for part in _parts(item) if self._can_change(part, item)}
        if not parts.isdisjoint(self._changeable):
            raise TypeError("yields one list or object twice, of which only the last state can be compared")
        self._changeable |= parts

    def _copied(self, value: Any, is_quick: bool) -> Any:
        """A value as it is now. `is_quick`: it holds no array and no bytearray, of which `marshal` makes bytes."""
        try:
            data = marshal.dumps(value) if is_quick else b""
        except ValueError:  # an object of a class that extends a plain one
            data = b""
        if data:
            self._bytes += len(data)
            return marshal.loads(data)
        data = plain_data.encode(value, subclasses=True)
        self._bytes += len(data)
        return plain_data.decode(data)

    def _can_change(self, part: Any, item: Any) -> bool:
        """Whether a part of an item is a list or the like, or the item itself and an object with attributes, but no class."""
        is_holder = type(part) in _HOLDERS
        return id(part) in self._walk._seen and (
            is_holder or (part is item and bool(strop_behaviour._attributes(part)))
        )

    def outcome(self, arguments: dict[str, Any], error: BaseException | None) -> list[Any]:
        """[kind, answer, arguments as the call leaves them], as `take_batch` describes a finished generator. `error`: what the
        generator raised at its end. Raises TypeError, as `add`."""
        is_as_it_is = self._is_tree and error is None and strop_behaviour.is_plain(arguments)
        if is_as_it_is and strop_behaviour._is_tree([arguments], self._plain_parts):
            return ["a generator", self._plain, arguments]
        kind, answer = "a generator" if self._is_plain else "a generator of objects", ["list", self._described]
        try:
            if error is not None:
                kind, answer = "an exception", [*self._walk._raised(error, 0), answer]
            return [kind, answer, self._walk.of(arguments, 0)]
        except strop_behaviour.NotDescribed as reason:
            raise TypeError(f"an answer is or holds {reason}, which cannot be compared") from None


def holds_iterator(value: Any) -> bool:
    """Whether a value, or an item of it if it is a tuple, is an iterator. What that yields is known only after it was read."""
    return any("__next__" in _members(base) for part in _parts(value) for base in _bases(type(part)))


def _parts(value: Any) -> list[Any]:
    """A value, and its items if it is a tuple."""
    return [value, *tuple.__iter__(value)] if issubclass(type(value), tuple) else [value]
