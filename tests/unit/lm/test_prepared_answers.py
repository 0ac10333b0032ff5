"""Prepared answers: scripts, recordings of runs, and what a record or the other improver of a pair was given."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.answer_cache import AnswerCache, NoModel
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.scripted import Scripted, answer_line, head_line, read_script
from support.rows import table

HELLO = Request("expert", "hello", 0.7, "improve")
ELSEWHERE = replace(HELLO, scope="other", sample=5)
HEAD = head_line("openai/m", True)


def texts(model: LanguageModel, *requests: Request) -> list[str]:
    return [completion.text for completion in model.complete(requests, dropped)]


def script(folder: Path, text: str) -> Scripted:
    file = folder / "answers.jsonl"
    file.write_text(text, "utf-8")
    return read_script(file, name="scripted:answers.jsonl")


def recording(path: Path, *lines: str) -> LanguageModel:
    path.write_text("\n".join(lines) + "\n")
    return registry.make(f"recorded:{path}", base_url=None, seed=0, environ={})


def line(text: str, **changes: object) -> str:
    return answer_line(replace(HELLO, **changes), Completion(text, "m", cost=1_000_000))  # type: ignore[arg-type]


def test_recorded_answer_that_the_server_cut_stays_cut(tmp_path: Path) -> None:
    cut = answer_line(HELLO, Completion("half", "m", finish_reason="length"))
    older = json.dumps({name: value for name, value in json.loads(line("b")).items() if name != "finish_reason"})
    for text, reason in ((cut, "length"), (older, "stop")):
        (answer,) = recording(tmp_path / "r", HEAD, text).complete([HELLO], dropped)
        assert answer.finish_reason == reason


def test_scripted_gives_its_answers_in_order_and_says_when_they_are_exhausted() -> None:
    model = Scripted(["one", "two", "three"])
    assert texts(model, HELLO, HELLO) == ["one", "two"]
    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match=r"no response to 1 of 2.*exhausted"):
        model.complete([HELLO, HELLO], kept.__setitem__)
    assert [(position, each.text) for position, each in kept.items()] == [(0, "three")]


def test_scripted_gives_what_was_lost_and_not_what_was_kept_when_it_goes_on() -> None:
    kept = Scripted(["one", "two", "three"]).complete([HELLO] * 3, dropped)[1]
    model = Scripted(["one", "two", "three"])
    model.skip_given([kept])
    assert texts(model, HELLO, HELLO) == ["one", "three"]


def test_scripted_gives_each_answer_once_when_threads_share_it() -> None:
    class Slow(list[str]):
        def __getitem__(self, index: object) -> str:  # type: ignore[override]
            time.sleep(0.0001)  # lets another thread run in the middle of a call
            return super().__getitem__(index)  # type: ignore[call-overload]

    model = Scripted(Slow(str(number) for number in range(200)))
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda _: texts(model, HELLO, HELLO), range(100)))
    assert sorted(int(text) for part in parts for text in part) == list(range(200))
    assert all(int(second) == int(first) + 1 for first, second in parts)


def test_script_file_holds_strings_and_objects_and_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    model = script(tmp_path, '"one\\nline"\n\n{"text": "two"}\n')
    assert texts(model, HELLO, HELLO) == ["one\nline", "two"] and model.name == "scripted:answers.jsonl"
    for text, reason in (("one", "line 1 is not JSON"), ('"a"\n{"txt": 1}', "line 2 must be")):
        with pytest.raises(ConfigurationError, match=reason):
            script(tmp_path, text)


def test_recording_gives_each_request_the_answer_of_its_own_place_and_else_the_next_to_the_same_words(
    tmp_path: Path,
) -> None:
    path, lines = tmp_path / "r?x.jsonl", (HEAD, line("a"), line("b", sample=1), line("c", scope="t1"))
    model = recording(path, *lines)
    assert model.is_language_model and model.name == f"recorded:{path}"
    assert texts(model, replace(HELLO, scope="t1"), replace(HELLO, sample=1), HELLO) == ["c", "b", "a"]
    model = recording(path, *lines[:3])
    assert texts(model, HELLO, ELSEWHERE) == ["a", "b"]
    assert texts(recording(path, *lines[:3]), ELSEWHERE, HELLO) == ["b", "a"]


def test_recording_answers_nothing_that_was_not_asked_and_at_no_cost(tmp_path: Path) -> None:
    for change in ({"message": "hullo"}, {"expertise": "novice"}, {"temperature": 0.8}, {}):
        kept: dict[int, Completion] = {}
        with pytest.raises(LanguageModelError, match="no response to 1 of 2"):
            recording(tmp_path / "r", HEAD, line("a")).complete(
                [HELLO, replace(HELLO, **change)],  # type: ignore[arg-type]
                kept.__setitem__,
            )
        assert [(position, each.text, each.cost, each.input_tokens) for position, each in kept.items()] == [
            (0, "a", None, None)
        ]
    assert json.loads(line("a"))["cost"] == 0.001


@table(
    ("lines", "named"),
    (
        *((lines, "line 1 must be") for lines in ((), ('"text"',), ("text",))),
        ((HEAD.replace("1", "2"),), "strop show RUN --responses"),
        ((HEAD, "", '"text"'), "line 3: "),
        ((HEAD, "{"), "line 2: it is no JSON"),
        ((HEAD, "{}"), "line 2: it lacks request"),
        ((HEAD, line("a").replace('"sample": 0', '"sample": "x"')), "line 2: sample is "),
    ),
)
def test_file_that_is_no_recording_is_named_with_its_line(tmp_path: Path, lines: Any, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        recording(tmp_path / "r", *lines)


def test_key_differs_when_one_thing_differs_and_is_that_of_any_text() -> None:
    changes = ({"expertise": "f"}, {"message": "n"}, {"temperature": 0.71}, {"scope": "t2"}, {"sample": 1})
    keys = {HELLO.key, *(replace(HELLO, **change).key for change in changes)}  # type: ignore[arg-type]
    assert len(keys) == 6 and replace(HELLO).key == HELLO.key
    assert len(Request("\ud800", "\0", float("nan")).key) == 64


def learnt(*requests: Request) -> dict[str, Completion]:
    """An answer that was recorded for each request."""
    return {each.key: Completion(f"recorded {n}", "past", request=each.key) for n, each in enumerate(requests)}


def test_known_answers_are_given_and_only_the_others_asked_for_in_order_also_when_the_model_fails() -> None:
    model = Scripted(["new"])
    asked = [Request("", "a"), Request("", "b"), Request("", "c")]
    kept: dict[int, Completion] = {}
    recorded = AnswerCache(model, learnt(asked[0], asked[2]))
    found = recorded.complete(asked, kept.__setitem__)
    assert [each.text for each in found] == ["recorded 0", "new", "recorded 1"]
    assert [kept[n] for n in range(3)] == found and model.requests == (asked[1],)
    assert [each.request for each in found] == [each.key for each in asked]
    kept.clear()
    with pytest.raises(LanguageModelError):
        AnswerCache(Scripted([]), learnt(HELLO)).complete([Request("", "x"), HELLO], kept.__setitem__)
    assert {position: each.text for position, each in kept.items()} == {1: "recorded 0"}


def test_request_that_was_not_recorded_fails_with_its_place_and_its_text() -> None:
    model = AnswerCache(NoModel("openai/x", True))
    with pytest.raises(LanguageModelError, match=r"request 2 in t1 was not recorded: 'improve this\\nprogram B'"):
        model.complete([Request("e", "improve this\nprogram B", scope="t1", sample=2)], dropped)
    assert (model.name, model.is_language_model) == ("openai/x", True)


def test_equal_requests_of_two_askers_get_the_same_answer_which_is_asked_for_once_and_paid_once() -> None:
    class Dear(Scripted):
        def complete(self, requests: object, keep: Keep) -> list[Completion]:
            answers = super().complete(requests, dropped)  # type: ignore[arg-type]
            dear = [replace(each, input_tokens=7, output_tokens=9, seconds=2.0) for each in answers]
            for position, each in enumerate(dear):
                keep(position, each)
            return dear

    model = Dear([f"answer {number}" for number in range(9)])
    shared = AnswerCache(model, scope="pair")
    first, again = (shared.complete([Request("", "m", scope=scope)], dropped)[0] for scope in "ab")
    assert [request.scope for request in model.requests] == ["pair"] and first.text == again.text == "answer 0"
    assert (first.input_tokens, first.output_tokens) == (7, 9)
    assert (again.input_tokens, again.output_tokens, again.seconds) == (0, 0, 0.0)
    asked = [Request("", "a"), Request("", "m"), Request("", "a", sample=1), Request("", "a", 0.8)]
    assert texts(shared, *asked) == ["answer 1", "answer 0", "answer 2", "answer 3"]
