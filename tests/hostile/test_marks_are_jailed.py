"""What a module and the functions of its mark cannot reach: they run in a jail, and in no process of strop's."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, Malformed, TaskError
from strop.evaluation.functions.load import load_function
from strop.runs.kept import keep_task
from strop.tasks.base import SecretSeeds
from support.rows import table

ATTEMPTS = {
    "a variable of strop's environment": "import os\nfound = os.environ.get('CANARY', '')",
    "a variable of another process": "found = ''.join(open(f'/proc/{{each}}/environ').read() for each in ({pid}, 1))",
    "a file of the home folder": "found = open({home!r} + '/canary').read()",
    "a file beside the project": "found = open({beside!r}).read()",
    "another process's memory": "found = open('/proc/{pid}/mem', 'rb').read(1) and 'canary'",
    "a process that is not its own": "import os\nos.kill({pid}, 0)\nfound = 'canary'",
    "the network": (
        "import socket\nwith socket.create_connection(('127.0.0.1', {port}), 2) as end:\n    found = end.recv(99).decode()"
    ),
    "a socket of the machine": (
        "import socket\nend = socket.socket(socket.AF_UNIX)\nend.connect({unix!r})\nfound = end.recv(99).decode()"
    ),
    "the project's own files": "open({project!r} + '/made', 'w').close()\nfound = 'canary'",
}
"""Python that reaches something outside, and has `canary` in `found` if it does."""
MODULE = """
import os, strop

def attempt():
    try:
{attempt}
    except Exception as error:
        found = ''
    if 'canary' in found:
        raise ValueError('reached')

{module}

def sample(rng):
    {sample}
    return {{'x': 1}}

def score(instance, answer):
    {score}
    return 0.5

def accept(instance, answer):
    {accept}
    return True

@strop.improve_me(sample=sample, {how})
def f(x):
    return x
"""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What is there to be reached."""
    home, project = tmp_path / "home", tmp_path / "home/project"
    project.mkdir(parents=True)
    (project / "pyproject.toml").touch()
    for place in (home / "canary", home / "beside"):
        place.write_text("canary")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CANARY", "canary")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "unix"))
        unix.listen()
        yield {
            "pid": os.getpid(), "home": str(home), "beside": str(home / "beside"), "port": tcp.getsockname()[1],
            "unix": str(tmp_path / "unix"), "project": str(project),
        }  # fmt: skip


@table("place", ["module", "sample", "score", "accept"])
@pytest.mark.parametrize("name", ATTEMPTS)
def test_function_of_a_mark_reaches_nothing_outside_of_its_jail(
    name: str, place: str, outside: dict[str, object], tmp_path: Path
) -> None:
    project = Path(str(outside["project"]))
    lines = ATTEMPTS[name].format(**outside).replace("\n", "\n        ")
    calls = dict.fromkeys(("module", "sample", "score", "accept"), "pass") | {place: "attempt()"}
    how = "score='time', accept=accept" if place == "accept" else "score=score"
    (project / "module.py").write_text(MODULE.format(attempt=f"        {lines}", how=how, **calls))
    with suppress(FileNotFoundError):
        (project / "made").unlink()
    task = load_function(project / "module.py", "f")
    try:
        instance = task.instance("train", 0, SecretSeeds(b"s"))
        if place == "accept":
            assert task.objection(instance, 1, 1, own=True) == ""
        else:
            assert task.checked_score(instance, 1) == 0.5
    finally:
        task.close()
    assert not (project / "made").exists()


def test_attempt_that_succeeds_would_be_told(tmp_path: Path) -> None:
    text = MODULE.format(
        attempt="        found = 'canary'",
        module="",
        sample="attempt()",
        score="attempt()",
        accept="pass",
        how="score=score",
    )
    (tmp_path / "module.py").write_text(text)
    task = load_function(tmp_path / "module.py", "f")
    with pytest.raises((TaskError, Malformed), match="reached"):
        task.instance("train", 0, SecretSeeds(b"s"))
    task.close()


LIES = """
import os, sys, types

for name, file in {"/../../made": "evil.py", "..made": "evil.py", "room": "evil.json", "a.b": "evil.txt"}.items():
    other = types.ModuleType(name)
    other.__file__ = os.path.join(os.path.dirname(__file__), file)
    sys.modules[name] = other
"""


def test_names_that_a_module_gives_to_files_are_no_paths_out_of_its_record(tmp_path: Path) -> None:
    project, record = tmp_path / "project", tmp_path / "a/record"
    project.mkdir()
    for name in ("evil.py", "evil.txt", "evil.json", "pyproject.toml"):
        (project / name).write_text("/bin/sh")
    calls = dict.fromkeys(("sample", "score", "accept"), "pass")
    (project / "module.py").write_text(
        MODULE.format(attempt="        found = ''", module=LIES, how="score=score", **calls)
    )
    task = load_function(project / "module.py", "f")
    assert task.mark is not None and len(task.mark.marking_module.imports) == 3
    keep_task(record / "task", str(project / "module.py"), task)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(record / "task")] == [
        *(path for path in project.rglob("*") if path.is_file())
    ]
    assert json.loads((record / "task/kept.json").read_text())["options"] == {}
    task.close()


@table(
    "said",
    [
        "{}",
        "{'name': 5}",
        "{'name': 'f', 'file': 3}",
        "dict(HONEST(self), settings={'seed_file': 'x', 'name': 5})",
        "[1]",
    ],
)
def test_process_that_says_what_no_mark_says_is_refused_in_one_line(said: str, tmp_path: Path) -> None:
    lie = f"strop_scorer._Scorer.describe = lambda self: {said}"
    takes_over = f"import strop_scorer\nHONEST = strop_scorer._Scorer.describe\n{lie}\n"
    calls = dict.fromkeys(("sample", "score", "accept"), "pass")
    text = MODULE.format(attempt="        found = ''", module=takes_over, how="score=score", **calls)
    (tmp_path / "module.py").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_function(tmp_path / "module.py", "f")
    assert len(str(refused.value).splitlines()) == 1


EQUAL_KEYS = "('drawn', __import__('strop_calling').frames.plain_data.Unhashed(dict, [('n', 1), ('n', 1)]), [])"


@table(
    "said",
    ["None", "5", "()", "('drawn',)", "('drawn', 3, [])", "('said', 1)", "('opaque', 'x', {}, {}, [])", EQUAL_KEYS],
)
def test_process_that_answers_what_no_scorer_answers_ends_in_one_line(said: str, tmp_path: Path) -> None:
    lie = f"strop_scorer._Scorer.draw = lambda self, seed: {said}"
    calls = dict.fromkeys(("sample", "score", "accept"), "pass")
    text = MODULE.format(
        attempt="        found = ''", module=f"import strop_scorer\n{lie}\n", how="score=score", **calls
    )
    (tmp_path / "module.py").write_text(text)
    with pytest.raises((ConfigurationError, TaskError), match="its process says what no scorer says"):
        load_function(tmp_path / "module.py", "f").instance("train", 0, SecretSeeds(b"s"))
