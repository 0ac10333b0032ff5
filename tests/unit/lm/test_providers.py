"""Where each provider's models are, with which variables, and that no key goes astray."""

from __future__ import annotations

import pytest

from strop.base.errors import ConfigurationError
from strop.lm.providers import PROVIDERS, Endpoint, endpoint_of

KEY = "sk-test-0123456789abcdef"
OTHER = "sk-other-0123456789abcdef"
SERVERS = {name: provider for name, provider in PROVIDERS.items() if provider.url}
EVERY_KEY = {variable: f"{OTHER}-{variable}" for provider in SERVERS.values() for variable in provider.key_variables}
EVERY_URL = {variable: "http://other:1/v1" for each in SERVERS.values() if (variable := each.url_variable)}
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
    row = PROVIDERS[provider]
    others = {
        name: value
        for name, value in (EVERY_KEY | EVERY_URL).items()
        if name not in (*row.key_variables, row.url_variable)
    }
    assert at(f"{provider}/m", "http://127.0.0.1:9/v1", **others).key is None
    assert at(f"{provider}/m", **others, **{row.key_variables[0]: KEY}).base_url == row.url


@pytest.mark.parametrize("provider", VENDORS)
def test_endpoint_of_a_vendor_names_every_variable_when_the_key_is_missing_and_needs_none_for_another_server(
    provider: str,
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        at(f"{provider}/m")
    message = str(caught.value)
    assert all(variable in message for variable in PROVIDERS[provider].key_variables) and "base_url" in message
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


@pytest.mark.parametrize("name", ["a:free", "vendor/model:free", "org/m@2026-01", "models/gemini-3"])
def test_endpoint_keeps_the_models_name_whatever_it_holds(name: str) -> None:
    assert at(f"openrouter/{name}", OPENROUTER_API_KEY=KEY).model == name


def url(spec: str, base_url: str | None = None, **environ: str) -> str:
    return at(spec, base_url, **environ).base_url


def test_endpoint_needs_a_key_when_the_url_is_openais_own() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        url("openai/gpt-4o", "https://api.openai.com/v1")


def test_endpoint_prefers_the_flag_to_the_environment() -> None:
    assert url("openai/m", OPENAI_BASE_URL="http://a:1/v1/") == "http://a:1/v1"
    assert url("openai/m", "http://b:1/v1", OPENAI_BASE_URL="http://a:1/v1") == "http://b:1/v1"


@pytest.mark.parametrize("end", ["/chat/completions", "/chat/completions/", "/models", "/"])
def test_endpoint_is_the_base_of_an_address_that_names_more(end: str) -> None:
    assert url("openai/m", f"http://b:1/v1{end}") == "http://b:1/v1"


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
    with pytest.raises(ConfigurationError, match="must look like"):
        url("anthropic/m", ANTHROPIC_BASE_URL=bad, ANTHROPIC_API_KEY=KEY)


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
    assert KEY not in repr(at("openai/m", OPENAI_API_KEY=KEY))
