"""The table of differences from the authors' code says what strop's code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from strop.lm.options import ModelSettings
from strop.options.protocols import ProtocolOptions
from strop.reproduce.table2 import BATCH, GRANT
from strop.runs.spec import PAPERS
from strop.tasks.registry import PAPER

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "paper-protocols.md"


def test_table_of_differences_says_what_the_code_does() -> None:
    tasks = {name: make() for name, make in PAPER.items()}
    usual = {option.name: option.default for option in fields(ProtocolOptions)}
    named = {
        "instances": f"`{usual['instances']}`, the default",
        "held-out instances of parity": f"{tasks['parity'].test_instances}, of",
        "least utility": ", ".join(f"{name} {task.floor:g}" for name, task in tasks.items() if task.floor),
        "limit of an instance": ", ".join(f"{name} {task.time_limit:g} s" for name, task in tasks.items()),
        "budgets": f"{PAPERS.lm_budget} LM calls of {PAPERS.max_responses} responses, {PAPERS.utility_budget} evaluations, "
        f"{PAPERS.meta_budget} of û",
        "iterations": f"{PAPERS.iterations}",
        "tokens of a response": f"{ModelSettings().max_tokens:,}",
        "Table 2": f"{GRANT.lm_calls} LM calls of {BATCH} responses",
    }
    rows = dict(re.findall(r"^\| (.*?) \| .* \| (.*?) \|$", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {name: words for name, words in named.items() if words not in rows.get(name, "")} == {}
