"""The command line: parse, call, print.

Results go to standard output, everything else to standard error. Exit codes: 0 finished; 1 internal error; 2 wrong usage;
3 language model; 4 budget; 5 broken task; 6 what --fail-on of strop compare names; 7 sandbox, or an attack of the self-test that
succeeded; 8 a replay that differs from its record; 9 a program that measures better and was not applied; 130 Ctrl-C; 143 SIGTERM.
"""

from __future__ import annotations

import atexit
import errno
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from strop.base.console import results_alone
from strop.base.errors import ConfigurationError, StropError, starting_threads, system_error
from strop.base.private import be_private
from strop.base.surface import command_line
from strop.base.terminal_text import escape
from strop.base.version import __version__
from strop.runs.interrupts import stop

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

DESCRIPTION = (
    "STOP, the Self-Taught Optimizer: improve programs with a language model and a score, and the improver itself."
)
FLAGS = {
    "--help, -h": "Show the commands, or the everyday options of a command.",
    "--help-all": "Show all options of a command, with their full texts.",
    "--version": "Show the version.",
    "--install-completion": "Install completion for bash, zsh or fish.",
}
COMMANDS = {
    "hot": "Run a command of yours, and list the functions of your project that take its time.",
    "init": "Create a task of your own, or print what a coding agent needs to search on one.",
    "check": "Test a task's scorer before you spend money.",
    "improve": "Improve a program, and compare it with the original on instances that the search never saw.",
    "compare": "Compare a change that exists with the original, without a language model.",
    "measure": "Measure what you, or an agent, changed in a target, on the instances of training.",
    "verdict": "Compare the best of these measurements with the original on instances that none of them saw.",
    "serve": "Let a coding agent search: it sends programs over MCP, and strop measures them.",
    "apply": "Apply the patch of strop improve to your files: all of them or none.",
    "score": "Score one program of a target on every instance of a split.",
    "verify": "Verify a construction that strop improve saved, with the verifier of its problem alone.",
    "run": "Run STOP on tasks: improve the improver with itself, and measure every step on held-out instances.",
    "eval": "Measure improvers on tasks: beside the seed improver, against each other, or against themselves.",
    "reproduce": "Run one of the paper's protocols: its tables and figures, for any model.",
    "list": "List tasks, improvers or runs, or describe one task or improver.",
    "doctor": "Show what the jail enforces on this machine; --self-test attacks it; --model asks a model.",
    "show": "Show the result of a run: its conclusion, its iterations, and its best improver.",
    "view": "Write the page of a run and open it in the browser; it follows a run that goes on.",
    "resume": "Continue a run that was stopped or killed; no recorded response is asked for again.",
    "replay": "Repeat a finished run or measurement from its record, without a language model, and compare both.",
    "export": "Write a run as JSON lines, or runs as a table; or send a run to a tracker.",
    "plot": "Draw runs of strop run as one curve with its spread over the runs.",
}
MODELS = {
    "openai/gpt-4o": "A model of a vendor, with your key.",
    "'command:claude -p'": "A subscription: a program answers each prompt.",
    "inbox:FOLDER": "You or an agent answers each prompt, in files.",
    "offline": "Built in, to try strop: no language model.",
}
"""What `--model` and STROP_MODEL may name, for the list of commands."""
HEADINGS = {
    "Better programs": ("hot", "init", "check", "improve", "apply"),
    "Programs that exist": ("compare", "measure", "verdict", "serve", "score", "verify"),
    "Better improvers": ("run", "eval", "reproduce"),
    "Inspect": ("list", "doctor"),
    "Records of runs": ("show", "view", "resume", "replay", "export", "plot"),
}
"""Heading of the list → its commands."""
MEASURES = frozenset(
    ("check", "improve", "compare", "measure", "verdict", "serve", "score", "run", "eval", "reproduce", "resume")
)
"""Commands that start workers. The template of a worker begins its imports while the command does its own."""


def application(arguments: Sequence[str] = ()) -> App:
    """The parser of a command line with these arguments. It imports a command's module when needed, so that --help is quick."""
    from cyclopts import App, Group, Parameter

    from strop.cli.help import HELP_ALL, HELP_FLAGS, CommandHelp, PlainConsole

    console: Any = PlainConsole()
    formatter: Any = CommandHelp(full=HELP_ALL in arguments)
    app = App(
        name="strop",
        help=DESCRIPTION,
        help_format="plaintext",  # loading markdown takes as long as the rest of the help
        help_flags=HELP_FLAGS,
        help_formatter=formatter,
        version_flags=["--version"],
        console=console,
        error_console=console,
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(show_default=_default_text),
        group_parameters=Group("Options", sort_key=2),
    )
    app.register_install_completion_command(help=FLAGS["--install-completion"])
    for name, line in COMMANDS.items():
        module = f"strop.cli.commands.{name}:{name}_command"
        docstring_or_line = None if name in arguments[:1] else line
        app.command(module, name=name, help=docstring_or_line)
    return app


def _default_text(value: object) -> str | None:
    """A default as the help shows it; None if it is not worth showing, such as that of a switch."""
    if value is None or value is False or value == ():
        return None
    return " ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value) or None


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `strop`. Ends the process with the exit code."""
    _use_standard_streams()
    atexit.register(_let_go)
    if sys.platform == "win32":
        _end("Windows cannot confine a guest; run strop inside WSL 2, which is Linux", 7)
    for name in [name for name, value in os.environ.items() if name.startswith("STROP_") and not value]:
        del os.environ[name]  # an empty variable is not set; cyclopts would read it as a value
    with be_private(), command_line():
        _run(arguments)


def _run(arguments: Sequence[str] | None) -> None:
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        _take_signals()
        code = _call_command(arguments)
    except StropError as error:
        # A full or failing disk is nobody's wrong input, whatever was being written.
        code = 1 if _number(error) in _DISK else error.exit_code
        _end(str(error), UNTESTED if "--bisect" in arguments and code in _OF_TARGET else code, error)
    except BrokenPipeError:
        # The reader has gone (`strop list runs | head`), which is not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        with suppress(OSError):  # buffered output would fail again at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _end(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", 1, error)
    except KeyboardInterrupt as error:
        _end("stopped", 143 if isinstance(error, _Terminated) else 130, error)
    sys.exit(code if isinstance(code, int) else 0)


def _call_command(arguments: Sequence[str]) -> object:
    """Call the command that the arguments name, and return its exit code. Standard output is for its result alone.

    The version and the list of commands are printed before the parser is loaded, which would take several times as long.

    Raises:
        ConfigurationError: there is no such command, or it does not take these arguments.
    """
    if text := _overview_or_version(arguments):
        print(text, flush=True)  # noqa: T201 - neither a record nor a model's text
        return 0
    from cyclopts import CycloptsError

    from strop.cli.help import HELP_FLAGS

    with starting_threads():
        app = application(arguments)
        if len(arguments) == 2 and arguments[0] in COMMANDS and arguments[1] in HELP_FLAGS:
            app.help_print(arguments[:1])  # without parsing the line, which would examine each option once more
            return 0
        try:
            call, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            raise ConfigurationError(_usage_error(error)) from None
        if arguments[0] in MEASURES and call.__module__.startswith("strop.") and "--dry-run" not in arguments:
            from strop.evaluation.worker_template import begin  # before the imports of the command

            begin()
        with results_alone() if call.__module__.startswith("strop.") else nullcontext():
            return call(*bound.args, **bound.kwargs)


def _overview_or_version(arguments: Sequence[str]) -> str:
    """The version or the list of commands, if the arguments ask for nothing else; otherwise empty."""
    if list(arguments) == ["--version"]:
        return __version__
    from strop.cli.help import HELP_FLAGS, overview

    if len(arguments) > 1 or not set(arguments) <= {*HELP_FLAGS}:
        return ""
    sections = {heading: {name: COMMANDS[name] for name in names} for heading, names in HEADINGS.items()}
    return overview(DESCRIPTION, {"Options": FLAGS} | sections | {"Language models (--model)": MODELS})


UNTESTED, _OF_TARGET = 125, range(2, 6)
"""The exit code for a commit that `git bisect run` is to skip, and those in place of which `compare --bisect` ends with it."""
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def _number(error: BaseException | None) -> int:
    """The errno of the system error behind an error; 0 if there is none."""
    system = system_error(error)
    return 0 if system is None else system.errno or 0


_LIMITS = {
    errno.EMFILE: (resource.RLIMIT_NOFILE, "open files is {}", "-n"),
    # Linux counts the descriptors that an ordinary user's processes send each other against this limit, too.
    errno.ETOOMANYREFS: (resource.RLIMIT_NOFILE, "open files is {}", "-n"),
    errno.EFBIG: (resource.RLIMIT_FSIZE, "the size of a file is {:,} bytes", "-f"),
    errno.EIO: (resource.RLIMIT_FSIZE, "the size of a file is {:,} bytes", "-f"),  # SQLite's word for it
}
"""Errno → the resource limit that may cause it, that limit as text, and the option of ulimit that sets it."""


def _with_cause(message: str, number: int) -> str:
    """The message with its cause, if that is a limit of the shell or a working folder that was removed."""
    if number == errno.ENOENT and not _folder_exists():
        return f"the working folder {os.environ.get('PWD', '')} was removed; change to another one and try again"
    kind, limited, option = _LIMITS.get(number, (resource.RLIMIT_NOFILE, "", ""))
    most = resource.getrlimit(kind)[0]
    if not limited or most == resource.RLIM_INFINITY:
        return message
    return f"{message}: this user's limit of {limited.format(most)} (ulimit {option}); raise it, and try again"


def _folder_exists() -> bool:
    try:
        return bool(os.getcwd())  # noqa: PTH109 - imported by nothing else here
    except OSError:
        return False


def _usage_error(error: CycloptsError) -> str:
    """The error of a command line in one line, with the command that prints the help."""
    from cyclopts import MissingArgumentError, UnknownOptionError, UnusedCliTokensError

    command = " ".join(("strop", *(error.command_chain or ())))
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        more = " ".join(error.unused_tokens)
        return f"unexpected argument: {more} (see {command} --help)"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.keyword or next(
            (t.keyword for t in reversed(error.argument.tokens) if t.keyword), error.argument.name
        )
        what = f"{name} needs a value" if name.startswith("-") else f"missing argument: {name}"
        choices = error.argument.get_choices(force=True)
        what += f": {', '.join(choices)}" if choices else ""
        return f"{what} (see {command} --help)"
    if isinstance(error, UnknownOptionError):
        from strop.options.scoring import ScoringOptions  # for keys of strop.toml that are not flags

        flag = error.token.keyword or error.token.value.partition("=")[0]
        key = flag.removeprefix("--").replace("-", "_")
        if key in ScoringOptions.__dataclass_fields__ and command.split()[-1] in (
            *("improve", "compare", "measure", "check", "score"),
        ):
            return f"there is no flag {flag}: use --set {key}=VALUE (see {command} --help)"
    return f"{' '.join(str(error).split()).removesuffix('.')} (see {command} --help)"


class _Terminated(KeyboardInterrupt):
    """Raised in the main thread when SIGTERM arrives."""


def _take_signals() -> None:
    """Handle signals, until a command that has something to save handles them itself."""
    stop.since, stop.last_words = None, ""
    signal.signal(signal.SIGTERM, _stopped)
    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, signal.SIG_DFL, None):
        signal.signal(signal.SIGINT, _stopped)


def _stopped(number: int, frame: object) -> None:
    """Raise at the first signal. At a later signal the process is already ending: finish that, or end at once."""
    if stop.since is not None:
        stop.asked_again(number)
        return
    stop.since = time.monotonic()
    raise _Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _use_standard_streams() -> None:
    """Open standard streams that are closed, and print characters that the encoding lacks as escapes."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is `descriptor`
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w", closefd=False))
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _let_go() -> None:
    """Keep the exit code of a command, whatever happens while the interpreter ends.

    Output that a closed terminal refuses would make it 120, and a late signal would change it, too.
    """
    if stop.since is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _end(message: str, code: int, error: BaseException | None = None) -> None:
    """Print an error and how to continue, then end the process with the exit code."""
    with suppress(OSError):  # a closed terminal
        for line in (f"strop: {_with_cause(message, _number(error))}", *getattr(error, "__notes__", ())):
            sys.stderr.write(f"{escape(line, 2000)}\n")
        sys.stderr.flush()
    sys.exit(code)
