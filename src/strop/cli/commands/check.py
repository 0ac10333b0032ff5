"""strop check."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from strop.api.checking import MOST_REPEATS, attacked, told
from strop.api.target import target_of
from strop.base.errors import ConfigurationError, TaskError
from strop.cli.commands.improve import ProgramOptions
from strop.cli.commands.options import Json, Whole, protections
from strop.cli.commands.output import print_document, results, results_alone
from strop.runs.options import Jobs
from strop.runs.spec import RunSpec


def check_command(
    task: str,
    /,
    *,
    repeat: Whole = 5,
    seed: Whole = 0,
    jobs: Jobs = 0,
    require: str | None = None,
    scored: ProgramOptions = ProgramOptions(),
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
    as_json: Json = False,
) -> int:
    """Attack a task before any money is spent on it. Ends with exit code 5 when the task is broken.

    Its draws are examined, its seed solution is evaluated, its scorer is tested for purity, and known attacks are run against
    it in the jail. Of a task that a command or an evaluator scores, the original is run several times, and attacks that fit are
    put in its place. No language model is asked.

    Parameters
    ----------
    task
        A task's name, a file that defines a strop.Task (FILE.py, or FILE.py:NAME), a folder with a strop.toml, a folder or file
        with --command, or a program with --evaluator.
    repeat
        How often the seed solution is evaluated, for its noise; how often the original is run, with one seed and with others.
    seed
        Seed of the instances, together with this machine's key.
    jobs
        Solutions evaluated at once; 0 means one for each core.
    verbose
        Show a row for each attack.
    require
        Refuse to run unless these protections are enforced, separated by commas, or `none`; see strop doctor.
    """
    if not 1 <= repeat <= MOST_REPEATS:
        raise ConfigurationError(f"--repeat is {repeat}; it must be from 1 to {MOST_REPEATS}")
    spec = RunSpec(task=task, seed=seed, jobs=jobs, require=protections(require)).checked()
    with results_alone(), told(progress=True) as say:  # what a task's own code prints is no result
        check = attacked(target_of(task, scored.scoring()).task, spec, repeat, say)
    if as_json:
        print_document(check.document())
    else:
        check.print_on(results(), verbose=verbose)
    return TaskError.exit_code if check.broken else 0
