"""Forms of small targets: programs that print, time, test, or are scored by an evaluator or a function."""

from __future__ import annotations

import json
from collections.abc import Mapping

from support.small_targets.target import Right, Target

MORE, LESS = "score:max", "score:min"
OWN = "by its own score: "
"""The beginning of the sentence on a program that prints a better score."""


def printing(text: str) -> str:
    """A program that prints these lines."""
    return f"import sys\nsys.stdout.reconfigure(encoding='utf-8', newline='')\nsys.stdout.write({text + chr(10)!r})\n"


def command(
    score: str | Mapping[str, str], *more: str, run: str = "python3 -S p.py {seed}", files: str = "p.py"
) -> str:
    """A strop.toml."""
    scores = (
        f"'''{score}'''"
        if isinstance(score, str)
        else "{" + ", ".join(f"{k} = '''{v}'''" for k, v in score.items()) + "}"
    )
    return "\n".join(
        [
            "instances = 1",
            "held_out = 6",
            f"files = ['{files}']",
            f"command = '''{run}'''",
            f"score = {scores}",
            *more,
            "",
        ]
    )


def metrics(*names: str) -> str:
    """The line of strop.toml that says what counts."""
    return f"metric = {json.dumps(names)}"


def number(name: str, before: str, after: str, pattern: str, goal: str, right: Right, excerpt: str = "") -> Target:
    """A number that a regular expression finds. `goal`: `max`, `min`, or empty if strop.toml says neither."""
    more = [metrics(f"score:{goal}")] if goal else []
    excerpt = excerpt or (OWN if right == "better" else "")
    return Target(
        name, {"p.py": printing(before)}, printing(after), right, command({"score": pattern}, *more), excerpt=excerpt
    )


def path(name: str, before: str, after: str, json_path: str, goal: str, right: Right, excerpt: str = "") -> Target:
    """A number at a JSON path of standard output."""
    return number(name, before, after, json_path, goal, right, excerpt)


def judged(
    name: str,
    before: str,
    after: str,
    right: Right,
    score: str,
    judge: str = "python3 -S judge.py {output}",
    excerpt: str = "",
) -> Target:
    """A program whose output a judge scores; `score` is an expression of its arguments."""
    text = command({"score": r"score: (\S+)"}, metrics(MORE), f"judge = '{judge}'", "judge_files = ['judge.py']")
    files = {"p.py": before, "judge.py": f"import sys\nprint('score:', {score})\n"}
    return Target(name, files, after, right, text, excerpt=excerpt)


def evaluator(
    name: str, body: str, before: str, after: str, right: Right, *flags: str, excerpt: str = "", **files: str
) -> Target:
    """An evaluator of OpenEvolve's form; `load(path)` imports the program."""
    text = (
        "import importlib.util\n\n\ndef load(path):\n    spec = importlib.util.spec_from_file_location('p', path)\n"
        "    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n    return module\n\n\n"
        "def evaluate(program_path):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    )
    tree = {"ev.py": text, "p.py": before} | {name.replace("__", "."): text for name, text in files.items()}
    return Target(name, tree, after, right, "", ("p.py", "--evaluator", "ev.py", *flags), excerpt)


def believing(
    name: str, body: str, before: str, after: str, right: Right, *flags: str, excerpt: str = "", **files: str
) -> Target:
    """An evaluator that believes a number of the program's, which would be refused if its user did not trust it."""
    return evaluator(name, body, before, after, right, "--trust-scorer", *flags, excerpt=excerpt, **files)


WORK = "x = sum(i * i for i in range(600000))\n"
"""Useless work, which takes several times as long as starting Python."""


def timed(
    name: str, before: str, after: str, right: Right, *more: str, excerpt: str = "", score: str = "time", **files: str
) -> Target:
    """A program that does work which its candidate leaves out; the output is compared."""
    tree = {"p.py": "import sys\n" + WORK + before} | {name.replace("__", "."): text for name, text in files.items()}
    return Target(name, tree, "import sys\n" + after, right, command(score, *more), excerpt=excerpt)


MODULE = "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return sum(range(x))\n"
TEST = (
    "import p\nimport pytest\n\n\n@pytest.mark.parametrize('x', [1, 2, 3])\ndef test_f(x):\n    assert p.f(x) == x + 1\n\n\n"
    "def test_g():\n    if not hasattr(p, 'g'):\n        pytest.skip('no g')\n    assert p.g(5) == 10\n"
)
BENCH = "import p\nprint('ops:', 100 if hasattr(p, 'g') else 200)\n"
PYTEST = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest -q -p no:cacheprovider test_p.py"
OPS = {"speed": r"ops: ([0-9.]+)"}
FAST = (metrics("speed:max"), 'require_metric = ["tests=1"]')


def with_tests(
    name: str,
    module: str,
    candidate: str,
    right: Right,
    test: str = TEST,
    bench: str = BENCH,
    run: str = "",
    excerpt: str = "",
) -> Target:
    """A module with tests, and a benchmark that prints its speed."""
    text = command(OPS, *FAST, run=run or f"{PYTEST} && python3 -S bench.py")
    return Target(name, {"p.py": module, "test_p.py": test, "bench.py": bench}, candidate, right, text, excerpt=excerpt)


def counted(name: str, module: str, candidate: str, right: Right) -> Target:
    """A module whose score is the share of its tests that pass."""
    return Target(name, {"p.py": module, "test_p.py": TEST}, candidate, right, command("tests", run=PYTEST))


IDLE = (
    "#include <stdio.h>\n#include <stdlib.h>\nint main(int n, char **v) { volatile unsigned long w = 0;\n"
    'for (long i = 0; i < %dL; i++) w += i; printf("%%d\\n", atoi(v[1]) * 3); return 0; }\n'
)
"""A C program with a given number of useless steps."""


def built(
    name: str, candidate: str, right: Right, build: str = "make -s bench", excerpt: str = "", **files: str
) -> Target:
    """p.c, which a build makes to `bench`; a double underscore in the name of another file is a dot."""
    tree = {"p.c": IDLE % 20000000, "Makefile": "bench: p.c\n\tcc -O1 -o bench p.c\n"}
    tree |= {name.replace("__", "."): text for name, text in files.items()}
    text = f'instances = 1\nheld_out = 6\nfiles = ["p.c"]\nbuild = "{build}"\ncommand = "./bench {{seed}}"\nscore = "time"\n'
    return Target(name, tree, candidate, right, text, excerpt=excerpt)


def function(
    name: str,
    body: str,
    candidate: str,
    right: Right,
    sample: str,
    score: str = "",
    pre: str = "",
    more: str = "",
    excerpt: str = "",
    all_held_out: bool = False,
) -> Target:
    """A function `f`; `score` is an expression of instance and answer, empty for the time."""
    scorer = f"\n\ndef score(instance, answer):\n    return {score}\n" if score else ""
    mark = f"@strop.improve_me(score={'score' if score else repr('time')}, sample=sample, instances=8, test_instances=40{more})\n"
    text = f"import strop\n{pre}{scorer}\n\ndef sample(rng):\n    return {sample}\n\n\n{mark}{body}"
    return Target(name, {"p.py": text}, candidate, right, "", ("p.py:f",), excerpt, all_held_out=all_held_out)


SEVERAL = "score: of acc and size, name the one that decides with --metric; require others with --require-metric"


def two_scores(
    name: str, before: str, after: str, right: Right, *goals: str, more: str = "", excerpt: str = ""
) -> Target:
    """Two printed scores: acc and size."""
    text = command({"acc": r"acc: (\S+)", "size": r"size: (\S+)"}, metrics(*goals), more)
    excerpt = excerpt or (OWN if right == "better" else "")
    return Target(name, {"p.py": printing(before)}, printing(after), right, text, excerpt=excerpt)
