"""What answers hold: read in a guest, each within limits of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from strop.core.extraction import Extraction, ResponseReader, read_answers
from strop.sandbox.base import GuestProgram, Limits
from strop.sandbox.jail import JailedSandbox
from strop.tasks.languages import tags_of
from support.rows import table

PROGRAM = "def algorithm(n):\n    return 2 * n"
GOOD = f"```python\n{PROGRAM}\n```"
SEED = "def algorithm(n):\n    return n\n"


def test_nothing_is_run_when_there_are_no_answers(jail: JailedSandbox) -> None:
    assert read_answers(jail, [], SEED) == []


@pytest.mark.parametrize("answer", ["", "\0", "\ud800", "<answer>" * 50_000, "`" * 40_000, "x" * 1_000_000])
def test_answer_that_no_person_would_write_holds_no_program(jail: JailedSandbox, answer: str) -> None:
    assert read_answers(jail, [answer, GOOD], SEED) == [Extraction(None), Extraction(PROGRAM)]


def test_program_is_the_one_that_defines_what_the_program_to_improve_defines(jail: JailedSandbox) -> None:
    answer = f"```python\n{PROGRAM}\n```\nand to try it:\n```python\ndef main():\n    print(1)\n```"
    (found,) = read_answers(jail, [answer], SEED)
    assert found == Extraction(PROGRAM)


@table(("original", "program"), [("print(0.5)\n", "print(0.9)"), (SEED, None)])
def test_statement_in_a_fence_is_a_program_where_the_original_defines_nothing(
    jail: JailedSandbox, original: str, program: str | None
) -> None:
    assert read_answers(jail, ["Better:\n```\nprint(0.9)\n```"], original) == [Extraction(program)]


def test_python_that_does_not_compile_is_told_apart(jail: JailedSandbox) -> None:
    (found,) = read_answers(jail, ["```python\ndef algorithm(n:\n    return n\n```"], SEED)
    assert (found.program, found.content) == ("def algorithm(n:\n    return n", "does not compile")


@table("file", ["main.c", "main"])
def test_programs_of_other_languages_are_never_said_not_to_compile(jail: JailedSandbox, file: str) -> None:
    answer = "```c\nint main(void) { return 0 }\n```"
    with closing(ResponseReader(jail)) as reader:
        (found,) = reader.read([answer], "int main(void) { return 1; }\n", tags_of(file))
    assert (found.program, found.content) == ("int main(void) { return 0 }", "program")


def test_reader_leaves_every_slot_to_evaluations_between_two_calls(jail: JailedSandbox) -> None:
    readers = [ResponseReader(jail) for _ in range(3)]
    assert [reader.read([GOOD], SEED) for reader in readers] == [[Extraction(PROGRAM)]] * 3
    both = threading.Barrier(2)

    def evaluate() -> None:
        with jail.open(GuestProgram(PROGRAM, "algorithm"), Limits()):
            both.wait(600)

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(evaluate) for _ in range(2)]:  # the jail has two slots
            future.result()


def test_reader_that_keeps_its_guest_reads_on_after_an_answer_that_took_too_long(jail: JailedSandbox) -> None:
    with closing(ResponseReader(jail, Limits(cpu_seconds=0.1, wall_seconds=60.0), keep=True)) as reader:
        assert reader.read([GOOD, "def f():\n" * 40_000], SEED) == [Extraction(PROGRAM), Extraction(None)]
        assert reader.read([GOOD], SEED) == [Extraction(PROGRAM)]
