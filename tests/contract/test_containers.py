"""What `strop doctor` says where a container's runtime allows less, or gives an odd home."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.rows import table
from support.tiers import slow_unless

DOCTOR = [sys.executable, "-P", "-m", "strop", "doctor"]
LESSER = [sys.executable, "-P", "-m", "strop_selftest.lesser"]
OPENS = "from strop.sandbox.workspace.jail import Workspaces; Workspaces(slots=1, require=())"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself")


@pytest.mark.parametrize("home", slow_unless(lambda home: home == "/", ["/", "/tmp"]))
def test_home_that_every_root_of_commands_has_is_no_breach(home: str) -> None:
    told = subprocess.run([*DOCTOR, "--json"], env=os.environ | {"HOME": home}, capture_output=True, check=True)
    seen = json.loads(told.stdout)["workspaces"]["protections"]
    assert seen["read"]["enforced"] and seen["write"]["enforced"], seen


@as_root
def test_root_of_a_container_runs_commands_under_a_uid_of_their_own_and_reads_which_flags_give_more() -> None:
    told = subprocess.run([*LESSER, "container", *DOCTOR], capture_output=True, text=True, check=True).stdout
    assert told.count(", nobody else's\n") == 2 and "modes or times of the host's files: enforced" in told, told
    assert "evaluators run here only with --shared" in told and "--security-opt systempaths=unconfined" in told


@as_root
@table("command, code", [(DOCTOR, 7), ([sys.executable, "-c", OPENS], 1)])
def test_nothing_runs_where_neither_namespaces_nor_landlock_guard_files_whatever_is_required(
    command: list[str], code: int
) -> None:
    ended = subprocess.run([*LESSER, "neither", *command], capture_output=True, text=True)
    told = ended.stderr.splitlines()[-1]
    assert ended.returncode == code and "without namespaces Landlock must guard files" in told, ended
    assert not ended.stdout and "--security-opt systempaths=unconfined" in told, ended
