"""strop init."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from strop.base.console import results_stream
from strop.base.errors import ConfigurationError
from strop.base.private import as_users
from strop.base.terminal_text import escape
from strop.templates import FORMS, NAME, Form, FormName, files_of
from strop.templates.agents import AGENTS, Agent, AgentName


def init_command(
    directory: Path,
    /,
    *options: str,
    form: FormName | None = None,
    agent: AgentName | None = None,
) -> int:
    """Create a task of your own, or print what a coding agent needs to search on one. It never overwrites a file.

    With --form, strop writes a few commented files that work as they are, with a test. With --agent, it prints the lines that
    start strop serve, for the configuration of your agent, and writes no file.

    Parameters
    ----------
    directory
        Folder of the task, whose name is that of the task. It is created if it does not exist. With --agent, the target of
        strop serve.
    options
        With --agent, the options of strop serve, after `--`.
    form
        Kind of task: sample, function, evaluator or command. With sample, the program answers and strop scores; with function, it
        is a function in a module; with evaluator, a file with evaluate(program_path) scores it; with command, any language,
        several files.
    agent
        A coding agent: claude, codex, gemini, cursor, or generic.
    """
    if (form is None) == (agent is None):
        raise ConfigurationError(
            f"strop init needs one of --form ({', '.join(FORMS)}) and --agent ({', '.join(AGENTS)})"
        )
    if agent is not None:
        return _introduce(AGENTS[agent], str(directory), *options)
    assert form is not None
    if options:
        raise ConfigurationError(f"unexpected argument: {options[0]} (options of strop serve go with --agent)")
    if directory.exists() and not directory.is_dir():
        raise ConfigurationError(f"{directory} is a file; strop init makes a folder")
    chosen = FORMS[form]
    files = files_of(chosen, _name_of(directory))
    _write(directory, files)
    _show(directory, chosen, files)
    return 0


def _introduce(agent: Agent, *serve_options: str) -> int:
    """Print the lines that an agent's configuration needs, and on standard error the file in which they belong."""
    from strop.base.interpreter import python, users_environment
    from strop.cli.commands.output import notify

    executable = shutil.which("strop", path=users_environment().get("PATH"))
    command = [executable] if executable else python("-m", "strop")
    results_stream().write(agent.lines([*command, "serve", *serve_options], Path.cwd()) + "\n")
    results_stream().flush()
    notify(f"strop: these lines belong in {agent.where}")
    notify(
        "strop: an agent with your shell can measure beside strop, too; docs/how-to/agents.md says how to seal the search"
    )
    return 0


@as_users()
def _write(directory: Path, files: Mapping[str, str]) -> None:
    """Write all files into the folder, or none if one of them exists.

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
        raise ConfigurationError(f"cannot write {error.filename or directory}: {error.strerror}") from error


def _show(directory: Path, form: Form, files: Collection[str]) -> None:
    from strop.cli.commands.output import results

    console, commands = results(), form.next_commands
    inside = [f"cd {shlex.quote(str(directory))}", *commands] if directory != Path() else commands
    lines = [
        f"{directory}: {', '.join(sorted(files))}",
        f"strop improves {form.improved}. Next:",
        *(f"  {line}" for line in inside),
    ]
    for line in lines:
        console.print(escape(line, 400), markup=False, soft_wrap=True)


def _name_of(directory: Path) -> str:
    from strop.tasks.base import META_TASK

    name = re.sub(r"[^\w.-]+", "-", directory.resolve().name).lstrip("-.")[:80]
    return name if name and name != META_TASK else NAME
