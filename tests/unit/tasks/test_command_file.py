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
from strop.cli.commands.audit import read_program
from strop.core.metric_change import facts_of
from strop.core.scorer import scorer_of
from strop.lm.base import Request, dropped
from strop.lm.scripted import read_script
from strop.runs.claims.gains import valued
from strop.tasks.command.config import command_task, parse_objective, read_config, to_toml
from strop.tasks.command.objective import Constraint, Metric
from strop.tasks.command.options import NOT_IN_FILE, ScoringOptions, parse_settings
from strop.tasks.command.readers import documents, read_score
from strop.tasks.command.score_kinds import KINDS, Printed, ScoreKind
from strop.tasks.command.task import OWN_ANSWER, OWN_PRINT, OWN_TESTS, CommandTask
from strop.tasks.command.tree import RECORD, copy_tree, listed, packed, unpack
from strop.tasks.registry import load_any
from strop.tasks.used_files import shown_files

A = "// strop: begin area\nint a;\n// strop: end area\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "sums"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "src" / "a.c").write_text(A)
    (root / "src" / "deep" / "b.c").write_bytes(b"int b;\r\nint c;\r\n")
    (root / "bench.sh").write_text("echo score 1\n")
    return root


def config(tree: Path, text: str) -> Path:
    path = tree / "strop.toml"
    path.write_text(text)
    return path


SCORED = 'files = ["src/**/*.c"]\ncommand = "sh bench.sh"\nscore = "score ([0-9.]+)"\n'
MINIMAL = SCORED + "metric = 'score:max'\n"
RANGE = "range = [0.0, 1.0]\n"


def test_config_of_four_lines_is_a_task(tree: Path) -> None:
    task = read_config(config(tree, MINIMAL))
    assert task.name == "sums"
    assert dict(task.files) == {"src/a.c": A, "src/deep/b.c": "int b;\nint c;\n"}
    assert task.objective.metrics == (Metric("score"),)
    assert (task.instances, task.test_instances, task.seeded, task.interleaved) == (1, 10, False, False)


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
    assert read_program(tree / "src" / "a.c") == A


def test_config_is_found_in_a_folder(tree: Path) -> None:
    config(tree, MINIMAL)
    assert isinstance(load_any(str(tree)), CommandTask)
    assert load_any(str(tree)) == load_any(str(tree / "strop.toml"))


FULL = r"""
name = "sums-2"
root = "."                       # where the tree lies
files = "src/a.c"
build = "cc -c src/a.c"
test = "make check"
command = "./run {seed} > \"out put.json\""
score = { speed = 'ops "x": (\d+)', mean = "out.json:$.results[0]['a b']", size = "memory" }
metric = ["speed:max:2.5", "mean:min"]
require_metric = ["tests=1", "size<=1e3"]
instances = 4
held_out = 20
fixed_input = true
best_known = { speed = 100.0, mean = 1.0 }
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
    assert task.objective.metrics == (Metric("speed", "max", 2.5, weighed=True), Metric("mean", "min"))
    assert task.objective.constraints == (Constraint("tests", "=", 1.0), Constraint("size", "<=", 1000.0))
    assert task.objective.readers["tests"] == "tests"
    assert (task.memory_limit, task.time_limit, task.seeded, task.interleaved) == (512 << 20, 2.5, True, False)
    assert not task.compare_output and task.fixed_input
    assert task.only == ("area",)
    assert task.tools == (Path("/usr/bin/env"),)
    assert task.context == ("bench.sh",)
    assert task.test == "make check"
    assert "Tested once, before it is measured, by: make check\n" in replace(task, description="").u_str
    assert task.environment == {"THREADS": "2"}


@pytest.mark.parametrize("text", [MINIMAL, MINIMAL + RANGE, FULL, MINIMAL.replace("score (", "(?#\\u007f é)score '(")])
def test_task_written_as_a_file_is_the_same_when_it_is_read_again(tree: Path, text: str) -> None:
    task = read_config(config(tree, text))
    assert read_config(config(tree, to_toml(task))) == task


def test_written_task_names_odd_paths_as_they_are(tree: Path) -> None:
    (tree / "src" / "[a]*.c").write_text("int odd;\n")
    task = command_task(tree, command="true", files=["src/[[]a].c", "src/[[]a][*].c"][1:], score=["passed"])
    assert list(task.files) == ["src/[a]*.c"]
    assert read_config(config(tree, to_toml(task))) == task


def test_written_task_may_lie_beside_its_tree(tree: Path) -> None:
    task = read_config(config(tree, MINIMAL))
    outside = tree.parent / "task.toml"
    outside.write_text(to_toml(task, "sums"))
    assert read_config(outside).files == task.files


@pytest.mark.parametrize(
    ("text", "message"),
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
        (MINIMAL + "range = 'much'\n", "range is a list of two numbers, such as [0, 1]"),
        (FULL + "range = [0, 1]\n", "range: there are 2 metrics; a range is that of one"),
        (MINIMAL + "only = [1]\n", "only is a list of texts, not [1]"),
        (MINIMAL + "environment = { A = 1 }\n", "environment is a table { NAME = 'VALUE' }"),
        (
            MINIMAL + "only = ['volume']\n",
            "only: the program has no function and no marked region 'volume'; except in Python, mark its lines",
        ),
        (MINIMAL + "name = 'a b'\n", "a name is made of letters"),
        (MINIMAL + "tool = 'nothing-here'\n", "tool: there is no"),
        (MINIMAL + "tool = '/proc'\n", "tool: /proc is outside of"),
        (MINIMAL + "tool = '/'\n", "tool: / is outside of"),
        (SCORED + "metric = ['speed:maximum']\n", "metric 'speed:maximum': expected NAME:max"),
        (SCORED + "metric = ['score:max:0']\n", "metric 'score:max:0': expected NAME:max"),
        (SCORED + "metric = ['a', 'b']\n", "metric: no score is named a; the scores are score"),
        (
            SCORED,
            "score 'score ([0-9.]+)': say whether more or less of it is better: score 'score=score ([0-9.]+)' metric",
        ),
        (MINIMAL + "require_metric = ['tets=1']\n", "require_metric: no score is named tets; the scores are score"),
        (
            MINIMAL + "require_metric = ['score<=100ms']\n",
            "expected NAME=1, NAME>=0.9 or NAME<=100, with a plain number",
        ),
        (MINIMAL + "require_metric = ['tests']\n", "require_metric: 'tests': expected NAME=1"),
        (MINIMAL + "require_metric = ['tests=nan']\n", "require_metric: 'tests=nan': expected NAME=1"),
        (MINIMAL.replace("([0-9.]+)", "x"), "'score x' is no score; scores are time, wall, memory"),
        (MINIMAL.replace("files", "file"), "there is no key 'file'; did you mean files?"),
        (MINIMAL.replace("src/**", "lib/**"), "files: no file matches 'lib/**/*.c' in"),
        (MINIMAL.replace("src/**", "../**"), "files: '../**/*.c' is not a path inside"),
        (MINIMAL.replace("sh bench.sh", " "), "command: there is no command"),
        (MINIMAL.replace("sh bench.sh", "run {program}"), "{program} stands for the one file of a task"),
        ('files = ["a"]\n', "command is missing: it says what is run"),
        ('command = "true"\n', "files is missing: it says which files may change"),
        ('files = ["src/a.c"]\ncommand = "true"\n', "score: say what is better"),
        ("files = [\n", "is not TOML"),
        ('root = "elsewhere"\n' + MINIMAL, "there is no folder"),
    ],
)
def test_mistake_in_a_config_is_one_line_that_names_it(tree: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_config(config(tree, text))
    assert message in str(caught.value)
    assert "strop.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


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


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe", "is not UTF-8 text"), (None, "cannot be read: No such file")]
)
def test_config_that_is_no_text_is_refused(tree: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tree / "strop.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        read_config(tree / "strop.toml")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"a\0b", "src/a.c is a binary file"), (b"caf\xe9", "src/a.c is not UTF-8 text"), (None, "src/a.c is a link")],
)
def test_file_that_is_no_text_is_named(tree: Path, content: bytes | None, message: str) -> None:
    file = tree / "src" / "a.c"
    file.unlink()
    if content is None:
        file.symlink_to("deep/b.c")
    else:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        read_config(config(tree, MINIMAL))


@pytest.mark.parametrize(
    ("score", "metric", "require", "readers", "metrics"),
    [
        (["time"], [], [], {"time": "time"}, [Metric("time", "min")]),
        (["tests"], [], [], {"tests": "tests"}, [Metric("tests", "max")]),
        (["$.results[0].mean"], ["mean:min"], [], {"mean": "$.results[0].mean"}, [Metric("mean", "min")]),
        (
            ["$.results[0].speed"],
            [],
            [],
            None,
            re.escape("better: score '$.results[0].speed' metric speed:max, or speed:min (in a strop.toml: "),
        ),
        (["score=(.*)"], ["score:max"], [], {"score": "score=(.*)"}, [Metric("score")]),
        ([r"loss=\s*([0-9.]+)"], ["loss:min"], [], {"loss": r"loss=\s*([0-9.]+)"}, [Metric("loss", "min")]),
        (["ops=ops/s: (.*)"], ["ops:max"], [], {"ops": "ops/s: (.*)"}, [Metric("ops")]),
        (["cpu=time"], [], [], {"cpu": "time"}, [Metric("cpu", "min")]),
        (["m=o.json:$.a"], ["m:max"], [], {"m": "o.json:$.a"}, [Metric("m")]),
        (["loss: (.*)"], ["loss:min"], [], None, "metric: no score is named loss; the scores are score"),
        (
            [],
            ["time", "memory"],
            [],
            {"time": "time", "memory": "memory"},
            [Metric("time", "min"), Metric("memory", "min")],
        ),
        (["time"], [], ["tests=1"], {"time": "time", "tests": "tests"}, [Metric("time", "min")]),
        (["time"], ["cpu:min"], [], None, "metric: no score is named cpu; the scores are time"),
        (["a=x(.)", "b=y(.)"], ["a:max"], ["b>=2"], {"a": "x(.)", "b": "y(.)"}, [Metric("a")]),
        (["a=x(.)"], ["time"], ["a>=1", "b=1"], None, "require_metric: no score is named b; the scores are a and time"),
        (["x: (.)", "y: (.)"], [], [], None, "score: two scores are named score; name each: NAME=HOW"),
        (["$.a", "$.b"], ["a:max", "b:min"], [], {"a": "$.a", "b": "$.b"}, [Metric("a"), Metric("b", "min")]),
        ({"a": "x(.)"}, ["a:max"], [], {"a": "x(.)"}, [Metric("a")]),
        (["$.hits"], [], ["hits>=1"], None, r"score '\$.hits': say whether more or less of it is better"),
        ([], [], ["tests=1"], {"tests": "tests"}, [Metric("tests")]),
    ],
)
def test_objective_is_made_of_scores_metrics_and_constraints(
    score: list[str], metric: list[str], require: list[str], readers: dict[str, str] | None, metrics: list[Metric] | str
) -> None:
    if readers is None:
        with pytest.raises(ConfigurationError, match=str(metrics)):
            parse_objective(score, metric, require)
        return
    found = parse_objective(score, metric, require)
    assert dict(found.readers) == readers
    assert list(found.metrics) == metrics


@pytest.mark.parametrize(
    ("reader", "name"),
    [(r"ratio: (\S+)", "ratio"), ("mean time: (.*)", "mean"), ("([0-9]+)", "score"), ("$.speed", "speed")],
)
def test_refusal_of_a_score_without_a_direction_prints_what_works(reader: str, name: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_objective([reader], [], [])
    flags = shlex.split(str(error.value).partition("better: ")[2].partition(", or ")[0])
    assert flags[::2] == ["score", "metric"] and "score score" not in str(error.value)
    found = parse_objective([flags[1]], [flags[3]], [])
    assert dict(found.readers) == {name: reader} and found.metrics == (Metric(name),)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kind_of_score_is_read_and_explained_by_its_row(tree: Path, kind: ScoreKind) -> None:
    task = command_task(tree, command="true", files=["src/a.c"], score=[kind.name], trust_programs=True)
    is_counted = kind.scored_by == "kernel"
    assert f"- {kind.name}: {kind.meaning}" in task.u_str and task.interleaved is kind.is_time
    assert task.objective.metrics == (Metric(kind.name, "min" if is_counted else "max"),)
    assert not is_counted or scorer_of(task).startswith(f"{kind.noun}, counted by the kernel")
    left = Printed("1 passed in 0.1s\n", "", True, 1.0, 1.0, 1 << 20, lambda _: None)
    assert read_score("x", kind.name, left).value == (kind.read(left) if kind.read else 1.0)
    facts = facts_of(task)
    assert facts is not None and facts.metrics[0].resolution == kind.resolution
    assert valued(facts.metrics[0], 1.0) == {"s": "1 s", "%": "100%", "": "1"}.get(kind.unit, f"1 {kind.unit}")


def test_times_are_measured_in_turns_and_memory_is_not(tree: Path) -> None:
    one = {
        name: command_task(tree, command="true", files=["src/a.c"], score=[name]) for name in ("time", "wall", "memory")
    }
    assert [one[name].interleaved for name in one] == [True, True, False]
    assert [one[name].instances for name in one] == [3, 3, 1]


def test_command_is_filled_in_and_quoted(tree: Path) -> None:
    (tree / "a b.c").write_text("x\n")
    task = command_task(tree, command="run {program} {seed} ${x}", files=["a b.c"], score=["passed"])
    assert task.filled(task.command, 7, "") == "run 'a b.c' 7 ${x}"
    assert task.seeded


def test_model_is_told_what_is_run_what_counts_and_what_measures(tree: Path) -> None:
    task = command_task(
        tree,
        command="sh ./bench.sh {seed}",
        build="make all",
        files=["src"],
        score=["time"],
        require_metric=["tests=1"],
        only=["area"],
        time_limit=7,
    )
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
        assert words in task.u_str


def test_model_is_told_of_marked_regions(tree: Path) -> None:
    assert "EVOLVE-BLOCK" not in command_task(tree, command="true", files=["src"], score=["passed"]).u_str
    (tree / "src" / "a.c").write_text("int a;\n// EVOLVE-BLOCK-START\nint b;\n// EVOLVE-BLOCK-END\n")
    told = command_task(tree, command="true", files=["src"], score=["passed"]).u_str
    assert "In src/a.c, src/deep/b.c, only the text between the EVOLVE-BLOCK markers may change." in told


def test_long_scorer_is_cut_where_it_is_told(tree: Path) -> None:
    (tree / "bench.sh").write_text("echo 1\n" * 10_000)
    told = command_task(tree, command="sh bench.sh", files=["src"], score=["passed"]).u_str
    assert len(told) < 8000
    assert "[... cut]" in told


def test_tree_is_all_but_junk_and_records(tree: Path) -> None:
    for path in (".venv/bin/x", "src/__pycache__/a.pyc", f"runs/one/{RECORD}", "runs/one/task/a.c"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("x")
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


def test_tree_has_no_file_behind_a_link_that_a_key_names(tree: Path) -> None:
    (tree.parent / "secret").write_text("x")
    (tree / "out").symlink_to("..")
    with pytest.raises(ConfigurationError, match="no file matches"):
        command_task(tree, command="true", files=["src"], context=["out/secret"], score=["passed"])


def test_copy_of_a_tree_keeps_links_permissions_and_line_ends(tree: Path, tmp_path: Path) -> None:
    (tree / "bench.sh").chmod(0o755)
    (tree / "link").symlink_to("../outside")
    copy_tree(tree, tmp_path / "copy")
    assert listed(tmp_path / "copy") == listed(tree)
    assert (tmp_path / "copy" / "bench.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "copy" / "link").readlink() == Path("../outside")
    assert (tmp_path / "copy" / "src/deep/b.c").read_bytes() == b"int b;\r\nint c;\r\n"


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


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        (["instances=5", "time_limit=2"], {"instances": 5, "time_limit": 2}),
        (["build=make -s", "name=5"], {"build": "make -s", "name": "5"}),
        (["build='make'", 'description="a = b"'], {"build": "make", "description": "a = b"}),
        (["tool=a", "tool=b"], {"tool": ("a", "b")}),
        (["tool=['a', 'b']"], {"tool": ["a", "b"]}),
        (["fixed-input=true", "memory_limit=2 GiB"], {"fixed_input": True, "memory_limit": "2 GiB"}),
        (["environment={ A = '1' }"], {"environment": {"A": "1"}}),
        (["build=x\ny = 1"], {"build": "x\ny = 1"}),
    ],
)
def test_setting_of_a_command_line_is_toml_or_plain_text(settings: list[str], values: dict[str, object]) -> None:
    assert parse_settings(settings) == values


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("instances", "--set 'instances': expected KEY=VALUE"),
        ("tools=x", "there is no key 'tools'; did you mean tool?"),
        ("root=..", "there is no key 'root'"),
    ],
)
def test_setting_that_is_wrong_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        parse_settings([setting])


def test_options_change_what_a_config_says(tree: Path) -> None:
    config(tree, MINIMAL)
    task = load_any(str(tree), {"instances": 7, "only": "area"})
    assert isinstance(task, CommandTask) and (task.instances, task.only) == (7, ("area",))
    with pytest.raises(ConfigurationError, match="instances is a whole number, not"):
        load_any(str(tree), {"instances": "many"})


@pytest.mark.parametrize(
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
    assert (task.scored_by, task.own_score_because, task.compare_output) == (by, because, compared)


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


@pytest.mark.parametrize("root", ["..", "../..", "out"])
def test_root_that_leaves_the_folder_of_its_file_is_refused(tree: Path, root: str) -> None:
    (tree / "src/out").symlink_to(tree.parent)
    with pytest.raises(
        ConfigurationError, match=r"root: .* is outside of .*, and commands would get a copy of all of it"
    ):
        read_config(config(tree / "src", f'root = "{root}"\n' + MINIMAL))


@pytest.mark.parametrize("tool", ["/etc", "~", "..", "../tree-2", "out", "src/link"])
def test_tool_of_a_file_is_in_its_tree_unless_the_user_names_it(tree: Path, tool: str) -> None:
    (tree.parent / f"{tree.name}-2").mkdir()
    tool = tool.replace("tree-2", f"{tree.name}-2")
    (tree / "out").symlink_to("..")
    (tree / "src" / "link").symlink_to("/etc/passwd")
    (tree / "tools").mkdir()
    path = config(tree, MINIMAL + f"tool = ['tools', '{tool}']\n")
    with pytest.raises(ConfigurationError, match=r"tool: .* is outside of .*: tool="):
        read_config(path)
    if tool in ("..", "out"):  # which hold the tree
        with pytest.raises(ConfigurationError, match=r"holds src/a.c, which may change"):
            read_config(path, trusted=True)
    else:
        assert read_config(path, {"tool": ["tools", tool]}).tools[1:] == read_config(path, trusted=True).tools[1:]


@pytest.mark.parametrize("name", ["../secret.txt", "{tree}/../secret.txt", "out/secret.txt", "link.txt"])
def test_description_of_a_file_is_in_its_tree_unless_the_user_names_it(tree: Path, name: str) -> None:
    (tree.parent / "secret.txt").write_text("secret")
    (tree / "out").symlink_to("..")
    (tree / "link.txt").symlink_to("../secret.txt")
    name = name.format(tree=tree)
    path = config(tree, MINIMAL + f"description_file = '{name}'\n")
    with pytest.raises(ConfigurationError, match=r"description_file: .* is outside of .*: description_file="):
        read_config(path)
    if name != "link.txt":
        assert read_config(path, {"description_file": name}).description == "secret"


@pytest.mark.parametrize("key", ["context", "cases", "judge_files"])
def test_link_out_of_the_tree_is_none_of_its_files(tree: Path, key: str) -> None:
    (tree.parent / "secret.txt").write_text("secret")
    for number in range(2):
        (tree / f"link{number}.txt").symlink_to("../secret.txt")
    path = config(tree, MINIMAL + f"judge = 'true'\ndescription = 'd'\n{key} = 'link*.txt'\n")
    with pytest.raises(ConfigurationError, match=rf"{key}: link\d.txt is a link out of .*; put a copy"):
        read_config(path)


def test_best_known_value_is_of_the_only_metric_or_named(tree: Path) -> None:
    asked: dict[str, Any] = {"command": "true", "files": ["src"], "score": {"a": "a (.*)", "b": "b (.*)"}}
    task = command_task(tree, **asked, metric=["a:min"], best_known=2.5, trust_programs=True)
    assert task.best_known == {"a": 2.5} and task.trust_programs
    (tree / "strop.toml").write_text(to_toml(task))
    assert read_config(tree / "strop.toml", trusted=True) == task
    with pytest.raises(
        ConfigurationError, match="trust_programs can be set on the command line only: trust_programs=VALUE"
    ):
        read_config(tree / "strop.toml")
    assert read_config(tree / "strop.toml", {"trust_programs": True}).trust_programs
    both = {**asked, "metric": ["a:max", "b:max"]}
    assert command_task(tree, **both, best_known={"b": 1}).best_known == {"b": 1.0}
    with pytest.raises(ConfigurationError, match=r"best_known: there are 2 metrics, say of which it is"):
        command_task(tree, **both, best_known=1.0)
    with pytest.raises(ConfigurationError, match=r"best_known: there is no metric 'c'"):
        command_task(tree, **both, best_known={"c": 1.0})
    with pytest.raises(ConfigurationError, match=r"best_known: a is not a finite number"):
        command_task(tree, **both, best_known={"a": float("nan")})
    with pytest.raises(ConfigurationError, match=r"best_known is a number, or a table"):
        command_task(tree, **both, best_known="high")
    assert parse_settings(["best_known={ a = 2 }", "trust_programs=true"]) == {
        "best_known": {"a": 2},
        "trust_programs": True,
    }


def test_tree_is_the_same_on_another_machine(tmp_path: Path) -> None:
    tree, there = tmp_path / "tree", tmp_path / "there"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "run").write_bytes(b"\x00\xff")
    (tree / "bin" / "run").chmod(0o755)
    (tree / "near").symlink_to("bin/run")
    (tree / "far").symlink_to("/nowhere")
    (tree / "node_modules").mkdir()
    (tree / "node_modules" / "left_out").touch()
    unpack(packed(tree), there)
    assert listed(there) == listed(tree) == ("bin/run", "far", "near")
    assert (there / "near").read_bytes() == b"\x00\xff" and os.access(there / "bin" / "run", os.X_OK)
    assert (there / "far").readlink() == Path("/nowhere") and not (there / "node_modules").exists()
