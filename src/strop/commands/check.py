"""strop check."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from rich.text import Text

from strop.checkup.examine import Settings, examine
from strop.commands.options import GroundOptions, Json, Whole
from strop.commands.output import notices, print_document, results, results_alone
from strop.errors import ConfigurationError, TaskError
from strop.laboratory import jail
from strop.report.checkup import check_document, print_check
from strop.report.words import harmless
from strop.secret import key_file, machine_key, run_secret
from strop.spec import RunSpec
from strop.stopping import stopped_by_signals
from strop.tasks.registry import load

MOST_REPEATS = 1000


def check_command(
    task: str,
    /,
    *,
    repeat: Whole = 5,
    seed: Whole = 0,
    jobs: Whole = 0,
    require: str | None = None,
    as_json: Json = False,
) -> int:
    """Attack a task before any money is spent on it. Ends with exit code 5 when the task is broken.

    What it draws is examined, its seed solution evaluated, its scorer tried for purity, and a museum of known hacks run against
    it in the jail. No language model is asked.

    Parameters
    ----------
    task
        A task's name, or a file that defines a strop.Task (FILE.py, or FILE.py:NAME).
    repeat
        How often the seed solution is evaluated, for its noise.
    seed
        With this machine's key it decides which instances are drawn.
    jobs
        Solutions evaluated at once; 0 means one for each core.
    require
        Protections without which nothing is run, separated by commas, or `none`; see strop doctor.
    """
    if not 1 <= repeat <= MOST_REPEATS:
        raise ConfigurationError(f"--repeat is {repeat}; it must be from 1 to {MOST_REPEATS}")
    spec = RunSpec(task=task, seed=seed, jobs=jobs, require=GroundOptions(require=require).required()).checked()
    with results_alone():  # what a task's own code prints is no result
        the_task = load(task)
        secret = run_secret(machine_key(key_file(os.environ)), seed)
        with closing(jail(spec)) as sandbox, stopped_by_signals(sandbox.close), _told() as say:
            checkup = examine(the_task, sandbox, secret, Settings(repeat, spec.jobs), say)
    if as_json:
        print_document(check_document(checkup))
    else:
        print_check(checkup, results())
    return TaskError.exit_code if checkup.broken else 0


@contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """Says what is being done: on one line that changes on a terminal, a line for each stage elsewhere."""
    console = notices()
    if console.is_terminal:
        with console.status("starting") as status:
            yield lambda what: status.update(Text(harmless(what)))
        return
    stages: list[str] = []

    def say(what: str) -> None:
        stage = what.partition(":")[0]
        if stage not in stages[-1:]:
            stages.append(stage)
            console.print(stage, markup=False, soft_wrap=True)

    yield say
