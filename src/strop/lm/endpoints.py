"""Where a model is served and with which key: `openai/…` and the presets of local servers.

Reads names, flags and an environment that is handed in. It opens no connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from strop.errors import ConfigurationError

OPENAI_URL = "https://api.openai.com/v1"
PROVIDERS = ("openai", "ollama", "vllm", "llamacpp")
"""What may stand before the slash of a specification."""

_LOCAL_URLS = {"vllm": "http://localhost:8000/v1", "llamacpp": "http://localhost:8080/v1"}
_KEY_VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "ollama": "OLLAMA_API_KEY",
    "vllm": "VLLM_API_KEY",
    "llamacpp": "LLAMA_API_KEY",
}
_SHORTEST_SECRET = 8
"""Keys shorter than this (`none`, `x`) are placeholders; hiding them would damage the answers they occur in."""


@dataclass(frozen=True)
class Endpoint:
    """One model at one server."""

    name: str
    """The specification, e.g. `ollama/llama3.2`."""
    model: str
    """What the server is asked for."""
    base_url: str
    key_variable: str
    """The environment variable that holds the key, for messages."""
    key: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Host and port of the base URL."""
        return urlsplit(self.base_url).netloc

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine: then no proxy can stand between."""
        return urlsplit(self.base_url).hostname in {"localhost", "127.0.0.1", "::1"}

    def hide_key(self, text: str) -> str:
        """`text` without the key: servers have been seen to echo it."""
        return text.replace(self.key, "[key]") if self.key and len(self.key) >= _SHORTEST_SECRET else text


def endpoint(spec: str, *, base_url: str | None, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of `provider/model`, where provider is one of `PROVIDERS`.

    `base_url` wins over `OPENAI_BASE_URL` (`openai/`) and `OLLAMA_HOST` (`ollama/`). Only `openai/` at its own host needs a key.

    Raises:
        ConfigurationError: no model, an unusable URL, a missing or unusable key. No message shows a key.
    """
    provider, _, model = spec.partition("/")
    if not model.strip():
        raise ConfigurationError(f"--lm {spec}: which model? Write {provider}/<model>, as the server names it")
    url = _checked_url(base_url or _default_url(provider, environ), "--base-url" if base_url else provider)
    variable = _KEY_VARIABLES[provider]
    key = environ.get(variable, "").strip() or None
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigurationError(f"{variable} holds characters that no key has (it is not shown here)")
    if key is None and urlsplit(url).hostname == urlsplit(OPENAI_URL).hostname:
        raise ConfigurationError(f"{spec} needs a key: set {variable}, or name another server with --base-url URL")
    return Endpoint(name=spec, model=model, base_url=url, key_variable=variable, key=key)


def _default_url(provider: str, environ: Mapping[str, str]) -> str:
    if provider == "openai":
        return environ.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL
    if provider == "ollama":
        return _ollama_url(environ.get("OLLAMA_HOST", "").strip())
    return _LOCAL_URLS[provider]


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
        raise ConfigurationError(f"{origin}: put no user name or password into the base URL; keys come from variables")
    return url.rstrip("/")
