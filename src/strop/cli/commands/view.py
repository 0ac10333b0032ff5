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
    *runs: Annotated[Path, Parameter(name="RUN|FOLDER")],
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
    runs
        Run (its directory, or the end of its name), or folder of runs. The newest run in runs/ by default. Several runs are
        compared with the first.
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
    directories, folder = _directories(runs)
    if html is not None:
        if folder:
            raise ConfigurationError(f"{directories[0]} is a folder of runs: --html writes the page of one run")
        _write(directories, html)
        return 0
    _serve(directories, folder, port, idle_seconds, open_browser)
    return 0


def _serve(directories: list[Path], folder: bool, port: int, idle: float, open_browser: bool) -> None:
    # Imported here: no other command needs a web server.
    from strop.report.html.server.access import AccessControl
    from strop.report.html.server.app import Site
    from strop.report.html.server.web_server import bind, serve

    listening = bind(port)
    access = AccessControl(listening.getsockname()[1])

    def ready() -> None:
        what = f"the runs in {directories[0]}" if folder else " and ".join(map(str, directories))
        notify(f"{what} at {access.address}")
        notify("press Ctrl-C to end the server; the run is not affected")
        if open_browser and not webbrowser.open(access.address):
            notify("no browser could be opened; open the address yourself")

    serve(listening, Site(directories[0], access, folder=folder, compared=directories[1:]), idle, ready)
    notify(f"closed after {duration(idle)} without a visit")


def _directories(runs: tuple[Path, ...]) -> tuple[list[Path], bool]:
    """The directories, and whether it is one folder of runs."""
    if len(runs) == 1 and runs[0].is_dir() and not (runs[0] / FILE_NAME).exists():
        return [runs[0]], True
    directories = [find_run(run) for run in runs] or [find_run(None)]
    for directory in directories:
        _check(directory)
    return directories, False


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


def _write(directories: list[Path], path: Path) -> None:
    from strop.report.html.render import report_of, write_page

    write_page(report_of(*directories), path)
    notify(f"page: {path}")
