"""What may be claimed of a measurement of improvers: where it was made, and who computed its scores."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

REPEATS, TRUSTED = "repeats", "trusted"
"""Keys of the metadata: tasks that measure on the test split what they measure in training, because their instances do not differ
by seed; and tasks whose programs the user trusts with their own scores."""


def named_in(meta: Mapping[str, str], key: str) -> frozenset[str]:
    """The tasks that a list in the metadata names."""
    return frozenset(json.loads(meta.get(key, "[]")))


def where_measured(tasks: Sequence[str], repeats: Collection[str]) -> str:
    """`on the sealed instances of a and b`; tasks in `repeats` measure again what training measured."""
    sealed = [name for name in tasks if name not in repeats]
    again = [name for name in tasks if name in repeats]
    parts = [f"on the sealed instances of {listed(sealed)}"] if sealed else []
    return ", and ".join([*parts, *([f"in repeated measurements of {listed(again)}"] if again else [])])


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def better_words(own_scores: Mapping[str, str]) -> str:
    """`Better`, or `By their own scores` if programs of a task compute their score themselves."""
    return "By their own scores" if own_scores else "Better"


def own_score_words(own_scores: Mapping[str, str]) -> str:
    """The end of a sentence: on which task a score is the program's own, and why; else empty."""
    return next((f"; on {name} {reason}" for name, reason in own_scores.items()), "")
