"""strop watch."""

from __future__ import annotations

import signal
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.cli.commands.finding import find_run
from strop.cli.commands.options import Whole, seconds
from strop.cli.commands.output import notices
from strop.report.terminal.words import duration
from strop.store import FILE_NAME


def watch_command(
    run: Annotated[Path | None, Parameter(name="RUN|DIR")] = None,
    /,
    *,
    port: Whole = 0,
    open_browser: Annotated[bool, Parameter(name="--open", negative="")] = False,
    idle: str = "10m",
) -> int:
    """Show a run, or a folder of runs, in the browser while it goes on: the page of strop report, kept up to date.

    It is served on this machine alone (127.0.0.1), at an address with a token, and changes nothing. It ends on Ctrl-C, and by
    itself when the run has ended and nobody looks any more.

    Parameters
    ----------
    run
        Directory of a run, or the end of its name; a folder of runs, which are listed; the newest run in runs/ when not given.
    port
        Port to listen on; a free one when 0.
    open_browser
        Open the address in a browser.
    idle
        How long after the run has ended, and after somebody looked last, it ends by itself: 90, 90s, 30m or 2h.
    """
    patience = seconds(idle)
    if find_spec("h11") is None:
        raise ConfigurationError("strop watch needs the extra `watch`: pip install 'strop[watch]'")
    directory, folder = _subject(run)
    # Loaded only now: the extra that they need may be missing.
    from strop.report.watch.door import HOST, Door
    from strop.report.watch.http import bound
    from strop.report.watch.serving import serve
    from strop.report.watch.site import Site

    listening = bound(HOST, port)
    door = Door(listening.getsockname()[1])

    def ready() -> None:
        what = "the runs in " if folder else ""
        notices().print(f"{what}{directory} at {door.address}", markup=False, soft_wrap=True)
        notices().print("Ctrl-C ends this page; it changes nothing in the run", markup=False, soft_wrap=True)
        if open_browser and not webbrowser.open(door.address):
            notices().print("no browser could be opened; open the address yourself", markup=False, soft_wrap=True)

    number = serve(listening, lambda: Site(directory, door, folder=folder), patience, ready)
    if number is not None:
        signal.raise_signal(number)  # as it came: the command line knows how to end
    notices().print(f"closed: nobody has looked for {duration(patience)}", markup=False, soft_wrap=True)
    return 0


def _subject(run: Path | None) -> tuple[Path, bool]:
    """(directory, whether it is a folder of runs)."""
    if run is not None and run.is_dir() and not (run / FILE_NAME).exists():
        return run, True
    return find_run(run), False
