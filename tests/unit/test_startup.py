"""What the command line loads before it knows what it is asked for. No time is measured here; bench/startup.py does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from strop.cli.app import COMMANDS
from strop.cli.commands.list import KINDS
from strop.cli.commands.reproduce import PROTOCOLS
from support.command_line import run_here
from support.rows import table

NEVER = (
    *("genai_prices", "httpx", "httpx2", "markdown_it", "mlflow", "numpy", "openai", "pydantic", "scipy", "wandb"),
    *("asyncio", "importlib.metadata", "multiprocessing", "sqlite3"),
)
"""Modules that no help has a use for."""
DRAWS = ("rich", "cyclopts")
"""What reads and draws a command line: neither `import strop` nor `strop --help` needs it."""
ENGINE = (
    *("numpy", "openai", "httpx2", "asyncio", "pydantic", "strop.checks", "strop.lm.base", "strop.lm.registry"),
    *("strop.core.handles", "strop.core.improver", "strop.core.utility", "strop.core.selection"),
    *("strop.evaluation.base", "strop.evaluation.commands", "strop.evaluation.instances", "strop.evaluation.pool"),
    *("strop.sandbox.base", "strop.sandbox.session", "strop.runs.assembly", "strop.runs.context"),
)
"""What runs programs and asks models, and what it needs: no list has a use for it."""
VERBS = [
    *([name] for name in COMMANDS),
    *(["list", kind] for kind in KINDS),
    *(["reproduce", name] for name in PROTOCOLS),
]


def loaded(code: str) -> set[str]:
    """The modules that are there after `code`, in a process of its own, and the packages that hold them."""
    program = f"import sys\n{code}\nprint(*sys.modules, file=sys.__stderr__)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {".".join(name.split(".")[:parts]) for name in ended.stderr.split() for parts in (1, 2, 3)}


def called(*arguments: str) -> str:
    call = f"main({list(arguments)!r})"
    return f"from strop.cli.app import main\ntry:\n    {call}\nexcept SystemExit as end:\n    assert not end.code"


def rooms(modules: set[str]) -> set[str]:
    """The packages of strop among these modules."""
    return {name for name in modules if name.startswith("strop.") and name.count(".") == 1}


def test_importing_strop_loads_nothing_that_takes_time() -> None:
    modules = loaded("import strop")
    assert modules & {*NEVER, *DRAWS, "typing", "dataclasses"} == set() and rooms(modules) == {"strop.base"}


@table("arguments", [["--help"], ["--version"], []])
def test_list_of_commands_and_version_load_nothing_that_takes_time(arguments: list[str]) -> None:
    modules = loaded(called(*arguments))
    assert modules & {*NEVER, *DRAWS} == set() and rooms(modules) <= {"strop.base", "strop.cli", "strop.runs"}
    assert "strop.cli.commands" not in modules


def test_help_of_every_verb_loads_its_options_alone() -> None:
    modules = loaded("\n".join(called(*verb, "--help") for verb in VERBS))
    assert modules & {*NEVER} == set()
    assert rooms(modules) <= {"strop.base", "strop.cli", "strop.options", "strop.runs", "strop.templates"}
    assert {name for name in modules if name.startswith("strop.runs.")} <= {"strop.runs.interrupts"}


def test_completion_loads_no_machinery() -> None:
    modules = loaded("from strop.cli.app import application\napplication().generate_completion(shell='bash')")
    assert "strop.cli.commands" in modules and modules & {*NEVER, *ENGINE} == set()


def test_lists_load_nothing_that_runs_programs() -> None:
    lists = (["tasks"], ["tasks", "lpn"], ["improvers"], ["improvers", "refine"], ["runs"])
    assert loaded("\n".join(called("list", *arguments) for arguments in lists)) & {*ENGINE} == set()


@table("record", ["golomb", "run-quadratic-assignment"])
def test_show_loads_nothing_that_runs_programs(record: str) -> None:
    folder = Path(__file__).parents[2] / "examples" / "recorded" / record
    assert loaded(called("show", str(folder))) & {*ENGINE} <= {"numpy"}  # an interval is computed


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
    assert loaded("import strop.report.track") & {"mlflow", "wandb"} == set()


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
