"""The test server itself: it counts, it remembers, it can be run by hand."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.lm.base import Request
from strop.lm.scripted import Scripted
from support.openai_server import Ledger, OpenAIServer
from support.processes import wait_until
from support.server_faults import parse_fault
from support.server_limits import Gatekeeper, ServerLimits


def post(url: str, message: str = "hello", n: int = 1) -> dict:
    body = {"model": "m", "messages": [{"role": "user", "content": message}], "n": n}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


def brain() -> Scripted:
    return Scripted(lambda request: f"{request.message} {request.sample}")


def contents(reply: dict) -> list[str]:
    return [choice["message"]["content"] for choice in reply["choices"]]


TESTS = Path(__file__).parents[2]


@pytest.mark.parametrize("word", ["cutt", "200", "cut:1", "slow:x", ""])
def test_fault_word_is_refused_when_it_means_nothing(word: str) -> None:
    with pytest.raises(ValueError):
        parse_fault(word)


def test_server_runs_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text('"one"\n"two"\n')
    command = [sys.executable, "-m", "support.openai_server", "--model", f"scripted:{tmp_path / 'answers'}"]
    with subprocess.Popen(
        [*command, "--faults", "empty"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TESTS
    ) as it:
        assert it.stdout is not None
        url = it.stdout.readline().strip()
        assert [contents(post(url)), contents(post(url))] == [[None], ["two"]]
        it.terminate()
        _, log = it.communicate(timeout=20)
    assert it.returncode == 0
    assert log.splitlines()[0] == "0: n=1 fault=empty status=200 billed=1"


def test_server_command_line_refuses_an_unknown_fault() -> None:
    command = [sys.executable, "-m", "support.openai_server", "--model", "offline", "--faults", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=TESTS)
    assert (done.returncode, "no fault 'nonsense'" in done.stderr) == (2, True)


def refused(url: str) -> dict[str, str]:
    with pytest.raises(urllib.error.HTTPError, match="429") as caught:
        post(url)
    caught.value.read()  # whoever has the whole answer finds the record
    caught.value.close()
    return dict(caught.value.headers)


def test_server_refuses_requests_beyond_its_limit_and_says_how_long_to_wait() -> None:
    limits = ServerLimits(requests_per_minute=6, request_burst=2)
    with OpenAIServer(brain(), limits=limits) as server:
        post(server.url)
        post(server.url)
        assert 1 <= int(refused(server.url)["Retry-After"]) <= 10
        assert [(seen.fault, seen.status, len(seen.billed)) for seen in server.seen][-1] == ("limit", 429, 0)


def test_server_counts_tokens_against_their_limit() -> None:
    with OpenAIServer(brain(), limits=ServerLimits(tokens_per_minute=6, token_burst=2)) as server:
        post(server.url, message="x" * 80)  # let in while any are left
        assert int(refused(server.url)["Retry-After"]) > 300


def test_gatekeeper_lets_in_as_many_as_its_limit_fills_up_to() -> None:
    time = 0.0
    keeper = Gatekeeper(ServerLimits(requests_per_minute=60, request_burst=3), now=lambda: time)
    assert [keeper.refusal() for _ in range(4)] == [None, None, None, 1]
    time = 2.0
    assert [keeper.refusal() for _ in range(3)] == [None, None, 1]
    time = 100.0
    assert [keeper.refusal() for _ in range(4)] == [None, None, None, 1]


def test_gatekeeper_waits_until_a_debt_of_tokens_is_filled_up() -> None:
    time = 0.0
    keeper = Gatekeeper(ServerLimits(tokens_per_minute=60), now=lambda: time)
    keeper.charge(100)
    assert keeper.refusal() == 41
    time = 41.0
    assert keeper.refusal() is None


def test_server_keeps_a_ledger_of_tokens_whatever_it_says_of_them() -> None:
    with OpenAIServer(brain(), ["ok", "wrong-usage", "no-usage", "malformed"]) as server:
        usages = [post(server.url, message="x" * 400, n=2).get("usage") for _ in range(3)]
        with pytest.raises(json.JSONDecodeError):
            post(server.url, message="x" * 400)
        assert usages[0] == {"prompt_tokens": 100, "completion_tokens": 200, "total_tokens": 300}
        assert usages[1] != usages[0] and usages[2] is None
        assert server.ledger == Ledger(choices=6, input_tokens=300, output_tokens=600)
        assert server.charged > 900  # the lost answer was made too


def test_server_counts_the_requests_in_its_hands() -> None:
    arrived, go = threading.Semaphore(0), threading.Event()

    def slow(request: Request) -> str:
        arrived.release()
        go.wait(30)
        return "x"

    with OpenAIServer(Scripted(slow)) as server, ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(post, server.url, str(number)) for number in range(3)]
        assert arrived.acquire(timeout=30)
        wait_until(lambda: max(count for _, count in server.in_flight) >= 3)
        go.set()
        for call in calls:
            call.result(30)
        wait_until(lambda: not server.in_flight[-1][1])
        times = [at for at, _ in server.in_flight]
        assert times == sorted(times)


def test_request_that_was_cut_short_by_its_client_was_not_asked(capfd: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer(Scripted(lambda request: "x")) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        assert server.seen == () and server.in_flight[-1][1] == 0
    assert "Traceback" not in capfd.readouterr().err
