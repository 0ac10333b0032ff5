"""Connections of an evaluator's processes to the host, of which each has a process of the program."""

from __future__ import annotations

import socket
import struct

import pytest

from strop.base.errors import SandboxError
from strop.evaluation.commands.relay import EvaluationRelay, OriginalCalls
from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.tree_guests import TreeGuest

pytestmark = pytest.mark.heavy
LENGTH = struct.Struct("<I")


def no_process() -> TreeGuest:
    raise SandboxError("no process")


def test_connection_is_answered_when_it_comes_as_another_ends() -> None:
    question = plain_data.encode(("load", 0, "program"))
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"\0strop-connections-{id(door)}")
        door.listen(64)
        with EvaluationRelay(door, no_process, {"original": False}, OriginalCalls(), is_own=False, spoil=None):
            for _ in range(1000):
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(door.getsockname())
                    connection.sendall(LENGTH.pack(len(question)) + question)
                    assert connection.recv(LENGTH.size)
