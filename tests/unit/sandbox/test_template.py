"""A template, and what is forked from it: what it starts with, how its end is told, and what a new template is for."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import pytest

from strop.sandbox import control
from strop.sandbox.template import ForkedProcess, Template
from support.processes import handles_of, holds, kill_and_wait, stopped, wait_until

pytestmark = pytest.mark.process
FORKED = """
import json, os, resource, socket, sys
from strop.sandbox.forks import continue_as_fork
end, *more = continue_as_fork(int(sys.argv[1]))
host = socket.socket(fileno=end)
while code := host.recv(1 << 16).decode():
    host.send(json.dumps(eval(code)).encode())
"""
"""What is forked says what the lines of the host are worth."""
OPENED = """sorted(os.readlink(f"/proc/self/fd/{each}").split(":")[0] for each in os.listdir("/proc/self/fd")
    if os.path.lexists(f"/proc/self/fd/{each}"))"""


class Forked:
    """A process, and the channel to it."""

    def __init__(self, template: Template, *descriptors: int, tells: bool = False) -> None:
        self._end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ExitStack() as failed, theirs:
            failed.enter_context(self._end)
            self.process: ForkedProcess = template.fork(theirs.fileno(), *descriptors, tells=tells)
            failed.pop_all()

    def worth(self, code: str) -> Any:
        self._end.send(code.encode())
        return json.loads(self._end.recv(1 << 16))

    def asked(self, code: str) -> None:
        self._end.send(code.encode())

    def close(self) -> None:
        self._end.close()
        self.process.end()


@contextmanager
def made(variables: Mapping[str, str] | None = None) -> Iterator[tuple[Template, Callable[..., Forked]]]:
    known = {"PATH": os.environ["PATH"]} if variables is None else variables
    command = [sys.executable, "-c", FORKED]
    with closing(Template(lambda channel: [*command, str(channel)], lambda: known)) as template, ExitStack() as stack:

        def fork(*descriptors: int, tells: bool = False) -> Forked:
            return stack.enter_context(closing(Forked(template, *descriptors, tells=tells)))

        yield template, fork


def test_process_has_the_descriptors_that_it_was_given_and_no_others_however_many_were_forked_before() -> None:
    with made() as (_, fork):
        own = ["/dev/null", "/dev/null", "/memfd", "socket"]  # the standard streams, and what it was given
        null = os.open(os.devnull, os.O_RDONLY)
        assert fork(tells=True).worth(OPENED) == own
        for _ in range(3):
            assert fork(null, tells=True).worth(OPENED) == sorted([*own, "/dev/null"])
        os.close(null)


def test_descriptors_of_a_process_tell_nothing_of_what_else_its_template_has() -> None:
    numbers = "[end, *more]"
    with made() as (template, fork), ExitStack() as stack:
        null = stack.enter_context(closing(socket.socket())).fileno()
        first = fork(null).worth(numbers)
        hosts = [stack.enter_context(template.joined()) for _ in range(3)]
        alive = [fork(null, tells=True) for _ in range(2)]
        hosts[0].close()
        assert [each.worth(numbers) for each in (*alive, fork(null))] == [first] * 3


def test_process_leads_a_session_and_has_the_variables_of_its_template_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "a-canary-of-the-environment")
    with made({"KNOWN": "1"}) as (template, fork):
        child = fork()
        assert child.worth("[os.getsid(0) == os.getpid(), {**os.environ}.get('KNOWN'), 'CANARY' in os.environ]") == [
            True,
            "1",
            False,
        ]
        assert template.pid is not None
        for pid in (template.pid, child.process.pid):
            assert not holds(pid, b"a-canary-of-the-environment")


@pytest.mark.parametrize(
    ("code", "status"), [("os._exit(3)", 3), ("os.kill(os.getpid(), 15)", -15), ("os.abort()", -6)]
)
def test_exit_status_of_a_process_is_told(code: str, status: int) -> None:
    with made() as (_, fork):
        child = fork(tells=True)
        child.asked(code)
        assert child.process.wait(60) and child.process.returncode == status


def test_process_whose_template_was_killed_counts_as_killed_and_goes_on() -> None:
    with made() as (template, fork):
        child = fork(tells=True)
        kill_and_wait(template.pid)
        assert child.worth("1") == 1
        child.asked("os._exit(3)")
        assert child.process.wait(60) and child.process.returncode == -signal.SIGKILL


def test_last_words_of_a_process_are_the_last_line_of_its_standard_error() -> None:
    with made() as (_, fork):
        child = fork()
        child.asked(r"os.write(2, b'first\nlast\n') and os._exit(1)")
        assert child.process.wait(60) and child.process.last_words == "last"


def test_template_that_was_killed_is_replaced_before_it_is_asked_and_while_it_is() -> None:
    with made() as (template, fork):
        assert fork().worth("1") == 1
        kill_and_wait(template.pid)
        assert fork().worth("2") == 2
        held = template.pid
        assert held is not None
        os.kill(held, signal.SIGSTOP)
        wait_until(lambda: stopped(held))
        children: list[Forked] = []
        asking = threading.Thread(target=lambda: children.append(fork()))
        asking.start()
        kill_and_wait(template.pid)
        asking.join(60)
        assert children[0].worth("3") == 3 and template.pid != held


def test_template_that_ends_at_once_is_named_with_its_last_words() -> None:
    template = Template(lambda channel: [sys.executable, "-c", "raise SystemExit('no such module')"], dict)
    with pytest.raises(control.ControlClosed, match="no such module"):
        template.fork()
    template.close()


def test_answer_to_a_request_that_was_interrupted_is_not_taken_for_that_to_the_next() -> None:
    with made() as (template, fork):
        first = fork()
        assert template.pid is not None
        (handle,) = handles_of([template.pid])
        os.kill(template.pid, signal.SIGSTOP)
        with pytest.raises(KeyboardInterrupt):
            threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start()
            fork()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGCONT)
        os.close(handle)
        for _ in range(3):
            again = fork()
            assert again.worth("os.getpid()") == again.process.pid
        assert first.worth("'still here'") == "still here"


FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
CHANGES = {
    "a limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES[0] - 1, FILES[1])),
    "the umask": lambda: os.umask(0o021),
    "the priority": lambda: os.nice(1),
    "the processors": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
}
FACTS = "[resource.getrlimit(resource.RLIMIT_NOFILE), os.umask(0), os.nice(0), sorted(os.sched_getaffinity(0))]"


@pytest.mark.parametrize(
    "change",
    [
        "a limit",
        "the umask",
        pytest.param("the priority", marks=pytest.mark.skipif(os.nice(0) == 19, reason="there is none below")),
        pytest.param(
            "the processors", marks=pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="there is only one")
        ),
    ],
)
def test_process_inherits_what_its_host_has_changed_of_itself_since_the_template_began(change: str) -> None:
    """In a child, which does not change the process of the tests."""
    pid = os.fork()
    if pid == 0:
        ended = 1
        with suppress(BaseException), made() as (template, fork):
            before, asked = fork().worth(FACTS), template.pid
            CHANGES[change]()
            own = json.loads(json.dumps(eval(FACTS)))
            os.umask(own[1])
            after = fork().worth(FACTS)
            ended = int(after != own or after == before or template.pid == asked)
        os._exit(ended)
    assert os.waitpid(pid, 0)[1] == 0


def test_template_stays_while_nothing_has_changed_and_is_new_for_other_variables() -> None:
    variables = {"KNOWN": "1"}
    with made(variables) as (template, fork):
        pids = [(fork(), template.pid)[1] for _ in range(3)]
        variables["KNOWN"] = "2"
        assert len({*pids}) == 1 and fork().worth("os.environ['KNOWN']") == "2" and template.pid != pids[0]


def test_process_of_another_host_comes_from_the_template_that_it_joined_until_that_is_gone() -> None:
    with made() as (template, fork), made() as (guest_of, fork_there):
        assert fork().worth("1") == 1
        guest_of.join(template.joined())
        assert fork_there().worth("os.getppid()") == template.pid and guest_of.pid is None
        kill_and_wait(template.pid)
        assert fork_there().worth("os.getppid()") == guest_of.pid
