"""`strop run` against a real HTTP server on loopback that misbehaves: the run ends, and nothing is lost or paid twice."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import recorded
from strop.base.events import Evaluated, LmFault, LmResponded
from strop.lm.scripted import Scripted
from support.openai_server import Ledger, OpenAIServer
from support.server_faults import THOUGHT

PROGRAM = "A parity of nothing.\n```python\ndef algorithm(train_samples, train_parity, test_samples):\n    return [0] * 20\n```\n"
FLAGS = shlex.split("-T 1 --copies 4 --gate-pairs 4 --lm-budget 4 --max-responses 3 --meta-budget 2")
ASKING = """
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    answers = []
    for number in range(language_model.budget):
        answers += language_model.prompt("expert", f"{number}: {initial_solution}", n_responses=2)
    return max(extract_code(answers), key=utility)
"""


def run_against(server: OpenAIServer, strop: Any, folder: Path) -> Any:
    (folder / "asking.py").write_text(ASKING)
    where = ["--base-url", server.url, *shlex.split("--model openai/anything --improver asking.py --out there --json")]
    return strop("run", "lpn", *FLAGS, *where, OPENAI_API_KEY="sk-secret-of-the-test")


def test_run_ends_with_exit_code_three_and_keeps_what_was_paid_when_the_server_goes_away(
    strop: Any, tmp_path: Path
) -> None:
    with OpenAIServer(Scripted(lambda request: PROGRAM), ["ok", "ok", "401"], cycle=True) as server:
        ended = run_against(server, strop, tmp_path)
        billed = server.billed
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    assert [line.split(": ")[0] for line in ended.stderr.splitlines()[-3:-1]] == ["strop", "To continue"], ended.stderr
    assert len(recorded(tmp_path / "there", LmResponded)) == billed
    assert {event.verdict for event in recorded(tmp_path / "there", Evaluated)} <= {"ok", "malformed"}


@pytest.mark.slow
def test_record_equals_the_servers_ledger_when_it_refuses_breaks_off_and_thinks(strop: Any, tmp_path: Path) -> None:
    faults = ["ok", "half-close", "leave", "529", "reasoning", "drip:0.2", "429:0.01", "think", "ok"]
    with OpenAIServer(Scripted(lambda request: PROGRAM), faults, cycle=True) as server:
        ended = run_against(server, strop, tmp_path)
        ledger, met = server.ledger, Counter(seen.fault for seen in server.seen)
    assert ended.returncode == 0, ended.stderr
    assert met["half-close"] and met["leave"] and met["drip"] and met["think"] and met["reasoning"]
    responses = [event for event in recorded(tmp_path / "there", LmResponded) if not event.is_repeat]
    faults: Counter[str] = Counter()
    for event in recorded(tmp_path / "there", LmFault):
        faults[event.fault] += event.times
    assert faults["rate_limited"] >= met["429"] > 0 and faults["bad_response"] >= met["half-close"]
    tokens = [(response.input_tokens or 0, response.output_tokens or 0) for response in responses]
    assert ledger == Ledger(len(responses), sum(each[0] for each in tokens), sum(each[1] for each in tokens))
    assert {response.reasoning for response in responses} == {None, THOUGHT}
    assert all("think" not in response.text for response in responses)
    assert {response.parameters["max_tokens"] for response in responses} == {8192}
