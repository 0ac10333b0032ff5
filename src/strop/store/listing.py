"""The runs of a directory, one line each, for people who look for one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from strop.base.errors import StoreError
from strop.base.events import Evaluated, IterationFinished, LmResponded, RunFinished, RunResumed
from strop.store.files import is_locked
from strop.store.record import FILE_NAME, Store


@dataclass(frozen=True)
class RunListing:
    """One line about a run directory."""

    directory: Path
    started: float | None
    """Unix seconds of the first event; None where there is none."""
    status: str
    """`running`, `finished`, `interrupted`, `failed`, `budget` (a limit is spent), `unfinished` (its writer is
    gone) or `unreadable`."""
    task: str
    """`meta["task"]`, or empty."""
    iterations: int
    """How many iterations of Algorithm 1 have finished; the measurement of the seed (t = 0) is none."""
    detail: str = ""
    """Why it is unreadable."""
    kind: str = ""
    """The command that made it; empty where the record does not say."""
    score: float | None = None
    """On the sealed split: û of the last improver that was measured, or the utility of an improved program."""
    cost: float | None = None
    """Dollars; None where some answer has no known price, or where it was not asked for."""


def list_runs(root: Path, *, costs: bool = False) -> list[RunListing]:
    """Every directory right below `root` that holds a run, by name. One that cannot be read is listed with its reason.

    `costs`: with what each has cost, for which all of its record is read.
    """
    try:
        children = sorted(root.iterdir()) if root.is_dir() else []
    except OSError as error:
        raise StoreError(f"cannot list {root}: {error.strerror or error}") from error
    listings = []
    for directory in children:
        try:
            if (directory / FILE_NAME).is_file():
                listings.append(_listing(directory, costs=costs))
        except (StoreError, OSError) as error:
            listings.append(RunListing(directory, None, "unreadable", "", 0, str(error)))
    return listings


def status_of(store: Store, directory: Path) -> tuple[str, str]:
    """How the run in an open store ended, as in a listing, and the detail of that."""
    under_way = status = "running" if is_locked(directory) else "unfinished"
    detail = ""
    for stored in store.events(RunResumed, RunFinished):
        event = stored.event
        status, detail = (event.status, event.detail) if isinstance(event, RunFinished) else (under_way, "")
    return status, detail


def _listing(directory: Path, *, costs: bool) -> RunListing:
    with Store.open(directory) as store:
        started = next((stored.at for stored in store.events()), None)
        ended = [stored.event for stored in store.events(IterationFinished)]
        improved = next((stored.event.value for stored in store.events(Evaluated, scope="improved/test")), None)
        score = mean(ended[-1].test) if ended and ended[-1].test else improved
        iterations = max((event.t for event in ended), default=0)
        status, _ = status_of(store, directory)
        return RunListing(
            directory,
            started,
            status,
            store.meta.get("task", ""),
            iterations,
            "",
            store.meta.get("kind", ""),
            score,
            _paid(store),
        )


def _paid(store: Store) -> float | None:
    """Dollars of all answers together; None where some answer has no known price."""
    costs = [stored.event.cost for stored in store.outline() if isinstance(stored.event, LmResponded)]
    return None if None in costs else sum(cost or 0 for cost in costs) / 1e9
