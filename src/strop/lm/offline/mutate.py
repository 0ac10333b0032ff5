"""Genetic improvement in its smallest form: a random number or operator of the program becomes a similar one.

The edits know nothing about the program's purpose, so most of them are harmless or harmful and a few help. Comments, layout and
texts (such as prompts) stay as they are.
"""

from __future__ import annotations

import io
import math
import random
import re
import tokenize
from collections.abc import Iterator

from strop.lm.offline.prompt import parse

_FAMILIES = (
    *("+ -", "* / // %", "& | ^", "+= -=", "< <= > >=", "== !=", "and or", "min max", "any all"),
    *("argmin argmax", "floor ceil", "mean median", "sum prod"),
)
_RELATED = {
    token: [other for other in family.split() if other != token] for family in _FAMILIES for token in family.split()
}
_LARGEST_FACTOR = 4.0
"""The largest factor of a number in one edit: the number may be one of iterations."""
_NUMBER = re.compile(r"[0-9_.eE+-]{1,18}")


def mutate(text: str, rng: random.Random, temperature: float) -> tuple[str, list[str]]:
    """The program after some edits, and a description of each, in the imperative mood.

    Temperature 0 tries one edit, 0.7 one to four; numbers change more when it is higher. There is no edit if nothing can change.
    """
    edits: list[str] = []
    for _ in range(1 + rng.randint(0, round(4 * temperature))):
        sites = list(_sites(text))
        if not sites:
            break
        start, old = rng.choice(sites)
        new = rng.choice(_RELATED[old]) if old in _RELATED else _scaled(old, rng, temperature)
        changed = text[:start] + new + text[start + len(old) :]
        if parse(changed) is not None:  # an asterisk may stand before a parameter
            text = changed
            edits.append(f"change {old} to {new}")
    return text, edits


def _sites(text: str) -> Iterator[tuple[int, str]]:
    """The position in the text and the text of every token that an edit can change, outside of f-strings."""
    starts = [0]
    for line in io.StringIO(text):
        starts.append(starts[-1] + len(line))
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = tokenize.tok_name[token.type]
            depth += kind.endswith("STRING_START") - kind.endswith("STRING_END")
            is_number = kind == "NUMBER" and _NUMBER.fullmatch(token.string)
            if depth == 0 and (is_number or (kind in ("OP", "NAME") and token.string in _RELATED)):
                yield starts[token.start[0] - 1] + token.start[1], token.string
    except (tokenize.TokenError, SyntaxError):  # a form feed or a null, which the parser reads otherwise
        return


def _scaled(token: str, rng: random.Random, temperature: float) -> str:
    """The number times a random factor near 1."""
    old = int(token) if token.replace("_", "").isdigit() else float(token)
    factor = math.exp(rng.gauss(0, 0.1 + 0.5 * temperature))
    new = old * min(_LARGEST_FACTOR, max(1 / _LARGEST_FACTOR, factor))
    if isinstance(old, int):
        return str(round(new) if round(new) != old else old + rng.choice((-1, 1)))
    return repr(float(f"{new:.3g}")) if old and math.isfinite(new) else "0.1"
