"""What macOS can enforce: one process a guest under a deny-default Seatbelt profile. Written from documentation, NEVER RUN.

There is no fork server: Apple's frameworks do not survive fork, so each guest is a fresh interpreter (a tenth of a second).
Memory is sampled, not capped: macOS ignores RLIMIT_AS. As everywhere, only what the probes observe is called enforced.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from strop.sandbox.child import ExitStatus
from strop.sandbox.confinement import hygiene
from strop.sandbox.fork_server_host import GUEST

_SAMPLE_SECONDS = 0.02
_RUSAGE_INFO_V2 = 2
_BOOTSTRAP = """
import importlib.util, os, resource, sys
folder, reading, writing = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for which, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 64)):
    resource.setrlimit(which, (limit, limit))
sys.path.insert(0, folder)
import numpy.random, numpy.linalg
spec = importlib.util.spec_from_file_location("guest_main", os.path.join(folder, "main.py"))
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
try:
    module.run(reading, writing)
finally:
    os._exit(70)
"""


def profile(readable: Iterable[str]) -> str:
    """The Seatbelt profile: read `readable` and the system's libraries, write to /dev/null, nothing else."""
    folders = [*readable, "/usr/lib", "/usr/share", "/System/Library", "/Library/Apple", "/private/var/db/dyld", "/dev"]
    allowed = "\n".join(f'  (subpath "{path}")' for path in folders)
    return f"""(version 1)
(deny default)
(allow file-read-metadata)
(allow file-read* (literal "/")
{allowed})
(allow file-write-data (literal "/dev/null"))
(allow process-exec (literal "{os.path.realpath(sys.executable)}") (literal "{sys.executable}"))
(deny process-fork)
(deny network*)
(allow signal (target self))
(allow sysctl-read)
"""


class MacServer:
    """Gives guests as `server.ForkServer` does, without forking them from anything."""

    def __init__(self, memory_bytes: int, guest: Path = GUEST) -> None:
        self.closed = False
        self.report = {"seatbelt": "sandbox-exec, deny by default", "memory": "sampled"}
        self._memory_bytes, self._guest = memory_bytes, guest
        self._child: MacChild | None = None

    def ready(self) -> bool:
        """Never: a guest is started when it is asked for."""
        return False

    def take(self) -> MacChild:
        """A fresh guest."""
        self._child = MacChild(self._memory_bytes, self._guest)
        return self._child

    def close(self) -> None:
        """End its guest. Idempotent."""
        self.closed = True
        if self._child is not None:
            self._child.kill()


class MacChild:
    """One guest process; the same surface as `child.Child`, whose words explain it."""

    def __init__(self, memory_bytes: int, guest: Path) -> None:
        guest_reads, self.to_guest = os.pipe()
        self.from_guest, guest_writes = os.pipe()
        self.output, guest_prints = os.pipe()
        self.pidfd, alive = os.pipe()  # the guest holds the only write end: readable once it has ended
        prefix = str(Path(sys.base_prefix).resolve())
        readable = [prefix, sys.prefix, *hygiene.readable_paths(str(guest))]
        command = ["/usr/bin/sandbox-exec", "-p", profile(dict.fromkeys(readable)), sys.executable, "-s", "-P", "-B"]
        self._process = subprocess.Popen(
            [*command, "-c", _BOOTSTRAP, str(guest), str(guest_reads), str(guest_writes)],
            env=hygiene.environment(),
            pass_fds=[guest_reads, guest_writes, alive],
            stdin=subprocess.DEVNULL,
            stdout=guest_prints,
            stderr=guest_prints,
            cwd="/",
            start_new_session=True,
        )
        for descriptor in (guest_reads, guest_writes, guest_prints, alive):
            os.close(descriptor)
        self.pid = self._process.pid
        self.on_close: Callable[[], None] = lambda: None
        self.denied: Callable[[], Mapping[str, int]] = dict  # Seatbelt tells nobody
        self._cpu_seconds = 0.0
        self._peak = 0
        self._open = True
        threading.Thread(target=self._watch_memory, args=[memory_bytes], daemon=True).start()

    def cpu_seconds(self) -> float:
        """User and system time, from proc_pid_rusage; after its end the last reading."""
        with suppress(OSError):
            self._cpu_seconds, self._peak = _usage(self.pid)
        return self._cpu_seconds

    def starved_seconds(self) -> float:
        """Not counted by this kernel."""
        return 0.0

    def kill(self) -> None:
        """SIGKILL. Idempotent."""
        self._process.kill()

    def reap(self) -> ExitStatus:
        """Kill it if it still runs, and wait for its status."""
        self.kill()
        code = self._process.wait()
        by_signal = code < 0
        return ExitStatus(None if by_signal else code, -code if by_signal else None, self._cpu_seconds, self._peak)

    def close_output(self) -> None:
        """Stop listening. Idempotent."""
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def close(self) -> None:
        """Kill it and close the host's descriptors. Idempotent."""
        if self._open:
            self._open = False
            self.reap()
            self.close_output()
            for descriptor in (self.pidfd, self.to_guest, self.from_guest):
                os.close(descriptor)
            self.on_close()

    def _watch_memory(self, limit: int) -> None:
        ended = threading.Event()
        while self._process.poll() is None and not ended.wait(_SAMPLE_SECONDS):
            with suppress(OSError):
                self._cpu_seconds, self._peak = _usage(self.pid)
            if self._peak > limit:
                self.kill()


def _usage(pid: int) -> tuple[float, int]:
    """CPU seconds and resident bytes of a process (struct rusage_info_v2). Raises OSError when it is gone."""
    info = (ctypes.c_uint64 * 32)()
    library = ctypes.CDLL(None, use_errno=True)
    read_usage: Callable[..., int] = library.proc_pid_rusage
    if read_usage(pid, _RUSAGE_INFO_V2, ctypes.byref(info)) != 0:
        raise OSError(ctypes.get_errno(), "proc_pid_rusage")
    timebase = (ctypes.c_uint32 * 2)()
    library.mach_timebase_info(ctypes.byref(timebase))
    ticks = info[2] + info[3]  # after a 16-byte uuid: user time, system time, in the machine's ticks
    return ticks * timebase[0] / timebase[1] / 1e9, info[8]
