"""From specification and environment to a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.lm import registry
from strop.lm.base import LanguageModel
from strop.lm.openai import OpenAIModel, Settings
from strop.lm.options import ModelSettings

KEY = "sk-test-0123456789abcdef"


def make(spec: str, base_url: str | None = None, **environ: str) -> LanguageModel:
    model = registry.make(spec, base_url=base_url, seed=0, environ=environ)
    model.close()
    return model


def test_registry_hands_the_options_on_and_the_defaults_where_there_are_none() -> None:
    said = "vllm/m?max_tokens=77&seed=5&timeout=3600&connections=3"
    defaults = ModelSettings(max_tokens=100)
    kept = []
    for spec in (said, "vllm/m"):
        model = registry.make(spec, base_url=None, seed=0, environ={}, defaults=defaults)
        assert isinstance(model, OpenAIModel) and model.name == "vllm/m"
        model.close()
        kept.append(model._settings)
    assert kept[0] == Settings(3, 77, 5, read_seconds=3600.0, deadline_seconds=3600.0)
    assert kept[1] == Settings(max_tokens=100)


@pytest.mark.parametrize(
    ("spec", "suggestion"),
    [
        ("opnai/gpt-4o", "Did you mean openai/gpt-4o?"),
        ("Ollama/llama3.2", "Did you mean ollama/llama3.2?"),
        ("ofline", "Did you mean offline?"),
        ("script:x", "Did you mean scripted:FILE?"),
        ("gpt-4o", "write openai/gpt-4o"),
        ("bedrock/titan", "openai/<model> with base_url URL"),
        ("", "model is missing"),
        ("  ", "model is missing"),
    ],
)
def test_registry_suggests_what_was_meant_when_a_model_is_unknown(spec: str, suggestion: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(spec)
    assert suggestion in str(caught.value)


@pytest.mark.parametrize("spec", ["openai", "openai/", "ollama/ "])
def test_registry_asks_which_model_when_none_is_named(spec: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected .*/<model>, with the name"):
        make(spec, OPENAI_API_KEY=KEY)


@pytest.mark.parametrize("spec", ["offline", "scripted:answers"])
def test_registry_refuses_a_base_url_where_no_server_is_asked(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        make(spec, "http://127.0.0.1:8000/v1")


def test_registry_loads_no_http_client_for_a_script(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text('"one"')
    code = (
        "import sys; from strop.lm.registry import make\n"
        f"make('scripted:{tmp_path / 'answers'}', base_url=None, seed=0, environ={{}})\n"
        "print([name for name in ('openai', 'httpx2', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("spec", "name", "is_language_model"),
    [
        ("offline", "offline", False),
        ("openai/gpt-4o", "openai/gpt-4o", True),
        *((f"{preset}/anything", f"{preset}/anything", True) for preset in ("ollama", "vllm", "llamacpp")),
    ],
)
def test_registry_makes_the_model_that_is_named(spec: str, name: str, is_language_model: bool) -> None:
    model = make(spec, **({"OPENAI_API_KEY": KEY} if spec.startswith("openai") else {}))
    assert (model.name, model.is_language_model) == (name, is_language_model)
