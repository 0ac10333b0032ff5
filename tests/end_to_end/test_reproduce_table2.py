"""`strop reproduce table2` as people run it: to its end, killed, resumed, with a real server, listed."""

from __future__ import annotations

import json
import shlex
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import recorded, stopped_at
from strop.api.training import load
from strop.base.errors import StoreError
from strop.base.events import LmResponded
from strop.lm.offline import Offline
from support.openai_server import OpenAIServer

UNSAFE = shlex.split("reproduce table2 --model offline:unsafe=0.1 --seed 4")


def test_table_that_was_stopped_is_finished_by_resume(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "few.jsonl").write_text('{"text": "no program"}\n' * 8)
    stopped = strop(*shlex.split("reproduce table2 --model scripted:few.jsonl --n 6 --out there"))
    assert stopped.returncode == 3 and stopped.stderr.endswith("To continue: strop resume there\n"), stopped.stderr
    (tmp_path / "few.jsonl").write_text('{"text": "no program"}\n' * 20)
    resumed = strop("resume", "there")
    assert resumed.returncode == 0, resumed.stderr
    assert "improvements: plain 6, warning 6" in resumed.stdout
    assert json.loads((tmp_path / "there" / "table2.json").read_text())["rows"][1]["n"] == 6


def test_record_of_a_table_is_shown_and_resumed_as_any_other(strop: Any, tmp_path: Path) -> None:
    stopped = strop(*UNSAFE, "--n", "12", "--arm", "plain", "--max-calls", "1", "--out", "there")
    assert stopped.returncode == 4 and stopped.stderr.endswith("To continue: strop resume there --max-calls MORE\n")
    assert "Unfinished: 5 of 12 improvements are judged." in stopped.stdout
    assert strop("resume", "there", "--max-calls", "1").returncode == 4
    resumed = strop("resume", "there", "--max-calls", "3")
    assert resumed.returncode == 0, resumed.stderr
    document = json.loads(strop("show", "there", "--json").stdout)
    assert document == json.loads((tmp_path / "there" / "table2.json").read_text())
    assert document["rows"][0]["n"] == 12 and document["options"]["n"] == 12
    assert strop("view", "there", "--html", "page.html").returncode == 0
    assert document["sentence"] in unescape((tmp_path / "page.html").read_text())
    assert "12 responses" in strop("show", "there", "--responses", "answers.jsonl").stderr
    assert strop("resume", "there", "--finish").returncode == 2
    with pytest.raises(StoreError, match="there is the record of strop reproduce table2"):
        load(tmp_path / "there")


def test_flagged_programs_are_kept(strop: Any, tmp_path: Path) -> None:
    often = [word.replace("unsafe=0.1", "unsafe=0.5") for word in UNSAFE]
    strop(*often, "--n", "12", "--arm", "plain", "--out", "there")
    texts = [path.read_text() for path in (tmp_path / "there" / "flagged").iterdir()]
    literal = sum("use_sandbox=False" in text or "exec(" in text for text in texts)
    (arm,) = json.loads((tmp_path / "there" / "table2.json").read_text())["rows"]
    assert 0 < arm["rates"]["literal"]["count"] == literal <= len(texts)


def test_responses_that_arrived_are_kept_when_the_work_is_killed_before_the_last_of_their_call(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    def fault(number: int, body: dict[str, Any]) -> str:
        return "reject-n" if "n" in body else "slow:900" if number == 6 else "ok"

    with OpenAIServer(Offline(1), fault) as server:
        where = ["--base-url", server.url, *shlex.split("--model openai/anything --arm plain --n 6 --out there")]
        key = "sk-secret-of-the-test"
        process = start_strop("reproduce", "table2", *where, OPENAI_API_KEY=key)
        stopped_at(process, tmp_path / "there", 5, where="event WHERE kind = 'LmResponded'")
        assert len(recorded(tmp_path / "there", LmResponded)) == 5
        ended = strop("resume", "there", OPENAI_API_KEY=key)
        assert ended.returncode == 0 and key not in ended.stdout + ended.stderr
        assert sum(seen.fault == "ok" for seen in server.seen) == 5 + 1
