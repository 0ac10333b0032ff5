"""Rows of one test, which take no time. With `STROP_ROW=3` in the environment, a test runs its row 3 alone."""

from __future__ import annotations

import functools
import inspect
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., None]
ROW = os.environ.get("STROP_ROW", "")
"""Number of the row that runs alone; empty for all."""
_NUMBERS = pytest.StashKey[Iterator[int]]()


def table(names: str | Sequence[str], rows: Iterable[Any], ids: Iterable[str] = ()) -> Callable[[Test], Test]:
    """`pytest.mark.parametrize` in one test, which tries every row and reports each that fails as a subtest.

    A row has the values of `names`; `tmp_path` is a folder of its own for each. Other fixtures are shared.
    """
    columns = names.replace(" ", "").split(",") if isinstance(names, str) else [*names]
    listed, labels = [*rows], [*ids]

    def of_all_rows(test: Test) -> Test:
        signature, is_outer = inspect.signature(test), hasattr(test, "of_rows")

        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            for index, row in enumerate(listed):
                number = None if is_outer else next_number(fixtures["request"].node)
                if number is not None and not is_chosen(number):
                    continue
                values = dict(zip(columns, row if len(columns) > 1 else (row,), strict=True))
                if isinstance(shared_folder := fixtures.get("tmp_path"), Path):
                    values["tmp_path"] = shared_folder / f"row{index}"
                    values["tmp_path"].mkdir()
                given = {name: value for name, value in {**fixtures, **values}.items() if name in signature.parameters}
                try:
                    test(**given)
                except (Exception, pytest.fail.Exception):
                    label = labels[index] if labels else repr(row)
                    with fixtures["request"].getfixturevalue("subtests").test(label[:2000], row=number):
                        raise

        asked = {**signature.parameters, "request": inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY)}
        left = [parameter for name, parameter in asked.items() if name not in columns]
        run.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        run.of_rows = True  # type: ignore[attr-defined]
        return run

    return of_all_rows


def next_number(test: pytest.Item) -> int:
    """The number of the next row of a test, from 0."""
    return next(test.stash.setdefault(_NUMBERS, itertools.count()))


def is_chosen(number: int) -> bool:
    """Whether the row with this number runs."""
    return ROW in ("", str(number))


class NumberedSubtests:
    """The subtests of a test, of which each is a row."""

    def __init__(self, subtests: pytest.Subtests, test: pytest.Item) -> None:
        self._subtests, self._test = subtests, test

    def test(self, msg: str | None = None, *, row: int | None = None, **values: Any) -> AbstractContextManager[None]:
        """As `pytest.Subtests.test`. `row` is the number of a row that has one already."""
        number = next_number(self._test) if row is None else row
        return self._subtests.test(msg, **values, row=number) if is_chosen(number) else _NotRun()


class _Left(BaseException):
    """Raised in place of a block."""


class _NotRun(AbstractContextManager[None]):
    """A block that is left before its first line, as a debugger would stop there."""

    def __enter__(self) -> None:
        sys.settrace(lambda *event: None)
        sys._getframe(1).f_trace = self._leave

    def _leave(self, *event: object) -> None:
        raise _Left

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> bool:
        sys.settrace(None)
        return kind is _Left
