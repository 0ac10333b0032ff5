"""strop view."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError, RecordChanged, StoreError
from strop.base.terminal_text import escape
from strop.cli.commands.output import notify
from strop.report.terminal.words import duration
from strop.runs.options import Switch, Whole, seconds
from strop.store import FILE_NAME, Store


def view_command(
    run: Annotated[Path | None, Parameter(name="RUN|FOLDER")] = None,
    /,
    *,
    html: Annotated[Path | None, Parameter(name="--html")] = None,
    open_browser: Annotated[bool, Switch, Parameter(name="--open")] = False,
    port: Whole = 0,
    idle: str = "10m",
) -> int:
    """Show a run, or a folder of runs, in the browser, live.

    The page shows every program, prompt and response of the run. It is read-only, and served on this machine only (127.0.0.1), at
    an address with a token. The server ends on Ctrl-C, or some time after the run has ended and the last visit.

    Parameters
    ----------
    run
        Run (its directory, or the end of its name), or folder of runs. The newest run in runs/ by default.
    html
        Write the page into this file instead: any browser opens it, without a server.
    open_browser
        Open the address in a browser.
    port
        Port of the server; 0 takes a free one.
    idle
        Time until the server ends after the run's end and the last visit: 90s, 30m or 2h.
    """
    idle_seconds = seconds(idle, "--idle")
    is_folder = run is not None and run.is_dir() and not (run / FILE_NAME).exists()
    directory = run if run is not None and is_folder else find_run(run)
    if not is_folder:
        _check(directory)
    if html is not None:
        if is_folder:
            raise ConfigurationError(f"{directory} is a folder of runs: --html writes the page of one run")
        _write(directory, html)
        return 0
    _serve(directory, is_folder, port, idle_seconds, open_browser)
    return 0


def _serve(directory: Path, is_folder: bool, port: int, idle: float, open_browser: bool) -> None:
    # Imported here: no other command needs a web server.
    from strop.report.html.server import Site, WebServer

    server = WebServer(port, Site(directory, folder=is_folder))
    what = f"the runs in {directory}" if is_folder else str(directory)
    notify(f"{what} at {server.access.address}")
    notify("press Ctrl-C to end the server; the run is not affected")
    if open_browser and not webbrowser.open(server.access.address):
        notify("no browser could be opened; open the address yourself")
    server.serve_until_idle(idle)
    notify(f"closed after {duration(idle)} without a visit")


def _check(directory: Path) -> None:
    """Raises RecordChanged if a record was changed; one that cannot be read yet may be in a moment."""
    try:
        with Store.open(directory) as store:
            unverified = store.unverified
    except RecordChanged:
        raise
    except StoreError:
        return
    if unverified:
        notify(escape(unverified, 2000))


def _write(directory: Path, path: Path) -> None:
    from strop.report.html.render import report_of, write_page

    write_page(report_of(directory), path)
    notify(f"page: {path}")
