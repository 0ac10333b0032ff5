"""What is compared of a command's run: every byte of it but a scorer's notes."""

from __future__ import annotations

import hashlib
from typing import Any

from strop.tasks.command.behaviour import Behaviour, behaviour_of
from support.rows import table


def shown(output: str, **changes: Any) -> Behaviour:
    digest = hashlib.sha256(output.encode()).hexdigest()
    return behaviour_of("exit status 0", output, digest, **{"truncated": False, "files": {}, **changes})


@table(
    ("original", "candidate", "words"),
    [
        ("a\nb\n", "a\x1cb\n", "line 1 is 'a\\x1cb', the original's is 'a'"),
        ("a\nb\n", "a\r\nb\r\n", "line 1 is 'a\\r', the original's is 'a'"),
        ("a\nb\n", "a\nb", "its last line ends without a newline"),
        ("a\nb", "a\nb\n", "its last line ends with a newline"),
        ("a\n", "", "line 1 is missing, the original's is 'a'"),
        ("a\n", "a\n\n", "line 2, '', is one too many"),
        ("a\x85b\n", "a\nb\n", "line 1 is 'a', the original's is 'a\\x85b'"),
    ],
)
def test_output_is_compared_byte_for_byte(original: str, candidate: str, words: str) -> None:
    assert words in shown(original).difference(shown(candidate), quoted=True)
    assert not shown(original).difference(shown(original), quoted=True)


def test_notes_are_no_output_and_nothing_else_passes_for_one() -> None:
    plain = shown("a\nb\n")
    assert not plain.difference(shown("a\nstrop-note: slow\nb\n"), quoted=True)
    assert not plain.difference(shown("a\nb\nstrop-note: slow"), quoted=True)
    assert plain.difference(shown("a\x1cstrop-note: slow\nb\n"), quoted=True)


def test_output_of_which_only_a_part_is_known_equals_nothing() -> None:
    cut = shown("strop-note: a\n...\nend\n", truncated=True)
    assert cut.is_partial and cut.difference(cut, quoted=True)
    whole = shown("a\n...\nend\n", truncated=True)
    assert not whole.is_partial and not whole.difference(whole, quoted=True)


def test_result_that_only_one_of_two_leaves_is_a_difference() -> None:
    none, one = shown("a\n"), shown("a\n", files={"venv/r.txt": "1"})
    for differs in (one.difference(none, quoted=True), none.difference(one, quoted=False)):
        assert differs == "it does not leave the file 'venv/r.txt' as the original does on the same seed"
