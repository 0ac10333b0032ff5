"""Wrong flags: one sentence, exit code 2, and nothing said or spent before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.cli.app import main


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "STROP_MODEL"):
        monkeypatch.delenv(name, raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The only line that a refused command says."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    out, line = capsys.readouterr()
    assert end.value.code == 2 and out == "" and line.count("\n") == 1 and line.startswith("strop: "), line
    assert not Path("runs").exists()
    return line


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--utility-budget", "-3"], "--utility-budget is -3; it must be 1 or more"),
        (["--utility-budget", "0"], "--utility-budget is 0; it must be 1 or more"),
        (["--lm-budget", "0"], "--lm-budget is 0; it must be 1 or more"),
        (["--max-cost", "-1"], "--max-cost is -1"),
        (["--workers", "-1"], "--workers is -1"),
        (["--model", "nonsense"], "--model nonsense: no such language model"),
        (["-m", "nonsense"], "--model nonsense: no such language model"),
        (["--model", "openai/gpt-4o"], "openai/gpt-4o needs a key"),
        (["--require", "courage"], "--require names courage"),
        (["--improver", "greedy"], "did you mean greedy_iterative?"),
    ],
)
def test_wrong_flag_of_improve_is_refused_before_the_budget_is_told(
    capsys: pytest.CaptureFixture[str], flags: list[str], words: str
) -> None:
    assert words in said(capsys, "improve", "lpn", *flags)


@pytest.mark.parametrize("command", [("run", "lpn"), ("run", "lpn", "parity")])
@pytest.mark.parametrize("flag", ["--utility-budget", "--lm-budget", "--meta-budget"])
def test_budget_of_nothing_is_refused(capsys: pytest.CaptureFixture[str], command: list[str], flag: str) -> None:
    assert f"{flag} is 0; it must be 1 or more" in said(capsys, *command, flag, "0")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["improve"], "missing argument: TARGET (see strop improve --help)"),
        (["improve", "lpn", "args"], "unexpected argument: args (see strop improve --help)"),
        (["improve", "lpn", "--model"], "--model needs a value (see strop improve --help)"),
        (["improve", "lpn", "-m"], "-m needs a value"),
    ],
)
def test_command_line_that_cannot_be_read_is_explained_in_words(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert words in said(capsys, *arguments)


def test_default_model_comes_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STROP_MODEL", "command:nosuchprogram -m x")
    assert "--model command:nosuchprogram -m x: there is no program" in said(capsys, "improve", "lpn")
    assert "--model nonsense: no such language model" in said(capsys, "improve", "lpn", "-m", "nonsense")


@pytest.mark.parametrize("flag", ["--model", "--model", "-m"])
@pytest.mark.parametrize("command", [["run", "lpn"], ["improve", "lpn"], ["eval", "seed"], ["doctor"]])
def test_model_has_three_names_of_one_flag(capsys: pytest.CaptureFixture[str], command: list[str], flag: str) -> None:
    assert "--model nosuch: no such language model" in said(capsys, *command, flag, "nosuch")
