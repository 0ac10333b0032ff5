"""What each protocol writes of made-up results: whole, as in `pages.md`, which is written anew with STROP_WRITE_PAGES set."""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import StoreError
from strop.reproduce.baselines import LINES, Baselines, Strategies
from strop.reproduce.fig4 import Fig4, curve_of
from strop.reproduce.protocol import MEASURING
from strop.reproduce.reproduction import markdown_of, span
from strop.runs.spec import shipped_improvers
from support.rows import table
from unit.reproduce.made_runs import (
    FALLING,
    KEPT,
    LM,
    RISING,
    SEED,
    Made,
    MadeRun,
    Runs,
    baselines,
    ending_early,
    fig4,
    run,
    strategies,
    table1,
    weak,
)

PAGES = Path(__file__).parent / "pages.md"
LOWS, HIGHS = [0.1, 0.2, 0.3, 0.2, 0.1], [0.3, 0.4, 0.5, 0.4, 0.3]
TALL = {
    "seed": [0.4 + 0.01 * n for n in range(9)] * 2,
    "beam_search": [0.5 + 0.01 * n for n in range(9)] * 2,
    "hints": [0.44] * 18,
}


def pages(folder: Path) -> dict[str, Made]:
    return {
        "table1": table1(folder / "table1", LOWS, HIGHS),
        "baselines": baselines(
            run([0.8, 0.0], ["ok", "raised"]),
            run([0.6, 0.4], ["ok", "ok"], greedy=0.7),
            run([0.0, 0.0], ["raised", "timeout"], greedy=0.65),
        ),
        "strategies": strategies({"seed": [0.5, 0.6], "beam_search": [0.7, 0.9], "hints": [0.6, 0.6]}),
        "fig4": ending_early(folder / "fig4"),
        "fig4-weak": weak(folder / "weak"),
    }


def drawn(found: Made) -> str:
    """The figure: what it names, and its points."""
    assert found.chart is not None
    chart, caption = found.chart
    lines = [f"figure: {caption} {chart.x_label!r}, {chart.y_label!r}, {list(chart.names)}, {dict(chart.levels)}"]
    for series in chart.series:
        shown = (tuple(round(value, 4) for value in point if value is not None) for point in series.points)
        lines.append(f"- {series.name} (look {series.look}, {series.form}): {', '.join(map(str, shown))}")
    return "\n".join(lines)


def test_every_protocol_writes_the_page_that_is_kept(tmp_path: Path) -> None:
    text = "".join(f"\n=== {name}\n\n{markdown_of(found)}\n{drawn(found)}\n" for name, found in pages(tmp_path).items())
    text = text.replace(str(tmp_path), "")
    if os.environ.get("STROP_WRITE_PAGES"):
        PAGES.write_text(text, "utf-8")
    kept = PAGES.read_text("utf-8")
    changes = difflib.unified_diff(kept.splitlines(), text.splitlines(), PAGES.name, "written", lineterm="")
    assert kept == text, "\n".join(changes)


def test_finding_is_a_sentence_that_says_what_is_better_what_is_worse_and_how_many_copies_could_show_it(
    tmp_path: Path,
) -> None:
    of_one = "any of 3 others (held-out û on lpn, 1 run); at least 5 copies are needed to show a difference."
    compared = "Compared with the seed improver, the improver that STOP made on lpn is"
    tasks = "string-grid-distance ({0}), modified-qap ({0}), 3sat ({0}) and 2 more."
    six, same = ([run([chain] * 5, ["ok"] * 5, greedy=greedy)] * 2 for chain, greedy in ((0.1, 0.7), (0.5, 0.5)))
    better = "Better than the seed improver (held-out û on lpn, 2 runs):"
    rows = [
        (table1(tmp_path / "1", LOWS[:2], HIGHS[:2]), "No significant difference between the improver that STOP made on lpn and "
         "the seed improver on any of 5 tasks; at least 5 copies are needed to show a difference."),
        (table1(tmp_path / "2", [0.2] * 6, [0.4] * 6), f"{compared} better on {tasks.format('+20.0 points')}"),
        (table1(tmp_path / "3", [0.4] * 6, [0.2] * 6), f"{compared} worse on {tasks.format('-20.0 points')}"),
        (table1(tmp_path / "4", [0.2] * 5, [0.2] * 5, stop_runs=1),
         "No improvement to transfer: the STOP run that was chosen ended with its seed improver."),
        (baselines(run([0.1], ["ok"])), f"No significant difference between the seed improver and {of_one}"),
        (baselines(*six), f"{better} greedy iterative (+20.0 points), best of n (+20.0 points). "
         "Worse than the seed improver (held-out û on lpn, 2 runs): chain of thought (-40.0 points)."),
        (baselines(*same), f"{better} best of n (+20.0 points). No significant difference: 2 of 3."),
        (strategies(TALL), "Better than the seed improver (held-out û on lpn, 1 run): beam_search (+10.0 points). "
         "No significant difference: 1 of 2."),
        (weak(tmp_path, [(0.6, 0.5)], [(0.6, 0.6)]), "No significant change under paper selection: held-out û on lpn went from "
         "60.0% to 50.0%, -10.0 points, in 1 run of 1 iteration; at least 6 runs are needed to show a difference. No change "
         "under gated selection: the run ended with the seed improver's held-out û on lpn, 60.0%."),
        (weak(tmp_path, [(0.5, 0.5, 0.6)] * 2, [(0.5, 0.5, 0.4)] * 2),
         "No significant change under paper selection: held-out û on lpn went from 50.0% to 60.0%, +10.0 points, in 2 runs of 2 "
         "iterations; at least 6 runs are needed to show a difference. No significant change under gated selection: held-out û "
         "on lpn went from 50.0% to 40.0%, -10.0 points, in 2 runs of 2 iterations; at least 6 runs are needed to show "
         "a difference."),
    ]  # fmt: skip
    assert [found.sentence for found, _ in rows] == [words for _, words in rows]
    few, given = rows[0][0], table1(tmp_path / "5", [0.1, 0.2], [0.1, 0.2], improver="seed", improver_text=SEED)
    assert "2 copies; at least 5 copies are needed to show a difference: use more --runs." in few.notes
    assert given.notes[0].endswith(", given as seed.") and not any("STOP run" in one.headings for one in given.tables)


@table(
    ("paper", "gated", "words"),
    [
        (FALLING * 3, KEPT * 3, [
            "Worse under paper selection: held-out û on lpn went from 61.5% to 55.2%, -6.2 points (95% interval",
            "No change under gated selection: every run ended with the seed improver's held-out û on lpn, 61.5%.",
            "û is higher under gated selection than under paper selection: +6.2 points",
        ]),
        (RISING * 3, FALLING * 3,
         ["Better under paper selection: ", "Worse under gated selection: ", "û is lower under gated selection"]),
    ],
)  # fmt: skip
def test_verdicts_of_curves_say_in_words_what_the_intervals_say(
    tmp_path: Path, paper: Runs, gated: Runs, words: list[str]
) -> None:
    made = weak(tmp_path, paper, gated)
    said = [curve.sentence() for curve in made.rows]
    said += [note for note in made.notes if note.startswith("After the last")]
    assert [one for one, word in zip(said, words, strict=True) if word not in one] == []
    assert made.sentence == " ".join(said[:2]) and fig4(tmp_path, runs=paper).sentence == said[0]


def test_files_are_written_and_say_whether_a_language_model_answered_and_are_the_same_again(tmp_path: Path) -> None:
    for draw in (weak, fig4):
        made = draw(tmp_path)
        first = {path.name: path.read_bytes() for path in made.written}
        texts = {kind: (tmp_path / f"{made.protocol}.{kind}").read_text() for kind in ("md", "json", "svg")}
        words = " ".join(re.findall(r"<text[^>]*>([^<]*)", texts["svg"]))
        assert made.answered in texts["md"] and "not a language model" in made.answered
        assert "not a language model" in words and json.loads(texts["json"])["is_language_model"] is False
        assert {f"{made.protocol}.{kind}" for kind in ("md", "json", "svg")} <= set(first)
        assert "<path" in texts["svg"] and "font-family" in texts["svg"] and "<image" not in texts["svg"]
        assert "iteration t" in words and "n = 4" in words and "standard error" in words
        assert {path.name: path.read_bytes() for path in draw(tmp_path).written} == first
    made = weak(tmp_path, model="openai/anything")
    assert made.answered == "model: openai/anything" and made.is_language_model is True
    assert "not a language model" not in (tmp_path / "fig4-weak.md").read_text()


def test_baselines_are_shown_when_they_are_of_equal_options_and_else_one_line_says_why_not(tmp_path: Path) -> None:
    rows = [{"title": title, "test": {"mean": 0.6, "stderr": 0.01, "n": 10}} for title, *_ in LINES]
    own = {name: getattr(Fig4(), name) for name in (*MEASURING, "instances")}
    for changed, why in {
        "": "",
        "lm_budget": "--lm-budget 99 (here 4)",
        "instances": "--instances 99 (here published)",
        "model": f"--model 99 (here {LM})",
    }.items():
        other = {changed: 99}
        document = {"model": LM, "rows": rows, "options": own | other} | other
        (tmp_path / "baselines.json").write_text(json.dumps(document))
        made = fig4(tmp_path)
        notes = [note for note in made.notes if "baselines.json" in note]
        assert notes == [f"The baselines of baselines.json are not shown: they are of {why}."] * bool(why)
        assert ("greedy iterative" in (tmp_path / "fig4.svg").read_text()) is not bool(why)
        assert [row[1] for row in made.tables[1].rows] == ["-" if why else "60.0 ± 1.0"] * 4


def test_measurements_and_runs_that_lack_something_are_one_clear_error() -> None:
    whole = run([0.5], ["ok"])
    less = replace(whole, cells=tuple(cell for cell in whole.cells if cell.improver != "greedy_iterative"))
    with pytest.raises(StoreError, match="runs/x lacks the values of greedy_iterative"):
        baselines(less)
    with pytest.raises(StoreError, match="lacks the values of seed"):
        strategies({"beam_search": [0.5]})
    first, second = Fig4(runs=2).cells()
    with pytest.raises(StoreError, match=f"{first.name} lacks iterations"):
        results = [MadeRun(first, (0.9, 1.0)).result(), MadeRun(second, (0.5,) * 5).result()]
        curve_of([0, 1], "paper", 4, results)


def test_baselines_and_strategies_are_measured_with_the_budgets_of_the_paper_and_seeds_of_their_own() -> None:
    planned = Baselines(seed=3).cells()
    assert [cell.spec.seed for cell in planned] == [3 + k for k in range(10)]
    assert len({cell.name for cell in planned}) == 10
    for cell in planned:
        assert [one.name for one in cell.improvers] == ["chain_of_thought", "greedy_iterative", "best_of_n"]
        spec = cell.spec
        assert (spec.task, spec.copies, spec.utility_budget, spec.lm_budget, spec.max_responses) == ("lpn", 5, 25, 4, 6)
    planned = Strategies(seed=2).cells()
    assert [cell.spec.seed for cell in planned] == [2, 3, 4, 5, 6]
    assert all(
        sorted({*(one.name for one in cell.improvers), "seed"}) == sorted(shipped_improvers()) for cell in planned
    )


def test_interval_without_width_is_not_shown_as_certainty() -> None:
    ends = [None, (0.5, 0.5), (0.5, 0.5 + 1e-12), (0.5, 0.51)]
    assert [span(each) for each in ends] == ["-", "all equal", "all equal", "50.0 to 51.0"]
