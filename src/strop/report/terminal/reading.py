"""Read a record for a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.base.errors import StoreError


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Within, a record is read and told. What its events hold is not checked when it is read: a value of the wrong type or form
    shows only when something is made of it.

    Raises:
        StoreError: instead of what such a value caused.
    """
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        if isinstance(error, UnicodeEncodeError):
            raise  # the terminal's, not the record's
        raise StoreError(f"the record in {directory} is damaged: {type(error).__name__}: {error}") from error
