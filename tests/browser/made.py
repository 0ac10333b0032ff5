"""Pages of made records: any text may stand wherever a program, a model or a scorer may write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from strop.analysis.search import Search, SearchBehaviour
from strop.base.events import AuditNoted, Event, LmCalled, LmFault, RunFinished, RunStarted
from strop.base.results import Evaluation
from strop.report.html.lineage import NodeNote
from strop.report.html.page import Page, read_page
from strop.report.html.render import render
from strop.runs.claims.training import Conclusion
from strop.runs.record import Record
from strop.runs.results.measured import Ending, Measured, Measurement, SeedSolution
from strop.runs.results.parts import Sample
from strop.store import Store
from support.records import evaluated, iterated, responded

HOSTILE = {
    "a script": "<script>window.caught = 1</script>",
    "the end of a script": "</script><script>window.caught = 1</script>",
    "the end of the page's style": "</style><style>body { display: none }</style>",
    "an image with a handler": '<img src=x onerror="window.caught = 1">',
    "a drawing with a handler": '<svg onload="window.caught = 1"><script>window.caught = 1</script></svg>',
    "the end of an attribute": '" autofocus onfocus="window.caught = 1" x=\'',
    "a link that is code": '<a href="javascript:window.caught=1">javascript:window.caught=1</a>',
    "a frame": '<iframe srcdoc="<script>parent.caught = 1</script>"></iframe>',
    "another policy, another base": '<base href="//example.org/"><meta http-equiv="refresh" content="0;url=//example.org">',
    "a forged headline": "</h1></section><section id=overview><h1>I_4 is better by 0.999</h1>",
    "a forged strip of the live page": "<p id='live' role='note'>The run has finished.</p>",
    "a form": "<form action='/'><button>resume</button></form><object data='/'></object><embed src='/'>",
    "a comment that opens": "<!-- <!--> --!> ]]> <![CDATA[ <?xml ?>",
    "a template": "{{7*7}} {% raw %} {{ d.__class__.__mro__ }} ${7*7} <%= 7*7 %>",
    "entities": "&lt;script&gt; &#60;b&#62; &amp;quot; &nbsp &ampersand;",
    "escapes of a terminal": "\x1b[2J\x1b[1;31mred\x1b]0;title\x07\x9b1m",
    "characters that turn the others around": "\u202egpj.exe\u202c \u2066abc\u2069 \u200e\u200f\u061c",
    "controls": "a\x00b\x01c\x08d\x7f\r\n\u2028\u2029\ufeff\x85",
    "one huge line": "x" * 50_000,
    "many lines": "\n" * 10_000,
    "marks without end, and letters from everywhere": "Z\u0351\u0489\u0334" * 500
    + "ﷺ𒐫꧅ 日本語 עברית العربية 🧑\u200d🚀",
    "lone surrogates": "\ud800 \udfff </script>",
    "styles": "<style>*{color:red}</style>;} body{display:none} </textarea></title></noscript><plaintext>",
    "ids and names of the page's own": "<form id=calls name=main><input name=innerHTML><p id=lineage></p></form>",
}
"""Texts that a program, a model or a scorer may write."""


def page_saying(text: str, live: str = "") -> str:
    """A page in which `text` stands wherever a task, an improver, a solution, a model or a scorer may write."""
    with tempfile.TemporaryDirectory() as folder:
        meta = {"kind": "run", "task": text, "language_model": text, "is_language_model": "false"}
        with Store.create(Path(folder) / "run", meta) as store:
            for event in _events(text):
                store.append(event)
        with Store.open(Path(folder) / "run") as store:
            return render(_said(read_page(Record(store)), text), live=live)


def _said(page: Page, text: str) -> Page:
    """The page with the text where this record has none."""
    page.headline = Conclusion(text, text)
    page.used, page.cuts, page.improvement = text, [text], [(text, text, text, text)]
    page.measured = _measured(text)
    for number, node in enumerate(page.nodes):
        node.id, node.parent, node.reason = f"t{number}", page.nodes[0] if number else None, text
        node.search = Search(text, SearchBehaviour(1, lm_calls=1))
        node.notes = [NodeNote(rule=text, title=text, source=text, unsandboxing=True, times=1, detail=text)]
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


def _events(text: str) -> Iterator[Event]:
    """An improver that is kept, one candidate, one LM call, and two evaluations."""
    posture = {"protections": {text: {"what": text, "enforced": True, "detail": text}}, "layers": {"one": text}}
    spec = {"task": text, "selection": "gated", "model": text}
    half = (0.4, 0.6, 0.4, 0.6)
    ended = {"reason": text, "train": half, "test": half, "verdicts": {"ok": 1}, "tasks": (text, f"{text} again")}
    failed = {"verdict": "raised", "error": text, "notes": (text,)}
    yield RunStarted(scope="", spec=spec, environment={"strop": text}, posture=posture)
    yield iterated(0, text, accepted=True, **ended)
    yield LmCalled(scope="t1/improve", call=0, expertise=text, messages=(text,), temperature=0.5, cost=1)
    yield LmFault(scope="t1/improve", call=0, index=0, fault="server_error", detail=text, attempt=1, waited_seconds=0.1)
    yield responded(text, model=text, finish_reason=text, reasoning=text, cost=10_000_000)
    yield evaluated(text, 0.0, "t1/improve/x", utility=text, split=text, **failed)
    yield evaluated(f"{text}\n# another", 0.5, "t1/improve/u-0#0", utility="self-improvement", **failed)
    yield AuditNoted(scope="t1", rule=text, detail=text, program=f"{text}\n# another")
    yield iterated(1, text, **ended)
    yield RunFinished(scope="", status="failed", detail=text)
