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
from support.trees import written

FILES = {
    "mine.py": (
        "import strop\n\ndef sample(rng):\n    return {'n': int(rng.integers(1, 10**6))}\n\n"
        "def score(instance, answer):\n    return 1 / (1 + abs(answer - 7 * instance['n']))\n\n"
        "task = strop.Task(name='seven', sample=sample, score=score, seed='def algorithm(n):\\n    return n\\n',\n"
        "                  instances=3, test_instances=6)\n"
    ),
    "program.py": "def algorithm(n):\n    return n\n",
    "evaluator.py": (
        "import importlib.util, random\ndef evaluate(path):\n    spec = importlib.util.spec_from_file_location('p', path)\n"
        "    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n"
        "    n = random.randint(1, 10**6)\n    return {'combined_score': 1 / (1 + abs(module.algorithm(n) - 7 * n))}\n"
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
    "evaluator": f"improve program.py --evaluator evaluator.py --shared --trust-scorer {SCRIPTED} --seed 3"
    " --set instances=2 --set held_out=6",
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


CHANGES: dict[str, list[tuple[Change, str]]] = {
    "scored by the host": [
        (evaluation("improved/test", "scores[0]", 0.5), "improved.test.scores.0: recorded 0.5, replayed "),
        (metadata("task", "eight"), 'task: recorded "eight", replayed "seven"'),
        (metadata("fixed_input", '["seven"]'), "wants_fixed_input: recorded true, replayed false"),
        (exchanged, "order of events in improve: recorded "),
        (removed, "Evaluated at improve/u-"),
    ],
    "run": [
        (
            evaluation("t0/measure/copy0/test", "verdict", "timeout"),
            'copy0/test: verdict: recorded {"verdict": "timeout"}',
        ),
        (metadata("language_model", "openai/gpt-4o"), 'model: recorded "openai/gpt-4o", replayed "offline'),
        (metadata("is_language_model", "true"), "is_language_model: recorded true, replayed false"),
    ],
    "evaluator": [
        (objective("scored_by", "judge"), 'scored_by: recorded "judge", replayed "program"'),
        (objective("scoring", "by me"), 'facts.scoring: recorded "by me", replayed "the ev'),
        (objective("metric.goal", "min"), 'facts.metric.goal: recorded "min", replayed "max"'),
    ],
}
"""Record → changes, and what a replay says of each. It is replayed once with all that leave its events as many and in order."""
ALONE = (exchanged, removed)


@pytest.mark.parametrize("name", COMMANDS)
def test_altered_record_is_refused_where_it_was_made_and_named_by_its_replay_elsewhere(
    tmp_path: Path, name: str
) -> None:
    written(tmp_path, FILES)
    made = run_small(*shlex.split(COMMANDS[name]), "--out", name, cwd=tmp_path, env=environment(tmp_path))
    assert made.returncode == 0, made.stderr
    for number, (change, _) in enumerate(CHANGES[name]):
        altered(tmp_path / name, tmp_path / str(number), change)
        here = run_small("show", str(tmp_path / str(number)), cwd=tmp_path, env=environment(tmp_path))
        assert here.returncode == 2 and "is not as it was recorded" in here.stderr, number
    if name == "run":
        here = run_small("replay", str(tmp_path / "0"), cwd=tmp_path, env=environment(tmp_path))
        assert (
            "was changed after it was recorded: event" in here.stderr.splitlines()[0] and "The replay " in here.stdout
        )
    together = [row for row in CHANGES[name] if row[0] not in ALONE]
    for number, rows in enumerate([together, *([row] for row in CHANGES[name] if row[0] in ALONE)]):
        altered(tmp_path / name, tmp_path / f"all{number}", *(change for change, _ in rows))
        from_elsewhere(tmp_path / f"all{number}")
        words = ["replay", str(tmp_path / f"all{number}"), "--trust-task"]
        replayed = run_small(*words, cwd=tmp_path, env=environment(tmp_path))
        assert replayed.returncode == 8, replayed
        lines = replayed.stdout.splitlines()
        assert [named for _, named in rows if not any(named in line for line in lines)] == [], replayed.stdout
    replayed = run_small("replay", name, cwd=tmp_path, env=environment(tmp_path))
    assert replayed.returncode == 0, replayed
    assert replayed.stdout.startswith("The replay agrees") and replayed.stdout.count("\n") == 1


def altered(record: Path, folder: Path, *changes: Change) -> None:
    shutil.copytree(record, folder)
    with changing(folder) as tool:
        for change in changes:
            change(tool)
