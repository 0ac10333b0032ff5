"""What was seen of the calls of a process: how many there were, a reservoir sample of them, and different calls of the sample.

Each call has a random key, and the sample is the calls with the smallest keys. How many calls to skip until the next one of the
sample is drawn at once (Vitter, 1985). Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import heapq
import math
import random
import threading
from typing import Any

from strop_excerpts import MOST_NAMES, printable

LEAST_CALLS, MOST_CALLS = 25, 200
"""Fewest and most calls of the sample. Most calls that are kept."""
MOST_BYTES, MOST_BYTES_OF_ONE = 24 << 20, 8 << 20
"""Most bytes of all kept calls, which go into one document of plain data, and most bytes of one."""


class Seen:
    """What was seen of the calls of this process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # signals and finalizers may come in at any time
        self.due = self.looked_at = self.halved_after = self.bytes = self.flushed = 0
        """`due`: number of the next call that is taken. `halved_after`: `looked_at` when the sample was last halved."""
        self.most, self.threshold = MOST_CALLS, 1.0
        """Size of the sample; and its largest key once it is full."""
        self.slots: list[tuple[float, int]] = []
        """The sample: (-key, number of the call), as a heap, so that the largest key is dropped first."""
        self.digest_of: dict[int, bytes] = {}
        """Number of a call of the sample → the digest of its arguments."""
        self.kept: dict[bytes, list[Any]] = {}
        """Digest → the call that is kept for it; empty as long as the call runs."""
        self.digests: set[bytes] = set()
        self.left_out, self.callers = dict[str, int](), dict[str, int]()
        self.forms: dict[str, dict[str, list[int]]] = {}
        self.random, self.next_flush = random.Random(0), 0.0

    def take(self, number: int) -> int:
        """Take a call into the sample, and return how many calls to skip after it. A call gets into a full sample with the
        probability that its key is below the threshold, so that the number of calls until then is geometric."""
        heapq.heappush(self.slots, (-self.threshold * self.random.random(), number))
        while len(self.slots) > self.most:
            self.digest_of.pop(heapq.heappop(self.slots)[1], None)
        is_full = len(self.slots) == self.most
        self.threshold = max(-self.slots[0][0], 2.0**-60) if is_full else 1.0
        skip = int(math.log(1.0 - self.random.random()) / math.log1p(-self.threshold)) if is_full else 0
        self.due = number + 1 + skip
        return skip

    def count(self, table: dict[str, int], name: str) -> None:
        """Count one more of this name."""
        name = printable(name)
        name = name if name in table or len(table) < MOST_NAMES else "others"
        table[name] = table.get(name, 0) + 1

    def leave_out(self, why: str, digest: bytes = b"") -> None:
        """Count a call that is not kept, and why. A later call with the same digest may still be kept."""
        with self.lock:
            self.count(self.left_out, why)
            self.digests.discard(digest)
            self.kept.pop(digest, None)

    def reserve(self, number: int, digest: bytes, call: list[Any]) -> bool:
        """Whether a call of the sample is to be kept, as `call`: it is the first with its digest."""
        with self.lock:
            self.digests.add(digest)
            self.digest_of[number] = digest
            return self.kept.setdefault(digest, call) is call

    def keep(self, call: list[Any]) -> None:
        """Keep a call, which has ended. Of too many, those go first of which the sample has no equal call any more, then those
        with great keys."""
        with self.lock:
            self.bytes += len(call[1]) + len(call[2])
            if len(self.kept) <= MOST_CALLS and self.bytes <= MOST_BYTES:
                return
            place = {self.digest_of.get(number): place for place, (_, number) in enumerate(sorted(self.slots))}
            for digest in sorted(filter(self.kept.get, self.kept), key=lambda digest: place.get(digest, -1)):
                if len(self.kept) > MOST_CALLS or self.bytes > MOST_BYTES:
                    self.bytes -= sum(map(len, self.kept.pop(digest)[1:3]))
