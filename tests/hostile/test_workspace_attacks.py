"""Commands that attack: what they reach outside of their copy, and what outlives them."""

from __future__ import annotations

import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import SandboxError
from strop.sandbox import probe_targets
from strop.sandbox.layers import Layers
from strop.sandbox.workspace.accounting import Busiest
from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.command import Used
from strop.sandbox.workspace.jail import Workspaces
from strop.sandbox.workspace.workspace import JailedWorkspace
from support.ordinary_user import run_tests_as_ordinary_user
from support.processes import GENEROUS_SECONDS, all_end, descendants, family_of, wait_until
from support.rows import table
from support.tiers import slow_unless
from support.trees import written

pytestmark = pytest.mark.usefixtures("nothing_idle")

ATTACKS = Path(__file__).parent / "workspace"
LIMITS = CommandLimits(wall_seconds=30.0, cpu_seconds=30.0, memory_bytes=1 << 30, disk_bytes=8 << 20, processes=64)
BITING = ["reach_network", "read_the_host", "write_to_the_host", "touch_processes", "find_keys"]
"""Attacks that are harmless enough to be shown to succeed where nothing confines them."""


@pytest.fixture(scope="module")
def unconfined() -> Iterator[Workspaces]:
    with Workspaces(slots=2, require=(), layers=Layers.none()) as workspaces:
        yield workspaces


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with a scorer, a link, and the attacks."""
    attacks = {attack.name: attack.read_text("utf-8") for attack in (*ATTACKS.glob("*.py"), *ATTACKS.glob("*.sh"))}
    tree = written(tmp_path / "tree", {"scoring/scorer.py": "SCORE = 0.5\n", **attacks})
    (tree / "link").symlink_to("scoring/scorer.py")
    return tree


@pytest.mark.parametrize(
    ("leaves", "counts", "lives_on"),
    [
        ("true", 0.0, False),
        ("(sleep 0.3; python3 -c 'sum(range(10**6))') > /dev/null 2>&1 &", 0.3, False),
        ("python3 -c 'import os, time; os.fork() or (os.setsid(), os.fork() or time.sleep(0.3))'", 0.3, False),
        ("setsid sh -c 'trap : TERM HUP; sleep 20; touch survived' &", 0.9, True),
        ("python3 -c 'import os, time; os.fork() or (os.setsid(), os.fork() or time.sleep(20))'", 0.9, True),
    ],
)
def test_what_outlives_a_command_counts_for_a_second_and_is_told(
    workspace: JailedWorkspace, leaves: str, counts: float, lives_on: bool
) -> None:
    ran = workspace.run(leaves, replace(LIMITS, outlive_seconds=1.0 if lives_on else 20.0))
    assert ran.ok and ran.wall_seconds >= counts and ran.lived_on == lives_on
    assert workspace.read("survived") is None


@pytest.fixture
def workspace(workspaces: Workspaces, root: Path) -> Iterator[JailedWorkspace]:
    with workspaces.open(Tree(root, {})) as workspace:
        yield workspace


@contextmanager
def host_with_a_key() -> Iterator[int]:
    """A process of the host whose environment has a key, as the host's own may have."""
    with subprocess.Popen(["/bin/sleep", "300"], env={"OPENAI_API_KEY": "sk-the-hosts-own"}) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def attack(workspaces: Workspaces, root: Path, name: str, *, careful: bool) -> list[str]:
    """What an attack says that it got, and what the host found of it."""
    with (
        probe_targets.laid_out(1 << 30) as (targets, traces),
        host_with_a_key() as pid,
        workspaces.open(Tree(root, {})) as workspace,
    ):
        targets |= {"pid": pid, "careful": careful, "private": [str(root.parent)]}
        ran = workspace.run(f"'{sys.executable}' {name}.py", LIMITS, environment={"TARGETS": json.dumps(targets)})
        assert ran.ok, ran.errors
        return [line for line in ran.output.splitlines() if line.startswith("GOT")] + list(traces().values())


@pytest.mark.parametrize("name", [*BITING, "resolve_a_name", "find_descriptors", "gain_rights"])
def test_attack_gets_nothing(workspaces: Workspaces, root: Path, name: str) -> None:
    assert attack(workspaces, root, name, careful=False) == []


@pytest.mark.parametrize("name", BITING)
def test_attack_succeeds_where_nothing_confines_it(unconfined: Workspaces, root: Path, name: str) -> None:
    assert attack(unconfined, root, name, careful=True) != []


def test_refused_calls_are_counted_by_name(workspace: JailedWorkspace) -> None:
    ran = workspace.run("for i in 1 2 3; do python resolve_a_name.py; done; unshare -r true", LIMITS)
    assert ran.denied.get("socket", 0) >= 3
    assert ran.denied.get("unshare", 0) >= 1
    assert workspace.run("true", LIMITS).denied == {}


def test_flood_of_refused_calls_costs_the_host_little_and_harms_nobody(workspaces: Workspaces, root: Path) -> None:
    flood = "import socket\nfor _ in range(50_000):\n    try: socket.socket()\n    except OSError: pass\n"
    with workspaces.open(Tree(root, {"flood.py": flood})) as workspace:
        ran = workspace.run("python flood.py", LIMITS)
        assert ran.ok
        assert ran.denied["socket"] <= 10_001


def test_nothing_of_a_command_lives_on(workspace: JailedWorkspace) -> None:
    assert workspace.run("sh live_on.sh", LIMITS).ok
    before, after = workspace.run("wc -l < beat; sleep 0.2; wc -l < beat", LIMITS).output.split()
    assert 0 < int(before) == int(after)
    assert workspace.read("survived") is None


def test_fork_bomb_ends_with_its_time_and_leaves_a_workspace_that_works(workspaces: Workspaces, root: Path) -> None:
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n"
    with workspaces.open(Tree(root, {"bomb.py": bomb})) as workspace:
        limits = CommandLimits(wall_seconds=0.5, cpu_seconds=30.0, processes=64, memory_bytes=1 << 30)
        assert workspace.run("ulimit -u 64; python -S bomb.py", limits).ending in ("timeout", "out of memory")
        assert workspace.run("echo still here", LIMITS).output == "still here\n"


@pytest.mark.parametrize(
    "command",
    [
        "i=0; while head -c 300000 /dev/zero > f$i; do i=$((i+1)); done; exit 1",
        "i=0; while head -c 300000 /dev/zero > $TMPDIR/f$i; do i=$((i+1)); done; exit 1",
        "i=0; while head -c 300000 /dev/zero > /dev/shm/f$i; do i=$((i+1)); done; exit 1",
    ],
    ids=["copy", "tmp", "shared memory"],
)
def test_disk_is_bounded(workspace: JailedWorkspace, command: str) -> None:
    assert workspace.run(command, LIMITS).ending == "disk full"
    used = workspace.run("du -skx /copy /tmp /dev/shm | awk '{n += $1} END {print n}'", LIMITS)
    assert int(used.output) <= (LIMITS.disk_bytes >> 10) + 64


UNMAPPED = """
import mmap, sys
held = mmap.mmap(-1, 80 << 20)
for start in range(0, len(held), 1 << 20):
    held[start : start + (1 << 20)] = b"x" * (1 << 20)
    held.madvise(mmap.MADV_DONTNEED, start, 1 << 20)
__import__("time").sleep(3)
"""
HELD = {
    "private": "x = b'x' * SIZE",
    "sockets": "import socket; x = [socket.socketpair() for _ in range(SIZE >> 19)]",
    "not accepted": """
import os, socket
door = socket.socket(socket.AF_UNIX)
door.bind("\\0%d" % os.getpid())
door.listen(4096)
for _ in range(SIZE >> 18):
    one = socket.socket(socket.AF_UNIX)
    one.connect(door.getsockname())
    one.setblocking(False)
    try:
        while one.send(bytes(1 << 16)): pass
    except BlockingIOError:
        one.close()
""",
    "datagrams": """
import socket
x = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(SIZE >> 22)]
for number, door in enumerate(x):
    door.bind("\\0%d-%d" % (__import__("os").getpid(), number))
    for _ in range(10):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.sendto(bytes(200 << 10), door.getsockname())
        one.close()
""",
    "shared": "import mmap; x = mmap.mmap(-1, SIZE); x.write(b'x' * SIZE)",
    "unmapped": UNMAPPED,
}


@pytest.mark.parametrize("kind", HELD)
def test_memory_of_all_processes_together_is_bounded(workspaces: Workspaces, root: Path, kind: str) -> None:
    """Shared pages that no process maps, too, where a cgroup counts them."""
    program = f"import time\nSIZE = 80 << 20\n{HELD[kind]}\ntime.sleep(29)\n"
    with workspaces.open(Tree(root, {"hold.py": program})) as workspace:
        needs_a_count_of_unmapped_pages(workspace, HELD[kind])
        limits = CommandLimits(wall_seconds=30.0, memory_bytes=250 << 20)
        assert workspace.run("for i in 1 2 3 4 5; do python -S hold.py & done; wait", limits).ending == "out of memory"


FOUR = """
import os, time
reader, writer = os.pipe()
for _ in range(4):
    if os.fork() == 0:
        held = b"x" * (20 << 20)
        os.write(writer, b"x")
        time.sleep(9)
for _ in range(4): os.read(reader, 1)
time.sleep(3)
"""


def needs_a_count_of_unmapped_pages(workspace: JailedWorkspace, program: str) -> None:
    if program == UNMAPPED and not workspace.report["kernel memory"].startswith("counted"):
        pytest.skip("no cgroup counts shared pages here")


@pytest.mark.parametrize(
    "program",
    [
        "held = bytearray(80 << 20)",
        "import time\nwith open('file', 'wb') as file:\n    for _ in range(80): file.write(bytes(1 << 20))",
        FOUR,
        UNMAPPED,
    ],
    ids=["a process", "a file", "four processes", "unmapped pages"],
)
def test_memory_is_that_of_all_processes_and_files_where_it_counts(
    workspaces: Workspaces, root: Path, program: str
) -> None:
    with workspaces.open(Tree(root, {"use.py": f"{program}\nimport time\ntime.sleep(0.3)\n"})) as workspace:
        needs_a_count_of_unmapped_pages(workspace, program)
        assert 80 <= (workspace.run("python -S use.py", CommandLimits(counts_memory=True)).memory_bytes >> 20) < 140


def test_memory_that_processes_share_is_counted_once(workspaces: Workspaces, root: Path) -> None:
    program = (
        "import mmap, os, time\nx = mmap.mmap(-1, 60 << 20); x.write(b'x' * (60 << 20))\n"
        "for _ in range(8):\n    if os.fork() == 0:\n        x[::4096]; time.sleep(0.4); os._exit(0)\n"
        "for _ in range(8): os.wait()\n"
    )
    with workspaces.open(Tree(root, {"share.py": program})) as workspace:
        assert workspace.run("python -S share.py", CommandLimits(wall_seconds=30.0, memory_bytes=256 << 20)).ok


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.memfd_create('x')",
        "import ctypes; assert ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0",
        "import ctypes; assert ctypes.CDLL(None).semget(0, 32000, 0o1600) >= 0",
        "import ctypes; assert ctypes.CDLL(None).msgget(0, 0o1600) >= 0",
    ],
)
def test_memory_that_nobody_would_count_is_refused(workspaces: Workspaces, root: Path, program: str) -> None:
    with workspaces.open(Tree(root, {"take.py": program})) as workspace:
        ran = workspace.run("python -S take.py", LIMITS)
        assert not ran.ok
        assert set(ran.denied) <= {"memfd_create", "shmget", "semget", "msgget"} != set()


def test_memory_of_names_in_a_folder_is_bounded_where_a_cgroup_counts_it(workspaces: Workspaces, root: Path) -> None:
    make = "import time\nfor n in range(60_000): open(f'/tmp/{n:0200d}', 'w').close()\ntime.sleep(1)\n"
    with workspaces.open(Tree(root, {"make.py": make})) as workspace:
        if "cgroup" not in workspace.report["kernel memory"]:
            pytest.skip("no cgroup can be made here")
        assert workspace.run("python -S make.py", CommandLimits(memory_bytes=40 << 20)).ending == "out of memory"


def test_endless_output_is_cut_and_ended(workspace: JailedWorkspace) -> None:
    ran = workspace.run("yes & yes >&2", CommandLimits(wall_seconds=0.5, output_bytes=10_000))
    assert ran.ending == "timeout"
    assert ran.truncated
    assert len(ran.output) < 20_000 > len(ran.errors)
    long = workspace.run("echo first; seq 100000; echo last", CommandLimits(output_bytes=1000)).output
    assert (long[:6], long[-5:]) == ("first\n", "last\n")


@pytest.mark.parametrize(
    "command", ["exec >&- 2>&-; sleep 300", "trap '' TERM INT HUP; sleep 300", "kill -STOP $$", "cat <&1"]
)
def test_hanging_command_is_ended(workspace: JailedWorkspace, command: str) -> None:
    assert workspace.run(command, CommandLimits(wall_seconds=0.3)).ending == "timeout" or command.startswith("cat")
    assert workspace.run("true", LIMITS).ok


UNREADABLE = "./shell -c 'python -S hide_work.py'"
MADE = "import os; os.write(os.open('shell', os.O_CREAT | os.O_WRONLY, 0o111), open('/bin/sh', 'rb').read())"


@pytest.mark.parametrize(
    "command",
    [
        "python -S hide_work.py",
        f"cp /bin/sh shell; chmod 111 shell; {UNREADABLE}",
        f'python -c "{MADE}"; {UNREADABLE} || python -S hide_work.py',
        f"umask 444; cp /bin/sh shell; umask 022; {UNREADABLE}",
    ],
    ids=["as it is", "by an unreadable program", "that was made as one", "by the mask of new files"],
)
def test_work_of_children_that_nobody_waits_for_is_counted(workspace: JailedWorkspace, command: str) -> None:
    if "hide" in workspace.report["CPU time"]:
        pytest.skip("this machine gives no perf counters")
    assert workspace.run(command, LIMITS).cpu_seconds > 0.35


@pytest.fixture
def hidden(workspaces: Workspaces, root: Path) -> Callable[[int], JailedWorkspace]:
    """A workspace with a shell `hidden` of the machine's that has this mode, and a program that works for 0.4 seconds."""

    def opened(mode: int) -> JailedWorkspace:
        tool = root.parent / "tool"
        tool.mkdir()
        shutil.copy("/bin/sh", tool / "hidden")
        (tool / "hidden").chmod(mode)
        return workspaces.open(Tree(root, {"work.py": "import time\nwhile time.process_time() < 0.4: pass\n"}, [tool]))

    return opened


@pytest.mark.parametrize("mode", [0o711, 0o4111])
@pytest.mark.parametrize("command", ["hidden -c 'python -S work.py; true'", "hidden -c 'python -S work.py &'; wait"])
def test_work_below_a_program_that_may_be_run_and_not_read_is_counted(
    hidden: Callable[[int], JailedWorkspace], mode: int, command: str
) -> None:
    with hidden(mode) as workspace:
        assert workspace.run(command, replace(LIMITS, outlive_seconds=20.0)).cpu_seconds > 0.35


def test_work_below_a_program_that_may_be_run_and_not_read_has_a_limit(
    hidden: Callable[[int], JailedWorkspace],
) -> None:
    with hidden(0o711) as workspace:
        ran = workspace.run("hidden -c 'while :; do python -S work.py; done'", replace(LIMITS, cpu_seconds=1.0))
        assert ran.detail == "CPU time limit of 1 s reached"


WAITS = """
import os, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
child = os.fork()
if child == 0:
    %s
while time.process_time() < 1: pass
os.kill(child, 9)
"""
BY_CHILD = """
import os, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
if os.fork():
    os.nice(19)
    while os.waitpid(-1, os.WNOHANG) == (0, 0): pass
    os._exit(0)
while time.process_time() < 1: pass
"""


@pytest.mark.parametrize(
    "program",
    [WAITS % "os.nice(19)\n    while True: pass", WAITS % "while True: pass", BY_CHILD],
    ids=["a child of the lowest priority", "a child", "the work's parent"],
)
def test_command_that_waits_for_itself_has_no_more_time(workspaces: Workspaces, root: Path, program: str) -> None:
    with workspaces.open(Tree(root, {"waits.py": program})) as workspace:
        assert workspace.run("exec python -S waits.py", replace(LIMITS, wall_seconds=0.5)).ending == "timeout"


@table(
    "busiest, cpu, elapsed, more",
    [
        ((3.0, 7.0, 1), 3.0, 10.0, 7.0),  # one busy thread among others' processes
        ((9.9, 0.1, 1), 10.0, 10.0, 0.0),  # beside its own child of the lowest priority
        ((5.0, 5.0, 1), 10.0, 10.0, 0.0),  # beside its own child, on one core
        ((5.0, 5.0, 2), 10.0, 10.0, 5.0),  # two threads that share two cores with others
        ((5.0, 5.0, 2), 20.0, 10.0, 0.0),  # four threads that have two cores
        ((3.0, 7.0, 8), 75.0, 10.0, 5.0),
    ],
)
def test_waiting_lengthens_a_limit_only_as_far_as_others_had_the_cores(
    busiest: tuple[float, float, int], cpu: float, elapsed: float, more: float
) -> None:
    page = mmap.mmap(-1, 16)
    page[:] = struct.pack("<qq", 1, 0)
    used = Used(0, page, cpu_seconds=cpu, busiest=Busiest(*busiest), ended=elapsed)
    assert used.lengthened_seconds == pytest.approx(more, abs=1e-6)


@pytest.mark.parametrize("clock", ["as the kernel gives it", "none"])
def test_times_of_a_command_begin_with_its_program_where_the_kernel_takes_two_seconds_to_confine_it(clock: str) -> None:
    script = """
import os, socket, sys, time
from strop.sandbox.confinement.bpf import ALLOW, Filter, answer, refuse
from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.workspace import accounting, command
if sys.argv[1] == "none":
    clockless = Filter()
    clockless.on(["perf_event_open"], [answer(refuse(1))])
    clockless.otherwise(ALLOW)
    Kernel().prctl(38, 1)
    clockless.assembled().install(Kernel())
class Slow(Kernel):
    def prctl(self, *arguments):
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
        time.sleep(2)
        return Kernel.prctl(self, *arguments)
nothing = Filter()
nothing.otherwise(ALLOW)
jail = command.CommandJail(Slow(), "/", 1, False, False, False, (), None, limits=False, filter=nothing.assembled())
asked = {"command": "true", "environment": {}, "lays_rooms": False, "outlive_seconds": 0.0, "counts_memory": False}
end, _ = socket.socketpair()
begun = time.monotonic()
how = command.run(jail, end, asked, [os.open(os.devnull, os.O_RDWR) for _ in range(2)])
print(how["cpu"], how["wall"], time.monotonic() - begun, accounting.ProcessClock(Kernel()).complete)
"""
    ran = subprocess.run([sys.executable, "-c", script, clock], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    *seconds, counts = ran.stdout.split()
    cpu, wall, whole = map(float, seconds)
    assert (0 < cpu < 0.2) if counts == "True" else (cpu < 0.2), ran.stdout
    assert 0 < wall < whole - 2 and (clock, counts) != ("none", "True"), ran.stdout


def odd_tree(tree: Path) -> None:
    """Everything that a tree should not have."""
    os.mkfifo(tree / "pipe")
    end = socket.socket(socket.AF_UNIX)
    end.bind(str(tree / "socket"))
    end.close()
    if os.geteuid() == 0:
        os.mknod(tree / "disk", 0o60666, os.makedev(8, 0))
    (tree / "loop").symlink_to("loop")
    (tree / "shadow").symlink_to("/etc/shadow")
    (tree / "up").symlink_to("../../../../..")
    names = {"new\nline": "x", os.fsdecode(b"bad\xff"): "x", "/".join(["d"] * 60) + "/end": "end"}
    written(tree, {"setuid": "#!/bin/sh\nid -u\n", **names})
    (tree / "setuid").chmod(0o6755)
    os.link(tree / "setuid", tree / "hard")
    with (tree / "sparse").open("wb") as file:
        file.truncate(4 << 20)


def test_odd_tree_is_copied_without_what_could_lead_out(workspaces: Workspaces, tmp_path: Path) -> None:
    tree = tmp_path / "odd"
    tree.mkdir()
    odd_tree(tree)
    with workspaces.open(Tree(tree, {})) as workspace:
        ran = workspace.run(
            "ls -1; find . -perm /6000 -type f; cat shadow; cat loop; cat d/d/*/../../../setuid", LIMITS
        )
        names = ran.output.splitlines()
        assert not {"pipe", "socket", "disk"} & set(names)
        assert {"loop", "shadow", "up", "hard"} <= set(names)
        assert "./setuid" not in names
        assert "root:" not in ran.output
        assert all(workspace.read(path) is None for path in ("shadow", "up/etc/passwd", "loop"))
        assert workspace.read("/".join(["d"] * 60) + "/end") == b"end"
        assert workspace.run("rm -rf ./* && echo x > 'new\nline'", LIMITS).ok


HOST = """
import os, sys
from pathlib import Path
from strop.sandbox.layers import Layers
from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces
with Workspaces(slots=1, require=(), layers=Layers(**eval(sys.argv[1]))) as workspaces:
    with workspaces.open(Tree(Path(sys.argv[2]), {})) as workspace:
        os.write(1, b"started")
        workspace.run("trap '' TERM; sh live_on.sh; while :; do :; done", CommandLimits(600.0, 600.0))
"""


@pytest.mark.parametrize("layers", slow_unless(lambda layers: not layers, [{}, {"namespaces": False}]))
def test_no_process_lives_on_when_the_host_is_killed_mid_command(root: Path, layers: dict[str, bool]) -> None:
    with subprocess.Popen([sys.executable, "-c", HOST, repr(layers), str(root)], stdout=subprocess.PIPE) as host:
        try:
            assert host.stdout is not None
            assert host.stdout.read(7) == b"started"
            wait_until(lambda: len(descendants(host.pid)) >= 5)
            family = family_of(host.pid)
        finally:
            host.kill()
    assert all_end(family)


def kill_keeper(workspaces: Workspaces, others: set[int]) -> None:
    os.kill(next(pid for pid in descendants(os.getpid()) if pid not in others), signal.SIGKILL)


@pytest.mark.parametrize("end", [kill_keeper, lambda workspaces, others: workspaces.close()], ids=["kill", "close"])
def test_end_of_the_keeper_mid_command_is_an_error_of_the_host(
    root: Path, end: Callable[[Workspaces, set[int]], None]
) -> None:
    workspaces = Workspaces(slots=1, require=())
    workspaces.open(Tree(root, {})).close()  # the template of keepers stays
    others = set(descendants(os.getpid()))
    with workspaces.open(Tree(root, {})) as workspace, ThreadPoolExecutor(1) as pool:
        busy = pool.submit(workspace.run, "touch begun; sleep 300", CommandLimits(600.0))
        wait_until(lambda: len(set(descendants(os.getpid())) - others) >= 3)
        family = family_of(os.getpid(), others)
        end(workspaces, others)
        assert isinstance(busy.exception(GENEROUS_SECONDS), SandboxError)
    assert all_end(family)
    workspaces.close()
    with pytest.raises(SandboxError):
        workspaces.open(Tree(root, {}))


def test_require_refuses_to_start_where_something_is_missing() -> None:
    with pytest.raises(SandboxError, match="not enforced"):
        Workspaces(slots=1, layers=Layers.none())
    with pytest.raises(ValueError, match="no protection is called"):
        Workspaces(slots=1, require={"magic"})
    Workspaces(slots=1, require={"read", "write", "network", "processes"}).close()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself")
def test_attacks_get_nothing_from_an_ordinary_user_either() -> None:
    """There commands have the uid of their keeper, in a user namespace."""
    run_tests_as_ordinary_user(__file__, "gets_nothing or lives_on or bounded or odd_tree or counted")
