"""Which files of a tree a glob means."""

from __future__ import annotations

import pytest

from strop.sandbox.workspace.globs import matcher


@pytest.mark.parametrize(
    ("glob", "meant", "not_meant"),
    [
        ("*.c", ["a.c"], ["src/a.c", "a.cc"]),
        ("src/**/*.c", ["src/a.c", "src/x/y/a.c"], ["a.c", "src/a.h", "other/src/a.c"]),
        ("data/", ["data", "data/x", "data/x/y"], ["database"]),
        ("./out", ["out", "out/a"], ["a/out"]),
        ("**", ["a", "a/b"], []),
        ("?[!a].txt", ["xb.txt"], ["xa.txt", "b.txt"]),
        ("a+b(c).txt", ["a+b(c).txt"], ["aab(c).txt"]),
    ],
)
def test_glob_means_exactly_its_files(glob: str, meant: list[str], not_meant: list[str]) -> None:
    matches = matcher([glob])
    assert [path for path in [*meant, *not_meant] if matches(path)] == meant


def test_no_globs_mean_nothing() -> None:
    assert not matcher([])("a")
