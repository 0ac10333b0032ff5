"""Tables of a run: iterations, audit notes, costs, searches and gates; and the list of runs.

Not here: the lineage (lineage), the statistics (statistics) and the conclusion (conclusion).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from strop.analysis.search import Search, SearchBehaviour
from strop.analysis.stats import mean
from strop.base.errors import dollars
from strop.base.events import Compared
from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.base.solution import NAMED_BY
from strop.base.terminal_text import escape
from strop.report.terminal.card import print_card
from strop.report.terminal.layout import SENTENCE, print_glossary, say
from strop.report.terminal.lineage import print_lineage
from strop.report.terminal.narration import tally
from strop.report.terminal.summary import print_summary
from strop.report.terminal.tables import fitting, print_table
from strop.report.terminal.words import counted, duration, edits_line, notice_of, ruled, unseen
from strop.runs.claims.numbers import between, in_words
from strop.runs.claims.training import levels_and_effect
from strop.runs.improver_card import ImproverCard, card_path
from strop.runs.listing import RunListing
from strop.runs.results.parts import Noted, Sample
from strop.runs.results.trained import ComparisonCounts, Iteration, Trained
from strop.runs.run_data import Costs, RunData, Spent
from strop.runs.scopes import LAST, is_last
from strop.runs.train import FILE

_TABLE2 = "this is the record of strop reproduce table2, which has no iterations; the same command with --list shows it"


@print_result.register(Trained)
def print_trained(trained: Trained, console: Console, *, full: bool = False) -> None:
    """The summary; with `full`, and for a record of `strop reproduce table2`, every table."""
    if full or trained.kind == "table2":
        print_everything(trained, console)
    else:
        print_summary(trained, console)


def print_everything(trained: Trained, console: Console) -> None:
    """The conclusion, the iterations, the costs, the lineage, how improvers searched, the gates, and the best improver."""
    run, has_iterations = trained.record, trained.kind != "table2"
    _print_run(trained, console)
    print_costs(trained.costs, console)
    if trained.answers is not None:
        say(console, trained.answers.sentence)
        say(console, edits_line(trained.answers.edits))
    print_lineage(run, console)
    print_searches(run, trained.searches, console, lineage=trained.selection == "archive")
    print_comparisons([*run.gates.values(), *([run.last] if run.last else [])], console)
    if not has_iterations:
        say(console, _TABLE2)
    elif run.iterations:
        print_glossary(console)
    if trained.card is not None:
        _print_best(trained, trained.card, console)
    if has_iterations:
        print_statistics(trained, console)


def _print_run(trained: Trained, console: Console) -> None:
    run, has_iterations = trained.record, trained.kind != "table2"
    facts = trained.tasks if has_iterations else (run.meta.get("task", ""),)
    model = str(run.recipe.get("model", ""))
    how = (model, run.status if run.end else "has not ended", duration(run.seconds))
    say(console, trained.unverified, style="bold yellow")
    say(console, notice_of(trained.model, trained.is_language_model), style="bold yellow")
    say(console, trained.sentence, style="bold", limit=SENTENCE)
    say(console, trained.explanation, limit=SENTENCE)
    say(console, ", ".join(filter(None, (*facts, *how))))
    if has_iterations:
        print_iterations(trained.iterations, console)
        say(console, levels_and_effect(run))
    print_notes(trained.audit, console)
    say(console, tally(run))


def _print_best(trained: Trained, card: ImproverCard, console: Console) -> None:
    """The file of the best improver; before it, where it was trained on several tasks, its card."""
    if len(card.tasks) > 1:
        console.print()
        print_card(card, console)
    file, found = trained.directory / FILE, f", of iteration {card.iteration}"
    found = found if card.iteration else ": the one that the run started from; nothing better was found"
    line = f"best improver: {file}{found}; its card: {card_path(file)}"
    if trained.file is None:
        again = f"strop resume {trained.directory} writes what the record says"
        line = f"{file} or its card was changed after the run; {again}"
    say(console, line, limit=SENTENCE)


def print_iterations(iterations: Sequence[Iteration], console: Console) -> None:
    """One row per iteration t: û of I_t on both splits (mean ± standard error), its interval on the sealed one, and its cost."""
    headers = (
        "t",
        "accepted",
        "train û",
        "test û,\n95% interval",
        "LM\ncalls",
        "evalu-\nations",
        "verdicts",
        "wall\ntime",
    )
    rows = [
        (
            str(each.t),
            "-" if each.t == 0 else "yes" if each.accepted else "no",
            _sample(each.train),
            (_sample(each.test), between(each.test.interval))
            if each.test and each.test.interval
            else _sample(each.test),
            str(each.lm_calls),
            str(each.evaluations),
            tuple(counted(each.verdicts).split(", ")),
            duration(each.seconds),
        )
        for each in iterations
    ]
    print_table(console, headers, rows)
    of_tasks = [
        ("" if number else str(each.t), one.task, _sample(one.train), _sample(one.test))
        for each in iterations
        for number, one in enumerate(each.tasks)
    ]
    if of_tasks:
        print_table(console, ("t", "task", "train û", "test û"), of_tasks)
    for each in iterations:
        if each.t > 0 and not each.accepted and each.reason:
            say(console, f"t = {each.t}: kept the incumbent: {each.reason}")
    if iterations:
        say(console, f"I_{iterations[-1].t} is {iterations[-1].improver[:NAMED_BY]}")


def _sample(sample: Sample | None) -> str:
    return "-" if sample is None else in_words(sample)


def print_notes(rows: Sequence[Noted], console: Console) -> None:
    """The notes of the audit, one row per rule; nothing if there is none."""
    if not rows:
        return
    cells = [(row.rule[:24], ruled(row.title, row.unsandboxing), row.source, str(row.times)) for row in rows]
    print_table(console, ("audit", "the program", "source", "times"), cells)
    say(console, "audit notes do not affect scores", style="dim")


def print_costs(costs: Costs, console: Console) -> None:
    """A row for each role, their sum, and a row for each model if there are several; nothing if nothing was asked."""
    if not costs.total.lm_calls:
        return
    rows = [_cost_row(role, spent, str(spent.lm_calls)) for role, spent in costs.roles.items()]
    if len(costs.roles) > 1:
        rows.append(_cost_row("all", costs.total, str(costs.total.lm_calls)))
    if len(costs.models) > 1:
        rows += [_cost_row(escape(model, 40), spent, "") for model, spent in sorted(costs.models.items())]
    print_table(console, ("LM cost", "calls", "responses", "tokens in", "tokens out", "money"), rows)
    if costs.total.again:
        say(console, f"{quantity(costs.total.again, 'response')} used again within comparisons, at no cost")
    if costs.unseen_cost:
        say(console, unseen(costs))


def _cost_row(name: str, spent: Spent, calls: str) -> tuple[str, ...]:
    paid = spent.responses - spent.again
    counts = spent.unknown_tokens < paid or not paid
    tokens = [f"{count:,}" if counts else "-" for count in (spent.input_tokens, spent.output_tokens)]
    return name, calls, str(spent.responses), *tokens, "-" if spent.money is None else dollars(spent.money)


def print_searches(run: RunData, searches: Mapping[str, Search], console: Console, *, lineage: bool = False) -> None:
    """One row per iteration: what I_t did in an improvement; below it, in brackets, a rejected candidate; then the idea of I_T.

    `lineage`: with the parent of each, for the selection `archive`.
    """
    if not run.iterations or not searches:
        return
    cells: list[tuple[str, ...]] = []
    for event in run.iterations:
        parent = "-" if event.parent is None else f"t = {event.parent}"
        cells.append((str(event.t), event.improver[:NAMED_BY], parent, *_did(searches[event.improver].behaviour)))
        if event.candidate is not None and event.candidate != event.improver:
            cells.append(("", f"[{event.candidate[:NAMED_BY]}]", "", *_did(searches[event.candidate].behaviour)))
    headers: tuple[str, ...] = ("t", "I_t", "from", "LM\ncalls", "rounds", "answers\na call", "utility\ncalls")
    headers = (*headers, "show an\nearlier answer")
    if not lineage:
        headers, *cells = [(*row[:2], *row[3:]) for row in (headers, *cells)]
    print_table(console, headers, cells)
    say(console, "means of an improvement; [digest] = rejected candidate")
    last = run.iterations[-1]
    idea = searches[last.improver].idea
    say(console, f"I_{last.t} says of itself: {escape(idea)}" if idea else "")


def _did(behaviour: SearchBehaviour | None) -> tuple[str, ...]:
    if behaviour is None:
        return ("-",) * 5
    each = [f"{count / behaviour.improvements:.3g}" for count in (behaviour.lm_calls, behaviour.rounds)]
    answers = f"{behaviour.answers / behaviour.lm_calls:.3g}" if behaviour.lm_calls else "-"
    shown = f"{behaviour.showing_earlier} of {behaviour.prompts}"
    return (*each, answers, f"{behaviour.utility_calls / behaviour.improvements:.3g}", shown)


def print_comparisons(events: Iterable[Compared], console: Console) -> None:
    """What the gate compared: pairs, mean difference with its interval, evidence against the threshold, and the cost."""
    comparisons = list(events)
    if not comparisons:
        return
    interval = f"{100 * comparisons[0].confidence:.4g}%\ninterval"
    headers = ("gate\nt", "pairs", "mean\ndifference", interval, "evi-\ndence", "thres-\nhold", "accep-\nted")
    print_table(console, (*headers, "LM\ncalls", "evalu-\nations"), map(_gate_row, comparisons))
    for event in comparisons:
        if event.futile and not is_last(event.scope):
            say(console, f"t = {event.t}: stopped early: the threshold was hardly within reach (futility)")
    calls, evaluations = sum(event.lm_calls for event in comparisons), sum(event.evaluations for event in comparisons)
    cost = f"{quantity(calls, 'LM call')} and {quantity(evaluations, 'evaluation')}"
    ahead = sum(event.pairs - len(event.differences) for event in comparisons)
    more = f" ({quantity(ahead, 'pair')} ran ahead and did not count)" if ahead else ""
    say(console, f"the gate cost {cost}, outside the self-improvements' budgets{more}")


def _gate_row(event: Compared) -> tuple[str, ...]:
    return (
        LAST if is_last(event.scope) else str(event.t),
        f"{len(event.differences)}/{event.most}",
        f"{mean(event.differences):+.3f}" if event.differences else "-",
        between(event.interval, "+", form=".2f"),
        *(f"{value:.3g}" if value < 1e4 else f"{value:.0e}" for value in (event.e_value, event.threshold)),
        "yes" if event.accepted else "no",
        str(event.lm_calls),
        str(event.evaluations),
    )


def print_statistics(result: Trained, console: Console) -> None:
    """Every difference from the seed improver with its interval, and counts of comparisons (docs/statistics.md)."""
    if all(each.test is None for each in result.iterations):
        say(console, "no iteration has ended: there is nothing to compute statistics of")
        return
    if result.from_seed:
        decided_last = None if result.last is None else result.from_seed[-1]
        rows = [
            (
                str(each.t),
                f"{each.mean:+.3f}",
                between(each.interval, "+"),
                quantity(each.n, "pair") if each is decided_last else quantity(each.n, "copy"),
            )
            for each in result.from_seed
        ]
        print_table(console, ("t", "I_t - I_0", "95% interval", "measured on"), rows)
    else:
        say(console, "no improver was accepted: there is no difference from the seed improver")
    _print_counts(result.compared, console)


def _print_counts(compared: ComparisonCounts, console: Console) -> None:
    of_meta = (
        f"{quantity(compared.candidates, 'candidate')} in {quantity(compared.meta_utility_calls, 'meta-utility call')}"
    )
    say(console, f"compared: {of_meta}; the value that selected one is too high on average, a new measurement is not")
    if compared.gate_comparisons:
        pairs = f"{quantity(compared.gate_comparisons, 'comparison')}, {quantity(compared.gate_pairs, 'pair')}"
        say(console, f"gate: {pairs}, {compared.gate_accepted} accepted")


def print_runs(listings: Sequence[RunListing], console: Console, now: float | None = None) -> None:
    """The runs of a directory, each on one line whose name is never broken, and below them why one cannot be read."""
    now = time.time() if now is None else now
    rows = [("run", "command", "status", "score", "cost", "age")]
    rows += [
        (
            escape(one.run.name),
            escape(one.command) or "-",
            escape(one.status),
            "-" if one.score is None else f"{one.score:.3f}",
            "-" if one.cost is None else f"${one.cost:.2f}",
            "-" if one.started is None else _age(now - one.started),
        )
        for one in listings
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if console.is_terminal and sum(widths) + 2 * len(widths) - 2 > console.width:
        print_table(console, rows[0], rows[1:])
        rows = []
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        console.print(Text(fitting(console, "  ".join(cells)), style="" if number else "bold"), soft_wrap=True)
    for one in listings:
        say(console, one.detail)


def _age(seconds: float) -> str:
    """How long ago: `40 s`, `12 min`, `5 h`, `3 d`."""
    for least, unit, name in ((86400 * 2, 86400, "d"), (7200, 3600, "h"), (120, 60, "min")):
        if seconds >= least:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
