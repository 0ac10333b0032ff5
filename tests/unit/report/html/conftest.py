"""Records of a few events, written through the store, and their pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from strop.base.events import Event, RunStarted
from strop.report.html.page import Page
from strop.runs.spec import RunSpec
from strop.store import Store
from support.made_records import Size, made_record
from support.pages import page_of

MakePage = Callable[..., Page]
META = {"task": "lpn", "language_model": "offline:skill=0.5", "is_language_model": "false"}


@pytest.fixture
def page(tmp_path: Path) -> MakePage:
    """The page of a record that holds a beginning and these events: `page(events, kind=…, **recipe)`."""

    def make(events: Sequence[Event], kind: str = "run", **recipe: object) -> Page:
        directory = tmp_path / "run"
        spec = json.loads(RunSpec(**recipe).to_json())  # type: ignore[arg-type]
        with Store.create(directory, META | {"kind": kind, "spec": json.dumps(spec)}) as store:
            store.append(RunStarted(scope="", spec=spec, environment={"strop": "1"}, posture=posture()))
            for event in events:
                store.append(event)
        return page_of(directory)

    return make


def posture() -> dict[str, object]:
    said = {"what": "writing files", "enforced": True, "detail": ""}
    return {
        "protections": {"write": said, "network": said | {"enforced": False, "detail": "a port"}},
        "layers": {"a": "b"},
    }


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of some 260 evaluations."""
    directory = tmp_path_factory.mktemp("made") / "run"
    made_record(directory, Size(evaluations=260, calls=30))
    return directory


@pytest.fixture(scope="session")
def made_page(made: Path) -> Page:
    return page_of(made)
