"""strop init."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.private import as_users
from strop.cli.commands.output import notify, results
from strop.report.terminal.words import escape
from strop.tasks.base import META_TASK
from strop.templates import FORMS, NAME, Form, FormName, files_of, next_commands

ATTEMPTS = 3
"""Times that a question is asked."""


def init_command(
    directory: Path,
    /,
    *,
    form: FormName | None = None,
    name: str | None = None,
    goal: str | None = None,
) -> int:
    """Create a task of your own: a few commented files that work as they are, with a test. It never overwrites a file.

    On a terminal it asks for what the flags leave open.

    Parameters
    ----------
    directory
        Folder of the task. It is created if it does not exist.
    form
        Kind of task: sample, function, evaluator or command. With sample, the program answers and strop scores; with function, it
        is a function in a module; with evaluator, a file with evaluate(program_path) scores it; with command, any language,
        several files.
    name
        Name of the task; the folder's by default.
    goal
        Goal: a line of words for sample and function, NAME:max or NAME:min for evaluator and command. Models read the words
        beside the source of the score.
    """
    if directory.exists() and not directory.is_dir():
        raise ConfigurationError(f"{directory} is a file; strop init makes a folder")
    asks = form is None or name is None or goal is None
    if form is None and not _has_terminal():
        raise ConfigurationError(f"there is no terminal to ask on: give --form {', '.join(FORMS)} (and --name, --goal)")
    on_terminal = asks and _has_terminal()
    chosen = FORMS[form or _asked_form()]
    usual = _usual_name(directory)
    if name is None:
        name = _asked_until("Its name", usual, lambda answer: _check_name(chosen, answer)) if on_terminal else usual
    _check_name(chosen, name)
    if goal is None:
        check = partial(files_of, chosen, name)
        goal = _asked_until(chosen.asks, chosen.goal, check) if on_terminal else chosen.goal
    _write(directory, files_of(chosen, name, goal))
    _show(directory, chosen, next_commands(chosen, goal))
    return 0


@as_users()
def _write(directory: Path, files: Mapping[str, str]) -> None:
    """Write new files; none if one of them exists.

    Raises:
        ConfigurationError: a file exists, or the folder cannot be written.
    """
    existing = [name for name in files if (directory / name).exists() or (directory / name).is_symlink()]
    if existing:
        raise ConfigurationError(f"{directory} already has {', '.join(existing)}; strop init overwrites nothing")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (directory / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise ConfigurationError(f"{error.filename or directory} cannot be written: {error.strerror}") from error


def _show(directory: Path, form: Form, commands: Sequence[str]) -> None:
    console = results()
    written = ", ".join(sorted(files_of(form, NAME, form.goal)))
    inside = [f"cd {shlex.quote(str(directory))}", *commands] if directory != Path() else commands
    lines = [f"{directory}: {written}", f"strop improves {form.improved}. Next:", *(f"  {line}" for line in inside)]
    for line in lines:
        console.print(escape(line, 400), markup=False, soft_wrap=True)


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked_form() -> FormName:
    """The kind of task, by its number or its name."""
    forms = list(FORMS.values())
    for number, form in enumerate(forms, start=1):
        notify(f"{number}  {form.name:10} {form.what}")
    for _ in range(ATTEMPTS):
        answer = _asked("What kind of task", "1").lower()
        for number, form in enumerate(forms, start=1):
            if answer in (str(number), form.name):
                return form.name
        notify(f"write a number from 1 to {len(forms)}, or a name")
    raise ConfigurationError(f"no kind of task was chosen; there are: {', '.join(FORMS)}")


def _asked(question: str, usual: str) -> str:
    """One line; `usual` if it is empty."""
    sys.stderr.write(f"{question} [{usual}]: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise ConfigurationError("the question was not answered; nothing was written")
    return line.strip() or usual


def _asked_until(question: str, usual: str, check: Callable[[str], object]) -> str:
    """An answer that `check` accepts. After any other the question is asked again."""
    for attempt in range(1, ATTEMPTS + 1):
        answer = _asked(question, usual)
        try:
            check(answer)
            return answer
        except ConfigurationError as error:
            if attempt == ATTEMPTS:
                raise
            notify(escape(str(error), 400))
    raise AssertionError("unreachable")


def _check_name(form: Form, name: str) -> None:
    if name == META_TASK:
        raise ConfigurationError(f"the name {META_TASK} is reserved; choose another")
    files_of(form, name, form.goal)


def _usual_name(directory: Path) -> str:
    words = re.sub(r"[^\w.-]+", "-", directory.resolve().name).lstrip("-.")[:80]
    return words if words and words != META_TASK else NAME
