"""The runs of a directory, one line each."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

from strop.base.errors import StoreError
from strop.base.later import dataclass
from strop.runs.run_data import FRAME, read_run
from strop.store import FILE_NAME, Store


@dataclass(frozen=True)
class RunListing:
    """A run in a folder, and how it stands."""

    run: Path
    """Directory of the run."""
    started: float | None
    """When the first event was recorded, in Unix seconds. Null if there is none."""
    status: str
    """How the run stands: `running`, `finished`, `interrupted`, `failed`, `budget` (a limit is spent), `unfinished`
    (its process was killed), `no verdict` (measurements that have none yet) or `unreadable`."""
    task: str
    """Names of its tasks. Empty if the record does not say."""
    iterations: int
    """Number of finished iterations of Algorithm 1, without iteration 0."""
    detail: str = ""
    """Why the record is unreadable or unverified. Empty if it is neither."""
    command: str = ""
    """The command that wrote the record, such as `improve`. Empty if the record does not say."""
    score: float | None = None
    """Score on the held-out split, from 0 to 1: û of the last improver that was measured, or the utility of the improved
    program. Null if there is none."""
    cost: float | None = None
    """Price of the responses in dollars. Null if the price of one is not known, and for a folder of several runs, each of
    which has its own price."""
    is_bound: bool = False
    """Whether `cost` is an upper bound, because the server did not count all tokens."""


def list_runs(root: Path, *, results: bool = False) -> list[RunListing]:
    """The runs directly below `root`, by name. An unreadable one is listed with the reason.

    `results`: include scores of improvements and costs, which requires reading the whole records.
    """
    try:
        children = sorted(root.iterdir()) if root.is_dir() else []
    except OSError as error:
        raise StoreError(f"cannot list {root}: {error.strerror or error}") from error
    listings = []
    for directory in children:
        try:
            if (directory / FILE_NAME).is_file():
                listings.append(_listing(directory, results=results))
        except (StoreError, OSError) as error:
            listings.append(RunListing(directory, None, "unreadable", "", 0, str(error)))
    return listings


def _listing(directory: Path, *, results: bool) -> RunListing:
    with Store.open(directory) as store:
        run = read_run(store, kinds=() if results else FRAME)
    last = run.iterations[-1] if run.iterations else None
    waits = run.meta.kind == "measure" and run.status == "finished" and not run.search_ends
    improved = run.results.get("improved/test")
    return RunListing(
        directory,
        run.began,
        "no verdict" if waits else run.status,
        run.meta.task,
        0 if last is None else last.t,
        detail=run.unverified,
        command=run.meta.kind,
        score=mean(last.test) if last is not None and last.test else None if improved is None else improved.value,
        cost=run.costs.total.dollars if results and not run.meta.seeds else None,
        is_bound=run.costs.total.is_bound,
    )
