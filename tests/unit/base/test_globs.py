"""Which files of a tree a glob means."""

from __future__ import annotations

import subprocess
import sys

import pytest

from strop.base.errors import ConfigurationError
from strop.base.globs import glob_pattern, matcher
from support.rows import table


@table(
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
        ("*a*b.c", ["ab.c", "aab.c", "xaybb.c", "abab.c/x"], ["ba.c", "a/b.c", "abc.c"]),
        ("*ab*ab", ["abab", "aabxab", "ababab"], ["ab", "aab", "abaa/b"]),
        ("**/a/**/b", ["a/b", "a/a/b", "x/a/y/b/z", "a/b/a/b"], ["b/a", "a", "xa/b", "a/xb"]),
        ("**/a?/*/**/b*", ["ab/x/b", "x/aa/a/y/bb/c"], ["ab/b", "a/x/b", "ab/x/ab"]),
        ("a**/**/**[]", ["a/b[]", "ab/c/[]"], ["ab", "a/b]", "a/[^"]),
        ("*[.-0]b", ["a.b", "0b"], ["a/b"]),
    ],
)
def test_glob_means_exactly_its_files(glob: str, meant: list[str], not_meant: list[str]) -> None:
    assert list(filter(matcher([glob]), [*meant, *not_meant])) == meant, (glob, meant, not_meant)
    assert glob_pattern(glob).fullmatch("") is None or glob == "**", (glob, meant, not_meant)
    assert not any(map(matcher([]), meant)), "no globs mean nothing"


HOSTILE = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from strop.base.globs import matcher
globs = ["*a" * 30 + "*b", "**/" * 30 + "x", "**/*a" * 30 + "/b", "*?" * 99 + "b", "**/*/" * 99 + "b"]
assert not any(map(matcher(globs), ["a" * 250, "a/" * 90 + "y", "/".join(["a" * 60] * 16)]))
"""


def test_glob_of_many_stars_is_matched_in_no_more_steps_than_its_length_and_the_paths_multiplied() -> None:
    assert subprocess.run([sys.executable, "-c", HOSTILE], check=False).returncode == 0


def test_glob_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"the glob 'x\[b-a\]' cannot be read: bad character range b-a$"):
        matcher(["x[b-a]"])
