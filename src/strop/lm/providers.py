"""What can answer: one row of `PROVIDERS` for each head of a specification, and the address and key of a server.

A provider whose server speaks OpenAI's chat completions needs a row and nothing else. The table of docs/reference/models.md is
made from it. Nothing here opens a connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from urllib.parse import urlsplit

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option


@dataclass(frozen=True)
class Provider:
    """The models under one head of specifications."""

    answers: str
    """What answers, for docs/reference/models.md."""
    url: str = ""
    """Default base URL; empty if a library knows it, or where there is no server."""
    key_variables: tuple[str, ...] = ()
    """Environment variables of the key; the first that is set counts."""
    url_variable: str = ""
    """Environment variable that names another base URL."""
    needs_key: bool = False
    """Whether its own host refuses requests without a key."""
    module: str = "openai"
    """Name of the module in `strop.lm` whose `from_spec` makes the model."""
    rest: str = "/<model>"
    """What follows the head in a specification, from the slash where a server is asked, else from the colon."""
    options: frozenset[str] | None = None
    """Options that these models accept; None: all."""
    is_text: bool = False
    """Whether the rest is free text: a question mark in it does not begin options, which stand before the colon."""
    is_free: bool = False
    """Whether it uses no tokens, so that it costs nothing."""
    is_language_model: bool | None = True
    """False for a stand-in; None where only the model itself says so."""
    runs_code: bool = False
    """Whether it runs a program or writes files on this machine; a record of somebody else must not name it."""

    @property
    def has_server(self) -> bool:
        """Whether `--base-url` applies."""
        return self.rest.startswith("/")


_FEW = frozenset(("weight", "price", "level"))
"""Options of models without a server."""

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "openai": Provider(
            "OpenAI, or any server that speaks its chat completions; only OpenAI's own host needs a key",
            "https://api.openai.com/v1",
            ("OPENAI_API_KEY",),
            "OPENAI_BASE_URL",
            needs_key=True,
        ),
        "anthropic": Provider(
            "Anthropic, through its OpenAI-compatible endpoint",
            "https://api.anthropic.com/v1",
            ("ANTHROPIC_API_KEY",),
            "ANTHROPIC_BASE_URL",
            needs_key=True,
        ),
        "gemini": Provider(
            "Google's Gemini API",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            needs_key=True,
        ),
        "openrouter": Provider(
            "OpenRouter",
            "https://openrouter.ai/api/v1",
            ("OPENROUTER_API_KEY",),
            needs_key=True,
            rest="/<vendor>/<model>",
        ),
        "ollama": Provider("Ollama", "http://localhost:11434/v1", ("OLLAMA_API_KEY",), "OLLAMA_HOST"),
        "vllm": Provider("vLLM", "http://localhost:8000/v1", ("VLLM_API_KEY",)),
        "llamacpp": Provider("`llama-server` of llama.cpp", "http://localhost:8080/v1", ("LLAMA_API_KEY",)),
        "python": Provider(
            "[a Python function](#a-python-function)",
            module="callable",
            rest=":MODULE:FUNCTION",
            options=_FEW | {"connections"},
            is_language_model=None,
            runs_code=True,
        ),
        "command": Provider(
            "[a program](#a-program) that prints its response",
            module="command",
            rest=":PROGRAM ARGUMENTS",
            options=_FEW | {"connections", "timeout", "give_up_after"},
            is_text=True,
            runs_code=True,
        ),
        "inbox": Provider(
            "[people](#people), who respond with files",
            module="inbox",
            rest=":DIR",
            options=_FEW,
            is_text=True,
            runs_code=True,
        ),
        "recorded": Provider(
            "[the responses of an earlier run](#recorded-responses)",
            module="scripted",
            rest=":FILE",
            options=_FEW,
            is_text=True,
            is_free=True,
            is_language_model=None,
        ),
        "scripted": Provider(
            "JSON lines with given responses, in order; **not a language model**",
            module="scripted",
            rest=":FILE",
            options=_FEW,
            is_text=True,
            is_free=True,
            is_language_model=False,
        ),
        "offline": Provider(
            "[the built-in proposer](#the-offline-proposer); **not a language model**",
            module="offline",
            rest="",
            options=_FEW,
            is_free=True,
            is_language_model=False,
        ),
    }
)
"""Head of a specification, such as `ollama` → its provider."""


def head_of(name: str) -> str:
    """The head of a specification without options; empty if `PROVIDERS` has none."""
    with_server, without = name.partition("/")[0], name.partition(":")[0]
    if with_server in PROVIDERS and PROVIDERS[with_server].has_server:
        return with_server
    return without if without in PROVIDERS and not PROVIDERS[without].has_server else ""


def provider_of(name: str) -> Provider | None:
    """The row of a specification without options; None if there is none."""
    return PROVIDERS.get(head_of(name))


_OF_MODELS = frozenset(("STROP_MODEL", "STROP_META_MODEL", "STROP_BASE_URL"))
_SHORTEST_SECRET = 8
"""Keys shorter than this (`none`, `x`) are placeholders; hiding them would damage answers."""


def hide_keys(text: str, environ: Mapping[str, str]) -> str:
    """`text` without the keys of any provider that are in the environment."""
    for provider in PROVIDERS.values():
        for variable in provider.key_variables:
            text = _masked(text, environ.get(variable, "").strip())
    return text


def without_models(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment, except those that name a model, its server or its key."""
    of_providers = {
        name for provider in PROVIDERS.values() for name in (*provider.key_variables, provider.url_variable)
    }
    return {name: value for name, value in environ.items() if name not in _OF_MODELS | of_providers}


def _masked(text: str, key: str) -> str:
    return text.replace(key, "[key]") if len(key) >= _SHORTEST_SECRET else text


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
    def is_openai(self) -> bool:
        """Whether the server is OpenAI's own, which names the limit of tokens in its own way."""
        return urlsplit(self.base_url).hostname == urlsplit(PROVIDERS["openai"].url).hostname

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine: then no proxy is used."""
        return urlsplit(self.base_url).hostname in {"localhost", "127.0.0.1", "::1"}

    def hide_key(self, text: str) -> str:
        """`text` without the key: some servers echo it."""
        return _masked(text, self.key or "")


def endpoint_of(spec: str, *, base_url: str | None, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of `provider/model`, whose provider has a `url` in `PROVIDERS`; `spec` is without options.

    `base_url` wins over the provider's variable (`OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, `OLLAMA_HOST`). A vendor's own host
    needs a key; other servers may not. Variables of other providers are not read.

    Raises:
        ConfigurationError: no model, an unusable URL, a missing or unusable key. No message shows a key.
    """
    name, _, model = spec.partition("/")
    if not model.strip():
        raise ConfigurationError(
            f"{option('model')} {spec}: expected {name}/<model>, with the name that the server uses"
        )
    provider = PROVIDERS[name]
    url = _checked_url(base_url or _default_url(name, provider, environ), option("base_url") if base_url else name)
    variable, key = _key(provider, environ)
    if key is None and provider.needs_key and urlsplit(url).hostname == urlsplit(provider.url).hostname:
        either = " or ".join(provider.key_variables)
        raise ConfigurationError(
            f"{spec} needs a key: set {either}, or name another server with {option('base_url')} URL"
        )
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
    return re.sub(r"/(chat/completions|completions|models|responses)\Z", "", url.rstrip("/")).rstrip("/")
