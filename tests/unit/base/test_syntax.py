"""Parsing from many threads."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import strop
from strop.base.syntax import syntax_tree

NESTED = (
    "x = " + "(" * 60 + "1" + " + 1)" * 60 + "\n" + "\n".join(f"def f{n}(a, b=[{n}]):\n    return a" for n in range(40))
)


def parsed_at_once(parse: Callable[[str], object]) -> int:
    """How many of 200 texts parse in eight threads, while the collector lets other threads in as often as can be."""

    def collecting(phase: str, info: object) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.set_threshold(10)
    gc.callbacks.append(collecting)
    try:
        with ThreadPoolExecutor(8) as pool:
            return sum(future.exception() is None for future in [pool.submit(parse, NESTED) for _ in range(200)])
    finally:
        gc.callbacks.remove(collecting)
        gc.set_threshold(*before)


@pytest.mark.heavy
def test_texts_parse_from_many_threads_at_once() -> None:
    assert parsed_at_once(syntax_tree) == 200


def test_only_one_module_of_the_host_parses_syntax_trees() -> None:
    sources = Path(strop.__file__).parent.rglob("*.py")
    parsing = {path.name for path in sources if re.search(r"ast\.(parse|literal_eval)\(", path.read_text("utf-8"))}
    guests = {"helpers.py", "decompose.py", "strop_innermost.py", "strop_reached.py"}
    assert parsing == {"syntax.py", *guests}
