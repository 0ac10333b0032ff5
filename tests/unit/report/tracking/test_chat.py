"""Names of models in the terms of the GenAI conventions."""

from __future__ import annotations

import dataclasses
import json

import pytest

from strop.report.tracking.spans import Model, request_attributes, text_attributes
from support.tracked import CALLED, RESPONDED


@pytest.mark.parametrize(
    ("lm", "provider", "name"),
    [
        ("openai/gpt-4?rpm=60", "openai", "gpt-4"),
        ("gemini/gemini-pro", "gcp.gemini", "gemini-pro"),
        ("openrouter/meta/llama", "openrouter", "meta/llama"),
        ("offline:skill=0.5", "offline", "offline"),
        ("inbox:some/dir", "inbox", "inbox"),
        ('command:"/opt/x/agent -p"', "command", "command"),
        ("python:module:function", "python", "python"),
        ("ollama/llama3:8b", "ollama", "llama3:8b"),
        ('mix:["openai/a","openai/b"]', "mix", ""),
        ("", "", ""),
    ],
)
def test_specification_of_a_model_names_provider_and_model(lm: str, provider: str, name: str) -> None:
    assert (Model(lm, None).provider, Model(lm, None).name) == (provider, name)


@pytest.mark.parametrize(
    ("url", "port"), [("https://a.example/v1", 443), ("http://a.example/v1", 80), ("http://a.example:8080", 8080)]
)
def test_address_of_the_server_is_told_with_its_port(url: str, port: int) -> None:
    found = request_attributes(Model("vllm/x", url), None)
    assert (found["server.address"], found["server.port"]) == ("a.example", port)


def test_texts_are_messages_in_the_form_of_the_conventions() -> None:
    found = text_attributes(CALLED, RESPONDED)
    assert json.loads(str(found["gen_ai.input.messages"])) == [
        {"role": "user", "parts": [{"type": "text", "content": "a prompt"}]}
    ]
    assert json.loads(str(found["gen_ai.system_instructions"])) == [{"type": "text", "content": "You code."}]
    (answer,) = json.loads(str(found["gen_ai.output.messages"]))
    assert [part["type"] for part in answer["parts"]] == ["reasoning", "text"]
    assert answer["finish_reason"] == "stop"


def test_answer_without_its_call_has_no_prompt() -> None:
    assert set(text_attributes(None, dataclasses.replace(RESPONDED, reasoning=None))) == {"gen_ai.output.messages"}
