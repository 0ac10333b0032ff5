"""`strop run --model command:…`: a program of the user as the model."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from strop.base.events import LmFault, LmResponded, RunStarted
from strop.store import Store

from .conftest import TINY

ANSWERS = """\
import os, sys
text = sys.stdin.read()
assert text.startswith("You are") and len(sys.argv) == 2 and not os.listdir()
print(f"My key is {os.environ['MY_API_KEY']}.")
print("```python\\ndef algorithm(train_samples, train_parity, test_samples):\\n    return [0] * 20\\n```")
"""
RUN = ["run", "lpn", *TINY, *shlex.split("-T 1 --selection paper --seed 1 --out there")]


def program(folder: Path, text: str) -> str:
    """A command line, whole paths only, since it runs in an empty folder."""
    (folder / "marks").mkdir()
    (folder / "model.py").write_text(text)
    return f"command?timeout=60:{sys.executable} {folder}/model.py {folder}/marks"


def test_run_is_answered_by_a_program_and_records_no_key(strop: Any, tmp_path: Path) -> None:
    ended = strop(*RUN, "--model", program(tmp_path, ANSWERS), MY_API_KEY="sk-secret-of-the-test")
    assert ended.returncode == 0, ended.stderr
    with Store.open(tmp_path / "there") as store:
        (started,) = [stored.event for stored in store.events(RunStarted)]
        responses = [stored.event for stored in store.events(LmResponded)]
        faults = {stored.event.fault for stored in store.events(LmFault)}
    assert responses and {each.text.split("\n")[0] for each in responses} == {"My key is [key]."}
    assert faults <= {"usage"}  # a program does not say how many tokens it took
    assert started.environment["is_language_model"] is True
    assert {each.cost for each in responses} == {None}
    written = b"".join(path.read_bytes() for path in (tmp_path / "there").rglob("*") if path.is_file())
    assert b"sk-secret-of-the-test" not in written + (ended.stdout + ended.stderr).encode()
