"""How often strategies are named right: from the text alone, and with what the improver did.

    python bench/strategies.py [CORPUS …]     # paper textbook shipped seen more unseen; all when not given
    python bench/strategies.py --record       # first runs each program three times in the jail, and keeps what it did

The labels are in tests/strategies/labels.toml and in the cards of the shipped improvers, the recorded behaviour in
tests/strategies/behaviours.json. The model is scripted: its answers are different programs, of which some are better.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from conftest import Bench, doubling
from strop.analysis.strategy import behaviour_of, classify
from strop.core.handles import Grant
from strop.lm.scripted import Scripted
from strop.sandbox.jail import JailedSandbox
from unit.analysis.strategy.corpus import BEHAVIOURS, FOLDERS, behaviours, labels, text_of

IMPROVEMENTS = 3
BODIES = ("return 0", "return n", "return 2 * n", "return 1 / n", "return n + n // 2")


def recorded(sandbox: JailedSandbox, improver: str) -> dict[str, Any]:
    """What an improver does in a few improvements."""
    answers = itertools.count()

    def answer(request: object) -> str:
        number = next(answers)
        return f"```python\ndef algorithm(n):\n    # version {number}\n    {BODIES[number % len(BODIES)]}\n```\n"

    bench = Bench(sandbox, Scripted(answer), Grant(), doubling())
    for _ in range(IMPROVEMENTS):
        bench.improve(improver)
    found = behaviour_of(bench.events, improver)
    assert found is not None
    return dataclasses.asdict(found)


def record() -> None:
    """Run every labelled program and keep what it did."""
    found: dict[str, dict[str, Any]] = {}
    with JailedSandbox(solution_slots=2, improver_slots=2, require=frozenset()) as sandbox:
        for corpus, named in labels().items():
            print(corpus, flush=True)
            found[corpus] = {name: recorded(sandbox, text_of(corpus, name)) for name in sorted(named)}
    lines = [
        f'"{corpus}": {{\n' + ",\n".join(f'"{name}": {json.dumps(each)}' for name, each in by_name.items()) + "\n}"
        for corpus, by_name in found.items()
    ]
    BEHAVIOURS.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main() -> None:
    """Print how many are right, and each that is not."""
    if "--record" in sys.argv:
        record()
    chosen = [name for name in sys.argv[1:] if name in FOLDERS] or list(FOLDERS)
    known = behaviours()
    for corpus in chosen:
        named = labels()[corpus]
        right = [0, 0]
        for name, label in sorted(named.items()):
            text = text_of(corpus, name)
            found = (classify(text).name, classify(text, known[corpus][name]).name)
            right = [count + (each == label) for count, each in zip(right, found, strict=True)]
            if found != (label, label):
                print(f"  {name}: {label} by hand, {found[0]} by text, {found[1]} with behaviour")
        print(f"{corpus}: {right[0]} of {len(named)} by text, {right[1]} with behaviour")


if __name__ == "__main__":
    main()
