"""A record that is verified once and read once for all its readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from strop.runs.run_data import RunData, read_run
from strop.store import Proof, Store


class Record:
    """A record that is open for reading."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.directory

    @classmethod
    @contextmanager
    def open(cls, folder: Path, proof: Proof | None = None, *, believed: bool = True) -> Iterator[Record]:
        """The record in `folder`, to be read and shown in this context; arguments as for `Store.open`.

        Raises:
            StoreError: it cannot be read, or is damaged.
        """
        with Store.open(folder, proof=proof, believed=believed) as store:
            yield cls(store)

    @cached_property
    def run(self) -> RunData:
        """The run in the record, collected from its events at the first use."""
        return read_run(self.store)

    @contextmanager
    def again(self) -> Iterator[Store]:
        """The store of the record, opened again for events that `run` leaves out. Only new events are verified."""
        with Store.open(self.folder, proof=self.store.proof) as self.store:
            self.run.text = self.store.text
            yield self.store
