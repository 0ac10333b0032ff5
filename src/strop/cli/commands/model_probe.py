"""strop doctor --model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

from strop.base.errors import LanguageModelError
from strop.base.terminal_text import escape
from strop.cli.commands.output import print_document, results
from strop.lm.options import ModelSettings, joined, members, read_spec
from strop.lm.prices import tariffs
from strop.lm.probe import Probed, ProbeFinding, probe_model, probe_server
from strop.lm.providers import PROVIDERS, endpoint_of, head_of
from strop.lm.registry import make as make_language_model

WORDS = {
    "n": "several responses to one request",
    "temperature": "temperature",
    "seed": "seed",
    "max_tokens": "token limit",
    "usage": "reports tokens",
    "reasoning": "returns its reasoning",
    "rate_limits": "reports rate limits",
    "price": "price",
}
"""The name of a finding on the terminal."""
INBOX_SECONDS = 60.0
"""Time for people to answer. A run waits as long as it takes."""
UNREACHABLE = 3
"""Exit code if a model did not answer."""


def probe_models(lm: Sequence[str], base_url: str | None, *, as_json: bool) -> int:
    """Send each model one tiny request, and print what it supports. Returns exit code 3 if one did not answer.

    Raises:
        ConfigurationError: an unknown specification, a missing key.
    """
    spec = joined(lm)
    if len(members(spec)) > 1:  # report a wrong specification before any request
        make_language_model(spec, base_url=base_url, seed=0, environ=os.environ).close()
    results_of = [(_probed(member, base_url), _price(member, base_url)) for member in members(spec)]
    if as_json:
        print_document({"models": [_document(probed, price) for probed, price in results_of]})
    else:
        for probed, price in results_of:
            _show(probed, price)
    return 0 if all(probed.reachable for probed, _ in results_of) else UNREACHABLE


def _probed(spec: str, base_url: str | None) -> Probed:
    name, settings = read_spec(spec, ModelSettings(url=base_url))
    try:
        model = make_language_model(spec, base_url=base_url, seed=0, environ=os.environ)
    except LanguageModelError as error:
        return Probed(name, "", False, str(error))
    with closing(model):
        head = head_of(name)
        if not PROVIDERS[head].url:
            return probe_model(model, timeout=INBOX_SECONDS if head == "inbox" else None)
    place = endpoint_of(name, base_url=settings.url, environ=os.environ)
    return probe_server(place, timeout=settings.timeout or 60.0)


def _price(spec: str, base_url: str | None) -> ProbeFinding:
    price = tariffs(spec, ModelSettings(url=base_url), os.environ)[spec].price
    if price is None:
        return ProbeFinding("unknown", "--max-cost needs a price: --model SPEC?price=IN,OUT")
    paid, got = price.dollars_per_million
    return ProbeFinding("yes", f"${paid:g} in, ${got:g} out per million tokens ({price.source})")


def _document(probed: Probed, price: ProbeFinding) -> dict[str, object]:
    document = asdict(probed)
    document["findings"] = {name: asdict(finding) for name, finding in {**probed.findings, "price": price}.items()}
    return document


def _show(probed: Probed, price: ProbeFinding) -> None:
    console = results()

    def say(text: str) -> None:
        console.print(escape(text, 500), markup=False, soft_wrap=True)

    say(f"{probed.lm}{f' at {probed.host}' if probed.host else ''}")
    say(f"  reachable: {'yes' if probed.reachable else 'no'}, {probed.detail}")
    if probed.model:
        say(f"  model: {probed.model}")
    for name, finding in {**probed.findings, "price": price}.items():
        say(f"  {WORDS.get(name, name)}: {finding.state}{f', {finding.detail}' if finding.detail else ''}")
