"""What every command does with its job: print a plan or do the work, print the result, write the page, return the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from strop.api.job import Job, perform, plan_of, view_of
from strop.base.errors import StropError
from strop.base.terminal_text import escape
from strop.cli.commands.output import announce, notify, present
from strop.options.choices import DisplayName
from strop.report.track import check_trackers
from strop.runs.record import Record

R = TypeVar("R")


class Output(Protocol):
    """The options of a command that say what it shows and writes (strop.options.commands)."""

    @property
    def as_json(self) -> bool: ...

    @property
    def mode(self) -> DisplayName: ...

    @property
    def no_report(self) -> bool: ...

    @property
    def track(self) -> tuple[str, ...]: ...


def command(
    job: Job[R],
    output: Output,
    out: Path | None = None,
    *,
    dry_run: bool = False,
    then: Callable[[R], R] = lambda result: result,
    code: Callable[[R], int] = lambda result: 0,
    **options: Any,
) -> int:
    """Carry out a job, print its result, and return the exit code.

    `then`: applied to the result before it is printed. `code`: returns the result's exit code. `options`: those of `perform`.

    Raises:
        ConfigurationError: a tracker does not exist, or its library is not installed.
        StropError: the work ended early. The result so far has been printed, unless as JSON, and the page has been written.
    """
    check_trackers(output.track)
    if dry_run:
        present(plan_of(job), as_json=output.as_json)
        return 0
    announce(job.spec.instances)
    result, failed = None, None
    try:
        result = then(perform(job, out, view=view_of(job, output.mode, output.track), **options))
    except StropError as error:
        result, failed = error.result, error  # type: ignore[assignment]
    if result is not None and not (failed and output.as_json):
        present(result, as_json=output.as_json, as_markdown=getattr(output, "as_markdown", False))
    write_page_of(result, output)
    if failed is not None:
        raise failed
    return code(result)  # type: ignore[arg-type]


def write_page_of(result: object, output: Output) -> None:
    """Write the page of a result into the folder of its record. A failure prints one line and does not fail the command."""
    record = getattr(result, "record", None)
    if not isinstance(record, Record) or output.no_report:
        return
    try:
        from strop.report.html import render as page  # here for the start-up time

        path = record.folder / page.FILE_NAME
        page.write_page(page.page_of(record, result), path)
        notify(f"report: {path}")
    except Exception as error:  # noqa: BLE001 - the run itself has ended well
        notify(f"no report was written: {type(error).__name__}: {escape(str(error), 300)}")
