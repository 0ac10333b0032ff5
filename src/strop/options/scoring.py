"""How a command or an evaluator scores a program. Each option is declared once: name, type, default and help.

A field `time_limit` is the key `time_limit` of strop.toml, the setting `--set time_limit=10` of a command line and the keyword
`time_limit` of `strop.improve`; the fields named in `FLAGS` are flags of their own, too. The text below a field is its help.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_type_hints

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option, setting

if TYPE_CHECKING:  # what Python callers may give
    Text: TypeAlias = str | Path
    Texts: TypeAlias = str | Path | Sequence[str | Path]
    Score: TypeAlias = str | Sequence[str] | Mapping[str, str]
    Size: TypeAlias = int | str
    MetricValue: TypeAlias = float
    Range: TypeAlias = Sequence[float]
else:  # what is checked
    Text, Texts = str, tuple[str, ...]
    Score = Annotated[tuple[str, ...], "or a table"]
    Size = Annotated[int, "or a text"]
    MetricValue = Annotated[float, "of the metric"]
    Range = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ScoringOptions:
    """How a program is scored, and what of it may change. None, False and empty values stand for the default."""

    command: str = ""
    """Command that measures the program. It is run by `sh` in a copy of the folder, with {seed}, {input} and {case}
    filled in."""
    judge: str = ""
    """Command that scores the program's {output} in a jail. If the score is a time or memory, the judge only accepts
    the output, by exit status 0. {input}, {case}, {seed} and {program} are filled in."""
    evaluator: Text = ""
    """Python file with `evaluate(program_path)` that scores the program. Its format is that of OpenEvolve."""
    files: Texts = ()
    """Files that may change: paths and globs such as `'src/**/*.c'`."""
    only: Texts = ()
    """Function or marked region that alone may change. The rest is verified to be unchanged."""
    score: Score = ()
    """Score to read: `time`, `wall`, `memory`, `passed`, `tests`, `$.json.path`, or a regex. `NAME=HOW` gives it a
    name. The group of the regex is the number."""
    metric: Texts = ()
    """The score that decides: `NAME:max` or `NAME:min`. A score that is printed needs it. Scores that are neither the
    metric nor required are only shown."""
    range: Range | None = None
    """Least and greatest value of the metric, such as `[0, 1]`. A value outside of it is malformed. The search ends
    when the best value is reached."""
    require_metric: Texts = ()
    """Condition that a candidate must meet, such as `tests=1` or `memory<=1.1x`. With an `x` it is relative to the original's
    value. A timed function has `memory` and `loading`."""
    judge_files: Texts = ()
    """Globs of files that only the judge sees, such as answers. Neither the program nor its build has them."""
    judge_build: str = ""
    """Command that is run once in the judge's jail, before the judge."""
    cases: Texts = ()
    """Globs of files that are the instances. {input} is the path of the file, and {case} its name without the ending.
    Half of them are held out."""
    results: Texts = ()
    """Files that the command writes. A judge reads them beside {output}. Without a judge they must equal the
    original's, as the output must."""
    build: str = ""
    """Command that is run once for each candidate, before it is scored."""
    test: str = ""
    """Command of your tests, such as `'python -m pytest -q'`. No test that the original passes may fail or vanish. The
    tests run twice on the original, and once on the best candidate before it is compared."""
    instances: int | None = None
    """Runs for each candidate in training. The default is 5, or 3 if the score is a time, or 1 if the target chooses
    its inputs itself. Cases do not take it: each is run once."""
    held_out: int | None = None
    """Runs for the verdict, with other seeds than in training. The default is 10. Of cases, how many are held out: by
    default half of them."""
    time_limit: float | None = None
    """Seconds for one run of the command. The default is 60. A build may take a minute in any case, a judge 10 seconds,
    and the tests 10 minutes."""
    memory_limit: Size | None = None
    """Memory for one run, in bytes or as a text such as `'2 GiB'`. The default is 4 GiB."""
    fixed_input: bool = False
    """Whether one answer for all inputs is wanted. A program may then remember its answer, even if the score is a time
    or memory."""
    trust_programs: bool = False
    """Trust programs not to make their own score. A better result is then called better, and a fact says that
    programs were trusted."""
    best_known: MetricValue | None = None
    """Best known value of the metric, in its unit. It is shown beside the result."""
    context: Texts = ()
    """Files that the program reads and that the model is shown. They may not change. Copies of the folder leave out
    compiled files, and what a `.gitignore` names unless it is named here."""
    tool: Texts = ()
    """Folders or programs that commands may read and run beside the system's, such as a virtual environment."""
    environment: Mapping[str, str] | None = None
    """Variables of the environment of commands, as a table: `{ THREADS = '2' }`."""
    python: Text = ""
    """Interpreter or virtual environment of your code. It runs the function, evaluator or command, and is Python 3.9 or
    newer. The default is `.venv` beside `pyproject.toml`, else the active environment, else strop's own."""
    shared: bool = False
    """Run the program in its evaluator's process. There it can make its own score, so that a better result is called
    "by its own score"."""
    record: Texts = ()
    """Command whose calls of the function get faster. It runs as you would run it, and its calls are recorded. Or give
    `@FILE`, with calls that `strop check --keep FILE` kept."""
    show_calls: bool = False
    """Let the model see values of recorded calls. Without it, the model sees their types and lengths."""
    calls: Texts = ()
    """Functions of the program that the evaluator calls, and that the program's text does not define, such as a
    `partial`."""
    seeded: bool = False
    """Whether the evaluator draws its inputs from STROP_SEED. An evaluator with a parameter `seed` or `seeds` does not
    need it."""
    name: str = ""
    """Name of the task. The default is the folder's name."""
    description: str = ""
    """What the model reads about the task. By default it is made of the other keys."""
    description_file: Text = ""
    """File with the description, such as the statement of a problem."""


FLAGS = (
    "command", "judge", "test", "evaluator", "python", "files", "only", "score", "metric", "require_metric", "trust_programs",
    "shared", "record", "show_calls",
)  # fmt: skip
"""The options that are flags; a command line gives all others by `--set KEY=VALUE`."""
NOT_IN_FILE = ("evaluator", "python", "shared", "calls", "seeded", "trust_programs", "record", "show_calls")
"""The options that strop.toml cannot set: those of evaluators and functions, and trust, which a folder cannot grant itself."""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, (str, Path))


def _is_texts(value: object) -> bool:
    return _is_text(value) or (isinstance(value, (list, tuple)) and all(map(_is_text, value)))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())


def is_finite(value: object) -> bool:
    """Whether a value is a finite number."""
    return _is_number(value) and abs(value) <= sys.float_info.max  # type: ignore[arg-type]


def _is_range(value: object) -> bool:
    is_pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(map(is_finite, value))
    return is_pair and value[0] < value[1]  # type: ignore[index]


FORMS: Mapping[object, tuple[Callable[[object], bool], str]] = {
    str: (_is_text, "text in quotes"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (lambda value: _is_number(value) and not isinstance(value, float), "a whole number"),
    float: (is_finite, "a number of seconds"),
    Texts: (_is_texts, "a list of texts"),
    Score: (lambda value: _is_texts(value) or _is_table(value), "text in quotes, or a table { NAME = 'HOW' }"),
    MetricValue: (is_finite, "a finite number"),
    Size: (lambda value: _is_text(value) or isinstance(value, int), "a number of bytes, or a text such as '2 GiB'"),
    Mapping[str, str]: (_is_table, "a table { NAME = 'VALUE' }"),
    Range: (_is_range, "a list of two numbers, such as [0, 1]"),
}
"""Type → a function that says whether a value has it, and the name of the type in messages."""


@cache
def type_of(key: str) -> object:
    """The type of an option, without None."""
    hint = get_type_hints(ScoringOptions, include_extras=True)[key]
    return hint if hint in FORMS else next(kind for kind in get_args(hint) if kind in FORMS)


def check_options(values: Mapping[str, object], keys: Sequence[str] = ()) -> ScoringOptions:
    """The options with these values. Paths become texts, lists tuples, and sizes bytes. `keys`: more keys to suggest in errors.

    Raises:
        ConfigurationError: a key does not exist, or a value is of another type.
    """
    option_names = [field.name for field in fields(ScoringOptions)]
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in option_names:
            raise ConfigurationError(f"there is no key {key!r:.90}{_suggestion(key, [*keys, *option_names])}")
        kind = type_of(key)
        is_right, form = FORMS[kind]
        if not is_right(value):
            raise ConfigurationError(f"{key} is {form}, not {json.dumps(value, default=str)[:90]}")
        checked[key] = _converted(kind, value)
    return ScoringOptions(**checked)


def given_options(options: ScoringOptions) -> dict[str, Any]:
    """The options that differ from their default, by name."""
    defaults = {field.name: field.default for field in fields(ScoringOptions) if field.default is not MISSING}
    values = {name: getattr(options, name) for name in defaults}
    return {name: value for name, value in values.items() if value != defaults[name] and value is not None}


def parse_settings(settings: Sequence[str]) -> dict[str, object]:
    """The options of `--set KEY=VALUE`, by key. VALUE is TOML or plain text. A repeated list option adds to its values.

    Raises:
        ConfigurationError: a setting has no `=`, or its key does not exist.
    """
    values: dict[str, Any] = {}
    for assignment in settings:
        key, equals, text = assignment.partition("=")
        key = key.strip().replace("-", "_")
        if not equals:
            raise ConfigurationError(f"--set {assignment!r:.90}: expected KEY=VALUE")
        if key not in ScoringOptions.__dataclass_fields__:
            check_options({key: text})
        value, kind = _parse_value(text), type_of(key)
        if not FORMS[kind][0](value):
            value = text
        if kind in (Texts, Score) and key in values and not isinstance(value, Mapping):
            value = (*_converted(kind, values[key]), *_converted(kind, value))
        values[key] = value
    return values


def texts_of(named: Any) -> tuple[str, ...]:
    """The texts of an option that takes one or several, without empty ones."""
    return tuple(filter(None, map(str, [named] if isinstance(named, (str, Path)) else named or ())))


def flag_of(key: str) -> str:
    """The option as a user writes it on a command line: a flag, or `--set KEY=`."""
    return option(key) if key in FLAGS else setting(key)


def write_toml(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, Path)):
        return _quoted(str(value))
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(write_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_quoted(key)} = {write_toml(entry)}' for key, entry in value.items())} }}"
    return repr(value)


def _quoted(text: str) -> str:
    """A text as TOML: a literal string if it has backslashes and may be literal, else a string with escapes."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parse_value(text: str) -> object:
    import tomllib

    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _converted(kind: object, value: Any) -> Any:
    if kind is Size and isinstance(value, str):
        return _bytes(value)
    if kind in (float, MetricValue):
        return float(value)
    if kind in (Texts, Score) and not isinstance(value, Mapping):
        return (str(value),) if isinstance(value, (str, Path)) else tuple(map(str, value))
    return str(value) if kind is str else value


def _suggestion(key: str, names: Sequence[str]) -> str:
    import difflib

    plain = key.replace("-", "_").lower()
    close = difflib.get_close_matches(plain, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; choose one of: {', '.join(names)}"


_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")


def _bytes(size: str) -> int:
    parts = _SIZE.fullmatch(size.strip())
    if parts is None or parts[2].lower() not in _UNITS or not is_finite(float(parts[1])):
        raise ConfigurationError(f"memory_limit is a number of bytes, or a text such as '2 GiB', not {size!r:.90}")
    return int(float(parts[1]) * _UNITS[parts[2].lower()])
