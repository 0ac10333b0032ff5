"""strop hot."""

from __future__ import annotations

from typing import Annotated

from strop.options.commands import Json
from strop.options.run import Count, Switch


def hot_command(
    *command: str,
    once: Annotated[bool, Switch] = False,
    top: Count = 10,
    as_json: Json = False,
) -> int:
    """Run a command of yours, and list the functions of your project that take its time, with the command that improves each.

    It runs as you would run it, not in the jail: to sample its CPU time, up to ten times if it is short, and again, without its
    output, to count calls. strop changes no file of yours. The list goes to standard error, and standard output has only what
    your command prints. The exit code is that of your command.

    Parameters
    ----------
    command
        The command and its words, after `--`.
    once
        Run the command only once. Calls are then not counted.
    top
        Functions to list, at most.
    """
    import shlex
    import shutil

    from strop.base.console import results_stream
    from strop.base.errors import ConfigurationError
    from strop.base.interpreter import users_environment
    from strop.base.printing import print_result
    from strop.cli.commands.output import notices, notify, present
    from strop.watch.hot import find_hot

    if not command:
        raise ConfigurationError("missing argument: COMMAND, such as: strop hot -- python app.py")
    if shutil.which(command[0], path=users_environment().get("PATH")) is None:
        raise ConfigurationError(f"{command[0]!r} cannot be run: there is no such program, or it may not be executed")
    if top < 1:
        raise ConfigurationError(f"--top is {top}, must be 1 or more")
    notify(f"strop: running {shlex.join(command)} as you do, with your rights: not in the jail")
    results_stream().flush()
    stdout = None if as_json else results_stream().fileno()
    hot, stop = find_hot(command, once=once, top=top, stdout=stdout, notify=lambda line: notify(f"strop: {line}"))
    if as_json:
        present(hot, as_json=True)
    else:
        print_result(hot, notices())
    if stop is not None:
        raise stop
    return hot.status
