"""Which files of a tree a glob means."""

from __future__ import annotations

import pytest

from strop.base.globs import glob_pattern, matcher, matching


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
        ("**/*.c", ["a.c", "src/a.c", "src/b/c/a.c", "{x}.c"], ["ab.txt"]),
        ("src/*", ["src/a.c", "src/b/c/a.c"], ["a.c"]),
        ("src/m?in.c", ["src/main.c"], ["src/a.c"]),
        ("a[bc].txt", ["ab.txt", "ac.txt"], ["a.c"]),
        ("{x}.c", ["{x}.c"], ["a.c"]),
        ("SRC/*.c", [], ["src/a.c"]),
        ("a/**", ["a/b\nc.c"], []),
        ("a/*.c", ["a/b\nc.c"], []),
    ],
)
def test_glob_means_exactly_its_files(glob: str, meant: list[str], not_meant: list[str]) -> None:
    assert list(matching([*meant, *not_meant], glob)) == meant
    assert glob_pattern(glob).fullmatch("") is None or glob == "**"
    assert not any(map(matcher([]), meant)), "no globs mean nothing"
