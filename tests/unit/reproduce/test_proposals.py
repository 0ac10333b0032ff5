"""What a model proposes: asked for once, kept, and named; in the real jail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import LmCalled
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.reproduce.asking import Asker, answers_in
from strop.reproduce.proposals import SCOPE, Proposal, proposals_in, seed_arm, write
from strop.runs.spec import improver_text
from strop.sandbox.jail import JailedSandbox
from strop.store import Store

ARM = seed_arm("How good an improver is.")


def program(name: str) -> str:
    return f"My idea.\n```python\n{improver_text(name)}```\n"


@pytest.fixture
def propose(jail: JailedSandbox, tmp_path: Path) -> Callable[..., list[Proposal]]:
    """Bring one record to n proposals of a model that answers with these texts in turn."""

    def call(n: int, answer: Callable[[Request], str], asked: list[Request] | None = None) -> list[Proposal]:
        def scripted(request: Request) -> str:
            if asked is not None:
                asked.append(request)
            return answer(request)

        directory = tmp_path / "record"
        with Store.resume(directory) if directory.exists() else Store.create(directory, {}) as store:
            asker = Asker(jail, Scripted(scripted), store, workers=2)
            asker.ask(ARM, n, answers_in(store, SCOPE), lambda answers: None)
            return proposals_in(store, jail, n, 2)

    return call


def test_model_is_asked_what_the_seed_improver_asks_about_itself(propose: Any) -> None:
    asked: list[Request] = []
    propose(3, lambda request: program("seed"), asked)
    assert {request.sample for request in asked} == {0, 1, 2}
    assert len({(request.expertise, request.message, request.temperature) for request in asked}) == 1
    assert improver_text("seed") in asked[0].message and ARM.description in asked[0].message


def test_strategy_of_each_answer_is_named_in_order(propose: Any) -> None:
    texts = [program("beam_search"), "I have no idea.", program("simulated_annealing"), program("seed")]
    found = propose(4, lambda request: texts[request.sample])
    assert [each.strategy for each in found] == ["beam-search", "no program", "simulated-annealing", "seed"]
    assert [each.number for each in found] == [0, 1, 2, 3]
    assert found[1].program is None and found[0].why


def test_only_what_is_missing_is_asked_for_when_more_are_wanted(propose: Any, tmp_path: Path) -> None:
    first: list[Request] = []
    then: list[Request] = []
    propose(8, lambda request: program("seed"), first)
    found = propose(15, lambda request: program("seed"), then)
    assert sorted(request.sample for request in first) == list(range(8))
    assert sorted(request.sample for request in then) == list(range(8, 15))
    assert len(found) == 15
    fewer = propose(5, lambda request: program("seed"), then)
    assert len(fewer) == 5 and len(then) == 7
    with Store.open(tmp_path / "record") as store:
        assert sum(len(stored.event.messages) for stored in store.events(LmCalled)) == 15


def test_first_example_of_each_strategy_is_kept_as_a_file(tmp_path: Path) -> None:
    found = [
        Proposal(0, "# a\n", "genetic", (), ("why",)),
        Proposal(1, "# b\n", "genetic", (), ("why",)),
        Proposal(2, None, "no program", (), ()),
    ]
    write(found, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["genetic.py", "proposals.json"]
    assert (tmp_path / "genetic.py").read_text() == "# a\n"
    rows = json.loads((tmp_path / "proposals.json").read_text())
    assert [row["strategy"] for row in rows] == ["genetic", "genetic", "no program"]
