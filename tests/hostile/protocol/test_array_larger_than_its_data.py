"""An array's header that claims eight terabytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "text",
    [
        b'{"returned":{"__nd__":["<f8",[1099511627776]]}}',
        b'{"returned":{"__nd__":["<f8",[1048576,1048576]]}}',
        b'{"returned":{"__nd__":["<f8",[1]]}}',
    ],
)
def test_guest_is_stopped_when_it_claims_an_array_that_it_did_not_send(
    answer: Callable[..., Outcome], text: bytes
) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "larger than the data" in outcome.reason
