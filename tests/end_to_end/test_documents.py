"""What the documents tell people to do works. Every command of the README, of the user pages and of the examples' READMEs runs:
as printed, page by page, in a folder that has the files it names; the offline proposer takes the place of every language model,
and searches are small."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from plain_install import MODELS, blocks

import strop
from end_to_end.conftest import PYTEST, TINY, made_once
from strop.base.errors import ConfigurationError
from strop.base.solution import digest_of
from strop.cli.app import application
from support.command_line import environment, run_small
from support.trees import written

ROOT = Path(__file__).parents[2]
DOCS = [path for path in ROOT.glob("docs/**/*.md") if path.parent.name != "design"]
"""Pages for users."""
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= 100


COSTED = re.compile(r"strop (run [^#`\n]*--max-cost [^#`\n]*)")
"""A run of a document that stops at an amount of money."""


def test_money_of_a_document_pays_at_least_one_iteration_by_the_plan_of_its_command(strop: Any) -> None:
    found = COSTED.findall((ROOT / "docs" / "how-to" / "models.md").read_text(encoding="utf-8"))
    commands = {shlex.join(shlex.split(words)) for words in found}
    assert commands
    for command in {f"{command.replace(' --dry-run', '')} --dry-run --json" for command in commands}:
        planned = strop(*shlex.split(command), OPENAI_BASE_URL="")
        assert planned.returncode == 0, planned.stderr
        assert json.loads(planned.stdout)["warning"] is None, command


def test_iterations_of_a_document_are_those_of_its_command(strop: Any) -> None:
    page = (ROOT / "docs" / "how-to" / "reproduce.md").read_text(encoding="utf-8")
    ((command, iterations),) = re.findall(
        r"`strop (run [^`]*)` \(\[train\]\(train-an-improver.md\)\) \| T = (\d+) \|", page
    )
    found, said = (
        json.loads(strop(*command.split(), *more, "--dry-run", "--json").stdout) for more in ((), ("-T", iterations))
    )
    assert found == said


def test_every_inline_command_that_makes_a_target_makes_one(strop: Any) -> None:
    pages = (path.read_text(encoding="utf-8") for path in DOCS)
    commands = {command for page in pages for command in re.findall(r"`strop (init [^`|]*)`", page)}
    assert commands
    for number, command in enumerate(sorted(commands)):
        done = strop(*command.replace("DIR", f"made{number}").replace("--agent NAME", "--agent claude").split())
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_table_of_the_readme_counts_what_the_page_of_the_comparison_says() -> None:
    page = (ROOT / "docs" / "explanation" / "peers.md").read_text(encoding="utf-8")
    head, rows = re.findall(r"^\| a program that … \|(.*) \|\n.*\n((?:\|.*\n)+)", page, re.M)[0]
    columns = zip(*(row.strip("| ").split(" | ")[1:] for row in rows.splitlines()), strict=True)
    harmless = {name.strip(): cells.count("–") for name, cells in zip(head.split("|"), columns, strict=True)}
    best = [max(harmless[name], harmless.get(f"{name} apart", 0)) for name in ("strop", "gepa", "openevolve", "shinka")]
    row = re.findall(r"^\| hostile programs contained \(of 10\) \| (.*) \|$", README, re.M)[0]
    assert [int(cell.strip("*")) for cell in row.split(" | ")] == best


def test_page_of_the_second_experiment_says_what_is_recomputed_from_its_record() -> None:
    page = (ROOT / "docs" / "explanation" / "experiment.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ python (bench/second_experiment/table.py)$", page, re.M)
    printed = run([sys.executable, command], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    result = r"refine against I_1: (\d+) won, (\d+) lost, (\d+) tied.*\n.* (\S+) \((\S+) to (\S+)\)"
    said = r"`refine` wins on (\d+) of.*?loses on (\d+) and ties on (\d+).*?is (\S+)\n\(95% interval (\S+) to (\S+)\)"
    assert re.findall(said, page, re.S) == re.findall(result, printed)
    gains = re.findall(r"\| (?:not better|([\d.]+)x)[^|]*\| ([\d.]+)x", page)
    assert len(gains) == printed.count("| `") == 12


def test_page_of_referees_says_what_is_recomputed_from_the_draw_and_the_record() -> None:
    page = (ROOT / "docs" / "explanation" / "referee.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ python (bench/referee.py)$", page, re.M)
    printed = run([sys.executable, command], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    *rows, counts = printed.splitlines()
    assert re.findall(r"^\| \d+ \|.*", page, re.M) == rows
    assert counts in " ".join(page.split())


def test_page_of_the_experiment_says_what_is_recomputed_from_its_record() -> None:
    page = (ROOT / "docs" / "explanation" / "experiment.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ python (bench/experiment/table.py .*?) *#", page, re.M)
    printed = run([sys.executable, *command.split()], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    experiment = ROOT / "bench" / "experiment"
    for name in ("improver.py", "seed.py"):
        assert (
            digest_of((experiment / name).read_text("utf-8")).encode()
            in (experiment / "record" / "run.sqlite").read_bytes()
        )
    rows = re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \| (.*?) \|$", page, re.M)
    assert {f"contest-{task}": arms for task, *arms in rows} == {
        line.split()[0]: line.split()[1:4] for line in printed.splitlines() if line.startswith("contest-")
    }
    result = r"against seed.py: (\d+) won, (\d+) lost, (\d+) tied.*\n.* (\S+) \((.*)\)"
    said = r"wins (\d+)\b.*?loses\s(\d+)\sand\sties\son\s(\d+).*?(\S\d\.\d+)\s\((?:95% interval )?(.*?)\)"
    assert re.findall(said, page, re.S) == re.findall(result, printed)
    for row, column in (("evaluations", 2), ("CPU minutes", 4)):
        spent = [line.replace(" (again)", "").split()[column] for line in re.findall(r"^\S+\.py .*\d$", printed, re.M)]
        assert f"| {row} | {' | '.join(spent)} |" in page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("document", "name"), [("docs/how-to/program-with-a-score.md", "packing"), ("docs/reference/targets.md", "pack")]
)
def test_check_finds_the_example_of_a_document_sound(document: str, name: str, tmp_path: Path) -> None:
    (block,) = re.findall(rf"```python\n(# {name}\.py\n.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.S)
    (tmp_path / f"{name}.py").write_text(block)
    assert strop.check(str(tmp_path / f"{name}.py"), require="none").problems == ()


BENCH = """#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    unsigned long sum = strtoul(argv[argc - 1], 0, 10);
    for (unsigned long i = 0; i < 3000000; i++) sum += i % 7;
    printf("%lu, ratio: 0.5\\n", sum);
}
"""


@pytest.mark.skipif(not (shutil.which("cc") and shutil.which("make")), reason="this machine lacks make or a C compiler")
def test_speed_command_is_sound_for_a_program_that_prints_its_answer(strop: Any, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "targets.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ strop improve (\. --files [^#\n]*--score time)", page, re.M)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bench.c").write_text(BENCH)
    (tmp_path / "Makefile").write_text("bench: src/bench.c\n\tcc -O1 -o bench src/bench.c\n")
    ended = strop("check", *shlex.split(command), "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    document = json.loads(ended.stdout)
    assert (document["problems"], document["scored_by"]) == ([], "kernel")
    assert "offline" not in ended.stderr


WALKED = {ROOT / "docs" / name for name in ("tutorial.md", "how-to/faster-function.md", "how-to/compare.md")}
"""test_faster.py and test_compared_page.py type their commands."""
PAGES = sorted({ROOT / "README.md", *DOCS, *ROOT.glob("examples/*/README.md")} - WALKED)
ELSEWHERE = {
    r"make (run|test|check)|\. \.venv": "what CI runs, and what every clone runs first",
    r"(pip|uv) ": "tests of the wheel, and of what messages tell people to install",
    r"export ": "keys of vendors",
    r"sqlite3 ": "tests/unit/store reads every view",
    r"python - <<END": "tests/unit/improvers runs the kit on every improver",
    r"pytest$": "tests/examples",
    r"python bench/(contest|referee|(second_)?experiment/table)\.py|strop eval .*bench/experiment": "the records are read above",
    r"strop doctor --self-test( --modes all)?$": "tests/hostile runs every attack",
    r"strop reproduce ": "tests/end_to_end/test_reproduce*.py, at their smallest size",
    r"strop (run|improve) .*(command|inbox|recorded)[:?]": "tests/end_to_end and tests/unit/lm of these models",
    r"strop improve --record 'python evaluate": "tools/make_session.py runs the README's session, in `make plain`",
    r"strop apply$": "tests/end_to_end and tests/hostile apply patches",
    r"cd ": "where the commands run",
    r"llama-server ": "another program, which downloads a model",
    r"strop replay examples/recorded": "tests/examples replays every recorded run",
    r"strop resume": "tests/end_to_end/test_resume.py, with runs that were stopped",
    r"strop (check|improve) examples/targets": "tests/examples, and bench/targets.py",
}
"""Commands that are not run here, and why."""
LEAST = {
    "improve": ["--utility-budget", "2", "--lm-budget", "1", "--max-responses", "1"],
    "run": [*TINY, "--gate-pairs", "2", "--iterations", "1"],
    "eval": ["--lm-budget", "1", "--max-responses", "1", "--utility-budget", "2", "--copies", "2"],
}
SEARCHES = "strop (improve|run|eval|check) "
SMALLER = {"--copies 24": "--copies 2", "--seeds 6": "--seeds 2", "af9c": "DIGEST", "python -m pytest -q": PYTEST}

EVALUATOR = """import runpy
def evaluate(path):
    value = runpy.run_path(path)["value"]()
    if type(value) is not int or not 0 <= value <= 9:
        raise ValueError("value must return a whole number from 0 to 9")
    return {"combined_score": value / 9, "accuracy": value / 9, "latency": 2 - value / 9, "valid": 1}
"""
FILES = {
    "program.py": "def value():\n    return 1\n",
    "evaluator.py": EVALUATOR,
    "c/src/bench.c": BENCH,
    "c/Makefile": "bench: src/bench.c\n\tcc -O1 -o bench src/bench.c\n",
    "mine.py": "def pack(items):\n    return [[item] for item in range(len(items))]\n\n"
    "def algorithm(train_samples, train_parity, test_samples):\n    return [0] * len(test_samples)\n",
    "tests/test_pack.py": "from pack import pack\n\ndef test_nothing_needs_no_bin():\n    assert pack([]) == []\n",
}
"""What the pages suppose to be there."""


def commands(page: Path) -> list[str]:
    """What the page tells people to type, in order, without comments."""
    return [command for block in blocks(page) for command in block]


def block(page: str, first_line: str, language: str = "python") -> str:
    """The program of a page that begins with this line."""
    (text,) = re.findall(rf"```{language}\n({first_line}\n.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    return str(text)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and an improvement, made once."""
    folder = tmp_path_factory.mktemp("records")
    made_once(folder, "run", "lpn", "-T", "1", *TINY, "--gate-pairs", "2", "--seed", "2")
    (folder / "r").rename(folder / "mine")
    made_once(folder, "improve", "lpn", *LEAST["improve"], "--seed", "1")
    (folder / "r").rename(folder / "IMPROVEMENT")
    made_once(folder, "run", "lpn", "-T", "0", *TINY, "--seed", "2", "--seeds", "2")
    (folder / "r").rename(folder / "study")
    return folder


@pytest.fixture
def folder(records: Path, tmp_path: Path) -> Path:
    """A folder with every file that the pages name."""
    packing = block("docs/how-to/program-with-a-score.md", r"# packing\.py")
    programs = {
        "app.py": block("docs/tutorial.md", r"# app\.py"),
        "packing.py": packing,
        "square.py": block("docs/how-to/check.md", "import strop"),
        "routes.py": packing.replace('name="packing"', 'name="routes"'),
        "pack.py": block("docs/reference/targets.md", r"# pack\.py"),
        "improver.py": (ROOT / "src/strop/improvers/seed.py").read_text("utf-8"),
    }
    written(tmp_path, FILES | programs)
    same = {"IMPROVEMENT": "IMPROVEMENT", "study": "study", "other": "study"}
    for name, record in {"runs/mine": "mine", "runs/NAME": "mine", "RUN": "mine", **same}.items():
        shutil.copytree(records / record, tmp_path / name)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def place(page: Path, command: str, folder: Path) -> Path:
    """Where somebody types the command."""
    if page.parent.parent.name == "examples" and "examples/" not in command:
        return Path(shutil.copytree(page.parent, folder / page.parent.name, dirs_exist_ok=True))
    if "--files" in command:
        return folder / "c"
    if re.search(r" \.( |$)", command):
        return Path(shutil.copytree(ROOT / "examples" / "command", folder / "command", dirs_exist_ok=True))
    return folder / "shifts" if "task.py" in command or "apply" in command else folder


def adapted(command: str, page: Path, folder: Path) -> list[str]:
    """The words of the command after `strop`, with the offline proposer, and as small as it can be."""
    for text, smaller in SMALLER.items():
        command = command.replace(text, smaller)
    with closing(sqlite3.connect(folder / "RUN" / "run.sqlite")) as record, record:
        query = "SELECT solution_digest FROM evaluation WHERE utility = 'self-improvement' ORDER BY seq DESC"
        (digest,) = record.execute(query).fetchone()
    words = shlex.split(re.sub(" > .*", "", MODELS.sub("", command)).replace("DIGEST", digest[:12]))[1:]
    least = LEAST.get(words[0], [])
    return [
        *words,
        *(word for flag in zip(least[::2], least[1::2], strict=True) if flag[0] not in words for word in flag),
    ]


NEEDS = ("pip install 'strop[", "name a language model")
"""Refusals for what is not there: an extra, and a model that writes anything but Python."""


def commands_to_run(page: Path, *, searches: bool) -> Iterator[str]:
    """Without what takes seconds, in pages other than the README, unless it is wanted."""
    for command in commands(page):
        if page.parent != ROOT and command in commands(ROOT / "README.md"):
            continue
        search = re.match(SEARCHES, command) is not None and "--dry-run" not in command and page.parent != ROOT
        if search <= searches and not any(re.match(pattern, command) for pattern in ELSEWHERE):
            yield command


def run_all(page: Path, folder: Path, *, searches: bool) -> None:
    for command in commands_to_run(page, searches=searches):
        words, cwd = adapted(command, page, folder), place(page, command, folder)
        if "--out" in words and words[0] == "run":  # other commands of the page were given one
            shutil.rmtree(cwd / words[words.index("--out") + 1], ignore_errors=True)
        ended = run_small(*words, cwd=cwd, env=environment(folder))
        lacking = ended.returncode == 2 and any(need in ended.stderr for need in NEEDS)
        is_broken = ended.returncode == 5 and words == ["check", "square.py"]
        assert ended.returncode == 0 or lacking or is_broken, f"$ {command}\n{ended.stdout}{ended.stderr}"


def test_every_command_of_a_page_is_understood(subtests: pytest.Subtests) -> None:
    for page in PAGES:
        for command in filter(re.compile("strop ").match, commands(page)):
            words = shlex.split(re.sub(" > .*", "", command))[1:]
            with subtests.test(command, page=page.name):
                try:
                    application(words).parse_args(words, exit_on_error=False, print_error=False)
                except ConfigurationError as error:
                    assert "pip install 'strop[" in str(error)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(commands_to_run(page, searches=False))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_command_of_a_page_that_does_not_search_runs(page: Path, folder: Path) -> None:
    run_all(page, folder, searches=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if {*commands_to_run(page, searches=True)} - {*commands_to_run(page, searches=False)}],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_command_of_a_page_runs(page: Path, folder: Path) -> None:
    run_all(page, folder, searches=True)
