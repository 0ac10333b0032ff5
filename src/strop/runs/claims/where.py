"""What may be claimed of a measurement of improvers: where it was made, and whether its scores prove something."""

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


def doubted(sentence: str, unproven_because: Mapping[str, str]) -> str:
    """A sentence that calls nothing better if better scores of a task prove nothing."""
    if not unproven_because or not sentence.startswith("Better"):
        return sentence
    name, reason = next(iter(unproven_because.items()))
    return f"Not called better{sentence.removeprefix('Better').rstrip('.')}, but on {name} {reason}."
