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
    """One run directory."""

    run: Path
    """Its directory."""
    started: float | None
    """Unix seconds of the first event; null without one."""
    status: str
    """`running`, `finished`, `interrupted`, `failed`, `budget` (a limit is spent), `unfinished` (its process was killed), `no
    verdict` (measurements without one) or `unreadable`."""
    task: str
    """Its tasks; empty if the record does not say."""
    iterations: int
    """Finished iterations of Algorithm 1, not counting the measurement of the seed (t = 0)."""
    detail: str = ""
    """Why it is unreadable, or unverified."""
    command: str = ""
    """The command that wrote it; empty if the record does not say."""
    score: float | None = None
    """On the sealed split: û of the last measured improver, or the utility of the improved program."""
    cost: float | None = None
    """Dollars; null if a response has no known price, or if costs were not requested."""
    is_bound: bool = False
    """Whether `cost` is the most that it may be: the server did not count all tokens."""


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
        cost=run.costs.total.dollars if results else None,
        is_bound=run.costs.total.is_bound,
    )
