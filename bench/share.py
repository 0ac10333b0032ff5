"""How the time of `strop improve` divides: before the search, in it, and after it, for a C program with a deterministic score.

    python bench/share.py                  # every kind of target, 8 answers each
    python bench/share.py printed --answers 16 --workers 1

The model answers at once; every answer is a correct program, a little better than the one before. A build takes gcc a second or
more, because a header makes it work, and a run about 0.3 s of one processor. Seconds depend on the machine; counts do not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import strop
from strop.base.events import Evaluated, ImproveFinished, ImproveStarted
from strop.evaluation.commands.program_copy import Copy
from strop.lm.scripted import Scripted
from strop.store import Store

FUNCTIONS = 1200
"""Of the header, which only keep the compiler busy."""
MAIN = """#include <stdio.h>
#include <stdlib.h>
#include "many.h"
#include "plan.h"
int main(int count, char **words) {
    unsigned seed = count > 1 ? (unsigned)atoi(words[1]) : 7u, sum = many(seed);
    for (unsigned i = 0; i < 220000000u; i++) sum = sum * 1664525u + 1013904223u;
    printf("%s %u\\ncost %u\\n", sum == 1 ? "odd" : "done", seed % 5, PLAN + seed % 5);
    return 0;
}
"""
COMMON: Mapping[str, object] = {"files": ["plan.h"], "build": "gcc -O1 -o solve main.c", "metric": ["cost:min"]}
JUDGE = "awk '/^cost/ { print }' {output}"
KINDS: Mapping[str, Mapping[str, object]] = {
    "printed": {"command": "./solve", "score": ["cost=cost ([0-9]+)"]},
    "judged": {"command": "./solve", "score": ["cost=cost ([0-9]+)"], "judge": JUDGE},
    "seeded": {"command": "./solve {seed}", "score": ["cost=cost ([0-9]+)"], "judge": JUDGE},
    "bounded": {"command": "./solve", "score": ["cost=cost ([0-9]+)", "memory"], "require_metric": ["memory<=4096"]},
}
"""`bounded`: the kernel counts a constraint."""
PARTS = ("before", "search", "after")
STEPS: Mapping[str, str] = {"builds": "_build", "runs": "_start_over"}


def write(folder: Path) -> None:
    """The program."""
    each = (
        "static unsigned f{0}(unsigned x) {{ for (int i = 0; i < {1}; i++) x ^= (x << {2}) + {0}u * x; return x; }}\n"
    )
    calls = "".join(f"x += f{number}(x);" for number in range(FUNCTIONS))
    texts = "".join(each.format(number, number % 17 + 3, number % 13 + 1) for number in range(FUNCTIONS))
    (folder / "many.h").write_text(f"{texts}static unsigned many(unsigned x) {{ {calls} return x; }}\n")
    (folder / "main.c").write_text(MAIN)
    (folder / "plan.h").write_text("#define PLAN 1000u\n")


def note_steps(moments: dict[str, list[float]]) -> None:
    """Note when each build and each run begins, from now on."""

    def noting(what: str, step: Callable[..., object]) -> Callable[..., object]:
        def done(*arguments: object) -> object:
            moments[what].append(time.time())
            return step(*arguments)

        return done

    for what, name in STEPS.items():
        setattr(Copy, name, noting(what, getattr(Copy, name)))


def row(kind: str, answers: int, workers: int, moments: dict[str, list[float]]) -> str:
    """One run of `strop improve`, from the call to its result."""
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name, "target"), Path(name, "run")
        folder.mkdir()
        write(folder)
        model = Scripted([f"```c\n#define PLAN {1000 - number}u\n```" for number in range(1, answers + 1)])
        for each in moments.values():
            each.clear()
        budget = {
            "utility_budget": answers + 1,
            "lm_budget": answers,
            "max_responses": 1,
            "seed": 1,
            "workers": str(workers),
        }
        began = time.time()
        found = strop.improve(folder, model=model, out=out, **budget, **COMMON, **KINDS[kind])  # type: ignore[arg-type]
        ended = time.time()
        with Store.open(out) as store:
            searched = [next(store.events(each)).at for each in (ImproveStarted, ImproveFinished)]
            evaluated = sum(stored.event.scope.startswith("improve/") for stored in store.events(Evaluated))
    parts = []
    for first, last in pairwise([began, *searched, ended]):
        counts = "/".join(str(sum(first <= at < last for at in moments[what])) for what in STEPS)
        parts.append(f"{last - first:.1f} s, {counts}")
    outside = 1 - (searched[1] - searched[0]) / (ended - began)
    return " | ".join([kind, str(evaluated), *parts, f"{outside:.0%}", found.finding])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--answers", type=int, default=8)
    parser.add_argument("--workers", type=int, default=0, help="programs at once; 0: one for each core")
    given = parser.parse_args()
    moments: dict[str, list[float]] = {what: [] for what in STEPS}
    note_steps(moments)
    columns = ["target", "evaluated", *(f"{part}, builds/runs" for part in PARTS), "outside the search", "finding"]
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)
    for kind in given.kinds or KINDS:
        print(f"| {row(kind, given.answers, given.workers, moments)} |", flush=True)


if __name__ == "__main__":
    main()
