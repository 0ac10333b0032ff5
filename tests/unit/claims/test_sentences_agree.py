"""Every number that people read is a field of the document: 5,000 random results, what is said of them, and their JSON."""

from __future__ import annotations

import bisect
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from strop.base.as_document import to_json
from strop.base.budget import Grant
from strop.base.events import Event, RunFinished, RunStarted
from strop.base.printing import print_result
from strop.base.results import Evaluation, Improvement
from strop.report.terminal import evaluation as evaluation  # registers how results are printed
from strop.report.terminal import improvement as improvement
from strop.report.terminal.run import print_comparisons, print_iterations, print_statistics
from strop.runs.evaluate import concluded
from strop.runs.finding import Cost, Evidence, ScoredProgram
from strop.runs.patching.source_files import SourceFiles
from strop.runs.results.improved import Improved
from strop.runs.results.measured import Ending, Measured, Measurement, SeedSolution
from strop.runs.results.parts import counted_answers, sample
from strop.runs.run_data import Answers, Costs
from strop.runs.score import Scored
from strop.runs.train import trained_of
from strop.store import Stored
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts
from support.records import compared, iterated, run_data
from support.tables import terminal

SINGLE = {"scores", "values", "differences", "before"}
"""Fields with a value for each instance or copy: nothing else may be computed of them for people but how many they are."""
NUMBER = re.compile(r"(?<![\w.,+-])[-+]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?=x\b|%|[^\w.]|\.?$|\. )")
ENDS = re.compile(rf"(?<!from )({NUMBER.pattern})x? to ({NUMBER.pattern})")
ASIDE = re.compile(r"95%|at least \d+ (?:\w+ )?are needed|, 0 to 1,|(?<![.\w])[0-9a-f]{12}")
"""What is no number of a result: the level, what a number of instances could show, the glossary, digests."""


class Said(NamedTuple):
    """A result as JSON, and all that people read of it."""

    document: Any
    text: str


def said(result: Any, *prints: Callable[[Any], object], text: str = "") -> Said:
    file = io.StringIO()
    for each in prints or (lambda console: print_result(result, console, full=True),):
        each(terminal(file, 400))
    return Said(json.loads(to_json(result)), " ".join(f"{file.getvalue()} {text}".split()))


def values_in(document: Any, name: str = "") -> Iterator[float | tuple[float, float]]:
    """Numbers of a document, its intervals, and how many of what it lists."""
    match document:
        case bool() | str() | None:
            return
        case int() | float():
            yield document
        case [int() | float() as low, int() | float() as high] if name in ("interval", "loading"):
            yield from (low, high, (low, high))
        case list():
            yield len(document)
            yield from Counter(each for each in document if isinstance(each, str)).values()
            for each in document:
                if not (name in SINGLE and isinstance(each, int | float)):
                    yield from values_in(each, name)
        case dict():
            for key, each in document.items():
                yield from values_in(each, key)


FORMS: tuple[Callable[[float], float], ...] = (
    float, lambda x: -x, lambda x: 100 * x, lambda x: -100 * x, lambda x: 100 * (x - 1), lambda x: 100 * (1 - x),
    lambda x: 1 / x, lambda x: 100 * (1 / x - 1), lambda x: 100 * (1 - 1 / x), lambda x: 1e3 * x, lambda x: 1e6 * x,
)  # fmt: skip
"""How a field is written: as it is, in percent, as a change of a ratio in either direction, in ms and µs."""


def forms_of(value: float) -> list[float]:
    return [form(value) for form in (FORMS if value else FORMS[:6])]


def step(token: str) -> tuple[float, float]:
    """A printed number and the value of its last digit."""
    figures, _, power = token.replace(",", "").partition("e")
    zeros = len(figures) - len(figures.rstrip("0")) if "." not in figures else -len(figures.partition(".")[2])
    return float(figures + (f"e{power}" if power else "")), 10.0 ** (zeros + int(power or 0))


def check(result: Said) -> None:
    text, found = ASIDE.sub(" ", result.text), list(values_in(result.document))
    known = sorted([0.0, 1.0, *(form for value in found if not isinstance(value, tuple) for form in forms_of(value))])
    intervals = [value for value in found if isinstance(value, tuple)]
    for token in NUMBER.findall(text):
        value, last = step(token)
        room = last * (1 + 1e-9) + 1e-9 * abs(value)
        at = bisect.bisect_left(known, value - room)
        assert at < len(known) and known[at] <= value + room, (token, result)
    for low, high in ENDS.findall(text):
        (least, fine), (most, coarse) = step(low), step(high)
        ends = ((*sorted((form(a), form(b))), form) for a, b in intervals for form in FORMS[: None if a and b else 6])
        assert any(
            -1e-9 * abs(a) <= a - least <= fine * (1 + 1e-9) and -1e-9 * abs(b) <= most - b <= coarse * (1 + 1e-9)
            for a, b, _ in ends
        ), (low, high, result)


def evaluated(scores: list[float], **more: Any) -> Evaluation:
    return Evaluation(sum(scores) / len(scores), "ok", tuple(scores), ("ok",) * len(scores), **more)


def improved(rng: random.Random) -> Said:
    kind = rng.choice(("scores", "metric", "shown", "time", "construction"))
    goal: Literal["max", "min"] = (
        rng.choice(("max", "min")) if kind not in ("time", "scores") else "min" if kind == "time" else "max"
    )
    n, spread = rng.choice((1, 2, 5, 6, 12)), rng.choice((0.0, 0.001, 0.1, 1.0))
    names = {"scores": ["score"], "shown": ["alpha", "beta"], "construction": ["value"]}.get(
        kind, ["alpha" if n % 2 else "a_name_that_is_longer_than_a_line_has_room_for"]
    )
    reader = {"time": "time", "construction": "verify", "scores": "judge"}.get(kind, "$.x")
    shown = dict.fromkeys(names[1:], "$.x")
    facts = ObjectiveFacts(MetricFacts(names[0], goal, reader), True, "kernel", report_only=shown)
    scale = {name: 10 ** rng.uniform(-7, 9) * rng.choice((1, 1, 1, 0, -1 if kind != "time" else 1)) for name in names}
    gain = rng.choice((0.0, 1e-4, 0.02, 0.3, 3.0)) * rng.choice((-1, 1))

    def rows(gain: float) -> tuple[dict[str, float], ...]:
        return tuple({name: scale[name] * 2 ** (gain + rng.gauss(0, spread)) for name in names} for _ in range(n))

    def program(text: str, gain: float, original_metrics: tuple[dict[str, float], ...]) -> ScoredProgram:
        scores = [[min(max(0.5 + gain / 8 + rng.gauss(0, spread / 9), 0.0), 1.0) for _ in range(n)] for _ in range(2)]
        more = [{"metrics": rows(gain), "original_metrics": original_metrics} for _ in range(2)]
        if kind == "scores":
            more = [
                {"metrics": tuple({"score": score} for score in of), "original_metrics": original_metrics}
                for of in scores
            ]
        if kind == "construction":
            sign = 1 if goal == "max" else -1
            for of, kept in zip(scores, more, strict=True):
                of[:] = [0.5 + sign * row["value"] / (2 + 2 * abs(row["value"])) for row in kept["metrics"]]  # type: ignore[union-attr,index]
                kept["construction"] = "[1]"  # type: ignore[assignment]
        return ScoredProgram(text, *(evaluated(of, **kept) for of, kept in zip(scores, more, strict=True)))

    original = program("a\n", 0.0, rows(0.0))
    after = program("b\n", gain, original.last.metrics) if rng.random() < 0.95 else None
    if kind == "construction" and rng.random() < 0.3:
        original = ScoredProgram(
            "a\n", Evaluation(0.0, "malformed", (0.0,), ("malformed",), metrics=({},)), original.test
        )
    others = [program(f"{number}\n", rng.gauss(0, 1), ()) for number in range(rng.randrange(4))]
    used = rng.randrange(9)
    evidence = Evidence(
        Improvement("b\n" if after else "a\n", utility_calls=used + 3, lm_calls=used),
        original,
        after,
        Cost(used, rng.randrange(99), used + 3, len(others)),
        facts,
        rng.choice((None, Grant(99, 9, 5))),
        tuple(others),
        best_known={"alpha": 3.25} if rng.random() < 0.2 else {},
    )
    result = Improved(
        directory=Path("nowhere"), task="task", model="offline", is_language_model=True, unverified="", waived="", audit=(),
        costs=Costs(), answers=counted_answers(Answers()), source=SourceFiles({"solution.py": "a\n"}), best_so_far=None,
        **{each.name: getattr(evidence, each.name) for each in fields(evidence)},
    )  # fmt: skip
    page = " ; ".join(fact.text for fact in result.details)
    found = said(result, lambda console: print_result(result, console, full=rng.random() < 0.5), text=page)
    check_directions(found.document, goal)
    return found


def check_directions(document: Any, goal: Literal["max", "min"]) -> None:
    words, change = document["sentence"], document["change"]
    assert len(words) <= 100 and "..." not in words.partition("(")[2], words
    is_more = change is not None and change["after"] > change["before"]
    name = change["metric"]["name"] if change is not None else ""
    for word, more in (("higher", True), ("lower", False)):
        assert f"{word} {name}" not in words or is_more is more, words
    if words.startswith("Better: ") and document["verified"] is None:
        assert is_more is (goal == "max"), words
        assert "faster" not in words or not is_more
    if (verified := document["verified"]) is not None:
        assert f"at {'most' if goal == 'max' else 'least'}" not in words and (
            verified["start"] is not None or "start" not in words
        )


def measured(rng: random.Random) -> Said:
    kind: Any = rng.choice(("eval", "against"))
    tasks, copies = ("one", "two")[: rng.randint(1, 2)], rng.choice((1, 3, 8))
    names = ("seed", "other", "third")[: 2 if kind == "against" else rng.randint(1, 3)]

    def cell(task: str, name: str) -> Measurement:
        train, test = (sample([rng.random() for _ in range(copies)]) for _ in range(2))
        assert train is not None and test is not None
        of = {"lm_calls": rng.randrange(99), "responses": rng.randrange(99), "evaluations": rng.randrange(99)}
        endings = (Ending("ok", ""),) * copies
        return Measurement(task=task, improver=name, digest=name, train=train, test=test, verdicts=("ok",) * copies,
                           endings=endings, tokens=None, dollars=None, **of)  # fmt: skip

    seeds = [SeedSolution(task=task, train=evaluated([rng.random()]), test=evaluated([rng.random()])) for task in tasks]
    result = concluded(
        Measured(kind=kind, directory=Path("x"), sentence="", tasks=tasks, improvers=names, copies=copies, model="m",
                 is_language_model=True, cells=tuple(cell(task, name) for task in tasks for name in names),
                 seed_solutions=tuple(seeds), differences=(),
                 trained_on={"other": ("one",)} if "other" in names and kind == "eval" else {})
    )  # fmt: skip
    found = said(result, text=result.sentence)
    for name in names:  # what an improver spent is a sum over its cells
        for field in ("lm_calls", "responses", "evaluations"):
            cells = (cell for cell in result.cells if cell.improver == name)
            found.document[f"{name}_{field}"] = sum(getattr(cell, field) for cell in cells)
    return found


def trained(rng: random.Random) -> Said:
    n = rng.choice((1, 4, 20))
    spec = {"task": "lpn", "selection": rng.choice(("gated", "paper")), "iterations": 3}
    events: list[Event] = [RunStarted(scope="", spec=spec, environment={}, posture={})]
    for t in range(rng.randint(1, 4)):
        scores = [tuple(rng.betavariate(2 + t, 3) for _ in range(n)) for _ in range(2)]
        accepted = t > 0 and rng.random() < 0.5
        if t and spec["selection"] == "gated":
            differences = tuple(rng.uniform(-0.5, 0.5) for _ in range(rng.randint(1, 9)))
            low = sum(differences) / len(differences) - rng.random()
            ends = max(low, -1.0), min(low + 1.5, 1.0)
            events.append(compared(t, differences, interval=ends, accepted=accepted, e_value=10 ** rng.uniform(-2, 6)))
        events.append(
            iterated(t, f"I{t}", accepted=accepted, train=scores[0], test=scores[1], lm_calls=rng.randrange(99))
        )
    events.append(RunFinished(scope="", status="finished", detail=""))
    data = run_data(Stored(number, 1.0, event) for number, event in enumerate(events, 1))
    result = trained_of(data, Path("x"))
    prints = (
        lambda console: print_iterations(result.iterations, console),
        lambda console: print_statistics(result, console),
        lambda console: print_comparisons(data.gates.values(), console),
    )
    found = said(result, *prints, text=f"{result.sentence} {result.explanation}")
    for field in ("lm_calls", "evaluations"):  # what the gates cost is a sum over them
        found.document[f"gates_{field}"] = sum(getattr(gate, field) for gate in data.gates.values())
    return found


def scored(rng: random.Random) -> Said:
    scores = [rng.random() for _ in range(rng.randint(1, 9))]
    rows = tuple({"alpha": rng.gauss(0, 1) * 10 ** rng.uniform(-20, 20)} for _ in scores) if rng.random() < 0.5 else ()
    result = Scored(
        sum(scores) / len(scores),
        "ok",
        tuple(scores),
        ("ok",) * len(scores),
        metrics=rows,
        original_metrics=(),
        task="t",
        split="test",
    )
    return said(result, lambda console: print_result(result, console))


MADE: list[tuple[Callable[[random.Random], Said], int, int]] = [
    (improved, 300, 2000),
    (measured, 25, 150),
    (trained, 40, 350),
    (scored, 800, 2500),
]
"""How results are made, how many in `make test`, and how many in all."""


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("made", "first", "last"),
    [
        *((made, 0, few) for made, few, _ in MADE),
        *(pytest.param(made, few, most, marks=pytest.mark.slow) for made, few, most in MADE),
    ],
)
def test_numbers_of_every_sentence_table_and_page_are_fields_of_the_document(
    made: Callable[[random.Random], Said], first: int, last: int
) -> None:
    for seed in range(first, last):
        check(made(random.Random(seed)))
