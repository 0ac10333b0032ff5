"""The museum: its files are as they should be, each hack does what it says, and its documents name all of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.check import hacks
from strop.check.bench import Bench, bench_of
from strop.check.canonical import key_of, literal
from strop.check.examine import Settings, examine
from strop.check.findings import KINDS
from strop.check.hacks import Hack, museum
from strop.check.programs import program
from strop.sandbox.base import Returned
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop.tasks.base import Task

DOCUMENT = (Path(__file__).parents[3] / "docs" / "check.md").read_text(encoding="utf-8")
KEPT_OUT = {"exit_zero": 0, "huge_integers": 0, "infinity": 0, "nan": 0}
"""Hacks that the wire refuses, whatever the scorer is."""


def trusting(seed: str = "def f(xs, ys):\n    return [x % 2 for x in xs]\n", **changes: Any) -> Task:
    """A task whose scorer takes everything."""

    def sample(rng: Any) -> Any:
        xs = rng.integers(0, 10**6, 12).tolist()
        return {"xs": xs, "ys": rng.random((12, 2))}, [x % 2 for x in xs]

    settings = {"name": "trusting", "sample": sample, "score": lambda i, a: 0.5, "entry": "f", "seed": seed, **changes}
    return Task(**settings, description="Say which are odd.", instances=8)


@pytest.fixture
def bench(jail: JailedSandbox) -> Bench:
    return bench_of(trusting(), jail, b"s" * 32)


@pytest.fixture
def answers(bench: Bench) -> Callable[[Hack, Any], list[Any]]:
    """What comes back from the jail, by a hack and a variant: None for what did not come back."""

    def tried(hack: Hack, variant: Any) -> list[Any]:
        instances = [bench.instance(index) for index in range(8)]
        honest = {key_of(list(one.inputs.values())): one.hidden for one in instances}
        trial = bench.tried(bench.museum, program(hack, variant, honest, "f"), "check/museum")
        return [outcome.value if isinstance(outcome, Returned) else None for outcome in trial.outcomes]

    return tried


WITH_VARIANTS = [hack for hack in museum() if hack.variants]


@pytest.mark.parametrize("hack", WITH_VARIANTS, ids=lambda hack: hack.name)
def test_hack_brings_something_to_the_scorer_unless_the_wire_refuses_it(hack: Hack, answers: Any) -> None:
    arrived = sum(any(one is not None for one in answers(hack, variant)) for variant in hack.variants)
    assert (arrived > 0) == (hack.name not in KEPT_OUT) or hack.name == "nothing"


@pytest.mark.parametrize("hack", [one for one in WITH_VARIANTS if one.kind == "same"], ids=lambda hack: hack.name)
def test_hack_beside_an_answer_gives_the_honest_answer(hack: Hack, answers: Any, bench: Bench) -> None:
    honest = [bench.instance(index).hidden for index in range(8)]
    assert any(answers(hack, variant) == honest for variant in hack.variants)


@pytest.mark.parametrize("hack", museum(), ids=lambda hack: hack.name)
def test_hack_names_a_finding_and_stands_in_the_document(hack: Hack) -> None:
    assert hack.finding in KINDS
    assert all((hack.title, hack.tried, hack.means, hack.change))
    assert len(hack.title) <= 48
    assert re.search(rf"^\| `{hack.name}` \| {re.escape(hack.title)} \|", DOCUMENT, re.M)


@pytest.mark.parametrize("name", KINDS)
def test_finding_stands_in_the_document_with_its_level_and_title(name: str) -> None:
    assert f"| {name} | {KINDS[name].level} | {KINDS[name].title} |" in DOCUMENT


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        '"""Title\n\nTried: a.\n\nMeans: b.\n"""\nKIND = "form"\nFINDING = "C301"\nVARIANTS = ()\n',
        '"""Title\n\nTried: a.\n\nMeans: b.\n\nChange: c.\n"""\nKIND = "other"\nFINDING = "C301"\nVARIANTS = ()\n',
        '"""Title\n\nTried: a.\n\nMeans: b.\n\nChange: c.\n"""\nKIND = "form"\nFINDING = "C301"\n',
    ],
)
def test_file_that_is_no_hack_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^odd: "):
        hacks.read("odd", text)


def test_literal_gives_the_value_again() -> None:
    import numpy as np

    value = {"a": [1, 2.5, None, True, "x'\n"], "b": np.arange(6, dtype=np.float32).reshape(2, 3)}
    again = eval(literal(value), {"np": np})
    assert key_of(again) == key_of(value) and again["b"].flags.writeable


def test_check_finds_the_files_that_a_solution_leaves_where_no_jail_forbids_it_and_removes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with JailedSandbox(solution_places=1, improver_places=1, require=frozenset(), layers=Layers.none()) as sandbox:
        writing = Settings(repeat=1, hacks=[hack for hack in museum() if hack.name == "write_files"])
        checkup = examine(trusting(), sandbox, b"s" * 32, writing, say=lambda what: None)
    assert [finding.id for finding in checkup.findings if finding.level == "broken"] == ["C307"]
    assert list(tmp_path.iterdir()) == []
