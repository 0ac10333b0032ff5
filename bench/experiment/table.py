"""Every number of the experiment, recomputed from its record in plain pandas: nothing of strop is imported.

    pip install pandas matplotlib
    python bench/experiment/table.py RUN [PLOT]          # a run of `strop eval`; PLOT is a file for the figure

The first arm is what the others are measured against; one that is measured a second time is compared with itself. A score after k
programs is the best training utility of the original and the first k that were scored; a response without a program is none.
"""

from __future__ import annotations

import json
import math
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

AGAIN = " (again)"


class Record:
    """The tables of a run."""

    def __init__(self, run: Path) -> None:
        self._address = f"{(run / 'run.sqlite').absolute().as_uri()}?mode=ro"

    def table(self, query: str) -> pd.DataFrame:
        """Rows with the task and the arm of their scope, and the rest of it."""
        with closing(sqlite3.connect(self._address, uri=True)) as connection:
            rows = pd.read_sql_query(query, connection)
        parts = rows.scope.str.split("/", n=3, expand=True).reindex(columns=range(4))
        return rows.assign(task=parts[0], arm=parts[1], rest=parts[3].astype(str))

    def arms(self) -> dict[str, str]:
        """Part of a scope → the name of its arm, in the order of the command."""
        named = [(name, digest[:12]) for name, digest, *_ in json.loads(self._meta("improvers"))]
        return {scope + "-again" * name.endswith(AGAIN): name for name, scope in named}

    def best_known(self) -> pd.Series:
        """The best known value of each task."""
        return pd.Series({task: best for task, (_, _, best) in json.loads(self._meta("references")).items()})

    def _meta(self, key: str) -> str:
        with closing(sqlite3.connect(self._address, uri=True)) as connection:
            return str(connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])


def mean_metric(metrics: str, value: float) -> float:
    """Mean over the instances of the metric that decides, or the utility where there is no metric."""
    rows = json.loads(metrics)
    return float(np.mean([next(iter(row.values())) for row in rows])) if rows else value


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
    record = Record(Path(sys.argv[1]))
    names, best_known = record.arms(), record.best_known()
    evaluations = record.table("SELECT scope, seq, split, value, metrics, cpu_seconds, solution_digest FROM evaluation")
    evaluations["score"] = [mean_metric(*row) for row in zip(evaluations.metrics, evaluations.value, strict=True)]
    own = evaluations[evaluations.arm.isin(names)]
    held_out = own[own.rest == "test"].assign(arm=own.arm.map(names))
    scores, utilities = (
        held_out.pivot_table(index="task", columns="arm", values=each)[list(names.values())]
        for each in ("score", "value")
    )
    originals = evaluations[(evaluations.arm == "seed") & (evaluations.split == "test")].set_index("task").score
    print(scores.assign(original=originals).round(4).to_string(), "\n")

    for arm in utilities.columns[1:]:
        against = arm.removesuffix(AGAIN) if arm.endswith(AGAIN) else utilities.columns[0]
        changes = (utilities[arm] - utilities[against]).round(9)
        wins, losses, ties = int((changes > 0).sum()), int((changes < 0).sum()), int((changes == 0).sum())
        shares = ((scores[arm] - scores[against]) / best_known).to_numpy()
        low, high = interval(shares)
        print(f"{arm} against {against}: {wins} won, {losses} lost, {ties} tied, p = {sign_test(wins, losses):.4f};")
        print(f"  mean share of the best known value {shares.mean():+.4f} ({low:+.4f} to {high:+.4f})")

    spent = record.table("SELECT scope, lm_calls, utility_calls FROM improvement_end")
    totals = spent.groupby("arm")[["lm_calls", "utility_calls"]].sum()
    totals["responses"] = record.table("SELECT scope FROM lm_response").groupby("arm").size()
    totals["cpu_minutes"] = own.groupby("arm").cpu_seconds.sum() / 60
    print("\n" + totals.reindex(list(names)).rename(index=names).round(1).to_string())

    start = evaluations[(evaluations.arm == "seed") & (evaluations.split == "train")].set_index("task")
    tried = own[own.rest.str.endswith("#0") & (own.solution_digest != own.task.map(start.solution_digest))]
    tried = tried.sort_values("seq").assign(
        arm=tried.arm.map(names), best=tried.value.clip(tried.task.map(start.value))
    )
    by_cell = tried.groupby(["task", "arm"])
    tried = tried.assign(best=by_cell.best.cummax(), k=by_cell.cumcount() + 1)
    curve = tried.pivot_table(index="k", columns=["arm", "task"], values="best")
    curve.loc[0] = [start.value[task] for _, task in curve.columns]
    curve = curve.sort_index().ffill().T.groupby(level="arm").mean().T[list(names.values())]
    print("\nbest training utility after k programs, mean over the tasks")
    print(curve.round(4).to_string())
    if len(sys.argv) > 2:
        axes = curve.plot(marker="o", xticks=curve.index, figsize=(6, 3.5))
        axes.set(xlabel="programs scored; a call gives two", ylabel="best utility on training cases")
        axes.axvline(2, color="grey", linestyle=":", label="the second call")
        axes.legend()
        axes.figure.savefig(sys.argv[2], bbox_inches="tight", dpi=120)


if __name__ == "__main__":
    main()
