"""Prints a run of `strop run`: its summary; or every table and its lineage."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text
from rich.tree import Tree

from strop.analysis.audit import BUDGET_REFUSED
from strop.analysis.search import Search, SearchBehaviour
from strop.analysis.stats import mean
from strop.base.events import Compared, Evaluated
from strop.base.pluralize import quantity
from strop.base.printing import print_result
from strop.base.results import TOO_LARGE
from strop.base.solution import NAMED_BY, short
from strop.base.terminal_text import escape
from strop.options.run import BudgetOptions
from strop.report.terminal.layout import SENTENCE, look_at, near, print_glossary, say
from strop.report.terminal.narration import candidate_score, tally
from strop.report.terminal.phrases import counted, duration, edits_line, model_line, own_score_line, ruled
from strop.report.terminal.tables import Cell, fitting, print_table
from strop.runs.claims.numbers import between, in_words, written
from strop.runs.claims.training import copies_words
from strop.runs.programs import Program, programs_in
from strop.runs.results.parts import Noted, sample
from strop.runs.results.trained import Iteration, Trained
from strop.runs.run_data import Costs, RunData, Spent
from strop.runs.run_directory import ways_on
from strop.runs.scopes import FINAL, is_final, is_meta_candidate, iteration_of
from strop.runs.train import FILE

MEANING = "An improver is a program that improves programs; û is the mean score, 0 to 1, of what it makes of them."
USUAL = ("best_of_n", "refine")
"""Improvers that need no training: plain sampling, and the default of `strop improve`."""
_LABEL = 10


@print_result.register(Trained)
def print_trained(trained: Trained, console: Console, *, full: bool = False) -> None:
    """Print the summary; with `full` every table."""
    say(console, trained.unverified, style="bold yellow")
    say(console, trained.waived, style="bold yellow")
    if full:
        print_everything(trained, console)
    else:
        print_summary(trained, console)


def print_everything(trained: Trained, console: Console) -> None:
    """Print the conclusion, the iterations, the costs, the lineage, how improvers searched, the gates, and the best improver."""
    run = trained.run
    for line in (model_line(trained.model, trained.is_language_model), *trained.said):
        say(console, line, limit=SENTENCE)
    say(console, trained.sentence, style="bold", limit=SENTENCE)
    say(console, trained.explanation, limit=SENTENCE)
    how = (run.status if run.end else "has not ended", duration(run.seconds))
    say(console, ", ".join((*trained.tasks, *how)))
    print_iterations(trained.iterations, console)
    for name, reason in trained.own_score_because.items():
        say(console, own_score_line(name, reason))
    print_notes(trained.audit, console)
    say(console, tally(run))
    print_costs(trained.costs, console)
    say(console, trained.answers.sentence)
    say(console, edits_line(trained.answers.edits))
    print_lineage(run, console)
    print_searches(run, trained.searches, console)
    print_comparisons([*run.gates.values(), *filter(None, [run.final_comparison])], console)
    if run.iterations:
        print_glossary(console)
    if trained.best_t is not None:
        _print_best(trained, trained.best_t, console)
        say(console, _comparison_command(trained) if trained.best_t else "", limit=SENTENCE)
    print_statistics(trained, console)


def print_summary(trained: Trained, console: Console) -> None:
    """Print the summary; `strop show --full` prints the rest."""
    names = trained.run.meta.task or ", ".join(trained.tasks)
    say(console, trained.sentence, style="bold", limit=SENTENCE)
    say(console, f"STOP on {names}. {MEANING}")
    for line in (model_line(trained.model, trained.is_language_model), *trained.said):
        say(console, line, limit=SENTENCE)
    for label, summary in _iteration_rows(trained):
        say(console, f"{label:<{_LABEL}}{summary}")
    say(console, trained.explanation, limit=SENTENCE)
    print_noticed(trained.audit, console)
    say(console, f"{_spent(trained)}. {trained.answers.sentence}".rstrip())
    for line in _next(trained):
        say(console, line, limit=SENTENCE)


def print_noticed(rows: Sequence[Noted], console: Console) -> None:
    """Print the notes of the audit in one line. Requests beyond a budget are left out: good improvers make them, too."""
    if noticed := [row for row in rows if row.rule != BUDGET_REFUSED]:
        rules = ", ".join(f"{row.rule} {ruled(row.title, row.unsandboxing)} ({row.times})" for row in noticed)
        say(console, f"audit notes, which no score depends on: {rules}")


def _iteration_rows(trained: Trained) -> Iterator[tuple[str, str]]:
    tried = [event for event in trained.run.candidates if is_meta_candidate(event)]
    for iteration in trained.iterations[1:]:
        own = [event for event in tried if iteration_of(event.scope) == iteration.t]
        yield f"t = {iteration.t}", f"{_tried(own)}; {_decision(iteration)}"


def _tried(candidates: list[Evaluated]) -> str:
    """`4 candidates, û of the best 0.86`; failures by their verdict."""
    working = [candidate.value for candidate in candidates if candidate.verdict == "ok"]
    failed = Counter(candidate.verdict for candidate in candidates if candidate.verdict != "ok")
    parts = [quantity(len({candidate.solution for candidate in candidates}), "candidate")]
    parts += [f"û of the best {max(working):.2f}"] if working else []
    return ", ".join([*parts, *(f"{count} {verdict}" for verdict, count in failed.items())])


def _decision(iteration: Iteration) -> str:
    if iteration.gate is None:
        return f"{'accepted' if iteration.accepted else 'kept the improver'}: {iteration.reason}"
    gate = iteration.gate
    pairs = f"{gate.mean:+.2f} in {quantity(len(gate.differences), 'fresh pair')}"
    return f"accepted: {pairs}" if iteration.accepted else f"kept the improver: {pairs} does not show a gain"


def _spent(trained: Trained) -> str:
    run, total = trained.run, trained.costs.total
    work = f"{quantity(total.lm_calls, 'LM call')}, {quantity(run.evaluations, 'evaluation')}"
    return ", ".join(filter(None, (work, duration(run.seconds), trained.costs.price.in_words)))


def _next(trained: Trained) -> Iterator[str]:
    """What to do with the result."""
    if trained.file is not None and trained.best_t:
        file = near(trained.directory / FILE)
        yield f"best improver: {file}; strop improve PROGRAM --improver {shlex.quote(str(file))} --model MODEL"
    if trained.kind == "run" and trained.status not in ("finished", "running"):
        yield from ways_on(near(trained.directory), trained.kind, "")
    yield f"more: {look_at(trained.directory)}"


def _comparison_command(trained: Trained) -> str:
    """The command that compares the best improver with `USUAL`, and the most responses that it asks for."""
    spec, run = trained.run.spec, near(trained.directory)
    assert spec is not None  # the run has measured its first improver
    improvers = (f"{run}:0", f"{run}:{trained.best_t}", *USUAL)
    command = ["strop", "eval", *improvers, *(word for task in trained.tasks for word in ("--task", task))]
    asked = [("model", None), ("base_url", None), *((option.name, option.default) for option in fields(BudgetOptions))]
    for name, default in asked:
        if (value := getattr(spec, name)) != default:
            command += [f"--{name.replace('_', '-')}", str(value)]
    most = len(trained.tasks) * len(improvers) * spec.lm_budget * spec.max_responses
    return f"beside {' and '.join(USUAL)}, in up to {quantity(most, 'response')} a copy: {shlex.join(command)}"


def _print_best(trained: Trained, t: int, console: Console) -> None:
    """Print where the best improver is: its file or, if that is missing, its name in the record."""
    origin = f", of iteration {t}" if t else ": the one that the run started from; nothing better was found"
    say(console, f"best improver: {trained.file or f'{trained.directory}:{t}'}{origin}", limit=SENTENCE)


def print_iterations(iterations: Sequence[Iteration], console: Console) -> None:
    """Print one row an iteration t: û of I_t on both splits (mean ± standard error), its test interval, and its cost."""
    copies = copies_words(iterations)
    train, test = f"train û of\n{copies}", f"held-out û of\n{copies},\n95% interval"
    headers = ("t", "accepted", train, test, "LM\ncalls", "evalu-\nations", "verdicts", "wall\ntime")
    rows = [
        (
            str(iteration.t),
            "-" if iteration.t == 0 else "yes" if iteration.accepted else "no",
            in_words(iteration.train),
            (in_words(iteration.test), between(iteration.test.interval))
            if iteration.test and iteration.test.interval
            else in_words(iteration.test),
            str(iteration.lm_calls),
            str(iteration.evaluations),
            tuple(counted(iteration.verdicts).split(", ")),
            duration(iteration.seconds),
        )
        for iteration in iterations
    ]
    print_table(console, headers, rows)
    of_tasks = [
        ("" if number else str(iteration.t), task.task, in_words(task.train), in_words(task.test))
        for iteration in iterations
        for number, task in enumerate(iteration.tasks)
    ]
    if of_tasks:
        print_table(console, ("t", "task", "train û", "held-out û"), of_tasks)
    for iteration in iterations:
        if iteration.t > 0 and not iteration.accepted and iteration.reason:
            say(console, f"t = {iteration.t}: kept the incumbent: {iteration.reason}")
    if iterations:
        say(console, f"I_{iterations[-1].t} is {iterations[-1].improver[:NAMED_BY]}")


def print_notes(rows: Sequence[Noted], console: Console) -> None:
    """Print the notes of the audit, one row a rule; nothing if there are none."""
    if not rows:
        return
    cells = [(row.rule[:24], ruled(row.title, row.unsandboxing), row.source, str(row.times)) for row in rows]
    print_table(console, ("audit", "the program", "source", "times"), cells)
    say(console, "audit notes do not affect scores", style="dim")


def print_costs(costs: Costs, console: Console) -> None:
    """Print a row for each role, their sum, and a row for each model if there are several; nothing if there was no LM call."""
    if not costs.total.lm_calls:
        return
    rows = [_cost_row(role, spent, str(spent.lm_calls)) for role, spent in costs.roles.items()]
    if len(costs.roles) > 1:
        rows.append(_cost_row("all", costs.total, str(costs.total.lm_calls)))
    if len(costs.models) > 1:
        rows += [_cost_row(escape(model, 40), spent, "") for model, spent in sorted(costs.models.items())]
    print_table(console, ("LM cost", "calls", "responses", "tokens in", "tokens out", "money"), rows)
    if costs.total.shared:
        say(console, f"{quantity(costs.total.shared, 'response')} used again within comparisons, at no cost")
    say(console, f"LM cost: {costs.price.in_words}" if costs.price.in_words else "")


def _cost_row(name: str, spent: Spent, calls: str) -> tuple[str, ...]:
    counts = spent.unknown_tokens < spent.responses or not spent.responses
    tokens = [f"{count:,}" if counts else "-" for count in (spent.input_tokens, spent.output_tokens)]
    return name, calls, str(spent.responses), *tokens, "-" if spent.unpriced else spent.in_words


def print_searches(run: RunData, searches: Mapping[str, Search], console: Console) -> None:
    """Print how each I_t searches, one row an iteration: its held-out û, and means of its improvements.

    Rejected candidates stand in brackets. The docstring of I_T comes last.
    """
    if not run.iterations or not searches:
        return
    cells: list[tuple[str, ...]] = []
    for event in run.iterations:
        value = f"{mean(event.test):.3f}" if event.test else "-"
        cells.append((str(event.t), event.improver[:NAMED_BY], value, *_did(searches[event.improver].behaviour)))
        if event.candidate is not None and event.candidate != event.improver:
            cells.append(("", f"[{event.candidate[:NAMED_BY]}]", "-", *_did(searches[event.candidate].behaviour)))
    headers = (
        "t",
        "I_t",
        "held-out û",
        "LM\ncalls",
        "rounds",
        "responses\na call",
        "utility\ncalls",
        "show an\nearlier\nresponse",
    )
    print_table(console, headers, cells)
    say(console, "means of an improvement; [digest] = rejected candidate")
    last = run.iterations[-1]
    idea = searches[last.improver].idea
    say(console, f"Docstring of I_{last.t}: {escape(idea)}" if idea else "")


def _did(behaviour: SearchBehaviour | None) -> tuple[str, ...]:
    if behaviour is None:
        return ("-",) * 5
    means = [f"{count / behaviour.improvements:.3g}" for count in (behaviour.lm_calls, behaviour.rounds)]
    answers = f"{behaviour.answers / behaviour.lm_calls:.3g}" if behaviour.lm_calls else "-"
    earlier = f"{behaviour.showing_earlier} of {behaviour.prompts}"
    return (*means, answers, f"{behaviour.utility_calls / behaviour.improvements:.3g}", earlier)


def print_comparisons(comparisons: Sequence[Compared], console: Console) -> None:
    """Print the comparisons of the gate: pairs, mean difference with its interval, evidence and threshold, and the cost."""
    if not comparisons:
        return
    headers = ("gate\nt", "pairs", "mean dif-\nference", "interval", "evi-\ndence", "thres-\nhold", "accep-\nted")
    print_table(console, (*headers, "LM\ncalls", "evalu-\nations"), map(_gate_row, comparisons))
    if any(event.accepted and not is_final(event.scope) for event in comparisons):
        say(console, f"the mean difference of an accepted candidate is {TOO_LARGE}")
    for event in comparisons:
        if event.futile and not is_final(event.scope):
            say(console, f"t = {event.t}: stopped: the pairs left were unlikely to reach the threshold (futility)")
    calls, evaluations = sum(event.lm_calls for event in comparisons), sum(event.evaluations for event in comparisons)
    cost = f"{quantity(calls, 'LM call')} and {quantity(evaluations, 'evaluation')}"
    what = "gates and final comparison" if any(is_final(event.scope) for event in comparisons) else "gates"
    say(console, f"{what} cost {cost}, outside the self-improvements' budgets")


def _gate_row(event: Compared) -> tuple[Cell, ...]:
    return (
        FINAL if is_final(event.scope) else str(event.t),
        f"{len(event.differences)}/{event.max_pairs}",
        f"{event.mean:+.3f}" if event.differences else "-",
        (between(event.interval, "+", places=2), f"({100 * event.confidence:.4g}%)"),
        *(f"{x:.3g}" if 0 < x < 1e4 else f"{x:.0e}" if x else "-" for x in (event.e_value, event.threshold)),
        "yes" if event.accepted else "no",
        str(event.lm_calls),
        str(event.evaluations),
    )


def print_statistics(result: Trained, console: Console) -> None:
    """Print the differences from the seed improver with their intervals, and counts of comparisons.

    docs/explanation/statistics.md explains them.
    """
    if all(iteration.test is None for iteration in result.iterations):
        say(console, "no iteration has ended: there is nothing to compute statistics of")
        return
    if result.from_seed:
        rows = [
            (str(difference.t), written(difference.mean, sign="+"), between(difference.interval, "+"), difference.on)
            for difference in result.from_seed
        ]
        print_table(console, ("t", "I_t - I_0", "95% interval", "measured on"), rows)
    else:
        say(console, "no improver was accepted: there is no difference from the seed improver")
    candidates, calls = result.compared.candidates, result.compared.meta_utility_calls
    of_meta = f"{quantity(candidates, 'candidate')} in {quantity(calls, 'meta-utility call')}"
    say(console, f"compared: {of_meta}; the value that selected one is too high on average, a new measurement is not")


def print_lineage(run: RunData, console: Console) -> None:
    """Print the tree of a run's improvers; an iteration's accepted candidate comes last. Prints nothing if none was measured."""
    root = Tree("", hide_root=True, guide_style="dim", highlight=False)
    branches: dict[int, Tree] = {}
    for program in sorted(programs_in(run), key=lambda program: (program.t or 0, bool(program.ends))):
        description, style = _described(program)
        above = branches.get(id(program.parent), root)
        branches[id(program)] = above.add(Text(fitting(console, description), style=f"not dim {style}"))
    if root.children:
        say(console, "lineage", style="bold")
        # In a pipe a program is one line, so that `grep` finds all of it.
        options = console.options if console.is_terminal else console.options.update(width=1000)
        for line in console.render_lines(root, options, pad=False):
            console.print(Segments([*line, Segment.line()]), soft_wrap=True)
        console.print()


def _described(program: Program) -> tuple[str, str]:
    """The text of a program (its name, state and score), and the style of that text."""
    name = f"t = {program.t} {short(program.digest)}"
    if program.ends:
        first, end = program.iterations[0], program.ends[0]
        span = f"I_{first}..I_{program.iterations[-1]}" if program.iterations[1:] else f"I_{first}"
        split, values = ("test", end.test) if end.test else ("train", end.train)
        copies = in_words(sample(values, len(end.tasks) or 1))
        return f"{span} {short(program.digest)}: {program.state}, {split} copies {copies}", "bold"
    if not program.tried:
        return f"{name}: {program.state}", ""
    tried = program.tried[0]
    failed = tried.verdict != "ok"
    state = escape(tried.verdict, 20) if failed else program.state
    return f"{name}: {state}, train {candidate_score(tried)}", "yellow" if failed else ""
