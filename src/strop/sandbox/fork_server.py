"""The fork server: a process that confines itself once, then forks one fresh, fully confined guest after another.

One guest lives at a time, and the next is forked in advance. The server holds no secrets, parses no bytes from a guest, and
ends as soon as the host closes its end of the control channel, whatever its guest is doing. It keeps one right: to choose the
next process id, so that all guests have the same. A guest finds nothing of earlier guests in its stack and its variables.

Servers are forked from a template that has imported what guests need (`forks`). `fork_server_host` starts it; the host must not
import this file.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from strop.sandbox import control, preload
from strop.sandbox.confinement import descriptors, filters, hygiene, identity, landlock, limits, namespaces, root
from strop.sandbox.confinement.bpf import Assembled
from strop.sandbox.confinement.kernel import PR_SET_PDEATHSIG, Kernel
from strop.sandbox.forks import continue_as_fork
from strop.sandbox.init_process import continue_as_process_one
from strop.sandbox.layers import Layers

_BROKEN_GUEST = 70
_KEPT = (40,)
"""CAP_CHECKPOINT_RESTORE, which allows to number processes, since Linux 5.9."""
_SERVER, _GUEST = 1, 2
"""Process ids of server and guest in a namespace of their own."""


@dataclass
class Preparation:
    """What the server prepares before its first fork and every guest applies to itself."""

    kernel: Kernel
    guest: preload.GuestMain
    limits: dict[int, int] = field(default_factory=dict)
    scope: int | None = None
    """A Landlock ruleset."""
    filter: Assembled | None = None
    numbering: int = -1
    """A descriptor of the file with the number after which the kernel looks for the next process id."""
    identity: bool = False
    """Whether a guest has to give up the right to write the file of `numbering`."""
    report: dict[str, str] = field(default_factory=dict)
    """Layer to its status, for people. `posture` observes what is really enforced."""


def main() -> None:
    """Run the template, and each server. argv: the descriptor of its channel; last, the guest's folder."""
    folder = sys.argv[-1]
    os.umask(0o022)  # guests look for modules in folders that are made here, whatever their user id
    guest, missing = preload.load_guest(folder), preload.preload()
    guest.open_output()
    guest.rehearse()
    try:
        (channel,) = continue_as_fork(int(sys.argv[1]))
        end = socket.socket(fileno=descriptors.settle(channel))
        message, _ = control.receive(end)
        try:
            prepared, listener = _prepare(end, message["content"], folder, guest, missing)
        except OSError as error:
            control.send(end, {"failed": str(error), "errno": error.errno})
            return
        control.send(end, {"ready": prepared.report}, listener)
        for descriptor in listener:
            os.close(descriptor)
        descriptors.silence()
        _become_guest(prepared, *_serve(end, prepared))
    except control.ControlClosed:
        return


def _prepare(
    end: socket.socket, plan: control.Message, folder: str, guest: preload.GuestMain, missing: Sequence[str]
) -> tuple[Preparation, list[int]]:
    """Do what a server does once: enter namespaces and confine itself. Raises OSError if the kernel refuses these layers."""
    layers, memory_bytes = Layers(**plan["layers"]), int(str(plan["memory_bytes"]))
    kernel, report, unique = Kernel(), dict[str, str](), os.getpid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    stub = os.pidfd_open(os.getpid())
    if layers.namespaces:
        report["namespaces"] = " ".join(namespaces.enter(kernel))
        continue_as_process_one(end, kernel, unique)
    readable = hygiene.readable_paths(folder)
    report["preload"] = f"missing {' '.join(missing)}" if missing else "complete"
    prepared = Preparation(kernel, guest, identity=layers.identity, report=report)
    hygiene.assert_single_threaded()
    own_processes = "user" in report.get("namespaces", "")
    mapped = limits.mapped_bytes()
    if layers.namespaces:
        with suppress(OSError):  # some containers show it read-only
            prepared.numbering = os.open("/proc/sys/kernel/ns_last_pid", os.O_WRONLY | os.O_CLOEXEC)
        root.enter(kernel, readable)
    if layers.identity:
        me = identity.become(kernel, unique, _needed_files(), _KEPT if layers.namespaces else ())
        report["identity"] = str(me)
        own_processes = own_processes or me.own
    if layers.namespaces:
        # die with the stub; set here because a change of uid would have cleared it
        kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if select.select([stub], [], [], 0)[0]:
            raise control.ControlClosed  # it died before the line above
    os.close(stub)
    if layers.limits:
        prepared.limits = limits.attainable(limits.guest_limits(memory_bytes, mapped, own_processes=own_processes))
    if layers.landlock:
        _landlock(prepared, readable, needed=not layers.namespaces)
    if layers.audit:
        report["audit"] = "unavailable: there is no system call filter"
    listener = _seccomp(prepared, audit=layers.audit) if layers.seccomp else []
    os.chdir("/")
    hygiene.forget("strop", [folder, *(path for path in sys.path if path.startswith(readable))])
    hygiene.settle_memory()
    return prepared, listener


def _needed_files() -> list[str]:
    """Files that an interpreter must be able to read for lazy imports."""
    modules = (sys.modules[name] for name in ("os", "numpy"))
    return [str(module.__file__) for module in modules]


def _landlock(prepared: Preparation, readable: tuple[str, ...], *, needed: bool) -> None:
    version = landlock.abi(prepared.kernel, needed=needed)
    if version == 0:
        prepared.report["landlock"] = "this kernel has none"
        return
    prepared.scope = landlock.scope_rules(prepared.kernel, version)
    rules = landlock.file_rules(prepared.kernel, version, readable)
    landlock.restrict(prepared.kernel, rules)
    os.close(rules)
    prepared.report["landlock"] = f"ABI {version}"


def _seccomp(prepared: Preparation, *, audit: bool) -> list[int]:
    """Put the server's filter on, prepare the guest's. Returns the listener's descriptor, if there is one."""
    if not filters.known_architecture():
        prepared.report["seccomp"] = "this architecture's system calls are not known"
        return []
    listener = []
    if audit:
        try:
            listener = [filters.server_filter(audited=True).install_with_listener(prepared.kernel)]
            prepared.report["audit"] = "forbidden calls are counted, except plain forks and signals"
        except OSError as error:  # some kernels have no listeners, others only one for a whole container
            prepared.report["audit"] = f"unavailable: {error}"
    if not listener:
        filters.server_filter().install(prepared.kernel)
    prepared.filter = filters.guest_filter(audited=bool(listener))
    prepared.report["seccomp"] = "two filters"
    return listener


def _serve(end: socket.socket, prepared: Preparation) -> tuple[int, int, int, int]:
    """Fork guests until the host hangs up. Returns in each guest: the server's process id, what it prints to, and its pipes from
    and to the host."""
    server = os.getpid()
    while True:
        with suppress(OSError):
            os.pwrite(prepared.numbering, b"%d" % _SERVER, 0)
        guest_input, to_guest = os.pipe()
        from_guest, guest_output = os.pipe()
        output, guest_stdout = os.pipe()
        pid = prepared.kernel.fork()
        if pid == 0:
            return server, guest_stdout, guest_input, guest_output
        pidfd = os.pidfd_open(pid)
        try:
            if server == _SERVER and pid != _GUEST:  # it would tell how many processes there were before
                raise control.ControlClosed
            control.send(end, {"child": True}, [pidfd, to_guest, from_guest, output])
            for descriptor in (guest_input, to_guest, from_guest, guest_output, output, guest_stdout):
                os.close(descriptor)
            _wait_or_end(end, pidfd)
            os.close(pidfd)
            control.send(end, {"ended": True, **_buried(pid)})
        except control.ControlClosed:
            os.kill(pid, signal.SIGKILL)
            os._exit(0)


def _wait_or_end(end: socket.socket, pidfd: int) -> None:
    """Wait for the guest to end. Raises ControlClosed when the host is gone first: no guest outlives it."""
    ready = select.poll()
    ready.register(pidfd, select.POLLIN)
    ready.register(end.fileno(), 0)  # hang-up only
    if any(descriptor == end.fileno() for descriptor, _ in ready.poll()):
        raise control.ControlClosed


def _buried(pid: int) -> dict[str, object]:
    """How a guest ended, for the host. In a pid namespace, where all other processes are the guest's, they are killed and
    reaped."""
    _, status, usage = os.wait4(pid, 0)
    if os.getpid() == _SERVER:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(-1, signal.SIGKILL)
            while True:
                os.waitpid(-1, 0)
    return {"status": status, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss << 10}


def _become_guest(prepared: Preparation, server: int, output: int, from_host: int, to_host: int) -> NoReturn:
    """Confine a fresh child, run the guest's loop in it, and exit."""
    try:
        kernel = prepared.kernel
        if prepared.identity:
            identity.drop_capabilities(kernel)
        kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() not in (0, server):
            os._exit(_BROKEN_GUEST)  # the server died before the line above
        if prepared.scope is not None:
            landlock.restrict(kernel, prepared.scope)
        descriptors.keep(kernel, output=output, from_host=from_host, to_host=to_host)
        limits.apply(prepared.limits)
        if prepared.filter is not None:
            prepared.filter.fill_in(os.getpid())
            prepared.filter.install(kernel)
        prepared.guest.run(3, 4)
    except BaseException as error:  # noqa: BLE001 (the last frame of a guest: its words go where its output goes)
        os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(_BROKEN_GUEST)
