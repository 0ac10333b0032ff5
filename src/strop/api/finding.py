"""Find what people name: a run by its folder or the end of its name, an improver by name, file or RUN:t."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Console

from strop.base.errors import ConfigurationError, StoreError
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.report.terminal.reading import reading
from strop.runs.improver_card import card_path, read_card
from strop.runs.listing import list_runs
from strop.runs.measurements import spec_of
from strop.runs.run_data import FRAME, read_run
from strop.runs.spec import improver_text, shipped_improvers
from strop.store import FILE_NAME, Store

RUNS = Path("runs")
"""Where runs are kept when no directory is named."""


def find_run(run: Path | None, root: Path = RUNS) -> Path:
    """The directory that `run` means; the newest of `root` for None.

    Raises:
        ConfigurationError: none does, or several do.
    """
    if run is not None and run.is_dir():
        if not (run / FILE_NAME).exists():
            raise ConfigurationError(f"{run} holds no run: there is no {FILE_NAME}; name the directory of a run")
        return run
    if run is None:
        listings = list_runs(root)
        if not listings:
            raise ConfigurationError(f"there are no runs in {root}; name a run's directory")
        return max(listings, key=lambda listing: listing.started or 0.0).directory
    if len(run.parts) != 1:
        raise ConfigurationError(f"there is no run directory {run}")
    # By their names alone: no other run is read, which may be damaged, or made to be slow to read.
    named = [path.parent for path in sorted(root.glob(f"*/{FILE_NAME}")) if path.parent.name.endswith(run.name)]
    if len(named) != 1:
        found = "no run is" if not named else f"{len(named)} runs are"
        raise ConfigurationError(f"{found} called {run}; strop list runs lists those in {root}")
    return named[0]


def any_improver_text(name: str) -> str:
    """Text of a shipped improver, of a file, of one that an installed distribution brings, or of I_t of a run (`RUN:t`).

    Where a card lies beside the file and is of another text, standard error gets a line that says so.

    Raises:
        ConfigurationError: there is no such improver.
    """
    place = _place(name)
    if place is None:
        text = improver_text(name)
        _check_card(name, text)
        return text
    directory, t = place
    with reading(directory), Store.open(directory) as store:
        improvers = {event.t: store.text(event.improver) for event in read_run(store, kinds=FRAME).iterations}
    if t not in improvers:
        has = f"it has {min(improvers)} to {max(improvers)}" if improvers else "no iteration of it has ended"
        raise ConfigurationError(f"{directory} has no iteration {t}: {has}")
    return improvers[t]


def _check_card(name: str, text: str) -> None:
    if name in shipped_improvers() or not Path(name).is_file():
        return
    path = card_path(Path(name))
    card = read_card(path)
    if card is not None and not card.says(text):
        line = (
            f"{name} is not the text that the card {path} is of (digest {digest_of(text)[:12]}, not {card.digest[:12]})"
        )
        Console(stderr=True, highlight=False).print(escape(line), markup=False, soft_wrap=True)


def tasks_of(name: str) -> tuple[str, ...]:
    """The tasks of the run that `RUN:t` names; none for the name of another improver.

    Raises:
        ConfigurationError: the run does not exist, or its record does not name its tasks.
    """
    place = _place(name)
    if place is None:
        return ()
    with reading(place[0]), Store.open(place[0]) as store:
        try:
            spec = spec_of(read_run(store, kinds=FRAME))
        except StoreError as error:
            raise StoreError(f"the record in {place[0]} is damaged: {error}") from error
    if spec is None or not isinstance(spec.task, str):
        raise ConfigurationError(f"{place[0]} does not say which task it was made with; name one")
    return spec.tasks


def _place(name: str) -> tuple[Path, int] | None:
    """(directory, t) of `RUN:t`; None for what is no such name."""
    found = re.fullmatch(r"(.+):(\d{1,9})", name)
    if found is None or name in shipped_improvers() or Path(name).is_file():
        return None
    return find_run(Path(found[1])), int(found[2])
