"""The metadata of a record, which describe its whole run: they are written and read here alone.

docs/reference/record.md describes the record for other tools, to which each entry is a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from strop.base.errors import ConfigurationError, StoreError
from strop.base.from_json import from_json
from strop.base.later import dataclass
from strop.base.solution import digest_of
from strop.runs.patching.source_files import SourceFiles, original_from
from strop.runs.spec import RunSpec
from strop.tasks.objective_facts import HOST_SCORES, ObjectiveFacts

T = TypeVar("T")
Arm = Literal["plain", "warning"]


ARMS: tuple[Arm, ...] = ("plain", "warning")
MOST_ASKED = 1_000_000
"""The largest number of responses for Table 2."""
OF_A_STUDY = re.compile(r"(.+)/seed-\d+:\d+")
"""The name of an improver of a study: `RUN:t` of a folder of `folder_of_seed`."""


def folder_of_seed(directory: Path, seed: int) -> Path:
    """The folder of the run with this seed, in that of a study."""
    return directory / f"seed-{seed}"


@dataclass(frozen=True)
class Asked:
    """How many improvements of each arm are judged for Table 2, and which arms.

    Raises:
        ConfigurationError: `n` is out of its range.
    """

    n: int
    arms: tuple[Arm, ...] = ARMS

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MOST_ASKED:
            raise ConfigurationError(f"--n is {self.n}; it must be between 1 and {MOST_ASKED}")


@dataclass(frozen=True)
class ProgramAsked:
    """What was asked for of a program whose functions strop finds, besides its configuration."""

    folder: str = "."
    """Where its command runs, as a path from the project's top."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The scoring options of each function: `python`, `test`, `tool`, `show_calls`, `fixed_input`. Of a suite `python`, `tool`,
    the paths of suites as `suite`, and the commands as `record`."""
    base: str = ""
    """The commit that a given change is compared with; empty if there is none."""
    with_: str = ""
    """The file or folder of a given change; empty if there is none."""


@dataclass(frozen=True)
class Named:
    """An improver and the name that the user gave it."""

    name: str
    """A shipped improver, a file, or RUN:t."""
    text: str
    trained_on: tuple[str, ...] = ()
    """The tasks that it was trained on, as far as a record or a result names them."""
    runs: tuple[str, ...] = ()
    """The records of `strop measure` whose searches it repeats; empty for every improver but `agent`."""

    @property
    def digest(self) -> str:
        return digest_of(self.text)


@dataclass(frozen=True, kw_only=True)
class Meta:
    """The metadata of a record. An entry that the record lacks is empty."""

    kind: str = "run"
    """The command: `run`, `improve`, `compare`, `measure`, `eval`, `against`, `table2`, `seeds`, `program`,
    `suite`, or `replay`."""
    tasks: tuple[str, ...] = ()
    """Names of the tasks."""
    task_digests: tuple[str, ...] = ()
    """The digest of each task, by which a record knows what it measured."""
    model: str = ""
    """Specification of the language model, such as `openai/gpt-4o` or `offline`."""
    is_language_model: bool = False
    """False for stand-ins such as `offline`."""
    secret: bytes = b""
    """The secret from which its instances and the random numbers of its guests derive."""
    spec: RunSpec | None = None
    """The configuration of its first session."""
    chosen: frozenset[str] = frozenset()
    """Tasks that choose their inputs themselves."""
    fixed_input: frozenset[str] = frozenset()
    """Tasks of which one answer for all inputs is wanted."""
    own_score_because: Mapping[str, str] = field(default_factory=dict)
    """Task → why its score is the program's own; without those whose programs the user trusts."""
    improver: str = ""
    """Text of I_0, or of the improver of `strop improve`."""
    original: SourceFiles | None = None
    """The user's files that `strop improve` started from; None for the task's own seed."""
    candidate: str = ""
    """Text of the program that `strop compare` compares with the original; empty where something searched for one."""
    sealed: bool = False
    """Whether somebody else searched through `strop serve`, which alone had the record."""
    said: tuple[str, ...] = ()
    """Lines for the user: for two versions of a project about files that differ and are the work tree's for both, for an agent
    about its searches."""
    objective: ObjectiveFacts = HOST_SCORES
    """The metric that is measured, and how it decides."""
    best_known: Mapping[str, float] = field(default_factory=dict)
    """Metric → the best known value."""
    comparisons: int | None = None
    """How many final comparisons of `strop improve` can show a difference; None if the record does not say."""
    improvers: tuple[Named, ...] = ()
    """The improvers that `strop eval` measures."""
    references: Mapping[str, tuple[str, str, float]] = field(default_factory=dict)
    """Task of `strop eval` → the metric of its best known value, or `utility`, `max` or `min`, and the value."""
    asked: Asked | None = None
    """What Table 2 was asked for."""
    seeds: tuple[int, ...] = ()
    """The seeds of the runs of `strop run --seeds`."""
    program: ProgramAsked | None = None
    """What was asked for of a program whose functions strop finds."""

    @property
    def task(self) -> str:
        """Names of the tasks, as one text."""
        return ", ".join(self.tasks)

    def texts(self, directory: Path) -> dict[str, str]:
        """The entries of a record in `directory`."""
        trained = {improver.name: improver.trained_on for improver in self.improvers if improver.trained_on}
        entries: dict[str, Any] = {
            "kind": self.kind,
            "task": self.task,
            "language_model": self.model,
            "is_language_model": self.is_language_model,
            "task_digests": self.task_digests,
            "secret": self.secret.hex(),
            "seed": None if self.spec is None else self.spec.seed,
            "spec": self.spec and self.spec.to_json(),
            "own_score_because": self.own_score_because,
            "fixed_input": sorted(self.fixed_input),
            "chosen": sorted(self.chosen),
            "improver": self.improver,
            "original": self.original and self.original.to_json(directory),
            "candidate": self.candidate,
            "sealed": self.sealed,
            "said": self.said,
            "best_known": self.best_known,
            "comparisons": self.comparisons,
            "objective": self.objective.to_json(),
            "improvers": [(improver.name, improver.digest) for improver in self.improvers],
            "improver_texts": {improver.digest: improver.text for improver in self.improvers},
            "trained_on": trained,
            "searches": {improver.name: improver.runs for improver in self.improvers if improver.runs},
            "references": self.references,
            "asked": self.asked and asdict(self.asked),
            "seeds": self.seeds,
            "program": self.program and asdict(self.program),
        }
        filled = {
            key: value for key, value in entries.items() if (isinstance(value, bool | int) and key != "sealed") or value
        }
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in filled.items()}


NOTHING_SAID = Meta()
"""Metadata without any entry."""


def read_meta(texts: Mapping[str, str], directory: Path) -> Meta:
    """The metadata of the record in `directory`, from the texts of its entries.

    Raises:
        StoreError: the record is damaged, because an entry cannot be read.
    """
    try:
        return _read(texts, directory)
    except (ConfigurationError, StoreError, ValueError) as error:
        raise StoreError(f"the record in {directory} is damaged: {error}") from error


def _read(texts: Mapping[str, str], directory: Path) -> Meta:
    def entry(key: str, kind: type[T], default: Any) -> T:
        try:
            return from_json(kind, texts[key]) if key in texts else default
        except ValueError as error:
            raise ValueError(f"of its {key.replace('_', ' ')}, {error}") from None

    def names(key: str) -> tuple[str, ...]:
        return entry(key, tuple[str, ...], ())

    by_digest = entry("improver_texts", dict[str, str], {})
    trained, searches = (entry(key, dict[str, tuple[str, ...]], {}) for key in ("trained_on", "searches"))
    improvers = entry("improvers", tuple[tuple[str, str], ...], ())
    if unknown := [name for name, digest in improvers if digest_of(by_digest.get(digest, "")) != digest]:
        raise ValueError(f"it has no text of the improver {unknown[0]}")
    return Meta(
        kind=texts.get("kind", "run"),
        tasks=tuple(texts["task"].split(", ")) if texts.get("task") else (),
        task_digests=names("task_digests"),
        model=texts.get("language_model", ""),
        is_language_model=entry("is_language_model", bool, False),
        secret=bytes.fromhex(texts.get("secret", "")),
        spec=RunSpec.from_json(texts["spec"]) if "spec" in texts else None,
        chosen=frozenset(names("chosen")),
        fixed_input=frozenset(names("fixed_input")),
        own_score_because=entry("own_score_because", dict[str, str], {}),
        improver=texts.get("improver", ""),
        original=original_from(texts["original"], directory) if "original" in texts else None,
        candidate=texts.get("candidate", ""),
        sealed=entry("sealed", bool, False),
        said=names("said"),
        objective=entry("objective", ObjectiveFacts, HOST_SCORES),
        best_known=entry("best_known", dict[str, float], {}),
        comparisons=entry("comparisons", int, None),
        references=entry("references", dict[str, tuple[str, str, float]], {}),
        asked=entry("asked", Asked, None),
        seeds=entry("seeds", tuple[int, ...], ()),
        program=entry("program", ProgramAsked, None),
        improvers=tuple(
            Named(name, by_digest[digest], trained.get(name, ()), searches.get(name, ())) for name, digest in improvers
        ),
    )
