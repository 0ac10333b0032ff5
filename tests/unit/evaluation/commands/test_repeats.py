"""Who is to blame for a difference of output: the candidate, or an original that varies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.evaluation.commands.repeats import CANDIDATE_RUNS, ORIGINAL_RUNS, Repeats
from strop.tasks.base import Split
from strop.tasks.command.behaviour import Behaviour


def did(text: str) -> Behaviour:
    return Behaviour("exit status 0", text)


def runs(*texts: str) -> Callable[[], Behaviour | None]:
    """What a program does in one run after another, the last for ever."""
    left = list(texts)
    return lambda: did(left.pop(0) if len(left) > 1 else left[0])


def blamed(repeats: Repeats, found: str, original: tuple[str, ...], candidate: tuple[str, ...], split: Split) -> bool:
    repeats.saw(7, did("A"))
    return None is repeats.excuse(7, did(found), split, runs(*original), runs(*candidate))


@pytest.mark.parametrize("split", ["train", "gate", "test"])
def test_candidate_that_never_does_what_the_original_does_is_to_blame(split: Split) -> None:
    repeats = Repeats()
    assert blamed(repeats, "B", ("A",), ("B",), split)
    assert blamed(repeats, "B", ("A",), ("C", "D", "E", "F"), split)
    assert repeats.doubt == ""


def test_candidate_that_does_what_the_original_once_did_is_not_to_blame() -> None:
    repeats = Repeats()
    assert not blamed(repeats, "B", ("A", "B", "A"), ("B",), "test")
    assert repeats.doubt == "the original's own output varies: on one seed it differs in 1 of 5 runs"
    assert blamed(repeats, "C", ("A",), ("C",), "test")


def test_candidate_that_agrees_when_it_is_run_again_is_not_to_blame() -> None:
    repeats = Repeats()
    assert not blamed(repeats, "B", ("A",), ("B", "A"), "test")
    words = repeats.excuse(7, did("B"), "test", runs("A"), runs("B", "A"))
    assert words == "its output varies: on one seed it differed from the original's in 2 of 3 runs"
    assert repeats.doubt == "", "another candidate is not doubted"


def test_original_is_run_again_on_a_seed_only_until_it_is_known() -> None:
    repeats, count = Repeats(), 0

    def original() -> Behaviour:
        nonlocal count
        count += 1
        return did("A")

    repeats.saw(7, did("A"))
    for _ in range(3):
        assert repeats.excuse(7, did("B"), "train", original, runs("B")) is None
    assert count == ORIGINAL_RUNS - 1
    assert CANDIDATE_RUNS["train"] < CANDIDATE_RUNS["test"]


def test_original_that_fails_when_it_is_run_again_blames_nobody() -> None:
    repeats = Repeats()
    repeats.saw(7, did("A"))
    assert repeats.excuse(7, did("B"), "test", lambda: None, runs("B")) is not None
    assert "failed" in repeats.doubt
