"""Limits of money, tokens, calls and time, from the command line: kept, said in one line, and gone on from."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from strop.api.cells import spent_in
from strop.cli.commands.reproduce import PROTOCOLS
from strop.lm.metering import UNKNOWN_USAGE
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer
from support.tiers import slow_unless

BENCH = Path(__file__).parents[2] / "bench" / "money.py"
PROGRAM = "A parity of nothing.\n```python\ndef algorithm(train_samples, train_parity, test_samples):\n    return [0] * 20\n```\n"
IMPROVER = """Asks once.
```python
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    return extract_code(language_model.prompt("expert", "Better: " + initial_solution)[0])
```
"""
TINY = shlex.split("-T 1 --copies 2 --lm-budget 1 --max-responses 2 --meta-budget 1 --utility-budget 2")
SELECTION = shlex.split("--selection paper --seed 3")


def improving() -> Scripted:
    """Answers a question about an improver by another improver, every other question by a program."""
    return Scripted(lambda request: IMPROVER if "improve_algorithm" in request.message else PROGRAM)


def run_against(server: OpenAIServer, strop: Any, *flags: str) -> Any:
    where = ["--model", "openai/anything?max_tokens=500&price=1,2", "--base-url", server.url, "--out", "there"]
    return strop("run", "lpn", *TINY, *SELECTION, *where, *flags, OPENAI_API_KEY="sk-secret-of-the-test")


def shown(strop: Any) -> Any:
    return json.loads(strop("show", "there", "--json").stdout)


@pytest.mark.parametrize(
    ("limit", "more", "words"),
    slow_unless(
        lambda limit, *_: "cost" in limit,
        [
            ("--max-cost 0.005", "--max-cost 1", "--max-cost $0.0050 is spent"),
            ("--max-tokens 4000", "--max-tokens 100000", "--max-tokens 4,000 is spent"),
            ("--max-calls 1", "--max-calls 99", "--max-calls 1 is spent: 1 used"),
        ],
    ),
)
def test_run_whose_limit_is_spent_before_it_measured_anything_keeps_everything_and_goes_on_with_a_larger_one(
    limit: str, more: str, words: str, strop: Any
) -> None:
    with OpenAIServer(Scripted(lambda request: PROGRAM)) as server:
        ended = run_against(server, strop, *limit.split())
        assert ended.returncode == 4 and "Traceback" not in ended.stderr, ended.stderr
        *_, sentence, hint, _ = ended.stderr.splitlines()
        assert words in sentence and hint.startswith("To continue: strop resume there"), ended.stderr
        document, billed = shown(strop), sum(len(seen.billed) for seen in server.seen)
        assert document["status"] == "budget" and document["costs"]["total"]["responses"] == billed > 0
        resumed = strop("resume", "there", *more.split(), "--json", OPENAI_API_KEY="sk-secret-of-the-test")
        assert resumed.returncode == 0, resumed.stderr
        found = json.loads(resumed.stdout)
        assert found["status"] == "finished"
        assert found["costs"]["total"]["responses"] == sum(len(seen.billed) for seen in server.seen) > billed


def test_costs_are_split_by_role_and_add_up_to_the_servers_ledger(strop: Any) -> None:
    with OpenAIServer(improving()) as server:
        done = run_against(server, strop)
        assert done.returncode == 0, done.stderr
        answers = sum(len(seen.billed) for seen in server.seen)
    costs = shown(strop)["costs"]
    total, roles = costs["total"], costs["roles"]
    assert list(roles) == ["self-improvement", "meta-evaluation", "measurement"]
    assert {role: spent["lm_calls"] for role, spent in roles.items()}["self-improvement"] == 1
    for name in ("lm_calls", "responses", "input_tokens", "output_tokens"):
        assert total[name] == sum(spent[name] for spent in roles.values()), name
    assert total["responses"] == answers and list(costs["models"]) == ["anything"]
    assert total["dollars"] == pytest.approx((total["input_tokens"] + 2 * total["output_tokens"]) / 1e6)
    assert (costs["maybe_billed_dollars"], costs["maybe_billed_tokens"]) == (0, 0)
    table = strop("show", "there").stdout
    assert "self-improvement" in table and "$0." in table


MONEY = re.compile(r"at most \$0\.\d+; at most \$0\.\d+ more may have been billed without a response")


@pytest.mark.parametrize(
    "command",
    slow_unless(
        lambda command: "improve" in command,
        [
            ["run", "lpn", *TINY, *SELECTION],
            shlex.split("improve lpn --lm-budget 1 --max-responses 2 --utility-budget 2"),
            shlex.split("eval best_of_n --task lpn --copies 2 --lm-budget 1 --max-responses 2 --utility-budget 2"),
            shlex.split("eval seed --against best_of_n --task lpn --copies 2 --lm-budget 1 --utility-budget 2"),
            shlex.split("reproduce table2 --n 6 --arm plain"),
            ["reproduce", "fig4", "--runs", "1", *TINY],
        ],
    ),
)
def test_bound_is_told_as_one_and_what_may_have_been_billed_beside_it_in_every_result(
    command: list[str], strop: Any, tmp_path: Path
) -> None:
    with OpenAIServer(improving(), lambda number, _: "no-usage" if number else "cut") as server:
        where = ["--model", "openai/anything?max_tokens=500&price=1,2", "--base-url", server.url, "--out", "there"]
        done = strop(*command, *where, OPENAI_API_KEY="sk-secret-of-the-test")
        assert done.returncode == 0, done.stderr
    page = tmp_path / "there" / (f"{command[1]}.md" if "reproduce" in command else "report.html")
    if "reproduce" in command:
        document = json.loads((tmp_path / "there" / f"{command[1]}.json").read_text())
    else:
        assert strop("view", "there", "--html", str(page)).returncode == 0
        document = shown(strop)
    for text in (done.stdout, page.read_text()):
        assert MONEY.search(" ".join(text.split())), text[:4000]
    costs = document["costs"] | document["costs"].get("total", {})
    assert costs["dollars"] > 0 and costs["is_bound"] and costs["maybe_billed_dollars"] > 0


def test_run_ends_without_a_result_when_its_time_is_spent_before_the_first_improver_is_measured(strop: Any) -> None:
    with OpenAIServer(Scripted(lambda request: PROGRAM), ["slow:3"], cycle=True) as server:
        ended = run_against(server, strop, "--max-time", "1s")
    assert ended.returncode == 4 and "To continue: strop resume there --max-time MORE" in ended.stderr.splitlines()
    assert shown(strop)["status"] == "budget"


@pytest.mark.parametrize("seconds", ["90", "90s", "1.5m"])
def test_plan_is_printed_and_nothing_is_asked_or_written_when_a_run_is_dry(
    seconds: str, strop: Any, tmp_path: Path
) -> None:
    flags = ["--dry-run", "--json", "--paper", "--max-time", seconds, "--model", "openai/gpt-4o", "--max-cost", "0.01"]
    done = strop("run", "lpn", *flags, OPENAI_BASE_URL="", XDG_DATA_HOME=str(tmp_path / "no key yet"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["seconds"]["most"] == 90 and found["cost"]["most"] == 0.01
    assert "; --max-" in found["warning"] and any("prices of 20" in price for price in found["prices"].values())
    assert list(tmp_path.rglob("*")) == [tmp_path / name for name in ("data", "data/strop", "data/strop/key")]
    table = strop("run", "lpn", *flags[:1], *flags[2:]).stdout
    assert "--max-cost 0.01 will stop it at about " in table and "expected" in table


@pytest.mark.slow
def test_no_limit_is_passed_and_no_answer_lost_in_randomised_runs_against_a_vendor_that_also_lies() -> None:
    done = subprocess.run([sys.executable, str(BENCH), "--runs", "10", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)
    lies = sum(each["vendor"].startswith("lies") for each in runs)
    told = done.stderr.splitlines()  # once a run at most, and only of a vendor that lies
    assert set(told) <= {f"strop: vendor {UNKNOWN_USAGE}"} and 0 < len(told) <= lies
    assert len(runs) == 10 and sum(each["status"] == "RunBudgetSpent" for each in runs) >= 5
    assert all(each["lost"] == each["invented"] == 0 and each["over"] <= each["stated"] for each in runs)
    assert {each["limited"] for each in runs} == {"--max-cost", "--max-tokens"}


def plan_of(strop: Any, *arguments: str) -> Any:
    done = strop(*arguments, "--model", "openai/gpt-4o", "--dry-run", "--json", OPENAI_BASE_URL="")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "command", [("run", "lpn"), ("eval", "best_of_n"), ("improve", "lpn"), *(("reproduce", name) for name in PROTOCOLS)]
)
def test_every_command_that_asks_a_model_says_what_it_costs_and_asks_nothing(
    command: tuple[str, ...], strop: Any, tmp_path: Path
) -> None:
    plan, limited = (plan_of(strop, *command, "--max-cost", limit) for limit in ("1000000", "0.5"))
    assert 0.5 < plan["cost"]["expected"] < plan["cost"]["most"] and plan["warning"] is None
    assert limited["cost"]["most"] == 0.5 and limited["warning"].startswith("without a limit: ")
    assert not list(tmp_path.rglob("run.sqlite")) and not (tmp_path / "runs").exists()


def test_plan_of_a_protocol_is_that_of_its_runs(strop: Any) -> None:
    figure, run = plan_of(strop, "reproduce", "fig4"), plan_of(strop, "run", "lpn", "--paper")
    assert figure["cost"]["expected"] == pytest.approx(5 * run["cost"]["expected"])
    assert plan_of(strop, "reproduce", "table2", "--n", "100")["responses"]["expected"] == 200


@pytest.mark.parametrize(
    ("protocol", "limit"),
    [
        (["fig4", "--runs", "3", *TINY], 0.009),  # a run takes some $0.0035
        (["table2", "--n", "60"], 0.02),
    ],
)
def test_money_of_a_protocol_ends_it_over_all_its_runs_and_more_of_it_continues(
    protocol: list[str], limit: float, strop: Any, tmp_path: Path
) -> None:
    with OpenAIServer(improving()) as server:
        where = ["--model", "openai/anything?max_tokens=500&price=1,2", "--base-url", server.url, "--out", "there"]
        begun, key = ("reproduce", *protocol, *where), {"OPENAI_API_KEY": "sk-secret-of-the-test"}
        stopped = strop(*begun, "--max-cost", str(limit), **key)
        assert stopped.returncode == 4, stopped.stderr
        assert f"--max-cost ${limit:.3f} is spent" in stopped.stderr.replace("0.0090", "0.009")
        spent = sum(spent_in(path.parent)["max_cost"] for path in tmp_path.glob("there/**/run.sqlite"))
        assert limit / 2 < spent / 1e9 <= 1.05 * limit
        asked = server.billed
        again = ("resume", "there") if "table2" in protocol else begun
        assert strop(*again, "--max-cost", "1", **key).returncode == 0
        assert server.billed > asked > 0
