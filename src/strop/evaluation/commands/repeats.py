"""Whether a candidate is to blame for a difference: what the original, and the candidate, do when a seed is run again.

An original that varies differs from itself, and so does a copy of it. A difference counts if no further run of the candidate does
what the original did in any of its runs on that seed (docs/design/0040-the-answer-is-compared.md).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable

from strop.base.pluralize import quantity
from strop.tasks.base import Split
from strop.tasks.command.behaviour import Behaviour

ORIGINAL_RUNS = 5
"""Runs of the original on a seed before a candidate is blamed."""
CANDIDATE_RUNS: dict[Split, int] = {"train": 2, "gate": 3, "test": 4}
"""Runs of a candidate on a seed before it is blamed; the verdict of a run depends on `test`."""
Run = Callable[[], Behaviour | None]
"""Runs a program once more; None if it failed."""


class Repeats:
    """What an original did on each seed, and whether it was seen to vary. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[Hashable, list[tuple[Behaviour, int]]] = defaultdict(list)
        """Each different behaviour, and how often it was seen."""
        self.doubt = ""
        """Why an equal output proves little; empty if nothing varied."""

    def saw(self, seed: Hashable, behaviour: Behaviour) -> None:
        """Count one run of the original on a seed."""
        with self._lock:
            seen = self._seen[seed]
            for number, (known, times) in enumerate(seen):
                if not known.difference(behaviour, quoted=False):
                    seen[number] = known, times + 1
                    break
            else:
                seen.append((behaviour, 1))
            if len(seen) > 1:
                most, runs = max(times for _, times in seen), sum(times for _, times in seen)
                differed = f"on one seed it differs in {runs - most} of {quantity(runs, 'run')}"
                self.doubt = f"the original's own output varies: {differed}"

    def excuse(self, seed: Hashable, found: Behaviour, split: Split, original: Run, candidate: Run) -> str | None:
        """Why a candidate that did `found` on a seed is not to blame; None if it is. Runs both again.

        A candidate that varies beside an original that does not is doubted alone.
        """
        while self._runs(seed) < ORIGINAL_RUNS:
            again = original()
            if again is None:
                self.doubt = "the original's own output varies: on one seed it once failed"
                return self.doubt
            self.saw(seed, again)
        if self._is_known(seed, found):
            return self.doubt
        for times in range(1, CANDIDATE_RUNS[split]):
            again = candidate()
            if again is not None and self._is_known(seed, again):
                differed = (
                    f"its output varies: on one seed it differed from the original's in {times} of {times + 1} runs"
                )
                return self.doubt or differed
        return None

    def _runs(self, seed: Hashable) -> int:
        return sum(times for _, times in self._seen[seed])

    def _is_known(self, seed: Hashable, behaviour: Behaviour) -> bool:
        return any(not known.difference(behaviour, quoted=False) for known, _ in self._seen[seed])
