"""What earlier versions had is refused by one line that names its successor."""

from __future__ import annotations

import re
import shlex

import pytest

import strop
from strop.base.removed import FLAGS, FORMATS, KEYS, MODELS
from strop.cli.app import main

ARGUMENTS = {"improve": "x", "check": "x", "score": "x", "eval": "seed"}


@pytest.mark.parametrize("name", FLAGS)
def test_removed_flag_is_refused_with_its_successor(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, flag = name.partition(" --")
    with pytest.raises(SystemExit) as ended:
        main([*shlex.split(command), *ARGUMENTS.get(command, "").split(), f"--{flag}"])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.startswith("strop: ") and said.count("\n") == 1
    assert FLAGS[name] in said


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("words", ["--set {}=1", "--{}"])
def test_removed_key_is_refused_on_a_command_line_with_its_successor(
    key: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["improve", "x", *shlex.split(words.format(key.replace("_", "-")))])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and KEYS[key] in said


@pytest.mark.parametrize("key", KEYS)
def test_removed_key_is_refused_in_python_with_its_successor(key: str) -> None:
    with pytest.raises(TypeError, match=re.escape(f"{key} was removed: {KEYS[key]}")):
        strop.improve("x", **{key: 1})


WORDS = {
    **{f"export --to {form}": words for form, words in FORMATS.items()},
    **{f"improve lpn --model {kind}/a/b": words for kind, words in MODELS.items()},
}


@pytest.mark.parametrize("command", WORDS)
def test_removed_word_is_refused_with_its_successor(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(command))
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and WORDS[command] in said
