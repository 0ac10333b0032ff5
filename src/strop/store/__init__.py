"""The record of a run: events in one append-only SQLite file."""

from strop.store.files import is_locked
from strop.store.proof import Proof
from strop.store.record import FILE_NAME, Store, Stored

__all__ = ["FILE_NAME", "Proof", "Store", "Stored", "is_locked"]
