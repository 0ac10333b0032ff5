"""The programs of one attack: its text once per case, or without its hack.

A setting is changed by an assignment below the text, so that the program's functions see it when they are called.
"""

from __future__ import annotations

from collections.abc import Iterator

from strop_selftest.catalogue import Attack


def variants(attack: Attack) -> Iterator[tuple[str, str]]:
    """(label, program text): one for each index of the file's CASES, which it reads as CASE; a single one without CASES."""
    cases = attack.settings.get("CASES")
    if cases is None:
        yield "", attack.text
        return
    for number, case in enumerate(cases):
        yield f"case {number} ({str(case)[:60]}): ", f"{attack.text}\nCASE = {number}\n"


def without_hack(text: str) -> str:
    """The same program with HACK = False."""
    return f"{text}\nHACK = False\n"
