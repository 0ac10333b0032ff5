"""Audit notes without end, to fill the record."""

from __future__ import annotations

from typing import Any

from strop.sandbox.base import Limits, Violated


def test_guest_is_stopped_as_a_flood_when_it_sends_notes_without_end(host: Any) -> None:
    text = "from language_model import LanguageModel\ndef improve_algorithm(s, u, l):\n    while True: LanguageModel(budget=9)"
    outcome = host.improve(text, Limits(cpu_seconds=20.0, wall_seconds=60.0, requests=100))
    assert isinstance(outcome, Violated) and outcome.reason == "more than 100 requests"
    assert len(host.notes) <= 100
