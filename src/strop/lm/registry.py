"""From the text of `--lm` to a model. Each implementation is imported only when it is asked for.

`openai` alone takes half a second to import, which `strop --help` and offline runs should not pay.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping
from pathlib import Path

from strop.errors import ConfigurationError
from strop.lm.base import LanguageModel
from strop.lm.endpoints import PROVIDERS, endpoint

FORMS = (
    "offline",
    "offline:skill=0.5",
    "scripted:FILE",
    "openai/<model>",
    "ollama/<model>",
    "vllm/<model>",
    "llamacpp/<model>",
)
"""What a specification may look like, for help texts."""


def make(spec: str, *, base_url: str | None, seed: int, environ: Mapping[str, str]) -> LanguageModel:
    """The model that `spec` names; `seed` feeds the offline proposer and the jitter of waiting times.

    Raises:
        ConfigurationError: an unknown specification, a `base_url` where there is no server, a missing key or file.
    """
    head, colon, rest = spec.partition(":")
    provider, slash, _ = spec.partition("/")
    if provider in PROVIDERS and (slash or spec == provider):
        return _make_openai(spec, base_url=base_url, seed=seed, environ=environ)
    if head not in {"offline", "scripted"}:
        raise ConfigurationError(f"--lm {spec}: no such language model. {_suggestion(spec)}")
    if base_url:
        raise ConfigurationError(f"--base-url does not go with --lm {head}, which asks no server")
    if head == "offline":
        return _make_offline(spec, seed)
    if not (colon and rest):
        raise ConfigurationError("--lm scripted needs a file of answers, one JSON string a line: scripted:FILE")
    return _make_scripted(spec, Path(rest))


def _make_openai(spec: str, *, base_url: str | None, seed: int, environ: Mapping[str, str]) -> LanguageModel:
    place = endpoint(spec, base_url=base_url, environ=environ)  # before the slow import: mistakes are told at once

    from strop.lm.openai import OpenAIModel

    return OpenAIModel(place, jitter=random.Random(seed))


def _make_offline(spec: str, seed: int) -> LanguageModel:
    from strop.lm import offline

    return offline.parse(spec, seed)


def _make_scripted(spec: str, path: Path) -> LanguageModel:
    from strop.lm.scripted import read_script

    return read_script(path, name=spec)


def _suggestion(spec: str) -> str:
    head, slash, model = spec.partition("/")
    near = difflib.get_close_matches(head.partition(":")[0].lower(), [*PROVIDERS, "offline", "scripted"], n=1)
    if near and near[0] in PROVIDERS:
        return f"Did you mean {near[0]}/{model or '<model>'}?"
    if near:
        return f"Did you mean {near[0]}{'' if near[0] == 'offline' else ':FILE'}?"
    if not slash and spec:
        return f"For a model of an OpenAI-compatible server write openai/{spec}, with --base-url URL where it is not OpenAI's."
    return f"Known: {', '.join(FORMS)}; any OpenAI-compatible server is openai/<model> with --base-url URL."
