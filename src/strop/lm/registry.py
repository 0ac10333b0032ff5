"""From the text of `--model` to a model: by `from_spec` of the module listed under its head, imported only when asked for.

`openai` alone takes half a second to import, which `strop --help` and offline runs should not pay.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from strop.base.errors import ConfigurationError
from strop.lm.base import LanguageModel
from strop.lm.endpoints import PROVIDERS
from strop.lm.options import LOCAL_ONLY, MIX, NAMES, ModelSettings, ModelSpec, members, read_spec, written_options

FORMS = (
    "offline",
    "offline:skill=0.5",
    "scripted:FILE",
    "recorded:FILE",
    "python:MODULE:FUNCTION",
    "command:PROGRAM ARGUMENTS",
    "inbox:DIR",
    *(f"{provider}/<model>" for provider in PROVIDERS),
    "local/<owner>/<repository>/<file.gguf>",
    "any-llm/<provider>/<model>",
)
"""What a specification may look like, for help texts."""


def make(
    spec: str,
    *,
    base_url: str | None,
    seed: int,
    environ: Mapping[str, str],
    defaults: ModelSettings | None = None,
) -> LanguageModel:
    """The model that `spec` names; `seed` feeds the offline proposer, the jitter of waiting times and the draws of a mixture.

    `defaults` holds for what `spec` does not say; its `url` must be None, as `base_url` is that.

    Raises:
        ConfigurationError: an unknown specification or option, a `base_url` where there is no server, a missing key or file.
    """
    defaults = defaults or ModelSettings()
    if spec.startswith(MIX):
        return _make_mixture(spec, base_url=base_url, seed=seed, environ=environ, defaults=defaults)
    head, module = _head(spec)
    name, settings = read_spec(spec, replace(defaults, url=base_url))
    _refuse_what_is_not_for(head, base_url, written_options(spec)[1])
    from_spec: Callable[[ModelSpec], LanguageModel] = importlib.import_module(f"strop.lm.{module}").from_spec
    return from_spec(ModelSpec(name, name[len(head) + 1 :], settings, seed, environ))


def check(spec: str) -> None:
    """Nothing is made: only whether there are such models.

    Raises:
        ConfigurationError: there are not, or an option is unknown.
    """
    for each in members(spec):
        _head(each)


def _head(spec: str) -> tuple[str, str]:
    """The head of a specification and the module of its model."""
    name = written_options(spec)[0]
    slashed, coloned = name.partition("/")[0], name.partition(":")[0]
    if slashed in _SERVED:
        return slashed, _SERVED[slashed]
    if coloned in _OTHERS:
        return coloned, _OTHERS[coloned]
    raise ConfigurationError(f"--model {spec.strip() or repr(spec)}: no such language model. {_suggestion(name)}")


def _refuse_what_is_not_for(head: str, base_url: str | None, written: Mapping[str, object]) -> None:
    """Raises ConfigurationError for a flag or an option that the models of `head` do nothing with."""
    if base_url and head not in _SERVED:
        raise ConfigurationError(f"--base-url does not go with --model {head}, which asks no server")
    known = set(NAMES) - set(LOCAL_ONLY) if head in _SERVED else {"weight", "price"} | _TAKEN_TOO.get(head, set())
    if head != "local" and (others := sorted(set(written) - known)):
        raise ConfigurationError(f"--model {head} takes no {', '.join(others)}; it takes {', '.join(sorted(known))}")


def _make_mixture(
    spec: str, *, base_url: str | None, seed: int, environ: Mapping[str, str], defaults: ModelSettings
) -> LanguageModel:
    from strop.lm.mixture import Member, Mixture

    specs = members(spec)
    heads = {_head(each)[0] for each in specs}
    if base_url and (len(heads) > 1 or not heads <= set(_SERVED)):
        # A key of one provider must not go to the server of another.
        raise ConfigurationError(f"--base-url does not say which model of {spec} it is for; write MODEL?url=URL there")
    made: list[Member] = []
    try:
        for each in specs:
            model = make(each, base_url=base_url, seed=seed, environ=environ, defaults=defaults)
            made.append(Member(each, model, read_spec(each)[1].weight))
        return Mixture(made, name=spec, seed=seed)
    except BaseException:
        for member in made:
            member.model.close()
        raise


_TAKEN_TOO = {"command": {"connections", "timeout", "give_up_after"}, "python": {"connections"}}
"""Options of models that ask no server, besides those that all of them take."""

_SERVED: Mapping[str, str] = MappingProxyType(
    {**dict.fromkeys(PROVIDERS, "openai"), "any-llm": "anyllm", "local": "local.model"}
)
"""Module by the head before a slash: models of servers, which take all options and `--base-url`."""

_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "offline": "offline",
        "scripted": "scripted",
        "recorded": "recorded",
        "python": "callable",
        "command": "command",
        "inbox": "inbox",
    }
)
"""Module by the head before a colon: models that ask no server."""


def _suggestion(spec: str) -> str:
    head, slash, model = spec.partition("/")
    near = difflib.get_close_matches(head.partition(":")[0].lower(), [*_SERVED, *_OTHERS], n=1)
    if near and near[0] in _SERVED:
        return f"Did you mean {near[0]}/{model or '<model>'}?"
    if near:
        return f"Did you mean {next(form for form in FORMS if form.partition(':')[0] == near[0])}?"
    if not slash and spec.strip():
        return f"For a model of an OpenAI-compatible server write openai/{spec}, with --base-url URL where it is not OpenAI's."
    return f"Known: {', '.join(FORMS)}; any OpenAI-compatible server is openai/<model> with --base-url URL."
