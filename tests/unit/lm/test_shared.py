"""Common random numbers for a language model."""

from __future__ import annotations

import pytest

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.offline import Offline
from strop.lm.scripted import Scripted
from strop.lm.shared import SharedAnswers

MESSAGE = "Improve this program:\n```python\ndef algorithm(values):\n    return sorted(values)[0]\n```\n"


def numbered() -> tuple[Scripted, SharedAnswers]:
    """A model that never gives the same answer twice, and one that shares its answers."""
    model = Scripted([f"answer {number}" for number in range(9)])
    return model, SharedAnswers(model, "pair")


def texts(model: SharedAnswers, *requests: Request) -> list[str]:
    return [completion.text for completion in model.complete(requests)]


def test_equal_requests_of_two_askers_get_the_same_answer_and_are_asked_once() -> None:
    model, shared = numbered()
    assert texts(shared, Request("", "m", scope="a")) == texts(shared, Request("", "m", scope="b")) == ["answer 0"]
    assert [request.scope for request in model.requests] == ["pair"]


def test_equal_requests_of_one_asker_get_different_answers() -> None:
    _, shared = numbered()
    assert texts(shared, Request("", "m", sample=0), Request("", "m", sample=1)) == ["answer 0", "answer 1"]


@pytest.mark.parametrize(
    "other", [Request("e", "m"), Request("", "n"), Request("", "m", 0.8), Request("", "m", sample=1)]
)
def test_requests_that_differ_get_answers_of_their_own(other: Request) -> None:
    _, shared = numbered()
    assert texts(shared, Request("", "m")) == ["answer 0"]
    assert texts(shared, other) == ["answer 1"]


def test_known_and_new_requests_of_one_call_keep_their_order() -> None:
    _, shared = numbered()
    texts(shared, Request("", "b"))
    assert texts(shared, Request("", "a"), Request("", "b"), Request("", "c")) == ["answer 1", "answer 0", "answer 2"]


def test_answer_that_is_given_again_has_cost_nothing() -> None:
    class Dear(Scripted):
        def complete(self, requests: object, keep: Keep = dropped) -> list[Completion]:
            keep(0, Completion("x", "dear", input_tokens=7, output_tokens=9, seconds=2.0))
            return [Completion("x", "dear", input_tokens=7, output_tokens=9, seconds=2.0)]

    shared = SharedAnswers(Dear([]), "pair")
    first, again = (shared.complete([Request("", "m", scope=scope)])[0] for scope in "ab")
    assert (first.input_tokens, first.output_tokens) == (7, 9)
    assert (again.text, again.input_tokens, again.output_tokens, again.seconds) == ("x", 0, 0, 0.0)


def test_failure_of_the_model_keeps_what_was_answered_in_its_place() -> None:
    shared = SharedAnswers(Scripted(["one", "two"]), "pair")
    texts(shared, Request("", "a"))
    with pytest.raises(LanguageModelError) as caught:
        shared.complete([Request("", "b"), Request("", "a"), Request("", "c")])
    assert [c.text if isinstance(c, Completion) else c for c in caught.value.completions] == ["two", "one", None]
    assert texts(shared, Request("", "b")) == ["two"]


def test_offline_proposer_answers_two_askers_alike_only_where_they_share() -> None:
    model = Offline(1)
    alone = [model.complete([Request("", MESSAGE, scope=scope)])[0].text for scope in "ab"]
    shared = SharedAnswers(model, "pair")
    together = [shared.complete([Request("", MESSAGE, scope=scope)])[0].text for scope in "ab"]
    assert alone[0] != alone[1] and together[0] == together[1]
