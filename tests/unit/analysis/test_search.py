"""How an improver searches: the idea in its docstring, and what recorded improvements say. They run in the real jail."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from strop.analysis.search import SearchBehaviour, behaviours_of, idea_of, searches_of
from strop.base.events import Event, ImproveFinished, ImproveStarted, LmCalled, LmResponded
from strop.runs.spec import improver_text, shipped_improvers
from support.rows import table

MakeBench = Callable[..., Any]
BODIES = ("return 0", "return n", "return 2 * n", "return 1 / n")
WRITTEN = ("def algorithm(n):\n    return n", "def algorithm(n):\n    return 2 * n")


@pytest.fixture
def watched(bench: MakeBench) -> Callable[[str], SearchBehaviour]:
    """Run an improver once with a model whose answers all differ."""

    def watch(improver: str) -> SearchBehaviour:
        numbers = itertools.count()

        def answer(request: object) -> str:
            number = next(numbers)
            return f"```python\ndef algorithm(n):\n    # version {number}\n    {BODIES[number % 4]}\n```\n"

        b = bench(answers=answer)
        b.improve(improver)
        return behaviours_of(b.events, [improver])[improver]

    return watch


def events_of(*messages: str) -> list[Event]:
    """One improvement: the model writes two programs, then is asked with `messages`."""
    return [
        ImproveStarted(scope="i", improver="I", initial_solution="the initial one", utility="u"),
        *(response(index, text) for index, text in enumerate(WRITTEN)),
        LmCalled(scope="i", call=1, expertise="e", messages=messages, temperature=0.7, cost=1),
        ImproveFinished(scope="i", solution=WRITTEN[0], lm_calls=1),
    ]


def response(index: int, program: str) -> LmResponded:
    return LmResponded(scope="i", call=0, index=index, text=f"```python\n{program}\n```", model="m")


@pytest.mark.process
def test_behaviour_counts_calls_rounds_answers_and_prompts_that_show_an_earlier_answer(
    watched: Callable[[str], SearchBehaviour],
) -> None:
    did = watched(improver_text("greedy_iterative"))
    assert (did.improvements, did.failed, did.lm_calls, did.rounds, did.answers) == (1, 0, 4, 4, 24)
    assert did.prompts == 24 and 0 < did.showing_earlier <= 18 and did.utility_calls > 20


@pytest.mark.process
def test_behaviour_counts_one_round_when_nothing_is_evaluated_between_the_calls(
    watched: Callable[[str], SearchBehaviour],
) -> None:
    did = watched(improver_text("best_of_n"))
    assert did.lm_calls > 1 and did.showing_earlier == 0
    assert watched(improver_text("chain_of_thought")).rounds == 1


@table(("messages", "shown"), [(WRITTEN[:1] * 3, 3), ((*WRITTEN, "none"), 2), (("none",), 0)])
def test_prompt_counts_when_it_shows_a_program_that_the_model_wrote(messages: tuple[str, ...], shown: int) -> None:
    did = behaviours_of(events_of(*messages), ["I"])["I"]
    assert (did.prompts, did.showing_earlier) == (len(messages), shown)


def test_behaviour_is_missing_when_no_improvement_has_ended() -> None:
    assert behaviours_of([], ["x"]) == behaviours_of(events_of("m")[:-1], ["I"]) == {}
    assert searches_of([], ["x"])["x"].behaviour is None


def test_words_give_means_of_an_improvement() -> None:
    did = SearchBehaviour(
        2, failed=1, lm_calls=8, rounds=6, answers=40, utility_calls=9, prompts=40, showing_earlier=12
    )
    assert did.in_words() == (
        "in 2 improvements, 1 failed: 4 LM calls in 3 rounds and 4.5 utility calls each, 5 responses a call; "
        "12 of 40 prompts show an earlier response"
    )
    assert SearchBehaviour(1).in_words() == "in 1 improvement: no LM call, 0 utility calls each"
    assert "1 LM call in 1 round and 1 utility call each" in SearchBehaviour(1, 0, 1, 1, 2, 1).in_words()


@table("name", shipped_improvers())
def test_every_shipped_improver_states_its_idea(name: str) -> None:
    assert idea_of(improver_text(name)).endswith(".")


@table(
    ("text", "idea"),
    [
        ('def improve_algorithm(a, b, c):\n    """Keep a beam.\n\n    More."""\n', "Keep a beam."),
        ('"""A whole program."""\ndef improve_algorithm(a, b, c):\n    return a\n', "A whole program."),
        ('"""First."""\ndef improve_algorithm(a, b, c):\n    "Second."\n', "Second."),
        ('class C:\n    def improve_algorithm(self):\n        "Not this."\n', ""),
        ("x = 1\n", ""),
        ("'\x1b[2J", ""),
        ("(" * 5000, ""),
    ],
)
def test_idea_is_the_first_line_of_the_docstring_and_empty_without_one(text: str, idea: str) -> None:
    assert idea_of(text) == idea
