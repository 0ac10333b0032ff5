"""Makes the reference from declarations: the pages of commands, options and keys, and of documents and events, for the site, in
build/reference; and tables of docs/models.md, docs/results.md and docs/train.md.

python tools/make_reference.py            # write all of it
python tools/make_reference.py --check    # exit code 1 if a table is stale
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions

from strop.analysis import unsandboxing
from strop.analysis.search import Search, SearchBehaviour
from strop.analysis.stats import means, proportions
from strop.api.conventions import help_texts
from strop.base import results
from strop.base.as_document import computed, names_of
from strop.base.budget import Grant
from strop.base.events import KINDS as EVENTS
from strop.base.events import Event
from strop.base.plugins import Installed
from strop.base.protections import Posture, Protection
from strop.checks.checked import Checked, CheckProblem
from strop.cli.app import COMMANDS, application
from strop.cli.commands.list import KINDS
from strop.cli.commands.reproduce import PROTOCOLS
from strop.cli.help import plain, text_of
from strop.core import metric_change
from strop.evaluation.base import Machine
from strop.evaluation.machines import Machines
from strop.lm.base import Completion, Fault
from strop.lm.probe import ModelAnswer
from strop.lm.providers import PROVIDERS
from strop.options.run import DEFAULT_IMPROVER, OneImprovementOptions, SelectionOptions
from strop.options.scoring import FLAGS, FORMS, NOT_IN_FILE, ScoringOptions, type_of
from strop.reproduce import baselines, fig4, over_seeds, reproduction, table1
from strop.runs import finding, plan, run_data
from strop.runs.listing import RunListing
from strop.runs.replay_diff import ReplayDifference, Replayed
from strop.runs.results import enforced, improved, listings, measured, parts, tasks, trained
from strop.runs.results.parts import AnswerCounts, Noted
from strop.runs.score import Scored
from strop.runs.spec import PAPERS, RunSpec
from strop.store.schema import VIEWS
from strop.tasks.problem import Published
from strop.watch import hot

DOCS = Path(__file__).resolve().parents[1] / "docs"
BUILD = DOCS.parent / "build" / "reference"
TEMPLATE = Path(__file__).with_name("json.template.md")
SHARED = 3
"""Options of so many commands or more are described once."""
GROUPS: dict[str, tuple[str, ...]] = {
    "Target options": ("check", "improve", "score"),
    "Search options": ("improve", "run", "eval"),
    "Limits and progress": ("improve", "run", "eval", "resume"),
    "Options of every protocol": tuple(f"reproduce {name}" for name in PROTOCOLS if name != "table2"),
}
"""Options that the same commands share, give or take one command, are described together."""
OTHERS = "Options of several commands"
FLAGS_HEAD = """# Commands, options and keys

Results go to standard output, everything else to standard error; `--json` prints [one document](json.md). `strop --help`
lists the commands, `strop COMMAND --help` shows the everyday options of one, `strop COMMAND --help-all` all of them.
`strop --install-completion` installs completion for bash, zsh or fish.

| exit code | meaning |
|---|---|
| 0 | finished |
| 1 | internal error, or a record that cannot be read |
| 2 | wrong usage |
| 3 | the language model failed |
| 4 | a budget is spent |
| 5 | the task is broken |
| 7 | the sandbox failed, or an attack of the self-test succeeded |
| 8 | a replay differs from its record |
| 9 | `strop improve --apply` did not apply a program that measures better, because it is held back |
| 129, 130, 143 | closed terminal, Ctrl-C, SIGTERM |
"""


@dataclass(frozen=True)
class Option:
    """An option or argument of a command."""

    names: str
    meaning: str

    def row(self) -> str:
        return f"- {self.names}: {self.meaning}"


class Collector:
    """A formatter of help that keeps what it is given."""

    def __init__(self) -> None:
        self.description = ""
        self.options: list[Option] = []

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        if panel.format == "parameter":
            self.options += map(_option, panel.entries)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None: ...

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:
        self.description = text_of(description).strip()


def _option(entry: HelpEntry) -> Option:
    names = ", ".join(f"`{name}`" for name in entry.display_labels)
    notes = [plain(text_of(entry.description or ""))]
    notes += [f"Default: `{entry.default}`."] if entry.default is not None else []
    notes += [f"Choices: {', '.join(entry.choices)}."] if entry.choices and entry.metavar else []
    notes += [f"Environment: `{', '.join(entry.env_var)}`."] if entry.env_var else []
    return Option(names, _cell(" ".join(notes)))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def commands() -> Iterator[tuple[str, Collector]]:
    """Each command with its description and options."""
    for name in COMMANDS:
        kinds = KINDS if name == "list" else PROTOCOLS if name == "reproduce" else ()
        for words in [[name, kind] for kind in kinds] or [[name]]:
            collector = Collector()
            app = application(words)
            app.help_formatter = collector
            app.help_print(words, console=Console(file=io.StringIO()))
            yield " ".join(words), collector


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def flags_page() -> str:
    """Commands, options and keys."""
    collected = dict(commands())
    grouped = _grouped(collected)
    lines = [FLAGS_HEAD]
    for title, options in grouped.items():
        lines += [f"## {title}", "", *(option.row() for option in options), ""]
    for name, collector in collected.items():
        groups = [title for title, members in GROUPS.items() if name in members]
        known = {option for title in groups for option in grouped[title]}
        shared = {option for options in grouped.values() for option in options}
        own = [option for option in collector.options if option not in shared]
        others = [option.names.partition(",")[0] for option in collector.options if option in shared - known]
        also = [f"[{title.lower()}](#{_slug(title)})" for title in groups] + others
        lines += [f"## strop {name}", "", _cell(" ".join(collector.description.split())), ""]
        lines += [*(option.row() for option in own), ""] if own else []
        lines += [f"Also: {', '.join(also)}.", ""] if also else []
    return "\n".join([*lines, *_keys()]) + "\n"


def _grouped(collected: dict[str, Collector]) -> dict[str, list[Option]]:
    """The options of several commands, by the title of their group."""
    owners: dict[Option, set[str]] = {}
    for name, collector in collected.items():
        for option in collector.options:
            owners.setdefault(option, set()).add(name)
    grouped: dict[str, list[Option]] = {title: [] for title in [*GROUPS, OTHERS]}
    for option, names in owners.items():
        if len(names) >= SHARED:
            distance = {title: len(names ^ set(members)) for title, members in GROUPS.items()}
            nearest = min(distance, key=lambda title: distance[title])
            grouped[nearest if distance[nearest] <= 1 else OTHERS].append(option)
    return grouped


def _keys() -> list[str]:
    """The keys of strop.toml."""
    texts = help_texts(ScoringOptions)
    keys = [field.name for field in fields(ScoringOptions) if field.name not in NOT_IN_FILE]
    flags = [key for key in keys if key in FLAGS]
    lines = [
        "## strop.toml",
        "",
        "`strop.improve` has keywords of the same names, and `--set KEY=VALUE` gives any of them on a command line.",
        f"With a [flag](#target-options) of their own: {', '.join(f'`{key}` ({FORMS[type_of(key)][1]})' for key in flags)}. "
        "The others:",
        "",
        "- `root` (text in quotes): Path of the folder, relative to the file; `.` by default.",
    ]
    others = [key for key in keys if key not in flags]
    return lines + [f"- `{key}` ({FORMS[type_of(key)][1]}): {_cell(plain(texts[key]))}" for key in others]


DOCUMENTS: dict[str, tuple[type, str]] = {
    "run": (trained.Trained, "`strop run`, and `strop show` for a record, print it."),
    "run --seeds": (over_seeds.OverSeeds, "`strop run --seeds`, and `strop show` for its folder, print it."),
    "One of several runs": (over_seeds.SeedRun, ""),
    "An iteration": (trained.Iteration, ""),
    "A task of an iteration": (trained.TaskSamples, ""),
    "A comparison of a gate": (results.Comparison, ""),
    "An estimate": (means.Estimate, ""),
    "A sample": (parts.Sample, ""),
    "A difference from the seed improver": (trained.FromSeed, ""),
    "Counts of comparisons": (trained.ComparisonCounts, ""),
    "A search": (Search, ""),
    "The behaviour of a search": (SearchBehaviour, ""),
    "A note": (Noted, ""),
    "Costs": (run_data.Costs, ""),
    "Spent": (run_data.Spent, ""),
    "Answers": (AnswerCounts, ""),
    "score": (Scored, "`strop score` prints it."),
    "improve": (improved.Improved, "`strop improve`, and `strop show` for its record, print it."),
    "A result of a record": (parts.RecordedResult, ""),
    "The record of an improvement": (improved.ImprovementRecord, ""),
    "improve, unfinished": (improved.Unfinished, "`strop show` prints it for an unfinished record."),
    "A program": (finding.ScoredProgram, ""),
    "An evaluation": (results.Evaluation, ""),
    "An improvement": (results.Improvement, ""),
    "A cost": (finding.Cost, ""),
    "A grant": (Grant, ""),
    "An objective": (metric_change.ObjectiveFacts, ""),
    "A metric": (metric_change.MetricFacts, ""),
    "A gain": (metric_change.Gain, ""),
    "eval": (measured.Measured, "`strop eval`, also with `--against`, and `strop show` for its record, print it."),
    "A measurement": (measured.Measurement, ""),
    "An ending": (measured.Ending, ""),
    "A seed solution": (measured.SeedSolution, ""),
    "A difference of improvers": (measured.Difference, ""),
    "hot": (hot.HotFunctions, "`strop hot` prints it."),
    "A hot function": (hot.HotFunction, ""),
    "check": (Checked, "`strop check` prints it."),
    "plan": (
        plan.Plan,
        "`--dry-run` of `strop run`, `strop improve`, `strop eval` and `strop reproduce PROTOCOL` prints it.",
    ),
    "A figure of a plan": (plan.Range, ""),
    "A problem of a task": (CheckProblem, ""),
    "apply": (improved.Applied, "`strop apply` prints it."),
    "replay": (Replayed, "`strop replay` prints it."),
    "A difference of a replay": (ReplayDifference, ""),
    "doctor": (enforced.Enforced, "`strop doctor` prints it."),
    "What a jail enforces": (Posture, ""),
    "A protection": (Protection, ""),
    "No workspaces": (enforced.NoWorkspaces, ""),
    "doctor --model": (ModelAnswer, "`strop doctor --model MODEL` prints it."),
    "A response": (Completion, ""),
    "A fault of a response": (Fault, ""),
    "doctor --workers": (Machines, "`strop doctor --workers WORKERS` prints it."),
    "A machine": (Machine, ""),
    "reproduce": (
        reproduction.Reproduction,
        "`strop reproduce PROTOCOL`, and `strop show` for the record of `table2`, print it ([reproduce](reproduce.md)).",
    ),
    "A curve": (fig4.Curve, "A row of `fig4` and `fig4-weak`."),
    "A measured improver": (baselines.ImproverRow, "A row of `baselines` and `strategies`."),
    "A task of Table 1": (table1.TaskRow, "A row of `table1`."),
    "An arm": (unsandboxing.ArmRates, "A row of `table2`."),
    "A value of the paper": (baselines.PaperValue, ""),
    "A rate": (unsandboxing.Rate, ""),
    "A test of two rates": (proportions.TwoProportions, ""),
    "A table": (reproduction.Table, ""),
    "A price": (run_data.TotalPrice, ""),
    "list improvers": (listings.Improvers, "`strop list improvers` prints it."),
    "An improver": (listings.ImproverListing, ""),
    "The program of an improver": (listings.ImproverProgram, "`strop list improvers NAME` prints it."),
    "An installed improver or task": (Installed, ""),
    "list tasks": (tasks.Tasks, "`strop list tasks` prints it."),
    "A task": (
        tasks.TaskListing,
        "`strop list tasks NAME` prints it, with the fields of its form, which follow.",
    ),
    "A scored task": (tasks.ScoredTask, ""),
    "A task of the paper": (tasks.PaperTask, ""),
    "A task of constructions": (tasks.ConstructionTask, ""),
    "A published value": (Published, ""),
    "A meta task": (tasks.MetaTaskListing, ""),
    "A task of a command": (tasks.CommandListing, ""),
    "list runs": (listings.Runs, "`strop list runs` prints it."),
    "A run of a list": (RunListing, ""),
}
"""Sections of the page of documents: a type, and which command prints it."""


def json_page() -> str:
    """Documents and events."""
    sections: list[str] = []
    for title, (kind, printed) in DOCUMENTS.items():
        sections += [f"## {title}", "", f"{_doc(kind)} {printed}".strip(), *_fields(kind, ())]
    shared = tuple(get_type_hints(Event))
    events: list[str] = []
    views = {kind: view for view, kind in VIEWS.items()}
    for name, kind in EVENTS.items():
        events += [f"### {name}", "", f"{_doc(kind)} View: `{views[kind]}`.", *_fields(kind, shared)]
    text = TEMPLATE.read_text(encoding="utf-8").replace("<!-- documents -->", "\n".join(sections).rstrip())
    return text.replace("<!-- events -->", "\n".join(events).rstrip())


def _doc(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def _fields(kind: type, without: tuple[str, ...]) -> list[str]:
    """The fields of a type, but for those of a base that has a section of its own."""
    texts, names = _texts_of(kind), _names(kind)
    hints = _hints(kind, names)
    base = next((one for one in kind.__mro__[1:] if one in _TITLES), None)
    known = {name for name in names if base and name in _names(base) and hints[name] == _hints(base, [name])[name]}
    names = [name for name in names if name not in known and name not in without and name[0] != "_"]
    for name in names:
        if isinstance(value := getattr(kind, name, None), computed):
            texts[name] = value.__doc__ or ""
    also = []
    if base:
        missing = ", ".join(f"`{name}`" for name in _names(base) if name not in _names(kind))
        without_these = f" but {missing}" if missing else ""
        also = [f"It has the fields of {_link(base)}{without_these}{', and:' if names else '.'}"]
    return [*also, "", *(_field(name, hints[name], texts.get(name, "")) for name in names), ""]


def _names(kind: type) -> list[str]:
    if issubclass(kind, Event) or not is_dataclass(kind):
        return list(get_type_hints(kind))
    return list(names_of(kind))


def _hints(kind: type, names: list[str]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    made = {name: value for name in names if isinstance(value := getattr(kind, name, None), computed)}
    return hints | {name: get_type_hints(value.fget)["return"] for name, value in made.items()}


def _field(name: str, hint: Any, text: str) -> str:
    kind, meaning = _type(hint), _cell(" ".join(text.split()))
    return f"- `{name}`{f' ({kind})' if kind != 'string' else ''}{': ' * bool(meaning)}{meaning}"


def _link(kind: type) -> str:
    """A link to the section of a type, in its words."""
    title = _TITLES[kind]
    return f"[{title.lower()}](#{_slug(title)})"


def _texts_of(kind: type) -> dict[str, str]:
    """The text below each field of a dataclass or TypedDict, its bases' included."""
    bases = getattr(kind, "__orig_bases__", kind.__bases__)
    module = sys.modules[kind.__module__]
    node = next(
        node for node in ast.parse(inspect.getsource(module)).body if getattr(node, "name", "") == kind.__name__
    )
    assert isinstance(node, ast.ClassDef)
    named = [getattr(module, base.id, None) for base in node.bases if isinstance(base, ast.Name)]
    texts: dict[str, str] = {}
    for base in [*named, *bases]:
        if isinstance(base, type) and base.__module__.startswith("strop.") and base is not kind:
            texts |= _texts_of(base)
    return texts | help_texts(kind)


_TYPES = {
    int: "int",
    float: "number",
    str: "string",
    Path: "string",
    Fraction: "string",
    bool: "bool",
    NoneType: "null",
}
_TITLES = {kind: title for title, (kind, _) in DOCUMENTS.items()}


def _type(hint: Any) -> str:
    """A type as JSON has it, with links to its section."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _TITLES:
        return _link(hint)
    if hint in _TYPES:
        return _TYPES[hint]
    if origin in (Union, UnionType):
        return " or ".join(_type(one) for one in arguments)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return "string"
    if origin in (list, tuple, Sequence):
        return "list of " + re.sub(r"^\[an? ", "[", _type(arguments[0])) if arguments else "list"
    return "object"


def train_page() -> str:
    """The text of docs/train.md with its table of the shipped improvers."""
    rows = [f"| `{one.improver}` | {one.idea} |" for one in listings.all_improvers().improvers]
    return _with_table("train.md", ["| improver | idea |", "|---|---|", *rows])


def models_page() -> str:
    """The text of docs/models.md with its table of what can answer."""
    rows = ["| `--model` | what answers | base URL | key |", "|---|---|---|---|"]
    for head, provider in PROVIDERS.items():
        variable = f"`{provider.url_variable}`, else " * bool(provider.url_variable)
        url = f"{variable}`{provider.url}`" if provider.url else "–"
        key = ", else ".join(f"`{name}`" for name in provider.key_variables) + ", if any" * (not provider.needs_key)
        rows.append(
            f"| `{head}{provider.rest}` | {provider.answers} | {url} | {key if provider.key_variables else '–'} |"
        )
    return _with_table("models.md", rows)


def _with_table(name: str, rows: list[str]) -> str:
    """A page with these rows in place of what stands between its two marks."""
    before, mark, rest = _text(DOCS / name).partition("<!-- generated -->\n")
    _, end, after = rest.partition("<!-- end -->")
    return "".join([before, mark, "\n".join(rows), "\n", end, after])


def budgets_page() -> str:
    """The budgets of the paper's setting, and the defaults of `strop run` and `strop improve`."""
    one = replace(RunSpec(), improver=DEFAULT_IMPROVER, **vars(OneImprovementOptions()))
    texts = help_texts(RunSpec) | {"improver": "The improver that the search begins with: I_0 of a run."}
    names = ["utility_budget", "lm_budget", "max_responses", "copies", "iterations", "meta_budget", "selection"]
    rows = ["| | option | the paper's | `run` | `improve` |", "|---|---|---|---|---|"]
    for name in (*names, "gate_pairs", "gate_error", "meta_utility", "edits", "improver"):
        of_runs = name == "copies" or name in vars(SelectionOptions())
        paper, run, own = (f"`{getattr(spec, name)}`" for spec in (PAPERS, RunSpec(), one))
        paper = "–" if name.startswith("gate_") else paper
        meaning = _cell(plain(texts[name]).partition(": ")[0].partition(". ")[0].rstrip("."))
        rows.append(f"| {meaning} | `--{name.replace('_', '-')}` | {paper} | {run} | {'–' if of_runs else own} |")
    head = (
        "# Budgets",
        "What a run may spend, in the paper's setting (`strop run --paper`) and by default. Each value is an option. T and the "
        "copies are in the paper's text (§5.1, §5.2); the budgets are those of its published implementation (microsoft/stop, "
        "`config.py`).",
        "\n".join(rows),
        "One improvement may make `--lm-budget` LM calls of `--max-responses` responses each, and `--utility-budget` "
        "evaluations. One self-improvement may score `--meta-budget` improvers. To score one takes `--copies` improvements of "
        "each task.",
        "*Instances and prompts.* With `--meta-utility paper` all copies have the same training instances, and an improver "
        "learns only the û of another one. With `full` each copy has instances of its own, and the improver also learns what "
        "the other one did with which budgets. With `--edits rewrite` the model writes whole programs, as in the paper.",
    )
    return "\n\n".join(head) + "\n"


REFERENCE = {"flags.md": flags_page, "json.md": json_page}
"""Whole pages, which are in no repository."""
PAGES = {
    "train.md": train_page,
    "models.md": models_page,
    "reference/budgets.md": budgets_page,
}


def main() -> int:
    """Write the pages, or check them."""
    stale = [name for name, make in PAGES.items() if _text(DOCS / name) != make()]
    if "--check" in sys.argv and stale:
        print("\n".join(f"docs/{name} is stale: run python tools/make_reference.py" for name in stale))
    if "--check" in sys.argv:
        return int(bool(stale))
    for name in stale:
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    BUILD.mkdir(parents=True, exist_ok=True)
    for name, make in REFERENCE.items():
        (BUILD / name).write_text(make(), encoding="utf-8")
    return 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
