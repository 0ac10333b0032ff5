"""A spent limit ends the search of `strop improve` and of `strop run`, not the run: what was found is the result."""

from __future__ import annotations

import itertools
import json
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import events_in, recorded
from strop.base.events import LmCalled, LmResponded
from strop.lm.scripted import Scripted
from support.command_line import DOUBLING
from support.facts import told
from support.openai_server import OpenAIServer
from support.processes import output_of, wait_until

KEY = {"OPENAI_API_KEY": "sk-secret-of-the-test"}


OF_LPN = "def algorithm(train_samples, train_parity, test_samples):\n    return [i * {} % 2 for i in range(20)]"
OF_DOUBLING = "def algorithm(x):\n    return x + x / {}"


def programs(body: str = OF_LPN) -> Scripted:
    """Another program in each response."""
    numbers = itertools.count(3)
    return Scripted(lambda request: f"```python\n{body.format(next(numbers))}\n```")


def improving(server: OpenAIServer, task: str, *flags: str) -> list[str]:
    model = ["--model", "openai/anything?max_tokens=500&price=1,2", "--base-url", server.url]
    return ["improve", task, "--seed", "3", *model, "--out", "there", *flags]


def improved(strop: Any, server: OpenAIServer, *flags: str, task: str = "lpn") -> Any:
    return strop(*improving(server, task, *flags), **KEY)


def shown(strop: Any) -> Any:
    return json.loads(strop("show", "there", "--json").stdout)


def test_spent_money_ends_the_search_with_a_verdict_and_more_of_it_goes_on_to_a_second_comparison(
    strop: Any, tmp_path: Path
) -> None:
    with OpenAIServer(programs()) as server:
        ended = improved(strop, server, "--max-cost", "0.009")
        assert ended.returncode == 0 and told(ended.stdout, "search") == "it ended early: --max-cost $0.0090 was spent"
        found, asked = shown(strop), server.billed
        assert (found["ended_by"], found["comparison"]) == ("max_cost", 1) and found["finding"] != "unfinished"
        for flags in ([], ["--finish"], ["--max-cost", "0.009"]):
            nothing = strop("resume", "there", *flags, **KEY)
            assert nothing.returncode == 0 and "To go on: strop resume there --max-cost MORE" in nothing.stderr
        assert server.billed == asked
        assert strop("resume", "there", "--max-cost", "0.02", **KEY).returncode == 0
        found = shown(strop)
        assert (found["ended_by"], found["comparison"]) == ("max_cost", 2) and server.billed > asked
        assert told(found, "comparison") == "number 2 of this run"
        assert strop("replay", "there").returncode == 0
        assert strop("resume", "there", "--max-cost", "1", **KEY).returncode == 0
        found = shown(strop)
        assert (found["ended_by"], found["comparison"]) == (None, 3)
        assert strop("replay", "there").returncode == 0
        assert "nothing to continue" in strop("resume", "there", "--max-cost", "2", **KEY).stderr


LISTED = """
import strop
def score(instance, answer):
    return max(0.0, 1 - abs(answer - 2 * instance["x"]) / 100)
@strop.improve_me(score=score, cases=[{{"x": n}} for n in range(3, {})])
def f(x):
    return x
"""


@pytest.mark.parametrize(("count", "decided"), [(12, 1), (14, 2)])
def test_search_on_few_cases_goes_on_only_as_often_as_a_comparison_of_them_can_decide_and_says_so_before(
    strop: Any, tmp_path: Path, count: int, decided: int
) -> None:
    (tmp_path / "listed.py").write_text(LISTED.format(3 + count))
    once = (
        "6 held-out instances can show a difference in one comparison; for a second one, give 14 cases, of which half"
    )
    with OpenAIServer(programs("def f(x):\n    return x + x / {}")) as server:
        started = improving(server, "listed.py:f", "--lm-budget", "6", "--max-responses", "1")
        for said in (strop("check", "listed.py:f"), strop(*started, "--dry-run", **KEY)):
            assert (once in " ".join(said.stdout.split())) == (decided == 1), said.stdout
        assert (once in strop(*started, "--max-calls", "1", **KEY).stderr) == (decided == 1)
        for number in range(1, decided):
            assert strop("resume", "there", "--max-calls", f"{number + 1}", **KEY).returncode == 0
        found, asked = shown(strop), server.billed
        assert (found["comparison"], found["ended_by"]) == (decided, "max_calls")
        refused = strop("resume", "there", "--max-calls", "5", **KEY)
        assert refused.returncode == 0 and "To go on" not in refused.stderr and server.billed == asked
        assert f"It cannot go on: comparison {decided + 1} could show no difference. Start a new" in refused.stderr
    assert strop("replay", "there").returncode == 0


def test_finish_compares_what_was_found_without_a_further_response_when_a_run_was_killed(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "doubling.py").write_text(DOUBLING)
    with OpenAIServer(programs(OF_DOUBLING), ["ok", "ok", *["slow:900"] * 9]) as server:
        process = start_strop(*improving(server, "doubling.py"), **KEY)
        wait_until(lambda: len(server.seen) > 1 and server.in_flight[-1][1] > 0)
        wait_until(lambda: events_in(tmp_path / "there", "event WHERE kind = 'LmResponded'"))
        process.send_signal(signal.SIGKILL)
        output_of(process)
        said = strop("show", "there").stdout
        assert "To end the search and compare what was found: strop resume there --finish" in said
        asked = len(server.seen)
        finished = strop("resume", "there", "--finish", **KEY)
        assert finished.returncode == 0 and told(finished.stdout, "search") == "it ended early: --finish was given"
        assert len(server.seen) == asked and shown(strop)["ended_by"] == "finish"
    assert strop("replay", "there").returncode == 0
    assert recorded(tmp_path / "there", LmResponded)


def test_search_that_was_killed_after_a_comparison_in_a_call_that_found_nothing_ends_by_finish_as_its_replay_does(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "doubling.py").write_text(DOUBLING)
    with OpenAIServer(programs(OF_DOUBLING)) as server:
        assert improved(strop, server, "--max-calls", "2", task="doubling.py").returncode == 0
    with OpenAIServer(programs(OF_DOUBLING), ["slow:900"], cycle=True) as server:
        process = start_strop("resume", "there", "--max-calls", "9", "--base-url", server.url, **KEY)
        wait_until(lambda: len(recorded(tmp_path / "there", LmCalled)) > 2)
        process.send_signal(signal.SIGKILL)
        output_of(process)
    assert strop("resume", "there", "--finish", **KEY).returncode == 0
    found = shown(strop)
    assert (found["ended_by"], found["comparison"], found["cost"]["lm_calls"]) == ("finish", 2, 3)
    assert strop("replay", "there").returncode == 0


THREADS = """
import concurrent.futures
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    def one(number):
        prompts = [f"{number}.{turn}: improve\\n{initial_solution}" for turn in range(2)]
        answers = (extract_code(language_model.prompt(prompt, n_responses=2)) for prompt in prompts)
        return [(utility(text), text) for texts in answers for text in texts]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return max(each for found in pool.map(one, range(4)) for each in found)[1]
"""


def test_search_of_an_improver_with_threads_is_replayed_to_where_a_limit_ended_it(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "threads.py").write_text(THREADS)
    with OpenAIServer(programs(), ["ok", "slow:0.5", "slow:1"], cycle=True) as server:
        ended = improved(strop, server, "--improver", "threads.py", "--lm-budget", "8", "--max-calls", "5")
    assert told(ended.stdout, "search") == "it ended early: --max-calls 5 was spent", ended.stderr
    assert strop("replay", "there").returncode == 0


def test_time_for_the_comparison_is_kept_when_the_model_is_slow(strop: Any) -> None:
    with OpenAIServer(programs(), ["slow:1.5"], cycle=True) as server:
        ended = improved(strop, server, "--max-time", "12")
    assert ended.returncode == 0 and "the rest of --max-time 12 s is kept for the comparison" in ended.stdout, (
        ended.stderr
    )
    assert shown(strop)["ended_by"] == "max_time"
    assert strop("replay", "there").returncode == 0


def test_search_asks_no_model_and_ends_by_exit_code_4_when_the_comparison_takes_the_whole_time_limit(
    strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "late.py").write_text(LATE.replace("n % 2 * 2", "1"))
    with OpenAIServer(programs()) as server:
        ended = improved(strop, server, "--max-time", "12", task="late.py:answer")
        assert ended.returncode == 4 and not server.seen, ended.stdout
    assert "strop resume there --max-time MORE" in ended.stderr


LATE = """
import time
import strop

@strop.improve_me(score=lambda answer, n: answer / 9, time_limit=9.0, cases=[(n % 2 * 2 + n / 100,) for n in range(12)])
def answer(n):
    time.sleep(n)
    return 5
"""
"""Held-out instances take two seconds, and those of training none."""


@pytest.mark.slow
def test_comparison_that_takes_longer_than_the_time_limit_comes_to_its_end(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(LATE)
    (tmp_path / "a.md").write_text("```python\nimport time\ndef answer(n):\n    time.sleep(n)\n    return 6\n```\n")
    flags = shlex.split("--lm-budget 1 --max-responses 1 --utility-budget 2 --max-time 20 --out there")
    ended = strop("improve", "late.py:answer", "--model", f"command:cat {tmp_path}/a.md", *flags)
    assert ended.returncode == 0 and " 6 held-out instances" in ended.stdout, ended.stdout + ended.stderr


def test_spent_calls_end_a_run_after_its_last_finished_iteration_and_more_of_them_go_on(
    strop: Any, tmp_path: Path
) -> None:
    tiny = (
        "-T 2 --copies 2 --lm-budget 1 --max-responses 2 --meta-budget 1 --utility-budget 2 --selection paper --seed 3"
    )
    with OpenAIServer(programs()) as server:
        model = ["--model", "openai/anything?max_tokens=500", "--base-url", server.url]
        ended = strop("run", "lpn", *shlex.split(tiny), *model, "--out", "there", "--max-calls", "2", **KEY)
        assert ended.returncode == 0 and "The search ended early: --max-calls 2 was spent." in ended.stdout, (
            ended.stderr
        )
        found = shown(strop)
        assert (found["ended_by"], found["status"], len(found["iterations"])) == ("max_calls", "finished", 1)
        assert (tmp_path / "there" / "best.py").is_file() and strop("replay", "there").returncode == 0
        assert strop("resume", "there", "--max-calls", "99", **KEY).returncode == 0
        found = shown(strop)
        assert found["ended_by"] is None and len(found["iterations"]) == 3
        assert strop("replay", "there").returncode == 0


def test_finish_is_refused_in_one_line_for_a_command_without_a_search(strop: Any) -> None:
    flags = ["--task", "lpn", "--copies", "2", "--lm-budget", "1", "--utility-budget", "2", "--max-calls", "1"]
    ended = strop("eval", "best_of_n", *flags, "--model", "offline", "--out", "there")
    assert ended.returncode == 4, ended.stderr
    refused = strop("resume", "there", "--finish")
    assert (
        refused.returncode == 2 and "has no search to end" in refused.stderr and len(refused.stderr.splitlines()) == 1
    )
