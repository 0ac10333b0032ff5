"""What a terminal shows of each kind of result: whole, as in `pages.txt`, which is written anew with STROP_WRITE_PAGES set."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from strop.analysis.audit import RULES
from strop.base.events import Event, RunFinished, RunResumed, outlined
from strop.base.printing import print_result
from strop.base.unified_diff import COMPARED, changed_lines, unified
from strop.report.terminal.layout import print_diff
from strop.report.terminal.listings import print_runs
from strop.report.terminal.run import print_lineage, print_searches
from strop.report.terminal.tables import print_table
from strop.runs.listing import RunListing
from strop.runs.results.listings import Runs
from strop.runs.results.measured import Ending
from strop.runs.run_data import RunData, read_run
from strop.runs.score import Scored
from strop.runs.spec import improver_text
from strop.runs.train import searches_in
from strop.store import Store, Stored
from support.records import compared, iterated
from unit.report.terminal import made
from unit.report.terminal.made import HOSTILE, printed

PAGES = Path(__file__).parent / "pages.txt"
DOCS = Path(__file__).parents[4] / "docs"
Show = Callable[[Console], object]
COPIES = (0.5, 0.6, 0.7, 0.8, 0.6, 0.4, 0.7)


def result(value: object, full: bool = True) -> Show:
    return lambda console: print_result(value, console, full=full)


def gated(**changes: object) -> Sequence[Event]:
    """A run whose gate refused a candidate and took another, with notes of run time."""
    gate = compared(
        1, (0.1, 0.2), pairs=12, e_value=48.25, interval=(-0.01, 0.31), accepted=True, lm_calls=33, evaluations=444
    )
    refused = replace(gate, scope="t2/gate", t=2, differences=(), accepted=False, e_value=1e300, confidence=0.8)
    last = replace(
        gate, scope="final/gate", before=(0.4, 0.5), differences=(0.1, 0.2) * 4, interval=(0.05, 0.3), lm_calls=4
    )
    long = {"evaluations": 123456, "lm_calls": 1234, "seconds": 37250.0, "parent": 1, "candidate": "C"}
    return [
        made.started(selection="gated", iterations=3, **changes),
        made.iteration(0, False, (0.5, 0.7), (0.5, 0.7)),
        made.began(1, "I0"),
        made.tried(1, "I1"),
        made.iteration(1, True, (0.8, 0.9), (0.7, 0.9), candidate="I1", parent=0),
        gate,
        made.tried(2, "C", "raised"),
        refused,
        made.iteration(2, False, (0.8,), (), HOSTILE, improver="I1", **long),
        made.note("R002", 46),
        made.note("R005"),
        made.note("R005", 2),
        made.note("utility_arguments", 4),
        made.note("R013"),
        last,
    ]


def resumed() -> Sequence[Stored[Event]]:
    """A run that went on after a long pause and ended 40 seconds later."""
    first = made.stored(made.happened())
    goes_on = RunResumed(
        scope="", spec={"task": "lpn", "model": "offline"}, environment={}, posture={}, events=19, seconds=200.0
    )
    at = first[-1].time + 50_000
    return [*first, Stored(20, at, goes_on), replace(first[-1], seq=21, time=at + 40)]


def of_tasks() -> Sequence[Event]:
    """A run on two tasks that a limit ended."""
    ends = [
        made.iteration(
            t, bool(t), (0.5, 0.7, 0.4, 0.6), (0.4, 0.6, 0.5, 0.7), "as asked" if t else "", tasks=("lpn", "3sat")
        )
        for t in (0, 1)
    ]
    return [
        made.started(task="lpn,3sat", selection="paper"),
        *ends,
        RunFinished(scope="", status="budget", detail="--max-calls 9 is spent"),
    ]


def lineage() -> RunData:
    """I_0; at t = 1 A is evaluated, and B is accepted; at t = 2 the older I_0 makes C, which is rejected, and a text fails."""
    run = RunData()
    end = made.iteration(0, False, (0.5, 0.6), (0.5, 0.6))
    for event in (
        end,
        made.began(1, "I0"),
        made.tried(1, "A"),
        made.tried(1, "B"),
        replace(end, t=1, improver="B", candidate="B", accepted=True, parent=0),
        made.began(2, "B"),
        made.tried(2, "C"),
        made.began(2, "I0"),
        made.tried(2, None, "malformed"),
        made.tried(2, "D"),
        replace(end, t=2, improver="B", candidate="C", accepted=False, parent=1),
    ):
        run.add(outlined(event))
    return run


def searched(folder: Path) -> Show:
    """A run that turned a beam search down, and took a program with a control sequence in it."""
    seed, beam = improver_text("seed"), improver_text("beam_search")
    hostile = 'def improve_algorithm(a, b, c):\n    "Clear \x1b[2J all."\n'
    with Store.create(folder / "searched", {"task": "lpn"}) as store:
        store.append(made.started(selection="archive"))
        store.append(iterated(0, seed))
        store.append(iterated(1, seed, candidate=beam, parent=0))
        store.append(iterated(2, hostile, candidate=hostile, accepted=True, parent=1))
        data = read_run(store)
        searches = searches_in(store, data)
    return lambda console: print_searches(data, searches, console)


def measured_pages() -> dict[str, Show]:
    wide = made.matrix(["lpn", "3sat"], ["a/mine.py", "b/mine.py", "best.py", "simulated_annealing"], COPIES)
    bad = replace(wide.cells[0], endings=(Ending("ok", ""), Ending("raised", f"{HOSTILE}\nmore")), dollars=0.5)
    stopped = made.matrix(["lpn", "3sat"], ["mine.py"], cells=wide.cells[:1], seed_solutions=())
    score = Scored(
        0.25, "raised", (0.5, 0.0), ("ok", "raised"), f"instance 1: NameError\n  {HOSTILE}", task="lpn", split="test"
    )
    return {
        "eval": result(replace(wide, cells=(bad, *wide.cells[1:]))),
        "eval_brief": result(made.matrix(["lpn"], ["mine.py"]), full=False),
        "eval_stopped": result(stopped),
        "compare": result(made.matrix(["lpn"], ["mine.py"], kind="against")),
        "compare_equal": result(made.matrix(["lpn"], ["mine.py"], [1.0], kind="against")),
        "eval_over_tasks": result(made.matrix([f"task{n}" for n in range(7)], ["mine.py", "other.py"], [0.5])),
        "score": lambda console: print_result(score, console),
    }


def pages(folder: Path) -> dict[str, Show]:
    """What is shown, by the name of its page."""
    listings = (
        RunListing(Path("runs/20260801-120000-lpn-1a2b"), 0.0, "finished", "lpn", 4, "", "run", 0.62, 1.5),
        RunListing(Path(f"runs/20260801-120000-improve-{'long' * 20}-1a2b"), 8e4, "finished", "lpn", 0, "", "improve"),
        RunListing(Path("runs/x"), None, "unreadable", "", 0, "the file is damaged"),
    )
    run = made.happened()
    early = [*run[:-1], made.note("R002"), made.note("R013"), RunFinished(scope="", status="interrupted")]
    ends = [made.iteration(t, t == 2, (), (), improver=f"I{t // 2}") for t in (0, 1, 2)]
    return measured_pages() | {
        "run": result(made.trained(run)),
        "run_brief": result(made.trained(early), full=False),
        "run_gated": result(made.trained(gated())),
        "run_gated_brief": result(made.trained(gated()), full=False),
        "run_resumed": result(made.trained(resumed()), full=False),
        "run_of_tasks": result(made.trained(of_tasks(), tasks=("lpn", "3sat"))),
        "run_unmeasured": result(made.trained([made.started(), *ends])),
        "run_empty": result(made.trained([], model="")),
        "lineage": lambda console: print_lineage(lineage(), console),
        "searches": searched(folder),
        "runs": lambda console: print_runs(Runs(listings, Path("runs")), console, now=86400 * 3.0),
        "runs_none": lambda console: print_runs(Runs((), Path("runs")), console),
        "difference": lambda console: print_diff(unified("a\nb\n", f"a\r\nb\n{HOSTILE}\n", "improver.py"), console),
        "difference_cut": lambda console: print_diff(unified("a\n", "b\n" * 9, "f"), console, 5),
        "table_too_narrow": lambda console: print_table(
            replace_width(console, 24),
            ("t", "LM\ncalls", "evalu-\nations", "û"),
            [("1", "13", "1,153", "0.600 ± 0.058"), ("2",)],
        ),
    }


def replace_width(console: Console, width: int) -> Console:
    console.width = width
    return console


def test_every_result_is_shown_as_its_page_says(tmp_path: Path) -> None:
    shown = "".join(f"=== {name}\n{printed(show)}" for name, show in pages(tmp_path).items())
    shown = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    if os.environ.get("STROP_WRITE_PAGES"):
        PAGES.write_text(shown, "utf-8")
    said = PAGES.read_text("utf-8")
    changes = difflib.unified_diff(said.splitlines(), shown.splitlines(), PAGES.name, "printed", lineterm="")
    assert said == shown, "\n".join(changes)


def test_every_page_fits_80_columns_in_printable_characters_that_the_terminal_has(tmp_path: Path) -> None:
    for name, show in pages(tmp_path).items():
        text, plain = printed(show), printed(show, encoding="ascii")
        assert all(line.isprintable() for line in text.split("\n")), name
        assert "±" not in text or "+-" in plain, name
        widest = max((len(line.rstrip()) for line in text.splitlines()), default=0)
        assert widest <= 80 or name in ("runs", "difference"), name
        assert "I_1..I_2" not in text or "`-- I_1..I_2" in plain or "+-- I_1..I_2" in plain, name


def test_a_wide_terminal_lists_runs_side_by_side(tmp_path: Path) -> None:
    shown = printed(pages(tmp_path)["runs"], 200).splitlines()
    assert [line.split()[-3:] for line in shown[:3]] == [["score", "cost", "age"], ["$1.50", "3", "d"], ["-", "2", "d"]]


def test_difference_of_long_texts_that_are_alike_is_bounded() -> None:
    before = "".join(["same\n", *["x\n", "y\n"] * 3 * COMPARED, "end\n"])
    after = "".join(["same\n", *["y\n", "x\n"] * 3 * COMPARED, "end\n"])
    assert changed_lines({"f": before}, {"f": after}) == {"f": (6 * COMPARED, 6 * COMPARED)}
    assert len(unified(before, after, "f").splitlines()) == 3 + 2 + 12 * COMPARED


def test_manual_has_every_rule_of_run_time_with_its_title() -> None:
    manual = (DOCS / "reference" / "improver-api.md").read_text(encoding="utf-8")
    for rule in RULES.values():
        star = r" \*" if rule.unsandboxing else ""
        assert re.search(rf"^\| `{rule.rule}`{star} \| {re.escape(rule.title)} \| {rule.source} \|", manual, re.M), (
            rule.rule
        )
