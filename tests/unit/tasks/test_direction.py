"""Whether a score's name says that less may be better."""

from __future__ import annotations

import pytest

from strop.tasks.command.direction import may_be_cost


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("time", "$.time"),
        ("latency_ms", r"latency_ms: ([0-9.]+)"),
        ("score", r"latency: (\S+)"),
        ("score", "([0-9.]+) ms"),
        ("score", r"took ([0-9.]+)"),
        ("mean", "out.json:$.results[0].mean"),
        ("runtime_s", '$.metrics["runtime_s"]'),
        ("trainLoss", "$.trainLoss"),
        ("RMSE", "$.RMSE"),
        ("error_rate", "$.error_rate"),
        ("peak_kb", "$.peak_kb"),
        ("ns_per_op", "$.ns_per_op"),
        ("speed", "$.latency"),
        ("retries", "$.retries"),
        ("dropped_packets", "$.dropped_packets"),
        ("score", r"page faults: (\d+)"),
        ("score", r"wall clock: (\d+)"),
    ],
)
def test_direction_is_asked_for_when_a_name_or_its_text_may_mean_a_cost(name: str, reader: str) -> None:
    assert may_be_cost(name, reader)


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("score", r"ops/s: ([0-9.]+)"),
        ("score", r"speed: ([0-9.]+) MB/s"),
        ("combined_score", "$.score"),
        ("accuracy", "$.accuracy.mean"),
        ("ops_per_second", "$.ops_per_second"),
        ("mb_per_s", "$.mb_per_s"),
        ("time_score", "$.time_score"),
        ("loss_reduction", "$.loss_reduction"),
        ("sum_radii", "$.sum_radii"),
        ("value", "$.value"),
        ("b", "$.b"),
        ("score", r"(?:\w+\s?)*: ([0-9.]+)"),
    ],
)
def test_more_is_better_when_nothing_says_otherwise(name: str, reader: str) -> None:
    assert not may_be_cost(name, reader)
