"""From the text of `--model` to a model: `from_spec` of its provider's module, imported only when needed.

A client of HTTP takes a tenth of a second to import, which `strop --help` and offline runs should not pay.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from strop.base.errors import ConfigurationError
from strop.base.surface import option
from strop.lm.base import LanguageModel
from strop.lm.options import MIX, ModelSettings, ModelSpec, members, named, read_spec, written_options
from strop.lm.providers import PROVIDERS, head_of, provider_of

FORMS = tuple(f"{head}{provider.rest}" for head, provider in PROVIDERS.items())
"""What a specification may look like, for help texts."""


def no_model() -> ConfigurationError:
    """The error of a command that needs a model if none is named."""
    return ConfigurationError(
        f"{option('model')} is missing: name a vendor's model such as openai/gpt-4o, or 'command:claude -p' (a subscription), or "
        "inbox:FOLDER (you or an agent answer), or offline (built in, no language model); see docs/reference/models.md"
    )


def make(
    spec: str,
    *,
    base_url: str | None,
    seed: int,
    environ: Mapping[str, str],
    defaults: ModelSettings | None = None,
) -> LanguageModel:
    """The model that `spec` names; `seed` feeds a model that draws, the jitter of waiting times and the draws of a mixture.

    `defaults` holds the settings for options that `spec` does not have; its `url` must be None, because `base_url` is the URL.

    Raises:
        ConfigurationError: an unknown specification or option, a `base_url` without a server, a missing key or file.
    """
    defaults = defaults or ModelSettings()
    if spec.startswith(MIX):
        return _make_mixture(spec, base_url=base_url, seed=seed, environ=environ, defaults=defaults)
    head = _head(spec)
    provider = PROVIDERS[head]
    name, settings = read_spec(spec, replace(defaults, url=base_url))
    if base_url and not provider.has_server:
        raise ConfigurationError(
            f"{option('base_url')} does not apply to {option('model')} {head}, which uses no server"
        )
    unknown = () if provider.options is None else sorted(set(written_options(spec)[1]) - provider.options)
    if provider.options and unknown:
        allowed = ", ".join(sorted(provider.options))
        raise ConfigurationError(f"{option('model')} {head} takes no {', '.join(unknown)}; it takes {allowed}")
    from_spec: Callable[[ModelSpec], LanguageModel] = importlib.import_module(f"strop.lm.{provider.module}").from_spec
    return from_spec(ModelSpec(name, name[len(head) + 1 :], settings, seed, environ))


def identity(spec: str) -> tuple[str, bool | None]:
    """The name of a specification's model, and whether it is a language model; None if only the model itself can say. Needs no
    key and reads no file."""
    if spec.startswith(MIX):
        kinds = {identity(member)[1] for member in members(spec)}
        return spec, False if False in kinds else None if None in kinds else True
    provider = provider_of(spec.partition("?")[0])
    return (spec, None) if provider is None else (read_spec(spec)[0], provider.is_language_model)


def check(spec: str) -> None:
    """Check a specification without making its models.

    Raises:
        ConfigurationError: there are no such models, or an option is unknown.
    """
    for member in members(spec):
        _head(member)


def _head(spec: str) -> str:
    name = written_options(spec)[0]
    if head := head_of(name):
        return head
    if not name.strip():
        raise no_model()
    raise ConfigurationError(f"{option('model')} {spec.strip()}: no such language model. {_suggestion(name)}")


def _make_mixture(
    spec: str, *, base_url: str | None, seed: int, environ: Mapping[str, str], defaults: ModelSettings
) -> LanguageModel:
    from strop.lm.mixture import Member, Mixture

    specs = members(spec)
    heads = {_head(member) for member in specs}
    if base_url and (len(heads) > 1 or not all(PROVIDERS[head].has_server for head in heads)):
        # A key of one provider must not go to the server of another.
        raise ConfigurationError(
            f"{option('base_url')} is for one of {named(spec)}, but which? Write MODEL?url=URL there"
        )
    made: list[Member] = []
    try:
        for member in specs:
            model = make(member, base_url=base_url, seed=seed, environ=environ, defaults=defaults)
            settings = read_spec(member)[1]
            made.append(Member(member, model, settings.weight, settings.level))
        return Mixture(made, name=spec, seed=seed)
    except BaseException:
        for opened in made:
            opened.model.close()
        raise


def _suggestion(spec: str) -> str:
    head, slash, model = spec.partition("/")
    near = difflib.get_close_matches(head.partition(":")[0].lower(), PROVIDERS, n=1)
    if near and PROVIDERS[near[0]].has_server:
        return f"Did you mean {near[0]}/{model or '<model>'}?"
    if near:
        return f"Did you mean {near[0]}{PROVIDERS[near[0]].rest}?"
    if not slash:
        url = option("base_url")
        return f"For a model of an OpenAI-compatible server write openai/{spec}, with {url} URL if it is not OpenAI's."
    return f"Known: {', '.join(FORMS)}; any OpenAI-compatible server is openai/<model> with {option('base_url')} URL."
