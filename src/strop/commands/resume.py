"""strop resume."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.improving import original_of
from strop.commands.finding import find_run
from strop.commands.forking import learn_again
from strop.commands.improve import best_told
from strop.commands.options import Display, Json, LimitOptions, TrustTask
from strop.commands.output import announce, notices, reading, results_alone
from strop.commands.recorded import continued
from strop.commands.reporting import NoReport, reported
from strop.commands.result import show_result
from strop.commands.tracking import TrackOptions
from strop.commands.train import finish_again
from strop.errors import ConfigurationError
from strop.experiment import run
from strop.keeping import RESUMABLE, Kept, kept, on_kept_trees
from strop.laboratory import assembled
from strop.report.live import Mode
from strop.single import improve_once
from strop.tracking import Track
from strop.trained import FILE


def resume_command(
    run_directory: Annotated[Path | None, Parameter(name="RUN")] = None,
    /,
    *,
    base_url: str | None = None,
    limits: LimitOptions = LimitOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    tracking: TrackOptions = TrackOptions(),  # noqa: B008
    trust_task: TrustTask = False,
    display: Display = "auto",
    no_report: NoReport = False,
    as_json: Json = False,
) -> int:
    """Go on with a run that was stopped, killed, or whose limit was spent: nothing is asked, paid or done twice.

    Parameters
    ----------
    run_directory
        The run's directory, or the end of its name; the newest in runs/ when not given.
    base_url
        Address of the server, where it is not the one that the run began with.
    trust_task
        Run the task file that the run's directory holds, although no such file is where the run was begun.
    """
    directory = find_run(run_directory)
    found = kept(directory)
    if found.status == "finished":
        if found.kind == "train" and not (directory / FILE).is_file():
            finish_again(found)
        notices().print(f"{directory} is finished; there is nothing to continue", markup=False, soft_wrap=True)
        show_result(directory, as_json=as_json)
        return 0
    asked = found if base_url is None else replace(found, spec=replace(found.spec, base_url=None))
    asked.check_model(os.environ, trust=trust_task)
    confined = found.confined(os.environ, trust=trust_task)
    spec = replace(confined, base_url=base_url or found.spec.base_url, **limits.given())
    with reported(directory, no_report):
        go_on(replace(found, spec=spec), trust=trust_task, tracks=tracking.tracks(directory), show=display)
        if found.kind == "train":
            finish_again(found)
        show_result(directory, as_json=as_json)
    return 0


def go_on(found: Kept, *, trust: bool, tracks: Sequence[Track] = (), show: Mode = "auto") -> None:
    """Go on with the run, to its end.

    Raises:
        ConfigurationError: it is of a command that goes on by itself.
        StropError: it was stopped again; what was done is kept.
    """
    if found.kind not in RESUMABLE:
        raise ConfigurationError(
            f"{found.directory} is the record of strop {found.kind}. To continue: the same command with --out {found.directory}"
        )
    announce(found.spec.instances)
    with (
        results_alone(),
        assembled(found.spec, os.environ, found.origin(os.environ, trust=trust)) as parts,
        continued(parts, found.directory, tracks, show) as journal,
    ):
        learn_again(parts, found)
        on_trees = on_kept_trees(parts, found.directory)
        if found.kind == "improve":
            with reading(found.directory):
                original = original_of(found.meta)
            with best_told(found.directory):
                improve_once(on_trees, found.improver, original, found.directory, journal)
        else:
            run(on_trees, found.improver, found.directory, journal)
