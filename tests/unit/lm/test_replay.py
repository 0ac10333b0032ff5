"""Recorded answers first."""

from __future__ import annotations

import pytest

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Request
from strop.lm.replay import NoModel, Recorded, key_of, not_recorded
from strop.lm.scripted import Scripted

ONE = Request("e", "m", 0.7, "t1/improve", 0)


def learnt(*requests: Request) -> dict[str, Completion]:
    """An answer that was recorded for each request."""
    return {key_of(each): Completion(f"recorded {n}", "past", request=key_of(each)) for n, each in enumerate(requests)}


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
    assert key_of(other) != key_of(ONE) == key_of(Request("e", "m", 0.7, "t1/improve", 0))


def test_key_of_what_no_file_could_hold_exists() -> None:
    assert len(key_of(Request("\ud800", "\0", float("nan")))) == 64


def test_known_answers_are_given_and_only_the_others_asked_for_in_order() -> None:
    model = Scripted(["new"])
    asked = [Request("", "a"), Request("", "b"), Request("", "c")]
    kept: dict[int, Completion] = {}
    recorded = Recorded(model, learnt(asked[0], asked[2]))
    found = recorded.complete(asked, lambda position, completion: kept.update({position: completion}))
    assert [each.text for each in found] == ["recorded 0", "new", "recorded 1"]
    assert [kept[n] for n in range(3)] == found and model.requests == (asked[1],)
    assert [each.request for each in found] == [key_of(each) for each in asked]


def test_equal_requests_keep_their_own_answers() -> None:
    asked = [Request("", "same", sample=n) for n in range(3)]
    found = Recorded(Scripted([]), learnt(*asked)).complete(asked)
    assert [each.text for each in found] == ["recorded 0", "recorded 1", "recorded 2"]


def test_known_answers_are_kept_also_when_the_model_fails() -> None:
    kept: list[int] = []
    with pytest.raises(LanguageModelError) as caught:
        Recorded(Scripted([]), learnt(ONE)).complete([Request("", "x"), ONE], lambda n, _: kept.append(n))
    assert kept == [1] and [each and each.text for each in caught.value.completions] == [None, "recorded 0"]  # type: ignore[attr-defined]


def test_request_that_was_not_recorded_fails_with_the_difference_to_the_nearest() -> None:
    recorded = [
        Request("e", "something else entirely", scope="t1"),
        Request("e", "improve this\nprogram A", scope="t1"),
    ]
    model = Recorded(NoModel("openai/x", True, lambda: recorded))
    with pytest.raises(LanguageModelError) as caught:
        model.complete([Request("e", "improve this\nprogram B", scope="t1", sample=2)])
    told = str(caught.value)
    assert "request 2 in t1 was not recorded" in told and "-program A" in told and "+program B" in told
    assert "else entirely" not in told and (model.name, model.is_language_model) == ("openai/x", True)


def test_long_difference_is_cut_and_an_empty_record_is_said() -> None:
    long = not_recorded(
        Request("", "\n".join(map(str, range(500)))), [Request("", "\n".join(map(str, range(500, 999))))]
    )
    assert len(long.splitlines()) < 50 and "more lines" in long
    assert "has no requests" in not_recorded(ONE, [])
