"""strop resume."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.api.finding import find_run
from strop.api.recording import continued
from strop.api.training import finish
from strop.base.errors import ConfigurationError
from strop.cli.commands.forking import learn_again
from strop.cli.commands.improve import best_reported
from strop.cli.commands.options import Rare, TrustTask, ViewOptions
from strop.cli.commands.output import announce, notify, reading, reported, results_alone
from strop.cli.commands.result import show_result
from strop.report.terminal.improvement import original_of
from strop.report.terminal.live import Mode
from strop.report.tracking import Track
from strop.runs.assembly import assembled
from strop.runs.improve import improve_once
from strop.runs.improver_card import card_path
from strop.runs.options import LimitOptions
from strop.runs.run_directory import RESUMABLE, RunRecord, command_of, load_run, on_kept_trees
from strop.runs.train import FILE, run


def resume_command(
    run_directory: Annotated[Path | None, Parameter(name="RUN")] = None,
    /,
    *,
    base_url: Annotated[str | None, Rare] = None,
    limits: LimitOptions = LimitOptions(),
    trust_task: TrustTask = False,
    output: ViewOptions = ViewOptions(),
) -> int:
    """Continue a run that was stopped or killed, or that reached a limit. No request is sent or paid twice.

    Parameters
    ----------
    run_directory
        Directory of the run, or the end of its name. The newest in runs/ by default.
    base_url
        Address of the server, where it is not the one that the run started with.
    """
    directory = find_run(run_directory)
    found = load_run(directory)
    if found.status == "finished":
        if found.kind == "run" and not card_path(directory / FILE).is_file():
            finish(directory)
        notify(f"{directory} is finished; there is nothing to continue")
        show_result(directory, as_json=output.as_json)
        return 0
    asked = found if base_url is None else replace(found, spec=replace(found.spec, base_url=None))
    asked.check_model(os.environ, trust=trust_task)
    confined = found.confined(os.environ, trust=trust_task)
    spec = replace(confined, base_url=base_url or found.spec.base_url, **limits.asked())
    with reported(directory, output.no_report):
        go_on(replace(found, spec=spec), trust=trust_task, tracks=output.tracks(directory), show=output.shown)
        if found.kind == "run":
            finish(directory)
        show_result(directory, as_json=output.as_json)
    return 0


def go_on(found: RunRecord, *, trust: bool, tracks: Sequence[Track] = (), show: Mode = "auto") -> None:
    """Go on with the run, to its end.

    Raises:
        ConfigurationError: it is of a command that goes on by itself.
        StropError: it was stopped again; what was done is kept.
    """
    if found.kind not in RESUMABLE:
        raise ConfigurationError(
            f"{found.directory} records {command_of(found.kind)}. To continue: the same command with --out {found.directory}"
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
            with best_reported(found.directory):
                improve_once(on_trees, found.improver, original, found.directory, journal)
        else:
            run(on_trees, found.improver, found.directory, journal)
