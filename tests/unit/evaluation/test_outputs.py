"""What a run printed and wrote, compared with other runs token by token."""

from __future__ import annotations

import pytest

from strop.evaluation.outputs import Outputs, compared

A_TIME = ("took 0.031 s at 12:01", "took 0.057 s at 12:02", "took 1e-05 s at 12:03")


def printed(text: str) -> Outputs:
    return {"the end": ("exit status 0",), "standard output": tuple(text.split("\n"))}


def wrote(**files: str) -> Outputs:
    return {f"the file {name}": (text,) for name, text in files.items()}


DIFFER = {
    "a number": ("total 3", "total 4", "line 1 of standard output"),
    "a line more": ("a\nb\nc", "a\nb\nb\nc", "line 3 of standard output"),
    "a line less": ("a\nb\nc", "a\nc", "line 2 of standard output"),
    "a space": ("a b", "a  b", "line 1 of standard output"),
    "the order": ("a\nb", "b\na", "line 1 of standard output"),
    "a part of a float": ("0.3", "0.30000000000000004", "line 1 of standard output"),
    "nothing": ("a\nb", "", "line 1 of standard output"),
}


@pytest.mark.parametrize("name", DIFFER)
def test_output_differs_where_a_token_or_a_line_does(name: str) -> None:
    before, after, where = DIFFER[name]
    assert compared([printed(before)] * 3, [printed(after)] * 3).where == where
    assert compared([printed(before)] * 3, [printed(before)] * 3) == (1.0, "", "")


def test_what_differs_between_runs_of_the_original_is_no_part_of_its_output() -> None:
    originals = [printed(f"total 3\n{time}\nsteps: 7") for time in A_TIME]
    assert compared(originals, [printed("total 3\ntook 2 s at 18:45\nsteps: 7")]).where == ""
    found = compared(originals, [printed("total 3\ntook 2 s at 18:45\nsteps: 8")])
    assert (found.where, found.quoted) == ("line 3 of standard output", "8 in place of 7")
    assert 0.5 < found.repeated < 1


def test_difference_counts_only_where_each_run_of_the_program_has_it() -> None:
    original, other, third = printed("a 1"), printed("a 2"), printed("b 1")
    assert compared([original] * 3, [other, original, other]).where == ""
    assert compared([original] * 3, [third, other, third]).where == ""


def test_lines_are_aligned_where_runs_of_the_original_print_more_or_fewer_of_them() -> None:
    originals = [printed("begin\n" + "wait\n" * count + "total 3") for count in (2, 3, 5)]
    assert compared(originals, [printed("begin\nwait\nwait\nwait\nwait\ntotal 3")]).where == ""
    assert compared(originals, [printed("begin\nwait\nwait\nwait\nwait\ntotal 4")]).where == "line 4 of standard output"


def test_output_of_which_less_than_half_repeats_is_not_compared() -> None:
    originals = [printed(f"{number} {number + 1}\nx") for number in (10, 20, 30)]
    found = compared(originals, [printed("nothing like it")])
    assert found.where == "" and found.repeated < 0.5


def test_file_that_a_program_writes_or_leaves_out_or_removes_is_a_difference() -> None:
    original = wrote(out="1", log="x")
    for program, where in ((wrote(out="1"), "the file log"), (wrote(out="1", log="x", more=""), "the file more")):
        assert compared([original] * 3, [program] * 3).where == where
    assert compared([original] * 3, [wrote(out="2", log="x")]).where == "line 1 of the file out"


def test_end_of_a_run_is_a_part_of_its_output() -> None:
    failed = {**printed("a"), "the end": ("exit status 1",)}
    assert compared([printed("a")] * 3, [failed] * 3).where == "line 1 of the end"


def test_long_outputs_that_share_no_line_are_compared_without_aligning_them() -> None:
    one, other = ("\n".join(f"{word} {number}" for number in range(size)) for word, size in (("a", 6000), ("b", 5000)))
    assert compared([printed(one)] * 2, [printed(other)]).where == "line 1 of standard output"
