"""What is compared of a command's run: every byte of it but the scores."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from strop.tasks.command.behaviour import Behaviour, behaviour_of
from strop.tasks.command.masking import masked, masked_file

PRINTED = Path(__file__).parent / "printed"

pytestmark = pytest.mark.process  # a regular expression is searched in a process of its own


def shown(output: str, *readers: str, **changes: Any) -> Behaviour:
    digest = hashlib.sha256(output.encode()).hexdigest()
    return behaviour_of(
        "exit status 0", output, digest, **{"truncated": False, "files": {}, "readers": readers, **changes}
    )


@pytest.mark.parametrize(
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
@pytest.mark.parametrize("readers", [(), ("took ([0-9.]+) s",)], ids=["whole", "without a score"])
def test_output_is_compared_byte_for_byte(original: str, candidate: str, words: str, readers: tuple[str, ...]) -> None:
    before = "took 1.5 s\n" if readers else ""
    words = re.sub(r"line (\d)", lambda found: f"line {int(found[1]) + bool(readers)}", words)
    one, other = shown(before + original, *readers), shown(before.replace("1.5", "7") + candidate, *readers)
    assert words in one.difference(other, quoted=True)
    assert not one.difference(shown(before.replace("1.5", "9") + original, *readers), quoted=True)


def test_notes_are_no_output_and_nothing_else_passes_for_one() -> None:
    plain = shown("a\nb\n")
    assert not plain.difference(shown("a\nstrop-note: slow\nb\n"), quoted=True)
    assert not plain.difference(shown("a\nb\nstrop-note: slow"), quoted=True)
    assert plain.difference(shown("a\x1cstrop-note: slow\nb\n"), quoted=True)


@pytest.mark.parametrize("file", sorted(PRINTED.iterdir()), ids=lambda file: file.stem)
def test_times_in_the_summary_of_a_test_tool_are_not_compared(file: Path) -> None:
    text = file.read_text()
    times = re.compile(r"""(?<=in )\d[\d.]*(?=s)|\d[\d.]*(?= ?s(?:ec)?\b)|(?<=time=")[\d.]+""")
    other = times.sub(lambda found: f"{float(found[0]) + 1:.2f}", text)
    assert masked(text, ["tests"]) == masked(other, ["tests"])


@pytest.mark.parametrize(
    "line",
    [
        "makespan: {} s",
        "done in {} seconds",
        "best tour 17 in {}s, 3 passed",
        "  {} ms",
        "ok {} s",
        "3 passed in the {}s",
        "--- makespan ({}s)",
        'time="{}"',
    ],
)
def test_time_that_a_program_prints_is_compared_although_tests_are_read(line: str) -> None:
    summary = "==== 3 passed in 0.01s ====\n"
    one, other = (shown(f"{line.format(number)}\n{summary}", "tests") for number in (107, 1))
    assert one.difference(other, quoted=True)


def test_only_the_value_at_the_path_is_left_out_of_a_json_document() -> None:
    text = '{"a": {"took": 1.50, "rows": [3, 4]},  "took": 7}\n'
    assert masked(text, ["$.a.took"]) == text.replace("1.50", "<score>")
    assert masked(text, ["$.a.rows[-1]", "$.took"]) == text.replace("4]", "<score>]").replace("7}", "<score>}")
    assert masked(f"log\n{text}end\n", ["$.took"]) == f"log\n{text}end\n".replace("7}", "<score>}")
    assert masked(" 0.25\n", ["$"]) == " <score>\n"
    assert masked('{"a": 1, "a": 2}', ["$.a"]) == '{"a": 1, "a": <score>}'
    content = b'{"took": 2, "answer": "\xff"}'
    assert masked_file("o.json", content, ["o.json:$.took", "time", "p.json:$.answer"]) == content.replace(
        b"2", b"<score>"
    )


def test_output_of_which_only_a_part_is_known_equals_nothing() -> None:
    cut = shown("took 1 s\n...\nend\n", "took ([0-9]+) s", truncated=True)
    assert cut.is_partial and cut.difference(cut, quoted=True)
    whole = shown("a\n...\nend\n", truncated=True)
    assert not whole.is_partial and not whole.difference(whole, quoted=True)


def test_file_that_only_one_of_two_leaves_is_a_difference() -> None:
    none, one = shown("a\n"), shown("a\n", files={"venv/r.txt": "1"})
    assert "it does not leave the file 'venv/r.txt'" in one.difference(none, quoted=True)
    assert "it leaves or changes the file 'venv/r.txt'" in none.difference(one, quoted=True)
    assert "r.txt" not in none.difference(one, quoted=False) + one.difference(none, quoted=False)
