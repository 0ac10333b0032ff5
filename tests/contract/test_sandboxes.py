"""Every sandbox passes the conformance kit of sandboxes, and the kit bites."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from strop.sandbox.base import Guest, GuestProgram, Handler, Limits, Outcome, Returned, Sandbox, Value
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from support.kits import sandbox as kit
from support.tiers import slow_unless

LAYERS = {
    "everything": Layers.strongest(),
    "without namespaces": Layers(namespaces=False, private_root=False),
    "without paths": Layers(namespaces=False, private_root=False, landlock=False),
}


@pytest.fixture(scope="module", params=slow_unless(lambda name: name == "everything", LAYERS))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with JailedSandbox(
        solution_slots=2, improver_slots=2, require=frozenset(), layers=LAYERS[request.param]
    ) as sandbox:
        yield sandbox


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_jail_conforms(sandbox: Sandbox, check: Callable[[Sandbox], None]) -> None:
    check(sandbox)


class Spoiled:
    """The jail with one thing wrong."""

    def __init__(self, jail: JailedSandbox, limits: Callable[[Limits], Limits], outcome: Callable[[Outcome], Outcome]):
        self._jail, self._limits, self._outcome = jail, limits, outcome

    def open(self, program: GuestProgram, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Guest:
        guest: Any = self._jail.open(program, self._limits(limits), handlers)
        call = guest.call

        def spoiled(arguments: Sequence[Value], *, seed: int) -> Outcome:
            return self._outcome(call(arguments, seed=seed))

        guest.call = spoiled
        return guest  # type: ignore[no-any-return]

    def close(self) -> None:
        self._jail.close()


def same(limits: Limits) -> Limits:
    return limits


def with_value(value: Value) -> Callable[[Outcome], Outcome]:
    return lambda outcome: replace(outcome, value=value) if isinstance(outcome, Returned) else outcome


@pytest.mark.parametrize(
    ("check", "limits", "outcome"),
    [
        (kit.value_comes_back_as_a_plain_copy, same, with_value([])),
        pytest.param(
            kit.time_limits_end_a_guest,
            lambda limits: replace(limits, cpu_seconds=9.0, wall_seconds=1.0),
            lambda o: o,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            kit.memory_limit_is_an_outcome,
            lambda limits: replace(limits, memory_bytes=8 << 30),
            lambda o: o,
            marks=pytest.mark.slow,
        ),
        (kit.output_is_kept_apart_and_cut, lambda limits: replace(limits, output_bytes=1000), lambda o: o),
        (kit.oversized_reply_is_a_violation, lambda limits: replace(limits, reply_bytes=1 << 20), lambda o: o),
        (kit.program_that_fails_is_raised_with_its_reason, same, lambda outcome: Returned(None)),
        (kit.death_is_an_outcome, same, lambda outcome: Returned(1)),
        (kit.seed_decides_random_numbers, same, with_value([0.5, 0.5])),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_kit_finds_a_sandbox_that_breaks_the_contract(
    jail: JailedSandbox,
    check: Callable[[Sandbox], None],
    limits: Callable[[Limits], Limits],
    outcome: Callable[[Outcome], Outcome],
) -> None:
    with pytest.raises(AssertionError):
        check(Spoiled(jail, limits, outcome))
