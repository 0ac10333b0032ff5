"""The searches of `equal` as a file, as a table and as a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from strop.analysis.stats import Estimate, mean, score_difference
from strop.runs.claims.numbers import between

NOTE = "Best held-out score by responses used: the mean over seeds and its 95% interval. The proposers are not language models."


@dataclass(frozen=True)
class Search:
    """One search."""

    task: str
    system: str
    answers: int
    seed: int
    value: float = 0.0
    """Mean score of the best program on the held-out instances, in [0, 1]."""
    asked: int = 0
    """Answers that it asked for; those above `answers` held no program."""
    status: int | None = None
    """Exit code; None if it was stopped for its time."""
    seconds: float = 0.0
    start: float = 0.0
    """Mean score of the start program on the held-out instances."""

    @property
    def cell(self) -> tuple[int, int, str, str]:
        """What tells it from other searches."""
        return self.answers, self.seed, self.task, self.system


@dataclass(frozen=True)
class Table:
    """All searches, in the order in which they ended."""

    searches: list[Search]

    @classmethod
    def read(cls, path: Path | None) -> Table:
        """The searches in a file with one JSON document a line; none if it does not exist."""
        if path is None or not path.exists():
            return cls([])
        return cls([Search(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()])

    def add(self, search: Search, path: Path | None) -> None:
        """Add a search, and a line to such a file."""
        self.searches.append(search)
        if path is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(search)) + "\n")

    @property
    def starts(self) -> dict[str, float]:
        """Task → held-out score of its start program, the mean over searches: one may draw random numbers."""
        starts: dict[str, list[float]] = {}
        for one in self.searches:
            starts.setdefault(one.task, []).append(one.start)
        return {task: mean(values) for task, values in starts.items()}

    @property
    def answers(self) -> list[int]:
        """The numbers of answers."""
        return sorted({one.answers for one in self.searches})

    @property
    def systems(self) -> list[str]:
        """The systems, strop last."""
        return sorted({one.system for one in self.searches}, key=lambda name: (name == "strop", name))

    def values(self, task: str, system: str, answers: int) -> dict[int, float]:
        """Seed → held-out score."""
        rows = [one for one in self.searches if (one.task, one.system, one.answers) == (task, system, answers)]
        return {one.seed: one.value for one in rows}

    def gains(self, task: str, system: str, answers: int) -> dict[int, float]:
        """Seed → held-out score of strop minus that of another system, where both were measured."""
        ours, theirs = self.values(task, "strop", answers), self.values(task, system, answers)
        return {seed: ours[seed] - theirs[seed] for seed in ours if seed in theirs}

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {"is_language_model": False, **asdict(self)}


def text(table: Table) -> str:
    """The table as a user reads it, in Markdown."""
    head = [f"{count} responses" for count in table.answers]
    lines = [NOTE, "", *_rows(["task", "system", *head], "---")]
    for task, start in table.starts.items():
        lines += _rows([task, "start program", f"{start:.3f}", *[""] * (len(head) - 1)])
        for system in table.systems:
            cells = [interval(list(table.values(task, system, count).values())) for count in table.answers]
            lines += _rows(["", system, *cells])
        for system in table.systems:
            if system != "strop" and "strop" in table.systems:
                gains = [list(table.gains(task, system, count).values()) for count in table.answers]
                lines += _rows(["", f"strop − {system}", *[interval(one, "+") + verdict(one) for one in gains]])
    failed = [one for one in table.searches if one.status != 0]
    for system in table.systems:
        count = sum(one.system == system for one in failed)
        lines += ["", f"{count} searches of {system} ended with an error or took too long."] if count else []
    return "\n".join(lines)


def _rows(cells: Sequence[str], rule: str = "") -> list[str]:
    row = f"| {' | '.join(cells)} |"
    return [row, "|" + f"{rule}|" * len(cells)] if rule else [row]


def estimated(values: Sequence[float]) -> Estimate:
    """Their mean with its 95% interval, by sign flips around it; none for fewer than six."""
    return score_difference(values, [0.0] * len(values))


def interval(values: Sequence[float], sign: str = "") -> str:
    """A mean, its 95% interval where there is one, and the number of seeds; a dash for no values."""
    if not values:
        return "–"
    estimate = estimated(values)
    ends = "" if estimate.interval is None else f"{between(estimate.interval, sign)}; "
    return f"{estimate.mean:{sign}.3f} ({ends}{len(values)})"


LEAST = 0.001
"""A difference that counts."""


def verdict(gains: Sequence[float]) -> str:
    """Who is better, if the interval says so by a thousandth at least."""
    low, high = (estimated(gains).interval if gains else None) or (0.0, 0.0)
    return " **strop is better**" if low >= LEAST else " **strop is worse**" if high <= -LEAST else ""


def draw(table: Table, path: Path) -> None:
    """Write a figure: a panel for each task, score over answers, a line for each system."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    count = len(table.starts)
    figure, panels = plt.subplots(1, count, figsize=(3.2 * count + 0.4, 3.2), layout="constrained", squeeze=False)
    for panel, (task, start) in zip(panels[0], table.starts.items(), strict=True):
        for number, system in enumerate(table.systems):
            samples = {n: list(table.values(task, system, n).values()) for n in table.answers}
            estimates = {n: estimated(values) for n, values in samples.items() if values}
            halves = [(one.interval or (one.mean, one.mean))[1] - one.mean for one in estimates.values()]
            beside = [n * 1.06**number for n in estimates]  # so that equal points can be told apart
            means = [one.mean for one in estimates.values()]
            panel.errorbar(beside, means, halves, marker="o", markersize=3.5, capsize=2.5, linewidth=1.1, label=system)
        panel.axhline(start, color="0.6", linewidth=0.8, linestyle="--")
        panel.set(title=task, xscale="log", xlabel="responses", xticks=table.answers, xticklabels=table.answers)
        panel.minorticks_off()
        panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("held-out score (no language model)")
    panels[0][-1].legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(path, dpi=90)
