"""What every kind of workspace does with a tree and a command. What a workspace prevents, `strop doctor` observes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from strop.base.errors import SandboxError
from strop.sandbox.layers import Layers
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree
from strop.sandbox.workspace.jail import Workspaces
from strop.sandbox.workspace.workspace import JailedWorkspace
from support.tiers import slow_unless

ENOUGH = CommandLimits(wall_seconds=60.0, cpu_seconds=60.0)
PYTHON = f"'{sys.executable}' -S"
LAYERS = {
    "everything": Layers.strongest(),
    "one user": Layers(identity=False),
    "without a root": Layers(private_root=False),
    "without namespaces": Layers(private_root=False, namespaces=False),
}


@pytest.fixture(scope="module", params=slow_unless(lambda name: name == "everything", LAYERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def workspaces(kind: str) -> Iterator[Workspaces]:
    with Workspaces(slots=2, require=(), layers=LAYERS[kind]) as workspaces:
        yield workspaces


@pytest.fixture
def workspace(workspaces: Workspaces, tmp_path: Path) -> Iterator[JailedWorkspace]:
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        yield workspace


def run(workspaces: Workspaces, tree: Tree, command: str) -> Ran:
    with workspaces.open(tree) as workspace:
        return workspace.run(command, ENOUGH)


def test_files_of_the_candidate_stand_in_place_of_those_of_the_tree(workspaces: Workspaces, tmp_path: Path) -> None:
    """The tree is copied with links and execute permissions; the candidate's files replace its own, also in new folders."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "old.txt").write_text("old\n", encoding="utf-8")
    (tmp_path / "sub" / "run.sh").write_text("#!/bin/sh\necho ran\n", encoding="utf-8")
    (tmp_path / "sub" / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("sub/old.txt")
    (tmp_path / ".git").mkdir()
    tree = Tree(tmp_path, {"sub/old.txt": "new\n", "more/deep/er.txt": "deep\n"})
    ran = run(workspaces, tree, "cat link more/deep/er.txt; sub/run.sh; readlink link; ls -a")
    assert ran.ok, ran
    lines = ran.output.splitlines()
    assert lines[:4] == ["new", "deep", "ran", "sub/old.txt"], lines
    assert ".git" not in lines
    assert (tmp_path / "sub" / "old.txt").read_text("utf-8") == "old\n"


def test_what_a_command_writes_is_there_for_the_next_and_gone_in_the_next_workspace(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """A build persists for the runs after it; no other copy sees it."""
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        workspace.run("mkdir out && echo built > out/x", ENOUGH)
        assert workspace.run("cat out/x", ENOUGH).output == "built\n"
        assert workspace.read("out/x") == b"built\n"
        assert workspace.read("out/x", 3) == b"bui"
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        assert workspace.read("out/x") is None
    assert not any(tmp_path.iterdir())


def test_what_was_made_is_removed_and_what_was_there_is_kept(workspaces: Workspaces, tmp_path: Path) -> None:
    """`clear`: files, links, modes and times."""
    there = "echo old | tee old $TMPDIR/old > gone; ln -s old link; ln old hard; truncate -s 9999 hole"
    made = "mkdir -p new/er; echo new > new/er/file; ln -s / up; echo new > $TMPDIR/new; mkfifo pipe; echo new > .new"
    changed = "echo new > old; rm gone link; touch -d 2000-01-01 hard; chmod 700 hole"
    look = "cat old $TMPDIR/old gone link; ls -d new up pipe .new $TMPDIR/new 2> $TMPDIR/none; stat -c '%h %a %s %y' *"
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        workspace.run(there, ENOUGH)
        assert workspace.clear()
        before = workspace.run(look, ENOUGH)
        assert before.output.startswith("old\n" * 4), before.output
        for command in (made, changed):
            assert workspace.clear()
            workspace.run(command, ENOUGH)
        assert workspace.clear()
        after = workspace.run(look, ENOUGH)
        assert after.output == before.output, after.output


def test_only_regular_files_of_the_copy_are_read(workspace: JailedWorkspace) -> None:
    """Reading follows no links, waits for no pipes, and leaves the copy by no path."""
    workspace.run(
        "ln -s /etc/passwd link; ln -s / all; mkfifo pipe; mkdir folder; echo x > file; ln file hard; "
        "ln -s /dev/zero zero; mkdir real; echo y > real/y; ln -s real other; truncate -s 1T large",
        CommandLimits(disk_bytes=1 << 42),
    )
    assert workspace.read("large", 100) in (None, bytes(100))
    outside = ("../file", "/etc/passwd", "all/etc/passwd", "other/y", "", ".", "a\0b")
    for path in ("link", "pipe", "folder", "zero", *outside):
        assert workspace.read(path) is None, path
    assert workspace.read("hard") == b"x\n"


def test_endings_are_told(workspace: JailedWorkspace) -> None:
    """Exit status, signal and time-out come from the kernel."""
    ran = workspace.run("echo out; echo err >&2; exit 3", ENOUGH)
    assert (ran.ending, ran.code, ran.detail) == ("exited", 3, "exit status 3"), ran
    assert (ran.output, ran.errors) == ("out\n", "err\n"), ran
    ran = workspace.run("kill -SEGV $$", ENOUGH)
    assert (ran.ending, ran.code, ran.detail) == ("signal", None, "signal SIGSEGV"), ran
    ran = workspace.run("sleep 60", CommandLimits(wall_seconds=0.2))
    assert ran.ending == "timeout" and ran.detail.startswith("wall"), ran
    ran = workspace.run("while :; do :; done", CommandLimits(cpu_seconds=0.1))
    assert ran.ending == "timeout" and ran.detail.startswith("CPU"), ran
    ran = workspace.run("no-such-program", ENOUGH)
    assert ran.code == 127 and not ran.ok, ran


def test_use_is_counted(workspaces: Workspaces, tmp_path: Path) -> None:
    """CPU time counts all processes together; memory is the largest resident set."""
    work = f"{PYTHON} -c 'sum(range(3_000_000))'"
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        one, two = workspace.run(work, ENOUGH), workspace.run(f"{work} & {work}; wait", ENOUGH)
        assert 0 < one.cpu_seconds < one.wall_seconds * 2, one
        assert two.cpu_seconds > one.cpu_seconds, (one, two)
        large = workspace.run(f"{PYTHON} -c 'x = bytearray(200 << 20)'", ENOUGH)
        assert 200 << 20 <= large.memory_bytes < 400 << 20, large


def test_environment_is_what_was_given(workspaces: Workspaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the host is visible."""
    monkeypatch.setenv("STROP_TEST_SECRET", "secret")
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        ran = workspace.run("env; pwd", ENOUGH, environment={"STROP_SEED": "7"})
    assert "STROP_SEED=7" in ran.output
    assert "SECRET" not in ran.output and str(Path.home()) + "/" not in ran.output.split("PATH=")[0], ran.output


def test_tools_can_be_run(workspaces: Workspaces, tmp_path: Path) -> None:
    """Commands can read and run a declared folder of the host by its path."""
    tools = tmp_path / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "my-tool").write_text("#!/bin/sh\necho tool\n", encoding="utf-8")
    (tools / "bin" / "my-tool").chmod(0o755)
    (tmp_path / "tree").mkdir()
    for folder in (tmp_path, tools, tools / "bin"):
        folder.chmod(0o755)
    ran = run(workspaces, Tree(tmp_path / "tree", {}, tools=(tools,)), "my-tool")
    assert ran.output == "tool\n", ran
    assert not run(workspaces, Tree(tmp_path / "tree", {}, tools=(tools,)), f"echo x > {tools}/bin/my-tool").ok


def test_paths_outside_of_the_tree_are_refused(workspaces: Workspaces, tmp_path: Path) -> None:
    """Upwards, absolute, or through a link."""
    (tmp_path / "out").symlink_to("/tmp")
    for path in ("../x", "/x", "a/../../x", "out/x", "", "a//b"):
        with pytest.raises(SandboxError):
            workspaces.open(Tree(tmp_path, {path: "x"}))


def test_places_are_given_back(workspaces: Workspaces, tmp_path: Path) -> None:
    """Slots are released, even if a workspace could not be made or is closed twice."""
    for _ in range(5):
        with suppress(SandboxError):
            workspaces.open(Tree(tmp_path / "not-there", {})).close()
        workspace = workspaces.open(Tree(tmp_path, {}))
        workspace.close()
        workspace.close()
        with pytest.raises(SandboxError):
            workspace.run("true", ENOUGH)
