"""What the command line loads before it knows what it is asked for. No time is measured here; bench/startup.py does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from strop.cli.app import COMMANDS
from support.command_line import run_here
from support.rows import table

HEAVY = (
    "genai_prices",
    "httpx",
    "httpx2",
    "markdown_it",
    "mlflow",
    "numpy",
    "openai",
    "pydantic",
    "scipy",
    "sqlite3",
    "wandb",
)
"""Top-level modules that neither `import strop` nor the list of commands has a use for."""
DRAWS = ("rich", "cyclopts")
"""What the command line is made with: `strop --help` needs them, `import strop` does not."""


def loaded(code: str) -> set[str]:
    """The top-level modules that are there after `code`, in a process of its own."""
    program = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}}, file=sys.__stderr__)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stderr.split())


def called(*arguments: str) -> str:
    call = f"main({list(arguments)!r})"
    return f"from strop.cli.app import main\ntry:\n    {call}\nexcept SystemExit as end:\n    assert not end.code"


def test_importing_strop_loads_nothing_that_takes_time() -> None:
    assert loaded("import strop") & {*HEAVY, *DRAWS} == set()


@table("arguments", [["--help"], ["--version"], []])
def test_list_of_commands_loads_nothing_that_takes_time(arguments: list[str]) -> None:
    assert loaded(called(*arguments)) & {*HEAVY} == set()


def test_list_of_commands_loads_no_command() -> None:
    code = called("--help") + "\nassert not any(name.startswith('strop.cli.commands') for name in sys.modules)"
    assert "strop" in loaded(code)


@table(
    ("arguments", "begins"),
    [
        (["score", "nowhere.py"], True),
        (["score", "nowhere.py", "--dry-run"], False),
        (["score", "--help"], False),
        (["list", "tasks"], False),
    ],
)
def test_templates_begin_with_a_command_that_measures(arguments: list[str], begins: bool) -> None:
    call = f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass"
    code = f"from strop.cli.app import main\n{call}\nfrom strop.evaluation.worker_template import worker_template\n"
    assert "strop" in loaded(f"{code}assert (worker_template.pid is not None) is {begins}")


def test_trackers_load_their_libraries_only_when_they_are_asked_for() -> None:
    code = "import strop.report.track"
    assert loaded(code) & {"mlflow", "wandb"} == set()


def helped(*arguments: str, columns: int) -> list[str]:
    """The lines of a help text."""
    return run_here(*arguments, cwd=Path.cwd(), env={"COLUMNS": str(columns)}).stdout.splitlines()


def test_help_lists_every_command_with_its_words() -> None:
    lines = helped("--help", columns=200)
    for name, words in COMMANDS.items():
        (line,) = [line for line in lines if line.startswith(f"  {name} ")]
        assert words.removesuffix(".") in line


@table("arguments", [["run", "--help-all"], ["reproduce", "fig4", "--help"]])
def test_help_of_a_command_joins_the_lines_of_its_texts(arguments: list[str]) -> None:
    lines = helped(*arguments, columns=400)
    assert not [line for line in lines if "`" in line]
    (line,) = [line for line in lines if line.lstrip().startswith("--require ")]
    assert "see strop doctor" in line
