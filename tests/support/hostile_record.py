"""A record that holds all that a program, a scorer or a model might write."""

from __future__ import annotations

from strop.base.events import AuditNoted, Event, ImproveFinished, ImproveStarted, LmCalled, LmFault, RunStarted
from support.records import evaluated, responded

HOSTILE = {
    "formula": '=HYPERLINK("http://evil.example","click")',
    "plus": "+1+1",
    "minus": "-2+3",
    "time": "@SUM(A1:A9)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "wide": "＝1+1",
    "apostrophe": "'quoted'",
    "nul": "a\0b",
    "surrogate": "a\ud800b",
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "quotes": 'say "a, b"\r\nand c; d\n',
    "huge": "x" * 3_000_000,
    "empty": "",
    "script": "<script>alert(1)</script>",
}
"""Texts by what is hostile in them."""
SCOPE = "t1/measure/copy0"


def hostile_events() -> list[Event]:
    texts = tuple(HOSTILE.values())
    calls: list[Event] = [
        RunStarted(scope="", spec={"task": "parity"}, environment={}, posture={}),
        ImproveStarted(scope=SCOPE, improver="an improver", initial_solution=HOSTILE["surrogate"], utility="=parity"),
        LmCalled(scope=SCOPE, call=0, expertise=HOSTILE["nul"], messages=texts, temperature=0.7, cost=3),
        LmFault(scope=SCOPE, call=0, index=0, fault="server_error", detail="=late", attempt=1, waited_seconds=1.0),
    ]
    for index, text in enumerate(texts[:-1]):  # the last is never answered
        usage = {"input_tokens": None, "output_tokens": 7, "seconds": 0.5, "cost": None if index else 2_500_000_000}
        details = {"model": "=model", "finish_reason": "length", "reasoning": HOSTILE["escape"]}
        calls.append(responded(text, index, SCOPE, **usage, **details))
    ended = {"utility": "=parity", "verdict": "raised", "scores": (0.25, 0.5), "verdicts": ("ok", "raised")}
    for text in texts:
        results = {"error": text[:200], "notes": (text[:99], "b"), "cpu_seconds": 0.1, "wall_seconds": 0.2}
        calls.append(evaluated(text, -0.0, f"{SCOPE}/u-1#0", **ended, **results))
    calls.append(AuditNoted(scope=SCOPE, rule="=R1", detail="=cmd", program=HOSTILE["formula"]))
    return [*calls, ImproveFinished(scope=SCOPE, solution=HOSTILE["surrogate"], utility_calls=1, lm_calls=1)]
