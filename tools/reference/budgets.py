"""The page of the budgets."""

from __future__ import annotations

from dataclasses import replace

from reference.markdown import page, table
from strop.api.conventions import help_texts
from strop.cli.help import plain
from strop.options.run import DEFAULT_IMPROVER, OneImprovementOptions, SelectionOptions
from strop.runs.spec import PAPERS, RunSpec

READERS = "For everybody who compares a run with the paper's, or wants to know what a run may spend."
NAMES = ["utility_budget", "lm_budget", "max_responses", "copies", "iterations", "meta_budget", "selection"]
TEXT = """Each value is an option. T and the copies of the paper's setting (`strop run --paper`) are in the paper's text (§5.1,
§5.2). Its budgets are those of the published implementation (microsoft/stop, `config.py`)."""
MEANINGS = """One improvement may make `--lm-budget` LM calls of `--max-responses` responses each, and `--utility-budget`
evaluations. One self-improvement may score `--meta-budget` improvers. To score one takes `--copies` improvements of each task.

With `--meta-utility paper` all copies have the same training instances, and an improver learns only the û of another one.
With `full` the program that a copy returns is scored on instances of its own, and the improver also learns what the other
one did with which budgets.
With `--edits rewrite` the model writes whole programs, as in the paper."""


def budgets_page() -> str:
    """The budgets of the paper's setting, and the defaults of `strop run` and `strop improve`."""
    one = replace(RunSpec(), improver=DEFAULT_IMPROVER, **vars(OneImprovementOptions()))
    texts = help_texts(RunSpec) | {"improver": "The improver that the search begins with: I_0 of a run."}
    rows = []
    for name in (*NAMES, "gate_pairs", "gate_error", "meta_utility", "edits", "improver"):
        is_of_runs = name == "copies" or name in vars(SelectionOptions())
        paper, run, own = (f"`{getattr(spec, name)}`" for spec in (PAPERS, RunSpec(), one))
        meaning = plain(texts[name]).partition(": ")[0].partition(". ")[0].rstrip(".")
        flag = f"`--{name.replace('_', '-')}`"
        rows.append((flag, "–" if name.startswith("gate_") else paper, run, "–" if is_of_runs else own, meaning))
    headings = ("option", "the paper's", "`run`", "`improve`", "what it limits or chooses")
    return page("Budgets", READERS, TEXT.splitlines(), table(headings, rows), MEANINGS.splitlines())
