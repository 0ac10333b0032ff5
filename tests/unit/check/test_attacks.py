"""Attacks on sampled tasks: the files have the right form, each attack does what it says, and the document names all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.checks import attack as attack_files
from strop.checks.attack import Attack, attacks
from strop.checks.bench import Bench, bench_of
from strop.checks.findings import KINDS
from strop.checks.pipeline import CheckSettings, check_sampled
from strop.checks.sampled import program
from strop.checks.values import key_of, literal
from strop.sandbox.base import Returned
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop.tasks.base import Task

DOCUMENT = (Path(__file__).parents[3] / "docs" / "check.md").read_text(encoding="utf-8")
KEPT_OUT = {"exit_zero", "huge_integers", "infinity", "nan", "pickled_code"}
"""Attacks that the wire refuses, whatever the scorer is."""
OF_OTHER_ANSWERS = {"after_first", "other_case", "rounded", "told",
    "among_others", "regrouped", "fewer", "moved", "repeated", "negative_indices", "nothing", "written_code",
}  # fmt: skip
"""Attacks that need other answers than those of this task, or bring None."""


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
def answers(bench: Bench) -> Callable[[Attack, Any], list[Any]]:
    """What comes back from the jail, by an attack and a variant: None for what did not come back."""

    def tried(attack: Attack, variant: Any) -> list[Any]:
        instances = [bench.instance(index) for index in range(8)]
        honest = {key_of(list(one.inputs.values())): one.hidden for one in instances}
        trial = bench.evaluate(bench.attacked, program(attack, variant, honest, "f"), "check/attack")
        return [outcome.value if isinstance(outcome, Returned) else None for outcome in trial.outcomes]

    return tried


WITH_VARIANTS = [attack for attack in attacks("sampled") if attack.variants]


@pytest.mark.heavy
@pytest.mark.parametrize("attack", WITH_VARIANTS, ids=lambda attack: attack.name)
def test_attack_brings_something_to_the_scorer_unless_the_wire_refuses_it(attack: Attack, answers: Any) -> None:
    arrived = sum(any(one is not None for one in answers(attack, variant)) for variant in attack.variants)
    assert (arrived > 0) == (attack.name not in KEPT_OUT) or attack.name in OF_OTHER_ANSWERS


@pytest.mark.parametrize("attack", [one for one in WITH_VARIANTS if one.kind == "same"], ids=lambda attack: attack.name)
def test_attack_beside_an_answer_gives_the_honest_answer(attack: Attack, answers: Any, bench: Bench) -> None:
    honest = [bench.instance(index).hidden for index in range(8)]
    assert any(answers(attack, variant) == honest for variant in attack.variants)


@pytest.mark.parametrize("attack", attacks("sampled"), ids=lambda attack: attack.name)
def test_attack_names_a_finding_and_says_what_it_tries(attack: Attack) -> None:
    assert attack.finding in KINDS
    assert all((attack.title, attack.tried, attack.means, attack.change))
    assert len(attack.title) <= 48


@pytest.mark.parametrize("name", KINDS)
def test_finding_stands_in_the_document_with_its_level_and_title(name: str) -> None:
    assert f"| {name} | {KINDS[name].level} | {KINDS[name].title} |" in DOCUMENT


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        '"""Title\n\nTried: a.\n\nMeans: b.\n"""\nNAME = "odd"\nKIND = "form"\nFINDING = "C301"\nVARIANTS = ()\n',
        '"""Title\n\nTried: a.\n\nMeans: b.\n\nChange: c.\n"""\nNAME = "odd"\nKIND = "other"\nFINDING = "C301"\nVARIANTS = ()\n',
        '"""Title\n\nTried: a.\n\nMeans: b.\n\nChange: c.\n"""\nNAME = "odd"\nKIND = "form"\nFINDING = "C301"\n',
    ],
)
def test_file_that_is_not_an_attack_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(odd|None): "):
        attack_files.family(text)


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
    with JailedSandbox(solution_slots=1, improver_slots=1, require=frozenset(), layers=Layers.none()) as sandbox:
        writing = CheckSettings(
            repeat=1, attacks=[attack for attack in attacks("sampled") if attack.name == "write_files"]
        )
        check = check_sampled(trusting(), sandbox, b"s" * 32, writing, notify=lambda what: None)
    assert [finding.id for finding in check.findings if finding.level == "broken"] == ["C307"]
    assert list(tmp_path.iterdir()) == []
