"""Recorded calls as a file, and those of several runs as one."""

from __future__ import annotations

import math
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.sandbox import strop_plain_data as plain_data
from strop.tasks.function.calls import (
    MOST_BYTES,
    MOST_CALLS,
    MOST_SECONDS_OF_ONE,
    RecordedCall,
    RecordedCalls,
    RecordedCommand,
    merged,
    read_calls,
)
from strop.tasks.function.fields import check_fields
from support.rows import table

OUTCOME = plain_data.encode(["", 2, {"n": 1}])


def call(index: int, size: int = 0) -> RecordedCall:
    return RecordedCall(index, 0, b"%d " % index + bytes(size), OUTCOME, 0.5, {"n": str(index)})


def of_calls(*calls: RecordedCall, forms: tuple[str, ...] = ("int",), command: str = "a") -> RecordedCalls:
    number = len(calls)
    return RecordedCalls(
        file="lib.py",
        name="work",
        commands=(RecordedCommand(command, "../app", -2, b"in\n"),),
        calls=calls,
        made=2 * number,
        different=number,
        looked_at=number + 1,
        left_out={"is sent to": 1},
        seconds=1.5,
        program_seconds=3.0,
        callers={"app:main": number},
        forms={"n": forms},
        inside={},
    )


def test_file_of_recorded_calls_is_its_owner_s_and_has_all_of_them(tmp_path: Path) -> None:
    calls = of_calls(call(0), call(7))
    calls.write(tmp_path / "calls")
    assert stat.S_IMODE((tmp_path / "calls").stat().st_mode) == 0o600 and read_calls(tmp_path / "calls") == calls


@table(
    ("inside", "files"),
    [
        ({}, ["lib.py"]),
        ({"lib.py:work": 0.9, "b.py:f": 0.1}, ["lib.py"]),
        (
            {"lib.py:work": 0.2, "lib.py:g": 0.3, "b.py:f": 0.22, "a.py:f": 0.06, "c.py:f": 0.22},
            ["lib.py", "b.py", "c.py"],
        ),
        ({"b.py:f": 0.5, "a.py:f": 0.5}, ["lib.py", "a.py", "b.py"]),
    ],
)
def test_other_files_join_by_their_share_of_the_time_until_nine_tenths_and_ties_by_name(
    inside: dict[str, float], files: list[str]
) -> None:
    assert replace(of_calls(call(0)), inside=inside).files_with_most_time("lib.py") == files


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    of_calls(call(0)).write(path)
    fields = plain_data.decode(path.read_bytes())
    change(fields)
    path.write_bytes(plain_data.encode(fields))


def first(name: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda fields: fields["calls"][0].update({name: value})


@table(
    ("change", "words"),
    [
        (lambda fields: fields.update(made=-1), "made"),
        (lambda fields: fields.update(made=True), "made"),
        (lambda fields: fields.update(made=1 << 60), "made"),
        (lambda fields: fields.update(different=9), "do not agree"),
        (lambda fields: fields.update(seconds="1"), "seconds"),
        (lambda fields: fields.update(seconds=math.inf), "seconds"),
        (lambda fields: fields.update(name="\x1b[2J"), "name"),
        (lambda fields: fields.update(file=None), "file"),
        (lambda fields: fields.update(callers={1: 1}), "callers"),
        (lambda fields: fields.update(left_out=[1]), "left_out"),
        (lambda fields: fields.update(forms={"n": "int"}), "forms"),
        (lambda fields: fields.update(commands=[b""]), "commands"),
        (lambda fields: fields["commands"][0].update(status=256), "commands: status"),
        (lambda fields: fields["commands"][0].update(status=True), "commands: status"),
        (lambda fields: fields["commands"][0].update(folder="\x1b[2J"), "commands: folder"),
        (lambda fields: fields["commands"][0].update(input="text"), "commands: input"),
        (lambda fields: fields["commands"][0].pop("text"), "commands: its fields"),
        (lambda fields: fields.update(calls=[]) or fields.pop("inside"), "its fields"),
        (lambda fields: fields.update(more=1), "its fields"),
        (lambda fields: fields.update(files=["../other.py"]), "files"),
        (lambda fields: fields.update(files=[".env"]), "files"),
        (lambda fields: fields.update(format="recorded calls 9"), "format"),
        (lambda fields: fields.update(calls=fields["calls"] * (MOST_CALLS + 1)), "calls"),
        (
            lambda fields: fields.update(calls=[{**fields["calls"][0], "arguments": bytes(7 << 20)}] * 4),
            "calls: too large",
        ),
        (first("index", 1.0), "calls: index"),
        (first("seconds", math.nan), "calls: seconds"),
        (first("arguments", "text"), "calls: arguments"),
        (first("arguments", bytes(9 << 20)), "calls: arguments"),
        (first("outcome", b"garbage"), "calls: outcome"),
        (first("outcome", plain_data.encode([1, 2, 3])), "calls: outcome"),
        (first("shown", {"n": 1}), "calls: shown"),
        (first("more", 1), "calls: its fields"),
    ],
)
def test_file_with_a_forged_field_is_refused_by_its_name(change: Any, words: str, tmp_path: Path) -> None:
    changed(tmp_path / "calls", change)
    with pytest.raises(ConfigurationError) as told:
        read_calls(tmp_path / "calls")
    assert f"({words}" in str(told.value) or words in str(told.value).partition("(")[2]
    assert "record them again" in str(told.value) and "\n" not in str(told.value) and "\x1b" not in str(told.value)


@table("content", [b"", b"garbage", plain_data.encode([1]), plain_data.encode(None), plain_data.encode({"a": {}})])
def test_file_that_holds_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "calls").write_bytes(content)
    with pytest.raises(ConfigurationError, match="no recorded calls"):
        read_calls(tmp_path / "calls")


def test_file_cannot_say_how_long_its_own_calls_may_take() -> None:
    long = of_calls(*(replace(call(index), seconds=1e9) for index in range(3)))
    assert long.longest == MOST_SECONDS_OF_ONE and of_calls(call(0)).longest == 0.5


MADE = "class Item:\n    def __init__(self, n):\n        self.n = n\n"


@table(
    ("after", "differ"),
    [
        (MADE.replace("self.n =", "self.more = self.n ="), "more"),
        (MADE.replace("    def", "    __slots__ = ('n', 'kept')\n\n    def"), "kept"),
        (MADE.replace("    def", "    size: int = 0\n\n    def"), "size"),
        (f"{MADE}\n    def work(self):\n        self.later = self.n\n", ""),
        (MADE.replace("Item", "Other"), ""),
        (f"{MADE}\nclass Other:\n    size: int\n", ""),
    ],
)
def test_versions_whose_recorded_objects_hold_other_fields_are_refused(after: str, differ: str) -> None:
    calls = of_calls(replace(call(0), arguments=b"of an Item"))
    expected: AbstractContextManager[object] = (
        pytest.raises(ConfigurationError, match=rf"Item.* differ .*\({differ}\)") if differ else nullcontext()
    )
    with expected:
        check_fields(calls, {"lib.py": MADE + "class Other:\n    pass\n"}, {"lib.py": after})


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_calls(tmp_path / "calls")


def test_calls_of_two_commands_are_merged_with_equal_ones_once() -> None:
    one = of_calls(call(0), call(1), forms=("list of 12 to 450 str", "None"))
    other = replace(
        of_calls(call(1), call(2), forms=("list of 1,802 str", "list of 2 int"), command="b"), inside={"f": 0.5}
    )
    found = merged(one, other)
    assert [(each.index, each.process) for each in found.calls] == [(0, 0), (1, 0), (2, 1)]
    assert (found.made, found.different, found.looked_at, [each.text for each in found.commands]) == (
        8,
        3,
        6,
        ["a", "b"],
    )
    assert found.forms == {"n": ("list of 12 to 1,802 str", "None", "list of 2 int")} and found.inside == {"f": 0.5}
    assert found.callers == {"app:main": 4} and found.left_out == {"is sent to": 2} and found.program_seconds == 6


def test_calls_with_one_digest_are_equal_though_their_pickles_differ() -> None:
    one, other = (of_calls(replace(call(number), digest=b"same")) for number in range(2))
    assert len(merged(one, other).calls) == 1


def test_merged_calls_that_are_too_many_are_chosen_from_the_whole_run() -> None:
    half = MOST_CALLS * 3 // 4
    one, other = of_calls(*map(call, range(half))), of_calls(*map(call, range(half, 2 * half)))
    kept = merged(one, other).calls
    assert len(kept) == MOST_CALLS and abs(sum(each.process for each in kept) - MOST_CALLS // 2) < 5
    assert kept == merged(one, other).calls


def test_merged_calls_that_are_too_large_are_fewer() -> None:
    runs = [of_calls(*(call(at + index, 1 << 20) for index in range(20))) for at in (0, 100)]
    kept = merged(*runs).calls
    assert 10 < len(kept) < 40 and sum(len(each.arguments) + len(each.outcome) for each in kept) <= MOST_BYTES
    assert kept[0].index < 10 and kept[-1].index > 110


def test_calls_of_two_functions_are_not_merged() -> None:
    with pytest.raises(ValueError, match="one function"):
        merged(of_calls(), replace(of_calls(), name="other"))
