"""What `strop doctor --model` finds out about a server, against a real one that misbehaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.lm.inbox import Inbox
from strop.lm.probe import Probed, ProbeFinding, probe_model, probe_server
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer
from support.server_limits import ServerLimits

KEY = "sk-test-0123456789abcdef"
SAID = "x" * 40


def probed(*faults: str, text: str = SAID) -> tuple[Probed, OpenAIServer]:
    with OpenAIServer(Scripted(lambda request: text), faults, cycle=True) as server:
        place = endpoint_of("openai/tester", base_url=server.url, environ={"OPENAI_API_KEY": KEY})
        return probe_server(place, timeout=30.0), server


def states(found: Probed) -> dict[str, str]:
    return {name: finding.state for name, finding in found.findings.items()}


def test_probe_of_a_good_server_asks_once_and_finds_all() -> None:
    found, server = probed("ok")
    assert (found.reachable, found.model, found.lm, found.host) == (True, "tester", "openai/tester", server.url[7:-3])
    taken = dict.fromkeys(("temperature", "seed", "max_tokens"), "taken")
    assert states(found) == {"n": "yes", **taken, "usage": "yes", "reasoning": "no", "rate_limits": "no"}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("fault", "parameter"),
    [("reject-n", "n"), ("reject-temperature", "temperature"), ("reject-max-tokens", "max_tokens")],
)
def test_probe_says_which_parameter_is_refused_and_finds_the_rest(fault: str, parameter: str) -> None:
    found, server = probed(fault)
    assert found.reachable and states(found)[parameter] == "refused"
    assert [name for name, state in states(found).items() if state == "refused"] == [parameter]
    assert len(server.seen) == 2 and server.billed == (1 if parameter == "n" else 2)


def test_probe_finds_several_refusals_one_after_the_other() -> None:
    faults = iter(["reject-n", "reject-temperature", "ok"])
    with OpenAIServer(Scripted(lambda request: SAID), lambda number, body: next(faults)) as server:
        found = probe_server(endpoint_of("openai/tester", base_url=server.url, environ={}), timeout=30.0)
    assert (states(found)["n"], states(found)["temperature"], states(found)["seed"]) == ("refused", "refused", "taken")


def test_probe_notices_that_n_is_ignored() -> None:
    assert states(probed("ignore-n")[0])["n"] == "ignored"


def test_probe_notices_that_the_limit_of_tokens_is_ignored() -> None:
    found, _ = probed(text="word " * 400)
    assert states(found)["max_tokens"] == "ignored"


def test_probe_tells_the_rate_limits_that_the_server_tells() -> None:
    with OpenAIServer(Scripted(lambda request: SAID), limits=ServerLimits(requests_per_minute=60)) as server:
        found = probe_server(endpoint_of("openai/tester", base_url=server.url, environ={}), timeout=30.0)
    assert found.findings["rate_limits"] == ProbeFinding("yes", "60 requests, 59 left")


def test_probe_notices_reasoning() -> None:
    assert states(probed(text="<think>hm</think>strop")[0])["reasoning"] == "yes"


@pytest.mark.parametrize("fault", ["401", "404", "500", "429", "drop", "cut", "malformed", "no-choices"])
def test_probe_says_why_there_is_no_answer_and_does_not_ask_again(fault: str) -> None:
    found, server = probed(fault)
    assert not found.reachable and found.detail and "\n" not in found.detail
    assert len(server.seen) == 1


def test_probe_shows_no_key_even_where_the_server_echoes_it() -> None:
    assert KEY not in repr(probed("echo-key")[0])


def test_probe_of_a_server_that_is_not_there_says_so() -> None:
    found = probe_server(endpoint_of("vllm/m", base_url="http://127.0.0.1:9/v1", environ={}), timeout=30.0)
    assert not found.reachable and "connection failed" in found.detail


def test_probe_of_any_other_model_asks_it_once() -> None:
    model = Scripted(["one", "two"])
    found = probe_model(model)
    assert found.reachable and states(found)["usage"] == "no" and len(model.requests) == 1
    assert not probe_model(Scripted([])).reachable


def test_probe_of_people_ends_when_nobody_answers_in_time(tmp_path: Path) -> None:
    found = probe_model(Inbox(f"inbox:{tmp_path / 'questions'}", notify=lambda line: None), timeout=0.2)
    assert not found.reachable and found.detail.startswith("no answer within 0.2 s: ")
    assert len(list((tmp_path / "questions").glob("*.md"))) == 1
