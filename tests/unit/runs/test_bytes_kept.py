"""A patch changes the bytes of what was improved, and no others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError
from strop.evaluation.functions.load import load_any
from strop.runs.patching.source_files import SourceFiles
from support.rows import table

ABOVE = "import math\n\nLIMIT = '\f\u2028\x85'\n\n\ndef other():\n\treturn 1\n\n\n"
OLD = "def work(n):\n\tif n:\n\t\treturn LIMIT\n\treturn '''\n\n'''\n"
BELOW = "\n\nA = 1; B = 2  # \u00e9\n\nclass C:\n    pass\n"
BETTER = "def work(n):\n    return LIMIT\n"


def ended(text: str, ends: list[bool], shift: int) -> str:
    lines = text.split("\n")
    return "".join(
        line + ("\r\n" if ends[(shift + number) % len(ends)] else "\n") * (number + 1 < len(lines))
        for number, line in enumerate(lines)
    )


@given(
    st.booleans(),
    st.sampled_from(["", "\n\n", " \n"]),
    st.sampled_from(["", "\n\n\n", "  ", "\n\t\n"]),
    st.booleans(),
    st.lists(st.booleans(), min_size=1, max_size=7),
)
def test_function_takes_its_place_and_all_bytes_around_it_stay(
    mark: bool, head: str, tail: str, newline: bool, ends: list[bool]
) -> None:
    before = ("\ufeff" if mark else "") + ended(head + ABOVE, ends, 0)
    after = ended((BELOW + tail) if newline else BELOW.rstrip("\n"), ends, 2)
    original = SourceFiles({"module.py": before + ended(OLD, ends, 4) + after}, function="work")
    for answer in (BETTER, original.program.replace(OLD.rstrip("\n"), BETTER.rstrip("\n"))):
        changed = original.written(answer)["module.py"]
        assert changed.startswith(before) and changed.endswith(after)
        assert changed[len(before) : len(changed) - len(after)].replace("\r\n", "\n") == BETTER
    assert original.written(original.program) == dict(original.files)


@given(
    st.booleans(), st.sampled_from(["", "\n"]), st.sampled_from(["", "\n", "\n\n"]), st.lists(st.booleans(), min_size=1)
)
def test_files_of_a_command_keep_their_bytes_but_for_the_changed_lines(
    mark: bool, head: str, tail: str, ends: list[bool]
) -> None:
    text = ("\ufeff" if mark else "") + ended(f"{head}int a;\nint b;\nint c;{tail}", ends, 0)
    original = SourceFiles({"a.c": text, "b.c": text}, command=True)
    assert original.written(original.program) == {"a.c": text, "b.c": text}
    changed = original.written("=== file: a.c ===\nint a;\nlong b;\nint c;\n")
    assert changed["b.c"] == text
    assert changed["a.c"].replace("\r\n", "\n") == text.replace("\r\n", "\n").replace("int b", "long b")
    assert [line for line in changed["a.c"].split("\n") if "b" not in line] == [
        line for line in text.split("\n") if "b" not in line
    ]


@table("content", [b"# -*- coding: latin-1 -*-\nX = '\xe9'\n", b"# coding: latin-1\nX = '\xc3\xa9'\n"])
@pytest.mark.process
def test_module_in_another_encoding_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    text = b"import strop\n@strop.improve_me(score='time', cases=[(1,), (2,)])\ndef work(n):\n    return X\n"
    (tmp_path / "latin.py").write_bytes(content + text)
    with pytest.raises(ConfigurationError, match="UTF-8") as error:
        load_any(str(tmp_path / "latin.py"))
    assert "\n" not in str(error.value), content
    sys.modules.pop("latin", None)
