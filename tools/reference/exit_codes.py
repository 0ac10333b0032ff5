"""The page of exit codes."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Iterator

import strop
from reference.markdown import page, prose, table
from strop.base.errors import (
    ConfigurationError,
    LanguageModelError,
    ReplayDiffers,
    SandboxError,
    SearchOver,
    StropError,
    TaskError,
)
from strop.cli.commands.compare import FAILED
from strop.cli.commands.improve import NOT_APPLIED
from strop.runs.interrupts import SIGNALS, Interrupted

READERS = "For everybody who calls `strop` from a script, a build or another program, and acts on how it ended."
MEANINGS: dict[int, tuple[str, str, str, str]] = {
    0: (
        "The command did what it was asked to do.",
        "every command",
        "Read the result. A program that is not better is a result, too: `finding` of the "
        "[JSON document](json.md) says what was found.",
        "",
    ),
    StropError.exit_code: (
        "strop itself failed, or could not read or write: the disk is full, the system gives no more processes, the reader of "
        "standard output went away, or a record cannot be read.",
        "every command",
        "Read the line on standard error and remove the cause. `strop resume` continues a run.",
        "`strop verify` ends with it if the construction breaks a rule, and `strop export --to` if the tracker did not take "
        "everything.",
    ),
    ConfigurationError.exit_code: (
        "Something that you gave is wrong: an option, a file, a key or a variable of the environment.",
        "every command",
        "Do what the line on standard error says.",
        "A record that was changed after it was recorded has it, too: no command but `strop replay` uses such a record.",
    ),
    LanguageModelError.exit_code: (
        "The language model gave no response, after all retries.",
        "`improve`, `run`, `eval`, `reproduce`, `resume`, `doctor --model`",
        "`strop doctor --model MODEL` shows what the server says. Then `strop resume` continues the run.",
        "",
    ),
    SearchOver.exit_code: (
        "A limit is spent, and there is nothing yet that could be compared.",
        "`improve`, `run`, `eval`, `reproduce`, `resume`, `measure`",
        "`strop resume RUN` with a larger limit continues. After `strop measure`, `strop verdict RUN` compares what was "
        "measured.",
        "A search that found something before its limit is compared as usual, and the exit code is 0.",
    ),
    TaskError.exit_code: (
        "The target is broken: its scorer raised or gave no number from 0 to 1, or the original fails.",
        "every command that scores; `check`",
        "`strop check TARGET` names the cause and what to change.",
        "",
    ),
    FAILED: (
        "The comparison has the result that `--fail-on` names.",
        "`compare --fail-on`",
        "Read the comparison: the change is worse, or it is not shown to be better.",
        "",
    ),
    SandboxError.exit_code: (
        "A program could not be run behind the protections that are required, or an attack of the self-test succeeded.",
        "every command that runs programs; `doctor`",
        "`strop doctor` shows which protection is missing on this machine.",
        "",
    ),
    ReplayDiffers.exit_code: (
        "The replay did something else than its record.",
        "`replay`",
        "Read the differences. A program that ran close to its time limit, or looked at the clock, may differ on a busy machine.",
        "",
    ),
    NOT_APPLIED: (
        "A program measures better, and its patch was not applied because it is held back.",
        "`improve --apply`",
        "Read the facts: they say what holds the program back. `strop apply --unproven` applies the patch anyway.",
        "",
    ),
}
"""Exit code → what it means, the commands that give it, what to do, and what else must be known."""
STOPPED = {
    signal.SIGHUP: "The terminal was closed.",
    signal.SIGINT: "Ctrl-C stopped the command.",
    signal.SIGTERM: "SIGTERM stopped the command, as `kill` and `timeout` send it.",
}


def codes() -> Iterator[int]:
    """Every exit code that an error or a signal gives."""
    kinds = [StropError]
    for kind in kinds:
        kinds += kind.__subclasses__()
        if kind is not Interrupted:
            yield kind.exit_code
    yield from (Interrupted(number).exit_code for number in SIGNALS)


def exit_codes_page() -> str:
    """The text of the page."""
    stopped = {Interrupted(number).exit_code: STOPPED[number] for number in SIGNALS}
    numbers = [*MEANINGS, *stopped]
    if unknown := set(codes()) - set(numbers):
        raise LookupError(f"reference/exit_codes.py says nothing of exit code {unknown}")
    rows = [(section_of(number), where, meaning) for number, (meaning, where, _, _) in sorted(MEANINGS.items())]
    rows += [(f"{number}", "every command", meaning) for number, meaning in sorted(stopped.items())]
    details = [
        [f"## Exit code {number}", "", " ".join(filter(None, (meaning, also))), "", f"What to do: {todo}"]
        for number, (meaning, _, todo, also) in sorted(MEANINGS.items())
    ]
    return page(
        "Exit codes",
        READERS,
        [
            "One line on standard error says what happened. `strop hot` alone ends with the exit code of another command: of "
            "the one that it watched.",
        ],
        table(("exit code", "commands", "meaning"), rows),
        *details,
        [
            f"## Exit codes {', '.join(map(str, sorted(stopped)))}",
            "",
            "A signal stopped the command: the exit code is 128 and the number of the signal. Everything until then is recorded.",
            "",
            "What to do: `strop resume` continues the run.",
        ],
        [
            "## In Python",
            "",
            "The functions of `strop` raise these errors. The attribute `exit_code` of an error is the exit code with which the "
            "command would end.",
            "",
            *table(("error", "exit code", "meaning"), _errors()),
        ],
    )


def section_of(number: int) -> str:
    """A link to what the page says of an exit code."""
    return f"[{number}](#exit-code-{number})"


def _errors() -> Iterator[tuple[str, str, str]]:
    """The public errors, each with its exit code and the first sentence about it."""
    for name in strop.__all__:
        kind = getattr(strop, name)
        if isinstance(kind, type) and issubclass(kind, StropError):
            number = "129, 130 or 143" if kind is Interrupted else section_of(kind.exit_code)
            yield f"[`strop.{name}`](python.md#strop{name.lower()})", number, prose(inspect.getdoc(kind) or "")
