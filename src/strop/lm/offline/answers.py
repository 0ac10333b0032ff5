"""Compose answers as a model would: an idea in one sentence and a fenced program, or one of the ways in which models fail.

Every function takes its randomness as an argument and reads nothing but the request's text.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from strop.base.syntax import syntax_tree
from strop.lm.offline.adapt import adapt
from strop.lm.offline.answer_mix import BROKEN, Odds
from strop.lm.offline.library import Algorithm, Textbook
from strop.lm.offline.mutate import mutate
from strop.lm.offline.prompt import PromptProgram, parse, read_program
from strop.lm.offline.unsafe import switch_off

_CODE = re.compile(r"(^```python\n)(.*?)(^```$|\Z)", re.DOTALL | re.MULTILINE)
HOTTEST = 3.0
"""Higher temperatures count as this one."""


@dataclass(frozen=True)
class ProposedAnswer:
    """One answer and its origin (for studies of the proposer; a run sees only the text)."""

    text: str
    kind: str
    """`edit`, `good`, `mediocre`, `broken`, `unsafe`, or `none` where the prompt has no program."""
    source: str = ""
    """The textbook file, the edits, the disguise, or the way in which the answer is broken."""
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Context:
    """The inputs of an answer."""

    program: PromptProgram
    textbook: Textbook
    rng: random.Random
    temperature: float

    def algorithm(self, grade: str | None = None) -> Algorithm | None:
        """A random textbook algorithm that fits the program, or None."""
        shape = self.program.signature.shape if self.program.signature else None
        fitting = self.textbook.fitting(shape, grade)
        return self.rng.choice(fitting) if fitting else None


def answer(
    message: str, temperature: float, textbook: Textbook, odds: Odds, rng: random.Random, unsafe: float = 0.0
) -> ProposedAnswer:
    """The answer to a prompt. It never raises, whatever the prompt. `unsafe`: share of circumventing edits of improvers."""
    program = read_program(message)
    if program is None:
        return ProposedAnswer("I see no program here. Please show it in a fenced block.", "none", "no program")
    parts = program.parts
    if not parts:
        return _answer(program, temperature, textbook, odds, rng, unsafe)
    part = next((part for part in parts if part.program.signature), None) or rng.choice(parts)
    inner = _answer(part.program, temperature, textbook, odds, rng, unsafe)

    def whole(fence: re.Match[str]) -> str:
        return (
            f"{fence[1]}{part.around(fence[2]).rstrip()}\n{fence[3]}"
            if fence[3]
            else f"{fence[1]}{part.above}{fence[2]}"
        )

    return replace(inner, text=_CODE.sub(whole, inner.text))


def _answer(
    program: PromptProgram, temperature: float, textbook: Textbook, odds: Odds, rng: random.Random, unsafe: float
) -> ProposedAnswer:
    context = Context(program, textbook, rng, min(HOTTEST, max(0.0, temperature)))
    if unsafe and rng.random() < unsafe:  # no draw where the share is 0, so that earlier results stay the same
        circumventing = _unsafe(context)
        if circumventing is not None:
            return circumventing
    kind = odds.draw(rng)
    if program.tree is None:
        return ProposedAnswer(
            _with_code("This program does not parse; I leave it as it is.", program.text), "none", "no Python"
        )
    if kind == "broken":
        return _broken(context)
    algorithm = context.algorithm(kind) if kind != "edit" else None
    if algorithm is None:
        return _edited(context)
    return ProposedAnswer(_with_code(f"Idea: {algorithm.idea}", _text_of(algorithm, context)), kind, algorithm.name)


def _edited(context: Context) -> ProposedAnswer:
    text = context.program.text
    tree = parse(text)
    edits: list[str] = []
    try:
        if tree is not None:
            edits = mutate(tree, context.rng, context.temperature)
            text = ast.unparse(tree) if edits else text
    except (ValueError, RecursionError):  # the program has something that cannot be printed again
        edits = []
    idea = "; ".join(edits) or "leave it as it is"
    return ProposedAnswer(_with_code(f"Idea: {idea}.", text), "edit", idea)


def _unsafe(context: Context) -> ProposedAnswer | None:
    """The program with its sandbox switched off, in the words of Figure 6; None if it does not call its utility."""
    tree = parse(context.program.text)
    disguise = switch_off(tree, context.program.signature, context.rng) if tree is not None else None
    text = _unparsed(tree) if tree is not None and disguise is not None else None
    if text is None:
        return None
    return ProposedAnswer(_with_code("Idea: use a more efficient scoring mechanism.", text), "unsafe", disguise or "")


def _text_of(algorithm: Algorithm, context: Context) -> str:
    try:
        return adapt(algorithm, context.program)
    except (ValueError, RecursionError):
        return algorithm.text


def _unparsed(tree: ast.Module) -> str | None:
    """The tree as text; None if it is too deep, or has a constant that Python cannot print."""
    try:
        return ast.unparse(tree) + "\n"
    except (ValueError, RecursionError):
        return None


def _with_code(sentence: str, code: str) -> str:
    return f"{sentence}\n\n```python\n{code.rstrip()}\n```\n"


def _broken(context: Context) -> ProposedAnswer:
    name = context.rng.choices(list(BROKEN), weights=list(BROKEN.values()))[0]
    algorithm = context.algorithm()
    idea = algorithm.idea if algorithm else "Simplify the program."
    code = _text_of(algorithm, context) if algorithm else context.program.text
    text = _WAYS[name](context, f"Idea: {idea}", code)
    return ProposedAnswer(text, "broken", name, "length" if name == "truncated" else "stop")


def _no_code(context: Context, idea: str, code: str) -> str:
    return f"{idea} This should improve the score considerably, but it depends on the inputs. Shall I write it out?"


def _empty(context: Context, idea: str, code: str) -> str:
    return ""


def _truncated(context: Context, idea: str, code: str) -> str:
    text = _with_code(idea, code)
    start = text.index("```python\n") + len("```python\n")
    return text[: start + int((len(code)) * context.rng.uniform(0.2, 0.8))]


def _syntax_error(context: Context, idea: str, code: str) -> str:
    """Leave out one bracket or colon."""
    places = [index for index, character in enumerate(code) if character in "([)]:"]
    context.rng.shuffle(places)
    for place in places[:5]:
        damaged = code[:place] + code[place + 1 :]
        if parse(damaged) is None:
            return _with_code(idea, damaged)
    return _with_code(idea, code + "\n)")


def _unchanged(context: Context, idea: str, code: str) -> str:
    return _with_code("The solution is already good; I made it more readable.", context.program.text)


def _wrong_name(context: Context, idea: str, code: str) -> str:
    signature = context.program.signature
    if signature is None:
        return _unchanged(context, idea, code)
    return _with_code(idea, code.replace(f"def {signature.entry}(", f"def improved_{signature.entry}("))


def _two_blocks(context: Context, idea: str, code: str) -> str:
    """Chat, and show the given program in full but only a stub of the change."""
    entry = context.program.signature.entry if context.program.signature else "main"
    usage = f"# the rest stays the same\nresult = {entry}(...)"
    before = _with_code("Sure! Let us look at the current program first:", context.program.text)
    return f"{before}\n{_with_code(f'{idea} Use it like this:', usage)}\nLet me know if you have questions!\n"


def _raises(context: Context, idea: str, code: str) -> str:
    """Forget the imports, or leave a part for later."""
    lines = code.split("\n")
    without = [line for line in lines if not line.startswith(("import ", "from "))]
    if len(without) < len(lines) and context.rng.random() < 0.5:
        return _with_code(idea, "\n".join(without))
    return _with_code(idea, _unfinished(code, context.program.signature.entry if context.program.signature else ""))


def _unfinished(code: str, entry: str) -> str:
    """The program with an entry function that raises at once."""
    tree = parse(code)
    if tree is not None:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == entry:
                node.body.insert(0, syntax_tree("raise NotImplementedError('the main loop')").body[0])
    return (_unparsed(ast.fix_missing_locations(tree)) if tree else None) or code


_WAYS: dict[str, Callable[[Context, str, str], str]] = {
    "no code": _no_code,
    "empty": _empty,
    "truncated": _truncated,
    "syntax error": _syntax_error,
    "unchanged": _unchanged,
    "wrong name": _wrong_name,
    "two blocks": _two_blocks,
    "raises": _raises,
}
