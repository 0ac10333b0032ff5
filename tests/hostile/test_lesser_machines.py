"""The catalogue on machines that allow less, and the control: the attacks where nothing of the kernel's is in the way."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from strop_selftest.catalogue import catalogue
from strop_selftest.examination import CONTROL, HERE, examined
from strop_selftest.modes import MODES
from strop_selftest.table import failures

pytestmark = [
    pytest.mark.usefixtures("nothing_idle"),
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself"),
]

GUESTS = [attack for attack in catalogue() if attack.role == "solution"]
"""What the kernel holds. `strop doctor --self-test --modes all` runs the rest there too."""


@pytest.mark.parametrize("machine", [machine for machine in MODES if machine != HERE])
def test_jail_contains_what_it_is_known_to_contain_on(machine: str) -> None:
    assert failures(examined(GUESTS, machine)) == []


def test_weaker_machine_has_its_python_below_a_private_home_where_new_files_are_private() -> None:
    command = [sys.executable, "-P", "-m", "strop_selftest.lesser", "user", sys.executable, "-c", "import strop"]
    subprocess.run(command, check=True, umask=0o077)


def test_attacks_succeed_where_the_layers_are_off_and_architecture_does_not_stop_them() -> None:
    results = examined(catalogue(), CONTROL)
    assert failures(results) == []
    assert sum(result.verdict == "succeeds" for result in results) > len(GUESTS) / 2
