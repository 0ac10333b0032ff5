"""Texts that a language model reads in place of strop's: descriptions of utilities, initial solutions and the seed improver.

They come from a folder: a checkout of the authors' repository (github.com/microsoft/stop), or files of one's own. strop has texts
of its own wherever the folder has none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from strop.base.errors import ConfigurationError
from strop.base.plain_file import read_plain
from strop.base.solution import LONGEST, digest_of
from strop.base.surface import option
from strop.base.unified_diff import plain_text
from strop.runs.spec import RunSpec, improver_text
from strop.tasks.base import META_TASK
from strop.tasks.paper.sandbox_flag.task import NAME as SANDBOX_FLAG
from strop.tasks.paper.self_improvement.task import self_improvement

if TYPE_CHECKING:
    from strop.tasks.command.task import AnyTask

DESCRIPTION, PROGRAM = ".txt", ".py"
"""What follows the name of a task in the name of its text: the description u_str, and the program that a search starts from."""
AUTHORS = {
    META_TASK: "meta_optimization",
    SANDBOX_FLAG: "sandbox",
    "lpn": "parity_noise",
    "string-grid-distance": "str_grid_dist",
    "modified-qap": "modified_quadratic_assignment",
    "3sat": "three_sat",
    "maxcut": "maxcut",
    "parity": "parity_noiseless",
}
"""Task → its folder below `tasks` in the authors' repository."""
_FILES = {DESCRIPTION: "utility.py", PROGRAM: "seed_algorithm.py"}
IMPROVER = META_TASK + PROGRAM
"""The text of the seed improver."""


def read_texts(folder: str) -> dict[str, str]:
    """Name → text of the files of a folder: `TASK.txt`, the description of a utility, and `TASK.py`, an initial solution. That of
    `self-improvement` is the seed improver.

    Raises:
        ConfigurationError: there is no such folder, it has none of these files, or one is no text.
    """
    top, names = Path(folder), {kind: f"TASK{kind}" for kind in _FILES}
    files = {
        f"{task}{kind}": top / "tasks" / own / name for task, own in AUTHORS.items() for kind, name in _FILES.items()
    }
    if not (top / "tasks").is_dir():
        files = {path.name: path for path in sorted(top.glob("*")) if path.suffix in names}
    texts = {name: _text_in(path) for name, path in files.items() if os.path.lexists(path)}
    if not texts:
        raise ConfigurationError(
            f"{option('texts')} {folder} has no text: name a checkout of github.com/microsoft/stop, or a folder with files "
            f"{' and '.join(names.values())}, such as lpn.txt and {IMPROVER}"
        )
    return texts


def _text_in(file: Path) -> str:
    """The text of a file. A folder from elsewhere must not give a model what a link leads to."""
    content = read_plain(file, LONGEST)
    try:
        text = plain_text(content[0].decode("utf-8")) if content else ""
    except UnicodeDecodeError:
        text = ""
    if not text.strip():
        raise ConfigurationError(
            f"{option('texts')}: {file} must be a file, and no link, with a text in UTF-8 of at most {LONGEST:,} bytes; "
            "remove it to have strop's own text"
        )
    return text


def with_texts(tasks: Iterable[AnyTask], texts: Mapping[str, str]) -> tuple[AnyTask, ...]:
    """The tasks with their texts. A task whose seed is in a file of a project keeps that."""

    def own(task: AnyTask) -> AnyTask:
        if task.root is not None or task.mark is not None:
            return task
        description, seed = (texts.get(task.name + kind) for kind in _FILES)
        return replace(task, given=description or "", seed=seed or task.seed)

    return tuple(map(own, tasks))


def meta_description(spec: RunSpec) -> str:
    """u_str of the meta-utility, grey-box (§3), with the budgets of this run unless it is a given text."""
    own = spec.given_texts.get(META_TASK + DESCRIPTION)
    return own or self_improvement().u_str(asdict(spec) | {"copies": spec.downstream})


def seed_improver(spec: RunSpec) -> str:
    """The text of the seed improver: a given one, else strop's."""
    return spec.given_texts.get(IMPROVER) or improver_text("seed")


def said_of_texts(spec: RunSpec | None, tasks: Sequence[str] = ()) -> tuple[str, ...]:
    """A line that says which texts of `tasks` (by default û's and the spec's) are given, and which are strop's own; none if no
    folder was named."""
    if spec is None or not spec.given_texts:
        return ()
    wanted = [f"{task}{kind}" for task in tasks or (META_TASK, *spec.tasks) for kind in _FILES]
    given = [f"{name} {digest_of(spec.given_texts[name])[:12]}" for name in wanted if name in spec.given_texts]
    own = [name for name in wanted if name not in spec.given_texts]
    unused = [name for name in spec.given_texts if name not in wanted and name.rpartition(".")[0] not in AUTHORS]
    parts = {"texts given": given or ["none"], "strop's own": own, "of no task of this run, so not used": unused}
    return ("; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names),)
