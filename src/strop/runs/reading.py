"""Report damage of a record as one error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.base.errors import StoreError
from strop.store import Store


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Read and show the record of `directory` in this context.

    The values in events are not checked when they are read: one of a wrong type causes an error only where it is used.

    Raises:
        StoreError: in place of such an error.
    """
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        if isinstance(error, UnicodeEncodeError):
            raise  # the terminal's encoding, not the record
        raise StoreError(f"the record in {directory} is damaged: {type(error).__name__}: {error}") from error


@contextmanager
def opened(directory: Path) -> Iterator[Store]:
    """The record of `directory`, to be read and shown in this context.

    Raises:
        StoreError: it cannot be read, or is damaged.
    """
    with reading(directory), Store.open(directory) as store:
        yield store
