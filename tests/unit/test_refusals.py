"""Command lines that are refused: one sentence, exit code 2, and nothing said, spent or written before."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.cli.app import main

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
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name, text in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
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
    "run missing_task.py": "missing_task.py",
    "run self-improvement": "strop run TASK",
    "run sandbox-flag": "strop reproduce table2",
    "run --iterations -1": "must be 0 or more",
    "run --iterations many": "--iterations",
    "run lpn --seed 1.5": "1.5",
    "run lpn --seed 0.7": "0.7",
    "run lpn --require ''": "--require",
    "run lpn --require ,": "--require",
    "run lpn --require ' '": "--require",
    "run lpn --copies 99999999999": "--copies",
    "run --copies 0": "must be 1 or more",
    "run --model opnai/x": "Did you mean",
    "run --model offline:skill=2": "skill",
    "run --model openai/gpt": "OPENAI_API_KEY",
    "run --require reed": "reed",
    "run --improver nothing": "nothing",
    "run --improver nowhere:1": "no run is called nowhere",
    "run --instances public": "instances",
    "run lpn --track jaeger --out there": "unknown tracker 'jaeger'",
    "run parity parity": "the task parity is given twice",
    "run parity ''": "empty text",
    "run parity nosuch": "no task is called 'nosuch'",
    "run lpn --gate-error 1.5": "--gate-error is 1.5; it must be 0.25 or less",
    "run lpn --gate-error 0.26": "--gate-error is 0.26; it must be 0.25 or less",
    "run lpn --gate-error 1e-17": "--gate-error is 1e-17; it must be 1e-09 or more",
    "run lpn --gate-error nan": "--gate-error is nan; it must be a number",
    "run lpn --gate-pairs 0": "--gate-pairs is 0; it must be 1 or more",
    **{f"run lpn {flag} 0": f"{flag} is 0; it must be 1 or more" for flag in ("--utility-budget", "--lm-budget")},
    "run lpn parity --meta-budget 0": "--meta-budget is 0; it must be 1 or more",
    "run lpn --selection best": "best",
    "run lpn --display pretty": "pretty",
    "run lpn -m nosuch": "--model nosuch: no such language model",
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
    "improve": "missing argument: TARGET (see strop improve --help)",
    "improve ./nowhere": "./nowhere is not a task: a task is",
    "improve taken": "another file needs --command, which runs it, or --evaluator",
    "improve tree": "has no strop.toml",
    "improve tree --command true --score time": "--files",
    "improve tree --command true --files a.txt": "score",
    "improve nowhere --command true --score time": "nowhere",
    "improve tree/a.txt --command true --score time --files x": "is a file",
    "improve lpn --apply": "no file of yours to change",
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
    "improve lpn --track jaeger --out there": "unknown tracker 'jaeger'",
    "improve lpn --utility-budget -3": "--utility-budget is -3; it must be 1 or more",
    "improve lpn --utility-budget 0": "--utility-budget is 0; it must be 1 or more",
    "improve lpn --lm-budget 0": "--lm-budget is 0; it must be 1 or more",
    "improve lpn --max-cost -1": "--max-cost is -1",
    "improve lpn --workers -1": "--workers is -1",
    "improve lpn --model nonsense": "--model nonsense: no such language model",
    "improve lpn -m nonsense": "--model nonsense: no such language model",
    "improve lpn --model openai/gpt-4o": "openai/gpt-4o needs a key",
    "improve lpn --require courage": "--require names courage",
    "improve lpn --improver greedy": "did you mean greedy_iterative?",
    "eval": "IMPROVER",
    "eval seed -m nosuch": "--model nosuch: no such language model",
    "eval missing.py": "missing.py",
    "eval idle.py --out .": "holds files already",
    "eval nothing": "no improver is called 'nothing'",
    "eval idle.py idle.py": "given twice",
    "eval idle.py same.py": "the same improver",
    "eval idle.py --task lpn --task lpn": "lpn is given twice",
    "eval idle.py --task lpn --task lpm": "did you mean lpn",
    "eval idle.py hints --against seed": "--against takes one improver, not 2",
    "eval idle.py --against nosuch": "no improver is called 'nosuch'",
    "eval idle.py --against seed --task lpn --task lpn": "the task lpn is given twice",
    "score lpn --solution missing.py": "missing.py",
    "score x.py": "x.py defines no strop.Task",
    "score self-improvement --solution x.py": "meta task",
    "check": "TARGET",
    "check nothing": "nothing",
    "check nothing.py": "nothing.py",
    "check lpn --seed -1": "--seed",
    "check lpn --require everything": "everything",
    "audit": "no run in runs/; if you used --out, name its folder",
    "audit nowhere": "nowhere",
    "audit nowhere.py": "nowhere.py",
    "audit .": "",
    "audit idle.py --show ab": "--show",
    "audit idle.py --fail-on something": "something",
    "show nowhere": "nowhere",
    "show nowhere --full": "nowhere",
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
    "init mine": "--form needs a value: sample, function, evaluator, command",
    "init mine --form sample --name a/b": "a task's name",
    "init mine --form command --goal 'a b'": "NAME:max or NAME:min",
    "init mine --form notebook": "notebook",
    "init mine --form sample --name self-improvement": "the name self-improvement is reserved",
    "doctor --self-test --only no_such_attack": "unknown attack: no_such_attack",
    "doctor --control": "belong to --self-test",
    "doctor -m nosuch": "--model nosuch: no such language model",
    "doctor --model openai/m?sed=3": "Did you mean seed?",
    "doctor --model gemini/m": "set GEMINI_API_KEY or GOOGLE_API_KEY",
    "doctor --model offline --self-test": "--model cannot be combined with",
    "doctor --model offline --require read": "--model cannot be combined with",
    "reproduce nonsense": "nonsense",
    "reproduce fig4 --n 5": "--n",
    "reproduce fig4-weak --selection paper": "--selection",
    "reproduce fig4 --runs 0": "--runs is 0",
    "reproduce fig4 --runs 1.5": "not a whole number",
    "reproduce fig4 --at-once 2": "--at-once",
    "reproduce fig4 --selection best": "best",
    "reproduce fig4 --copies 0": "--copies is 0",
    "reproduce fig4 --model magic": "no such language model",
    "reproduce fig4 --out ''": "is not a folder",
    "reproduce fig4 --require magic": "--require names magic",
    "reproduce table2 --out ''": "is not a folder",
    "reproduce strategies --model nothing": "nothing",
    "reproduce table1 --stop-runs 0": "--stop-runs is 0",
    "reproduce table1 --improver nobody": "nobody",
    "reproduce table1 --copies 0": "--copies is 0",
    "reproduce baselines --runs 0": "--runs is 0",
    "reproduce baselines --runs many": "not a whole number",
}
"""What is typed → what the line says."""


@pytest.mark.parametrize("command", REFUSED)
def test_command_line_is_refused_in_one_line_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert REFUSED[command] in said(capsys, *shlex.split(command))


@pytest.mark.parametrize("variable", ["", " ", None])
@pytest.mark.parametrize(
    "command",
    [
        "run",
        "run lpn --dry-run",
        "improve lpn",
        "improve tree --command true --score time --files a.txt",
        "eval seed",
        "eval seed --against best_of_n --dry-run",
        "reproduce fig4-weak",
        "reproduce table1 --dry-run",
        "reproduce table2",
    ],
)
def test_verb_that_asks_a_model_is_refused_with_the_three_ways_to_name_one_when_none_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, variable: str | None
) -> None:
    monkeypatch.delenv("STROP_MODEL")
    if variable is not None:
        monkeypatch.setenv("STROP_MODEL", variable)
    line = said(capsys, *shlex.split(command))
    assert "--model is missing" in line
    assert all(way in line for way in ("openai/gpt-4o", "inbox:FOLDER", "offline (built in, no language model)"))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("command:touch here", "if you want that, name it by --model"),
        ("python:mine:answer", "if you want that, name it by --model"),
        ("inbox:box", "if you want that, name it by --model"),
        ("openai/m?url=http://127.0.0.1:9/v1", "if you want that, name it by --model"),
        ("openai/m?price=0,0", "if you want that, name it by --model"),
        ("openai/m", "set OPENAI_API_KEY"),
        ("nonsense", "if you want that, name it by --model"),
    ],
)
def test_model_of_a_folder_is_only_one_that_a_stranger_may_choose(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, model: str, why: str
) -> None:
    monkeypatch.delenv("STROP_MODEL")
    config = Path("scored/strop.toml")
    config.write_text(f'{config.read_text()}[run]\nmodel = "{model}"\n')
    for command in ("improve scored", "run scored", "eval seed --task scored", "improve scored/strop.toml"):
        assert why in said(capsys, *command.split())


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("[run]\nmodle = 'openai/m'", "[run] has no key 'modle'; did you mean model?"),
        ("[run]\nmodel = ['openai/m']", "model of [run] is text in quotes"),
        ("run = 'openai/m'", "run is a table"),
    ],
)
def test_table_of_the_model_is_refused_when_it_is_written_wrong(
    capsys: pytest.CaptureFixture[str], table: str, why: str
) -> None:
    config = Path("scored/strop.toml")
    config.write_text(f"{config.read_text()}{table}\n")
    assert why in said(capsys, "improve", "scored")


def test_folders_that_name_different_models_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STROP_MODEL")
    text = Path("scored/strop.toml").read_text()
    for name in ("scored", "tree"):
        Path(name, "strop.toml").write_text(f'{text}[run]\nmodel = "openai/{name}"\n')
    assert "name different models; name one by --model" in said(capsys, "run", "scored", "tree")


def test_flag_comes_before_the_environment_and_that_before_the_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Path("scored/strop.toml")
    config.write_text(f'{config.read_text()}[run]\nmodel = "openai/folder"\n')
    monkeypatch.setenv("STROP_MODEL", "openai/environment")
    assert "openai/flag needs a key" in said(capsys, "improve", "scored", "-m", "openai/flag")
    assert "openai/environment needs a key" in said(capsys, "improve", "scored")
    monkeypatch.setenv("STROP_MODEL", "")
    assert "openai/folder needs a key" in said(capsys, "improve", "scored")


def test_model_comes_from_the_environment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STROP_MODEL", "command:nosuchprogram -m x")
    assert "--model command:nosuchprogram -m x: there is no program" in said(capsys, "improve", "lpn")
    assert "--model nonsense: no such language model" in said(capsys, "improve", "lpn", "-m", "nonsense")
