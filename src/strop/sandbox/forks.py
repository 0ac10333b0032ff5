"""What a template does: fork a process whenever a host asks for one. The host's end is `template`; it must not import this file.

A template has imported what its processes need and knows nothing else: neither the host's variables nor what it works on. It has
one thread, and it ends when no host is left, or when it has no processes and nobody asked for one in a minute.

| host | answer |
|---|---|
| `{"fork"}` and the descriptors of the new process, first that of its last words | `{"forked": pid}` and its pidfd, or `failed` |
| the same with `tells` | the same, and a pipe that gets its exit status when it has ended |
| `{"joins"}` and the end of the channel of a further host | `{"joined"}` |
"""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress

from strop.sandbox import control
from strop.sandbox.confinement import hygiene

_IDLE_SECONDS = 60.0


def continue_as_fork(channel: int) -> list[int]:
    """Fork a process whenever a host asks for one, and return in the new process.

    It returns the descriptors that the host sent for the new process, which has nothing else open but the standard streams, and
    leads a session.

    Raises ControlClosed in the template when it is no longer needed."""
    hygiene.settle_memory()
    hosts, status_pipes = [socket.socket(fileno=channel)], dict[int, int]()
    ended, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake)
    while hosts:
        ready = select.select([ended, *(host.fileno() for host in hosts)], [], [], _IDLE_SECONDS)[0]
        if ended in ready:
            os.read(ended, 1 << 16)
        if not _any_left(status_pipes) and not ready:
            raise control.ControlClosed
        for host in [host for host in hosts if host.fileno() in ready]:
            try:
                received = _answered(host, hosts, status_pipes)
            except (control.ControlClosed, OSError):  # it is gone, or what it sent cannot be received
                hosts.remove(host)
                host.close()
                continue
            if received:
                for connection in hosts:
                    connection.detach()
                return received
    raise control.ControlClosed


def _answered(host: socket.socket, hosts: list[socket.socket], status_pipes: dict[int, int]) -> list[int]:
    """Do what a host asks for. Returns the descriptors of a new process in that process, an empty list in the template. Raises
    ControlClosed and OSError.

    `status_pipes`: process id → the pipe that gets its exit status."""
    message, received = control.receive(host)
    if "joins" in message:
        hosts.append(socket.socket(fileno=received[0]))
        control.send(host, {"joined": True})
        return []
    handles: list[int] = []
    try:
        if pid := os.fork():
            handles.append(os.pidfd_open(pid))
            if "tells" in message:  # made after the fork, so that the process cannot write to it
                reader, status_pipes[pid] = os.pipe()
                handles.append(reader)
    except OSError as error:
        answer: control.Message = {"failed": error.errno}
    else:
        if pid == 0:
            return _begun(received)
        answer = {"forked": pid}
    try:
        control.send(host, answer, handles if "forked" in answer else [])
    finally:
        for descriptor in (*received, *handles):
            os.close(descriptor)
    return []


def _begun(received: list[int]) -> list[int]:
    """Free a fresh process of the template: close all but its own descriptors. These get the numbers from 3 on, which tell
    nothing about how many processes and hosts the template has."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(received[0], 2)
    for descriptor in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
        if descriptor > 2 and descriptor not in received[1:]:
            with suppress(OSError):  # that of the list itself
                os.close(descriptor)
    numbers = {descriptor: number for number, descriptor in enumerate(sorted(received[1:]), 3)}
    for descriptor, number in numbers.items():
        # A lower number is free: all open descriptors are in `numbers`, and lower ones have moved already.
        if number < descriptor:
            os.dup2(descriptor, number, inheritable=False)
            os.close(descriptor)
    return [numbers[descriptor] for descriptor in received[1:]]


def _any_left(status_pipes: dict[int, int]) -> bool:
    """Whether a process lives. Reaps ended ones, so that their CPU time counts as that of the host's descendants."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if (pipe := status_pipes.pop(ended[0], -1)) >= 0:
                with suppress(BrokenPipeError):
                    os.write(pipe, b"%d" % os.waitstatus_to_exitcode(ended[1]))
                os.close(pipe)
        return True
    return False
