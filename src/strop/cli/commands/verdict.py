"""strop verdict."""

from __future__ import annotations

from strop.options.commands import Run, TrustTask, ViewOptions


def verdict_command(
    run_directory: Run = None,
    /,
    *,
    of: str = "",
    trust_task: TrustTask = False,
    output: ViewOptions = ViewOptions(),
) -> int:
    """Compare the best program that strop measure measured with the original, on instances that no measurement had.

    There may be a further verdict of the same record, after more measurements or of another program. Its level is half that of
    the one before.

    Parameters
    ----------
    of
        Program to compare in place of the best one: the beginning of its digest.
    """
    from strop.api.lookup import find_run
    from strop.api.measuring import verdict_of
    from strop.cli.command import command
    from strop.runs.run_directory import load_run

    record = load_run(find_run(run_directory, kinds=("measure",)))
    record.check_model(trust=trust_task)
    return command(verdict_of(record, trust=trust_task, of=of), output)
