"""strop resume."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.options.commands import Run, TrustTask, ViewOptions
from strop.options.run import LimitOptions, Rare, Switch

if TYPE_CHECKING:
    from strop.runs.run_directory import RunRecord


def resume_command(
    run_directory: Run = None,
    /,
    *,
    base_url: Annotated[str | None, Rare] = None,
    workers: Annotated[str | None, Parameter(alias="-j")] = None,
    limits: LimitOptions = LimitOptions(),
    finish: Annotated[bool, Switch] = False,
    trust_task: TrustTask = False,
    output: ViewOptions = ViewOptions(),
) -> int:
    """Continue a run that was stopped or killed, or that reached a limit. No recorded response is asked for again.

    Parameters
    ----------
    base_url
        Address of the server, where it is not the one that the run started with.
    finish
        End the search: ask for no further response, and compare what was found; strop run ends after its last finished
        iteration. Resume without this flag to continue the search later.
    workers
        Where programs are evaluated, if not where the run started: a number of processes or a cluster.
    """
    from strop.api import program as program  # its records are read and continued, too
    from strop.api import suite as suite
    from strop.api.jobs import job_of
    from strop.api.lookup import find_run
    from strop.cli.command import command
    from strop.reproduce import over_seeds as over_seeds
    from strop.reproduce import table2 as table2
    from strop.runs.run_directory import SEARCHES, command_of, load_run

    directory = find_run(run_directory)
    record, asked = load_run(directory), limits.asked()
    if finish and record.kind not in SEARCHES:
        raise ConfigurationError(f"{directory} is the record of {command_of(record.kind)}, which has no search to end")
    if not record.goes_on(asked, finish=finish):
        return _show_result(record, as_json=output.as_json)
    checked = record if base_url is None else replace(record, spec=replace(record.spec, base_url=None))
    checked.check_model(trust=trust_task)
    confined = record.confined(trust=trust_task)
    count = confined.workers if workers is None else workers
    spec = replace(confined, base_url=base_url or record.spec.base_url, workers=count, **asked)
    job = replace(job_of(replace(record, spec=spec), trust=trust_task), finish=finish)
    return command(job, output, model=record.no_model() if finish else None)


def _show_result(record: RunRecord, *, as_json: bool) -> int:
    """Show the result of a run that has nothing left to do."""
    from strop.cli.commands.output import notify, present
    from strop.runs.record import Record
    from strop.runs.result import result_of
    from strop.runs.results.trained import Trained
    from strop.runs.train import keep_improver

    notify(record.nothing_to_do)
    with Record.open(record.directory, record.proof) as reopened:
        result = result_of(reopened)
        if isinstance(result, Trained):
            keep_improver(result)  # again, if somebody removed them
        present(result, as_json=as_json)
    return 0
