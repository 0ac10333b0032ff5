"""`--model local/…`: download, interrupted download, wrong digest, a run, its clean stop, and no process that stays behind.

The hub is a stand-in on the loopback, the model 200 kB of random weights, llama.cpp the real one. Most of it needs the extra
`local` and the package `gguf`, and is skipped where they are not installed.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.async_model import event_loop
from strop.lm.base import Completion, LanguageModel, Request
from strop.testing import language_model as kit
from support.hub_server import HubServer
from support.processes import all_end, descendants, family_of, handles_of, kill, wait_until

MISSING = [name for name in ("xllamacpp", "huggingface_hub", "gguf") if importlib.util.find_spec(name) is None]
needs_extra = pytest.mark.skipif(
    bool(MISSING), reason=f"the extra `local` and gguf are needed: no {', '.join(MISSING)}"
)
NAME = "someone/models/tiny.gguf"
TINY_RUN = ["--copies", "2", "--lm-budget", "1", "--max-responses", "2", "--meta-budget", "2", "--utility-budget", "3"]
ASK_ONCE = ["doctor", "--model", f"local/{NAME}?ctx=500&max_tokens=32&threads=1"]
OPTIONS = "?ctx=6000&max_tokens=32&threads=1"

Strop = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    runpy.run_path(str(Path(__file__).with_name("tiny_gguf.py")))["write_tiny_gguf"](path)
    return path


@pytest.fixture
def hub(tiny: Path) -> Iterator[Callable[..., HubServer]]:
    """`hub("corrupt", …)`: a hub that has the model in two files, one of them split, and a large one, with these faults."""
    opened: list[HubServer] = []

    def make(*faults: str) -> HubServer:
        data = tiny.read_bytes()
        files = {NAME: data, "someone/models/tiny-Q4.gguf": data, "someone/models/README.md": b"#"}
        opened.append(HubServer(files | {"someone/models/large.gguf": data + bytes(24 << 20)}, faults))
        return opened[-1]

    yield make
    for server in opened:
        server.close()


@pytest.fixture
def environment(tmp_path: Path) -> Callable[..., dict[str, str]]:
    def of(hub: HubServer | None, **more: str) -> dict[str, str]:
        usual = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
        return usual | {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub.url if hub else "http://127.0.0.1:9"} | more

    return of


@pytest.fixture
def strop(tmp_path: Path, environment: Callable[..., dict[str, str]]) -> Strop:
    """`strop(hub, *arguments)`: with that hub, or with none; from the folder in which all its files are."""

    def call(hub: HubServer | None, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "strop", *arguments]
        shown: dict[str, object] = {"capture_output": True, "text": True, "timeout": 120, "check": False}
        return subprocess.run(command, cwd=tmp_path, env=environment(hub, **env), **shown)  # type: ignore[call-overload,no-any-return]

    return call


@pytest.fixture
def local(tiny: Path) -> Iterator[Callable[..., LanguageModel]]:
    """A model of the tiny file, closed in the end."""
    made: list[LanguageModel] = []

    def make(options: str = OPTIONS) -> LanguageModel:
        made.append(registry.make(f"local/{tiny}{options}", base_url=None, seed=0, environ={}))
        return made[-1]

    yield make
    for model in made:
        model.close()


@contextmanager
def running(command: list[str], **how: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is waited for, or killed where the test fails meanwhile."""
    with subprocess.Popen(command, **how) as process:  # type: ignore[call-overload]
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def only_line(ended: subprocess.CompletedProcess[str]) -> str:
    """The last line of standard error, which says what is wrong; there is no traceback."""
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


def living_at(home: Path) -> list[int]:
    """The processes that have this home: what a strop that has ended left behind."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"HOME={home}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def remains(tmp_path: Path) -> list[Path]:
    """What a download has left of itself."""
    return [path for path in (tmp_path / "hf").rglob("*.incomplete") if path.is_file()]


@needs_extra
def test_local_model_is_downloaded_once_and_runs_without_the_hub_afterwards(
    hub: Callable[..., HubServer], strop: Strop, tmp_path: Path
) -> None:
    server = hub()
    first = strop(server, "run", "lpn", "--model", f"local/{NAME}{OPTIONS}", *TINY_RUN)
    assert first.returncode == 0, first.stderr
    for line in ("downloading someone/models/tiny.gguf", "verifying someone/models/tiny.gguf"):
        assert line in first.stderr
    assert [fetched.fault for fetched in server.fetched] == ["ok"]
    assert living_at(tmp_path) == []
    server.close()
    for how in ({}, {"HF_HUB_OFFLINE": "1"}):
        again = strop(None, *ASK_ONCE, **how)
        assert (again.returncode, "downloading" in again.stderr, "verifying" in again.stderr) == (0, False, False)


@needs_extra
def test_download_draws_a_bar_where_there_is_a_terminal(
    hub: Callable[..., HubServer], environment: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    server = hub("corrupt")
    keyboard, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    command = [sys.executable, "-m", "strop", "run", "lpn", *ASK_ONCE[1:]]
    with running(command, cwd=tmp_path, env=environment(server, TERM="xterm"), stderr=terminal):
        os.close(terminal)
        shown = b""
        with suppress(OSError):  # the other end is closed
            while more := os.read(keyboard, 1 << 16):
                shown += more
    os.close(keyboard)
    assert "tiny.gguf: 100%|█" in shown.decode()


@needs_extra
def test_download_goes_on_where_the_connection_ended(hub: Callable[..., HubServer], strop: Strop) -> None:
    server = hub("cut:15000000")
    ended = strop(server, "doctor", "--model", f"local/someone/models/large.gguf{OPTIONS}")
    assert ended.returncode == 0, ended.stderr
    cut, rest = server.fetched
    assert (cut.start, cut.sent) == (0, 15_000_000)
    assert 0 < rest.start <= 15_000_000


@needs_extra
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_download_begins_again_cleanly_when_strop_was_ended(
    number: int,
    hub: Callable[..., HubServer],
    strop: Strop,
    environment: Callable[..., dict[str, str]],
    tmp_path: Path,
) -> None:
    server = hub("stall:100000")
    command = [sys.executable, "-m", "strop", "run", "lpn", *ASK_ONCE[1:]]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running(command, cwd=tmp_path, env=environment(server), **quiet) as stopped:
        assert server.stalled.wait(60)
        stopped.send_signal(number)
    assert len(remains(tmp_path)) == (number == signal.SIGKILL)
    ended = strop(server, *ASK_ONCE)
    assert ended.returncode == 0, ended.stderr
    assert remains(tmp_path) == []


@needs_extra
def test_file_of_a_wrong_digest_is_removed_and_fetched_again_by_the_next_run(
    hub: Callable[..., HubServer], strop: Strop, tmp_path: Path
) -> None:
    server = hub("corrupt")
    wrong = strop(server, "run", "lpn", *ASK_ONCE[1:])
    assert wrong.returncode == 3
    assert "as on the hub" in only_line(wrong)
    assert "has been removed" in only_line(wrong)
    assert not list((tmp_path / "hf").rglob("tiny.gguf"))
    assert strop(server, *ASK_ONCE).returncode == 0


@needs_extra
def test_file_that_has_changed_since_it_was_verified_is_found_out(
    hub: Callable[..., HubServer], strop: Strop, tmp_path: Path
) -> None:
    server = hub()
    assert strop(server, *ASK_ONCE).returncode == 0
    (path,) = (tmp_path / "hf").rglob("tiny.gguf")
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    changed = strop(None, "run", "lpn", *ASK_ONCE[1:])
    assert (changed.returncode, "SHA-256" in only_line(changed)) == (3, True)


@needs_extra
@pytest.mark.parametrize(
    ("name", "fault", "env", "code", "said"),
    [
        ("someone/models/tini.gguf", "", {}, 2, "has no file tini.gguf. It has: tiny.gguf, tiny-Q4.gguf, large.gguf"),
        ("nobody/models/tiny.gguf", "", {}, 2, "has no repository nobody/models"),
        (NAME, "gated", {}, 2, "accept its terms"),
        (NAME, "500", {}, 3, "HTTP 500"),
        (NAME, "size:1000000000000000", {}, 2, "needs 1000000.00 GB"),
        (NAME, "", {"HF_HUB_OFFLINE": "1"}, 2, "run `hf download someone/models tiny.gguf`"),
        (NAME, "", {"HF_ENDPOINT": "http://127.0.0.1:9"}, 3, "cannot be reached"),
        ("someone/models/README.md", "", {}, 2, "must end with .gguf"),
        ("nowhere.gguf", "", {}, 2, "there is no file 'nowhere.gguf'"),
        ("page.gguf", "", {}, 2, "is not a GGUF file: it begins with b'<htm'"),
        ("broken.gguf", "", {}, 3, "llama.cpp could not load"),
    ],
)
def test_what_is_wrong_with_a_local_model_is_said_in_one_line(
    name: str,
    fault: str,
    env: dict[str, str],
    code: int,
    said: str,
    hub: Callable[..., HubServer],
    strop: Strop,
    tiny: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    (tmp_path / "broken.gguf").write_bytes(tiny.read_bytes()[:5000])
    server = hub(*[fault] * bool(fault))
    ended = strop(server, "run", "lpn", "--model", f"local/{name}", TMPDIR=str(tmp_path), **env)
    assert (ended.returncode, said in only_line(ended)) == (code, True), ended.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("local/a/b/c.gguf", "pip install 'strop"),
        ("local/a/b/c.gguf?ctx=none", "ctx is 'none'"),
        ("local/a/b/c.gguf?url=http://127.0.0.1:9", "starts its own server"),
        ("llamacpp/a?ctx=4096", "takes no ctx"),
    ],
)
def test_local_model_says_what_is_missing_or_mistaken(spec: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)  # as where it is not installed
    with pytest.raises(ConfigurationError, match=said):
        registry.make(spec, base_url=None, seed=0, environ={})


@needs_extra
@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_local_model_conforms(check: Callable[[kit.MakeModel], None], local: Callable[..., LanguageModel]) -> None:
    check(local)


@needs_extra
def test_server_of_a_local_model_ends_when_the_model_is_closed(local: Callable[..., LanguageModel]) -> None:
    before = set(descendants(os.getpid()))
    model = local()
    model.complete([Request("", "hello")])
    handles = family_of(os.getpid(), before)
    assert len(handles) == 1
    model.close()
    model.close()
    assert all_end(handles)


@needs_extra
def test_only_the_holder_of_the_key_is_answered_and_the_key_is_not_to_be_seen(
    local: Callable[..., LanguageModel],
) -> None:
    model = local()
    server = model._server  # type: ignore[attr-defined]

    def status(key: str) -> int:
        asked = urllib.request.Request(f"{server.url}/v1/models", headers={"Authorization": f"Bearer {key}"})
        try:
            with urllib.request.urlopen(asked) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert (status("guessed"), status(server.key)) == (401, 200)
    for public in ("cmdline", "environ"):
        assert server.key.encode() not in Path(f"/proc/{server.pid}/{public}").read_bytes()


@needs_extra
def test_server_that_dies_is_told_with_its_last_words_and_what_was_answered_is_kept(
    local: Callable[..., LanguageModel], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = local("?ctx=8000&threads=1&connections=1")
    pid = model._server.pid  # type: ignore[attr-defined]
    kept: list[Completion] = []

    def keep(position: int, completion: Completion) -> None:
        kept.append(completion)
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(LanguageModelError, match=r"llama\.cpp has ended by SIGKILL") as caught:
        model.complete([Request("", f"prompt {number}") for number in range(20)], keep)
    assert [completion for completion in caught.value.completions if completion] == kept
    assert all(fault.attempt < 8 for fault in caught.value.faults)  # nobody waited for it to return
    with pytest.raises(LanguageModelError, match=r"llama\.cpp has ended by SIGKILL"):
        model.complete([Request("", "more")])


@needs_extra
def test_server_ends_with_its_input_where_the_kernel_does_not_see_to_it(local: Callable[..., LanguageModel]) -> None:
    server = local()._server  # type: ignore[attr-defined]
    handle = os.pidfd_open(server.pid)
    event_loop().call_soon_threadsafe(server._process.stdin.close)
    assert all_end([handle])


@needs_extra
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "stopped"])
def test_nothing_is_left_when_strop_is_killed(
    busy: bool, tiny: Path, environment: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "strop", "run", "lpn", "--model", f"local/{tiny}?ctx=8000&threads=1", *TINY_RUN]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    with running(command, env=environment(None), **quiet) as run:
        wait_until(lambda: bool(loading(run.pid)))
        handles, servers = family_of(run.pid), handles_of(loading(run.pid))
        for server in servers if busy else ():
            signal.pidfd_send_signal(server, signal.SIGSTOP)
        run.kill()
    try:
        assert all_end(handles)
    finally:
        kill(servers)
        for server in servers:
            os.close(server)


@needs_extra
def test_closing_from_another_thread_ends_what_is_being_asked(local: Callable[..., LanguageModel]) -> None:
    model = local("?ctx=8000&threads=1&connections=2")
    first = threading.Event()
    ended: list[Exception] = []

    def ask() -> None:
        try:
            model.complete([Request("", f"prompt {number}") for number in range(200)], lambda *_: first.set())
        except LanguageModelError as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert first.wait(60)
    model.close()
    thread.join(60)
    assert len(ended) == 1
    assert "llama.cpp has ended" not in str(ended[0])  # it did not die: it was told to end


def loading(pid: int) -> list[int]:
    """The processes below `pid` that have llama.cpp."""

    def has_it(each: int) -> bool:
        try:
            return "xllamacpp" in Path(f"/proc/{each}/maps").read_text()
        except OSError:
            return False

    return [each for each in descendants(pid) if has_it(each)]
