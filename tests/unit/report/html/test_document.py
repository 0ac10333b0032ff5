"""What a page tells of a record: its columns, its lineage, its headline, and what is cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import (
    AuditNoted,
    Evaluated,
    Event,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
)
from strop.base.pluralize import quantity
from strop.report.html.charts import figures_of
from strop.report.html.page import Page
from strop.report.html.render import RENEWED_SECONDS, render
from strop.report.html.tables import MOST_ROWS, Tables
from strop.runs.record import Record
from strop.runs.spec import RunSpec
from strop.runs.train import read_trained
from strop.store import Store
from support import records
from support.pages import page_of
from support.records import ask, iterated

MakePage = Callable[..., Page]
SEED = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
BETTER, WORSE, BROKEN = f"{SEED}# better\n", f"{SEED}# worse\n", "def improve_algorithm(:\n"


def evaluated(scope: str, solution: str, value: float = 0.5, **changes: Any) -> Evaluated:
    return records.evaluated(solution, value, scope, **{"scores": (value, value + 0.1), **changes})


def candidate(text: str, value: float, t: int = 1, **changes: object) -> Evaluated:
    return evaluated(f"t{t}/improve/u-0123456789ab#0", text, value, utility="self-improvement", **changes)


def finished(
    t: int, improver: str, candidate: str | None = None, accepted: bool = False, **changes: Any
) -> IterationFinished:
    facts = {"reason": "because", "train": (0.4, 0.6), "test": (0.5, 0.7), "parent": None if t == 0 else 0}
    return iterated(t, improver, **{"candidate": candidate, "accepted": accepted, **facts, **changes})


def two_iterations() -> list[Event]:
    """Iteration 1 tries three candidates; the first is accepted. Iteration 2 keeps it."""
    return [
        IterationStarted(scope="t0", t=0, improver=SEED),
        evaluated("seed", "def algorithm(): pass\n", 0.3),
        finished(0, SEED),
        IterationStarted(scope="t1", t=1, improver=SEED),
        ImproveStarted(scope="t1/improve", improver=SEED, initial_solution=SEED, utility="self-improvement"),
        candidate(BETTER, 0.8),
        candidate(WORSE, 0.2),
        candidate(BROKEN, 0.0, verdict="raised", error="SyntaxError: no\nmore"),
        finished(1, BETTER, BETTER, accepted=True, test=(0.7, 0.9)),
        IterationStarted(scope="t2", t=2, improver=BETTER),
        ImproveStarted(scope="t2/improve", improver=BETTER, initial_solution=BETTER, utility="self-improvement"),
        finished(2, BETTER, WORSE, test=(0.7, 0.9), parent=1),
        RunFinished(scope="", status="finished"),
    ]


@pytest.mark.heavy
def test_a_page_holds_the_first_evaluations_and_answers_of_its_record_and_says_how_many_there_are(
    made: Path, made_page: Page
) -> None:
    tables = made_page.tables
    stored = ask(made, "SELECT scope, verdict, value FROM evaluation ORDER BY seq")
    shown = [(row["scope"], row["verdict"], row["value"]) for row in tables.evaluations]
    assert shown == stored[:MOST_ROWS] and tables.totals["evaluations"] == len(stored) > MOST_ROWS
    stored = ask(made, 'SELECT scope, call, "index", text FROM lm_response ORDER BY seq')
    answers = [(row["scope"], row["call"], row["index"], row["texts"]["Response"]) for row in tables.calls]
    assert answers == stored[:MOST_ROWS] and tables.totals["calls"] == len(stored)
    assert f"the first {MOST_ROWS} of {tables.totals['evaluations']:,} evaluations are shown" in made_page.cuts[0]


def test_a_page_has_no_script_and_only_that_of_a_run_that_goes_on_reloads_itself(made_page: Page) -> None:
    whole, live = render(made_page), render(made_page, live="The run goes on.")
    for html in (whole, live):
        assert "<script" not in html and "script-src" not in html and "default-src &#39;none&#39;" in html
        assert re.findall("<(?:button|input|select|dialog|noscript|template)|<details[^>]*open", html) == []
    refresh = f'<meta http-equiv="refresh" content="{RENEWED_SECONDS}">'
    assert refresh not in whole and refresh in live


def test_the_money_the_answers_and_the_iterations_of_a_page_are_those_of_strop_show(
    made: Path, made_page: Page
) -> None:
    [(cost, tokens)] = ask(made, "SELECT sum(cost), sum(input_tokens + output_tokens) FROM lm_response")
    total, html = made_page.run.costs.total, render(made_page)
    assert (total.cost, total.input_tokens + total.output_tokens) == (cost, tokens)
    assert total.responses == made_page.tables.totals["calls"]
    with Store.open(made) as store:
        shown = read_trained(Record(store))
    assert shown.answers.total > 0
    assert made_page.answers == shown.answers.sentence and shown.answers.sentence in html
    assert [(each.train, each.test) for each in made_page.iterations] == [
        (each.train, each.test) for each in shown.iterations
    ]
    assert all(each.test and f"{each.test.mean:.3f}" in html for each in made_page.iterations)
    copies = quantity(len(made_page.iterations[0].test.values), "copy") if made_page.iterations[0].test else ""
    assert f">held-out û of {copies}</th>" in html and f">training û of {copies}</th>" in html


def test_the_lineage_says_what_became_of_every_candidate_and_who_made_it(page: MakePage) -> None:
    nodes = {node.label: node for node in page(two_iterations()).nodes}
    assert {label: node.state for label, node in nodes.items()} == {
        "I_0": "seed",
        "I_1": "accepted",
        "candidate 2 of t = 1": "evaluated",
        "candidate 3 of t = 1": "failed",
    }
    assert nodes["I_0"].parent is None and nodes["I_1"].parent is nodes["I_0"]
    assert nodes["I_1"].iterations == [1, 2] and nodes["I_0"].iterations == [0]
    assert nodes["I_1"].test.mean == pytest.approx(0.8) and nodes["candidate 2 of t = 1"].test is None
    assert nodes["candidate 3 of t = 1"].reason == "SyntaxError: no"


def test_a_candidate_that_the_gate_turned_down_stays_out(page: MakePage) -> None:
    nodes = page([*two_iterations()[:5], candidate(BETTER, 0.8), finished(1, SEED, BETTER)]).nodes
    assert [(node.state, node.reason) for node in nodes] == [("seed", ""), ("rejected", "because")]
    assert nodes[0].iterations == [0, 1]


def test_a_node_has_its_idea_its_text_and_what_was_noted(page: MakePage) -> None:
    flagged = f"'An idea.'\n{SEED}    import os\n    os.system('ls')\n"
    noted = AuditNoted(scope="t1/improve", rule="R001", detail="it did", times=7, program=flagged)
    document = page([*two_iterations()[:5], candidate(flagged, 0.8), noted])
    node = document.nodes[-1]
    assert node.text == flagged
    assert node.search is not None and node.search.idea.startswith("An idea.")
    assert [(note.rule, note.detail, note.times) for note in node.notes] == [("R001", "it did", 7)]
    assert [(row.rule, row.times) for row in document.audit] == [("R001", 7)]


def test_a_page_is_made_of_whatever_a_killed_run_left(tmp_path: Path) -> None:
    Store.create(tmp_path / "0", {}).close()
    document = page_of(tmp_path / "0")
    assert document.kind == "run" and document.nodes == [] and figures_of(document) == []
    for kept in range(1, len(two_iterations())):
        with Store.create(tmp_path / f"{kept}", {"kind": "run", "task": "lpn"}) as store:
            for event in [records.started(RunSpec()), *two_iterations()[:kept]]:
                store.append(event)
        document = page_of(tmp_path / f"{kept}")
        assert document.run.status == "unfinished" and document.headline.sentence, kept
        assert document.commands["resume"].startswith("strop resume "), kept


def test_a_page_begins_with_the_conclusion_of_its_run_and_explains_its_words_once(page: MakePage) -> None:
    document = page(two_iterations())
    html = render(document)
    assert document.headline.sentence == (
        "No significant improvement: the improver of iteration 1 was accepted; û changed by +0.200, from 0.600 to 0.800, "
        "on the held-out instances of lpn, 2 copies; at least 4 copies are needed to show a difference."
    )
    assert html.count("Glossary") == 1 and "instances the search never saw, where the task has any others" in html
    assert html.count('id="headline"') == 1 and document.facts == ()
    protections = {name: (each.enforced, each.detail) for name, each in document.run.posture.protections.items()}
    assert protections == {"write": (True, ""), "network": (False, "a port")}, "as they were observed"


def test_an_answer_stands_beside_its_message_with_its_faults(page: MakePage) -> None:
    of: Any = {"scope": "t1/improve", "call": 0}
    asked = LmCalled(**of, expertise="expert", messages=("a", "b"), temperature=0.5, cost=1)
    answer = LmResponded(**of, index=1, text="answer b", model="m", input_tokens=3, output_tokens=4, cost=2_000_000_000)
    fault = LmFault(**of, index=1, fault="server_error", detail="503", attempt=1, waited_seconds=0.1)
    document = page([asked, fault, answer])
    first, second = document.tables.calls
    assert first["answer"] is None and first["texts"] == {"Expertise": "expert", "Prompt": "a"}
    said = {"Expertise": "expert", "Prompt": "b", "Response": "answer b", "Faults": "server_error: 503"}
    assert second["texts"] == said and first["role"] == second["role"] == "self-improvement"
    html = render(document)
    assert "no response is recorded" in html and '<td class="n">2.0000</td>' in html


def test_texts_for_which_there_is_no_room_are_left_out_and_the_page_says_so(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run", {"kind": "run"}) as store:
        tables = Tables(store, most=10)
        for error in ("x" * 30, "short", "y" * 9):
            store.append(evaluated("seed", SEED, error=error))
        for stored in store.outline():
            tables.add(stored)
    assert [row["texts"] for row in tables.evaluations] == [{}, {"Error": "short"}, {}]
    assert tables.cuts() == ["2 texts are left out: the tables hold 10 characters; strop export writes all"]
