"""The conformance kit of workspaces: small named checks of what every workspace must do with a tree and a command.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_workspaces(check, tmp_path):
        check(MyWorkspaces(), tmp_path)

It checks the contract of `strop.sandbox.workspace.base`, not what a workspace prevents, which `strop doctor` observes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from strop.base.errors import SandboxError
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspaces

ENOUGH = CommandLimits(wall_seconds=60.0, cpu_seconds=60.0)
_PYTHON = f"'{sys.executable}' -S"


def files_of_the_candidate_stand_in_place_of_those_of_the_tree(workspaces: Workspaces, root: Path) -> None:
    """The tree is copied with links and execute permissions; the candidate's files replace its own, also in new folders."""
    (root / "sub").mkdir()
    (root / "sub" / "old.txt").write_text("old\n", encoding="utf-8")
    (root / "sub" / "run.sh").write_text("#!/bin/sh\necho ran\n", encoding="utf-8")
    (root / "sub" / "run.sh").chmod(0o755)
    (root / "link").symlink_to("sub/old.txt")
    (root / ".git").mkdir()
    tree = Tree(root, {"sub/old.txt": "new\n", "more/deep/er.txt": "deep\n"})
    ran = _run(workspaces, tree, "cat link more/deep/er.txt; sub/run.sh; readlink link; ls -a")
    _require(ran.ok, f"must exit with 0: {ran}")
    lines = ran.output.splitlines()
    _require(lines[:4] == ["new", "deep", "ran", "sub/old.txt"], f"files and links must be there: {lines}")
    _require(".git" not in lines, "a .git folder must not be copied")
    _require((root / "sub" / "old.txt").read_text("utf-8") == "old\n", "the tree itself must not change")


def what_a_command_writes_is_there_for_the_next_and_gone_in_the_next_workspace(
    workspaces: Workspaces, root: Path
) -> None:
    """A build persists for the runs after it; no other copy sees it."""
    with workspaces.open(Tree(root, {})) as workspace:
        workspace.run("mkdir out && echo built > out/x", ENOUGH)
        _require(workspace.run("cat out/x", ENOUGH).output == "built\n", "what was written must be there")
        _require(workspace.read("out/x") == b"built\n", "the host must be able to read it")
        _require(workspace.read("out/x", 3) == b"bui", "no more than asked for must be read")
    with workspaces.open(Tree(root, {})) as workspace:
        _require(workspace.read("out/x") is None, "another workspace must not have it")
    _require(not any(root.iterdir()), "the tree itself must not change")


def what_was_made_is_removed_and_what_was_there_is_kept(workspaces: Workspaces, root: Path) -> None:
    """`clear`: files, links, modes and times."""
    there = (
        "echo old > old; echo old > $TMPDIR/old; echo old > gone; ln -s old link; ln old hard; truncate -s 9999 hole"
    )
    made = "mkdir -p new/er; echo new > new/er/file; ln -s / up; echo new > $TMPDIR/new; mkfifo pipe; echo new > .new"
    changed = "echo new > old; rm gone link; touch -d 2000-01-01 hard; chmod 700 hole"
    look = "cat old $TMPDIR/old gone link; ls -d new up pipe .new $TMPDIR/new 2> $TMPDIR/none; stat -c '%h %a %s %y' *"
    with workspaces.open(Tree(root, {})) as workspace:
        workspace.run(there, ENOUGH)
        _require(workspace.clear(), "clear says that something is left, of nothing")
        before = workspace.run(look, ENOUGH)
        _require(before.output.startswith("old\n" * 4), f"the first clear changed: {before.output!r}")
        for command in (made, changed):
            _require(workspace.clear(), "clear says that something is left")
            workspace.run(command, ENOUGH)
        _require(workspace.clear(), "clear says that something is left")
        after = workspace.run(look, ENOUGH)
        _require(after.output == before.output, f"after clear there is: {after.output!r}")


def only_regular_files_of_the_copy_are_read(workspaces: Workspaces, root: Path) -> None:
    """Reading follows no links, waits for no pipes, and leaves the copy by no path."""
    with workspaces.open(Tree(root, {})) as workspace:
        workspace.run(
            "ln -s /etc/passwd link; ln -s / all; mkfifo pipe; mkdir folder; echo x > file; ln file hard; "
            "ln -s /dev/zero zero; mkdir real; echo y > real/y; ln -s real other",
            ENOUGH,
        )
        for path in (
            "link",
            "all/etc/passwd",
            "pipe",
            "folder",
            "zero",
            "../file",
            "/etc/passwd",
            "",
            ".",
            "other/y",
            "a\0b",
        ):
            _require(workspace.read(path) is None, f"{path!r} must not be read")
        _require(workspace.read("hard") == b"x\n", "a regular file must be read, whatever its name")


def endings_are_told(workspaces: Workspaces, root: Path) -> None:
    """Exit status, signal and time-out come from the kernel."""
    with workspaces.open(Tree(root, {})) as workspace:
        ran = workspace.run("echo out; echo err >&2; exit 3", ENOUGH)
        _require((ran.ending, ran.code, ran.detail) == ("exited", 3, "exit status 3"), f"exit status: {ran}")
        _require((ran.output, ran.errors) == ("out\n", "err\n"), f"streams must be apart: {ran}")
        ran = workspace.run("kill -SEGV $$", ENOUGH)
        _require((ran.ending, ran.code, ran.detail) == ("signal", None, "signal SIGSEGV"), f"signal: {ran}")
        ran = workspace.run("sleep 60", CommandLimits(wall_seconds=0.2))
        _require(ran.ending == "timeout" and ran.detail.startswith("wall"), f"wall time: {ran}")
        ran = workspace.run("while :; do :; done", CommandLimits(cpu_seconds=0.1))
        _require(ran.ending == "timeout" and ran.detail.startswith("CPU"), f"CPU time: {ran}")
        ran = workspace.run("no-such-program", ENOUGH)
        _require(ran.code == 127 and not ran.ok, f"a program that is not there: {ran}")


def nothing_runs_any_more_when_a_command_has_ended(workspaces: Workspaces, root: Path) -> None:
    """Background processes are dead before the next command and delay nothing."""
    with workspaces.open(Tree(root, {})) as workspace:
        ran = workspace.run("(while :; do echo x >> beat; sleep 0.01; done) & sleep 0.1", ENOUGH)
        _require(ran.ok, f"a process in the background must not hold it up: {ran}")
        ran = workspace.run("a=$(wc -c < beat); sleep 0.1; test $a = $(wc -c < beat)", ENOUGH)
        _require(ran.ok, "a process outlived its command")


def use_is_counted(workspaces: Workspaces, root: Path) -> None:
    """CPU time counts all processes together; memory is the largest resident set."""
    work = f"{_PYTHON} -c 'sum(range(3_000_000))'"
    with workspaces.open(Tree(root, {})) as workspace:
        one, two = workspace.run(work, ENOUGH), workspace.run(f"{work} & {work}; wait", ENOUGH)
        _require(0 < one.cpu_seconds < one.wall_seconds * 2, f"CPU time: {one}")
        _require(two.cpu_seconds > one.cpu_seconds, f"processes in the background must be counted: {one} {two}")
        large = workspace.run(f"{_PYTHON} -c 'x = bytearray(200 << 20)'", ENOUGH)
        _require(200 << 20 <= large.memory_bytes < 400 << 20, f"memory: {large}")


def long_output_keeps_its_head_and_its_tail(workspaces: Workspaces, root: Path) -> None:
    """The middle of long output is dropped, and a line says so."""
    with workspaces.open(Tree(root, {})) as workspace:
        ran = workspace.run("echo first; seq 100000; echo last", CommandLimits(output_bytes=1000))
        _require(ran.truncated and len(ran.output) < 2000, f"must be cut: {len(ran.output)}")
        _require(ran.output.startswith("first\n") and ran.output.endswith("last\n"), "head and tail must be kept")
        _require(not workspace.run("echo x", ENOUGH).truncated, "short output must not be called cut")


def memory_and_disk_are_bounded(workspaces: Workspaces, root: Path) -> None:
    """A program that takes more memory or disk gets an ordinary error, and the ending names what it lacked."""
    with workspaces.open(Tree(root, {})) as workspace:
        ran = workspace.run(f"{_PYTHON} -c 'x = bytearray(2 << 30)'", CommandLimits(memory_bytes=1 << 30))
        _require(ran.ending == "out of memory", f"memory: {ran}")
        ran = workspace.run("head -c 8000000 /dev/zero > big", CommandLimits(disk_bytes=1 << 20))
        _require(ran.ending in ("disk full", "signal") and not ran.ok, f"disk: {ran}")


def protected_files_stay_as_they_are_or_are_told(workspaces: Workspaces, root: Path) -> None:
    """A command cannot change protected files, or the host detects it; it may change `writable` ones."""
    (root / "tests").mkdir()
    (root / "tests" / "test.py").write_text("assert True\n", encoding="utf-8")
    (root / "data").mkdir()
    (root / "data" / "cache.db").write_text("empty\n", encoding="utf-8")
    tree = Tree(root, {"program.py": "x = 1\n"}, writable=("data/*",))
    with workspaces.open(tree) as workspace:
        ran = workspace.run("echo full > data/cache.db && echo more > tests/new && cat data/cache.db", ENOUGH)
        _require(ran.ok and ran.output == "full\n", f"writable files and new ones must be writable: {ran}")
        _require(workspace.tampered() == (), f"nothing was changed: {workspace.tampered()}")
        workspace.run("echo no > tests/test.py; rm -f program.py; mv tests moved", ENOUGH)
        same = workspace.read("tests/test.py") == b"assert True\n" and workspace.read("program.py") == b"x = 1\n"
        told = workspace.tampered()
        _require(same == (told == ()), f"what has changed must be told, and nothing else: {told}")


def environment_is_what_was_given(workspaces: Workspaces, root: Path) -> None:
    """No variable of the host is visible."""
    os.environ["STROP_TEST_SECRET"] = "secret"
    try:
        with workspaces.open(Tree(root, {})) as workspace:
            ran = workspace.run("env; pwd", ENOUGH, environment={"STROP_SEED": "7"})
    finally:
        del os.environ["STROP_TEST_SECRET"]
    _require("STROP_SEED=7" in ran.output, "variables that were given must be there")
    _require("SECRET" not in ran.output and str(Path.home()) + "/" not in ran.output.split("PATH=")[0], ran.output)


def tools_can_be_run(workspaces: Workspaces, root: Path) -> None:
    """Commands can read and run a declared folder of the host by its path."""
    tools = root / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "my-tool").write_text("#!/bin/sh\necho tool\n", encoding="utf-8")
    (tools / "bin" / "my-tool").chmod(0o755)
    (root / "tree").mkdir()
    for folder in (root, tools, tools / "bin"):
        folder.chmod(0o755)
    ran = _run(workspaces, Tree(root / "tree", {}, tools=(tools,)), "my-tool")
    _require(ran.output == "tool\n", f"must run: {ran}")
    ran = _run(workspaces, Tree(root / "tree", {}, tools=(tools,)), f"echo x > {tools}/bin/my-tool")
    _require(not ran.ok, "a tool must not be writable")


def paths_outside_of_the_tree_are_refused(workspaces: Workspaces, root: Path) -> None:
    """A candidate's path may not lead out of the tree: not upwards, not absolute, not through a link."""
    (root / "out").symlink_to("/tmp")
    for path in ("../x", "/x", "a/../../x", "out/x", "", "a//b"):
        try:
            workspaces.open(Tree(root, {path: "x"})).close()
        except SandboxError:
            continue
        raise AssertionError(f"{path!r} must be refused")


def places_are_given_back(workspaces: Workspaces, root: Path) -> None:
    """Slots are released, even if a workspace could not be made or is closed twice."""
    for _ in range(5):
        with suppress(SandboxError):
            workspaces.open(Tree(root / "not-there", {})).close()
        workspace = workspaces.open(Tree(root, {}))
        workspace.close()
        workspace.close()
        try:
            workspace.run("true", ENOUGH)
        except SandboxError:
            continue
        raise AssertionError("a closed workspace must not run anything")


CHECKS: tuple[Callable[[Workspaces, Path], None], ...] = (
    files_of_the_candidate_stand_in_place_of_those_of_the_tree,
    what_a_command_writes_is_there_for_the_next_and_gone_in_the_next_workspace,
    what_was_made_is_removed_and_what_was_there_is_kept,
    only_regular_files_of_the_copy_are_read,
    endings_are_told,
    nothing_runs_any_more_when_a_command_has_ended,
    use_is_counted,
    long_output_keeps_its_head_and_its_tail,
    memory_and_disk_are_bounded,
    protected_files_stay_as_they_are_or_are_told,
    environment_is_what_was_given,
    tools_can_be_run,
    paths_outside_of_the_tree_are_refused,
    places_are_given_back,
)
"""Every check. Each takes the workspaces and an empty folder, and leaves no workspace open."""


def _run(workspaces: Workspaces, tree: Tree, command: str) -> Ran:
    with workspaces.open(tree) as workspace:
        return workspace.run(command, ENOUGH)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(what)
