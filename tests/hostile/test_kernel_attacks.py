"""Every attack of the catalogue, against the jail with every layer and with some of them taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strop.sandbox.layers import Layers
from strop_selftest import examine
from strop_selftest.catalogue import catalogue
from strop_selftest.ground import Ground, jailed

FEWER_LAYERS = {
    "without private root": Layers(private_root=False),
    "without namespaces": Layers(namespaces=False, private_root=False),
    "without paths": Layers(namespaces=False, private_root=False, landlock=False),
    "untold": Layers(audit=False),
}
GROUPS = sorted({attack.group for attack in catalogue()})


@pytest.fixture(scope="module")
def jail() -> Iterator[Ground]:
    with jailed() as ground:
        yield ground


@pytest.fixture(scope="module", params=FEWER_LAYERS)
def weaker_jail(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with jailed(FEWER_LAYERS[request.param]) as ground:
        yield ground


def uncontained(group: str, ground: Ground, *roles: str) -> dict[str, list[str]]:
    """Signs of the attacks of a group that got through although the posture does not announce it."""
    attacks = [attack for attack in catalogue() if attack.group == group and attack.role in (roles or (attack.role,))]
    announced = {attack.name for attack in attacks if ground.announces(attack)}
    signs = {attack.name: examine(attack, ground) for attack in attacks}
    return {name: seen for name, seen in signs.items() if seen and name not in announced}


@pytest.mark.parametrize("group", GROUPS)
def test_jail_contains_every_attack(group: str, jail: Ground) -> None:
    assert uncontained(group, jail) == {}


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_jail_with_fewer_layers_contains_what_the_kernel_holds(group: str, weaker_jail: Ground) -> None:
    """The rest, the roles other than `solution`, is held by the host, whatever the layers."""
    assert uncontained(group, weaker_jail, "solution") == {}
