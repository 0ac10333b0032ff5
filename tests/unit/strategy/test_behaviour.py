"""behaviour_of(): what recorded improvements say, and when it changes a name. The improvements run in the real jail."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from strop.events import ImproveFinished, ImproveStarted, LmCalled, LmResponded
from strop.spec import improver_text
from strop.strategy import Behaviour, Strategy, behaviour_of, classify
from strop.strategy.behaviour import by_behaviour, observed
from unit.strategy.corpus import text_of

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


def test_behaviour_counts_calls_and_what_the_prompts_show_of_a_greedy_improver(
    watched: Callable[[str], Behaviour],
) -> None:
    seen = watched(text_of("textbook", "improver_greedy"))
    assert (seen.improvements, seen.failed, seen.lm_calls, seen.responses, seen.most_calls) == (1, 0, 4, 24, 4)
    assert (seen.messages, seen.showing_initial, seen.showing_one, seen.showing_several) == (24, 6, 18, 0)
    assert seen.temperatures == (0.7,) and seen.utility_calls > 20


def test_behaviour_sees_several_programs_when_a_beam_is_expanded(watched: Callable[[str], Behaviour]) -> None:
    seen = watched(text_of("textbook", "improver_beam_search"))
    assert seen.calls_with_several == 3 and seen.showing_several == 0


def test_behaviour_sees_two_programs_in_a_prompt_when_parents_are_combined(watched: Callable[[str], Behaviour]) -> None:
    assert watched(text_of("textbook", "improver_genetic")).showing_several > 0


def test_behaviour_sees_the_temperatures_in_their_order(watched: Callable[[str], Behaviour]) -> None:
    assert watched(text_of("seen", "list_of_heats")).temperatures == (0.2, 0.6, 1.0, 1.4)


def test_program_that_is_part_of_another_is_not_counted_beside_it() -> None:
    small, large = "def algorithm(n):\n    return n", "def algorithm(n):\n    return n + 1"
    events = [
        ImproveStarted(scope="i", improver="I", initial_solution="the initial one", utility="u"),
        *(response(index, text) for index, text in enumerate((small, large))),
        LmCalled(scope="i", call=1, expertise="e", messages=(large, small + "\n\n" + large), temperature=0.7, cost=1),
        ImproveFinished(
            scope="i", outcome="ok", detail="", solution=large, utility_calls=0, lm_calls=1, cpu_seconds=0.0,
            wall_seconds=0.0,
        ),
    ]  # fmt: skip
    seen = behaviour_of(events, "I")
    assert seen is not None and (seen.showing_one, seen.showing_several) == (2, 0)


def response(index: int, program: str) -> LmResponded:
    return LmResponded(
        scope="i", call=0, index=index, text=f"```python\n{program}\n```", model="m", finish_reason="stop",
        input_tokens=None, output_tokens=None, seconds=0.0,
    )  # fmt: skip


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


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (Behaviour(2, returned_initial=2), "returns-initial"),
        (Behaviour(2), "no-model"),
        (Behaviour(2, lm_calls=2, responses=2, most_calls=1), "chain-of-thought"),
        (Behaviour(2, lm_calls=2, responses=12, most_calls=1), "other"),
        (Behaviour(2, lm_calls=2, responses=12, most_calls=1, utility_calls=9), "seed"),
        (Behaviour(2, lm_calls=8, responses=48, most_calls=4, utility_calls=9), "best-of-n"),
        (Behaviour(2, lm_calls=8, utility_calls=9, showing_one=3), "greedy"),
        (Behaviour(2, lm_calls=8, utility_calls=9, showing_one=3, temperatures=(0.1, 0.2)), "varying-temperature"),
        (Behaviour(2, lm_calls=8, utility_calls=9, calls_with_several=1, temperatures=(0.1, 0.2)), "beam-search"),
        (Behaviour(2, lm_calls=8, utility_calls=9, showing_several=1), "genetic"),
    ],
)
def test_behaviour_alone_gives_a_coarse_name_when_the_text_gives_none(seen: Behaviour, name: str) -> None:
    assert observed(seen) == name
    assert by_behaviour(Strategy("other"), seen).name == name


def test_broken_stays_broken_whatever_was_seen() -> None:
    broken = Strategy("broken", (), ("defines no improve_algorithm",))
    assert by_behaviour(broken, Behaviour(3, failed=3)) == broken
