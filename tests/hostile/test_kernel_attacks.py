"""Every attack of the catalogue, against the jail with every layer and with some of them taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strop.sandbox.layers import Layers
from strop_selftest import examine
from strop_selftest.catalogue import Attack, catalogue
from strop_selftest.ground import Ground, jailed

FEWER_LAYERS = {
    "without private root": Layers(private_root=False),
    "without namespaces": Layers(namespaces=False, private_root=False),
    "without paths": Layers(namespaces=False, private_root=False, landlock=False),
    "untold": Layers(audit=False),
}
GUESTS = [attack for attack in catalogue() if attack.role == "solution"]
"""What the kernel alone holds; the rest is held by the host, whatever the layers."""


@pytest.fixture(scope="module")
def jail() -> Iterator[Ground]:
    with jailed() as ground:
        yield ground


@pytest.fixture(scope="module", params=FEWER_LAYERS)
def weaker_jail(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with jailed(FEWER_LAYERS[request.param]) as ground:
        yield ground


@pytest.mark.parametrize("attack", catalogue(), ids=lambda attack: attack.name)
def test_jail_contains(attack: Attack, jail: Ground) -> None:
    announced = jail.announces(attack)
    signs = examine(attack, jail)
    assert signs == [] or announced


@pytest.mark.parametrize("attack", GUESTS, ids=lambda attack: attack.name)
def test_jail_with_fewer_layers_contains(attack: Attack, weaker_jail: Ground) -> None:
    signs = examine(attack, weaker_jail)
    assert signs == [] or weaker_jail.announces(attack)
