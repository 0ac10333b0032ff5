"""Tables of rows that take no time: one test of all of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., None]


def table(names: str | Sequence[str], rows: Iterable[Any], ids: Iterable[str] = ()) -> Callable[[Test], Test]:
    """`pytest.mark.parametrize` in one test, which tries every row and shows each that fails.

    A row has the values of `names`; `tmp_path` is a folder of its own for each. Other fixtures are shared.
    """
    columns = names.replace(" ", "").split(",") if isinstance(names, str) else [*names]
    listed, labels = [*rows], [*ids]

    def of_all_rows(test: Test) -> Test:
        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failed = []
            for number, row in enumerate(listed):
                values = dict(zip(columns, row if len(columns) > 1 else (row,), strict=True))
                if isinstance(shared_folder := fixtures.get("tmp_path"), Path):
                    values["tmp_path"] = shared_folder / f"row{number}"
                    values["tmp_path"].mkdir()
                try:
                    test(**{**fixtures, **values})
                except pytest.fail.Exception as failure:
                    failed.append(_of_row(AssertionError(str(failure)), number, row, labels))
                except Exception as error:  # noqa: BLE001 (each row tells its own)
                    failed.append(_of_row(error, number, row, labels))
            if failed:
                raise ExceptionGroup(f"{len(failed)} of {len(listed)} rows", failed)

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in columns]
        run.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return of_all_rows


def _of_row(error: Exception, number: int, row: object, labels: Sequence[str]) -> Exception:
    error.add_note(f"row {number}: {labels[number] if labels else row!r}"[:2000])
    return error
