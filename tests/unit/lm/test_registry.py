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
from strop.lm.providers import endpoint_of

KEY = "sk-test-0123456789abcdef"


def make(spec: str, base_url: str | None = None, **environ: str) -> LanguageModel:
    model = registry.make(spec, base_url=base_url, seed=0, environ=environ)
    model.close()
    return model


def url(spec: str, base_url: str | None = None, **environ: str) -> str:
    return endpoint_of(spec, base_url=base_url, environ=environ).base_url


def test_registry_makes_a_scripted_model(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text('"one"')
    spec = f"scripted:{tmp_path / 'answers'}"
    assert make(spec).name == spec


def test_registry_makes_the_offline_proposer() -> None:
    model = make("offline")
    assert (model.name.partition(":")[0], model.is_language_model) == ("offline", False)


def test_registry_makes_an_openai_model() -> None:
    model = make("openai/gpt-4o", OPENAI_API_KEY=KEY)
    assert (model.name, model.is_language_model) == ("openai/gpt-4o", True)


def test_registry_hands_the_base_url_on() -> None:
    assert "127.0.0.1:9" in repr(make("vllm/anything", "http://127.0.0.1:9/v1"))


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


@pytest.mark.parametrize("preset", ["ollama", "vllm", "llamacpp"])
def test_registry_needs_no_key_for_a_local_preset(preset: str) -> None:
    assert make(f"{preset}/anything").name == f"{preset}/anything"


@pytest.mark.parametrize(
    ("spec", "suggestion"),
    [
        ("opnai/gpt-4o", "Did you mean openai/gpt-4o?"),
        ("Ollama/llama3.2", "Did you mean ollama/llama3.2?"),
        ("ofline", "Did you mean offline?"),
        ("script:x", "Did you mean scripted:FILE?"),
        ("gpt-4o", "write openai/gpt-4o"),
        ("bedrock/titan", "openai/<model> with --base-url URL"),
        ("", "Known: openai/<model>"),
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


def test_registry_asks_for_a_file_when_a_script_has_none() -> None:
    with pytest.raises(ConfigurationError, match="scripted:FILE"):
        make("scripted")


@pytest.mark.parametrize("spec", ["offline", "scripted:answers"])
def test_registry_refuses_a_base_url_where_no_server_is_asked(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="--base-url"):
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


def test_endpoint_without_key_names_variable_and_flag() -> None:
    with pytest.raises(ConfigurationError, match=r"OPENAI_API_KEY.*--base-url"):
        url("openai/gpt-4o")


def test_endpoint_needs_a_key_when_the_url_is_openais_own() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        url("openai/gpt-4o", "https://api.openai.com/v1")


def test_endpoint_prefers_the_flag_to_the_environment() -> None:
    assert url("openai/m", OPENAI_BASE_URL="http://a:1/v1/") == "http://a:1/v1"
    assert url("openai/m", "http://b:1/v1", OPENAI_BASE_URL="http://a:1/v1") == "http://b:1/v1"


def test_endpoint_of_a_preset_ignores_what_is_meant_for_openai() -> None:
    place = endpoint_of("vllm/m", base_url=None, environ={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://a:1/v1"})
    assert (place.base_url, place.key) == ("http://localhost:8000/v1", None)


def test_endpoint_keeps_slashes_in_the_models_name() -> None:
    assert endpoint_of("vllm/meta-llama/Llama-3.2", base_url=None, environ={}).model == "meta-llama/Llama-3.2"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", "http://localhost:11434/v1"),
        ("0.0.0.0", "http://localhost:11434/v1"),
        (":9000", "http://localhost:9000/v1"),
        ("10.0.0.5:9000", "http://10.0.0.5:9000/v1"),
        ("https://models.example", "https://models.example:443/v1"),
        ("http://models.example/", "http://models.example:80/v1"),
        ("[::1]:9000", "http://[::1]:9000/v1"),
    ],
)
def test_endpoint_reads_ollama_host_as_ollama_does(host: str, expected: str) -> None:
    assert url("ollama/m", OLLAMA_HOST=host) == expected


@pytest.mark.parametrize("bad", ["localhost:8000", "ftp://a/v1", "http://", "http://a:99999/v1", "http://[1/v1"])
def test_endpoint_refuses_an_unusable_base_url(bad: str) -> None:
    with pytest.raises(ConfigurationError, match="must look like"):
        url("openai/m", bad)


@pytest.mark.parametrize("bad", ["http://me:hunter22@a/v1", "http://hunter22@a/v1", "http://:hunter22@a/v1"])
def test_endpoint_refuses_credentials_in_a_url_without_showing_them(bad: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        url("openai/m", bad)
    assert "hunter22" not in str(caught.value)


def test_endpoint_refuses_a_key_that_no_header_can_carry_without_showing_it() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        url("openai/m", OPENAI_API_KEY="sk-clé-secrète")
    assert "secr" not in str(caught.value)


def test_endpoint_shows_no_key_in_its_repr() -> None:
    assert KEY not in repr(endpoint_of("openai/m", base_url=None, environ={"OPENAI_API_KEY": KEY}))
