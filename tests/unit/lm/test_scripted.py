"""The stand-in with given answers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.base import Request
from strop.lm.scripted import Scripted, read_script


def request(message: str = "m", sample: int = 0) -> Request:
    return Request("expert", message, sample=sample)


def texts(model: Scripted, *requests: Request) -> list[str]:
    return [completion.text for completion in model.complete(requests)]


def script(folder: Path, text: str) -> Scripted:
    file = folder / "answers.jsonl"
    file.write_text(text, "utf-8")
    return read_script(file, name="scripted:answers.jsonl")


def test_scripted_gives_its_answers_in_order() -> None:
    model = Scripted(["one", "two", "three"])
    assert texts(model, request(), request()) + texts(model, request()) == ["one", "two", "three"]


def test_scripted_says_that_it_is_exhausted_and_keeps_what_it_had() -> None:
    with pytest.raises(LanguageModelError, match=r"no answer to 1 of 2.*exhausted") as caught:
        Scripted(["one"]).complete([request(), request()])
    assert [getattr(completion, "text", None) for completion in caught.value.completions] == ["one", None]


def test_scripted_gives_what_was_lost_and_not_what_was_kept_when_it_goes_on() -> None:
    kept = Scripted(["one", "two", "three"]).complete([request()] * 3)[1]
    model = Scripted(["one", "two", "three"])
    model.given([kept])
    assert texts(model, request(), request()) == ["one", "three"]


def test_scripted_answers_by_the_first_key_in_the_message() -> None:
    model = Scripted({"sort": "sorted(x)", "x": "x"})
    assert texts(model, request("sort x"), request("only x")) == ["sorted(x)", "x"]


def test_scripted_refuses_a_message_without_a_key() -> None:
    with pytest.raises(LanguageModelError, match="no key"):
        Scripted({"sort": "sorted(x)"}).complete([request("other")])


def test_scripted_asks_its_function_for_each_request() -> None:
    model = Scripted(lambda asked: f"{asked.message}{asked.sample}")
    assert texts(model, request("a", 0), request("a", 1)) == ["a0", "a1"]


def test_scripted_keeps_the_requests_it_saw() -> None:
    model = Scripted(["one"])
    model.complete([request("a")])
    assert model.requests == (request("a"),)


def test_scripted_gives_each_answer_once_when_threads_share_it() -> None:
    class Slow(list[str]):
        def __getitem__(self, index: object) -> str:  # type: ignore[override]
            time.sleep(0.0001)  # lets another thread run in the middle of a call
            return super().__getitem__(index)  # type: ignore[call-overload]

    model = Scripted(Slow(str(number) for number in range(200)))
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda _: texts(model, request(), request()), range(100)))
    assert sorted(int(text) for part in parts for text in part) == list(range(200))
    assert all(int(second) == int(first) + 1 for first, second in parts)


def test_scripted_is_no_language_model() -> None:
    assert not Scripted([]).is_language_model


def test_script_file_holds_strings_and_objects(tmp_path: Path) -> None:
    model = script(tmp_path, '"one\\nline"\n\n{"text": "two"}\n')
    assert texts(model, request(), request()) == ["one\nline", "two"]
    assert model.name == "scripted:answers.jsonl"


@pytest.mark.parametrize(("text", "reason"), [("one", "line 1 is not JSON"), ('"a"\n{"txt": 1}', "line 2 must be")])
def test_script_file_names_the_line_that_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        script(tmp_path, text)


def test_script_file_that_is_missing_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        read_script(tmp_path / "none", name="scripted:none")
