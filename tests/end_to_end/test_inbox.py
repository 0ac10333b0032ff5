"""`strop run --model inbox:DIR`, answered by a thread that is in no hurry, stopped and killed in the middle."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from strop.base.events import RunFinished
from strop.store import Store

from .conftest import TINY

RUN = ["run", "lpn", *TINY, *shlex.split("-T 1 --selection paper --seed 1 --model inbox:q --out there")]


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None and time.monotonic() < end, process.poll()
        time.sleep(0.01)


def open_questions(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.md") if re.fullmatch(r"[0-9a-f]{16}\.md", path.name)]


def test_ctrl_c_leaves_the_requests_and_says_what_was_waited_for_once(start_strop: Any, tmp_path: Path) -> None:
    process = start_strop(*RUN)
    wait_for(lambda: len(open_questions(tmp_path / "q")) >= 2, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors, errors
    said = [line for line in errors.splitlines() if "to answer" in line]
    assert len(said) == len(set(said)) >= 1 and all(line.startswith("strop: inbox:q: ") for line in said)
    assert open_questions(tmp_path / "q")
    with Store.open(tmp_path / "there") as store:
        (last,) = [stored.event for stored in store.events(RunFinished)]
    assert last.status == "interrupted"
    assert str(tmp_path) not in "".join(line for line in said)
