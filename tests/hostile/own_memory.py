"""A program that looks for a number in all memory of its process: frames, environment, command line and messages."""

from __future__ import annotations

import random
import struct

_TURN = bytes(255 - byte for byte in range(256))
_SEARCH = """
import gc, os

TURN, NEEDLES = bytes(255 - byte for byte in range(256)), {needles!r}

def pages():
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in list(maps):
                start, _, end = line.split()[0].partition("-")
                if " rw" in line and not memory.seek(int(start, 16)) < 0:
                    try:
                        yield memory.read(int(end, 16) - int(start, 16)) or b""
                    except OSError:
                        pass
    except OSError:  # where there is no /proc: what Python can reach
        for each in gc.get_objects():
            yield repr(each).encode() if isinstance(each, (dict, list, tuple)) and len(each) < 99 else b""

def found():
    # Each needle is turned, and so is what is searched: else the search would find itself.
    return sum(page.translate(TURN).count(needle) for page in pages() for needle in NEEDLES)
"""


def search(*needles: bytes) -> str:
    """A module whose `found()` says how often its process has one of these."""
    return _SEARCH.format(needles=[needle.translate(_TURN) for needle in needles])


def forms(seed: int) -> list[bytes]:
    """A seed as text, as bytes, as Python's integer, and what Python's generator makes of it."""
    digits = [seed >> shift & (1 << 30) - 1 for shift in range(0, seed.bit_length(), 30)]
    state = random.Random(seed).getstate()[1]
    return [
        str(seed).encode(),
        seed.to_bytes(max(8, -(-seed.bit_length() // 8)), "little"),
        struct.pack(f"<{len(digits)}I", *digits),
        struct.pack("<4I", *state[1:5]),
    ]
