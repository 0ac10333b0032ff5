"""Frozen dataclasses as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from strop.base.as_document import HIDDEN, as_document, computed, names_of, to_json
from strop.base.from_json import from_json


@dataclass(frozen=True)
class Part:
    value: float
    text: str = field(default="secret", metadata=HIDDEN)

    @computed
    def double(self) -> float:
        return 2 * self.value

    @property
    def triple(self) -> float:
        return 3 * self.value


@dataclass(frozen=True, kw_only=True)
class Whole(Part):
    parts: tuple[Part, ...] = ()
    by_name: Mapping[str, Part | None] = field(default_factory=dict)
    file: Path | None = None

    @computed
    def first(self) -> Part | None:
        return next(iter(self.parts), None)


WHOLE = Whole(1.0, parts=(Part(2.0),), by_name={"a": None, "b": Part(3.0)}, file=Path("x/y"))


def test_document_has_fields_and_computed_properties_and_no_hidden_field() -> None:
    two = {"value": 2.0, "double": 4.0}
    assert as_document(WHOLE) == {
        "value": 1.0,
        "parts": [two],
        "by_name": {"a": None, "b": {"value": 3.0, "double": 6.0}},
        "file": "x/y",
        "double": 2.0,
        "first": two,
    }
    assert names_of(Whole) == list(as_document(WHOLE))


def test_document_is_read_back_as_the_same_dataclass() -> None:
    assert from_json(Whole, to_json(WHOLE)) == WHOLE


def test_json_text_is_ascii_whatever_a_guest_wrote() -> None:
    text = to_json({"error": "é \ud800 \x1b"})
    assert text.isascii() and json.loads(text) == {"schema_version": 5, "error": "é \ud800 \x1b"}


def test_json_text_refuses_a_number_that_is_not_finite() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        to_json(Part(float("nan")))
