"""The test of spoiled answers before a run, whatever scores them; what it found of files that did not change is remembered."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from strop.base.errors import ConfigurationError, TaskError
from strop.base.private import make_folder, write
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.checks.relay import SECONDS, Relay, spoiled_answers
from strop.checks.relays import HostRelay, relay_of
from strop.evaluation.machines import versions
from strop.evaluation.pool import CommandPool
from strop.sandbox.base import Sandbox
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.identity import task_digest

SOUND = b"no spoiled answer paid\n"


def refuse_rewarding(
    tasks: Sequence[AnyTask],
    sandbox: Sandbox,
    secret: bytes,
    commands: CommandPool | None = None,
    seconds: float = SECONDS,
    notify: Callable[[str], None] = lambda step: None,
) -> None:
    """Run the original of each task, and score its answers spoiled, in about `seconds` a task; `notify` gets each step.

    Raises:
        ConfigurationError: a spoiled answer pays.
        SandboxError: the host could not run a guest.
    """
    for task in tasks:
        entry: Path | None = None
        if isinstance(task, CommandTask):
            if task.own_score_because or not (task.judge or task.evaluator) or commands is None:
                continue
            entry = _entry(task, seconds, os.environ)
            if _is_known(entry):
                continue
        with suppress(TaskError):  # the task is broken, as its own evaluation says
            notify("measuring the original")
            with relay_of(task, sandbox, secret, commands) as relay:
                notify("spoiling its answers")
                refuse_if_rewarding(task.name, relay, seconds=seconds)
            if entry is not None:
                with suppress(OSError):
                    make_folder(entry.parent)
                    write(entry, SOUND)


def refuse_if_rewarding(task: str, relay: Relay, *, seconds: float = SECONDS) -> None:
    """Raises ConfigurationError if a spoiled answer pays, or none at all has the original's score."""
    if isinstance(relay, HostRelay) and relay.ignores_program:
        raise ConfigurationError(
            f"task {task}: its scorer gives the same score to no answer at all; let it read the answer"
        )
    if why := spoiled_answers(relay, seconds=seconds).paid:
        raise ConfigurationError(
            f"task {task}: its scorer rewards a spoiled answer: {escape(why, 300)}. Let the scorer refuse it, "
            f"or give {option('trust_scorer')}"
        )


def _entry(task: CommandTask, seconds: float, environ: Mapping[str, str]) -> Path:
    """The file that remembers what was tried of a task, named by its files and options, the time and this version of strop;
    instances were others. Raises ConfigurationError if its tree cannot be copied."""
    digest = hashlib.sha256(repr((task_digest(task), seconds, sorted(versions().items()))).encode())
    cache = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".cache")
    return Path(cache) / "strop" / "checked" / digest.hexdigest()


def _is_known(entry: Path) -> bool:
    """Whether nothing paid before; what cannot be read or is damaged says nothing."""
    with suppress(OSError):
        return entry.read_bytes() == SOUND
    return False
