"""Options that several commands share. `strop.options.run` declares those of a run, `strop.options.scoring` those of scoring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter, Token

from strop.base.later import dataclass
from strop.options.choices import DisplayName
from strop.options.run import OUTPUT, Rare, Switch
from strop.options.scoring import FLAGS, ScoringOptions, given_options, parse_settings

RUNS = Path("runs")
"""The folder of runs, unless the user names a directory."""


def folder(kind: object, tokens: Sequence[Token]) -> Path:
    """The path of a folder. An empty name is an error, because it would mean the working folder."""
    if not tokens[0].value:
        raise ValueError("'' is not a folder; the working folder is .")
    return Path(tokens[0].value)


Folder = Annotated[Path | None, Parameter(converter=folder)]
Models = Annotated[tuple[str, ...], Parameter(name=("--model", "-m"), negative="", show_default=False)]
"""Specifications of language models; several are a mixture."""
Run = Annotated[
    Path | None,
    Parameter(name="RUN", help="Directory of the run, or the end of its name. The newest in runs/ by default."),
]
Runs = Annotated[
    Path,
    Parameter(
        name="RUN",
        help="Directories of runs, or the ends of their names. A folder of strop run --seeds stands for its runs. The newest in "
        "runs/ by default.",
    ),
]
Target = Annotated[
    str,
    Parameter(
        help="Task, folder with a strop.toml, or program with --command or --evaluator. A task is a name (`strop list tasks`), a "
        "file with a `strop.Task`, or a function (`module:name` or `file.py:name`) that is marked or whose calls --record "
        "records."
    ),
]
MaybeTarget = Annotated[
    str,
    Parameter(
        name="TARGET",
        show_default=False,
        help="Task, folder with a strop.toml, or program with --command or --evaluator. A task is a name (`strop list tasks`), a "
        "file with a `strop.Task`, or a function (`module:name` or `file.py:name`) that is marked or whose calls --record "
        "records. With --record it may be left out.",
    ),
]
Json = Annotated[bool, Switch, Parameter(name="--json", group=OUTPUT, help="Print one JSON document.")]
DryRun = Annotated[
    bool,
    Switch,
    Parameter(name="--dry-run", help="Print what this is expected to take, and the most it can take. Nothing is done."),
]
Out = Annotated[Path | None, Parameter(name="--out", group=OUTPUT, converter=folder)]
Tasks = Annotated[Sequence[str], Parameter(name="--task", negative="", show_default=" ".join)]
"""Tasks by name or file, at least one."""
TrustTask = Annotated[
    bool,
    Switch,
    Parameter(
        name="--trust-task",
        help="Trust the task that the run's directory holds. Its task file runs outside of a jail, and its strop.toml says what "
        "commands run and may read. It is needed if your own file of the task has gone or changed, or if another machine made "
        "the run; a marked function never needs it.",
    ),
]

_SCORING = Parameter(group=Group("Scoring", sort_key=1), negative="", show_default=False)
Scored = Annotated[ScoringOptions, Parameter(name="*", parse=f"^({'|'.join(('scored', *FLAGS))})$"), _SCORING]
Settings = Annotated[
    tuple[str, ...],
    _SCORING,
    Parameter(
        name="--set",
        help="KEY=VALUE with any key of strop.toml. For example build=make or instances=3; VALUE is TOML or plain text. "
        "`strop init NAME --form command` writes most keys with an explanation. May be given several times.",
    ),
]


def scoring_of(scored: ScoringOptions, settings: Sequence[str]) -> dict[str, object]:
    """The scoring options of a command line, by name.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    return parse_settings(settings) | given_options(scored)


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """What is shown and recorded."""

    quiet: Annotated[bool, Switch, Parameter(alias="-q")] = False
    """Show nothing while it runs."""
    as_json: Annotated[bool, Switch, Parameter(name="--json")] = False
    """Print one JSON document."""
    display: Annotated[DisplayName, Rare] = "auto"
    """Progress display: `auto`, `rich`, `plain` or `none`. With `auto` it is a live view on a terminal, and lines
    elsewhere."""
    no_report: Annotated[bool, Switch, Rare, Parameter(env_var="STROP_NO_REPORT")] = False
    """Do not write report.html into the run's directory."""
    track: Annotated[tuple[str, ...], Rare, Parameter(negative="", show_default=False)] = ()
    """Send settings, figures by iteration and totals to `mlflow` or `wandb`. May be given several times."""

    @property
    def mode(self) -> DisplayName:
        """How progress is shown."""
        return "none" if self.quiet else self.display


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class OutputOptions(ViewOptions):
    """What is shown and recorded, and where."""

    out: Annotated[Path | None, Parameter(converter=folder)] = None
    """Directory of the run. It must be new or empty. The default is a new one in runs/."""


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class CompareOutputOptions(OutputOptions):
    """What a comparison shows and records, and where."""

    as_markdown: Annotated[bool, Switch, Parameter(name="--markdown")] = False
    """Print the result as a comment for a pull request."""


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class MeasureOutputOptions(ViewOptions):
    """What a measurement shows, and where it is recorded."""

    out: Annotated[Path | None, Parameter(converter=folder)] = None
    """Directory of the record. The first measurement makes it, and each further one names it."""
