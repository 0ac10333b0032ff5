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
    ],
)
def test_glob_means_exactly_its_files(glob: str, meant: list[str], not_meant: list[str]) -> None:
    matches = matcher([glob])
    assert [path for path in [*meant, *not_meant] if matches(path)] == meant


def test_no_globs_mean_nothing() -> None:
    assert not matcher([])("a")


def test_name_with_a_newline_is_a_name_like_others() -> None:
    assert matching(["a/b\nc.c"], "a/**") == matching(["a/b\nc.c"], "a/*.c") == ("a/b\nc.c",)


PATHS = ["a.c", "src/a.c", "src/b/c/a.c", "src/main.c", "ab.txt", "ac.txt", "{x}.c"]


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("**/*.c", ["a.c", "src/a.c", "src/b/c/a.c", "src/main.c", "{x}.c"]),
        ("src/*", ["src/a.c", "src/b/c/a.c", "src/main.c"]),
        ("./src/", ["src/a.c", "src/b/c/a.c", "src/main.c"]),
        ("src/m?in.c", ["src/main.c"]),
        ("a[bc].txt", ["ab.txt", "ac.txt"]),
        ("{x}.c", ["{x}.c"]),
        ("SRC/*.c", []),
    ],
)
def test_glob_means_paths(glob: str, found: list[str]) -> None:
    assert list(matching(PATHS, glob)) == found
    assert glob_pattern(glob).fullmatch("") is None
