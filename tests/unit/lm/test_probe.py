"""What `strop doctor --model` finds out about a server, against a real one that misbehaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.lm.inbox import Inbox
from strop.lm.probe import Probed, probe_model, probe_models
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer

KEY = "sk-test-0123456789abcdef"
SAID = "x" * 40


def probed(*faults: str, text: str = SAID) -> tuple[Probed, OpenAIServer]:
    with OpenAIServer(Scripted(lambda request: f"{text} {request.sample}"), faults, cycle=True) as server:
        (found,) = probe_models("openai/tester", server.url, {"OPENAI_API_KEY": KEY}).models
        return found, server


def test_probe_of_a_good_server_asks_once_and_has_no_remarks() -> None:
    found, server = probed("ok")
    assert (found.reachable, found.model, found.lm, found.host) == (True, "tester", "openai/tester", server.url[7:-3])
    states = {name: finding.state for name, finding in found.findings.items()}
    assert states == {"usage": "yes", "reasoning": "no", "price": "unknown"} and found.remarks == ()
    (seen,) = server.seen
    assert (seen.body["n"], seen.body["temperature"]) == (2, 0.5)


@pytest.mark.parametrize(
    ("fault", "remark"),
    [
        ("reject-n", "does not accept n"),
        ("ignore-n", "1 of 2 responses arrived"),
        ("reject-temperature", "does not accept a temperature"),
    ],
)
def test_probe_says_which_parameter_is_refused_or_ignored_and_finds_the_rest(fault: str, remark: str) -> None:
    found, _ = probed(fault)
    assert found.reachable and found.findings["usage"].state == "yes"
    assert len(found.remarks) == 1 and remark in found.remarks[0]


def test_probe_notices_reasoning() -> None:
    assert probed(text="<think>hm</think>strop")[0].findings["reasoning"].state == "yes"


@pytest.mark.parametrize("fault", ["401", "404", "500", "429", "drop", "cut", "malformed", "no-choices"])
def test_probe_says_why_there_is_no_answer_and_does_not_ask_again(fault: str) -> None:
    found, server = probed(fault)
    assert not found.reachable and found.detail and "\n" not in found.detail
    assert len(server.seen) == 1


def test_probe_shows_no_key_even_where_the_server_echoes_it() -> None:
    assert KEY not in repr(probed("echo-key")[0])


def test_probe_of_a_server_that_is_not_there_says_so() -> None:
    (found,) = probe_models("vllm/m", "http://127.0.0.1:9/v1", {}).models
    assert not found.reachable and "connection failed" in found.detail


def test_probe_of_any_other_model_asks_it_once() -> None:
    model = Scripted(["one", "two"])
    found = probe_model(model)
    assert found.reachable and found.findings["usage"].state == "no" and len(model.requests) == 1
    assert not probe_model(Scripted([])).reachable


def test_probe_of_people_ends_when_nobody_answers_in_time(tmp_path: Path) -> None:
    found = probe_model(Inbox(f"inbox:{tmp_path / 'questions'}", notify=lambda line: None), timeout=0.2)
    assert not found.reachable and found.detail.startswith("no answer within 0.2 s: ")
    assert len(list((tmp_path / "questions").glob("*.md"))) == 1
