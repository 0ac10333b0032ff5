"""The test of spoiled answers before a run, whatever scores them; what it found of files that did not change is remembered."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from strop.base.errors import ConfigurationError, TaskError
from strop.base.private import make_folder, write
from strop.base.terminal_text import escape
from strop.checks.relay import SECONDS, Relay, spoiled_answers
from strop.checks.relays import HostRelay, command_relay
from strop.evaluation.machines import versions
from strop.evaluation.pool import CommandPool
from strop.sandbox.base import Sandbox
from strop.tasks.base import Task
from strop.tasks.command.task import CommandTask
from strop.tasks.command.tree import listed

SOUND = b"no spoiled answer paid\n"


def refuse_rewarding(
    tasks: Sequence[object],
    sandbox: Sandbox,
    secret: bytes,
    commands: CommandPool | None = None,
    seconds: float = SECONDS,
) -> None:
    """Run the original of each task once, and score its answers spoiled, in about so many `seconds` a task.

    Raises:
        ConfigurationError: a spoiled answer pays.
        SandboxError: the host could not run a guest.
    """
    for task in tasks:
        with suppress(TaskError):  # the task is broken, as its own evaluation says
            if isinstance(task, Task):
                refuse_if_rewarding(task.name, HostRelay(task, sandbox, secret), seconds=seconds)
            elif isinstance(task, CommandTask) and commands is not None and not task.own_score_because:
                if not (task.judge or task.evaluator) or _is_known(entry := _entry(task, seconds, os.environ)):
                    continue
                with command_relay(task, commands, secret) as relay:
                    refuse_if_rewarding(task.name, relay, seconds=seconds)
                with suppress(OSError):
                    make_folder(entry.parent)
                    write(entry, SOUND)


def refuse_if_rewarding(task: str, relay: Relay, *, seconds: float = SECONDS) -> None:
    """Raises ConfigurationError if a spoiled answer pays."""
    if why := spoiled_answers(relay, seconds=seconds).paid:
        raise ConfigurationError(
            f"task {task}: its scorer rewards a spoiled answer: {escape(why, 300)}. Let the scorer refuse it, "
            "or give --trust-scorer"
        )


def _entry(task: CommandTask, seconds: float, environ: Mapping[str, str]) -> Path:
    """The file that remembers what was tried of a task, named by its files and options, the time and this version of strop;
    instances were others. Raises ConfigurationError if its tree cannot be copied."""
    digest = hashlib.sha256(repr((task, seconds, sorted(versions().items()))).encode())
    for path in listed(task.root, task.named_files):
        with suppress(OSError):  # what cannot be read cannot be copied for a run either, which says so
            file = task.root / path
            content = str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
            digest.update(f"\0{path}\0{file.lstat().st_mode}\0".encode() + hashlib.sha256(content).digest())
    cache = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".cache")
    return Path(cache) / "strop" / "checked" / digest.hexdigest()


def _is_known(entry: Path) -> bool:
    """Whether nothing paid before; what cannot be read or is damaged says nothing."""
    with suppress(OSError):
        return entry.read_bytes() == SOUND
    return False
