"""Answers that travel in a file: given again to whoever asks the same, and to nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, LanguageModel, Request
from strop.lm.known_answers import KnownAnswers
from strop.lm.scripted import answer_line, head_line


def made(path: Path, *lines: str) -> LanguageModel:
    path.write_text("\n".join(lines) + "\n")
    return registry.make(f"recorded:{path}", base_url=None, seed=0, environ={})


def line(text: str, message: str = "hello", scope: str = "improve", sample: int = 0, temperature: float = 0.7) -> str:
    return answer_line(Request("expert", message, temperature, scope, sample), Completion(text, "m", cost=1_000_000))


def asked(model: LanguageModel, *requests: Request) -> list[str]:
    return [each.text for each in model.complete(requests)]


HEAD = head_line("openai/m", True)


def test_recording_gives_each_request_the_answer_of_its_own_place(tmp_path: Path) -> None:
    model = made(tmp_path / "r?x.jsonl", HEAD, line("a"), line("b", sample=1), line("c", scope="t1"))
    asks = [
        Request("expert", "hello", 0.7, scope, sample) for scope, sample in [("t1", 0), ("improve", 1), ("improve", 0)]
    ]
    assert asked(model, *asks) == ["c", "b", "a"]
    assert model.is_language_model and model.name == f"recorded:{tmp_path / 'r?x.jsonl'}"


def test_recording_gives_the_next_answer_to_the_same_words_asked_elsewhere(tmp_path: Path) -> None:
    model = made(tmp_path / "r", HEAD, line("a"), line("b", sample=1))
    elsewhere = [Request("expert", "hello", 0.7, "other", 5)]
    assert asked(model, Request("expert", "hello", 0.7, "improve", 0), *elsewhere) == ["a", "b"]


def test_request_in_its_own_place_keeps_its_answer_beside_one_from_elsewhere(tmp_path: Path) -> None:
    model = made(tmp_path / "r", HEAD, line("a"), line("b", sample=1))
    asks = [Request("expert", "hello", 0.7, "other", 5), Request("expert", "hello", 0.7, "improve", 0)]
    assert asked(model, *asks) == ["b", "a"]


@pytest.mark.parametrize(
    "request_",
    [
        Request("expert", "hullo", 0.7, "improve"),
        Request("novice", "hello", 0.7, "improve"),
        Request("expert", "hello", 0.8, "improve"),
    ],
    ids=["message", "expertise", "temperature"],
)
def test_recording_answers_nothing_that_was_not_asked(tmp_path: Path, request_: Request) -> None:
    model = made(tmp_path / "r", HEAD, line("a"))
    with pytest.raises(LanguageModelError, match="no answer to 1 of 2") as error:
        model.complete([Request("expert", "hello", 0.7, "improve"), request_])
    assert [each and each.text for each in error.value.completions] == ["a", None]  # type: ignore[attr-defined]


def test_each_answer_is_given_once(tmp_path: Path) -> None:
    model = made(tmp_path / "r", HEAD, line("a"))
    request = Request("expert", "hello", 0.7, "improve")
    asked(model, request)
    with pytest.raises(LanguageModelError, match="no answer"):
        model.complete([request])


def test_answer_that_was_given_before_a_kill_is_not_given_again_to_a_request_from_elsewhere(tmp_path: Path) -> None:
    lines = (HEAD, line("a"), line("b", sample=1), line("c", message="other"), line("a", message="other", sample=1))
    first = [Request("expert", "hello", 0.7, "elsewhere"), Request("expert", "other", 0.7, "elsewhere")]
    known = dict(zip((each.key for each in first), made(tmp_path / "r", *lines).complete(first), strict=True))
    resumed = KnownAnswers(made(tmp_path / "r", *lines))
    resumed.learn(known, by_the_model=True)
    more = [Request("expert", message, 0.7, "elsewhere", 1) for message in ("hello", "other")]
    assert asked(resumed, *first, *more) == ["a", "c", "b", "a"]


def test_answer_of_a_recording_costs_nothing_again(tmp_path: Path) -> None:
    (completion,) = made(tmp_path / "r", HEAD, line("a")).complete([Request("expert", "hello", 0.7, "improve")])
    assert completion.cost is None and completion.input_tokens is None
    assert json.loads(line("a"))["cost"] == 0.001


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "line 1 must be"),
        (['"text"'], "line 1 must be"),
        (["text"], "line 1 is not JSON"),
        ([HEAD, '"text"'], "line 2 is not a JSON object"),
        (['{"recording": 2}'], "strop show RUN --answers"),
        ([HEAD, "{"], "line 2 is not JSON"),
        ([HEAD, "{}"], "line 2 needs the texts"),
        (
            [HEAD, '{"request": "a", "scope": "", "text": "", "model": "", "sample": -1}'],
            "line 2: sample is not a count: -1",
        ),
    ],
)
def test_file_that_is_no_recording_is_named_with_its_line(tmp_path: Path, lines: list[str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        made(tmp_path / "r", *lines)


@pytest.mark.parametrize("spec", ["recorded:nowhere.jsonl", "recorded:", "recorded"])
def test_recording_that_is_not_there_is_one_clear_line(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="recorded") as error:
        registry.make(spec, base_url=None, seed=0, environ={})
    assert "\n" not in str(error.value)
