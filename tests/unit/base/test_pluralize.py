from __future__ import annotations

import pytest

from strop.base.pluralize import quantity

QUANTITIES = {"1 LM call": (1, "LM call"), "0 LM calls": (0, "LM call"), "2 copies": (2, "copy"), "1 copy": (1, "copy")}


@pytest.mark.parametrize(("words", "of"), [*QUANTITIES.items(), ("12,345 evaluations", (12345, "evaluation", ","))])
def test_quantity_is_singular_for_one_alone(words: str, of: tuple[int, str]) -> None:
    assert quantity(*of) == words
