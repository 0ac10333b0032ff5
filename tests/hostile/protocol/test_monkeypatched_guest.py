"""The guest's own json, struct, os and encoder replaced: at worst its frames are refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Returned, Violated

PATCHES = {
    "json": 'import json\njson.dumps = lambda *a, **k: \'{"returned": 1, "score": 100.0}\'',
    "encoder": "import frames\nframes._plain = lambda *a: {'returned': 1, 'score': 100.0}",
    "header": "import frames\nframes.HEADER = struct.Struct('>II')",
    "writer": "import frames\nwrite = frames.write\nframes.write = lambda fd, data: write(fd, data + data)",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_guest_is_stopped_when_it_replaces_its_own_end_of_the_wire(solve: Callable[..., Outcome], patch: str) -> None:
    outcome = solve(f"{PATCHES[patch]}\ndef algorithm(): return 0")
    assert isinstance(outcome, Violated)
    assert json.dumps({"a": struct.calcsize("<II")}) == '{"a": 8}'


def test_answer_arrives_when_the_program_replaces_what_the_guest_has_bound_before(
    solve: Callable[..., Outcome],
) -> None:
    outcome = solve("def algorithm():\n    os.write = os.read = os._exit = struct.unpack = None\n    return 0")
    assert isinstance(outcome, Returned)
