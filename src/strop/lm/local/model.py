"""`local/…` as a language model: a file, a process that serves it, and the client of the process."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.batch import Wrapper
from strop.lm.endpoints import Endpoint
from strop.lm.local.download import fetch
from strop.lm.local.server import Launch, Server, require_extra
from strop.lm.options import ModelSettings, ModelSpec

CONNECTIONS = 4
"""Default of the responses written at the same time: what a laptop has memory for."""
CONTEXT = 8192
"""Default of the tokens of one prompt and its response together."""
_SILENT_SECONDS = 24 * 3600.0
"""A slow machine thinks for hours. A server that has ended is noticed at once."""


def from_spec(spec: ModelSpec) -> LanguageModel:
    """The model of `local/…`, downloaded if necessary, and loaded. It has a server of its own and takes no `url`.

    Raises:
        ConfigurationError: the extra is not installed; no such repository or file; no room for it.
        LanguageModelError: the download failed, its digest is wrong, or llama.cpp cannot load it.
    """
    text, settings = spec.text, spec.settings
    if settings.url:
        raise ConfigurationError(f"--base-url does not go with --model {text}, which starts its own server")
    require_extra(text)
    path = fetch(spec.rest)
    connections = settings.connections or CONNECTIONS
    launch = Launch(path, connections, settings.ctx or CONTEXT, Path(spec.rest).name, settings.threads)
    server = Server(launch, text)
    try:
        return LocalModel(server, _client(text, server, settings, spec.seed))
    except BaseException:
        server.stop()
        raise


def _client(spec: str, server: Server, settings: ModelSettings, seed: int) -> LanguageModel:
    from strop.lm.openai import OpenAIModel, settings_of
    from strop.lm.openai_wire import Settings

    endpoint = Endpoint(spec, server.launch.alias, f"{server.url}/v1", "its own key", server.key)
    defaults = Settings(server.launch.parallel, read_seconds=_SILENT_SECONDS, deadline_seconds=_SILENT_SECONDS)
    return OpenAIModel(endpoint, settings_of(settings, defaults), jitter=random.Random(seed))


class LocalModel(Wrapper):
    """A model that a `Server` of its own serves. Safe to use from many threads."""

    def __init__(self, server: Server, client: LanguageModel) -> None:
        super().__init__(client)
        self._server = server
        server.on_exit = client.finish  # no request waits for an answer that cannot come
        if server.died:
            client.finish()

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r} at {self._server.url})"

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: some request has no answer; if llama.cpp has ended, with the end of its log.
        """
        try:
            return self._model.complete(requests, keep)
        except LanguageModelError as error:
            if not self._server.died:
                raise
            raise LanguageModelError(self._server.obituary(), error.completions, error.faults) from error

    def close(self) -> None:
        """Finish, and end llama.cpp. Idempotent."""
        super().close()
        self._server.stop()
