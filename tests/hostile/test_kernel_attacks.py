"""Every attack of the catalogue, against the jail with every layer and with some of them taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from strop.sandbox.layers import Layers
from strop_selftest import examine
from strop_selftest.catalogue import Attack, catalogue, find
from strop_selftest.ground import Ground, jailed

pytestmark = pytest.mark.usefixtures("nothing_idle")

FEWER_LAYERS = {
    "without namespaces": Layers(namespaces=False),
    "without Landlock": Layers(landlock=False),
    "untold": Layers(audit=False),
}
GROUPS = sorted({attack.group for attack in catalogue()})
SLOW = {"answers_that_are_slow_to_read", "each_layer_off_is_reported", "host_sigkilled", "server_killed_mid_call"}
"""Attacks that take seconds. Quicker tests protect the same: `requests_that_are_slow_to_read`, `listener_unavailable_degrades`,
and the kills of test_lifetime.py and test_kill_at_every_step.py."""


@pytest.fixture(scope="module")
def jail() -> Iterator[Ground]:
    with jailed() as ground:
        yield ground


@pytest.fixture(scope="module", params=FEWER_LAYERS)
def weaker_jail(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with jailed(FEWER_LAYERS[request.param]) as ground:
        yield ground


def uncontained(attacks: Sequence[Attack], ground: Ground) -> dict[str, list[str]]:
    """Signs of the attacks that got through although the posture does not announce it."""
    announced = {attack.name for attack in attacks if ground.announces(attack)}
    signs = {attack.name: examine(attack, ground) for attack in attacks}
    return {name: seen for name, seen in signs.items() if seen and name not in announced}


@pytest.mark.parametrize("group", GROUPS)
def test_jail_contains_every_attack(group: str, jail: Ground) -> None:
    attacks = [attack for attack in catalogue() if attack.group == group and attack.name not in SLOW]
    assert uncontained(attacks, jail) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SLOW))
def test_jail_contains_an_attack_that_takes_seconds(name: str, jail: Ground) -> None:
    assert uncontained([find(name)], jail) == {}


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_jail_with_fewer_layers_contains_what_the_kernel_holds(group: str, weaker_jail: Ground) -> None:
    """The rest, the roles other than `solution`, is held by the host, whatever the layers."""
    attacks = [attack for attack in catalogue() if attack.group == group and attack.role == "solution"]
    assert uncontained(attacks, weaker_jail) == {}
