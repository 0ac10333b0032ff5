"""The test server itself: it counts, it remembers, it can be run by hand."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from strop.lm.scripted import Scripted
from strop.testing.openai_server import OpenAIServer, serve
from strop.testing.server_faults import parse_fault


def post(url: str, message: str = "hello", n: int = 1) -> dict:
    body = {"model": "m", "messages": [{"role": "user", "content": message}], "n": n}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


def brain() -> Scripted:
    return Scripted(lambda request: f"{request.message} {request.sample}")


def contents(reply: dict) -> list[str]:
    return [choice["message"]["content"] for choice in reply["choices"]]


def test_server_answers_with_its_model() -> None:
    with serve(brain()) as server:
        assert contents(post(server.url, n=2)) == ["hello 0", "hello 1"]


def test_server_tells_equal_prompts_apart() -> None:
    with serve(brain()) as server:
        assert [contents(post(server.url)), contents(post(server.url))] == [["hello 0"], ["hello 1"]]


def test_server_lists_its_models() -> None:
    with serve(brain()) as server, urllib.request.urlopen(f"{server.url}/models", timeout=20) as response:
        assert json.loads(response.read())["data"][0]["id"] == "anything"


def test_server_bills_what_went_out_whole() -> None:
    with OpenAIServer(brain(), ["ok", "500", "malformed", "empty"]) as server:
        post(server.url, n=3)
        with pytest.raises(urllib.error.HTTPError) as caught:
            post(server.url)
        caught.value.close()
        with pytest.raises(json.JSONDecodeError):
            post(server.url)
        post(server.url)
        assert [len(seen.billed) for seen in server.seen] == [3, 0, 0, 1]


def test_server_does_not_bill_an_answer_that_it_cut() -> None:
    with OpenAIServer(brain(), ["cut"]) as server:
        with pytest.raises(http.client.IncompleteRead):
            post(server.url)
        assert server.billed == 0


def test_server_starts_its_faults_over_when_told_to_cycle() -> None:
    with OpenAIServer(brain(), ["ok", "empty"], cycle=True) as server:
        assert [contents(post(server.url))[0] is None for _ in range(4)] == [False, True, False, True]


def test_server_pads_an_answer_to_the_size_that_is_asked() -> None:
    with OpenAIServer(brain(), ["huge:1000"]) as server:
        assert len(contents(post(server.url))[0]) == 1000


@pytest.mark.parametrize("word", ["cutt", "200", "cut:1", "slow:x", ""])
def test_fault_word_is_refused_when_it_means_nothing(word: str) -> None:
    with pytest.raises(ValueError):
        parse_fault(word)


def test_server_runs_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text('"one"\n"two"\n')
    command = [sys.executable, "-m", "strop.testing.openai_server", "--lm", f"scripted:{tmp_path / 'answers'}"]
    with subprocess.Popen(
        [*command, "--faults", "empty"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as it:
        assert it.stdout is not None
        url = it.stdout.readline().strip()
        assert [contents(post(url)), contents(post(url))] == [[None], ["two"]]
        it.terminate()
        _, log = it.communicate(timeout=20)
    assert it.returncode == 0
    assert log.splitlines()[0] == "0: n=1 fault=empty status=200 billed=1"


def test_server_command_line_refuses_an_unknown_fault() -> None:
    command = [sys.executable, "-m", "strop.testing.openai_server", "--lm", "offline", "--faults", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "no fault 'nonsense'" in done.stderr) == (2, True)
