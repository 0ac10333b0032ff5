"""The page of the Python API: every public name of strop."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import strop
from reference.documents import DOCUMENTS
from reference.exit_codes import section_of
from reference.markdown import anchor, code, page, prose, section, table
from strop.api.conventions import RecordOptions, help_texts, takes, without_metadata
from strop.base.errors import StropError
from strop.options.run import (
    ComparisonOptions,
    CopiesOptions,
    EnvironmentOptions,
    LimitOptions,
    ModelOptions,
)
from strop.options.scoring import ScoringOptions

READERS = "For everybody who calls strop from a script, a notebook or another program, or writes a task in Python."
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Improve, compare and measure programs": ("improve", "compare", "measure", "verdict", "check", "score"),
    "Improve and compare improvers": ("train", "evaluate"),
    "Read an earlier result": ("load",),
    "Write a target": ("improve_me", "note", "Malformed", "Task", "Answer", "Instance", "Construction", "Published"),
    "Results": ("Improved", "Attempt", "Trained", "Measured", "Checked", "Scored"),
    "A language model of your own": ("CallableModel",),
    "Errors": (
        *("StropError", "ConfigurationError", "LanguageModelError", "RunBudgetSpent", "TaskError", "SandboxError"),
        *("StoreError", "Interrupted"),
    ),
    "Parts of a run": ("RunSpec", "Budget", "Solution"),
}
"""Every public name, below the heading that says what it is for. A name that is in none stands below the last."""
GROUPS: Mapping[str, tuple[type, str]] = {
    "Scoring keywords": (
        ScoringOptions,
        "How a command or an evaluator scores a program, and what of it may change: the [keys of strop.toml](keys.md).",
    ),
    "Model keywords": (ModelOptions, "Which language model is asked."),
    "Budget keywords": (CopiesOptions, "How much one improvement of a program may spend when an improver is measured."),
    "Limit keywords": (LimitOptions, "What ends a search early. What was done before is kept."),
    "Comparison keywords": (ComparisonOptions, "How small a change a comparison shows, and how long it may take."),
    "Execution keywords": (
        EnvironmentOptions,
        "Which instances are drawn, how many programs run at once, and behind which protections.",
    ),
    "Record keywords": (RecordOptions, "Where a function keeps its record, and whether it shows progress."),
}
"""Keywords that several functions share: a function's section links to them."""
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "Improved": ("program", "files", "diff", "apply"),
    "Trained": ("improver",),
    "Measured": ("cell", "seed_solution"),
    "Attempt": ("counts",),
    "Scored": ("counts",),
    "Task": ("u_str", "count", "instance", "checked_score"),
    "Answer": ("checked",),
    "CallableModel": ("answer", "complete", "finish", "close"),
    "RunSpec": ("tasks", "downstream", "limits", "to_json", "from_json"),
    "Budget": ("child", "reserve", "hold", "settle", "used", "remaining"),
    "Solution": ("digest",),
}
"""Methods and properties of a class that users call."""
SET_BY_STROP = "Set by strop."
"""Ends the text of a field that users do not give."""
KINDS: Mapping[str, str] = {
    "Text": "`str` or `Path`",
    "Texts": "`str`, `Path`, or a list of them",
    "Score": "`str`, a list of `str`, or a `dict`",
    "Size": "`int` or `str`",
    "Known": "`float`",
    "Range": "two `float`",
    "ModelLike": "`str`, a list of `str`, a model or a function",
    "Models": "`str` or a list of `str`",
    "Time": "`float` or `str`",
    "Share": "`float` or `str`",
    "Require": "`str` or a list of `str`",
    "Count": "`int`",
    "Natural": "`int`",
    "Limit": "`int`",
    "MaxCost": "`float` or `None`",
    "Workers": "`str`",
    "TaskLike": "`str`, `Path`, a task or a marked function",
    "Edits": '`"auto"`, `"rewrite"` or `"blocks"`',
    "SelectionName": '`"paper"`, `"gated"` or `"archive"`',
    "Split": '`"train"` or `"test"`',
    "Shape": "a `tuple` of lengths",
    "Collection[Shape]": "several `tuple`",
    "Collection[Any]": "a list",
    "Mapping[str, Answer]": "`dict`",
    "list[Answer]": "`list`",
    "Mapping[str, str]": "`dict`",
    "Mapping[str, Any]": "`dict`",
    "tuple[Published, ...]": "a `tuple` of `Published`",
    "tuple[str, ...]": "a `tuple` of `str`",
    "tuple[int, int]": "two `int`",
    "Sequence[TaskLike]": "a list of these",
    "Sequence[str | Path]": "a list of them",
    "Sequence[tuple[Any, ...] | Mapping[str, Any]]": "a list of `tuple` or `dict`",
}
"""Names of types that stand for others, in words."""


@dataclass(frozen=True)
class Argument:
    """One argument of a function or class."""

    name: str
    kind: str
    default: str
    meaning: str

    def row(self) -> tuple[str, str, str, str]:
        return code(self.name), self.kind, self.default, self.meaning


def python_page() -> str:
    """The text of the page."""
    listed = {name for names in SECTIONS.values() for name in names}
    last = next(reversed(SECTIONS))
    sections = {**SECTIONS, last: (*SECTIONS[last], *(name for name in strop.__all__ if name not in listed))}
    contents = [
        table((heading, "what it is"), [(_link(name), _summary(name)) for name in names])
        for heading, names in sections.items()
    ]
    groups = [
        (f"### {title}", "", words, "", *table(_HEADINGS, [one.row() for one in _of_options(kind).values()]))
        for title, (kind, words) in GROUPS.items()
    ]
    return page(
        "Python API",
        READERS,
        [
            "`import strop` is all that is needed. [An example](../how-to/python.md) calls most functions.",
            "",
            "- Keywords are named like the options of the command, with `_` in place of `-`.",
            "- Nothing is printed unless `progress=True`. `rich.print(result)` and notebooks show what the command would print.",
            "- A task may be a `strop.Task` or a marked function itself. strop reads its file again: what your session changed "
            "in it does not count, and `strop resume` cannot continue a run whose task or model is in no file.",
            "- In the main thread Ctrl-C and SIGTERM stop the work in order, and raise `strop.Interrupted`.",
            "- Results hold texts that a program or a model wrote. Escape them when you show them yourself.",
        ],
        *contents,
        *(block for heading, names in sections.items() for block in _about(heading, names)),
        ["## Shared keywords", "", "Each can be given to the functions that link to it."],
        *groups,
    )


_HEADINGS = ("argument", "type", "default", "meaning")


def _link(name: str) -> str:
    return f"[`strop.{name}`](#{anchor(f'strop.{name}')})"


def _summary(name: str) -> str:
    """The first sentence about a name."""
    text = prose(inspect.getdoc(getattr(strop, name)) or "").partition(" Args:")[0]
    return re.split(r"(?<=[.:]) +(?=[A-Z`*(])", text, maxsplit=1)[0].rstrip(".:") + "."


def _about(heading: str, names: Sequence[str]) -> Iterator[Sequence[str]]:
    yield (f"## {heading}",)
    if heading == "Errors":
        yield ("Each says in one line what is wrong. A note on it says how to continue, where that is possible.",)
    for name in names:
        thing = getattr(strop, name)
        yield (f"### strop.{name}",)
        if inspect.isclass(thing) and issubclass(thing, Exception):
            yield from _of_error(thing)
        elif thing in _DOCUMENT_OF:
            yield from _of_result(name, thing)
        elif inspect.isclass(thing):
            yield from _of_class(name, thing)
        else:
            yield from _of_function(name, thing)


_DOCUMENT_OF = {kind: heading for heading, (kind, _) in DOCUMENTS.items()}


def _of_function(name: str, function: Any) -> Iterator[Sequence[str]]:
    doc = Docstring.of(function)
    meanings = {argument: _sentence(text) for argument, text in doc.sections.get("Args", {}).items()}
    arguments = _arguments(function, meanings)
    shared, links = _shared(arguments)
    own = [one for one in arguments if one not in shared]
    yield _signature(f"strop.{name}", function)
    yield doc.words
    yield table(_HEADINGS, [one.row() for one in own])
    if links:
        yield (f"It also takes the {' and '.join(filter(None, (', '.join(links[:-1]), links[-1])))}.",)
    yield from doc.ends(_result(function))


def _signature(name: str, function: Any) -> list[str]:
    """The call of a function, with the names and defaults of its arguments, in lines that fit a screen."""
    parts, is_keyword = [], False
    for one in inspect.signature(function).parameters.values():
        if one.kind is one.KEYWORD_ONLY and not is_keyword:
            parts, is_keyword = [*parts, "*"], True
        if one.name != "self":
            head = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
            parts.append(f"{head}{one.name}" + (f"={_default(one.default)}" if one.default is not one.empty else ""))
    whole = f"{name}({', '.join(parts)})"
    if len(whole) <= 84:
        return ["```python", whole, "```"]
    lines = textwrap.wrap(", ".join(parts) + ",", 80, break_long_words=False, break_on_hyphens=False)
    return ["```python", f"{name}(", *(f"    {line}" for line in lines), ")", "```"]


def _default(value: object) -> str:
    return getattr(value, "__name__", None) or (str(value) if isinstance(value, int) else repr(value)).replace("'", '"')


def _arguments(function: Any, meanings: Mapping[str, str]) -> list[Argument]:
    return [
        Argument(
            one.name,
            in_words(str(one.annotation)),
            code(_default(one.default)) if one.default is not one.empty else "",
            prose(meanings.get(one.name, "")),
        )
        for one in inspect.signature(function).parameters.values()
        if one.name != "self"
    ]


def _sentence(text: str) -> str:
    """A description as a sentence."""
    begin = text[:1] if text.startswith("strop ") else text[:1].upper()
    return f"{begin}{text[1:].removesuffix('.')}." if text else ""


def _of_options(kind: type) -> dict[str, Argument]:
    """The fields of a class of options, as a function takes them."""

    @takes(kind)
    def taker(options: Any) -> None:
        """Takes them.

        Args:
        """

    return {one.name: one for one in _arguments(taker, Docstring.of(taker).sections["Args"])}


def _of_fields(kind: type) -> list[Argument]:
    """The fields of a dataclass that users give."""
    return _arguments(_without(kind), help_texts(kind))


def _shared(arguments: Sequence[Argument]) -> tuple[set[Argument], list[str]]:
    """The arguments that stand in a group, and links to these groups."""
    shared: set[Argument] = set()
    links = []
    for title, (kind, _) in GROUPS.items():
        own = [one for one in _of_options(kind).values() if one in arguments]
        if len(own) > len(_of_options(kind)) / 2:
            shared.update(own)
            links.append(section(title).replace(title, title.lower(), 1))
    return shared, links


_OF_INSTANCE = re.compile(r"\bOf\[((?:[^\[\]]|\[[^\[\]]*\])*)\]")
"""The type of a value, or of a function that gets the instance and returns the value."""


def in_words(annotation: str) -> str:
    """The type of an argument: Python's own names as code, and others in words."""
    if annotation in ("Any", "object"):
        return "any"
    annotation = " | ".join(map(without_metadata, _alternatives(annotation)))
    alternatives = _alternatives(_OF_INSTANCE.sub(r"\1 | Callable[[Instance], Any]", annotation))
    parts = [KINDS.get(part) or _literal(part) or code(part) for part in alternatives]
    return " or ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _alternatives(annotation: str) -> list[str]:
    """The parts of `A | B[C | D] | E`."""
    parts, depth = [""], 0
    for token in re.split(r"( \| |[\[\]])", annotation):
        depth += {"[": 1, "]": -1}.get(token, 0)
        if token == " | " and not depth:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _literal(part: str) -> str:
    if part.startswith("Callable["):
        return "a function of the instance" if "[Instance]" in part else "a function"
    values = re.fullmatch(r"Literal\[(.*)\]", part)
    return " or ".join(code(value.replace("'", '"')) for value in values[1].split(", ")) if values else ""


def _result(function: Any) -> str:
    """What a function returns, as a link where the page has it."""
    names = re.findall(r"\w+", str(inspect.signature(function).return_annotation))
    return " or ".join(_link(name) for name in names if name in strop.__all__)


def _of_error(kind: type[Exception]) -> Iterator[Sequence[str]]:
    number = f" Exit code {section_in_codes(kind)}." if issubclass(kind, StropError) else " It is a `ValueError`."
    yield (" ".join(filter(None, Docstring.of(kind).words)) + number,)


def section_in_codes(kind: type[StropError]) -> str:
    if kind is strop.Interrupted:
        return "129, 130 or 143"
    return section_of(kind.exit_code).replace("(", "(exit-codes.md")


def _of_result(name: str, kind: type) -> Iterator[Sequence[str]]:
    heading = _DOCUMENT_OF[kind]
    yield Docstring.of(kind).words
    yield (f"Its attributes are the fields of the [JSON document of {code(heading)}](json.md#{anchor(heading)}).",)
    yield from _members(name, kind)


def _of_class(name: str, kind: type) -> Iterator[Sequence[str]]:
    if is_dataclass(kind):
        fields(kind)
        yield _signature(f"strop.{name}", _without(kind))
        yield Docstring.of(kind).words
        yield table(_HEADINGS, [one.row() for one in _of_fields(kind)])
    else:
        yield _signature(f"strop.{name}", kind.__init__)
        yield Docstring.of(kind).words
    yield from _members(name, kind)


def _without(kind: type) -> Any:
    """A function with the signature of a dataclass, without the fields that strop sets."""
    texts, signature = help_texts(kind), inspect.signature(kind)
    kept = [one for one in signature.parameters.values() if not texts.get(one.name, "").endswith(SET_BY_STROP)]

    def made() -> None: ...

    made.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return made


def _members(name: str, kind: type) -> Iterator[Sequence[str]]:
    rows = []
    for member in MEMBERS.get(name, ()):
        thing = inspect.getattr_static(kind, member, None)
        if thing is None:  # a field that the JSON document does not have
            rows.append((code(member), prose(help_texts(kind)[member])))
            continue
        function = getattr(thing, "fget", None) or getattr(thing, "func", None) or getattr(thing, "__func__", thing)
        call = "" if function is not thing and not isinstance(thing, staticmethod) else _call(function)
        doc = Docstring.of(function)
        raised = [f"Raises {code(error)}: {prose(text)}" for error, text in doc.sections.get("Raises", {}).items()]
        rows.append((code(f"{member}{call}"), " ".join(filter(None, (*doc.words, *raised)))))
    yield table(("method or property", "what it is"), rows)


def _call(function: Any) -> str:
    lines = _signature("", function)
    return " ".join(" ".join(line.strip() for line in lines[1:-1]).split()).replace("( ", "(").replace(", )", ")")


@dataclass(frozen=True)
class Docstring:
    """A docstring with the sections of Google's style."""

    words: list[str]
    sections: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, thing: Any) -> Docstring:
        text = inspect.getdoc(thing) or ""
        before, *rest = re.split(r"^(Args|Returns|Raises):\n", text, flags=re.MULTILINE)
        parts = dict(zip(rest[::2], rest[1::2], strict=True))
        paragraphs = [prose(paragraph) for paragraph in re.split(r"\n\s*\n", before.strip()) if paragraph]
        words = [line for paragraph in paragraphs for line in (paragraph, "")]
        return cls(words, {name: _entries(part) for name, part in parts.items()})

    def ends(self, result: str) -> Iterator[Sequence[str]]:
        """What a function returns and raises."""
        returned = " ".join(self.sections.get("Returns", {}).values())
        if returned or result:
            yield (
                f"Returns {' '.join(filter(None, (result, prose(f'{returned[:1].lower()}{returned[1:]}'))))}".rstrip(
                    "."
                )
                + ".",
            )
        rows = [
            (code(f"strop.{name}"), prose(_sentence(text))) for name, text in self.sections.get("Raises", {}).items()
        ]
        yield table(("raises", "when"), rows)


def _entries(part: str) -> dict[str, str]:
    """Name → text of the entries of a section; a text without a name has an empty one."""
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=    \S)", textwrap.dedent(part) if part.startswith("        ") else part.rstrip()):
        name, colon, text = entry.strip().partition(": ")
        is_named = colon and re.fullmatch(r"\*{0,2}\w+", name)
        entries[name if is_named else ""] = " ".join((text if is_named else entry).split())
    return entries
