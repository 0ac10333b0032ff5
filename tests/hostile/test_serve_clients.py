"""`strop serve` with clients that keep to no protocol: each gets an answer or an end, and the server goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest

from strop.api.serving import MOST_BYTES
from support.command_line import environment
from support.mcp_client import EVALUATOR, RawClient, message
from support.processes import output_of, wait_until
from support.rows import table
from support.trees import written

TARGET = ["program.py", "--evaluator", "evaluator.py", "--metric", "accuracy:max", "--budget", "3"]
PROGRAM = "def value():\n    return 1\n"
SLOW = "import time\ndef value():\n    time.sleep(3)\n    return 2\n"


@contextmanager
def servers(folder: Path) -> Iterator[Callable[[], RawClient]]:
    """Starts servers on a small target, whose clients have begun as every client does; in the end all are killed."""
    written(folder, {f"target/{name}": text for name, text in (("program.py", PROGRAM), ("evaluator.py", EVALUATOR))})
    command, env = [sys.executable, "-m", "strop", "serve", *TARGET], environment(folder)
    with ExitStack() as stack:

        def start() -> RawClient:
            process = subprocess.Popen(
                command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, cwd=folder / "target", env=env
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            client = RawClient(process)
            client.begin()
            return client

        yield start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], RawClient]]:
    """Start a server on a target of the test's own."""
    with servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawClient]:
    """The client of one server, whose clients are all refused something."""
    with servers(tmp_path_factory.mktemp("server")) as start:
        client = start()
        yield client
        assert "Traceback" not in "\n".join(client.leave()[1])


NO_MESSAGES = {
    "half an object": b"{",
    "no text": b"\xff\xfe\x00",
    "no object": b'"ping"',
    "several at once": b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]',
    "no method": b'{"jsonrpc": "2.0", "id": 1}',
    "another version": b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
    "a half of a pair": b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}',
    "deeper than any stack": b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": ' + b'{"a":' * 100_000,
    "more than a message may have": message("ping", {"x": "x" * MOST_BYTES}, id=1),
    "far more": b" " * 3 * MOST_BYTES + message("ping", id=1),
}


def test_client_is_told_that_a_line_is_no_message_and_is_served_on(
    client: RawClient, subtests: pytest.Subtests
) -> None:
    for name, line in NO_MESSAGES.items():
        with subtests.test(name):
            client.write(line)
            assert client.answer(None)["error"]["code"] == -32700
            assert client.answer(client.ask("ping"))["result"] == {}


PROTOCOL_ERRORS = {
    "there is no tool": [("nope", {}), ("\x1b[2J", {}), ("", {}), ("x" * 10_000, {})],
    "Invalid request parameters": [("measure", []), ("measure", "files"), (None, {}), (7, {})],
}
TOOL_ERRORS: dict[str, list[tuple[str, object]]] = {
    "must be an object": [
        ("measure", {}),
        *(("measure", {"files": files}) for files in (None, [], {}, "program.py", 7)),
    ],
    "takes no argument": [
        ("measure", {"files": {"program.py": PROGRAM}, "seed": 1}),
        ("task", {"x": 1}),
        ("verdict", {"x": 1}),
    ],
    "is not a path inside": [
        ("measure", {"files": {path: PROGRAM}})
        for path in ("", ".", "..", "../program.py", "a/../../program.py", "/etc/passwd", "program.py\0", "~/../x/..")
    ],
    "may not change": [
        ("measure", {"files": {path: PROGRAM}}) for path in ("evaluator.py", "\x1b[2J", "x" * 10_000, "~/x")
    ],
    "must be a text in UTF-8": [
        ("measure", {"files": {"program.py": text}}) for text in (None, 7, [], {}, True, "\0ELF", "x" * 1000 + "\0")
    ],
}
"""What the client is told → calls."""


def test_call_that_no_tool_takes_is_refused_in_one_line(client: RawClient, subtests: pytest.Subtests) -> None:
    for words, calls in PROTOCOL_ERRORS.items():
        for name, arguments in calls:
            with subtests.test(words, name=name, arguments=arguments):
                told = client.answer(client.ask("tools/call", {"name": name, "arguments": arguments}))["error"][
                    "message"
                ]
                assert words in told and told.isprintable() and len(told) < 300
    for words, calls in TOOL_ERRORS.items():
        for name, arguments in calls:
            with subtests.test(words, name=name, arguments=arguments):
                told, is_error = client.text(client.call(name, arguments))
                assert is_error and words in told and told.isprintable() and len(told) < 300


@pytest.mark.slow
def test_each_of_a_thousand_calls_at_once_is_answered(client: RawClient) -> None:
    requests = [client.call("measure", {"files": {"program.py": f"{PROGRAM}# {number}\n"}}) for number in range(1000)]
    answers = [client.text(request) for request in requests]
    assert not answers[0][1]
    refused = "\n".join(words for words, is_error in answers if is_error)
    assert "wait already" in refused and "all 3 measurements were made; call verdict" in refused
    assert client.answer(client.ask("ping"))["result"] == {}


@pytest.mark.slow
def test_client_that_leaves_in_the_middle_of_a_measurement_ends_the_server_which_says_how_to_go_on(
    start: Callable[[], RawClient],
) -> None:
    client = start()
    assert not client.text(client.call("measure", {"files": {"program.py": PROGRAM}}))[1]
    client.runs(client.call("measure", {"files": {"program.py": SLOW}}))
    code, said = client.leave()
    assert code == 0 and said[-1].startswith("strop: To go on: strop serve program.py --out runs/"), said
    assert "Traceback" not in "\n".join(said)
    again = start()
    assert "1 measurement of 3 left" in again.text(again.call("task", {}))[0]


def test_server_ends_with_its_input_in_the_middle_of_a_line(start: Callable[[], RawClient]) -> None:
    client = start()
    assert client.process.stdin
    client.process.stdin.write("{")
    client.process.stdin.flush()
    code, said = client.leave()
    assert code == 0 and "Traceback" not in "\n".join(said), said


def test_server_ends_after_a_client_that_never_reads(start: Callable[[], RawClient]) -> None:
    client = start()
    assert client.process.stdin
    to = client.process.stdin.fileno()
    lines, full = b"".join(message("ping", id=number) + b"\n" for number in range(100_000)), 0
    while lines and full < 100:
        try:
            lines, full = lines[os.write(to, lines) :], 0
        except BlockingIOError:
            full += 1
            time.sleep(0.01)
    assert lines, "the server read on, though nobody reads its answers"
    client.process.stdin.close()
    client.process.stdin = None
    wait_until(lambda: client.process.poll() is not None)
    assert client.process.returncode == 0


@table("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("busy", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_signal_ends_the_server(start: Callable[[], RawClient], number: int, code: int, busy: bool) -> None:
    client = start()
    assert not client.text(client.call("task", {}))[1]
    if busy:
        client.runs(client.call("measure", {"files": {"program.py": SLOW}}))
    client.process.send_signal(number)
    wait_until(lambda: client.process.poll() is not None)  # before its input ends
    said = output_of(client.process)[1]
    assert client.process.returncode == code and "Traceback" not in said, said
