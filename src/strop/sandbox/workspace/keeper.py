"""The keeper of one workspace: makes the copy in a root of its own, then runs one command after another in it.

It is process 1 of the commands' pid namespace, so that none of them outlives it, and it outlives no host. It reads nothing that a
command says. Started by the host (workspace.py); not to be imported by it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from strop.globs import matcher
from strop.sandbox import control
from strop.sandbox.confinement import filters, identity, landlock, namespaces
from strop.sandbox.confinement.kernel import PR_SET_PDEATHSIG, Kernel
from strop.sandbox.process_one import continue_as_process_one
from strop.sandbox.workspace import accounting, command, copying, guarding, leftovers, place, plan
from strop.sandbox.workspace.command import Jail
from strop.sandbox.workspace.commands_filter import commands_filter
from strop.sandbox.workspace.reading import open_regular

_PR_SET_CHILD_SUBREAPER = 36
_TOLD = 100
"""So many tampered files are told by name."""
_KEPT = (0, 1, 2, 3, 5, 6, 7, 8, 19, 21, 38)
"""Capabilities of process 1: to own and read all files of the copy, to kill, to become the command's user and to take all rights
from it, to see its memory in /proc, to bound the file system, to count its CPU time."""


class Keeper:
    """One workspace, from inside."""

    def __init__(self, end: socket.socket, given: plan.Plan) -> None:
        self._end, self._plan = end, given
        self._kernel = Kernel()
        self._unique = os.getpid()
        self._layers = given.layers
        self.report: dict[str, str] = {}
        self._proc: int | None = None
        self._below: int | None = None
        self._guard: guarding.Guard | None = None
        self._known: frozenset[str] | None = None
        self._place = plan.COPY if self._layers.private_root else f"{given.folder}/copy"
        self._needed = () if self._layers.private_root else (given.folder, given.python)
        self.jail = self._prepare()

    def _prepare(self) -> Jail:
        layers, kernel = self._layers, self._kernel
        self._proc = host = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        source = os.open(self._plan.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stub = os.pidfd_open(os.getpid())
        entered: tuple[str, ...] = ()
        if layers.namespaces:
            entered = namespaces.enter(kernel, mounts=layers.private_root)
            self.report["namespaces"] = " ".join(entered)
            continue_as_process_one(self._end, kernel, None)
        else:
            kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        offered = self._offered()
        uid = offered.uid if offered is not None and offered.own else None
        if layers.private_root:
            self._enter_root(source, uid)
        else:
            self._below = accounting.descendants(host, self._unique)[0] if entered else self._unique
            self._fill(source, self._place, uid)
        os.close(source)
        if layers.identity:
            identity.keep_only(kernel, _KEPT if os.geteuid() == 0 or "user" in entered else ())
            self.report["identity"] = str(offered or identity.Identity(os.geteuid(), own=False))
        if layers.namespaces:
            kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # with the stub
            if select.select([stub], [], [], 0)[0]:
                raise control.Hangup
        os.close(stub)
        jail = Jail(
            kernel,
            place=self._place,
            unique=self._unique,
            process_one=os.getpid() == 1,
            own_processes=uid is not None or "user" in entered,
            identity=layers.identity,
            needed=self._needed,
            proc=self._proc,
            below=self._below,
            limits=layers.limits,
            environment=self._environment(),
        )
        self._restrict(jail)
        clock = accounting.Clock(kernel)
        self.report["CPU time"] = accounting.COUNTED[clock.complete]
        clock.close()
        return jail

    def _offered(self) -> identity.Identity | None:
        """Who the commands will be, where they can be somebody else than the keeper."""
        if not self._layers.identity or os.geteuid() != 0:
            return None
        return identity.offered(self._unique, self._needed)

    def _enter_root(self, source: int, uid: int | None) -> None:
        def fill(there: str) -> None:
            self._fill(source, there, uid)

        shown = os.geteuid() if uid is None else uid
        self._proc = None
        if place.enter(self._kernel, self._plan.readable, shown, fill):
            self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.report["private root"] = "entered" if self._proc is not None else "entered, without /proc"
        self._guard = self._moved()

    def _fill(self, source: int, there: str, uid: int | None) -> None:
        writable = matcher(self._plan.writable)
        copied = copying.copy_tree(source, there, self._plan.files, writable)
        mounts = self._layers.private_root and uid is None
        self._guard = guarding.guard(self._kernel, there, copied, uid=uid, mounts=mounts)
        self.report["protected files"] = guarding.WAYS[self._guard.way]

    def _moved(self) -> guarding.Guard | None:
        if self._guard is not None:
            self._guard.place = self._place
        return self._guard

    def _environment(self) -> dict[str, str]:
        scratch = "/tmp" if self._layers.private_root else f"{self._plan.folder}/tmp"
        return {
            "PATH": ":".join(self._plan.search),
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
            "PWD": self._place,
        }

    def _restrict(self, jail: Jail) -> None:
        """Prepare what every command puts on itself."""
        layers, kernel = self._layers, self._kernel
        version = landlock.abi(kernel) if layers.landlock else 0
        if version:
            writable = (
                place.WRITABLE if layers.private_root else (f"{self._plan.folder}/copy", f"{self._plan.folder}/tmp")
            )
            shown = ("/",) if layers.private_root else (*place.SYSTEM, *self._plan.readable, "/proc")
            jail.rules = landlock.command_rules(kernel, version, (*shown, *place.DEVICES), (*writable, "/dev/null"))
        self.report["landlock"] = f"ABI {version}" if version else "not used"
        if not layers.seccomp or not filters.known_architecture():
            self.report["seccomp"] = "not used"
            return
        jail.filter = commands_filter(audited=layers.audit, own_network=layers.namespaces and layers.private_root)
        jail.audited = layers.audit
        self.report["seccomp"] = "a list of refused calls"

    def serve(self) -> None:
        """Do what the host asks, until it hangs up."""
        while True:
            message, descriptors = control.receive(self._end)
            if "run" in message:
                self._run(plan.opened(descriptors[0]), descriptors[1], descriptors[2])
            elif "read" in message:
                found = open_regular(self._place, str(message["read"]))
                control.send(self._end, {"file": found is not None}, [] if found is None else [found])
                if found is not None:
                    os.close(found)
            elif "clear" in message:
                control.send(self._end, {"cleared": self._clear()})
            elif "tampered" in message:
                found_paths = self._guard.tampered() if self._guard is not None else []
                control.send(self._end, {"tampered": [path[:300] for path in found_paths[:_TOLD]]})

    def _clear(self) -> bool:
        """Remove what was made since the first time that this was asked for; whether it is gone."""
        places = place.WRITABLE if self._layers.private_root else (self._place, f"{self._plan.folder}/tmp")
        if self._known is None:
            self._known = leftovers.known(places)
            return True
        return leftovers.remove_new(places, self._known)

    def _run(self, asked: dict[str, Any], output: int, errors: int) -> None:
        if self._layers.private_root and self._layers.limits:
            place.resize(self._kernel, asked["disk_bytes"])
        ended = command.run(self.jail, self._end, asked, output, errors)
        full = self._layers.private_root and self._layers.limits and place.is_full()
        control.send(self._end, {"ended": ended | {"full": full}})


def main() -> None:
    """argv: the descriptor of the control channel."""
    end = socket.socket(fileno=int(sys.argv[1]))
    end.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(control.Hangup):
        _, descriptors = control.receive(end)
        try:
            keeper = Keeper(end, plan.from_sent(plan.opened(descriptors[0])))
        except (OSError, ValueError) as error:
            control.send(end, {"failed": str(error)})
            return
        me = os.pidfd_open(os.getpid())
        control.send(end, {"ready": keeper.report}, [me])
        os.close(me)
        keeper.serve()
