"""Run one command: start it, watch it, end it with all its processes, and account for it. Runs in a keeper; `end` leads to the
host."""

from __future__ import annotations

import math
import mmap
import os
import resource
import select
import signal
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from strop.sandbox import control
from strop.sandbox.confinement import descriptors, identity, landlock, limits
from strop.sandbox.confinement.bpf import Assembled
from strop.sandbox.confinement.kernel import PR_SET_PDEATHSIG, Kernel
from strop.sandbox.workspace import accounting

_FIRST_LOOK, _LOOK, _LAST_LOOK = 0.02, 0.1, 0.005
"""Seconds between two measurements of what a command uses: before the first, between later ones, and once its own process has
ended."""
_MOST_STILL = 10
"""One of so many measurements is made while the command's clock stands still: a program that its user may execute and not read
loses its clock."""
_DESCRIPTORS = 1024
_SHELL = "/bin/sh"
_NOT_STARTED = 126


@dataclass
class CommandJail:
    """The confinement that every command of a workspace applies to itself."""

    kernel: Kernel
    root: str
    """Root of the copy."""
    unique: int
    process_one: bool
    own_processes: bool
    """Whether nobody else has the commands' uid or user namespace, so that RLIMIT_NPROC counts only their processes."""
    identity: bool
    needed: tuple[str, ...]
    """Files that the commands' user must be able to read."""
    proc: int | None
    """A descriptor of a /proc that shows the commands: that of their own pid namespace, if there is one, or the host's."""
    limits: bool = True
    rules: int | None = None
    """A Landlock ruleset."""
    filter: Assembled | None = None
    audited: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    kernel_memory: Sequence[int] = ()
    """Descriptors of the files that say how much memory the kernel holds for the keeper and all commands."""
    all_processes: int = -1
    """A descriptor of the host's /proc."""
    is_bound: bool = False
    """Whether the process that confines its children has emptied its bounding set."""
    rooms: Mapping[str, Any] = field(default_factory=dict)
    """For a command that lays rooms (`tree_server`): how the root is laid, and what may be seen and written in it."""


class BecomesFirst(BaseException):
    """Raised in a fresh process that becomes the first process of a tree. Where it is caught, no name of the keeper is left."""


@dataclass
class Used:
    """What a command has used, by the measurements so far, and how its own process ended."""

    pid: int
    begun: mmap.mmap
    """When it began, in nanoseconds of the monotonic clock and of its CPU time; 0 while it is being confined."""
    kernel_before: tuple[int, int] = (0, 0)
    """Memory that the kernel held before it, and has not given back."""
    files_before: int = 0
    reaped_seconds: float = 0.0
    """CPU time of reaped processes, with that of being confined."""
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    """The most memory of its processes together, or of one of them, by the measurements; `files_bytes`: the most of its files."""
    files_bytes: int = 0
    busiest: accounting.Busiest = field(default_factory=accounting.Busiest)
    status: int | None = None
    ended: float = 0.0
    """When its own process ended, if nothing outlived it; on the monotonic clock."""
    lived_on: bool = False
    """Whether something still ran when the command, and the time for which processes may outlive it, were over."""

    @property
    def seconds(self) -> float:
        """How long it ran, or has run; 0 if it has not begun."""
        begun = int.from_bytes(self.begun[:8], "little") / 1e9
        return (self.ended or time.monotonic()) - begun if begun else 0.0

    @property
    def lengthened_seconds(self) -> float:
        """Seconds by which waiting lengthens its limit of wall time: as long as its busiest thread had no core, but no longer
        than others can have used the cores."""
        others = self.busiest.cores * self.seconds - self.cpu_seconds
        return max(0.0, min(self.busiest.starved_seconds, others))

    def count(self, clock: accounting.ProcessClock, alive: float = 0.0) -> None:
        """Count its CPU time: by the clock, and at least that of all processes that were reaped or are `alive`.

        By the clock alone, a program that may be executed and not read would use nothing. Being confined is no part of the
        command: its time is left out, and as much again for exec(2), which takes less.
        """
        confining = int.from_bytes(self.begun[8:], "little") / 1e9
        least = self.reaped_seconds + alive - 2 * confining if confining else 0.0
        self.cpu_seconds = max(self.cpu_seconds, clock.seconds() or 0.0, least)

    def reap(self, flags: int = 0) -> bool:
        """Reap and count a process, with those that it reaped itself. Returns whether there was one that had ended.

        Raises ChildProcessError if none is left.
        """
        reaped, ended, usage = os.wait4(-1, flags)
        if reaped:
            self.reaped_seconds += usage.ru_utime + usage.ru_stime
            self.memory_bytes = max(self.memory_bytes, usage.ru_maxrss << 10)
        if reaped == self.pid:
            self.status = ended
        return reaped != 0

    def is_last(self) -> bool:
        """Reap all processes that have ended. Returns whether none is left."""
        try:
            while self.reap(os.WNOHANG):
                pass
        except ChildProcessError:
            return True
        return False


def run(jail: CommandJail, end: socket.socket, request: Mapping[str, Any], streams: Sequence[int]) -> dict[str, object]:
    """Run a command until it ends, or the host or a limit ends it. Returns the message for the host. See `Keeper._run`.

    Raises ControlClosed if the host is gone.
    """
    clock = accounting.ProcessClock(jail.kernel)
    started = time.monotonic()
    keeper, begun = os.getpid(), mmap.mmap(-1, 16)
    pid = os.fork()
    if pid == 0:
        _become_command(jail, keeper, end, request, streams, begun)
    for stream in streams:
        os.close(stream)
    pidfd = os.pidfd_open(pid)
    used = Used(pid, begun, accounting.kernel_memory(jail.kernel_memory), _files(jail))
    try:
        stopped = _watch(jail, end, pidfd, request, clock, used)
        used.files_bytes = max(used.files_bytes, _files(jail) - used.files_before)
    finally:
        _end_all(jail, used)
        os.close(pidfd)
        used.count(clock)
        clock.close()
    seconds = used.seconds or time.monotonic() - started
    return {
        "status": used.status or 0,
        "stopped": stopped,
        "lived_on": used.lived_on,
        "cpu": used.cpu_seconds,
        "rss": used.memory_bytes,
        "files": used.files_bytes,
        "wall": seconds,
    }


def _watch(
    jail: CommandJail,
    end: socket.socket,
    pidfd: int,
    request: Mapping[str, Any],
    clock: accounting.ProcessClock,
    used: Used,
) -> str:
    """Wait until the command has ended; return why it was stopped, or an empty text. Once its own process has ended, the others
    may take `outlive_seconds`, or up to ten times as long while they wait for a core."""
    ready = select.poll()
    ready.register(pidfd, select.POLLIN)
    ready.register(end.fileno(), select.POLLIN)
    pause, over, still = _FIRST_LOOK, math.inf, 0
    look = time.monotonic() + pause
    most: float | None = None  # seconds that waiting for a core may add, once the host says that the command is late
    while True:
        for descriptor, _ in ready.poll(max(0.0, look - time.monotonic()) * 1000):
            if descriptor == pidfd:
                ready.unregister(pidfd)
                used.ended = time.monotonic()
                over = used.ended + request["outlive_seconds"]
                continue
            message: dict[str, Any] = dict(control.receive(end)[0])
            if "late" in message:
                most = message["late"]
                continue
            # a room begins: what the last one left is not its own
            used.kernel_before = accounting.kernel_memory(jail.kernel_memory)
        if over == math.inf and most is None and time.monotonic() < look:
            continue
        if over < math.inf:
            used.lived_on = not used.is_last()
            if not used.lived_on or time.monotonic() >= over + min(
                used.lengthened_seconds, 10 * request["outlive_seconds"]
            ):
                return ""
            used.ended = 0.0
        pause = (_FIRST_LOOK if request["counts_memory"] else _LOOK) if over == math.inf else _LAST_LOOK
        look = time.monotonic() + pause
        # what waits uses no more memory than before, and a measurement takes half a millisecond
        is_due = most is not None or over < math.inf or request["counts_memory"]
        still = 0 if is_due or not clock.stands_still() else still + 1
        if still % _MOST_STILL:
            continue
        if beyond := _beyond(jail, request, clock, used):
            return beyond
        if most is not None and used.seconds >= request["wall_seconds"] + min(used.lengthened_seconds, most):
            return "wall"


def _files(jail: CommandJail) -> int:
    """Bytes that the files of the copy and of the temporary folder take in memory."""
    if not jail.rooms.get("root"):
        return 0
    disk = os.statvfs(jail.root)
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize


def _beyond(jail: CommandJail, request: Mapping[str, Any], clock: accounting.ProcessClock, used: Used) -> str:
    """The limit on all processes together that was exceeded: `cpu`, `memory` or an empty text."""
    used.count(clock)
    if jail.proc is not None:
        if jail.process_one:
            commands = [pid for pid in accounting.listed(jail.proc) if pid != 1]
        else:
            commands = accounting.descendants(jail.proc, os.getpid())
        used.busiest = accounting.busiest(jail.proc, commands, used.busiest)
        exact = request["counts_memory"]
        enough = 0 if exact else request["memory_bytes"]
        living = accounting.alive(jail.proc, commands, enough, own_sockets=jail.process_one)
        kernel, shared = now = accounting.kernel_memory(jail.kernel_memory)
        before = used.kernel_before = min(now[0], used.kernel_before[0]), min(now[1], used.kernel_before[1])
        files = max(0, _files(jail) - used.files_before)
        # Pages of a shared mapping stay when a process takes them out of its page table.
        unmapped = max(0, shared - before[1] - files - living.mapped)
        memory = max(living.resident, living.largest) + unmapped
        used.memory_bytes = max(
            used.memory_bytes, memory if exact else living.largest
        )  # of those that nobody waits for, too
        used.files_bytes = max(used.files_bytes, files)
        if jail.limits and memory + living.buffers + kernel - before[0] > request["memory_bytes"]:
            return "memory"
        used.count(clock, living.cpu_seconds)
    return "cpu" if jail.limits and used.cpu_seconds > request["cpu_seconds"] else ""


def _end_all(jail: CommandJail, used: Used) -> None:
    """Kill and reap all remaining processes."""
    if jail.process_one:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # all of them at one moment, so that none can escape by forking
    while True:
        if not jail.process_one:
            _kill_below(jail)
        try:
            if not used.reap(0 if jail.process_one else os.WNOHANG):
                time.sleep(0.001)
        except ChildProcessError:
            return


def _kill_below(jail: CommandJail) -> None:
    """Kill all descendants one by one, where there is no pid namespace. The keeper is the reaper of orphans."""
    if jail.proc is not None:
        for pid in accounting.descendants(jail.proc, os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _become_command(
    jail: CommandJail,
    keeper: int,
    end: socket.socket,
    request: Mapping[str, Any],
    streams: Sequence[int],
    begun: mmap.mmap,
) -> NoReturn:
    """Make a fresh child the command: apply the confinement, note when that is done, then become the shell.

    Raises BecomesFirst where there is no command."""
    try:
        kernel = jail.kernel
        output, errors, *standard_input = streams
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.dup2(standard_input[0] if standard_input else os.open(os.devnull, os.O_RDONLY), 0)
        os.setsid()
        os.umask(0o022)
        os.chdir(jail.root)
        if request["lays_rooms"]:
            end.close()  # it may have one of these numbers
            identity.keep_only(kernel, range(64), in_programs=True)
            kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.dup2(jail.all_processes, ALL_PROCESSES)
            os.dup2(control.sealed(description_of(jail, request)), DESCRIBED)
        else:
            for listener in confine(jail, bounds_of(jail, request), keeper):
                control.send(end, {"listener": True}, [listener])
                os.close(listener)
            descriptors.close_from(kernel, 3)
        begun[:] = struct.pack("<qq", time.monotonic_ns(), time.process_time_ns())
        variables = {**jail.environment, **request["environment"]}
        if request["command"]:
            os.execve(_SHELL, [_SHELL, "-c", request["command"]], variables)
        os.closerange(3, DESCRIBED)
        descriptors.close_from(kernel, ALL_PROCESSES + 1)
        os.environ.clear()
        os.environ.update(variables)
        raise BecomesFirst
    except Exception as error:  # noqa: BLE001 - the last frame of this process, unless it becomes another's first
        os.write(2, f"the command cannot be started: {error}\n".encode("utf-8", "replace"))
    os._exit(_NOT_STARTED)


def confine(jail: CommandJail, bounds: Mapping[int, int], parent: int) -> list[int]:
    """Apply the confinement to the caller, a child of the process `parent`. Returns the listener of its filter, if it has one.

    `bounds`: see `bounds_of`.

    Exits the caller if its parent has ended. Raises OSError.
    """
    kernel = jail.kernel
    if jail.identity:
        identity.become(kernel, jail.unique, jail.needed, is_bound=jail.is_bound)
    kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of uid, which clears it
    if os.getppid() != parent:
        os._exit(_NOT_STARTED)
    if jail.rules is not None:
        landlock.restrict(kernel, jail.rules)
    listener = [] if jail.filter is None else _filter(jail, jail.filter)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python
        signal.signal(ignored, signal.SIG_DFL)
    limits.apply(bounds)
    return listener


DESCRIBED, ALL_PROCESSES = 100, 101
"""The descriptors on which a command that lays rooms finds what `jail_of` needs, and the host's /proc."""
_FIELDS = ("unique", "own_processes", "identity", "needed", "limits", "audited", "rooms")


def description_of(jail: CommandJail, request: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data with which another process can confine its children as this one confines its commands (`jail_of`)."""
    described = {name: getattr(jail, name) for name in _FIELDS}
    return {**described, "filter": jail.filter and jail.filter.instructions, "asked": dict(request)}


def jail_of(described: Mapping[str, Any], root: str) -> CommandJail:
    """The jail that `facts_of` described, for a room."""
    fields = {name: described[name] for name in _FIELDS}
    kernel, instructions = Kernel(), described["filter"]
    return CommandJail(
        kernel,
        root=root,
        process_one=False,
        proc=None,
        filter=Assembled(instructions) if instructions else None,
        **fields,
    )


def _filter(jail: CommandJail, program: Assembled) -> list[int]:
    """Install the filter. Returns its listener, if it has one."""
    # some kernels have no listeners, others only one for a whole container: then calls are refused without being counted
    with suppress(OSError):
        if jail.audited:
            return [program.install_with_listener(jail.kernel)]
    program.install(jail.kernel)
    return []


def bounds_of(jail: CommandJail, request: Mapping[str, Any]) -> dict[int, int]:
    """Resource → limit, as far as the caller can set it itself."""
    if not jail.limits:
        return {}
    bounds = {
        resource.RLIMIT_AS: request["memory_bytes"],
        resource.RLIMIT_CORE: 1,  # 0 would still start the program of a core_pattern that is a pipe (core(5))
        resource.RLIMIT_CPU: int(request["cpu_seconds"]) + 1,
        resource.RLIMIT_FSIZE: request["disk_bytes"],
        resource.RLIMIT_NOFILE: _DESCRIPTORS,
        resource.RLIMIT_MEMLOCK: 1 << 16,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 1024,
    }
    own = {resource.RLIMIT_NPROC: request["processes"]} if jail.own_processes else {}
    return limits.attainable(bounds | own)
