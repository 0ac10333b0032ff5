"""Every shipped strategy passes the conformance kit in a real jail, is short, and is listed as it is."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from strop.analysis.search import idea_of
from strop.base.budget import Grant
from strop.base.errors import ConfigurationError
from strop.cli.commands.list.improvers import improvers_command
from strop.runs.plan import ASKS, asked_for, asks_of
from strop.runs.spec import improver_text, shipped_improvers
from strop.sandbox.base import Sandbox
from support.kits.improver import ANSWERS, CHECKS, better_each_time, check_improver, marked, tried
from support.rows import table
from support.tiers import slow_unless

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "train-an-improver.md").read_text("utf-8")
PUBLISHED = ("seed", "chain_of_thought")
STRATEGIES = [name for name in shipped_improvers() if name not in PUBLISHED]


@pytest.mark.parametrize("name", slow_unless(lambda name: name == "refine", STRATEGIES))
def test_strategy_is_sturdy_and_honest(jail: Sandbox, name: str) -> None:
    check_improver(improver_text(name), jail)


@table("name", PUBLISHED)
def test_published_improver_fails_the_kit_as_the_paper_describes_it(jail: Sandbox, name: str) -> None:
    failed = []
    for check in CHECKS:
        try:
            check(improver_text(name), jail)
        except AssertionError:
            failed.append(check.__name__)
    assert failed == [CHECKS[0].__name__, CHECKS[1].__name__]


@pytest.mark.slow
def test_improver_of_one_s_own_on_the_page_passes_the_kit(jail: Sandbox) -> None:
    (own,) = re.findall(r"```python\n(def improve_algorithm.*?)```", PAGE, re.DOTALL)
    helpers = improver_text("greedy_iterative").partition("def improve_algorithm")[0]
    check_improver(helpers + own, jail)


def test_strategy_asks_for_what_a_plan_expects_and_returns_the_earliest_of_equals(jail: Sandbox) -> None:
    assert ASKS.keys() <= {*shipped_improvers()}
    for name in shipped_improvers():
        asks = asks_of(name)
        for grant in (Grant(), Grant(9, 3, 2))[: 1 + (name in {*ASKS, "refine"})]:
            trial = tried(improver_text(name), jail, better_each_time(), grant=grant)
            assert asks is not None
            assert (trial.lm_calls, len(trial.requests), len(trial.scored)) == asked_for(asks, grant, 1.0), (
                name,
                grant,
            )
        if name not in ("decompose", "chain_of_thought"):
            solution = tried(improver_text(name), jail, ANSWERS["equally good"]()).improvement.solution
            assert solution is not None and solution.rstrip().endswith("# 0"), name


def without_fences(text: str) -> str:
    """A text with `fenced(...)` for a fence: `seed` and `chain_of_thought` have fences of Python, as the paper prints them."""
    text = re.sub(r"```(?:python|\{utility\.language\})\n\{(.*?)\}\n```", r"{fenced(\1)}", text)
    return text.replace(", utility.language)", ")")


def functions(name: str) -> dict[str, ast.FunctionDef]:
    """Every top-level function of a shipped improver, but for fences."""
    tree = ast.parse(without_fences(improver_text(name)))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_strategy_is_one_short_program_with_a_docstring_and_the_question_of_all_others() -> None:
    question = without_fences(improver_text("seed")).partition('f"""')[2].partition('"""')[0]
    for name in STRATEGIES:
        text, outer = improver_text(name), functions(name)
        most = 190 if name == "refine" else 110  # the default tells more
        assert len(text.splitlines()) <= most and max(map(len, text.splitlines())) <= 120, name
        assert all(map(ast.get_docstring, outer.values())) and 40 < len(idea_of(text)) < 120, name
        asked = without_fences(text).partition('f"""')[2].partition('"""')[0]
        assert name == "refine" or asked == question.replace("initial_solution", "solution"), name
        assert not re.search(r"^from asking", text, re.MULTILINE), name  # which a guest has not


@table("inner", ("```", "````"))
def test_strategy_shows_a_program_with_fences_in_a_longer_fence(jail: Sandbox, inner: str) -> None:
    program = f'"""\n{inner}\nexample\n{inner}\n"""\n{marked(0.3)}'
    trial = tried(improver_text("greedy_iterative"), jail, better_each_time(), initial=program)
    assert f"\n{inner}`python\n{program}\n{inner}`\n" in trial.requests[0].message


def test_command_lists_every_improver_within_80_columns_and_prints_its_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def printed(name: str | None = None, *, as_json: bool = False) -> str:
        assert improvers_command(name, as_json=as_json) == 0
        return capsys.readouterr().out

    monkeypatch.setenv("COLUMNS", "80")
    lines = printed().splitlines()
    assert max(map(len, lines)) <= 80 and not any("…" in line for line in lines)
    assert [line.split()[0] for line in lines if line[:1].isalpha()][1:-1] == shipped_improvers()
    rows = json.loads(printed(as_json=True))["improvers"]
    ideas = [(name, idea_of(improver_text(name))) for name in shipped_improvers()]
    assert [(row["improver"], row["idea"]) for row in rows] == ideas
    assert printed("ucb") == improver_text("ucb")
    document = json.loads(printed("ucb", as_json=True))
    own = next(row for row in rows if row["improver"] == "ucb")
    assert document == {"schema_version": 5, "program": improver_text("ucb"), **own}
    (tmp_path / "own.py").write_text('"""Do nothing."""\n')
    assert json.loads(printed(str(tmp_path / "own.py"), as_json=True))["idea"] == "Do nothing."
    with pytest.raises(ConfigurationError, match=r"no improver is called '\.\./zzz'; choose beam_search, "):
        improvers_command("../zzz")
