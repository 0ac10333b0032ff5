"""The facts behind the first line of a result."""

from __future__ import annotations

import re
from typing import Any

from strop.runs.claims.facts import Fact, facts_of


def told(result: Any, name: str) -> str:
    """The texts of the facts with this name, of a result, its evidence, its JSON document, or what the terminal prints of it."""
    if isinstance(result, str):
        return "; ".join(re.findall(rf"^  {re.escape(name)}  +(\S.*)$", result, re.MULTILINE))
    of = [Fact(**fact) for fact in result["details"]] if isinstance(result, dict) else facts_of(result, "task", ())
    return "; ".join(fact.text for fact in of if fact.name == name)
