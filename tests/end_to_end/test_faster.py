"""docs/faster.md as a reader would walk it: its files, and its commands as printed, from an empty folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "faster.md").read_text("utf-8")
RESPONSE = """Bits in place of a row.
```python
def distance(first, second):
    if not first or not second:
        return len(first) or len(second)
    places = {}
    for i, letter in enumerate(first):
        places[letter] = places.get(letter, 0) | 1 << i
    full, top = (1 << len(first)) - 1, 1 << len(first) - 1
    plus, minus, found = full, 0, len(first)
    for letter in second:
        same = places.get(letter, 0)
        zero = ((same & plus) + plus ^ plus) | same | minus
        up, down = minus | ~(zero | plus) & full, plus & zero
        found += bool(up & top) - bool(down & top)
        up, down = (up << 1 | 1) & full, down << 1 & full
        plus, minus = down | ~(zero | up) & full, up & zero
    return found
```
"""


@pytest.mark.slow
def test_slow_function_of_the_page_ends_in_an_applied_patch(strop: Any, tmp_path: Path) -> None:
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / name).write_text(text)
    (tmp_path / "responses.jsonl").write_text(json.dumps(RESPONSE) + "\n")
    commands = [re.sub(r"\s+# .*", "", line) for line in re.findall(r"^\$ strop (.*)$", PAGE, re.MULTILINE)]
    least = ["--model", "scripted:responses.jsonl", "--lm-budget", "1", "--max-responses", "1", "--utility-budget", "2"]
    said = {}
    for command in map(str.split, commands):
        ended = strop(*command, *(least if command[0] == "improve" else []))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        said[command[0]] = ended.stdout
    assert list(said) == ["check", "improve", "apply"]
    assert re.search(
        r"^Better: .*x as fast .* of CPU time, on \d+ held-out calls in \d+ batches", said["improve"], re.MULTILINE
    )
    assert "places" in (tmp_path / "words.py").read_text()
