"""What must hold of the program and of its measurement, whatever strop makes of the program: `pytest` runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from measure import drawn, measured
from switches import choose


@pytest.mark.parametrize("seed", range(5))
def test_program_sets_every_switch(seed):
    rules = drawn(seed)
    values = choose(rules)
    assert len(values) > max(abs(number) for rule in rules for number in rule)
    assert 0 <= measured(rules, values) <= 1


def test_measurement_counts_the_rules_that_hold():
    assert measured([[1, 2], [-1, 2], [1, -2], [-1, -2]], [False, True, True]) == 3 / 4


def test_rules_depend_on_the_seed_alone():
    assert drawn(1) == drawn(1) != drawn(2)


def test_command_prints_one_number():
    command = [sys.executable, "measure.py", "1"]
    ended = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, check=True)
    (value,) = json.loads(ended.stdout).values()
    assert 0 <= value <= 1
