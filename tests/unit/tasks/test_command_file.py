"""Command tasks from files and from flags."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.evaluation.functions.load import load_any
from strop.lm.base import Request, dropped
from strop.lm.scripted import read_script
from strop.options.scoring import NOT_IN_FILE, ScoringOptions, parse_settings
from strop.runs.claims.gains import valued
from strop.tasks.command.config import command_task, parse_objective, read_config, to_toml
from strop.tasks.command.objective import Constraint, Metric
from strop.tasks.command.readers import documents, read_score
from strop.tasks.command.score_kinds import KINDS, Printed
from strop.tasks.command.task import OWN_ANSWER, OWN_PRINT, OWN_TESTS, CommandTask
from strop.tasks.command.tree import RECORD, copy_tree, listed, packed, unpack
from strop.tasks.used_files import shown_files
from support.rows import table
from support.trees import written

A = "// strop: begin area\nint a;\n// strop: end area\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "sums"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "src" / "a.c").write_text(A)
    (root / "src" / "deep" / "b.c").write_bytes(b"int b;\r\nint c;\r\n")
    (root / "bench.sh").write_text("echo score 1\n")
    return root


@pytest.fixture
def linked(tree: Path) -> Path:
    """The tree with links out of it, to a folder that holds a secret."""
    (tree.parent / "secret.txt").write_text("secret")
    (tree.parent / "sums-2").mkdir()
    for place, target in (
        ("out", ".."),
        ("src/out", "../.."),
        ("src/link", "/etc/passwd"),
        ("link.txt", "../secret.txt"),
    ):
        (tree / place).symlink_to(target)
    (tree / "tools").mkdir()
    return tree


def config(tree: Path, text: str) -> Path:
    path = tree / "strop.toml"
    path.write_text(text)
    return path


SCORED = 'files = ["src/**/*.c"]\ncommand = "sh bench.sh"\nscore = "score ([0-9.]+)"\n'
MINIMAL = SCORED + "metric = 'score:max'\n"
RANGE = "range = [0.0, 1.0]\n"


def test_config_of_four_lines_is_a_task_and_is_found_in_a_folder(tree: Path) -> None:
    task = read_config(config(tree, MINIMAL))
    assert isinstance(task, CommandTask) and task.name == "sums"
    assert dict(task.files) == {"src/a.c": A, "src/deep/b.c": "int b;\nint c;\n"}
    assert task.objective.metric == Metric("score")
    assert (task.instances, task.test_instances, task.input, task.interleaved) == (1, 10, "chosen", False)
    assert load_any(str(tree)) == load_any(str(tree / "strop.toml")) == task
    changed = load_any(str(tree), {"instances": 7, "only": "area"})
    assert isinstance(changed, CommandTask) and (changed.instances, changed.only) == (7, ("area",))
    with pytest.raises(ConfigurationError, match="instances is a whole number, not"):
        load_any(str(tree), {"instances": "many"})


def test_byte_order_mark_is_no_part_of_any_text_that_is_read(tree: Path, tmp_path: Path) -> None:
    (tree / "src" / "a.c").write_text(f"\ufeff{A}")
    (tree / "more.h").write_text("\ufeffint h;\n")
    task = read_config(config(tree, f'\ufeff{MINIMAL}context = "more.h"\n'))
    shown = "".join(shown_files(tree, task.files, context=task.context))
    assert task.files["src/a.c"] == A and "int h;" in shown and "\ufeff" not in shown
    answers = tmp_path / "answers.jsonl"
    answers.write_text('\ufeff"one"\n')
    assert read_script(answers, name="scripted").complete([Request("expert", "m")], dropped)[0].text == "one"
    assert next(documents('\ufeff{"score": 3}')) == {"score": 3}


FULL = r"""
name = "sums-2"
root = "."                       # where the tree lies
files = "src/a.c"
build = "cc -c src/a.c"
test = "make check"
command = "./run {seed} > \"out put.json\""
score = { speed = 'ops "x": (\d+)', mean = "out.json:$.results[0]['a b']", size = "memory" }
metric = ["speed:max"]
require_metric = ["tests=1", "size<=1e3", "size<=1.1x"]
instances = 4
held_out = 20
fixed_input = true
best_known = 100.0
time_limit = 2.5
memory_limit = "512 MiB"
tool = ["/usr/bin/env"]
only = ["area"]
context = ["bench.sh"]
description = "Two lines,\nand a 'quote' with \\ in it."
environment = { THREADS = "2" }
"""


def test_config_takes_every_key(tree: Path) -> None:
    task = read_config(config(tree, FULL))
    assert task.objective.metric == Metric("speed") and list(task.objective.report_only) == ["mean"]
    relative = Constraint("size", "<=", 1.1, is_relative=True)
    assert task.objective.constraints == (Constraint("tests", "=", 1.0), Constraint("size", "<=", 1000.0), relative)
    assert task.objective.readers["tests"] == "tests"
    assert (task.memory_limit, task.time_limit, task.input, task.interleaved) == (512 << 20, 2.5, "drawn", False)
    assert not task.compare_output and task.fixed_input
    assert task.only == ("area",)
    assert task.tools == (Path("/usr/bin/env"),)
    assert task.context == ("bench.sh",)
    assert task.test == "make check"
    assert "The tests that the original passes must pass: make check.\n" in replace(task, description="").u_str
    assert task.environment == {"THREADS": "2"}


def test_task_written_as_a_file_is_the_same_when_it_is_read_again(tree: Path) -> None:
    for text in (MINIMAL, MINIMAL + RANGE, FULL, MINIMAL.replace("score (", "(?#\\u007f é)score '(")):
        task = read_config(config(tree, text))
        assert read_config(config(tree, to_toml(task))) == task, text
    outside = tree.parent / "task.toml"
    outside.write_text(to_toml(task, "sums"))
    assert read_config(outside).files == task.files
    (tree / "src" / "[a]*.c").write_text("int odd;\n")
    task = command_task(tree, command="true", files=["src/[[]a][*].c"], score=["passed"])
    assert list(task.files) == ["src/[a]*.c"] and read_config(config(tree, to_toml(task))) == task


HUGE = "9" * 400


@table(
    ("text", "message"),
    # A file, and what the line of its refusal says; `{}` is a path.
    [
        (MINIMAL + "time-limt = 3\n", "there is no key 'time-limt'; did you mean time_limit?"),
        (MINIMAL + "zzz = 3\n", "there is no key 'zzz'; choose one of: root, command, judge, evaluator, files"),
        (MINIMAL + 'instances = "3"\n', 'instances is a whole number, not "3"'),
        (MINIMAL + "instances = true\n", "instances is a whole number, not true"),
        (MINIMAL + "instances = 0\n", "instances and held_out must be from 1 to 100000"),
        (MINIMAL + "time_limit = 0\n", "time_limit is 0.0 s; it must be more than 0"),
        (MINIMAL + "memory_limit = '2 potatoes'\n", "memory_limit is a number of bytes, or a text such as '2 GiB'"),
        (MINIMAL + "memory_limit = 10\n", "memory_limit is 10 bytes; the least is"),
        (MINIMAL + "range = [1, 0]\n", "range is a list of two numbers, such as [0, 1]"),
        (MINIMAL + f"time_limit = {HUGE}\n", "time_limit is a number of seconds"),
        (MINIMAL + f"range = [0, {HUGE}]\n", "range is a list of two numbers"),
        (MINIMAL + f"memory_limit = '{HUGE} GiB'\n", "memory_limit is a number of bytes"),
        (MINIMAL + "time_limit = " + "9" * 5000, "Exceeds the limit (4300 digits)"),
        (MINIMAL + "range = 'much'\n", "range is a list of two numbers, such as [0, 1]"),
        (MINIMAL + "only = [1]\n", "only is a list of texts, not [1]"),
        (MINIMAL + "environment = { A = 1 }\n", "environment is a table { NAME = 'VALUE' }"),
        (
            MINIMAL + "only = ['volume']\n",
            "no function and no marked region 'volume'; except in Python, mark its lines",
        ),
        (MINIMAL + "name = 'a b'\n", "a name is made of letters"),
        (MINIMAL + "tool = 'nothing-here'\n", "tool: there is no"),
        (MINIMAL + "tool = '/proc'\n", "tool: /proc is outside of"),
        (MINIMAL + "tool = '/'\n", "tool: / is outside of"),
        (MINIMAL + "trust_programs = true\n", "trust_programs can be set on the command line only, by trust_programs"),
        (SCORED + "metric = ['speed:maximum']\n", "metric 'speed:maximum': expected NAME:max"),
        (SCORED + "metric = ['score:max:2']\n", "metric 'score:max:2': expected NAME:max or NAME:min"),
        (
            SCORED + "metric = ['score:max', 'time']\n",
            "score: of score and time, name the one that decides with metric; requ",
        ),
        (SCORED + "metric = ['a']\n", "metric: no score is named a; the scores are score"),
        (SCORED, "say whether more or less of it is better: score 'score=score ([0-9.]+)' metric"),
        (MINIMAL + "require_metric = ['tets=1']\n", "require_metric: no score is named tets; the scores are score"),
        (
            MINIMAL + "require_metric = ['score<=100ms']\n",
            "expected NAME=1, NAME>=0.9 or NAME<=100, with a plain number",
        ),
        (MINIMAL + "require_metric = ['tests']\n", "require_metric: 'tests': expected NAME=1"),
        (MINIMAL + "require_metric = ['tests=nan']\n", "require_metric: 'tests=nan': expected NAME=1"),
        (MINIMAL + "require_metric = ['score<=0x']\n", "or with a multiple of the original's, NAME<=1.1x"),
        (MINIMAL + "best_known = nan\n", "best_known is a finite number, not NaN"),
        (MINIMAL + "best_known = 'high'\n", "best_known is a finite number"),
        (MINIMAL.replace("([0-9.]+)", "x"), "'score x' is no score; scores are time, wall, memory"),
        (MINIMAL.replace("files", "file"), "there is no key 'file'; did you mean files?"),
        (MINIMAL.replace("src/**", "lib/**"), "files: no file matches 'lib/**/*.c' in"),
        (MINIMAL.replace("src/**", "../**"), "files: '../**/*.c' is not a path inside"),
        (MINIMAL.replace("sh bench.sh", " "), "command: there is no command"),
        (MINIMAL.replace("sh bench.sh", "run {program}"), "{program} stands for the one file of a task"),
        (MINIMAL + "context = 'out/secret.txt'\n", "no file matches"),
        ('files = ["a"]\n', "command is missing: it says what is run"),
        ('command = "true"\n', "files is missing: it says which files may change"),
        ('files = ["src/a.c"]\ncommand = "true"\n', "score: say what is better"),
        ("files = [\n", "is not TOML"),
        ('root = "elsewhere"\n' + MINIMAL, "there is no folder"),
        *(
            (f'root = "{root}"\n' + MINIMAL, "root: {} is outside of {}, and commands would get a copy of all of it")
            for root in ("..", "../..", "out")
        ),
        *(
            (MINIMAL + f"judge = 'true'\ndescription = 'd'\n{key} = 'link*.txt'\n", f"{key}: link.txt is a link out of")
            for key in ("context", "cases", "judge_files")
        ),
    ],
)
def test_mistake_in_a_config_is_one_line_that_names_it(linked: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message).replace(r"\{\}", ".*")) as caught:
        read_config(config(linked, text))
    assert "strop.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_config_that_is_a_link_a_pipe_or_a_giant_is_not_read(tree: Path) -> None:
    path = config(tree, MINIMAL)
    path.rename(tree / "other.toml")
    for make in (lambda: path.symlink_to("other.toml"), lambda: os.mkfifo(path), path.touch):
        make()
        if path.is_file() and not path.is_symlink():
            os.truncate(path, 1 << 40)
        with pytest.raises(ConfigurationError, match="is not a regular file of at most 1 MiB"):
            read_config(path)
        path.unlink()


def test_file_that_is_no_text_is_named(tree: Path) -> None:
    for content, message in ((b"\xff\xfe", "is not UTF-8 text"), (None, "cannot be read: No such file")):
        (tree / "strop.toml").write_bytes(content) if content else (tree / "strop.toml").unlink()
        with pytest.raises(ConfigurationError, match=message):
            read_config(tree / "strop.toml")
    file, path = tree / "src" / "a.c", config(tree, MINIMAL)
    for content, message in ((b"a\0b", "is a binary file"), (b"caf\xe9", "is not UTF-8 text"), (None, "is a link")):
        file.unlink()
        file.write_bytes(content) if content else file.symlink_to("deep/b.c")
        with pytest.raises(ConfigurationError, match=f"src/a.c {message}"):
            read_config(path)


Asked = tuple[list[str] | dict[str, str], list[str], list[str]]
SEVERAL = "score: of time and memory, name the one that decides with metric; require others with require_metric"


@table(
    ("asked", "readers", "metric"),
    [
        ((["time"], [], []), {"time": "time"}, Metric("time", "min")),
        ((["tests"], [], []), {"tests": "tests"}, Metric("tests", "max")),
        ((["$.results[0].mean"], ["mean:min"], []), {"mean": "$.results[0].mean"}, Metric("mean", "min")),
        ((["score=(.*)"], ["score:max"], []), {"score": "score=(.*)"}, Metric("score")),
        (([r"loss=\s*([0-9.]+)"], ["loss:min"], []), {"loss": r"loss=\s*([0-9.]+)"}, Metric("loss", "min")),
        ((["ops=ops/s: (.*)"], ["ops:max"], []), {"ops": "ops/s: (.*)"}, Metric("ops")),
        ((["cpu=time"], [], []), {"cpu": "time"}, Metric("cpu", "min")),
        ((["m=o.json:$.a"], ["m:max"], []), {"m": "o.json:$.a"}, Metric("m")),
        (
            (["time", "tests", "memory"], [], ["tests=1", "memory<=9"]),
            {"time": "time", "tests": "tests", "memory": "memory"},
            Metric("time", "min"),
        ),
        ((["time"], [], ["tests=1"]), {"time": "time", "tests": "tests"}, Metric("time", "min")),
        ((["a=x(.)", "b=y(.)"], ["a:max"], ["b>=2"]), {"a": "x(.)", "b": "y(.)"}, Metric("a")),
        ((["$.a", "$.b"], ["b:min"], []), {"a": "$.a", "b": "$.b"}, Metric("b", "min")),
        (({"a": "x(.)"}, ["a:max"], []), {"a": "x(.)"}, Metric("a")),
        (([], [], ["tests=1"]), {"tests": "tests"}, Metric("tests")),
    ],
)
def test_objective_is_made_of_scores_a_metric_and_constraints(
    asked: Asked, readers: dict[str, str], metric: Metric
) -> None:
    found = parse_objective(*asked)
    assert dict(found.readers) == readers and found.metric == metric


@table(
    ("asked", "words"),
    [
        (
            (["$.results[0].speed"], [], []),
            "better: score '$.results[0].speed' metric speed:max, or speed:min (in a strop.toml",
        ),
        ((["loss: (.*)"], ["loss:min"], []), "metric: no score is named loss; the scores are score"),
        ((["time"], ["cpu:min"], []), "metric: no score is named cpu; the scores are time"),
        ((["a=x(.)"], ["time"], ["a>=1", "b=1"]), "require_metric: no score is named b; the scores are a and time"),
        ((["x: (.)", "y: (.)"], [], []), "score: two scores are named score; name each: NAME=HOW"),
        ((["$.hits"], [], ["hits>=1"]), "score '$.hits': say whether more or less of it is better"),
        ((["time", "memory"], [], []), SEVERAL),
        (([], ["time", "memory"], []), SEVERAL),
        ((["time", "memory"], [], ["time<=9", "memory<=9"]), SEVERAL),
        ((["time", "memory", "tests"], [], ["tests=1"]), SEVERAL),
    ],
)
def test_objective_that_is_none_is_refused_with_what_to_name(asked: Asked, words: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        parse_objective(*asked)


@table(
    ("reader", "name"),
    {
        r"ratio: (\S+)": "ratio",
        "mean time: (.*)": "mean",
        "([0-9]+)": "score",
        "$.speed": "speed",
    }.items(),
)
def test_refusal_of_a_score_without_a_direction_prints_what_works(reader: str, name: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_objective([reader], [], [])
    flags = shlex.split(str(error.value).partition("better: ")[2].partition(", or ")[0])
    assert flags[::2] == ["score", "metric"] and "score score" not in str(error.value)
    found = parse_objective([flags[1]], [flags[3]], [])
    assert dict(found.readers) == {name: reader} and found.metric == Metric(name)


@table("kind", KINDS.values())
def test_kind_of_score_is_read_and_explained_by_its_row(tree: Path, kind: Any) -> None:
    task = command_task(tree, command="true", files=["src/a.c"], score=[kind.name], trust_programs=True)
    is_counted = kind.scored_by == "kernel"
    assert f"- {kind.name}: {kind.meaning}" in task.u_str and task.interleaved is kind.is_time
    assert task.instances == (3 if kind.is_time else 1)
    assert task.objective.metric == Metric(kind.name, "min" if is_counted else "max")
    assert not is_counted or task.scoring.startswith(f"{kind.noun}, counted by the kernel")
    left = Printed("1 passed in 0.1s\n", "", True, 1.0, 1.0, 1 << 20, lambda _: None)
    assert read_score("x", kind.name, left).value == (kind.read(left) if kind.read else 1.0)
    facts = task.facts
    assert facts is not None and facts.metric.resolution == kind.resolution
    assert valued(facts.metric, 1.0) == {"s": "1 s", "%": "100%", "": "1"}.get(kind.unit, f"1 {kind.unit}")


def test_command_is_filled_in_and_quoted(tree: Path) -> None:
    (tree / "a b.c").write_text("x\n")
    task = command_task(tree, command="run {program} {seed} ${x}", files=["a b.c"], score=["passed"])
    assert task.filled(task.command, 7, "") == "run 'a b.c' 7 ${x}"
    assert task.input != "fixed"


def test_model_is_told_what_is_run_what_counts_and_what_measures(tree: Path) -> None:
    scoring: dict[str, Any] = {"score": ["time"], "require_metric": ["tests=1"], "only": ["area"], "time_limit": 7}
    told = command_task(tree, command="sh ./bench.sh {seed}", build="make all", files=["src"], **scoring).u_str
    for words in (
        "src/a.c, src/deep/b.c",
        "make all",
        "sh ./bench.sh {seed}",
        "minimise time; tests=1 is required",
        "stopped after 7 s or at 4096 MiB",
        "In src/a.c, src/deep/b.c, only this may change: area.",
        "=== file: PATH ===",
        "What measures it, bench.sh:\necho score 1",
    ):
        assert words in told
    (tree / "bench.sh").write_text("echo 1\n" * 10_000)
    told = command_task(tree, command="sh bench.sh", files=["src"], score=["passed"]).u_str
    assert len(told) < 8000 and "[... cut]" in told and "EVOLVE-BLOCK" not in told
    (tree / "src" / "a.c").write_text("int a;\n// EVOLVE-BLOCK-START\nint b;\n// EVOLVE-BLOCK-END\n")
    told = command_task(tree, command="true", files=["src"], score=["passed"]).u_str
    assert "In src/a.c, src/deep/b.c, only the text between the EVOLVE-BLOCK markers may change." in told


def test_tree_is_all_but_junk_and_records(tree: Path) -> None:
    written(
        tree, dict.fromkeys((".venv/bin/x", "src/__pycache__/a.pyc", f"runs/one/{RECORD}", "runs/one/task/a.c"), "x")
    )
    (tree / "link").symlink_to("src")
    assert listed(tree) == ("bench.sh", "link", "src/a.c", "src/deep/b.c")


def test_tree_is_what_no_gitignore_leaves_out_or_a_key_names(tree: Path) -> None:
    (tree / ".gitignore").write_text("*.o\n/data/\n")
    (tree / "data").mkdir()
    for path in ("a.o", "data/large.bin", "kept.o"):
        (tree / path).write_text("x")
    known = (".gitignore", "bench.sh", "src/a.c", "src/deep/b.c")
    assert listed(tree) == known and listed(tree, ["kept.o"]) == (*known[:2], "kept.o", *known[2:])
    task = command_task(tree, command="true", files=["src/*.c"], context=["./kept.o"], score=["passed"])
    copy_tree(tree, tree.parent / "copy", task.named_files)
    assert (tree.parent / "copy/kept.o").exists() and not (tree.parent / "copy/a.o").exists()
    with pytest.raises(ConfigurationError, match=r"no file matches '\*\.o' in .*; give the full path of a file that"):
        command_task(tree, command="true", files=["*.o"], score=["passed"])


def test_copy_of_a_tree_and_one_on_another_machine_keep_links_permissions_and_bytes(tree: Path, tmp_path: Path) -> None:
    (tree / "bench.sh").chmod(0o755)
    (tree / "link").symlink_to("../outside")
    (tree / "near").symlink_to("src/raw")
    (tree / "src/raw").write_bytes(b"\x00\xff\r\n")
    (tree / "node_modules").mkdir()
    (tree / "node_modules" / "left_out").touch()
    copy_tree(tree, tmp_path / "copy")
    unpack(packed(tree), tmp_path / "there")
    for made in (tmp_path / "copy", tmp_path / "there"):
        assert listed(made) == listed(tree) == ("bench.sh", "link", "near", "src/a.c", "src/deep/b.c", "src/raw")
        assert (made / "bench.sh").stat().st_mode & 0o777 == 0o755 and not (made / "node_modules").exists()
        assert (made / "link").readlink() == Path("../outside")
        assert (made / "near").read_bytes() == b"\x00\xff\r\n"
        assert (made / "src/deep/b.c").read_bytes() == b"int b;\r\nint c;\r\n"


def test_tree_that_is_too_large_is_refused_and_the_largest_part_named(tree: Path) -> None:
    (tree / "data").mkdir()
    with (tree / "data" / "large.bin").open("wb") as file:
        file.truncate(300 << 20)
    with pytest.raises(ConfigurationError, match=r"4 files of 300 MiB.*The largest is data \(300 MiB\)"):
        listed(tree)


JUDGED = ("judge", "judge_files", "judge_build", "cases", "results")


def test_every_key_has_a_test() -> None:
    keys = [field.name for field in fields(ScoringOptions) if field.name not in NOT_IN_FILE]
    judged = (*JUDGED, "description_file")  # in tests/unit/evaluation/commands/test_judges.py
    assert [key for key in keys if f"{key} = " not in FULL + RANGE and key not in judged] == []


SETTINGS: list[tuple[list[str], dict[str, object]]] = [
    (["instances=5", "time_limit=2"], {"instances": 5, "time_limit": 2}),
    (["build=make -s", "name=5"], {"build": "make -s", "name": "5"}),
    (["build='make'", 'description="a = b"'], {"build": "make", "description": "a = b"}),
    (["tool=a", "tool=b"], {"tool": ("a", "b")}),
    (["tool=['a', 'b']"], {"tool": ["a", "b"]}),
    (["fixed-input=true", "memory_limit=2 GiB"], {"fixed_input": True, "memory_limit": "2 GiB"}),
    (["environment={ A = '1' }"], {"environment": {"A": "1"}}),
    (["best_known=2", "trust_programs=true"], {"best_known": 2, "trust_programs": True}),
    (["build=x\ny = 1"], {"build": "x\ny = 1"}),
]


def test_setting_of_a_command_line_is_toml_or_plain_text() -> None:
    for settings, values in SETTINGS:
        assert parse_settings(settings) == values
    for setting, message in {
        "instances": "--set 'instances': expected KEY=VALUE",
        "tools=x": "there is no key 'tools'; did you mean tool?",
        "root=..": "there is no key 'root'",
    }.items():
        with pytest.raises(ConfigurationError, match=re.escape(message)):
            parse_settings([setting])


@table(
    ("flags", "by", "because", "compared"),
    [
        ({"score": ["time"]}, "kernel", "", True),
        ({"score": ["wall", "memory"], "require_metric": ["memory<=100"]}, "kernel", "", True),
        ({"score": ["wall"], "require_metric": ["passed=1"]}, "kernel", "", True),
        ({"score": ["time"], "require_metric": ["tests=1"]}, "program", OWN_ANSWER, False),
        ({"score": ["time", "$.steps"], "metric": ["time"]}, "program", OWN_ANSWER, False),
        ({"score": ["passed"]}, "program", OWN_TESTS, False),
        ({"score": ["tests"]}, "program", OWN_TESTS, False),
        ({"score": ["$.speed"], "metric": ["speed:max"]}, "program", OWN_PRINT, False),
        ({"score": ["$.speed"], "metric": ["speed:max"], "judge": "cat {output}"}, "judge", "", False),
        ({"score": ["time"], "judge": "cat {output}"}, "kernel", "", False),
        ({"score": ["passed"], "judge": "cat {output}"}, "judge", "", False),
    ],
)
def test_form_of_a_target_says_who_computes_its_score_and_whether_answers_are_compared(
    tree: Path, flags: dict[str, Any], by: str, because: str, compared: bool
) -> None:
    task = command_task(tree, command="true", files=["src"], description="More is better.", **flags)
    assert (task.scored_by, task.own_score_because, task.compare_output) == (by, because, compared), flags


def test_root_that_holds_keys_is_warned_of_in_one_line(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tree, MINIMAL)
    read_config(path)
    assert capsys.readouterr().err == ""
    (tree / ".ssh").mkdir()
    read_config(path)
    copied = "and commands get a copy of all of it: give the project a folder of its own\n"
    assert capsys.readouterr().err == f"strop: {tree} holds .ssh, {copied}"
    (tree / ".ssh").rmdir()
    monkeypatch.setenv("HOME", str(tree))
    read_config(path)
    assert capsys.readouterr().err == f"strop: {tree} is or holds your home folder, {copied}"


@table("tool", ("/etc", "~", "..", "../sums-2", "out", "src/link"))
def test_tool_of_a_file_is_in_its_tree_unless_the_user_names_it(linked: Path, tool: str) -> None:
    path = config(linked, MINIMAL + f"tool = ['tools', '{tool}']\n")
    with pytest.raises(ConfigurationError, match=r"tool: .* is outside of .*: tool="):
        read_config(path)
    if tool in ("..", "out"):  # which hold the tree
        with pytest.raises(ConfigurationError, match=r"holds src/a.c, which may change"):
            read_config(path, trusted=True)
    else:
        assert read_config(path, {"tool": ["tools", tool]}).tools[1:] == read_config(path, trusted=True).tools[1:]


@table("name", ("../secret.txt", "{linked}/../secret.txt", "out/secret.txt", "link.txt"))
def test_description_of_a_file_is_in_its_tree_unless_the_user_names_it(linked: Path, name: str) -> None:
    name = name.format(linked=linked)
    path = config(linked, MINIMAL + f"description_file = '{name}'\n")
    with pytest.raises(ConfigurationError, match=r"description_file: .* is outside of .*: description_file="):
        read_config(path)
    if name != "link.txt":
        assert read_config(path, {"description_file": name}).description == "secret"


def test_best_known_value_is_of_the_metric(tree: Path) -> None:
    asked: dict[str, Any] = {"command": "true", "files": ["src"], "score": {"a": "a (.*)", "b": "b (.*)"}}
    task = command_task(tree, **asked, metric="a:min", best_known=2, trust_programs=True)
    assert task.best_values == {"a": 2.0} and task.trust_programs
    (tree / "strop.toml").write_text(to_toml(task))
    assert read_config(tree / "strop.toml", trusted=True) == task
    assert read_config(tree / "strop.toml", {"trust_programs": True}).trust_programs
