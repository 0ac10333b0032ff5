"""What is forked from a template finds nothing of its host; a template that somebody kills makes no wrong score and no orphan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hostile.own_memory import search
from strop.evaluation.base import Order
from strop.evaluation.functions.load import load_any
from strop.evaluation.pool import WorkerPool, idle_workers
from strop.evaluation.worker_template import begin, worker_template
from strop.evaluation.workers import pack
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.fork_server_host import server_template
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.tree_guests import TreePlan
from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces
from strop.sandbox.workspace.workspace import keeper_template
from strop.tasks.base import PublishedSeeds
from support import errands
from support.processes import all_end, descendants, family_of, holds, kill_and_wait, wait_until

pytestmark = [pytest.mark.heavy, pytest.mark.usefixtures("nothing_idle")]
CANARY = "canary-5a1f"
SECRETS = {"OPENAI_API_KEY": f"key-{CANARY}", "OPENAI_BASE_URL": f"http://{CANARY}", "STROP_MODEL": f"inbox:{CANARY}"}
LIMITS = Limits(cpu_seconds=60.0, wall_seconds=60.0)
GUESS = "def algorithm(train_samples, train_parity, test_samples):\n    return [0 for row in test_samples]\n"
LPN = Order("t0/u-1", GUESS, "lpn", "train", PublishedSeeds(), b"secret")
TEMPLATES = {"servers": server_template, "keepers": keeper_template, "workers": worker_template}


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Templates that begin after this process has its secrets."""
    for name, value in {**SECRETS, "MINE": f"mine-{CANARY}"}.items():
        monkeypatch.setenv(name, value)
    for template in TEMPLATES.values():
        template.close()
    yield
    idle_workers.clear()
    for template in TEMPLATES.values():
        template.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose name is nobody's business, with a file that the tree does not have."""
    (tmp_path / CANARY).mkdir()
    (tmp_path / CANARY / "hidden.txt").write_text(f"hidden-{CANARY}")
    (tmp_path / CANARY / "seen.txt").write_text("seen")
    return tmp_path / CANARY


@pytest.mark.usefixtures("fresh")
def test_guest_has_nothing_of_its_host_in_its_memory() -> None:
    with (
        JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset()) as jail,
        jail.open(GuestProgram(search(CANARY.encode()), "found"), LIMITS) as guest,
    ):
        outcome = guest.call([], seed=0)
    assert isinstance(outcome, Returned) and outcome.value == 0, outcome


@pytest.mark.usefixtures("fresh")
def test_guest_of_a_tree_has_nothing_of_its_host_or_its_keeper_in_its_memory(folder: Path) -> None:
    with Workspaces(slots=1, require=()) as workspaces:
        if not workspaces.has_trees:
            pytest.skip("this machine has no trees")
        slot = workspaces.slot([TreePlan(Tree(folder, {}, only=["seen.txt"]), sys.executable, 1 << 30)])
        with ExitStack() as stack:
            stack.callback(slot.close)
            stack.callback(slot.renew)
            (server,) = slot.servers()
            server.begin()
            server.ready()
            order: dict[str, Any] = {"environment": {}, "cpu_seconds": 60.0}
            for text, entry, expected in (
                (search(CANARY.encode()), "found", 0),
                (FRAMES, "names", []),
                ("import os\ndef look():\n    return sorted(os.listdir('/copy'))\n", "look", ["seen.txt"]),
            ):
                with server.open(GuestProgram(text, entry), LIMITS, order) as guest:
                    outcome = guest.call([], seed=None)
                assert isinstance(outcome, Returned) and outcome.value == expected, outcome


FRAMES = """
import gc, sys

def names():
    found, frame = [], sys._getframe()
    while frame := frame.f_back:
        found += [name for name, each in frame.f_locals.items() if type(each).__name__ in KINDS]
    return found + [type(each).__name__ for each in gc.get_objects() if type(each).__name__ in KINDS]

KINDS = ("Keeper", "WorkspacePlan", "CommandJail", "Used")
"""
"""The keeper's objects that a program finds on its stack or among those of the collector."""


@pytest.mark.usefixtures("fresh")
def test_templates_have_nothing_of_their_host_in_their_memory_and_a_worker_no_key(folder: Path) -> None:
    with (
        closing(WorkerPool(pack([load_any("lpn")], frozenset()), 1)) as pool,
        Workspaces(slots=1, require=()) as workspaces,
        workspaces.open(Tree(folder, {})) as workspace,
    ):
        assert workspace.run("true", CommandLimits()).ok
        known = pool.run(errands.variables)
        assert {*SECRETS} & {*known} == set() and known["MINE"] == f"mine-{CANARY}"
        for name, template in TEMPLATES.items():
            assert template.pid is not None
            assert not holds(template.pid, CANARY.encode()), name
        assert not holds(pool._workers[0].pid, f"key-{CANARY}".encode())
        assert holds(pool._workers[0].pid, f"mine-{CANARY}".encode())


def one_worker() -> WorkerPool:
    return WorkerPool(pack([load_any("lpn")], frozenset()), 1)


def test_workers_of_one_template_draw_different_numbers_and_are_where_their_coordinator_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_workers.clear()
    monkeypatch.chdir(tmp_path)
    mask = os.umask(0o077)
    try:
        with closing(one_worker()) as first, closing(one_worker()) as second:
            one, other = first.run(errands.drawn), second.run(errands.drawn)
            assert one[0] != other[0] and one[1] != other[1]
            assert second.run(errands.surroundings) == [worker_template.pid, str(tmp_path), 0o077, False]
    finally:
        os.umask(mask)


def test_worker_has_the_search_path_of_a_coordinator_that_has_changed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle_workers.clear()
    with closing(one_worker()) as first:
        before = first.run(errands.surroundings)[0]
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        idle_workers.clear()
        with closing(one_worker()) as second:
            assert second.run(errands.variables)["PYTHONPATH"] == str(tmp_path)
            assert second.run(errands.surroundings)[0] not in (before, os.getpid())
            assert first.run(errands.variables).get("PYTHONPATH") != str(tmp_path)


def test_workers_outlive_a_killed_template_and_others_come_from_a_new_one() -> None:
    idle_workers.clear()
    with closing(one_worker()) as first:
        assert first.submit(LPN).result(60).result().verdict == "ok"
        kill_and_wait(worker_template.pid)
        kill_and_wait(server_template.pid)
        with closing(one_worker()) as second:
            for pool in (first, second):
                order = partial(
                    Order, program=GUESS, task="lpn", split="train", seeds=PublishedSeeds(), secret=b"other"
                )
                assert pool.submit(order("t0/u-2")).result(60).result().verdict == "ok"
        os.kill(first._workers[0].pid, signal.SIGKILL)
        wait_until(lambda: not first._workers)
        assert first.submit(order("t0/u-3")).result(60).result().verdict == "ok"


def test_command_outlives_a_killed_template_of_keepers_and_the_next_workspace_has_a_new_one(tmp_path: Path) -> None:
    with (
        Workspaces(slots=2, require=()) as workspaces,
        ThreadPoolExecutor(1) as pool,
        workspaces.open(Tree(tmp_path, {})) as workspace,
    ):
        busy = pool.submit(workspace.run, "sleep 0.5; echo done", CommandLimits())
        kill_and_wait(keeper_template.pid)
        with workspaces.open(Tree(tmp_path, {})) as another:
            assert another.run("true", CommandLimits()).ok
        assert busy.result(60).output == "done\n"


BEGINS = """
import signal, sys
from strop.evaluation.worker_template import begin, server_template, worker_template
begin()
print(server_template.pid, worker_template.pid, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_templates_that_still_import_end_with_a_coordinator_that_is_stopped(ending: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BEGINS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as coordinator:
        assert coordinator.stdout is not None
        assert len(coordinator.stdout.readline().split()) == 2
        family = family_of(coordinator.pid)
        coordinator.send_signal(ending)
        assert len(family) == 2 and all_end(family)


def test_each_of_two_coordinators_has_templates_of_its_own() -> None:
    def begun() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", BEGINS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    with begun() as one, begun() as other:
        assert one.stdout is not None and other.stdout is not None
        pids = one.stdout.readline().split(), other.stdout.readline().split()
        family = family_of(other.pid)
        one.kill()
        one.wait()
        assert {*pids[0]}.isdisjoint(pids[1]) and {*map(int, pids[1])} <= {*descendants(other.pid)}
        other.kill()
        assert all_end(family)


def test_begin_starts_what_is_not_there_and_leaves_what_is() -> None:
    begin()
    pids = server_template.pid, worker_template.pid
    begin()
    assert (server_template.pid, worker_template.pid) == pids and None not in pids
