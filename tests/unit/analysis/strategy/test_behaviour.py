"""behaviour_of(): what recorded improvements say, and when it changes a name. The improvements run in the real jail."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from strop.analysis.strategy import Behaviour, Strategy, behaviour_of, classify
from strop.analysis.strategy.behaviour import by_behaviour
from strop.base.events import Event, ImproveFinished, ImproveStarted, LmCalled, LmResponded
from strop.runs.spec import improver_text
from unit.analysis.strategy.corpus import text_of

MakeBench = Callable[..., Any]
BODIES = ("return 0", "return n", "return 2 * n", "return 1 / n")


@pytest.fixture
def watched(bench: MakeBench) -> Callable[[str], Behaviour]:
    """Run an improver once with a model whose answers all differ."""

    def watch(improver: str) -> Behaviour:
        numbers = itertools.count()

        def answer(request: object) -> str:
            number = next(numbers)
            return f"```python\ndef algorithm(n):\n    # version {number}\n    {BODIES[number % 4]}\n```\n"

        b = bench(answers=answer)
        b.improve(improver)
        found = behaviour_of(b.events, improver)
        assert found is not None
        return found

    return watch


def test_behaviour_counts_calls_and_the_prompts_that_show_an_earlier_answer(
    watched: Callable[[str], Behaviour],
) -> None:
    did = watched(text_of("textbook", "improver_greedy"))
    assert (did.improvements, did.failed, did.lm_calls, did.most_calls) == (1, 0, 4, 4)
    assert (did.messages, did.showing_earlier, did.spread) == (24, 18, 0)
    assert did.temperatures == (0.7,) and did.utility_calls > 20


def test_behaviour_sees_several_programs_when_a_beam_is_expanded(watched: Callable[[str], Behaviour]) -> None:
    assert watched(text_of("textbook", "improver_beam_search")).spread == 3


def events_of(*messages: str, temperatures: tuple[float, ...] = (0.7,)) -> list[Event]:
    """One improvement: the model writes two programs, then is asked with `messages` at each of the temperatures."""
    return [
        ImproveStarted(scope="i", improver="I", initial_solution="the initial one", utility="u"),
        *(response(index, text) for index, text in enumerate(WRITTEN)),
        *(
            LmCalled(scope="i", call=1, expertise="e", messages=messages, temperature=each, cost=1)
            for each in temperatures
        ),
        ImproveFinished(
            scope="i", outcome="ok", detail="", solution=WRITTEN[0], utility_calls=0, lm_calls=1, cpu_seconds=0.0,
            wall_seconds=0.0,
        ),
    ]  # fmt: skip


WRITTEN = ("def algorithm(n):\n    return n", "def algorithm(n):\n    return 2 * n")


def response(index: int, program: str) -> LmResponded:
    return LmResponded(
        scope="i", call=0, index=index, text=f"```python\n{program}\n```", model="m", finish_reason="stop",
        input_tokens=None, output_tokens=None, seconds=0.0,
    )  # fmt: skip


def test_requests_that_show_different_programs_are_counted() -> None:
    same, different = behaviour_of(events_of(*WRITTEN[:1] * 3), "I"), behaviour_of(events_of(*WRITTEN, "none"), "I")
    assert same is not None and (same.messages, same.showing_earlier, same.spread) == (3, 3, 0)
    assert different is not None and (different.messages, different.showing_earlier, different.spread) == (3, 2, 1)


def test_temperatures_are_kept_in_their_order_each_once() -> None:
    did = behaviour_of(events_of("m", temperatures=(0.6, 0.2, 0.6, 1.4)), "I")
    assert did is not None and did.temperatures == (0.6, 0.2, 1.4) and did.lm_calls == 4


def test_behaviour_is_none_when_the_improver_never_ran() -> None:
    assert behaviour_of([], "x") is None


def test_name_is_what_it_did_when_it_never_asks_what_its_text_would_ask(watched: Callable[[str], Behaviour]) -> None:
    text = text_of("paper", "figure_a12_part_by_part")
    found = classify(text, watched(text))
    assert (classify(text).name, found.name) == ("decomposing", "returns-initial")
    assert "written as decomposing" in found.also


def test_improver_that_only_raises_keeps_its_name_and_is_said_to_fail(watched: Callable[[str], Behaviour]) -> None:
    text = text_of("paper", "figure_5_epsilon_greedy")  # as printed, it lacks an import
    found = classify(text, watched(text))
    assert found.name == "epsilon-greedy" and "fails every time" in found.also


def test_name_stays_when_the_behaviour_agrees(watched: Callable[[str], Behaviour]) -> None:
    text = improver_text("beam_search")
    found = classify(text, watched(text))
    assert found.name == "beam-search" and "in 1 improvement: 4 LM calls" in found.why[-1]


SEVERAL = {"lm_calls": 8, "most_calls": 4, "utility_calls": 9, "messages": 48}


@pytest.mark.parametrize(
    ("by_text", "did", "name"),
    [
        ("other", Behaviour(2, lm_calls=2, most_calls=1, messages=2), "chain-of-thought"),
        ("other", Behaviour(2, lm_calls=2, most_calls=1, messages=12), "other"),
        ("other", Behaviour(2, lm_calls=2, most_calls=1, messages=12, utility_calls=9), "seed"),
        ("other", Behaviour(2, **SEVERAL, showing_earlier=3), "greedy"),
        ("seed", Behaviour(2, **SEVERAL), "best-of-n"),
        ("seed", Behaviour(2, **SEVERAL, showing_earlier=3, temperatures=(0.1, 0.2)), "varying-temperature"),
        ("greedy", Behaviour(2, **SEVERAL, showing_earlier=9, spread=2, temperatures=(0.1, 0.2)), "beam-search"),
        ("greedy", Behaviour(2, **SEVERAL), "greedy"),  # perhaps nothing was better than the initial solution
        ("best-of-n", Behaviour(2, lm_calls=2, most_calls=1, messages=12, utility_calls=9), "seed"),
        ("varying-temperature", Behaviour(2, **SEVERAL, showing_earlier=3, temperatures=(0.7,)), "greedy"),
        ("genetic", Behaviour(2, **SEVERAL, showing_earlier=9, spread=2), "genetic"),
        ("greedy", Behaviour(2, returned_initial=2), "returns-initial"),
        ("greedy", Behaviour(2), "no-model"),
        ("greedy", Behaviour(2, failed=2), "greedy"),
    ],
)
def test_behaviour_decides_how_often_and_from_what_the_model_is_asked(by_text: str, did: Behaviour, name: str) -> None:
    assert by_behaviour(Strategy(by_text, (), ("why",)), did).name == name


def test_broken_stays_broken_whatever_was_seen() -> None:
    broken = Strategy("broken", (), ("defines no improve_algorithm",))
    assert by_behaviour(broken, Behaviour(3, failed=3)) == broken
