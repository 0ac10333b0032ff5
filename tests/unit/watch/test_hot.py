"""`strop hot`: what it says of commands of a project, whose output, exit status and files stay theirs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.sandbox import strop_plain_data as plain_data
from strop.watch.watched import remove, run_watched, watched_elsewhere
from support.command_line import environment, run_here, run_process
from support.processes import output_of, wait_until
from support.rows import table
from support.trees import contents, written

pytestmark = pytest.mark.process
PYTHON = sys.executable
GRIND = """
def grind(n):
    total = 0
    for i in range(n):
        total += i * i
    return total
"""
"""A function in which all time is spent."""
LARGE, SMALL = 200_000, 20_000
"""Different enough for the order of two functions on any machine."""


def project(folder: Path, files: dict[str, str]) -> Path:
    return written(folder, {"pyproject.toml": "", **files})


def hot(folder: Path, *command: str, options: tuple[str, ...] = ("--once",), **variables: str) -> Any:
    """What `strop hot` ended with in a folder, and as `found` the document it printed."""
    ended = run_here("hot", *options, "--json", "--", *command, cwd=folder, env=environment(folder.parent) | variables)
    ended.found = json.loads(ended.stdout) if ended.stdout else None
    return ended


def shares(ended: Any) -> dict[str, float]:
    """Name of a function → its share of the time."""
    return {one["function"]: one["share"] for one in ended.found["functions"]}


def row(ended: Any, name: str) -> Any:
    return next(one for one in ended.found["functions"] if one["function"] == name)


APP = f"""import sys
{GRIND}
def large():
    return grind({LARGE})


def small():
    return grind({SMALL})


def main():
    for _ in range(20):
        large()
        small()
    print("to stdout", *sys.argv[1:])
    print("to stderr", file=sys.stderr)
    return 3


if __name__ == "__main__":
    sys.exit(main())
"""


def test_shares_are_cumulative_and_in_the_order_of_work(tmp_path: Path) -> None:
    found = shares(hot(project(tmp_path / "p", {"app.py": APP}), PYTHON, "app.py"))
    assert found["app:main"] >= found["app:grind"] >= found["app:large"] > found.get("app:small", 0.0)
    assert [*found.values()] == sorted(found.values(), reverse=True)


def test_output_and_exit_status_are_those_of_the_command(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"app.py": APP})
    ended = run_here("hot", "--top", "2", "--", PYTHON, "app.py", "--json", "-x", cwd=folder, env=environment(tmp_path))
    assert (ended.returncode, ended.stdout) == (3, "to stdout --json -x\n")
    lines = ended.stderr.splitlines()
    assert "not in the jail" in lines[0] and lines[1] == "to stderr" and ended.stderr.count("to stderr") == 1
    assert re.search(r"ran \d+\.\d s of CPU \(sampled every .*\); \d+% in functions of this project", lines[-1])
    assert "the command ended with status 3" in lines and re.search(r"and \d more functions?: --top \d", ended.stderr)


def test_a_signal_that_ends_the_command_is_its_exit_status(tmp_path: Path) -> None:
    text = f"import os, signal\n{GRIND}\ngrind(5_000_000)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    ended = hot(project(tmp_path / "p", {"app.py": text}), PYTHON, "app.py")
    assert ended.returncode == ended.found["status"] == 128 + signal.SIGKILL
    assert "app:grind" in shares(ended) and "the command was ended by SIGKILL" in ended.found["notes"]


POOL = f"""import multiprocessing, sys
{GRIND}
def work(n):
    return grind({LARGE} + n)

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with multiprocessing.Pool(2) as pool:
        print(sum(pool.map(work, range(40))))
"""


@pytest.mark.heavy
@table("method", ["fork", "spawn", "forkserver"])
def test_nothing_is_written_into_the_project_or_left_in_the_folder_of_temporary_files(
    tmp_path: Path, method: str
) -> None:
    folder = project(tmp_path / "p", {"app.py": POOL})
    with TemporaryDirectory(prefix="hot-") as short:  # the path of a socket has few characters
        ended = run_process(
            "hot", "--", PYTHON, "app.py", method, cwd=folder, env=environment(tmp_path) | {"TMPDIR": short}
        )
        assert ended.returncode == 0 and contents(folder) == {"pyproject.toml": "", "app.py": POOL}, ended.stderr
        assert list(Path(short).glob("strop*")) == []


def test_the_folder_of_results_is_removed_though_a_process_that_ends_late_writes_into_it(tmp_path: Path) -> None:
    for attempt in range(10):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        descriptor = os.open(folder, os.O_RDONLY)

        def write_late(descriptor: int = descriptor) -> None:
            for number in range(300):
                try:
                    os.close(os.open(f"late.{number}", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=descriptor))
                except FileNotFoundError:  # the folder is removed
                    break
            os.close(descriptor)

        late = threading.Thread(target=write_late)
        late.start()
        remove(folder)
        late.join()
        assert not folder.exists()


WHERE = {
    "script": ("", [PYTHON, "app.py"], "app:large"),
    "module of a package": ("pkg/", [PYTHON, "-m", "pkg.app"], "pkg.app:large"),
    "below src": ("src/pkg/", [PYTHON, "-m", "pkg.app"], "pkg.app:large"),
    "script in a folder that is no package": ("scripts/", [PYTHON, "scripts/app.py"], "scripts/app.py:large"),
    "below a shell": ("", ["sh", "-c", f"{PYTHON} app.py"], "app:large"),
}


@table(("place", "command", "name"), WHERE.values(), WHERE)
def test_functions_are_named_as_the_project_imports_them(
    tmp_path: Path, place: str, command: list[str], name: str
) -> None:
    package = {f"{place}__init__.py": ""} if "pkg" in place else {}
    folder = project(tmp_path / "p", {f"{place}app.py": APP, **package})
    ended = hot(folder, *command, PYTHONPATH=str(folder / "src") if "src" in place else "")
    assert row(ended, name)["command"].startswith(f"strop improve {name} --record '"), ended.found


def test_pytest_is_a_command_like_any_other(tmp_path: Path) -> None:
    tests = "import app\n\ndef test_large():\n    for _ in range(20):\n        assert app.large()\n"
    folder = project(tmp_path / "p", {"app.py": APP, "test_app.py": tests})
    ended = hot(folder, PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", options=(), PYTHONPATH=str(folder))
    assert ended.returncode == 0 and "1 passed" in ended.stderr
    assert row(ended, "app:large")["calls"] == 20 and row(ended, "test_app:test_large")["command"] == ""


C_CALL = f"""import hashlib
{GRIND}
def in_c():
    hashlib.pbkdf2_hmac("sha256", b"", b"", 1_600_000)

def in_python():
    grind({LARGE})

in_c()
in_python()
"""


def test_one_long_call_of_c_counts_in_full(tmp_path: Path) -> None:
    found = shares(hot(project(tmp_path / "p", {"app.py": C_CALL}), PYTHON, "app.py"))
    assert found["app:in_c"] > found.get("app:in_python", 0.0)


THREADS = f"""import threading
{GRIND}
def early():
    grind(2 * {LARGE})

def late():
    for _ in range(20):
        grind({LARGE})

def both():
    early()
    late()

threads = [threading.Thread(target=both) for _ in range(2)]
for each in threads:
    each.start()
grind({LARGE})
for each in threads:
    each.join()
"""


def test_threads_have_the_cpu_time_that_they_use_while_the_main_one_waits(tmp_path: Path) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": THREADS}), PYTHON, "app.py")
    assert shares(ended)["app:late"] > 2 * shares(ended).get("app:early", 0.0) and ended.found["notes"] == []


FORKS = f"""import os, sys
{GRIND}
def in_child():
    grind(20 * {LARGE})

def in_parent():
    grind({LARGE})

child = os.fork()
if not child:
    in_child()
    os._exit(5)
in_parent()
print(os.waitpid(child, 0)[1] >> 8)
child = os.fork()
if not child:
    in_child()
    os.execvp("sh", ["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; exit 7"])
print(os.waitpid(child, 0)[1] >> 8)
sys.stdout.flush()
os.execvp("nosuch", ["nosuch"]) if len(sys.argv) > 1 else os.execv("/bin/sh", ["sh", "-c", "exit 9"])
"""


def test_forked_processes_are_seen_and_other_programs_do_not_die_of_the_timer(tmp_path: Path) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": FORKS}), PYTHON, "app.py")
    assert ended.returncode == 9 and re.findall(r"^\d$", ended.stderr, re.M) == ["5", "7"]
    assert shares(ended)["app:in_child"] > shares(ended).get("app:in_parent", 0.0)


@pytest.mark.heavy
@table("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_are_seen_though_they_are_killed(tmp_path: Path, method: str) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": POOL}), PYTHON, "app.py", method, options=())
    assert ended.returncode == 0 and row(ended, "app:work")["calls"] > 1


OWN_TIMER = f"""import signal, sys
{GRIND}
seen = []
grind({LARGE})
assert signal.signal(signal.SIGPROF, lambda *given: seen.append(1)) == signal.SIG_DFL
signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
while not seen:
    grind({LARGE})
assert signal.getitimer(signal.ITIMER_PROF)[1] == 0.01
signal.setitimer(signal.ITIMER_PROF, 0)
grind(20 * {LARGE})
"""


def test_program_that_profiles_itself_is_left_alone_and_told(tmp_path: Path) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": OWN_TIMER}), PYTHON, "app.py")
    assert ended.returncode == 0, ended.stderr
    assert any("uses SIGPROF or ITIMER_PROF itself" in note for note in ended.found["notes"])


LOOP = f"""import asyncio, os, signal
{GRIND}
async def main():
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    grind(400 * {LARGE})
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(stopped.wait(), 30)

asyncio.run(main())
"""


@pytest.mark.heavy
def test_event_loop_that_was_busy_for_long_hears_its_signals(tmp_path: Path) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": LOOP}), PYTHON, "app.py")
    assert ended.returncode == 0 and "Exception" not in ended.stderr, ended.stderr[-500:]
    assert "app:grind" in shares(ended)


def test_sitecustomize_of_the_user_runs(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"app.py": APP, "own/sitecustomize.py": 'print("mine runs")\n'})
    ended = hot(folder, PYTHON, "app.py", PYTHONPATH=str(folder / "own"))
    assert "mine runs\n" in ended.stderr and "app:large" in shares(ended)


NOTES = {
    "isolated": ([PYTHON, "-I", "app.py"], 3, "no Python process was seen"),
    "not Python": (["sh", "-c", "exit 4"], 4, "no Python process was seen"),
    "too short": ([PYTHON, "-c", ""], 0, "too short to sample|no function of this project"),
    "nothing of the project": ([PYTHON, "-c", "sum(range(4 * 10**7))"], 0, "no function of this project .* takes 5%"),
    "fails": ([PYTHON, "app.py"], 3, "the command ended with status 3"),
}


@table(("command", "status", "note"), NOTES.values(), NOTES)
def test_what_limits_the_figures_is_told(tmp_path: Path, command: list[str], status: int, note: str) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": APP}), *command)
    assert ended.returncode == status and re.search(note, "\n".join(ended.found["notes"])), ended.found


def test_short_program_runs_again_until_there_are_samples_enough(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"app.py": f"{GRIND}\ngrind({LARGE})\n"})
    ended = hot(folder, PYTHON, "app.py", options=())
    assert "app:grind" in shares(ended) and row(ended, "app:grind")["calls"] == 1, ended.found
    assert not any("too short" in note for note in ended.found["notes"])


def test_program_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no-such-program cannot be run: No such file or directory"):
        run_watched(["no-such-program"], (), {})


WORK = "for i in range(20_000 + 7_919 * n % 40_000):\n            n += i * i"
"""Much the same in each function, so that each has its share; of different lengths, which keep no step with the timer."""
EFFECTS = f"""import os, socket, subprocess, sys

def taken(n):
    for i in range(4_000 + n):
        leaf(i)

def leaf(n):
    return short(n)

def short(n):
    for i in range(6):
        n += i * i
    return n

class Report:
    def writes(self, n):
        {WORK}
        with open(os.path.join(sys.argv[1], "out"), "w") as file:
            file.write(str(n))

    @staticmethod
    def starts(n):
        if not n % 20:
            subprocess.run(["true"])
        {WORK}

    class Net:
        def connects(n):
            with socket.socket() as one:
                one.connect_ex(("127.0.0.1", 9))
            {WORK.replace("        ", "            ")}

def main():
    for n in range(60):
        taken(n)
        for each in (Report().writes, Report.starts, Report.Net.connects):
            each(n)

main()
"""
KINDS = f"""import asyncio

def outer():
    def inner(n):
        {WORK}
    return inner

class Lazy:
    async def ticks(n):
        {WORK}
        yield n

    async def awaited(n):
        {WORK}

    def generated(n):
        {WORK}
        yield n

class Few:
    def same(n, also):
        {WORK}

    def once(times):
        for n in range(times):
            {WORK.replace("        ", "            ")}

async def loop():
    inner = outer()
    for n in range(60):
        inner(n)
        async for _ in Lazy.ticks(n):
            pass
        await Lazy.awaited(n)
        list(Lazy.generated(n))
        Few.same(n % 2, 0)
    Few.once(60)

asyncio.run(loop())
"""
FOUND = {
    EFFECTS: {
        "taken": "",
        "leaf": "too short",
        "short": "too short",
        "Report.writes": "opens files to write",
        "Report.starts": "starts processes",
        "Report.Net.connects": "connects",
        "main": "runs as the whole program",
    },
    KINDS: {
        "Lazy.awaited": "",
        "Lazy.generated": "",
        "Few.same": "2 different calls",
        "Few.once": "called once",
        "outer.<locals>.inner": "nested function",
        "Lazy.ticks": "async generator",
    },
}


@pytest.mark.heavy
@table(("text", "expected"), FOUND.items())
def test_table_says_what_measures_each_function_and_why_its_calls_do_not(
    tmp_path: Path, text: str, expected: dict[str, str]
) -> None:
    folder = project(tmp_path / "p", {"app.py": text})
    listed = hot(folder, PYTHON, "app.py", str(tmp_path), options=("--top", "30")).found["functions"]
    functions = [one for one in listed if one["function"] != "app:<module>"]  # imports, if they take long
    reasons = {one["function"].partition(":")[2]: one["reason"] for one in functions}
    reasons.pop("loop", None)  # its share lies about that of a whole program
    assert reasons == expected
    assert [*reasons.values()].index("") == 0
    for one in functions:
        assert one["command"].endswith(" --set fixed_input=true") is bool(one["reason"]), one
        assert one["command"].startswith(f"strop improve {one['function'].partition('.<locals>')[0]} --record ")
    assert {one["calls"] for one in functions if not one["reason"]} == {60}


TWICE = f"""import os, sys
{GRIND}
grind(20 * {LARGE})
if os.path.exists(sys.argv[1]):
    sys.exit("it was here before")
open(sys.argv[1], "w").close()
"""


def test_second_run_that_behaves_otherwise_is_told_and_not_counted(tmp_path: Path) -> None:
    ended = hot(project(tmp_path / "p", {"app.py": TWICE}), PYTHON, "app.py", str(tmp_path / "there"), options=())
    assert ended.returncode == 0 and row(ended, "app:grind")["calls"] is None
    assert any("the second run ended with status 1, unlike the first" in note for note in ended.found["notes"])


def test_input_from_a_file_is_read_again_in_the_second_run(tmp_path: Path) -> None:
    text = f"import sys\n{GRIND}\nfor line in sys.stdin:\n    grind(int(line))\n"
    folder = project(tmp_path / "p", {"app.py": text, "in.txt": f"{LARGE}\n" * 30})
    with (folder / "in.txt").open() as file:
        command = [PYTHON, "-m", "strop", "hot", "--json", "--", PYTHON, "app.py"]
        ended = subprocess.run(
            command, cwd=folder, env=environment(tmp_path), stdin=file, capture_output=True, text=True, check=True
        )
    assert json.loads(ended.stdout)["functions"][0]["calls"] == 30


ENDLESS = f"""import pathlib, sys
{GRIND}
try:
    while True:
        grind({LARGE})
        if len(sys.argv) > 1:
            pathlib.Path(sys.argv[1]).touch()
finally:
    print("cleaned up")
"""


@table(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_interrupts_the_command_too_and_what_was_seen_is_printed(tmp_path: Path, number: int, code: int) -> None:
    folder = project(tmp_path / "p", {"app.py": ENDLESS})
    command = [PYTHON, "-m", "strop", "hot", "--", PYTHON, "app.py", str(tmp_path / "began")]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, env=environment(tmp_path), text=True, **streams) as process:  # type: ignore[call-overload]
        wait_until((tmp_path / "began").exists)
        process.send_signal(number)
        out, err = output_of(process)
    assert process.returncode == code and out == "cleaned up\n"
    assert "app:grind" in err and "it was stopped" in err and "Traceback" in err


SEES = """import inspect, os, pickle, sys

class Base:
    def name(self):
        return "base"

class Child(Base):
    def name(self):
        return super().name() + "d"

async def coroutine():
    return 1

def generator():
    got = yield 1
    try:
        yield got
    except KeyError:
        yield "caught"
    return 5

def plain(n: int = 1) -> int:
    "Docs."
    if n == 0:
        raise ValueError("zero")
    return n and plain(n - 1) if n > 1 else n

def often():
    return 1

def deep(n):
    return n and 1 + deep(n - 1)

def delegate():
    return (yield from generator())

def main():
    steps = delegate()
    said = [next(steps), steps.send("sent"), steps.throw(KeyError)]
    try:
        next(steps)
    except StopIteration as stop:
        said.append(stop.value)
    try:
        coroutine().send(None)
    except StopIteration as stop:
        said.append(stop.value)
    print(said, Child().name(), inspect.iscoroutinefunction(coroutine), inspect.isgeneratorfunction(generator))
    print(inspect.signature(plain), plain.__doc__, plain.__name__, pickle.loads(pickle.dumps(plain)) is plain, plain(3))
    print(deep(900), sum(often() for _ in range(3000)))
    try:
        plain(0)
    except ValueError as error:
        print(error)
    print(os.path.basename(__file__), __name__, __spec__, sys.path[0] == os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    main()
"""
ALL_OF_SEES = ["Child.name", "Base.name", "coroutine", "generator", "plain", "delegate", "deep", "often", "main"]


def test_counted_functions_behave_as_they_are(tmp_path: Path) -> None:
    written(tmp_path, {"app.py": SEES})
    apart = subprocess.run([PYTHON, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    with (tmp_path / "out").open("w") as file:
        plan = {"wanted": [[str(tmp_path / "app.py"), name] for name in ALL_OF_SEES]}
        watched = run_watched([PYTHON, str(tmp_path / "app.py")], ("counter",), plan, stdout=file.fileno())
    assert watched.status == 0 and watched.failed == () and (tmp_path / "out").read_text() == apart.stdout
    (process,) = watched.by_tool["counter"]
    assert {name: seen[0] for name, seen in zip(ALL_OF_SEES, process.seen, strict=True)} == {
        "Child.name": 1,
        "Base.name": 1,
        "coroutine": 1,
        "generator": 1,
        "plain": 2,
        "delegate": 1,
        "deep": 1,
        "often": 3000,
        "main": 1,
    }


def test_environment_and_umask_of_the_command_are_the_users(tmp_path: Path) -> None:
    text = f'import os\n{GRIND}\ngrind({LARGE})\nprint(os.environ.get("PYTHONPATH", "").split(":")[1:], os.umask(0))\n'
    folder = project(tmp_path / "p", {"app.py": text})
    command = ["sh", "-c", f"umask 027; exec {PYTHON} -m strop hot -- {PYTHON} app.py"]
    env = environment(tmp_path) | {"PYTHONPATH": "mine:/other"}
    ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert ended.stdout == f"['mine', '/other'] {0o27}\n", ended.stderr


def test_program_elsewhere_names_no_file_and_no_python_of_this_machine(tmp_path: Path) -> None:
    lies = {"argv": [], "python": "/evil", "seconds": 1.0, "own": 0.0}
    seen = plain_data.encode(["/copy/a.py", "/copy/../etc/passwd", "/etc/passwd", "word"])
    files = {"sampler.1.1": plain_data.encode({**lies, "seen": seen}), "failed.1": b"\x1b[2J"}
    with watched_elsewhere(lambda given: (0, 1.0, files), tmp_path, "/copy"):
        watched = run_watched("false", ["sampler"], {"project": str(tmp_path)})
    (process,) = watched.by_tool["sampler"]
    nowhere = f"{tmp_path}/.elsewhere"
    assert process.seen == [f"{tmp_path}/a.py", nowhere, nowhere, "word"] and process.python == ""
    assert "\x1b" not in watched.failed[0] and watched.status == 0
