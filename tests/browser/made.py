"""Documents of pages that are made by code: every field is there, and any text may stand in it."""

from __future__ import annotations

from typing import Any

from strop.report.html.highlight import highlight_nodes
from strop.report.html.payload import packed
from strop.report.html.render import page_html
from strop.report.html.schema import PageDocument

_SPENT = {
    "lm_calls": 1,
    "responses": 1,
    "again": 0,
    "input_tokens": 9,
    "output_tokens": 9,
    "unknown_tokens": 0,
    "cost": 0.01,
}
_MEASURED = {"mean": 0.5, "stderr": 0.1, "values": [0.4, 0.6]}


def page_saying(text: str, evaluations: int = 1) -> str:
    """A page in which `text` stands wherever a task, an improver, a solution, a model or a scorer may write."""
    document = document_saying(text, evaluations)
    highlight_nodes(document["nodes"], document["texts"])
    return page_html(document, packed(document))


def document_saying(text: str, evaluations: int = 1) -> PageDocument:
    """Its document: two improvers, one LM call, and as many evaluations."""
    document: Any = {
        "schema": 1,
        "headline": {"sentence": text, "detail": text},
        "run": {
            "name": text, "kind": "run", "task": text, "tasks": [text], "model": text, "is_language_model": False, "notice": text,
            "status": "failed", "detail": text, "selection": "gated", "started": 1.8e9, "seconds": 12.0, "directory": text,
        },
        "recipe": {"task": text},
        "environment": {"strop": text},
        "commands": {"again": text, "resume": text, "replay": text},
        "posture": {"protections": [{"name": text, "what": text, "enforced": True, "detail": text}], "layers": {"one": text}},
        "iterations": [_iteration(text)],
        "baselines": [{"name": text, "mean": 0.4, "interval": [0.3, 0.5]}],
        "nodes": [_node("t0-a", "I_0", None, 0, text), _node("t1-b", "candidate 1 of t = 1", "t0-a", 1, text)],
        "evaluations": _evaluations(evaluations, text),
        "calls": {
            "at": [1.0], "t": [1], "role": [text], "scope": [text], "call": [0], "index": [0], "expertise": [0], "message": [0],
            "answer": [0], "reasoning": [0], "model": [text], "finish": [text], "input_tokens": [9], "output_tokens": [9],
            "cost": [0.01], "seconds": [1.0], "faults": [0],
        },
        "budget": [{"name": text, "used": 1.0, "limit": 2.0}],
        "money": {
            "costs": {"total": _SPENT, "roles": {text: _SPENT}, "models": {text: _SPENT}, "unseen_cost": 0.0, "unseen_tokens": 0},
            "roles": {}, "by_role": {},
        },
        "verdicts": {text: 1},
        "audit": [{"rule": text, "title": text, "told_by": text, "unsandboxing": True, "times": 1}],
        "matrix": {"tasks": [text], "improvers": [text], "cells": [[{"train": _MEASURED, "test": _MEASURED}]], "seeds": [0.4]},
        "comparison": None,
        "answers": text,
        "used": text,
        "judged": {}, "improvement": [],
        "patch": None,
        "figures": [],
        "texts": [text, f"{text}\n# another"],
        "cuts": [text],
    }  # fmt: skip
    found: PageDocument = document
    return found


def _iteration(text: str) -> dict[str, Any]:
    return {
        "t": 0, "parent": None, "accepted": True, "reason": text, "train": _MEASURED, "test": _MEASURED,
        "test_interval": [0.3, 0.7], "lm_calls": 1, "evaluations": 1, "verdicts": {"ok": 1}, "seconds": 1.0, "gate": None,
        "tasks": [{"task": text, "train": _MEASURED, "test": _MEASURED}],
    }  # fmt: skip


def _node(name: str, label: str, parent: str | None, place: int, text: str) -> dict[str, Any]:
    return {
        "id": name, "label": label, "t": 0 if parent is None else 1, "iterations": [0], "parent": parent,
        "state": "seed" if parent is None else "evaluated", "reason": text, "value": 0.5, "stderr": 0.1, "test": 0.5,
        "test_stderr": 0.1, "text": place, "digest": "0" * 64, "strategy": {"name": text, "also": [text], "why": [text]},
        "notes": [{"rule": text, "title": text, "line": 1, "times": 1, "detail": text, "unsandboxing": True}],
        "card": {"trained": text}, "html": None, "diff_html": None,
    }  # fmt: skip


def _evaluations(count: int, text: str) -> dict[str, Any]:
    return {
        "at": [float(row) for row in range(count)], "t": [1] * count, "role": [text] * count, "scope": [text] * count,
        "utility": [text] * count, "split": [text] * count, "verdict": [text] * count,
        "value": [row % 1000 / 1000 for row in range(count)], "solution": [0] * count, "error": [0] * count,
        "notes": [0] * count, "seconds": [0.1] * count,
    }  # fmt: skip
