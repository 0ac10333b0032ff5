"""Records that were changed by somebody who then says that another machine made them: a replay names what was changed.

The machine that made a record refuses it; elsewhere nobody can tell, but for whoever measures it again.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import environment, run_small
from support.records import changing, from_elsewhere

FILES = {
    "mine.py": (
        "import strop\n\ndef sample(rng):\n    return {'n': int(rng.integers(0, 9))}\n\n"
        "def score(instance, answer):\n    return 1 / (1 + abs(answer - 7 * instance['n']))\n\n"
        "task = strop.Task(name='seven', sample=sample, score=score, seed='def algorithm(n):\\n    return n\\n',\n"
        "                  instances=3, test_instances=6)\n"
    ),
    "program.py": "def algorithm(n):\n    return n\n",
    "evaluator.py": (
        "import importlib.util, random\ndef evaluate(path):\n    spec = importlib.util.spec_from_file_location('p', path)\n"
        "    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n"
        "    n = random.randint(1, 9)\n    return {'combined_score': 1 / (1 + abs(module.algorithm(n) - 7 * n))}\n"
    ),
    "improver.py": (
        "from helpers import extract_code\n\ndef improve_algorithm(text, utility, model):\n    best = text\n"
        "    for _ in range(2):\n"
        "        found = extract_code(model.prompt('expert', 'Better than this: ' + best)[0])\n"
        "        best = found if utility(found) > utility(best) else best\n    return best\n"
    ),
    "answers.jsonl": "\n".join(json.dumps(f"```python\ndef algorithm(n):\n    return {k} * n\n```") for k in (3, 7)),
}
SCRIPTED = "--improver improver.py --model scripted:answers.jsonl --utility-budget 9 --lm-budget 2 --max-responses 1"
COMMANDS = {
    "scored by the host": f"improve mine.py {SCRIPTED} --seed 3",
    "evaluator": f"improve program.py --evaluator evaluator.py --shared {SCRIPTED} --seed 3 --set instances=2 --set held_out=6",
    "run": "run parity --copies 2 --lm-budget 1 --max-responses 2 --meta-budget 2 --utility-budget 3 -T 1 --seed 1",
}
Change = Callable[[sqlite3.Connection], object]


def evaluation(scope: str, path: str, value: object) -> Change:
    sql = "UPDATE event SET data = json_set(data, ?, ?) WHERE kind = 'Evaluated' AND scope = ?"
    return lambda tool: tool.execute(sql, (f"$.{path}", value, scope))


def metadata(key: str, value: str) -> Change:
    return lambda tool: tool.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def objective(path: str, value: str) -> Change:
    sql = "UPDATE meta SET value = json_set(value, ?, ?) WHERE key = 'objective'"
    return lambda tool: tool.execute(sql, (f"$.{path}", value))


def candidates(tool: sqlite3.Connection) -> list[int]:
    rows = tool.execute("SELECT seq FROM event WHERE kind = 'Evaluated' AND scope GLOB 'improve/u-*' ORDER BY seq")
    return [seq for (seq,) in rows]


def exchanged(tool: sqlite3.Connection) -> None:
    first, *_, last = candidates(tool)
    for before, after in ((first, -1), (last, first), (-1, last)):
        tool.execute("UPDATE event SET seq = ? WHERE seq = ?", (after, before))


def removed(tool: sqlite3.Connection) -> None:
    last = candidates(tool)[-1]
    tool.execute("DELETE FROM event WHERE seq = ?", (last,))
    tool.execute("UPDATE event SET seq = -seq WHERE seq > ?", (last,))
    tool.execute("UPDATE event SET seq = -seq - 1 WHERE seq < 0")


CHANGES: dict[str, tuple[str, Change, str]] = {
    "a score": (
        "scored by the host",
        evaluation("improved/test", "scores[0]", 0.5),
        "improved.test.scores.0: recorded 0.5, replayed ",
    ),
    "a verdict": (
        "run",
        evaluation("t0/measure/copy0/test", "verdict", "timeout"),
        'copy0/test: verdict: recorded {"verdict": "timeout"}',
    ),
    "who scores": ("evaluator", objective("scored_by", "judge"), 'scored_by: recorded "judge", replayed "program"'),
    "why the score is the program's own": (
        "evaluator",
        objective("scorer", "by me"),
        'own_score_because: recorded "by me", replayed "the ev',
    ),
    "the model": (
        "run",
        metadata("language_model", "openai/gpt-4o"),
        'model: recorded "openai/gpt-4o", replayed "offline',
    ),
    "a stand-in": ("run", metadata("is_language_model", "true"), "is_language_model: recorded true, replayed false"),
    "the direction": (
        "evaluator",
        objective("metrics[0].goal", "min"),
        'facts.metrics.0.goal: recorded "min", replayed "max"',
    ),
    "the order": ("scored by the host", exchanged, "order of events in improve: recorded "),
    "an event is gone": ("scored by the host", removed, "Evaluated at improve/u-"),
    "the task": ("scored by the host", metadata("task", "eight"), 'task: recorded "eight", replayed "seven"'),
    "what is held out": (
        "scored by the host",
        metadata("repeats", '["seven"]'),
        "is_fixed: recorded true, replayed false",
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three records, by the names of `COMMANDS`."""
    home = tmp_path_factory.mktemp("altered")
    for name, text in FILES.items():
        (home / name).write_text(text)
    for name, command in COMMANDS.items():
        made = run_small(*shlex.split(command), "--out", name, cwd=home, env=environment(home))
        assert made.returncode == 0, made.stderr
    return home


@pytest.mark.parametrize("what", CHANGES)
def test_altered_record_is_refused_where_it_was_made_and_named_by_its_replay_elsewhere(
    home: Path, tmp_path: Path, what: str
) -> None:
    record, (name, change, named) = tmp_path / "r", CHANGES[what]
    shutil.copytree(home / name, record)
    with changing(record) as tool:
        change(tool)
    here = run_small("show", str(record), cwd=home, env=environment(home))
    assert here.returncode == 2 and "is not as it was recorded" in here.stderr
    from_elsewhere(record)
    replayed = run_small("replay", str(record), "--trust-task", cwd=home, env=environment(home))
    assert replayed.returncode == 8, replayed
    assert [line for line in replayed.stdout.splitlines() if named in line], replayed.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_replay_of_an_unchanged_record_says_so_in_one_line(home: Path, name: str) -> None:
    replayed = run_small("replay", name, cwd=home, env=environment(home))
    assert replayed.returncode == 0, replayed
    assert replayed.stdout.startswith("The replay agrees") and replayed.stdout.count("\n") == 1
