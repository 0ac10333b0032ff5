"""`strop show` on real runs: how improvers search, their lineage and statistics."""

from __future__ import annotations

import json

from end_to_end.conftest import TINY, Strop


def test_show_says_how_improvers_search_and_tells_how_sure_the_figures_are(strop: Strop) -> None:
    made = strop("run", "parity", "--seed", "1", "-T", "1", "--selection", "paper", *TINY, "--out", "r", "--json")
    assert made.returncode == 0, made.stderr
    first = json.loads(made.stdout)["iterations"][0]
    assert first["search"]["idea"] and first["search"]["behaviour"]["lm_calls"] > 0
    shown, brief = strop("show", "r", "--full"), strop("show", "r").stdout
    assert shown.returncode == 0 and "rounds" in shown.stdout and "Docstring of I_1: " in shown.stdout
    assert "\ncompared: " in shown.stdout and "\ncompared: " not in brief
    document = json.loads(made.stdout)
    assert json.loads(strop("show", "r", "--json").stdout) == document
    assert strop("show", "r", "--full", "--json").stdout == strop("show", "r", "--json").stdout
    answers = document["answers"]
    assert answers["total"] > 0 == answers["not_examined"] and answers["sentence"] in shown.stdout
    assert document["compared"]["candidates"] > 0
