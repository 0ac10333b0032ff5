"""The page of the keys of strop.toml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from reference.markdown import code, elsewhere, page, prose, table
from strop.api.conventions import help_texts
from strop.base.surface import command_line
from strop.options.scoring import FLAGS, FORMS, NOT_IN_FILE, ScoringOptions, flag_of, type_of, write_toml
from strop.tasks.command.config import INSTANCES, TIMED
from strop.tasks.command.task import CommandTask

READERS = "For everybody who writes a `strop.toml`, or gives the same keys with `--set` or to `strop.improve`."
HEADINGS = ("key, flag", "value", "default", "meaning")
ROOT = "Path of the folder that holds the program, relative to the file. It may not lie outside of the file's folder."
MODEL = "Language model that `strop improve` asks where neither `--model` nor `STROP_MODEL` names one."
GROUPS = {
    "What may change": ("files", "only", "context"),
    "What is run": ("command", "build", "test", "tool", "environment", "time_limit", "memory_limit"),
    "How it is scored": (
        *("score", "metric", "require_metric", "range", "best_known"),
        *("judge", "judge_files", "judge_build", "results"),
    ),
    "On which inputs": ("cases", "instances", "held_out", "fixed_input"),
    "What the model reads": ("name", "description", "description_file"),
}
"""Sections of the page, in order. A key in none of them stands in a last section."""
DEFAULTS = {
    "files": "required",
    "command": "required",
    "instances": f"{code(INSTANCES)}; {code(TIMED)} where the score is a time",
    "held_out": code(CommandTask.test_instances),
    "time_limit": code(f"{CommandTask.time_limit:g}"),
    "memory_limit": code(f'"{CommandTask.memory_limit >> 30} GiB"'),
    "name": "the folder's name",
    "description": "made of the other keys",
}
"""The defaults that are found while a target is read."""


def keys_page() -> str:
    """The text of the page."""
    names = [one.name for one in fields(ScoringOptions)]
    grouped = {key for keys in GROUPS.values() for key in (*keys, *NOT_IN_FILE)}
    groups = GROUPS | {"Other keys": tuple(name for name in names if name not in grouped)}
    root = (code("root"), FORMS[str][1], code('"."'), ROOT)
    sections = [
        [f"## {title}", "", *table(HEADINGS, [*([root] if title == "What may change" else []), *_rows(keys)])]
        for title, keys in groups.items()
        if keys
    ]
    return page(
        "Keys of strop.toml",
        READERS,
        [
            "`strop.toml` describes a target that a command scores: a folder with a program in any language. "
            f"{elsewhere('Targets', 'targets.md')} shows how to write one, and `strop init NAME --form command` makes an "
            "example.",
            "",
            "On a command line `--set KEY=VALUE` gives any key, and the flag beside a key gives that key. In Python each key is "
            "a keyword of [`strop.improve`](python.md#stropimprove). What is given there replaces what the file says.",
        ],
        *sections,
        ["## The table `[run]`", "", *table(HEADINGS, [(code("model"), FORMS[str][1], "", MODEL)])],
        [
            "## Keys that no file has",
            "",
            "A command line and Python alone give these keys: they are for functions and evaluators, or they say what a folder "
            "cannot say of its own programs.",
            "",
            *table(HEADINGS, _rows(NOT_IN_FILE)),
        ],
    )


def _rows(keys: Iterable[str]) -> list[tuple[str, str, str, str]]:
    texts = help_texts(ScoringOptions)
    with command_line():
        names = {key: ", ".join([code(key), *([code(flag_of(key))] if key in FLAGS else [])]) for key in keys}
    return [(names[key], FORMS[type_of(key)][1], _default(key), prose(texts[key])) for key in names]


def _default(key: str) -> str:
    default = getattr(ScoringOptions, key)
    return DEFAULTS.get(key) or (code(write_toml(default)) if default not in ("", (), None) else "")
