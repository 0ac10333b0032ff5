"""Known answers first: those of a record, and those of the other improver of a pair."""

from __future__ import annotations

import pytest

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.known_answers import KnownAnswers, NoModel
from strop.lm.offline import Offline
from strop.lm.scripted import Scripted

ONE = Request("e", "m", 0.7, "t1/improve", 0)


def learnt(*requests: Request) -> dict[str, Completion]:
    """An answer that was recorded for each request."""
    return {each.key: Completion(f"recorded {n}", "past", request=each.key) for n, each in enumerate(requests)}


@pytest.mark.parametrize(
    "other",
    [
        Request("f", "m", 0.7, "t1/improve", 0),
        Request("e", "n", 0.7, "t1/improve", 0),
        Request("e", "m", 0.71, "t1/improve", 0),
        Request("e", "m", 0.7, "t2/improve", 0),
        Request("e", "m", 0.7, "t1/improve", 1),
    ],
)
def test_key_differs_when_one_thing_differs(other: Request) -> None:
    assert other.key != ONE.key == Request("e", "m", 0.7, "t1/improve", 0).key


def test_key_of_what_no_file_could_hold_exists() -> None:
    assert len(Request("\ud800", "\0", float("nan")).key) == 64


def test_known_answers_are_given_and_only_the_others_asked_for_in_order() -> None:
    model = Scripted(["new"])
    asked = [Request("", "a"), Request("", "b"), Request("", "c")]
    kept: dict[int, Completion] = {}
    recorded = KnownAnswers(model, learnt(asked[0], asked[2]))
    found = recorded.complete(asked, lambda position, completion: kept.update({position: completion}))
    assert [each.text for each in found] == ["recorded 0", "new", "recorded 1"]
    assert [kept[n] for n in range(3)] == found and model.requests == (asked[1],)
    assert [each.request for each in found] == [each.key for each in asked]


def test_known_answers_are_kept_also_when_the_model_fails() -> None:
    kept: list[tuple[int, str]] = []
    with pytest.raises(LanguageModelError):
        KnownAnswers(Scripted([]), learnt(ONE)).complete([Request("", "x"), ONE], lambda n, c: kept.append((n, c.text)))
    assert kept == [(1, "recorded 0")]


def test_request_that_was_not_recorded_fails_with_its_place_and_its_text() -> None:
    model = KnownAnswers(NoModel("openai/x", True))
    with pytest.raises(LanguageModelError, match=r"request 2 in t1 was not recorded: 'improve this\\nprogram B'"):
        model.complete([Request("e", "improve this\nprogram B", scope="t1", sample=2)], dropped)
    assert (model.name, model.is_language_model) == ("openai/x", True)


MESSAGE = "Improve this program:\n```python\ndef algorithm(values):\n    return sorted(values)[0]\n```\n"


def numbered() -> tuple[Scripted, KnownAnswers]:
    """A model that never gives the same answer twice, and one that shares its answers."""
    model = Scripted([f"answer {number}" for number in range(9)])
    return model, KnownAnswers(model, scope="pair")


def texts(model: KnownAnswers, *requests: Request) -> list[str]:
    return [completion.text for completion in model.complete(requests, dropped)]


def test_equal_requests_of_two_askers_get_the_same_answer_and_are_asked_once() -> None:
    model, shared = numbered()
    assert texts(shared, Request("", "m", scope="a")) == texts(shared, Request("", "m", scope="b")) == ["answer 0"]
    assert [request.scope for request in model.requests] == ["pair"]


def test_known_and_new_requests_of_one_call_keep_their_order() -> None:
    _, shared = numbered()
    texts(shared, Request("", "b"))
    asked = [Request("", "a"), Request("", "b"), Request("", "a", sample=1), Request("", "a", 0.8)]
    assert texts(shared, *asked) == ["answer 1", "answer 0", "answer 2", "answer 3"]


def test_answer_that_is_given_again_has_cost_nothing() -> None:
    class Dear(Scripted):
        def complete(self, requests: object, keep: Keep) -> list[Completion]:
            keep(0, Completion("x", "dear", input_tokens=7, output_tokens=9, seconds=2.0))
            return [Completion("x", "dear", input_tokens=7, output_tokens=9, seconds=2.0)]

    shared = KnownAnswers(Dear([]), scope="pair")
    first, again = (shared.complete([Request("", "m", scope=scope)], dropped)[0] for scope in "ab")
    assert (first.input_tokens, first.output_tokens) == (7, 9)
    assert (again.text, again.input_tokens, again.output_tokens, again.seconds) == ("x", 0, 0, 0.0)


def test_offline_proposer_answers_two_askers_alike_only_where_they_share() -> None:
    model = Offline(1)
    alone = [model.complete([Request("", MESSAGE, scope=scope)], dropped)[0].text for scope in "ab"]
    shared = KnownAnswers(model, scope="pair")
    together = [shared.complete([Request("", MESSAGE, scope=scope)], dropped)[0].text for scope in "ab"]
    assert alone[0] != alone[1] and together[0] == together[1]
