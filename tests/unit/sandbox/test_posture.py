"""Posture: what is said about a sandbox is what was seen from inside it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import SandboxUnavailable
from strop.base.protections import DEFAULT_REQUIRE, PROTECTIONS, Posture, Protection
from strop.sandbox.base import GuestProgram, Limits, Outcome, Returned, TimedOut, Value
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop.sandbox.posture import observe_guests


def posture_with(layers: Layers) -> Posture:
    with JailedSandbox(solution_slots=1, improver_slots=0, layers=layers, require=frozenset()) as sandbox:
        return sandbox.posture


def enforced(posture: Posture) -> set[str]:
    return {name for name, enforced in posture.enforced.items() if enforced}


@pytest.mark.skipif(sys.platform != "linux", reason="fork servers are for Linux")
def test_unix_sockets_are_tried_also_where_the_path_of_temporary_files_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 40)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    network = posture_with(Layers.none()).protections["network"]
    assert "connected to a unix socket" in network.detail and "sent to a unix socket by a pair" in network.detail


class Liar:
    """A sandbox whose guests say that nothing worked, while they have written a file."""

    def open(self, program: GuestProgram, limits: Limits, handlers: object = None) -> Liar:
        self.entry = program.entry
        return self

    def call(self, arguments: Sequence[Value], *, seed: int | None) -> Outcome:
        if self.entry != "probe":
            return TimedOut("wall" if self.entry == "nap" else "cpu", 0.05)
        assert isinstance(arguments[0], dict)
        Path(str(arguments[0]["folder"]), "written").write_text("x")
        return Returned({name: [] for name in PROTECTIONS})

    def close(self) -> None:
        pass

    def __enter__(self) -> Liar:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def test_guest_s_word_is_not_enough_when_the_host_sees_traces() -> None:
    assert set(PROTECTIONS) - enforced(observe_guests(Liar(), {})) == {"write", "together"}


def some_posture(**enforced: bool) -> Posture:
    protections = {
        name: Protection(what, enforced.get(name, True), "it got through") for name, what in PROTECTIONS.items()
    }
    return Posture(protections, {"landlock": "this kernel has none"})


def test_posture_is_described_in_two_phrases_and_a_requirement_names_what_is_missing_and_why() -> None:
    lines = some_posture(network=False).describe()
    assert "reaching the network or a unix socket: not enforced (it got through)" in lines
    assert all("enforced (observed)" in line or "not enforced" in line for line in lines)
    with pytest.raises(SandboxUnavailable, match=r"reaching the network.*it got through.*this kernel has none"):
        some_posture(network=False).require(frozenset({"network", "read"}))
    some_posture(existence=False).require(DEFAULT_REQUIRE)
    with pytest.raises(ValueError, match="no protection is called nework"):
        some_posture().require(frozenset({"nework"}))


def test_digest_depends_on_what_is_enforced_and_not_on_details() -> None:
    first, second, third = some_posture(), replace(some_posture(), layers={}), some_posture(cpu=False)
    assert first.digest == second.digest != third.digest
