"""strop resume."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from strop.api.lookup import find_run
from strop.api.recording import continued
from strop.api.training import resume
from strop.base.errors import ConfigurationError
from strop.cli.commands.improve import best_reported
from strop.cli.commands.options import Run, TrustTask, ViewOptions
from strop.cli.commands.output import announce, notify, reported, results_alone
from strop.cli.commands.result import show_result
from strop.report.terminal.live import Mode
from strop.runs.assembly import assembled
from strop.runs.context import session
from strop.runs.improve import improve_once
from strop.runs.options import LimitOptions, Rare
from strop.runs.reading import reading
from strop.runs.results.improved import original_of
from strop.runs.run_directory import RESUMABLE, RunRecord, command_of, load_run, on_kept_trees
from strop.runs.train import write_improver


def resume_command(
    run_directory: Run = None,
    /,
    *,
    base_url: Annotated[str | None, Rare] = None,
    workers: Annotated[str | None, Parameter(alias="-j")] = None,
    limits: LimitOptions = LimitOptions(),
    trust_task: TrustTask = False,
    output: ViewOptions = ViewOptions(),
) -> int:
    """Continue a run that was stopped or killed, or that reached a limit. No recorded response is asked for again.

    Parameters
    ----------
    base_url
        Address of the server, where it is not the one that the run started with.
    workers
        Where programs are evaluated, if not where the run started: a number of processes or a cluster.
    """
    directory = find_run(run_directory)
    record = load_run(directory)
    if record.status == "finished":
        if record.kind == "run":
            write_improver(directory)  # again, if somebody changed or removed them
        notify(f"{directory} is finished; there is nothing to continue")
        show_result(directory, as_json=output.as_json)
        return 0
    checked = record if base_url is None else replace(record, spec=replace(record.spec, base_url=None))
    checked.check_model(trust=trust_task)
    confined = record.confined(trust=trust_task)
    place = confined.workers if workers is None else workers
    spec = replace(confined, base_url=base_url or record.spec.base_url, workers=place, **limits.asked())
    with reported(directory, output.no_report):
        continue_run(replace(record, spec=spec), trust=trust_task, tracks=output.track, show=output.shown)
        show_result(directory, as_json=output.as_json)
    return 0


def continue_run(record: RunRecord, *, trust: bool, tracks: Sequence[str] = (), show: Mode = "auto") -> None:
    """Continue the run to its end.

    Raises:
        ConfigurationError: its own command continues it.
        StropError: it was stopped again; what was done is kept.
    """
    if record.kind not in RESUMABLE:
        raise ConfigurationError(
            f"{record.directory} records {command_of(record.kind)}. To continue: the same command with --out {record.directory}"
        )
    announce(record.spec.instances)
    with results_alone():
        if record.kind == "run":
            return resume(record, trust=trust, tracks=tracks, show=show)
        with (
            assembled(record.spec, os.environ, record.origin(trust=trust)) as parts,
            continued(parts, record.directory, tracks, show) as journal,
        ):
            with reading(record.directory):
                original = original_of(record.meta, record.directory)
            with best_reported(record.directory), session(on_kept_trees(parts, record.directory), journal) as context:
                improve_once(context, record.improver, original)
