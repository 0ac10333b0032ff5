"""strop view."""

from __future__ import annotations

import os
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.options.commands import Run


def view_command(run: Run = None, /, *, html: Annotated[Path | None, Parameter(name="--html")] = None) -> int:
    """Write the page of a run, report.html in its directory, and open it in a browser.

    The page shows programs, prompts and responses of the run, and needs no network. While the run goes on, strop writes it
    again every few seconds, and the page reloads itself. Ctrl-C ends that; the run is not affected.

    Parameters
    ----------
    html
        Write the page as it is now into this file instead, and open nothing.
    """
    from strop.api.lookup import find_run
    from strop.cli.commands.output import notify
    from strop.report.html.render import FILE_NAME, report_of, write_page
    from strop.store import is_locked

    directory = find_run(run)
    if html is not None:
        write_page(report_of(directory), html)
        notify(f"page: {html}")
        return 0
    path, running = directory / FILE_NAME, is_locked(directory)
    try:
        _write(directory, path, running=running)
        notify(f"page: {path}")
        if not webbrowser.open(path.absolute().as_uri()):
            notify(f"no browser could be opened; open {path.absolute().as_uri()}")
        if running:
            notify("while the run goes on, the page is written again every few seconds; Ctrl-C ends that, not the run")
            _renew(directory, path)
    finally:
        if running:
            _write(directory, path, running=False)  # it does not reload itself
    return 0


def _renew(directory: Path, path: Path) -> None:
    """Write the page again and again until the run ends, using at most a fifth of the time."""
    from strop.report.html.render import RENEWED_SECONDS
    from strop.store import is_locked

    with suppress(OSError):
        os.nice(10)  # the run comes first
    took = 0.0
    while is_locked(directory):
        time.sleep(max(RENEWED_SECONDS, 4 * took))
        began = time.monotonic()
        _write(directory, path, running=True)
        took = time.monotonic() - began


def _write(directory: Path, path: Path, *, running: bool) -> None:
    from strop.report.html.render import report_of, write_page

    now = f"The run goes on; this is how it stood at {time.strftime('%H:%M:%S')}."
    renewed = "While strop view runs, this page is renewed every few seconds, and what you opened closes."
    permanent = "strop view --html FILE writes one that stays."
    write_page(report_of(directory, live=f"{now} {renewed} {permanent}" if running else ""), path)
