"""Pages of made records: any text may stand wherever a program, a model or a scorer may write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from strop.analysis.search import Search, SearchBehaviour
from strop.base.events import (
    AuditNoted,
    Evaluated,
    Event,
    IterationFinished,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
    RunStarted,
)
from strop.base.results import Evaluation
from strop.report.html.lineage import NodeNote
from strop.report.html.page import Page, read_page
from strop.report.html.render import render
from strop.runs.claims.training import Conclusion
from strop.runs.results.measured import Ending, Measured, Measurement, SeedSolution
from strop.runs.results.parts import Sample
from strop.store import Store


def page_saying(text: str, evaluations: int = 2) -> str:
    """A page in which `text` stands wherever a task, an improver, a solution, a model or a scorer may write."""
    with tempfile.TemporaryDirectory() as folder:
        meta = {"kind": "run", "task": text, "language_model": text, "is_language_model": "false"}
        with Store.create(Path(folder) / "run", meta) as store:
            for event in _events(text, evaluations):
                store.append(event)
        with Store.open(Path(folder) / "run") as store:
            page = read_page(store, Path(folder) / "run")
            return render(_said(page, text))


def _said(page: Page, text: str) -> Page:
    """The page with the text where this record has none."""
    page.headline = Conclusion(text, text)
    page.used, page.cuts, page.improvement = text, [text], [(text, text, text, text)]
    page.measured = _measured(text)
    for number, node in enumerate(page.nodes):
        node.id, node.parent, node.reason = f"t{number}", "t0" if number else None, text
        node.card, node.search = {"trained": text}, Search(text, SearchBehaviour(1, lm_calls=1))
        node.notes = [NodeNote(text, 1, text, 1, text, True)]
    return page


def _measured(text: str) -> Measured:
    half = Sample(0.5, 0.1, 2, values=(0.4, 0.6))
    costs: dict[str, Any] = {"lm_calls": 1, "responses": 1, "evaluations": 1, "tokens": None, "dollars": None}
    endings = (Ending(text, text),) * 2
    cell = Measurement(
        task=text, improver=text, digest=text, train=half, test=half, verdicts=(text,), endings=endings, **costs
    )
    seed = SeedSolution(task=text, train=Evaluation(0.4, "ok"), test=Evaluation(0.4, "ok"))
    facts: dict[str, Any] = {"kind": "eval", "sentence": text, "copies": 2, "model": text, "is_language_model": False}
    table: dict[str, Any] = {"cells": (cell,), "seed_solutions": (seed,), "differences": ()}
    return Measured(directory=Path(text), tasks=(text,), improvers=(text,), **facts, **table)


def _events(text: str, evaluations: int) -> Iterator[Event]:
    """An improver that is kept, one candidate, one LM call, and so many evaluations."""
    protection = {"what": text, "enforced": True, "detail": text}
    posture = {"protections": {text: protection}, "layers": {"one": text}}
    spec = {"task": text, "selection": "gated", "model": text}
    yield RunStarted(scope="", spec=spec, environment={"strop": text}, posture=posture)
    yield _finished(0, text)
    yield LmCalled(scope="t1/improve", call=0, expertise=text, messages=(text,), temperature=0.5, cost=1)
    yield LmFault(scope="t1/improve", call=0, index=0, fault=text, detail=text, attempt=1, waited_seconds=0.1)
    yield LmResponded(
        scope="t1/improve", call=0, index=0, text=text, reasoning=text, model=text, finish_reason=text, input_tokens=9,
        output_tokens=9, seconds=1.0, cost=10_000_000,
    )  # fmt: skip
    for number in range(evaluations - 1):
        yield _evaluated("t1/improve/x", text, text, number % 1000 / 1000)
    yield _evaluated("t1/improve/u-0#0", "self-improvement", f"{text}\n# another", 0.5)
    yield AuditNoted(scope="t1", rule=text, detail=text, program=f"{text}\n# another", line=1)
    yield _finished(1, text)
    yield RunFinished(scope="", status="failed", detail=text)


def _finished(t: int, text: str) -> IterationFinished:
    return IterationFinished(
        scope=f"t{t}", t=t, improver=text, candidate=None, accepted=t == 0, reason=text, train=(0.4, 0.6, 0.4, 0.6),
        test=(0.4, 0.6, 0.4, 0.6), lm_calls=1, evaluations=1, verdicts={"ok": 1}, seconds=1.0, parent=None,
        tasks=(text, f"{text} again"),
    )  # fmt: skip


def _evaluated(scope: str, utility: str, solution: str, value: float) -> Evaluated:
    return Evaluated(
        scope=scope, utility=utility, split="train" if utility == "self-improvement" else utility, solution=solution,
        verdict=utility, value=value, scores=(value, value), verdicts=("ok", "ok"), error=solution, notes=(solution,),
        cpu_seconds=0.1, wall_seconds=0.1,
    )  # fmt: skip
