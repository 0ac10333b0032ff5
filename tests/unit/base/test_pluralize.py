"""How many of a thing, as text."""

from __future__ import annotations

import pytest

from strop.base.pluralize import quantity


@pytest.mark.parametrize(
    ("n", "thing", "form", "said"),
    [
        (1, "LM call", "", "1 LM call"),
        (0, "LM call", "", "0 LM calls"),
        (2, "copy", "", "2 copies"),
        (1, "copy", "", "1 copy"),
        (12345, "evaluation", ",", "12,345 evaluations"),
    ],
)
def test_quantity_is_singular_for_one_alone(n: int, thing: str, form: str, said: str) -> None:
    assert quantity(n, thing, form) == said
