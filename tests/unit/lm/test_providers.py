"""Where each provider's models are, with which variables, and that no key goes astray."""

from __future__ import annotations

import pytest

from strop.base.errors import ConfigurationError
from strop.lm.providers import PROVIDERS, Endpoint, endpoint_of

KEY = "sk-test-0123456789abcdef"
OTHER = "sk-other-0123456789abcdef"
SERVERS = {name: provider for name, provider in PROVIDERS.items() if provider.url}
EVERY_KEY = {variable: f"{OTHER}-{variable}" for provider in SERVERS.values() for variable in provider.key_variables}
VENDORS = sorted(name for name, provider in PROVIDERS.items() if provider.needs_key)


def at(spec: str, base_url: str | None = None, **environ: str) -> Endpoint:
    return endpoint_of(spec, base_url=base_url, environ=environ)


@pytest.mark.parametrize(
    ("provider", "variable", "url"),
    [
        ("openai", "OPENAI_API_KEY", "https://api.openai.com/v1"),
        ("anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1"),
        ("gemini", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("gemini", "GOOGLE_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
        ("ollama", "OLLAMA_API_KEY", "http://localhost:11434/v1"),
        ("vllm", "VLLM_API_KEY", "http://localhost:8000/v1"),
        ("llamacpp", "LLAMA_API_KEY", "http://localhost:8080/v1"),
    ],
)
def test_endpoint_of_a_provider_has_its_address_and_the_key_of_its_variable(
    provider: str, variable: str, url: str
) -> None:
    place = at(f"{provider}/m", **{variable: KEY})
    assert (place.base_url, place.key, place.key_variable, place.model) == (url, KEY, variable, "m")


def test_endpoint_of_gemini_prefers_the_more_particular_variable() -> None:
    assert at("gemini/m", GEMINI_API_KEY=KEY, GOOGLE_API_KEY=OTHER).key == KEY


@pytest.mark.parametrize("provider", sorted(SERVERS))
def test_endpoint_reads_no_variable_of_another_provider(provider: str) -> None:
    own = set(PROVIDERS[provider].key_variables)
    others = {variable: key for variable, key in EVERY_KEY.items() if variable not in own}
    assert at(f"{provider}/m", "http://127.0.0.1:9/v1", **others).key is None


@pytest.mark.parametrize("provider", VENDORS)
def test_endpoint_of_a_vendor_names_every_variable_when_the_key_is_missing(provider: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        at(f"{provider}/m")
    message = str(caught.value)
    assert all(variable in message for variable in PROVIDERS[provider].key_variables) and "--base-url" in message


@pytest.mark.parametrize("provider", VENDORS)
def test_endpoint_of_a_vendor_needs_no_key_when_another_server_is_named(provider: str) -> None:
    assert at(f"{provider}/m", "http://127.0.0.1:9/v1").base_url == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("https://gateway.example", "https://gateway.example/v1"),
        ("https://gateway.example/", "https://gateway.example/v1"),
        ("https://gateway.example/claude/v1/", "https://gateway.example/claude/v1"),
    ],
)
def test_endpoint_of_anthropic_reads_its_address_as_its_own_clients_do(said: str, expected: str) -> None:
    assert at("anthropic/m", ANTHROPIC_BASE_URL=said).base_url == expected


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"])
def test_endpoint_refuses_an_unusable_address_of_a_variable(variable: str) -> None:
    provider = variable.partition("_")[0].lower()
    with pytest.raises(ConfigurationError, match="must look like"):
        at(f"{provider}/m", **{variable: "localhost:8000", f"{provider.upper()}_API_KEY": KEY})


@pytest.mark.parametrize("name", ["a:free", "vendor/model:free", "org/m@2026-01", "models/gemini-3"])
def test_endpoint_keeps_the_models_name_whatever_it_holds(name: str) -> None:
    assert at(f"openrouter/{name}", OPENROUTER_API_KEY=KEY).model == name
