"""A command task as a file, `strop.toml`: the same words as the flags of `strop improve`, one a line."""

from __future__ import annotations

import difflib
import glob
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from strop.base.console import notify
from strop.base.errors import ConfigurationError
from strop.base.terminal_text import escape
from strop.tasks.command.flags import from_flags
from strop.tasks.command.task import CommandTask

CONFIG = "strop.toml"
"""Name of the file, in the root of the tree that it describes unless it says another."""

_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_MOST_BYTES = 1 << 20
"""Of the file."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_texts(value: object) -> bool:
    return isinstance(value, str) or _is_list(value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _is_score(value: object) -> bool:
    return _is_texts(value) or _is_table(value)


def _is_size(value: object) -> bool:
    return _is_whole(value) or isinstance(value, str)


_TEXT, _TEXTS = "text in quotes", "a list of texts"
KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "name": (_is_text, _TEXT),
    "root": (_is_text, _TEXT),
    "files": (_is_texts, _TEXTS),
    "command": (_is_text, _TEXT),
    "build": (_is_text, _TEXT),
    "score": (_is_score, "text in quotes, or a table { NAME = 'HOW' }"),
    "metric": (_is_texts, _TEXTS),
    "require_metric": (_is_texts, _TEXTS),
    "pareto": (_is_flag, "true or false"),
    "instances": (_is_whole, "a whole number"),
    "held_out": (_is_whole, "a whole number"),
    "seeded": (_is_flag, "true or false"),
    "interleaved": (_is_flag, "true or false"),
    "compare_output": (_is_flag, "true or false"),
    "fixed_input": (_is_flag, "true or false"),
    "time_limit": (_is_number, "a number of seconds"),
    "memory_limit": (_is_size, "a number of bytes, or a text such as '2 GiB'"),
    "writable": (_is_texts, _TEXTS),
    "tool": (_is_texts, _TEXTS),
    "only": (_is_texts, _TEXTS),
    "new_files": (_is_texts, _TEXTS),
    "description": (_is_text, _TEXT),
    "environment": (_is_table, "a table { NAME = 'VALUE' }"),
}
"""Every key, whether a value is of its type, and that type in words."""

_MEANT = {
    "repeat": "instances",
    "test_instances": "held_out",
    "tools": "tool",
    "scores": "score",
    "metrics": "metric",
    "require": "require_metric",
    "constraints": "require_metric",
    "timeout": "time_limit",
    "memory": "memory_limit",
    "env": "environment",
    "run": "command",
    "cmd": "command",
}
"""Words of other tools, and of flags, that no likeness of letters leads from."""


def read_config(path: Path) -> CommandTask:
    """The task that a file describes.

    Raises:
        ConfigurationError: it cannot be read, or lacks or misspells something; the message names it.
    """
    written = _parsed(path)
    for key, value in written.items():
        if key not in KEYS:
            raise ConfigurationError(f"{path}: there is no key {key!r:.90}{_suggestion(key)}")
        is_right, form = KEYS[key]
        if not is_right(value):
            raise ConfigurationError(f"{path}: {key} is {form}, not {json.dumps(value, default=str)[:90]}")
    for key, why in (("files", "which files may change"), ("command", "what is run to measure a candidate")):
        if not written.get(key):
            raise ConfigurationError(f"{path}: {key} is missing: it says {why}")
    root = (path.parent / written.pop("root", ".")).absolute()
    if not root.resolve().is_relative_to(path.parent.resolve()):
        where = escape(str(root.resolve()))
        notify(f"{escape(str(path))}: its root lies outside of its folder: commands get a copy of all of {where}")
    try:
        return from_flags(root, **_arguments(path, written))
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def to_toml(task: CommandTask, root: str = "") -> str:
    """The task as the text of such a file; `root` is where its tree lies from there, the file's own folder when empty.

    Read again, with the same tree, it is the same task.
    """
    objective = task.objective
    lines = {
        "name": task.name,
        "root": root,
        "files": [glob.escape(path) for path in task.files],
        "build": task.build,
        "command": task.command,
        "score": dict(objective.readers),
        "metric": [f"{each.name}:{each.goal}:{each.weight!r}" for each in objective.metrics],
        "require_metric": [f"{each.name}{each.relation}{each.bound!r}" for each in objective.constraints],
        "pareto": objective.pareto,
        "instances": task.instances,
        "held_out": task.test_instances,
        "seeded": task.seeded,
        "interleaved": task.interleaved,
        "compare_output": task.compare_output,
        "fixed_input": task.fixed_input,
        "time_limit": task.time_limit,
        "memory_limit": task.memory_limit,
        "writable": list(task.writable),
        "tool": [str(each) for each in task.tools],
        "only": list(task.only),
        "new_files": list(task.new_files),
        "description": task.description,
        "environment": dict(task.environment),
    }
    kept = {key: value for key, value in lines.items() if value not in ("", [], {})}
    return "".join(f"{key} = {_toml(value)}\n" for key, value in kept.items())


def _parsed(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        if len(content) > _MOST_BYTES:
            raise ConfigurationError(f"{path} has more than 1 MiB: it describes no task")
        return tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{path} is no TOML: {error}") from error


def _suggestion(key: str) -> str:
    plain = key.replace("-", "_").lower()
    close = _MEANT.get(plain) or next(iter(difflib.get_close_matches(plain, KEYS, n=1)), None)
    return f"; did you mean {close}?" if close else f"; there are: {', '.join(KEYS)}"


def _arguments(path: Path, written: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a file as arguments of `from_flags`."""
    names = {"instances": "repeat"}
    lists = [key for key, (is_right, _) in KEYS.items() if is_right in (_is_texts, _is_score)]
    found = {names.get(key, key): value for key, value in written.items()}
    for key in lists:
        if isinstance(found.get(key), str):
            found[key] = [found[key]]
    if "memory_limit" in found:
        found["memory_limit"] = _bytes(path, found["memory_limit"])
    return found


def _bytes(path: Path, size: int | str) -> int:
    if isinstance(size, int):
        return size
    found = _SIZE.fullmatch(size.strip())
    if found is None or found[2].lower() not in _UNITS:
        raise ConfigurationError(
            f"{path}: memory_limit is a number of bytes, or a text such as '2 GiB', not {size!r:.90}"
        )
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_quoted(key)} = {_toml(each)}' for key, each in value.items())} }}"
    return repr(value)


def _quoted(text: str) -> str:
    """A text as TOML: as it is where it has backslashes and nothing that forbids it, else with escapes."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
