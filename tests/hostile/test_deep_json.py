"""JSON and TOML nested 100,000 deep, wherever somebody else may write it: one line, never a traceback."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from strop.base.from_json import MAX_DEPTH, read_json
from strop.lm.openai_chat import read_answer
from strop.lm.openai_errors import AttemptFailed
from strop.lm.providers import endpoint_of
from strop.store import FILE_NAME
from strop.store.key import KEY_BYTES
from support.command_line import DOUBLING, environment, run_here
from support.records import changing
from support.trees import written

DEEP = "[" * 100_000 + "]" * 100_000
OBJECTS = '{"a":' * 100_000 + "1" + "}" * 100_000
UNENDED = '[{"a":' * 50_000
MODERATE = "[" * 700 + "]" * 700
"""What Python's parser reads, and its functions on values may not."""
TEXTS = {"lists": DEEP, "objects": OBJECTS, "unended": UNENDED, "moderate": MODERATE}
COMMANDS = ("show", "replay", "resume", "apply", "view", "export")

Strop = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def strop(tmp_path: Path) -> Strop:
    """Commands on a machine with a key of its own, so that no seal of a record tells that it was changed."""
    environment(tmp_path)
    (tmp_path / "data" / "strop" / "key").write_bytes(b"k" * KEY_BYTES)
    return lambda *words: run_here(*words, cwd=tmp_path, env=environment(tmp_path))


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an improvement."""
    folder = tmp_path_factory.mktemp("record")
    (folder / "task.py").write_text(DOUBLING)
    words = ["improve", "task.py", "--lm-budget", "1", "--max-responses", "2", "--seed", "1", "--out", "r"]
    ended = run_here(*words, cwd=folder, env=environment(folder))
    assert ended.returncode == 0, ended.stderr
    return folder / "r"


def places(record: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(record / FILE_NAME)) as connection:
        kinds = [("event", kind) for (kind,) in connection.execute("SELECT DISTINCT kind FROM event")]
        return kinds + [("meta", key) for (key,) in connection.execute("SELECT key FROM meta")]


def says_one_line(ended: subprocess.CompletedProcess[str]) -> bool:
    """Whether a command did its work, or said in a line why not."""
    if "Traceback" in ended.stderr:
        return False
    return ended.returncode == 0 or ended.stderr.splitlines()[-1].startswith(("strop: ", "To continue"))


@pytest.mark.slow
@pytest.mark.parametrize("form", TEXTS)
def test_record_with_a_deep_value_anywhere_is_damaged_for_every_command(
    form: str, strop: Strop, record: Path, tmp_path: Path
) -> None:
    for number, (table, name) in enumerate(places(record)):
        shutil.rmtree(tmp_path / "deep", ignore_errors=True)
        shutil.copytree(record, tmp_path / "deep", symlinks=True)
        with changing(tmp_path / "deep") as connection:
            query = {
                "event": "UPDATE event SET data = ? WHERE kind = ?",
                "meta": "UPDATE meta SET value = ? WHERE key = ?",
            }
            connection.execute(query[table], (TEXTS[form], name))
        begin = (number + list(TEXTS).index(form)) % len(TEXTS)  # each command meets each place in one or two forms
        for command in COMMANDS[begin :: len(TEXTS)]:
            more = {"view": ["--html", "page.html"], "export": ["--force"]}.get(command, [])
            ended = strop(command, "deep", *more)
            assert says_one_line(ended), (command, table, name, ended.stderr[-2000:])


def test_json_of_the_largest_depth_is_read_and_deeper_ones_are_refused_in_one_line() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(read_json(text)) == text
    assert read_json(text.encode()) == read_json(text)
    with pytest.raises(ValueError, match=f"nested deeper than {MAX_DEPTH}"):
        read_json(f"[{text}]")
    for name, text in TEXTS.items():
        with pytest.raises(ValueError) as refused:
            read_json(text)
        assert "\n" not in str(refused.value) and len(str(refused.value)) < 1000, name
    with pytest.raises(AttemptFailed):
        read_answer(DEEP.encode(), endpoint_of("vllm/m", base_url=None, environ={}))


def test_deep_flag_or_file_of_the_command_line_is_one_line(strop: Strop, tmp_path: Path) -> None:
    written(tmp_path, {"task.py": DOUBLING, "best.py": "def improve_algorithm(s, u, l): return s\n"})
    for number, (name, text) in enumerate(TEXTS.items()):
        written(
            tmp_path,
            {"lines.jsonl": text, "best.json": text, "tree/strop.toml": f"command = 'true'\nx = {text}\n"},
        )
        commands = [
            ["improve", "task.py", "--model", f"mix:{text[:20000]}"],
            ["check", "tree"],
            ["improve", "task.py", "--model", "scripted:lines.jsonl"],
            ["improve", "tree"],
            ["improve", "task.py", "--model", "recorded:lines.jsonl"],
            ["run", "task.py", "--improver", "best.py", "-T", "0", "--copies", "2", "--lm-budget", "1", "--out", name],
            ["improve", "task.py", "--set", f"files={text[:20000]}"],
        ]
        for words in commands[number % 2 :: 2]:  # each command meets two of the forms
            ended = strop(*words)
            assert says_one_line(ended), (words, ended.stderr[-2000:])


def test_deep_output_of_a_command_or_an_evaluator_is_a_verdict(strop: Strop, tmp_path: Path) -> None:
    evaluator = (
        "def evaluate(path):\n    x = 1.0\n    for _ in range(100_000): x = [x]\n    return {'combined_score': x}\n"
    )
    written(tmp_path, {"prog.py": "x = 1\n", "ev.py": evaluator})
    scored = [["--evaluator", "ev.py"]]
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
        scored.append(["--command", f"cat {tmp_path / name}; echo score: 1", "--metric", "$.a.b"])
        scored.append(["--command", f"cat {tmp_path / name}", "--metric", "$[0]"])
    for words in scored:
        ended = strop("score", "prog.py", *words)
        assert says_one_line(ended), (words, ended.stderr[-2000:])
