"""Several runs side by side: û of their improvers on the sealed split, what each cost, and how far the last ones differ.

Every run is compared with the first that is named. Runs whose tasks and sealed instances are the same are compared instance by
instance; of others the interval also holds what other instances would do; runs on other tasks have no difference at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from strop.analysis.stats import holm, stratified_t_difference
from strop.base.errors import ConfigurationError
from strop.report.html import plots
from strop.report.html.document import page_document
from strop.report.html.figures import Drawing, figure_of
from strop.report.html.schema import IterationFacts, PageDocument, RunFacts
from strop.report.terminal.reading import reading
from strop.report.terminal.statistics import sealed_scores
from strop.report.terminal.words import escape, of_tasks
from strop.runs.run_data import read_run
from strop.runs.run_directory import TASK_FOLDER
from strop.store import Store

MOST = 5
"""Runs that one figure can tell apart."""
_SAME, _OTHER, _NONE = "same", "other", "other tasks"
_SAYS = {
    _SAME: "paired: the same tasks and sealed instances, and new ones of their kind",
    _OTHER: "unpaired: the same tasks, other sealed instances",
    _NONE: "other tasks: their utilities cannot be subtracted",
}


class ComparedRun(TypedDict):
    """One of the runs."""

    label: str
    """A, B, C, …"""
    run: RunFacts
    iterations: list[IterationFacts]
    last: str
    """Digest of I_T, the improver it ended with; empty where none was measured."""
    lm_calls: int
    responses: int
    evaluations: int
    """Of solutions, over its iterations."""
    tokens: int | None
    """In and out; None where a server did not tell."""
    dollars: float | None
    """None where no price is known."""


class RunDifference(TypedDict):
    """û of the last improver of `second` minus that of `first`, on the sealed split."""

    first: str
    second: str
    instances: str
    """`same`, `other` or `other tasks`."""
    how: str
    mean: float | None
    """None where the two cannot be subtracted, or one was not measured."""
    interval: list[float] | None
    """95%, of new copies and new instances where scores of instances are recorded, else of new copies."""
    p: float | None
    p_holm: float | None
    """Adjusted for all differences of this comparison."""


class RunsComparison(TypedDict):
    """The part `comparison` of a document."""

    sentence: str
    runs: list[ComparedRun]
    differences: list[RunDifference]


@dataclass(frozen=True)
class _Side:
    """What one run brings to the comparison."""

    facts: ComparedRun
    document: PageDocument
    tasks: tuple[str, ...]
    ground: str
    """Equal where tasks and sealed instances are."""
    values: list[list[float]]
    """û of the last improver by task and copy."""
    scores: list[list[float]]
    """By copy and instance; empty where they are not recorded."""


def compared_document(directories: Sequence[Path]) -> PageDocument:
    """The document of the first run, with the comparison of them all.

    Raises:
        ConfigurationError: there are not several, or they are of kinds that have nothing in common.
        StoreError: a record is damaged.
    """
    sides = _sides(directories)
    document, comparison = sides[0].document, _comparison(sides)
    document["comparison"] = dict(comparison)
    document["headline"] = {
        "sentence": comparison["sentence"],
        "detail": f"{_unended(comparison['runs'])}Everything else on this page is of run A alone: {document['run']['name']}.",
    }
    document["figures"] = [figure_of(_drawing(comparison)), *document["figures"]]
    return document


def comparison_of(directories: Sequence[Path]) -> RunsComparison:
    """The comparison alone. Raises as `compared_document`."""
    return _comparison(_sides(directories))


def _sides(directories: Sequence[Path]) -> list[_Side]:
    if not 2 <= len(directories) <= MOST:
        raise ConfigurationError(f"{len(directories)} runs: 2 to {MOST} can be compared")
    if len({each.resolve() for each in directories}) < len(directories):
        raise ConfigurationError("a run is named twice: nothing can be said of a run beside itself")
    with ExitStack() as stack:
        stores = [stack.enter_context(Store.open(directory)) for directory in directories]
        for store, directory in zip(stores, directories, strict=True):
            kind = store.meta.get("kind", "run")
            if kind != "run":
                raise ConfigurationError(
                    f"{directory} is the record of strop {kind}: only records of strop run are compared"
                )
        pairs = zip(stores, directories, strict=True)
        return [_side(store, directory, chr(ord("A") + number)) for number, (store, directory) in enumerate(pairs)]


def _side(store: Store, directory: Path, label: str) -> _Side:
    document = page_document(store, directory)
    with reading(directory):
        run = read_run(store)
        last = next((event for event in reversed(run.iterations) if event.test), None)
        total = document["money"]["costs"]["total"]
        known = not total["unknown_tokens"]
        facts: ComparedRun = {
            "label": label,
            "run": document["run"],
            "iterations": document["iterations"],
            "last": "" if last is None else last.improver,
            "lm_calls": total["lm_calls"],
            "responses": total["responses"],
            "evaluations": sum(each["evaluations"] for each in document["iterations"]),
            "tokens": total["input_tokens"] + total["output_tokens"] if known else None,
            "dollars": total["cost"],
        }
        values = [] if last is None else [list(each) for each in of_tasks(last.test, last.tasks or ("",))]
        tasks = tuple(document["run"]["tasks"])
        return _Side(facts, document, tasks, _ground(store, directory, document), values, sealed_scores(run))


def _ground(store: Store, directory: Path, document: PageDocument) -> str:
    """What decides the sealed instances: the tasks, their files, the version of strop, the secret that they are drawn from."""
    recipe, published = document["recipe"], document["recipe"].get("instances") == "published"
    drawn_from = "published" if published else store.meta.get("secret", str(directory))
    version = document["environment"].get("strop", "")
    return json.dumps(
        [recipe.get("task"), recipe.get("further_tasks"), drawn_from, version, _files(directory / TASK_FOLDER)]
    )


def _files(folder: Path) -> list[list[str]]:
    """Every file of the tasks, by its SHA-256."""
    found = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            with path.open("rb") as file:
                found.append([str(path.relative_to(folder)), hashlib.file_digest(file, "sha256").hexdigest()])
    return found


def _comparison(sides: Sequence[_Side]) -> RunsComparison:
    differences = [_difference(sides[0], side) for side in sides[1:]]
    tested = [each for each in differences if each["p"] is not None]
    for each, adjusted in zip(tested, holm([each["p"] or 0.0 for each in tested]), strict=True):
        each["p_holm"] = adjusted
    return {"sentence": _sentence(differences), "runs": [side.facts for side in sides], "differences": differences}


def _difference(first: _Side, second: _Side) -> RunDifference:
    """Of unpaired runs each is a stratum beside zeros, and the mean over both strata half the difference."""
    instances = _NONE if first.tasks != second.tasks else _SAME if first.ground == second.ground else _OTHER
    found: RunDifference = {
        "first": first.facts["label"],
        "second": second.facts["label"],
        "instances": instances,
        "how": _SAYS[instances],
        "mean": None,
        "interval": None,
        "p": None,
        "p_holm": None,
    }
    ours, theirs = _tables(second, first, instances == _SAME)
    if instances == _NONE or not ours or not theirs:
        return found
    if instances == _SAME:
        scale, strata = 1.0, list(zip(ours, theirs, strict=True))
    else:
        scale = 2.0
        strata = [(each, _zeros(each)) for each in ours] + [(_zeros(each), each) for each in theirs]
    result = stratified_t_difference(strata)
    found["mean"] = scale * result.estimate.mean
    interval = result.estimate.interval
    if interval is not None:
        found["interval"] = [max(scale * interval[0], -1.0), min(scale * interval[1], 1.0)]
        found["p"] = result.p
    return found


def _tables(a: _Side, b: _Side, paired: bool) -> tuple[list[list[list[float]]], list[list[list[float]]]]:
    """Task by task the scores by copy and instance of both; û of a copy as one column where instances are not recorded."""
    wide_a, wide_b = [a.scores] if a.scores else [], [b.scores] if b.scores else []
    narrow_a, narrow_b = ([[[value] for value in values] for values in side.values] for side in (a, b))
    if paired:
        fit = bool(a.scores and b.scores) and len(a.scores[0]) == len(b.scores[0])
        return (wide_a, wide_b) if fit else (narrow_a, narrow_b)
    return wide_a or narrow_a, wide_b or narrow_b


def _zeros(scores: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[0.0] * len(row) for row in scores]


def _sentence(differences: Sequence[RunDifference]) -> str:
    said = []
    for each in differences:
        first, second, mean, interval = each["first"], each["second"], each["mean"], each["interval"]
        if mean is None:
            why = "it works on other tasks" if each["instances"] == _NONE else "one of the two was not measured"
            said.append(f"{second} and {first} cannot be compared: {why}")
            continue
        words = "no interval" if interval is None else f"95% interval {interval[0]:+.3f} to {interval[1]:+.3f}"
        paired = "paired" if each["instances"] == _SAME else "unpaired: other instances"
        said.append(f"{second} ends {mean:+.3f} from {first} on the sealed split ({words}, {paired}){_claim(each)}")
    return "; ".join(said) + "."


def _unended(runs: Sequence[ComparedRun]) -> str:
    """Which of them may still change, or were cut short."""
    open_ = [f"{each['label']} ({each['run']['status']})" for each in runs if each["run"]["status"] != "finished"]
    return f"Not finished: {', '.join(open_)}. " if open_ else ""


def _claim(each: RunDifference) -> str:
    interval, p = each["interval"], each["p_holm"]
    if interval is None or p is None:
        return ", which says nothing about chance"
    surely = not interval[0] <= 0 <= interval[1] and p <= 0.05
    return f", a significant difference (p = {p:.2g}, Holm)" if surely else ", no significant difference"


def _drawing(found: RunsComparison) -> Drawing:
    """Test û by iteration, a line a run."""
    ts = sorted({row["t"] for run in found["runs"] for row in run["iterations"]})
    series = {_name(run): [_reach(run["iterations"], t) for t in ts] for run in found["runs"]}
    rows = [_row(run, each) for run in found["runs"] for each in run["iterations"]]
    return Drawing(
        plots.by_iteration(ts, series, {}, "meta-utility û, sealed test split"),
        "comparison",
        "Runs compared: meta-utility by iteration",
        "Mean over the copies on the sealed test split. Bars: 95% interval (Student's t, cut at 0 and 1), each run for itself: "
        "whether two runs differ is said by their difference.",
        ["run", "t", "test û", "± s.e.", "95% interval", "accepted"],
        rows,
    )


def _name(run: ComparedRun) -> str:
    """For the key of a figure."""
    return f"{run['label']}: {escape(run['run']['name'], 24)}"


def _reach(rows: Sequence[IterationFacts], t: int) -> tuple[float | None, tuple[float, float] | None]:
    for row in rows:
        if row["t"] == t and row["test"] is not None:
            interval = row["test_interval"]
            return row["test"]["mean"], None if interval is None else (interval[0], interval[1])
    return None, None


def _row(run: ComparedRun, each: IterationFacts) -> list[str]:
    test, interval = each["test"], each["test_interval"]
    mean = "-" if test is None else f"{test['mean']:.3f}"
    error = "" if test is None or test["stderr"] is None else f"± {test['stderr']:.3f}"
    span = "-" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
    return [
        f"{run['label']}: {run['run']['name']}",
        str(each["t"]),
        mean,
        error,
        span,
        "-" if each["t"] == 0 else "yes" if each["accepted"] else "no",
    ]
