"""Every number of the second experiment, recomputed from its record: nothing of strop is imported.

    pip install numpy
    python bench/second_experiment/table.py [RECORD]

A gain is how many times as fast as the original a program is on the held-out calls, by CPU time. It counts where strop says
"Better"; else it is 1, as that of the original itself.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

ARMS, TIE = ("refine", "I_1"), math.log(1.02)
"""A difference of log gains below TIE is a tie."""


def events(record: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (record / f"{name}.jsonl").read_text().splitlines()]


def held_out_gain(rows: list[dict[str, object]]) -> float:
    """Ratio of total CPU times in the final comparison, batch by batch; 1 where there is none."""
    for row in rows:
        if row["kind"] == "Evaluated" and row["scope"] == "improved/test":
            before, after = (sum(each["seconds"] for each in row[of]) for of in ("original_metrics", "metrics"))  # type: ignore[attr-defined]
            return float(before / after) if after else 1.0
    return 1.0


def course(rows: list[dict[str, object]], calls: int = 3) -> list[float]:
    """Best training utility before the first LM call and after each; 0.5 is the original's."""
    found, best = list[float](), 0.5
    for row in rows:
        if row["kind"] == "LmCalled":
            found.append(best)
        elif row["kind"] == "Evaluated" and str(row["scope"]).startswith("improve/u-"):
            best = max(best, float(row["value"]))  # type: ignore[arg-type]
    return [*found, *[best] * (calls + 1 - len(found))]


def sign_test(wins: int, losses: int) -> float:
    """Exact and two-sided, ties left out."""
    n = wins + losses
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(wins, losses) + 1)) / 2.0**n)


def interval(changes: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95% interval of the mean: between two of the means of all subsets (Hartigan 1969), of at most 13 values."""
    n = len(changes)
    subsets = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1
    means = np.sort(subsets @ changes / subsets.sum(axis=1))
    out = int(0.025 * (len(means) + 1) + 1e-9)
    return (float(means[out - 1]), float(means[len(means) - out])) if out else (-math.inf, math.inf)


def main() -> None:
    record = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "record")
    results = json.loads((record / "results.json").read_text())
    tasks = [name.removesuffix(".refine") for name in results if name.endswith(".refine")]
    tasks = [each for each in tasks if f"{each}.I_1" in results]
    gains = dict[str, list[float]]()
    courses = {arm: list[list[float]]() for arm in ARMS}
    print("| function | refine | I_1 |\n|---|---|---|")
    for task in tasks:
        cells, gains[task] = list[str](), []
        for arm in ARMS:
            found, rows = results[f"{task}.{arm}"], events(record, f"{task}.{arm}")
            gain = held_out_gain(rows)
            if found["amount"] and not math.isclose(gain, found["amount"], rel_tol=1e-6):
                print(f"{task}.{arm}: recomputed {gain}, told {found['amount']}", file=sys.stderr)
            courses[arm].append(course(rows))
            low, high = found["interval"] or (1.0, 1.0)
            is_better = found["finding"] == "better"
            gains[task].append(gain if is_better else 1.0)
            measured = f"({gain:.2f}, {low:.2f} to {high:.2f})" if found["amount"] else "(the original)"
            cells.append(f"{gains[task][-1]:.2f} {measured}{' **better**' * is_better}")
        print(f"| `{task}` | {' | '.join(cells)} |")
    changes = np.array([math.log(one / other) for one, other in gains.values()])
    wins, losses = int((changes >= TIE).sum()), int((changes <= -TIE).sum())
    low, high = interval(changes)
    print(
        f"\nrefine against I_1: {wins} won, {losses} lost, {len(tasks) - wins - losses} tied, p = {sign_test(wins, losses):.4f}"
    )
    print(
        f"mean difference of log gains {changes.mean():+.3f} ({low:+.3f} to {high:+.3f}): "
        f"{math.exp(changes.mean()):.3f} times as fast"
    )
    for arm in ARMS:
        own = [results[f"{task}.{arm}"] for task in tasks]
        mean = math.exp(float(np.mean([math.log(pair[ARMS.index(arm)]) for pair in gains.values()])))
        answers = {each: sum(one["answers"][each] for one in own) for each in ("total", "ran", "failed", "no_program")}
        print(f"\n{arm}: better on {sum(one['finding'] == 'better' for one in own)}, geometric mean gain {mean:.3f}")
        print(f"  responses: {answers}, evaluations: {sum(one['evaluations'] for one in own)}")
        scores = ", ".join(f"{each:.3f}" for each in np.mean(courses[arm], axis=0))
        print(f"  best training utility before the first call and after each, mean: {scores}")


if __name__ == "__main__":
    main()
