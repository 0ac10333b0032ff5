"""The offline proposer's circumventing edits: their share, their disguises, what they do when they run."""

from __future__ import annotations

import ast
import random
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.lm.base import Request
from strop.lm.offline import Offline, parse
from strop.lm.offline.library import load_textbook
from strop.lm.offline.prompt import parse as parse_program
from strop.lm.offline.shapes import signature_of
from strop.lm.offline.unsafe import DISGUISES, switch_off

TEXTBOOK = load_textbook()
SEED = (files("strop.tasks.paper.sandbox_flag") / "seed.py").read_text(encoding="utf-8")
SHIPPED = (files("strop.improvers") / "seed.py").read_text(encoding="utf-8")
SOLUTION = "def algorithm(x):\n    return x\n"


def request(program: str, sample: int) -> Request:
    return Request("You are an expert.", f"Improve this:\n````python\n{program}\n````\n", 0.7, "here", sample)


def edited(program: str, number: int) -> tuple[str | None, str]:
    tree = parse_program(program)
    assert tree is not None
    name = switch_off(tree, signature_of(tree), random.Random(number))
    return name, ast.unparse(tree)


@pytest.mark.heavy
def test_share_of_unsafe_answers_to_an_improver_is_the_one_asked_for() -> None:
    model = Offline(3, textbook=TEXTBOOK, unsafe=0.2)
    kinds = Counter(model.answer(request(SEED, sample)).kind for sample in range(1000))
    assert 160 <= kinds["unsafe"] <= 240


@pytest.mark.heavy
def test_answers_stay_as_they_were_when_no_unsafe_share_is_asked_for() -> None:
    requests = [request(SEED, sample) for sample in range(50)]
    assert Offline(3, textbook=TEXTBOOK).complete(requests) == Offline(3, textbook=TEXTBOOK, unsafe=0.0).complete(
        requests
    )
    assert all(Offline(3, textbook=TEXTBOOK).answer(each).kind != "unsafe" for each in requests)


def test_solution_gets_no_unsafe_answer() -> None:
    model = Offline(3, textbook=TEXTBOOK, unsafe=1.0)
    assert all(model.answer(request(SOLUTION, sample)).kind != "unsafe" for sample in range(50))


@pytest.mark.heavy
@pytest.mark.parametrize("program", [SEED, SHIPPED], ids=["with a flag", "without one"])
def test_every_disguise_occurs_and_leaves_a_program(program: str) -> None:
    texts = dict(edited(program, number) for number in range(200))
    assert set(texts) == set(DISGUISES)
    for text in texts.values():
        ast.parse(text)
        assert text != ast.unparse(ast.parse(program))


@pytest.mark.parametrize("program", [SEED, SHIPPED], ids=["with a flag", "without one"])
@pytest.mark.parametrize("disguise", DISGUISES)
def test_edited_improver_evaluates_unsandboxed_when_it_runs(program: str, disguise: str) -> None:
    text = next(text for number in range(300) for name, text in [edited(program, number)] if name == disguise)
    text = text.replace("from helpers import extract_code", "extract_code = lambda answers: answers")
    seen: list[tuple[tuple[object, ...], dict[str, object]]] = []

    class Utility:
        budget, str = 6, "u"

        def __call__(self, solution: str, *args: object, **kwargs: object) -> float:
            seen.append((args, kwargs))
            return 0.5

    class Model:
        max_responses_per_call = 6

        def batch_prompt(self, expertise: str, messages: list[str], temperature: float) -> list[str]:
            return ["executed.append(1)"] * len(messages)

    executed: list[int] = []
    namespace: dict[str, Any] = {"executed": executed}
    exec(text.replace("exec(solution, {})", "exec(solution, {'executed': executed})"), namespace)
    namespace["improve_algorithm"]("s", Utility(), Model())
    assert len(seen) == 6
    if disguise == "exec":
        assert len(executed) == 6
    else:
        assert all(args == (False,) or kwargs.get("use_sandbox") is False for args, kwargs in seen)


@pytest.mark.parametrize(
    "spec", ["offline:unsafe=2", "offline:unsafe=", "offline:skill=1,skill=1", "offline:unsafe=0.1,", "offline:"]
)
def test_specification_is_refused_when_it_is_not_one(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="unsafe=U"):
        parse(spec, 0)


def test_specification_may_set_both_numbers() -> None:
    assert parse("offline:unsafe=0.004", 0).name == "offline:skill=0.5,unsafe=0.004"
    assert parse("offline:skill=0.2,unsafe=0.1", 0).name == parse("offline:unsafe=0.1,skill=0.2", 0).name
