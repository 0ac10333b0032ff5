"""Find what users name: a run by its folder or the end of its name, an improver by name, file or RUN:t."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from strop.base.errors import ConfigurationError
from strop.base.events import Evaluated, ProgramRan
from strop.base.from_json import read_json
from strop.base.solution import digest_of
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.options.commands import RUNS
from strop.options.run import FIRST_IMPROVER
from strop.runs.listing import list_runs
from strop.runs.meta import folder_of_seed, read_meta
from strop.runs.run_data import FRAME, read_run
from strop.runs.spec import RunSpec, improver_text, shipped_improvers
from strop.runs.texts import seed_improver
from strop.store import FILE_NAME, Store


def find_run(run: Path | None, root: Path = RUNS, kinds: Sequence[str] = ()) -> Path:
    """The directory of a run. For None, the newest run in `root`; with `kinds`, the newest such run that measured something.

    Raises:
        ConfigurationError: no run, or several runs, have this name.
    """
    if run is not None and run.is_dir():
        if not (run / FILE_NAME).exists():
            raise ConfigurationError(f"{run} is not the directory of a run: it has no {FILE_NAME}")
        return run
    if run is None:
        newest = sorted(list_runs(root), key=lambda listing: listing.started or 0.0, reverse=True)
        latest = next(
            (listing.run for listing in newest if not kinds or (listing.command in kinds and _measured(listing.run))),
            None,
        )
        if latest is None:
            kinds_named = f" of strop {' or '.join(kinds)} that measured something" if kinds else ""
            raise ConfigurationError(f"no run{kinds_named} in {root}/; if you used {option('out')}, name its folder")
        return latest
    if len(run.parts) != 1:
        raise ConfigurationError(f"there is no run directory {run}")
    # Only names are compared, because another run may be damaged or slow to read.
    matching = [path.parent for path in sorted(root.glob(f"*/{FILE_NAME}")) if path.parent.name.endswith(run.name)]
    if len(matching) != 1:
        count = "no run is" if not matching else f"{len(matching)} runs are"
        raise ConfigurationError(f"{count} called {run}; strop list runs lists those in {root}")
    return matching[0]


def _measured(directory: Path) -> bool:
    with Store.open(directory) as store:
        return any(True for _ in store.events(Evaluated, ProgramRan))


def first_improver(spec: RunSpec) -> str:
    """The text of I_0, which a run of STOP starts with. Raises like `any_improver_text`."""
    return seed_improver(spec) if spec.improver == FIRST_IMPROVER else any_improver_text(spec.improver)


def any_improver_text(name: str) -> str:
    """The text of an improver: a shipped or installed one, a file, or I_t of a run (`RUN:t`).

    Prints a warning on standard error if the record is unverified.

    Raises:
        ConfigurationError: there is no such improver.
    """
    iteration = _iteration_of(name)
    if iteration is None:
        return improver_text(name)
    directory, t = iteration
    with Store.open(directory) as store:
        improvers = {event.t: store.text(event.improver) for event in read_run(store, kinds=FRAME).iterations}
        unverified = store.unverified
    if unverified:
        Console(stderr=True, highlight=False).print(escape(unverified, 2000), markup=False, soft_wrap=True)
    if t not in improvers:
        has = f"it has {min(improvers)} to {max(improvers)}" if improvers else "no iteration of it has ended"
        raise ConfigurationError(f"{directory} has no iteration {t}: {has}")
    return improvers[t]


def improvers_in(name: str) -> tuple[str, ...]:
    """The names of the improvers that a name of `strop eval` stands for: of a folder of `strop run --seeds` the last improver of
    each run.

    Raises:
        ConfigurationError: a run of the folder has not ended.
    """
    folder = Path(name)
    if not (folder / FILE_NAME).is_file():
        return (name,)
    with Store.open(folder) as store:
        meta = read_meta(store.meta, folder)
    found = []
    for seed in meta.seeds:
        own = folder_of_seed(folder, seed)
        with Store.open(own) as store:
            run = read_run(store, kinds=FRAME)
        if run.status != "finished" or not run.iterations:
            raise ConfigurationError(f"the run in {own} has not ended. To continue: strop resume {folder}")
        found.append(f"{own}:{run.iterations[-1].t}")
    return tuple(found) or (name,)


def tasks_of(name: str) -> tuple[str, ...]:
    """The tasks of the run that `RUN:t` names; none for the name of another improver.

    Raises:
        ConfigurationError: the run does not exist, or its record does not name its tasks.
    """
    iteration = _iteration_of(name)
    if iteration is None:
        return ()
    directory, _ = iteration
    with Store.open(directory) as store:
        spec = read_run(store, kinds=FRAME).spec
    if spec is None:
        raise ConfigurationError(f"{directory} does not say which task it was made with; name one")
    return spec.tasks


def trained_on(name: str) -> tuple[str, ...]:
    """Names of the tasks that an improver was trained on; none if that is not recorded.

    For `RUN:t` they are those of the run. For a file they are in the result that a run wrote beside it, which must have the
    digest of the file's text.
    """
    iteration = _iteration_of(name)
    if iteration is not None:
        directory, t = iteration
        with Store.open(directory) as store:
            return read_meta(store.meta, directory).tasks if t else ()
    if name in shipped_improvers() or not Path(name).is_file():
        return ()
    try:
        result = read_json(Path(name).with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    if (
        not isinstance(result, dict)
        or not result.get("best_t")
        or result.get("digest") != digest_of(improver_text(name))
    ):
        return ()
    tasks = result.get("trained_on")
    return tuple(map(str, tasks)) if isinstance(tasks, list) else ()


def _iteration_of(name: str) -> tuple[Path, int] | None:
    """(directory, t) of `RUN:t`; None for another name."""
    parts = re.fullmatch(r"(.+):(\d{1,9})", name)
    if parts is None or name in shipped_improvers() or Path(name).is_file():
        return None
    return find_run(Path(parts[1])), int(parts[2])
