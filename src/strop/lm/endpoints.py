"""Where a model is served and with which key: one row of `PROVIDERS` for each provider. It opens no connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from strop.base.errors import ConfigurationError


@dataclass(frozen=True)
class Provider:
    """A vendor or a kind of server with an endpoint for OpenAI's chat completions."""

    url: str
    """Default base URL."""
    key_variables: tuple[str, ...]
    """Environment variables of the key; the first that is set counts."""
    url_variable: str = ""
    """Environment variable of another base URL."""
    needs_key: bool = False
    """Whether its own host refuses requests without a key."""


OPENAI_URL = "https://api.openai.com/v1"

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "openai": Provider(OPENAI_URL, ("OPENAI_API_KEY",), "OPENAI_BASE_URL", needs_key=True),
        "anthropic": Provider(
            "https://api.anthropic.com/v1", ("ANTHROPIC_API_KEY",), "ANTHROPIC_BASE_URL", needs_key=True
        ),
        "gemini": Provider(
            "https://generativelanguage.googleapis.com/v1beta/openai",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            needs_key=True,
        ),
        "openrouter": Provider("https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), needs_key=True),
        "ollama": Provider("http://localhost:11434/v1", ("OLLAMA_API_KEY",), "OLLAMA_HOST"),
        "vllm": Provider("http://localhost:8000/v1", ("VLLM_API_KEY",)),
        "llamacpp": Provider("http://localhost:8080/v1", ("LLAMA_API_KEY",)),
    }
)
"""By the head of a specification."""

_SHORTEST_SECRET = 8
"""Keys shorter than this (`none`, `x`) are placeholders; hiding them would damage answers."""


@dataclass(frozen=True)
class Endpoint:
    """One model at one server."""

    name: str
    """The specification, e.g. `ollama/llama3.2`."""
    model: str
    """The model's name at the server."""
    base_url: str
    key_variable: str
    """The environment variable of the key, for messages."""
    key: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Host and port of the base URL."""
        return urlsplit(self.base_url).netloc

    @property
    def where(self) -> str:
        """The specification and, if known, the host, for messages."""
        return f"{self.name} at {self.host}" if self.host else self.name

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine: then no proxy is used."""
        return urlsplit(self.base_url).hostname in {"localhost", "127.0.0.1", "::1"}

    def hide_key(self, text: str) -> str:
        """`text` without the key: some servers echo it."""
        return text.replace(self.key, "[key]") if self.key and len(self.key) >= _SHORTEST_SECRET else text


def endpoint_of(spec: str, *, base_url: str | None, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of `provider/model`, where provider is one of `PROVIDERS`; `spec` is without options.

    `base_url` wins over the provider's variable (`OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, `OLLAMA_HOST`). A vendor's own host
    needs a key; other servers may not. Variables of other providers are not read.

    Raises:
        ConfigurationError: no model, an unusable URL, a missing or unusable key. No message shows a key.
    """
    name, _, model = spec.partition("/")
    if not model.strip():
        raise ConfigurationError(f"--model {spec}: which model? Write {name}/<model>, as the server names it")
    provider = PROVIDERS[name]
    url = _checked_url(base_url or _default_url(name, provider, environ), "--base-url" if base_url else name)
    variable, key = _key(provider, environ)
    if key is None and provider.needs_key and urlsplit(url).hostname == urlsplit(provider.url).hostname:
        either = " or ".join(provider.key_variables)
        raise ConfigurationError(f"{spec} needs a key: set {either}, or name another server with --base-url URL")
    return Endpoint(name=spec, model=model, base_url=url, key_variable=variable, key=key)


def _key(provider: Provider, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """(the variable of the key, the key)."""
    for variable in provider.key_variables:
        if key := environ.get(variable, "").strip():
            if not (key.isascii() and key.isprintable() and " " not in key):
                raise ConfigurationError(f"{variable} has characters that no key has (its value is not shown)")
            return variable, key
    return provider.key_variables[0], None


def _default_url(name: str, provider: Provider, environ: Mapping[str, str]) -> str:
    url = environ.get(provider.url_variable, "").strip() if provider.url_variable else ""
    if name == "ollama":
        return _ollama_url(url)
    if name == "anthropic" and url and not url.rstrip("/").endswith("/v1"):
        return f"{url.rstrip('/')}/v1"  # Anthropic's own clients add the /v1 themselves
    return url or provider.url


def _ollama_url(host: str) -> str:
    """`OLLAMA_HOST` as ollama reads it: any of host, :port, host:port, URL; a wildcard address means this machine."""
    scheme, separator, rest = host.partition("://")
    if not separator:
        scheme, rest = "http", host
    default_port = {"http": 80 if separator else 11434, "https": 443}.get(scheme, 11434)
    try:
        parts = urlsplit(f"//{rest.rstrip('/')}")
        port = parts.port or default_port
    except ValueError as error:
        raise ConfigurationError(f"OLLAMA_HOST is not a host, host:port or URL: {error}") from None
    name = "localhost" if parts.hostname in {None, "0.0.0.0", "::"} else str(parts.hostname)
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path}/v1"


def _checked_url(url: str, origin: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(f"{origin}: the base URL must look like http://127.0.0.1:8000/v1")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            f"{origin}: the base URL must not have a user name or password; keys come from environment variables"
        )
    return url.rstrip("/")
