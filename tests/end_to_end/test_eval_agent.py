"""`strop eval --agent`: what somebody else measured with `strop measure`, beside improvers."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import strop as api
from end_to_end.conftest import Start, Strop, events_in, happened, recorded, stopped_at
from strop.base.events import Evaluated
from support.command_line import environment
from support.records import from_elsewhere

SMALL = shlex.split("--task packing.py --model offline --lm-budget 1 --max-responses 2 --utility-budget 3 --seed 1")
PACKING = '''import strop

SEED = """def pack(sizes):
    return list(range(len(sizes)))
"""


def sample(rng):
    "Twelve items of 1 to 9, for bins of 10."
    return {"sizes": [int(size) for size in rng.integers(1, 10, 12)]}


def score(instance, answer):
    "The least possible number of bins by size, as a share of the bins that the program uses."
    sizes = instance["sizes"]
    if type(answer) is not list or len(answer) != len(sizes) or not all(type(at) is int and 0 <= at < 12 for at in answer):
        raise strop.Malformed("the number of a bin for each item is expected")
    full = {at: sum(size for size, other in zip(sizes, answer) if other == at) for at in answer}
    if max(full.values()) > 10:
        raise strop.Malformed("a bin is too full")
    return -(-sum(sizes) // 10) / len(full)


task = strop.Task(
    name="packing", sample=sample, score=score, seed=SEED, entry="pack", instances=3, test_instances=4, time_limit=5
)
'''
NEXT = """def pack(sizes):
    where, full, at = [], 0, 0
    for size in sizes:
        full, at = (full + size, at) if full + size <= 10 else (size, at + 1)
        where.append(at)
    return where
"""
FIRST = """def pack(sizes):
    full, where = [0] * len(sizes), []
    for size in sizes:
        where.append(next(at for at in range(len(sizes)) if full[at] + size <= 10))
        full[where[-1]] += size
    return where
"""
FAILS = "def pack(sizes):\n    return 1 / 0\n"


@pytest.fixture
def packing(tmp_path: Path) -> Path:
    (tmp_path / "packing.py").write_text(PACKING)
    return tmp_path


def searched(strop: Strop, folder: Path, record: str, *programs: str) -> None:
    """A search by somebody else, who measures these programs."""
    for program in programs:
        (folder / "mine.py").write_text(program)
        made = strop("measure", "packing.py", "--solution", "mine.py", "--out", record)
        assert made.returncode == 0, made.stderr


def scored(folder: Path, scope: str) -> list[str | None]:
    """The programs that an improvement scored."""
    return [event.solution for event in recorded(folder, Evaluated) if event.scope.startswith(f"{scope}/u-")]


def test_agent_scores_the_original_and_what_each_search_measured_first_and_says_that_its_cost_is_unknown(
    strop: Strop, packing: Path
) -> None:
    searched(strop, packing, "one", NEXT, FAILS, FIRST)
    assert strop("verdict", "one").returncode == 0
    searched(strop, packing, "two", FIRST)
    made = strop("eval", "best_of_n", "--agent", "one", "--agent", "two", *SMALL, "--out", "e")
    assert made.returncode == 0, made.stderr
    said = "The agent: one, two; of each the original and the first 2 measurements"
    assert said in made.stderr and said in made.stdout
    document = json.loads(strop("show", "e", "--json").stdout)
    assert (document["improvers"], document["copies"]) == (["seed", "best_of_n", "agent"], 2), "a copy for each search"
    *_, cell = document["cells"]
    digest, original = cell["digest"][:12], PACKING.split('"""')[1]
    assert scored(packing / "e", f"packing/{digest}/copy0") == [original, NEXT, FAILS], "and nothing measured later"
    assert scored(packing / "e", f"packing/{digest}/copy1") == [original, FIRST]
    assert cell["evaluations"] == 5 and [ending["outcome"] for ending in cell["endings"]] == ["ok", "ok"]
    assert [cell[name] for name in ("lm_calls", "responses", "tokens", "dollars")] == [None] * 4
    assert document["searches"] == ["one", "two"]
    (seed,) = document["seed_solutions"]
    results = {event.scope: event.solution for event in recorded(packing / "e", Evaluated) if event.split == "test"}
    assert [results[f"packing/{digest}/copy{number}/test"] for number in (0, 1)] == [NEXT, FIRST]
    assert min(cell["test"]["values"]) > seed["test"]["value"]
    unknown = "LM calls of the agent: unknown"
    assert document["sentence"].endswith(f" {unknown}.") and f"\n{unknown}\n" in made.stdout
    assert strop("view", "e", "--html", "e/report.html").returncode == 0
    page = (packing / "e" / "report.html").read_text("utf-8")
    assert f"{unknown}." in page and f"{said}." in page and page.count("the agent&#39;s unknown") == 3


def test_agent_that_is_compared_with_one_improver_is_not_said_to_spend_more_or_less_of_a_model(
    strop: Strop, packing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(strop, packing, "one", FAILS)
    document = json.loads(strop("eval", "agent", "--against", "ucb", "--agent", "one", *SMALL, "--json").stdout)
    assert (document["kind"], document["improvers"]) == ("against", ["agent", "ucb"])
    assert document["cells"][0]["test"]["values"] == [document["seed_solutions"][0]["test"]["value"]], "none was better"
    assert "Both had the same budget of evaluations; ucb spent more: 3 evaluations against 2." in document["sentence"]
    assert document["sentence"].count("LM calls") == 1 and document["sentence"].endswith(
        "LM calls of the agent: unknown."
    )
    for name, value in environment(packing).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(packing)
    budgets = {"utility_budget": 3, "lm_budget": 1, "max_responses": 2, "seed": 1}
    found = api.evaluate("agent", "ucb", task="packing.py", agent="one", model="offline", **budgets)
    assert found.sentence == document["sentence"]
    with pytest.raises(api.ConfigurationError, match="neither improver is called agent"):
        api.evaluate("seed", "best_of_n", task="packing.py", agent="one", model="offline")


def test_record_with_an_agent_needs_no_other_record_to_be_replayed_or_resumed_after_a_kill(
    strop: Strop, start_strop: Start, packing: Path
) -> None:
    searched(strop, packing, "one", NEXT, FIRST)
    searched(strop, packing, "two", FIRST, NEXT)
    asked = ["eval", "seed", "--agent", "one", "--agent", "two", *SMALL]
    assert strop(*asked, "--out", "whole").returncode == 0
    half = events_in(packing / "whole") // 2
    stopped_at(start_strop(*asked, "--out", "parts"), packing / "parts", half)
    for record in ("one", "two"):
        (packing / record).rename(packing / f"{record}-gone")
    resumed = strop("resume", "parts")
    assert resumed.returncode == 0, resumed.stderr
    assert happened(packing / "parts") == happened(packing / "whole")
    one, other = (json.loads(strop("show", name, "--json").stdout) for name in ("whole", "parts"))
    assert one["sentence"] == other["sentence"] and one["searches"] == other["searches"] == ["one", "two"]
    replayed = strop("replay", "parts")
    assert replayed.returncode == 0 and "and the result, each as recorded" in replayed.stdout, replayed.stdout


def test_what_cannot_stand_for_a_search_is_refused_in_one_line(
    strop: Strop, start_strop: Start, packing: Path, subtests: pytest.Subtests
) -> None:
    for record in ("whole", "again", "killed", "elsewhere"):
        searched(strop, packing, record, NEXT)
    (packing / "mine.py").write_text("def pack(sizes):\n    while True:\n        pass\n")
    before = events_in(packing / "killed")
    begun = start_strop("measure", "packing.py", "--solution", "mine.py", "--out", "killed")
    stopped_at(begun, packing / "killed", before + 1)
    from_elsewhere(packing / "elsewhere")
    (packing / "broken.py").write_text(
        PACKING.replace("Twelve items", "Items").replace('name="packing"', 'name="other"')
    )
    (packing / "stricter.py").write_text(PACKING.replace("a bin is too full", "too full"))
    assert strop("eval", "seed", *SMALL, "--copies", "1", "--out", "eval").returncode == 0
    rows = {
        "--agent eval": "eval is a record of strop eval; --agent takes those of strop measure",
        "--agent nothing": "no run is called nothing",
        "--agent killed": "the last measurement of killed has not ended (unfinished); make it again: strop measure TARGET",
        "--agent elsewhere": "elsewhere cannot stand for a search: unverified: ",
        "--agent whole --copies 2": "--agent names 1 search of packing for 2 copies",
        "--agent whole --agent again --copies 1": "--agent names 2 searches of packing for 1 copy",
        "--agent whole --agent whole": "--agent whole is given twice",
        "--agent whole --task broken.py": "--agent names 0 searches of other for 1 copy",
    }
    for given, words in rows.items():
        with subtests.test(given):
            ended = strop("eval", "seed", *shlex.split(given), *SMALL)
            assert ended.returncode == 2 and len(ended.stderr.splitlines()) == 1, ended.stderr
            assert f"strop: {words}" in ended.stderr
    for file, words in {
        "stricter.py": "whole measured another packing: its original, or what scores it, was not as it is now",
        "broken.py": "whole measured packing; name that as a --task, or leave it out",
    }.items():
        with subtests.test(file):
            ended = strop("eval", "seed", "--agent", "whole", "--task", file, "--model", "offline")
            assert ended.returncode == 2 and ended.stderr.startswith(f"strop: {words}"), ended.stderr
