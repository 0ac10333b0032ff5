"""Models through the library any-llm, asked against a real server on loopback."""

from __future__ import annotations

import gc
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.anyllm import _as_json
from strop.lm.base import LanguageModel, Request
from strop.lm.openai_chat import UnreadableBody, read_answer, seed_of
from strop.lm.scripted import Scripted
from support.kits import language_model as kit
from support.openai_server import OpenAIServer

KEY = "sk-test-0123456789abcdef"
REQUESTS = [Request("expert", f"message {number}", sample=number) for number in range(4)]
HERE = importlib.util.find_spec("any_llm") is not None
# The library has no way to close its connections: they go with the garbage, which is collected while this holds.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
needs_library = pytest.mark.skipif(not HERE, reason="any-llm-sdk is not installed (the extra any-llm)")


def make(spec: str, base_url: str | None = None) -> LanguageModel:
    return registry.make(spec, base_url=base_url, seed=0, environ={"OPENAI_API_KEY": KEY})


Made = Callable[..., tuple[LanguageModel, OpenAIServer]]


@pytest.fixture
def against(monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Makes a model at a server with faults, where the library is installed; what was made is closed in the end."""
    pytest.importorskip("any_llm", reason="any-llm-sdk is not installed (the extra any-llm)")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    opened: list[LanguageModel | OpenAIServer] = []

    def made(*faults: str, options: str = "", text: str = "") -> tuple[LanguageModel, OpenAIServer]:
        brain = Scripted(lambda request: text or f"{request.expertise}|{request.message}")
        server = OpenAIServer(brain, faults)
        model = make(f"any-llm/openai/tester?url={server.url}{options}")
        opened.extend((model, server))
        return model, server

    yield made
    for each in opened:
        each.close()
    opened.clear()
    gc.collect()


@pytest.mark.skipif(HERE, reason="any-llm-sdk is installed here: this is about where it is not")
def test_any_llm_says_which_extra_it_needs_when_the_library_is_not_installed() -> None:
    with pytest.raises(ConfigurationError, match=r"pip install 'strop\[any-llm\]'"):
        make("any-llm/mistral/small")


@pytest.mark.parametrize("spec", ["any-llm/", "any-llm/mistral", "any-llm/mistral/"])
def test_any_llm_asks_for_provider_and_model(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="any-llm/<provider>/<model>"):
        make(spec)


def test_any_llm_answers_each_request_and_tells_its_usage(against: Made) -> None:
    model, server = against()
    completions = model.complete(REQUESTS)
    assert [each.text for each in completions] == [f"expert|message {number}" for number in range(4)]
    assert all(each.input_tokens is not None and each.output_tokens for each in completions)
    assert (model.name.partition("?")[0], model.is_language_model) == ("any-llm/openai/tester", True)
    assert server.billed == 4


def test_any_llm_sends_the_parameters_that_it_tells(against: Made) -> None:
    model, server = against(options="&max_tokens=77&seed=5")
    completion = model.complete([replace(REQUESTS[0], temperature=9.0)])[0]
    seed = seed_of(5, replace(REQUESTS[0], temperature=9.0))
    assert dict(completion.parameters) == {"temperature": 2.0, "max_tokens": 77, "seed": seed}
    body = server.seen[0].body
    assert (body["temperature"], body["seed"]) == (2.0, seed)
    assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("429:0.01", "rate_limited"), ("500", "server_error"), ("drop", "connection"), ("malformed", "")],
)
def test_any_llm_asks_again_after_a_passing_fault_and_tells_of_it(against: Made, fault: str, kind: str) -> None:
    model, server = against(fault)
    completion = model.complete(REQUESTS[:1])[0]
    assert completion.text == "expert|message 0" and len(server.seen) == 2
    assert [each.fault for each in completion.faults][:1] == [kind or completion.faults[0].fault]


def test_any_llm_is_asked_without_a_temperature_that_is_refused(against: Made) -> None:
    model, server = against("reject-temperature", "reject-temperature")
    completion = model.complete(REQUESTS[:1])[0]
    assert completion.parameters["temperature"] is None and [each.fault for each in completion.faults] == ["parameter"]
    assert "temperature" not in server.seen[1].body


def test_any_llm_answers_an_overlong_prompt_with_nothing(against: Made) -> None:
    model, _ = against("too-long")
    assert model.complete(REQUESTS[:1])[0].finish_reason == "refused"


class Told:
    """An answer as the library gives it for providers that tell reasoning in their own protocol."""

    def model_dump(self, mode: str) -> dict[str, object]:
        message = {"content": "then", "reasoning": {"content": "first"}}
        return {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}], "usage": None}


def test_any_llm_reads_reasoning_in_the_librarys_own_form() -> None:
    (answer,) = read_answer(_as_json(Told()))
    assert (answer.text, answer.reasoning) == ("then", "first")


def test_any_llm_takes_nothing_else_for_an_answer() -> None:
    with pytest.raises(UnreadableBody, match="gave str"):
        _as_json("text")


@pytest.mark.parametrize("fault", ["ok", "reasoning"])
def test_any_llm_keeps_reasoning_apart_from_the_answer(against: Made, fault: str) -> None:
    model, _ = against(fault, text="then" if fault == "reasoning" else "<think>first</think>then")
    completion = model.complete(REQUESTS[:1])[0]
    assert completion.text == "then" and completion.reasoning


@pytest.mark.parametrize("fault", ["401", "403"])
def test_any_llm_gives_up_at_once_when_the_key_is_refused_and_keeps_the_others(against: Made, fault: str) -> None:
    model, server = against("ok", fault, options="&connections=1")
    with pytest.raises(LanguageModelError, match="1 of 2") as caught:
        model.complete(REQUESTS[:2])
    assert sum(each is not None for each in caught.value.completions) == 1 and len(server.seen) == 2


def test_any_llm_shows_no_key_where_the_server_echoes_it(against: Made) -> None:
    model, _ = against("echo-key", text=f"your key is {KEY}")
    completion = model.complete(REQUESTS[:1])[0]
    assert completion.text == "your key is [key]" and KEY not in repr(completion)


@needs_library
def test_any_llm_names_the_variable_when_a_key_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="set OPENAI_API_KEY"):
        make("any-llm/openai/m")


@needs_library
def test_any_llm_lists_the_providers_when_one_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match=r"'nobody'.*mistral"):
        make("any-llm/nobody/m")


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_any_llm_conforms(check: Callable[[kit.MakeModel], None], against: Made) -> None:
    check(lambda: against()[0])
