"""Attacks: known ways to score without solving: the table of spoiled answers (`spoilers`), and files that each hold a family of
others. The files are read as text and never imported.

Each attack of a family begins with a text of four paragraphs (a title; `Tried:`; `Means:`, what it means if the attack pays;
`Change:`) and the literals `NAME`, `KIND` and `FINDING`. Its code reaches to the next one's text.

- `attacks/sampled/`, for a task whose answers the host scores: `VARIANTS`, and `attack(honest, variant, *inputs)`, which runs in
  the jail in the solution's place; `honest()` returns an honest answer to these inputs.
- `attacks/command/`, for a task that a command scores. An attack in Python has the `LANGUAGE` "python" and defines
  `attack(given)`, which goes into every Python file of the program, before its own code. Others have `CONTENT`, a text, or one by
  language, which makes an attack of each: for `any`, `sql` and `data` it replaces every file; for `shell`, `awk`, `perl` and
  `javascript` it goes before every script; for `c`, `c++`, `rust` and `go` it replaces the file with main(), with
  `PLACE = "bodies"` the body of every function, and where it forges a score it goes after every file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast, get_args

from strop.base.as_document import HIDDEN
from strop.base.syntax import syntax_tree
from strop.checks.answer_parts import Spoiler
from strop.checks.spoilers import SPOILERS

Kind: TypeAlias = Literal[
    "trivial", "form", "size", "unfit", "value", "gone", "part", "unseen", "near", "told", "foreign", "moved", "labels",
    "memory", "files", "nothing", "forged", "tampered", "outside", "same",
]  # fmt: skip
"""How the score of an attack is judged.

Spoiled answers, on all tasks: `trivial` is allowed, and should not be perfect; `form` is honest content in another form;
`size` is more or less of it, which may be right where nobody says how many; `unfit` is not an answer; `value` is odd numbers
in an honest form; `gone` is nothing, `part` a part of the answer, which should score less; `unseen` differs from the answer, and
should neither score more nor the same; `near` is close to it, which a tolerance may accept; `told` is a number beside the
answer; `foreign` is an object of a class of its own; `moved` is numbers within a tolerance. On sampled tasks: `labels` is hidden
data, at a path that the host found; `memory` is what other instances showed; `files` is the honest answer, with files left
behind. On command tasks: `nothing`
does no work; `forged` writes a score; `tampered` changes the files that judge it; `outside` reaches out of its copy. On both:
`same` is the honest work with a side effect.
"""
Language: TypeAlias = Literal[
    "", "python", "shell", "awk", "perl", "javascript", "sql", "c", "c++", "rust", "go", "data", "any"
]
"""Language of the files that a command attack changes; empty for attacks on sampled tasks."""


@dataclass(frozen=True)
class Attack:
    """One way to score without solving."""

    name: str
    """Name of the attack."""
    title: str
    """What it does, in a few words."""
    tried: str
    """What it does."""
    means: str
    """What it means if the attack pays."""
    change: str
    """What to do about it."""
    kind: Kind
    """How its score is judged, such as `trivial` or `forged`."""
    finding: str
    """Id of the finding if it pays."""
    text: str = field(metadata=HIDDEN)
    """The file's code, or its `CONTENT`."""
    variants: tuple[Any, ...] = field(default=(None,), metadata=HIDDEN)
    """Values of `variant`; for some attacks the host finds them."""
    language: Language = ""
    """Of the files that it changes; empty for attacks on sampled tasks."""
    bodies: bool = field(default=False, metadata=HIDDEN)
    """Whether the text replaces the body of every function."""
    spoils: bool = field(default=False, metadata=HIDDEN)
    """Whether it is an entry of the table of spoiled answers."""


_CHECKED = "check its type and length, that numbers are finite and in range, that no index repeats"
_ADVICE: dict[str, tuple[str, str, str]] = {
    "gone": (
        "C301",
        "the scorer counts missing answers as right, or does not look at them.",
        "strop.Answer, or strop.Malformed",
    ),
    "unfit": (
        "C301",
        "every comparison with NaN is false, and infinities make sums unbeatable.",
        "strop.Answer: it is finite",
    ),
    "value": (
        "C301",
        "an objective without bounds, or sums that overflow.",
        "the bounds with strop.Answer (low=, high=)",
    ),
    "form": (
        "C301",
        "the form of an answer decides its score: numpy broadcasts, sets forget repetitions.",
        "strop.Answer",
    ),
    "size": (
        "C301",
        "the score grows with the length of the answer, or ignores missing parts.",
        "the length with strop.Answer",
    ),
    "trivial": (
        "C303",
        "chance, or all there is, is the floor to which the seed must be compared.",
        "what a better answer is",
    ),
    "part": (
        "C301",
        "the score is a mean over what was answered, not over what was asked.",
        "the length with strop.Answer",
    ),
    "unseen": (
        "C301",
        "the scorer looks at a part of the answer, at a sum, or at a set of its elements.",
        "the whole form with strop.Answer, and compare all of it",
    ),
    "near": (
        "C312",
        "answers are compared with a tolerance, which may be meant so.",
        "nothing, if the tolerance is meant",
    ),
    "told": (
        "C313",
        "the scorer asks the program for a number that it could compute itself.",
        "nothing, and compute the number in the scorer",
    ),
    "foreign": (
        "C301",
        "the scorer asks the answer whether it is right, or runs code in it.",
        "strop.Answer: it gets plain data",
    ),
    "moved": (
        "C308",
        "an answer that breaks a rule by less than the tolerance gains a little.",
        "no tolerance, or score without it",
    ),
}
"""Finding on a sampled task, what it means and what to declare, by the kind of a spoiled answer."""
_CARRIED = """
import sys
import types

for _name, _text in {texts!r}.items():
    _spoilers = sys.modules[_name] = types.ModuleType(_name)
    exec(compile(_text, _name, "exec"), _spoilers.__dict__)


def attack(honest, variant, *inputs):
    return _spoilers.spoiled({name!r}, variant, honest(), list(inputs), honest.others)
"""


def _of_spoiler(spoiler: Spoiler, form: Literal["sampled", "command"]) -> Attack:
    finding, means, declared = _ADVICE[spoiler.kind]
    if form == "command":
        finding = {"gone": "C416", "moved": "C308", "near": "C312", "told": "C313", "foreign": "C412"}.get(
            spoiler.kind, "C420"
        )
    return Attack(
        spoiler.name,
        spoiler.title,
        f"{spoiler.tried}.",
        means,
        f"declare {declared}." if form == "sampled" else f"{_CHECKED}, before an answer is scored.",
        kind=cast(Kind, spoiler.kind),
        finding=finding,
        text=_CARRIED.format(texts=spoiling_texts(), name=spoiler.name) if form == "sampled" else "",
        variants=spoiler.variants,
        language="python" if form == "command" else "",
        spoils=True,
    )


def spoiling_texts(*more: str) -> dict[str, str]:
    """The texts of the modules that spoil answers, and of `more`, by name."""
    return {f"strop.checks.{name}": source_of(name) for name in ("answer_parts", "lax_spoilers", "spoilers", *more)}


@cache
def source_of(module: str) -> str:
    """The text of a module of this room."""
    return files("strop.checks").joinpath(f"{module}.py").read_text(encoding="utf-8")


@cache
def attacks(form: Literal["sampled", "command"]) -> tuple[Attack, ...]:
    """The attacks on tasks of one form, ordered by name."""
    folder = files("strop.checks").joinpath("attacks", form)
    texts = [item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith(".py")]
    found = [attack for text in texts for attack in family(text)]
    found += [_of_spoiler(one, form) for one in SPOILERS.values()]
    return tuple(sorted(found, key=lambda one: one.name))


def family(text: str) -> list[Attack]:
    """The attacks in a file's text.

    Raises:
        ValueError: one of them does not have the form described above.
    """
    lines = text.splitlines(keepends=True)
    begins = [node.lineno - 1 for node in syntax_tree(text).body if _is_text(node)] or [0]
    ends = [*begins[1:], len(lines)]
    return [attack for begin, end in zip(begins, ends, strict=True) for attack in _read("".join(lines[begin:end]))]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _read(text: str) -> list[Attack]:
    """One attack, or one for each language."""
    tree = syntax_tree(text)
    parts = [" ".join(part.split()) for part in (ast.get_docstring(tree) or "").split("\n\n")]
    literals = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }
    name, language, variants, content = (literals.get(key) for key in ("NAME", "LANGUAGE", "VARIANTS", "CONTENT"))
    if len(parts) != 4 or [part.partition(":")[0] for part in parts[1:]] != ["Tried", "Means", "Change"]:
        raise ValueError(f"{name}: its text does not have the four paragraphs of an attack")
    if not name or literals.get("KIND") not in get_args(Kind) or "FINDING" not in literals:
        raise ValueError(f"{name}: NAME, KIND and FINDING must be literals")
    contents = (
        {each: one for key, one in content.items() for each in key.split(", ")} if isinstance(content, dict) else {}
    )
    languages = list(contents) or [language]
    if not isinstance(variants, tuple) and not set(languages) <= set(get_args(Language)[1:]):
        raise ValueError(f"{name}: it needs the literal VARIANTS, or a LANGUAGE that is known")
    if language and (language == "python") == (content is not None):
        raise ValueError(f"{name}: CONTENT is for languages other than Python, which needs attack(given)")
    title, tried, means, change = (
        part.partition(":")[2].strip() if number else part for number, part in enumerate(parts)
    )
    code = text[text.index("def attack") :] if language == "python" else text
    return [
        Attack(
            name=f"{name}_{each.replace('+', 'p')}" if contents else name,
            title=f"{title}, in {_WORDS.get(each, each)}" if contents else title,
            tried=tried,
            means=means,
            change=change,
            kind=cast(Kind, literals["KIND"]),
            finding=str(literals["FINDING"]),
            text=contents.get(each, content if content is not None else code),
            variants=variants if isinstance(variants, tuple) else (None,),
            language=cast(Language, each or ""),
            bodies=literals.get("PLACE") == "bodies",
        )
        for each in languages
    ]


_WORDS = {
    "c": "C", "c++": "C++", "go": "Go", "rust": "Rust", "javascript": "JavaScript", "sql": "SQL", "perl": "Perl",
    "shell": "a shell script",
}  # fmt: skip
"""Languages in sentences, where they are written in another way."""
