"""Prepared answers: scripts, and recordings of runs, given again to whoever asks the same and to nobody else."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, LanguageModel, Request, dropped
from strop.lm.known_answers import KnownAnswers
from strop.lm.scripted import Scripted, answer_line, head_line, read_script


def request(message: str = "m", sample: int = 0) -> Request:
    return Request("expert", message, sample=sample)


def texts(model: LanguageModel, *requests: Request) -> list[str]:
    return [completion.text for completion in model.complete(requests, dropped)]


def script(folder: Path, text: str) -> Scripted:
    file = folder / "answers.jsonl"
    file.write_text(text, "utf-8")
    return read_script(file, name="scripted:answers.jsonl")


def test_scripted_gives_its_answers_in_order() -> None:
    model = Scripted(["one", "two", "three"])
    assert texts(model, request(), request()) + texts(model, request()) == ["one", "two", "three"]


def test_scripted_says_that_it_is_exhausted_and_keeps_what_it_had() -> None:
    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match=r"no response to 1 of 2.*exhausted"):
        Scripted(["one"]).complete([request(), request()], kept.__setitem__)
    assert [(position, each.text) for position, each in kept.items()] == [(0, "one")]


def test_scripted_gives_what_was_lost_and_not_what_was_kept_when_it_goes_on() -> None:
    kept = Scripted(["one", "two", "three"]).complete([request()] * 3, dropped)[1]
    model = Scripted(["one", "two", "three"])
    model.given([kept])
    assert texts(model, request(), request()) == ["one", "three"]


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


def test_script_file_holds_strings_and_objects(tmp_path: Path) -> None:
    model = script(tmp_path, '"one\\nline"\n\n{"text": "two"}\n')
    assert texts(model, request(), request()) == ["one\nline", "two"]
    assert model.name == "scripted:answers.jsonl"


@pytest.mark.parametrize(("text", "reason"), [("one", "line 1 is not JSON"), ('"a"\n{"txt": 1}', "line 2 must be")])
def test_script_file_names_the_line_that_is_wrong(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        script(tmp_path, text)


def recording(path: Path, *lines: str) -> LanguageModel:
    path.write_text("\n".join(lines) + "\n")
    return registry.make(f"recorded:{path}", base_url=None, seed=0, environ={})


def line(text: str, message: str = "hello", scope: str = "improve", sample: int = 0, temperature: float = 0.7) -> str:
    return answer_line(Request("expert", message, temperature, scope, sample), Completion(text, "m", cost=1_000_000))


HEAD = head_line("openai/m", True)


def test_recording_gives_each_request_the_answer_of_its_own_place(tmp_path: Path) -> None:
    model = recording(tmp_path / "r?x.jsonl", HEAD, line("a"), line("b", sample=1), line("c", scope="t1"))
    asks = [
        Request("expert", "hello", 0.7, scope, sample) for scope, sample in [("t1", 0), ("improve", 1), ("improve", 0)]
    ]
    assert texts(model, *asks) == ["c", "b", "a"]
    assert model.is_language_model and model.name == f"recorded:{tmp_path / 'r?x.jsonl'}"


def test_recording_gives_the_next_answer_to_the_same_words_asked_elsewhere(tmp_path: Path) -> None:
    model = recording(tmp_path / "r", HEAD, line("a"), line("b", sample=1))
    elsewhere = [Request("expert", "hello", 0.7, "other", 5)]
    assert texts(model, Request("expert", "hello", 0.7, "improve", 0), *elsewhere) == ["a", "b"]


def test_request_in_its_own_place_keeps_its_answer_beside_one_from_elsewhere(tmp_path: Path) -> None:
    model = recording(tmp_path / "r", HEAD, line("a"), line("b", sample=1))
    asks = [Request("expert", "hello", 0.7, "other", 5), Request("expert", "hello", 0.7, "improve", 0)]
    assert texts(model, *asks) == ["b", "a"]


@pytest.mark.parametrize(
    "request_",
    [
        Request("expert", "hullo", 0.7, "improve"),
        Request("novice", "hello", 0.7, "improve"),
        Request("expert", "hello", 0.8, "improve"),
        Request("expert", "hello", 0.7, "improve"),
    ],
    ids=["message", "expertise", "temperature", "given before"],
)
def test_recording_answers_nothing_that_was_not_texts(tmp_path: Path, request_: Request) -> None:
    model = recording(tmp_path / "r", HEAD, line("a"))
    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match="no response to 1 of 2"):
        model.complete([Request("expert", "hello", 0.7, "improve"), request_], kept.__setitem__)
    assert [(position, each.text) for position, each in kept.items()] == [(0, "a")]


def test_answer_that_was_given_before_a_kill_is_not_given_again_to_a_request_from_elsewhere(tmp_path: Path) -> None:
    lines = (HEAD, line("a"), line("b", sample=1), line("c", message="other"), line("a", message="other", sample=1))
    first = [Request("expert", "hello", 0.7, "elsewhere"), Request("expert", "other", 0.7, "elsewhere")]
    known = dict(
        zip((each.key for each in first), recording(tmp_path / "r", *lines).complete(first, dropped), strict=True)
    )
    resumed = KnownAnswers(recording(tmp_path / "r", *lines))
    resumed.learn(known, by_the_model=True)
    more = [Request("expert", message, 0.7, "elsewhere", 1) for message in ("hello", "other")]
    assert texts(resumed, *first, *more) == ["a", "c", "b", "a"]


def test_answer_of_a_recording_costs_nothing_again(tmp_path: Path) -> None:
    (completion,) = recording(tmp_path / "r", HEAD, line("a")).complete(
        [Request("expert", "hello", 0.7, "improve")], dropped
    )
    assert completion.cost is None and completion.input_tokens is None
    assert json.loads(line("a"))["cost"] == 0.001


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "line 1 must be"),
        (['"text"'], "line 1 must be"),
        (["text"], "line 1 must be"),
        ([HEAD.replace("1", "2")], "strop show RUN --responses"),
        ([HEAD, "", '"text"'], "line 3: "),
        ([HEAD, "{"], "line 2: it is no JSON"),
        ([HEAD, "{}"], "line 2: it lacks request"),
        ([HEAD, line("a").replace('"sample": 0', '"sample": "x"')], "line 2: sample is "),
    ],
)
def test_file_that_is_no_recording_is_named_with_its_line(tmp_path: Path, lines: list[str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        recording(tmp_path / "r", *lines)


@pytest.mark.parametrize(
    "spec", ["recorded:nowhere.jsonl", "recorded:", "recorded", "scripted:nowhere.jsonl", "scripted:"]
)
def test_file_of_answers_that_is_not_there_is_one_clear_line(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot read" if "nowhere" in spec else "needs a file") as error:
        registry.make(spec, base_url=None, seed=0, environ={})
    assert "\n" not in str(error.value)
