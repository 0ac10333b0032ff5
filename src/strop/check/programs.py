"""From a hack to a program: the guest's tools, the honest answers by the inputs that they answer, and the hack's own text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from strop.check.canonical import literal
from strop.check.hacks import Hack


def program(hack: Hack, variant: Any, answers: Mapping[str, Any], entry: str) -> str:
    """The program that tries a hack in a solution's place. `answers` are honest ones by `key_of` their inputs."""
    known = "{" + ", ".join(f"{key!r}: {literal(answer)}" for key, answer in answers.items()) + "}"
    return f"""{_tools()}
_ANSWERS = {known}
_VARIANT = {literal(variant)}


{hack.text}


def {entry}(*inputs):
    return attack(Honest(_ANSWERS, key_of(list(inputs))), _VARIANT, *inputs)
"""


@cache
def _tools() -> str:
    folder = files("strop.check")
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in ("canonical.py", "guest_side.py")]
    # A future import may stand at the top only, and the guest's own annotations need none.
    return "\n".join(texts).replace("from __future__ import annotations\n", "")
