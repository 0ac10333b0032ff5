"""`strop resume` and `replay` of records that were forged or come from elsewhere, and of programs that make it hard to go on."""

from __future__ import annotations

import itertools
import json
import shlex
import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.budget import LM_CALLS, Budget
from strop.base.errors import BudgetExceeded, SandboxError
from strop.base.events import AuditNoted, Evaluated, Event
from strop.base.solution import digest_of
from strop.core.completed_work import CompletedWork
from strop.evaluation.audit_log import AuditLog
from strop.store import FILE_NAME, Store
from support.command_line import DOUBLING, environment, run_here
from support.packages import has_dask
from support.records import changing, evaluated
from support.rows import table
from support.trees import written

TASK = DOUBLING.replace("import strop\n", 'import strop\n\nopen("trace", "w").close()\n')
SHORT = "--copies 1 --meta-budget 2 --utility-budget 2 --lm-budget 1 --max-responses 2 --seed 5 --gate-pairs 2 -T 1"


class Folder:
    """A folder to run strop in, with the key of a machine of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def strop(self, *arguments: str, machine: str = "here") -> subprocess.CompletedProcess[str]:
        own = {"XDG_DATA_HOME": str(self.path / machine), "OPENAI_API_KEY": "sk-" + "x" * 20}
        return run_here(*arguments, cwd=self.path, env=environment(self.path) | own)

    def forge(self, run: str, *, unfinished: bool = False, sql: str = "", **spec: object) -> None:
        """Change what a record says it was made from."""
        with changing(self.path / run) as connection:
            if spec:
                [(old,)] = connection.execute("SELECT value FROM meta WHERE key = 'spec'")
                new = json.dumps(json.loads(old) | spec)
                connection.execute("UPDATE meta SET value = ? WHERE key = 'spec'", (new,))
                connection.execute(
                    "UPDATE event SET data = json_set(data, '$.spec', json(?)) WHERE kind = 'RunStarted'", (new,)
                )
            if unfinished:  # as if it had been killed just before its end, which nobody then remembers
                connection.execute("DELETE FROM event WHERE kind = 'RunFinished'")
                (self.path / "here/strop/ends").unlink(missing_ok=True)
            connection.executescript(sql)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Two finished runs: of a task of one's own, and of a built-in one."""
    folder = Folder(tmp_path_factory.mktemp("made"))
    (folder.path / "mine.py").write_text(TASK)
    for task, out in (("mine.py", "own"), ("lpn", "lpn")):
        found = folder.strop("run", task, *shlex.split(SHORT), "--out", out)
        assert found.returncode == 0, found.stderr
    return folder


@pytest.fixture
def folder(made: Folder, tmp_path: Path) -> Folder:
    """Copies of them, somewhere else."""
    for run in ("own", "lpn"):
        shutil.copytree(made.path / run, tmp_path / run)
    shutil.copytree(made.path / "here", tmp_path / "here")
    return Folder(tmp_path)


@table(
    "command, named",
    [("replay", "own/task/.tree/mine.py"), ("replay", "beside.py"), ("resume", "beside.py")],
)
def test_task_file_that_came_with_a_record_is_not_run_unless_it_is_trusted(
    folder: Folder, command: str, named: str
) -> None:
    shutil.copy(folder.path / "own/task/.tree/mine.py", folder.path / "beside.py")
    shutil.copy(folder.path / "own/task/.tree/mine.py", folder.path / "own/task/.tree/beside.py")
    folder.forge("own", unfinished=command == "resume", task=named)
    refused = folder.strop(command, "./own", machine="elsewhere")
    assert refused.returncode == 2 and "--trust-task" in refused.stderr and "Traceback" not in refused.stderr
    assert not (folder.path / "trace").exists()


MARKED = """
import contextlib
import strop

with contextlib.suppress(OSError):
    open({trace!r}, "w").close()


@strop.improve_me(score=lambda answer, x: (answer == x) / 2, sample=lambda rng: {{"x": int(rng.integers(99))}})
def f(x):
    return x
"""


def test_function_of_a_record_from_elsewhere_is_repeated_without_trust_and_touches_nothing(folder: Folder) -> None:
    (folder.path / "marked.py").write_text(MARKED.format(trace=str(folder.path / "trace")))
    made = folder.strop("improve", "marked.py", "--utility-budget", "2", "--lm-budget", "1", "--out", "marked")
    assert made.returncode == 0, made.stderr
    replayed = folder.strop("replay", "./marked", machine="elsewhere")
    assert replayed.returncode == 0 and "The replay agrees" in replayed.stdout, replayed.stderr
    text = MARKED.format(trace=str(folder.path / "trace")).replace("return x\n", "return x\n\n\ntask = strop.Task(f)\n")
    (folder.path / "marked/task/.tree/marked.py").write_text(text)
    folder.forge("marked", unfinished=True, task="marked/task/.tree/marked.py:task")
    refused = folder.strop("resume", "./marked", machine="elsewhere")
    assert refused.returncode == 2 and "--trust-task" in refused.stderr, refused
    assert not (folder.path / "trace").exists()


MODELS = [
    *({"model": model} for model in ("command:touch trace", "python:trace:model", "inbox:trace")),
    *({"model": f"openai/any?{option}"} for option in ("url=http://127.0.0.1:9/v1", "price=0,0")),
    {"model": 'mix:["offline","command:touch trace"]'},
    {"model": "openai/any", "base_url": "http://127.0.0.1:9/v1"},
]


@table("model", MODELS)
def test_model_of_a_record_from_elsewhere_is_not_asked_unless_it_is_trusted(
    folder: Folder, model: dict[str, str]
) -> None:
    (folder.path / "trace.py").write_text("open('trace', 'w').close()\n")
    folder.forge("lpn", unfinished=True, iterations=2)
    folder.forge("lpn", **{"base_url": None} | model)
    for machine in ("elsewhere", "here"):  # also to its owner it may have been sent back, changed
        found = folder.strop("resume", "./lpn", machine=machine)
        refused = "--trust-task" if machine == "elsewhere" else "was changed after it was recorded"
        assert found.returncode == 2 and refused in found.stderr and found.stderr.count("\n") == 1, found
        assert not (folder.path / "trace").exists()


def test_commands_of_a_record_that_was_changed_are_not_run_by_its_owner_either(folder: Folder) -> None:
    written(folder.path, {"tree/number.py": "1\n"})
    asked = shlex.split("--command 'cat number.py' --score (.+) --metric score:max --utility-budget 1 --lm-budget 1")
    made = folder.strop("improve", "tree/number.py", *asked, "--set", "held_out=3", "--out", "command")
    assert made.returncode == 0, made.stderr
    folder.forge("command", unfinished=True)
    described = folder.path / "command/task/strop.toml"
    described.write_text(described.read_text() + 'tool = ["/etc/ssl"]\n')
    found = folder.strop("resume", "./command")
    assert found.returncode == 2 and "--trust-task" in found.stderr and found.stderr.count("\n") == 1


def test_file_that_came_to_the_task_in_a_record_is_not_run_by_its_owner_either(folder: Folder) -> None:
    (folder.path / "mine.py").write_text(TASK)
    folder.forge("own", unfinished=True)
    for file in ("numpy.py", "__pycache__/mine.cpython-311.pyc", "mine.py"):
        target = folder.path / "own/task" / file
        target.parent.mkdir(exist_ok=True)
        target.write_text(TASK.replace("trace", "forged"))
        found = folder.strop("resume", "./own")
        assert found.returncode == 2 and found.stderr.count("\n") == 1, found.stderr
        assert "own/task was changed after the run began; read it, then give --trust-task" in found.stderr
        assert not (folder.path / "forged").exists()
        if file != "mine.py":
            target.unlink()


def test_protections_are_not_waived_by_a_record_from_elsewhere(folder: Folder) -> None:
    folder.forge("lpn", unfinished=True, require=[])
    assert folder.strop("resume", "./lpn", machine="elsewhere").returncode == 0
    with Store.open(folder.path / "lpn") as store:
        spec = [stored.event for stored in store.events() if type(stored.event).__name__ == "RunResumed"][-1].spec  # type: ignore[attr-defined]
    assert spec["require"] is None


@has_dask
def test_cluster_that_a_record_from_elsewhere_names_is_not_connected_to(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        folder.forge("lpn", unfinished=True, workers=f"dask:tcp://127.0.0.1:{server.getsockname()[1]}")
        ended = folder.strop("resume", "./lpn", machine="elsewhere")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert ended.returncode == 0, ended.stderr


def test_recipe_that_is_none_gets_one_line(folder: Folder) -> None:
    folder.forge("lpn", unfinished=True)
    with Store.open(folder.path / "lpn", believed=False) as store:
        spec = json.loads(store.meta["spec"])
    for wrong in (
        *({"copies": "many"}, {"copies": 2.5}, {"model": None}, {"require": ["nothing"]}, {"task": 5}),
        *({"selection": "mine"}, {"task": "../../x.py"}, {"seed": True}, {"max_cost": "1"}),
    ):
        folder.forge("lpn", **spec | wrong)
        found = folder.strop("resume", "./lpn", machine="elsewhere")
        assert found.returncode in (1, 2) and found.stderr.count("\n") == 1, (wrong, found.stderr)


EVENTS = {
    "LmResponded": ["'$.parameters', '{')", "'$.request', '')"],
    "LmCalled": ["'$.cost', 'much')"],
    "Extracted": ["'$.contents', json('[]'))"],
    "Evaluated": ["'$.value', 1e308)"],
    "RunStarted": ["'$.seconds', 1), time = 9e999", "'$.posture', json('{\"protections\": [1]}'))"],
    "BudgetMoved": ["'$.amount', 'much')", "'$.amount', -5)"],
    "IterationFinished": ["'$.t', 'x')", "'$.verdicts', 5)"],
}
"""Kind of event → what makes it none."""


def test_event_that_is_none_gets_one_line(folder: Folder) -> None:
    folder.forge("lpn", unfinished=True)
    whole = (folder.path / "lpn" / FILE_NAME).read_bytes()
    readers = itertools.cycle(("show ./lpn", "show ./lpn --json", "list runs ./lpn"))
    for kind, changes in EVENTS.items():
        for change in changes:
            (folder.path / "lpn" / FILE_NAME).write_bytes(whole)
            folder.forge("lpn", sql=f"UPDATE event SET data = json_set(data, {change} WHERE kind = '{kind}';")
            found = folder.strop("resume", "./lpn", machine="elsewhere")
            assert found.returncode == 1 and "is damaged" in found.stderr and "Traceback" not in found.stderr, change
            read = folder.strop(*next(readers).split(), machine="elsewhere")
            assert read.returncode == 0 or read.stderr.count("\n") == 1, (change, read)
            assert "Traceback" not in read.stderr


KEYS = {
    "is_language_model": ["{", "[]", ""],
    "task_digests": ["{", '""', "[1]"],
    "secret": ["{", "[]", "0"],
    "spec": ["{", "[]", "", '{"copies": "many"}'],
    "chosen": ["{", "{}", "", "[[]]", "[" * 100_000],
    "fixed_input": ["{", "{}", "", "[null]"],
    "own_score_because": ["{", "[]", "", '{"lpn": 1}'],
    "original": ["{", "[]", "", "{}"],
    "objective": [
        "{",
        "[]",
        "",
        "{}",
        '{"metric": {"name": 1, "goal": "max"}, "input": "drawn", "scored_by": "host"}',
    ],
    "best_known": ["{", "[]", "", '{"value": "1"}', '{"value": 1e999}'],
    "improvers": ["{", "{}", "", '[["a"]]', '[["a", "b"]]'],
    "improver_texts": ["{", "[]", "", '{"a": 1}'],
    "trained_on": ["{", "[]", "", '{"a": "b"}'],
    "searches": ["{", "[]", "", '{"a": "b"}'],
    "asked": ["{", "[]", "", '{"n": -1}', '{"n": 1, "arms": ["mine"]}'],
}
"""Entry of the metadata → texts that are none."""
READERS = ("show ./lpn", "show ./lpn --json", "view ./lpn --html p.html", "resume ./lpn", "replay ./lpn", "apply ./lpn")


@pytest.mark.parametrize("part", range(2))
def test_metadata_that_are_none_get_one_line_from_every_reader(folder: Folder, part: int) -> None:
    readers = itertools.cycle(READERS)
    for key, texts in list(KEYS.items())[part::2]:
        with changing(folder.path / "lpn") as tool:
            before = tool.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchall()
        for text in texts:
            set_meta(folder.path / "lpn", key, text)
            command = next(readers)
            found = folder.strop(*command.split(), machine="elsewhere")
            assert found.returncode == 1 and found.stderr.count("\n") == 1, (command, text, found.stderr)
            assert "the record in lpn is damaged: " in found.stderr and found.stdout == "", (command, text, found)
        if key == list(KEYS)[part]:
            listed = folder.strop("list", "runs", ".", machine="elsewhere").stdout
            assert "unreadable" in listed and "finished" in listed, "the other run is listed as it is"
            assert folder.strop("export", "./lpn", "-o", "-", machine="elsewhere").returncode == 0, (
                "events are as they were"
            )
        set_meta(folder.path / "lpn", key, *(value for (value,) in before))


def set_meta(record: Path, key: str, *values: str) -> None:
    with changing(record) as tool:
        tool.execute("DELETE FROM meta WHERE key = ?", (key,))
        tool.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", [(key, value) for value in values])


def test_run_goes_on_that_was_killed_before_its_task_was_kept(folder: Folder) -> None:
    (folder.path / "mine.py").write_text(TASK)
    folder.forge("own", unfinished=True, sql="DELETE FROM event;")
    (folder.path / "own/task/.tree/mine.py").write_text("import strop\n")  # a part
    found = folder.strop("resume", "./own")
    assert found.returncode == 0, found.stderr
    assert (folder.path / "own/task/.tree/mine.py").read_text() == TASK


def test_links_in_a_directory_from_elsewhere_are_not_written_through(folder: Folder) -> None:
    victim = folder.path / "victim"
    victim.write_text("mine")
    folder.forge("lpn", unfinished=True)
    for link in ("best.tmp", "best.py", "improvers/I1.tmp"):
        (folder.path / "lpn" / link).unlink(missing_ok=True)
        (folder.path / "lpn" / link).symlink_to(victim)
        found = folder.strop("resume", "./lpn", machine="elsewhere")
        assert found.returncode == 0 or found.stderr == f"strop: lpn/{link} is a link out of the record; remove it\n"
        assert victim.read_text() == "mine"
        assert found.returncode == 1 or link == "improvers/I1.tmp"
        (folder.path / "lpn" / link).unlink(missing_ok=True)


def test_record_of_a_replay_is_not_gone_on_with(folder: Folder) -> None:
    assert folder.strop("replay", "lpn", "--out", "again").returncode == 0
    folder.forge("again", unfinished=True)
    found = folder.strop("resume", "./again")
    assert found.returncode == 2 and "strop replay" in found.stderr


def test_evaluation_of_another_solution_is_not_taken_from_the_record() -> None:
    record = Evaluated(**vars(evaluated("old")) | {"solution": digest_of("old"), "scope": "pair/a"})
    past, at = CompletedWork({"pair/a": record}), Budget().child("pair").child("a")
    assert past.evaluation(at, "old") == replace(record, solution="old")
    assert past.evaluation(at, "new") is None and past.evaluation(at, None) is None


def test_limit_of_calls_is_kept_whoever_goes_on_first() -> None:
    """Three calls were made of four; the place that made two of them gets to it last."""
    run = Budget({LM_CALLS: 4})
    run.recall({("a/handles", LM_CALLS): {"x": 1}, ("b/handles", LM_CALLS): {"y": 2}}, frozenset({LM_CALLS}))
    a, b = (run.child(name).child("handles", {LM_CALLS: 4}) for name in "ab")
    a.reserve(LM_CALLS, 1, "new")
    with pytest.raises(BudgetExceeded) as refused:
        a.reserve(LM_CALLS, 1, "newer")
    assert refused.value.path == ""
    a.reserve(LM_CALLS, 1, "x")
    b.reserve(LM_CALLS, 2, "y")
    assert (run.used(LM_CALLS), a.used(LM_CALLS), b.used(LM_CALLS)) == (4, 2, 2)


def test_what_was_granted_is_kept_for_its_act_when_others_ask_first() -> None:
    run = Budget()
    run.recall({("a", LM_CALLS): {"x": 2}})
    a = run.child("a", {LM_CALLS: 3})
    a.reserve(LM_CALLS, 1, "new")
    with pytest.raises(BudgetExceeded):
        a.reserve(LM_CALLS, 1, "newer")
    assert a.remaining(LM_CALLS) == 2, "as the guest saw it at this point of the first execution"
    a.reserve(LM_CALLS, 2, "x")
    assert (run.used(LM_CALLS), a.used(LM_CALLS), a.was_granted(LM_CALLS, "x")) == (3, 3, False)


def test_what_was_counted_is_noted_only_where_the_run_of_a_program_ended() -> None:
    told: list[Event] = []
    with pytest.raises(SandboxError), AuditLog(told.append, "a", "program") as notes:
        notes.refused(LM_CALLS, 3)
        raise SandboxError("closed by Ctrl-C")
    assert told == []
    with AuditLog(told.append, "a", "program") as notes:
        notes.refused(LM_CALLS, 3)
    assert [each.times for each in told if isinstance(each, AuditNoted)] == [3]
