"""P62: every refusal swallowed, and asked again without end."""

from __future__ import annotations

from typing import Any

from strop.sandbox.base import Limits, Violated

SWALLOW = """
def improve_algorithm(s, u, l):
    while True:
        try:
            l.prompt("e", "m")
        except BaseException:
            pass
"""


def test_guest_is_stopped_as_a_flood_when_it_swallows_every_refusal(host: Any) -> None:
    outcome = host.improve(SWALLOW, Limits(cpu_seconds=20.0, wall_seconds=60.0, requests=100))
    assert isinstance(outcome, Violated) and outcome.reason == "more than 100 requests"
    assert (host.served, host.refused) == (4, 96)
