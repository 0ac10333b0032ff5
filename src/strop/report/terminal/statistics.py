"""Statistics of a run as tables: every û of the sealed split and every difference with its interval, and counts of comparisons.

docs/statistics.md explains every line. Not here: the methods (strop.analysis.stats).
"""

from __future__ import annotations

from rich.console import Console

from strop.report.terminal.layout import print_table, say
from strop.report.terminal.words import quantity
from strop.runs.claims.numbers import between, in_words
from strop.runs.results.parts import Sample
from strop.runs.results.trained import ComparisonCounts, Iteration, Trained


def print_statistics(result: Trained, console: Console) -> None:
    """Two tables and a line."""
    iterations = [_row(each, each.test) for each in result.iterations if each.test is not None]
    if not iterations:
        say(console, "no iteration has ended: there is nothing to compute statistics of")
        return
    print_table(console, ("t", "accepted", "copies", "test û", "95% interval"), iterations)
    if result.from_seed:
        rows = [(str(each.t), f"{each.mean:+.3f}", between(each.interval, "+")) for each in result.from_seed]
        print_table(console, ("t", "I_t - I_0", "95% interval"), rows)
    else:
        say(console, "no improver was accepted: there is no difference from the seed improver")
    _print_counts(result.compared, console)


def _row(iteration: Iteration, test: Sample) -> tuple[str, ...]:
    accepted = "-" if iteration.t == 0 else "yes" if iteration.accepted else "no"
    return str(iteration.t), accepted, str(test.n), in_words(test), between(test.interval)


def _print_counts(compared: ComparisonCounts, console: Console) -> None:
    of_meta = (
        f"{quantity(compared.candidates, 'candidate')} in {quantity(compared.meta_utility_calls, 'meta-utility call')}"
    )
    say(console, f"compared: {of_meta}; the value that selected one is too high on average, a new measurement is not")
    if compared.gate_comparisons:
        pairs = f"{quantity(compared.gate_comparisons, 'comparison')}, {quantity(compared.gate_pairs, 'pair')}"
        say(console, f"gate: {pairs}, {compared.gate_accepted} accepted")
