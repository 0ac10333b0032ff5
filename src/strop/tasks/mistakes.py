"""Tables of what must hold of the fields of a task."""

from __future__ import annotations

from collections.abc import Mapping


def first_mistake(required: Mapping[str, object]) -> str:
    """The message of the first requirement that does not hold; empty if all hold. `required` maps messages to whether their
    requirement holds, the most important first."""
    return next((mistake for mistake, holds in required.items() if not holds), "")
