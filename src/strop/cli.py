"""The command line: parse, call, print.

Results go to standard output, everything else to standard error. Exit codes: 0 finished; 1 internal error; 2 wrong usage;
3 language model; 4 budget; 5 broken task; 7 sandbox; 130 Ctrl-C; 143 SIGTERM.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from strop.errors import StropError

COMMANDS = {
    "run": "Run STOP on a task: improve the improver with itself, and measure every step on sealed instances.",
    "eval": "Measure the meta-utility of an improver, beside the seed improver's.",
    "score": "Score one solution of a task.",
    "tasks": "List the tasks.",
    "improvers": "List the improvers.",
    "runs": "List the runs in a folder.",
    "show": "Show a run.",
    "doctor": "Say what the jail is observed to enforce on this machine.",
}


def application() -> App:
    """The command line; a command's module is imported when it is called, so that --help is quick."""
    app = App(
        name="strop",
        help="STOP, the Self-Taught Optimizer: improve programs with a language model and a score, and the improver itself.",
        version_flags=["--version"],
    )
    for name, words in COMMANDS.items():
        app.command(f"strop.commands.{name}:{name}_command", name=name, help=words)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `strop`. Ends the process with the exit code."""
    if sys.platform == "win32":
        _end("Windows cannot confine a guest; run strop inside WSL 2, which is Linux", 7)
    app = application()
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        _end(f"{' '.join(str(error).split())} (see strop --help)", 2)
    except StropError as error:
        _end(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader went away (`strop runs | head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        _end("stopped", 130)
    sys.exit(code if isinstance(code, int) else 0)


def _end(message: str, code: int) -> None:
    sys.stderr.write(f"strop: {message}\n")
    sys.exit(code)
