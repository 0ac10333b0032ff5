"""Waiting times."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.lm.retry_policy import RetryPolicy, retry_after_seconds

NOW = 1_000_000_000.0  # 2001-09-09 01:46:40 GMT


@given(st.integers(1, 10_000), st.integers(0, 2**32))
def test_patience_never_waits_longer_than_its_limit(attempt: int, seed: int) -> None:
    assert 0.0 < RetryPolicy(longest_wait_seconds=60.0).wait(attempt, None, random.Random(seed)) <= 60.0


@given(st.floats(0, 1e9), st.integers(0, 2**32))
def test_patience_waits_at_least_what_is_asked_up_to_its_limit(asked: float, seed: int) -> None:
    limited = min(asked, 300.0)
    most = max(limited * 1.1 + 1e-9, RetryPolicy().first_wait_seconds / 8)  # one that asks for 0 s is not asked at once
    assert limited <= RetryPolicy().wait(1, asked, random.Random(seed)) <= most


def test_patience_doubles_its_waits() -> None:
    waits = [RetryPolicy().wait(attempt, None, random.Random(0)) for attempt in range(1, 5)]
    assert [wait / waits[0] for wait in waits] == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:10 GMT"}, 30.0),
        ({"retry-after": "Sun, 09 Sep 2001 01:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 99 Sep 2001"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == expected
