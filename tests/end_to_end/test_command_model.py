"""`strop run --model command:…`: a program of the user as the model."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import LmFault, LmResponded, RunStarted
from strop.store import Store
from support.processes import descendants, wait_until

from .conftest import TINY

ANSWERS = """\
import os, sys
text = sys.stdin.read()
assert text.startswith("You are") and len(sys.argv) == 2 and not os.listdir()
print(f"My key is {os.environ['MY_API_KEY']}.")
print("```python\\ndef algorithm(train_samples, train_parity, test_samples):\\n    return [0] * 20\\n```")
"""
FAILS_ONCE = """\
import os, pathlib, sys
mark = pathlib.Path(sys.argv[1]) / f"{os.environ['STROP_SCOPE'].replace('/', '_')}-{os.environ['STROP_SAMPLE']}"
if not mark.exists():
    mark.touch()
    print("```python\\nhalf")
    sys.exit("not today")
"""
RUN = ["run", "lpn", *TINY, "-T", "1", "--selection", "paper", "--seed", "1", "--out", "there"]


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


@pytest.mark.slow
def test_half_answers_of_a_failing_program_are_faults(strop: Any, tmp_path: Path) -> None:
    ended = strop(*RUN, "--model", program(tmp_path, FAILS_ONCE + ANSWERS), MY_API_KEY="sk-secret-of-the-test")
    assert ended.returncode == 0, ended.stderr
    with Store.open(tmp_path / "there") as store:
        responses = [stored.event for stored in store.events(LmResponded)]
        faults = [stored.event for stored in store.events(LmFault) if stored.event.fault != "usage"]
    assert responses and not any("half" in each.text for each in responses)
    assert len(faults) == len(responses) and {each.detail for each in faults} == {"exit code 1: not today"}


def test_killed_run_leaves_no_program(start_strop: Any, tmp_path: Path) -> None:
    process = start_strop(*RUN, "--model", program(tmp_path, "import time\ntime.sleep(86399)"))

    marks = f"{tmp_path}/model.py".encode()
    try:
        # The keeper of each, and the program itself.
        wait_until(lambda: sum(marks in _command_line(pid) for pid in descendants(process.pid)) >= 2)
        running = descendants(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    wait_until(lambda: not any(marks in _command_line(pid) for pid in running))


def _command_line(pid: int) -> bytes:
    """Empty when the process is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("lm", "code", "reason"),
    [
        ("command:no-such-program-anywhere", 2, "there is no program 'no-such-program-anywhere'"),
        ("command:sh -c 'exec ./no-such-program'", 3, "exit code 127"),
    ],
)
def test_program_that_is_not_there_is_one_line(strop: Any, lm: str, code: int, reason: str) -> None:
    ended = strop(*RUN, "--model", lm)
    assert ended.returncode == code and reason in ended.stderr and "Traceback" not in ended.stderr
