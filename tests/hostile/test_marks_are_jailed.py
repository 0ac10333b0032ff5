"""What a module and the functions of its mark cannot reach: they run in a jail, and in no process of strop's."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from strop.base.errors import Malformed, TaskError
from strop.evaluation.functions.load import load_function
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
