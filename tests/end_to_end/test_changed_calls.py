"""`strop improve --record`: what is said below a verdict about calls with changed arguments."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.facts import told

SHOP = """
def unique(xs):
    out = []
    for x in xs:
        if x not in out:
            out.append(x)
    return out
"""
APP = """
import random
from shop import unique
draw = random.Random(1)
for _ in range(60):
    unique([draw.randrange(400) for _ in range(800)])
"""
RESPONSE = "```python\ndef unique(xs):\n    xs[0]\n    return list(dict.fromkeys(xs))\n```\n"


@pytest.mark.slow
def test_better_function_that_answers_changed_calls_otherwise_is_said_to_below_the_verdict(
    strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "responses.jsonl").write_text(json.dumps(RESPONSE) + "\n")
    least = ["--model", "scripted:responses.jsonl", "--lm-budget", "1", "--max-responses", "1", "--utility-budget", "2"]
    ended = strop("improve", "shop.py:unique", "--record", "python app.py", "--out", "mine", *least)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first = "he first changed call: xs=[] raises IndexError (was: returns list)"
    found = told(ended.stdout, "changed calls")
    assert re.fullmatch(r"\d+ of \d+ calls with changed arguments behaves? otherwise", found), ended.stdout
    assert f"\nt{first}\n" in ended.stdout and told(ended.stdout, "tests") == "no tests were run (--test)"
    assert strop("resume", "mine").returncode == 0
    document = json.loads(strop("show", "mine", "--json").stdout)
    assert document["changed_calls"]["sentence"] == found and document["finding"] == "better"
    assert strop("view", "mine", "--html", "page.html").returncode == 0
    text = re.sub("<[^>]+>", "", (tmp_path / "page.html").read_text("utf-8"))
    assert all(each in text for each in (found, "no tests were run (--test)", f"T{first}.")), text
    with closing(sqlite3.connect(tmp_path / "mine" / "run.sqlite")) as record:
        assert record.execute("SELECT count(*), sum(differ) FROM changed_calls").fetchone()[0] == 1
    lines = strop("export", "mine", "-o", "-", "--texts", "digests").stdout
    assert '"CallsChanged"' in lines and "IndexError" not in lines
