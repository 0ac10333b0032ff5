"""u_str of the utilities of maximizers, grey-box (§3): their form and their budgets, nothing of the downstream utilities."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from strop.base.budget import Grant


def meta_description(utilities: int, grant: Grant) -> str:
    """Of u~ over that many downstream utilities, on each of which a maximizer may spend `grant`."""
    told = {
        "utilities": utilities,
        "utility_budget": grant.utility_calls,
        "lm_budget": grant.lm_calls,
        "max_responses": grant.max_responses_per_call,
    }
    return _filled("meta_utility.md", told)


def recursive_description(utilities: int, grant: Grant, lam: float) -> str:
    """Of u^lambda over that u~."""
    return f"{meta_description(utilities, grant)}\n\n{_filled('recursive.md', {'lam': lam})}"


def _filled(name: str, told: Mapping[str, float]) -> str:
    text = (files("appendix_a3.programs") / name).read_text(encoding="utf-8")
    for key, value in told.items():
        text = text.replace("{" + key + "}", str(value))
    return text
