"""Command lines that are refused: one sentence, exit code 2, and nothing said, spent or written before."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.cli.app import main
from strop.lm.providers import without_models
from support.rows import table
from support.trees import written

IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
SCORED = "--command 'cat a.txt' --score time"
FILES = {"idle.py": IDLE, "same.py": IDLE, "full/mine.txt": "mine\n", "x.py": "", "taken": ""}
FILES |= dict.fromkeys(("tree/a.txt", "tree/b.txt", "scored/a.txt", "scored/b.txt"), "speed: 10")
FILES |= {f"{name}.json": f'{{"problem": "{of}", "answer": []}}' for name, of in (("mine", "mine"), ("code", "./x.py"))}
FILES["scored/strop.toml"] = 'command = "cat a.txt"\nfiles = "*.txt"\nscore = "time"\n'
"""What is there before."""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in {*os.environ} - {"STROP_MODEL", *without_models(os.environ)}:
        monkeypatch.delenv(name)
    written(tmp_path, FILES)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The only line that a refused command says, but for who computes the score."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    out, err = capsys.readouterr()
    line = "".join(each for each in err.splitlines(keepends=True) if not each.startswith("Score: "))
    assert end.value.code == 2 and out == "" and line.count("\n") == 1 and line.startswith("strop: "), line
    assert {path.name for path in Path().iterdir()} <= {*FILES, "full", "tree", "scored", "data"}
    assert not list(Path().rglob("*.sqlite")) and Path("full/mine.txt").read_text() == "mine\n"
    return line


REFUSED = {
    "runn": "Did you mean",
    "run lpm": "did you mean lpn",
    "run ''": "the task is an empty text",
    "run self-improvement": "strop run TASK",
    "run sandbox-flag": "strop reproduce table2",
    "run --iterations -1": "must be 0 or more",
    "run --iterations many": "--iterations",
    "run lpn --seed 1.5": "1.5",
    "run lpn --require ''": "--require",
    "run lpn --copies 99999999999": "--copies",
    "run --copies 0": "must be 1 or more",
    "run --model opnai/x": "Did you mean",
    "run --model offline:skill=2": "skill",
    "run --require reed": "reed",
    "run --improver nothing": "nothing",
    "run --improver nowhere:1": "no run is called nowhere",
    "run --instances public": "instances",
    "run lpn --track jaeger --out there": "unknown tracker 'jaeger'",
    "run parity parity": "the task parity is given twice",
    "run parity nosuch": "no task is called 'nosuch'",
    "run lpn --gate-error 0.26": "--gate-error is 0.26; it must be 0.25 or less",
    "run lpn --gate-error 1e-17": "--gate-error is 1e-17; it must be 1e-09 or more",
    "run lpn --gate-error nan": "--gate-error is nan; it must be a number",
    "run lpn --gate-pairs 0": "--gate-pairs is 0; it must be 1 or more",
    **{f"run lpn {flag} 0": f"{flag} is 0; it must be 1 or more" for flag in ("--utility-budget", "--lm-budget")},
    "run lpn parity --meta-budget 0": "--meta-budget is 0; it must be 1 or more",
    "run lpn --selection best": "best",
    "run lpn --display pretty": "pretty",
    "run lpn --model offline --model openai/m": "set OPENAI_API_KEY",
    "run lpn --max-cost 5 --model vllm/m": "the price of vllm/m is not known; write MODEL?price=IN,OUT",
    "run lpn --max-cost 5 --model vllm/m --dry-run": "the price of vllm/m is not known",
    "run lpn --model ofline --dry-run": "Did you mean offline?",
    "run lpn --max-cost -1": "--max-cost is -1",
    "run lpn --max-cost nan": "--max-cost is nan",
    "run lpn --max-tokens -1": "--max-tokens is -1",
    "run lpn --max-calls 1.5": "1.5",
    "run lpn --max-time '3 weeks'": "--max-time is '3 weeks'; give seconds, or a time such as 90s, 30m or 2h",
    "run lpn --max-time 0": "--max-time is '0'",
    "run lpn --max-time inf": "--max-time is 'inf'",
    "run lpn --model openai/m?price=cheap": "price is 'cheap'; write dollars per million tokens",
    "improve": "name a target, or give --record COMMAND once: strop then finds the functions that take its time",
    "improve ./nowhere": "./nowhere is not a task: a task is",
    "improve taken": "another file needs --command, which runs it, or --evaluator",
    "improve tree": "has no strop.toml",
    "improve tree --command true --score time": "--files",
    "improve tree --command true --files a.txt": "score",
    "improve nowhere --command true --score time": "nowhere",
    "improve tree/a.txt --command true --score time --files x": "is a file",
    "improve lpn --apply": "no file of yours to change",
    "improve lpn --require-metric 'memory<=1.1x'": "--require-metric does not apply to lpn",
    "improve x.py:f --record 'python x.py' --require-metric 'memory<=1.1 times'": "a multiple of the original's, NAME<=1.1x",
    "improve x.py:f --record 'python x.py' --require-metric 'wall<=2x'": "a function has no wall; it has memory and loading",
    f"improve tree {SCORED} --files a.txt --solution idle.py": "--solution",
    "improve tree --command true --score 'speed: (a' --files a.txt": "score",
    f"improve tree {SCORED} --files a.txt --held-out 3": "there is no flag --held-out: use --set held_out=VALUE",
    "improve tree --evaluator idle.py": "tree is a folder",
    "improve idle.py": "or say how it is scored: --evaluator FILE, or --command",
    "improve lpn args": "unexpected argument: args (see strop improve --help)",
    "improve lpn --model": "--model needs a value (see strop improve --help)",
    "improve lpn -m": "-m needs a value",
    "improve lpn --copies 3": "--copies",
    "improve lpn --solution missing.py": "missing.py",
    "improve lpn --edits sed": "sed",
    "improve lpn --out .": "holds files already",
    "improve lpn --utility-budget 0": "--utility-budget is 0; it must be 1 or more",
    "improve lpn --workers -1": "--workers is -1",
    "improve lpn --model nonsense": "--model nonsense: no such language model",
    "improve lpn --model openai/gpt-4o": "openai/gpt-4o needs a key",
    "improve lpn --require courage": "--require names courage",
    "improve lpn --improver greedy": "did you mean greedy_iterative?",
    "eval": "IMPROVER",
    "eval idle.py --out .": "holds files already",
    "eval nothing": "no improver is called 'nothing'",
    "eval idle.py idle.py idle.py": "given more than twice",
    "eval idle.py same.py": "the same improver",
    "eval idle.py --task lpn --task lpm": "did you mean lpn",
    "eval idle.py --against nosuch": "no improver is called 'nosuch'",
    "eval idle.py --against seed --task lpn --task lpn": "the task lpn is given twice",
    "score lpn --solution missing.py": "missing.py",
    "score x.py": "x.py defines no strop.Task",
    "score self-improvement --solution x.py": "meta task",
    "hot": "missing argument: COMMAND",
    "hot -- ''": "'' cannot be run: there is no such program",
    "hot -- ./x.py": "'./x.py' cannot be run: there is no such program, or it may not be executed",
    "hot --top 0 -- true": "--top is 0, must be 1 or more",
    "hot true -x": "Unknown option: -x",
    "check": "TARGET",
    "check nothing": "nothing",
    "check nothing.py": "nothing.py",
    "check lpn --seed -1": "--seed",
    "check lpn --require everything": "everything",
    "show": "no run in runs/; if you used --out, name its folder",
    "show nowhere": "nowhere",
    "view nowhere": "nowhere",
    "view . --html x.html": "not the directory of a run",
    "resume nowhere": "nowhere",
    "resume full": "is not the directory of a run",
    "replay full": "is not the directory of a run",
    "list runs nowhere": "nowhere",
    "list tasks self-improvment": "did you mean self-improvement",
    "list tasks nothing.py": "no task file",
    "list tasks --instances secret": "--instances",
    "export nowhere": "nowhere",
    "export full --to mlflow --out x": "--out and --force are for a file",
    "verify missing.json": "cannot read missing.json: No such file or directory",
    "verify x.py": "x.py holds no construction",
    "verify mine.json": "no task is called 'mine'",
    "verify mine.json lpn": "lpn is no strop.Construction",
    "verify mine.json x.py": "x.py defines no strop.Task called 'task'",
    "verify code.json": "no problem is called './x.py'",
    "export --to xlsx": "choose mlflow or wandb",
    "init taken --form sample": "taken is a file",
    "init taken/below --form sample": "cannot write",
    "init mine": "needs one of --form (sample, function, evaluator, command) and --agent (claude",
    "init mine --form sample --agent claude": "needs one of --form",
    "init mine --form sample -- --budget 3": "unexpected argument: --budget",
    "init mine --agent notebook": "notebook",
    "serve": "missing argument: TARGET",
    "serve nowhere.py": "nowhere.py",
    "init mine --form notebook": "notebook",
    "doctor --self-test --only no_such_attack": "unknown attack: no_such_attack",
    "doctor --control": "belong to --self-test",
    "doctor --model openai/m?sed=3": "Did you mean seed?",
    "doctor --model gemini/m": "set GEMINI_API_KEY or GOOGLE_API_KEY",
    "doctor --model offline --self-test": "--model cannot be combined with",
    "reproduce nonsense": "nonsense",
    "reproduce fig4 --n 5": "--n",
    "reproduce fig4-weak --selection paper": "--selection",
    "reproduce fig4 --runs 0": "--runs is 0",
    "reproduce fig4 --runs 1.5": "not a whole number",
    "reproduce fig4 --at-once 2": "--at-once",
    "reproduce fig4 --model magic": "no such language model",
    "reproduce fig4 --out ''": "is not a folder",
    "reproduce fig4 --require magic": "--require names magic",
    "reproduce table2 --out ''": "is not a folder",
    "reproduce strategies --model nothing": "nothing",
    "reproduce table1 --stop-runs 0": "--stop-runs is 0",
    "reproduce table1 --improver nobody": "nobody",
    "reproduce baselines --runs many": "not a whole number",
}
"""What is typed → what the line says."""


@table(("command", "words"), REFUSED.items())
@pytest.mark.process
def test_command_line_is_refused_in_one_line_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], command: str, words: str
) -> None:
    assert words in said(capsys, *shlex.split(command))


ASKING = (
    "run",
    "run lpn --dry-run",
    "improve lpn",
    "improve tree --command true --score time --files a.txt",
    "eval seed",
    "eval seed --against best_of_n --dry-run",
    "reproduce fig4-weak",
    "reproduce table1 --dry-run",
    "reproduce table2",
)
"""Commands that ask a model."""


@pytest.mark.process
def test_verb_that_asks_a_model_is_refused_with_the_three_ways_to_name_one_when_none_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    for variable in ("", " ", None):
        monkeypatch.setenv("STROP_MODEL", variable) if variable is not None else monkeypatch.delenv("STROP_MODEL")
        for command in ASKING if variable is None else ASKING[::3]:
            with subtests.test(command, variable=variable):
                line = said(capsys, *shlex.split(command))
                ways = ("--model is missing", "openai/gpt-4o", "inbox:FOLDER", "offline (built in, no language model)")
                assert all(way in line for way in ways)


STRANGE = "if you want that, name it by --model"
NAMED: list[tuple[str, str, str]] = [
    *(
        ("", f"[run]\nmodel = '{model}'", STRANGE)
        for model in ("command:touch here", "python:mine:answer", "inbox:box")
    ),
    *(
        ("", f"[run]\nmodel = '{model}'", STRANGE)
        for model in ("openai/m?url=http://127.0.0.1:9/v1", "openai/m?price=0,0")
    ),
    ("", "[run]\nmodel = 'openai/m'", "set OPENAI_API_KEY"),
    ("", "[run]\nmodel = 'nonsense'", STRANGE),
    ("", "[run]\nmodle = 'openai/m'", "[run] has no key 'modle'; did you mean model?"),
    ("", "[run]\nmodel = ['openai/m']", "model of [run] is text in quotes"),
    ("", "run = 'openai/m'", "run is a table"),
    ("", "[run]\nmodel = 'openai/folder'", "openai/folder needs a key"),
    ("openai/environment", "[run]\nmodel = 'openai/folder'", "openai/environment needs a key"),
    ("command:nosuchprogram -m x", "", "--model command:nosuchprogram -m x: there is no program"),
]
"""The model of the environment and the table of the folder, and what is said of them."""


@pytest.mark.process
def test_model_is_that_of_the_flag_or_the_environment_or_one_that_a_stranger_may_choose_in_a_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    config = Path("scored/strop.toml")
    for variable, added, words in NAMED:
        config.write_text(f"{FILES['scored/strop.toml']}{added}\n")
        monkeypatch.setenv("STROP_MODEL", variable)
        with subtests.test(added, variable=variable):
            assert words in said(capsys, "improve", "scored")
            if "touch" in added:
                for command in ("run scored", "eval seed --task scored", "improve scored/strop.toml"):
                    assert words in said(capsys, *command.split())
            if added.startswith("[run]\nmodel = '"):
                assert "openai/flag needs a key" in said(capsys, "improve", "scored", "-m", "openai/flag")
    for name in ("scored", "tree"):
        Path(name, "strop.toml").write_text(f"{FILES['scored/strop.toml']}[run]\nmodel = 'openai/{name}'\n")
    monkeypatch.setenv("STROP_MODEL", "")
    assert "name different models; name one by --model" in said(capsys, "run", "scored", "tree")
