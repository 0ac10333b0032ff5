"""`strop serve` as a coding agent uses it, with the client of the MCP SDK."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

from end_to_end.conftest import recorded
from strop.api.serving import TOOLS
from strop.base.as_document import to_json
from strop.base.events import Evaluated
from strop.base.interpreter import to_add
from strop.base.results import ChangedCalls, Evaluation
from strop.templates.agents import AGENTS
from support.command_line import environment
from support.mcp_client import EVALUATOR
from support.trees import written

TARGET = ["program.py", "--evaluator", "evaluator.py", "--metric", "accuracy:max", "--out", "runs/agent"]
PROGRAM = "def value():\n    return {}\n"
SLOW = "import time\ndef value():\n    time.sleep(3)\n    return 2\n"


Talk = Callable[[ClientSession], Awaitable[None]]


def conversed(command: Sequence[str], folder: Path, talk: Talk) -> str:
    """Let a client talk to the server that a command starts in `folder`/target; returns what that said on standard error."""
    server = StdioServerParameters(
        command=command[0], args=[*command[1:]], env=environment(folder), cwd=folder / "target"
    )

    async def conversation() -> None:
        async with stdio_client(server, said) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await talk(session)

    with (folder / "said").open("w+") as said:
        anyio.run(conversation)
        said.seek(0)
        return said.read()


@pytest.fixture
def served(tmp_path: Path) -> Callable[[Talk], str]:
    """Lets a client talk to a server on a small target."""
    written(tmp_path, {"target/program.py": PROGRAM.format(1), "target/evaluator.py": EVALUATOR})
    return partial(conversed, [sys.executable, "-m", "strop", "serve", *TARGET], tmp_path)


async def measured(session: ClientSession, program: str, **options: Any) -> Any:
    """A measurement. The files are sent as JSON text, as some clients do."""
    return await session.call_tool("measure", {"files": json.dumps({"program.py": program})}, **options)


def words_of(result: Any) -> str:
    return "\n".join(each.text for each in result.content)


def test_agent_measures_in_training_and_ends_with_a_verdict(served: Any, tmp_path: Path) -> None:
    async def talk(session: ClientSession) -> None:
        assert [tool.name for tool in (await session.list_tools()).tools] == [*TOOLS]
        task = words_of(await session.call_tool("task", {}))
        assert "program.py" in task and PROGRAM.format(1) in task
        nothing = await session.call_tool("verdict", {})
        assert nothing.is_error and "nothing was measured" in words_of(nothing)
        better = await measured(session, PROGRAM.format(5))
        assert not better.is_error and better.structured_content["sentence"] == words_of(better)
        assert splits() == {"train"}
        verdict = await session.call_tool("verdict", {})
        assert verdict.structured_content["sentence"].startswith("Better")
        assert (await session.call_tool("verdict", {})).structured_content == verdict.structured_content
        whole = (await session.call_tool("verdict", {"full": True})).structured_content
        assert whole.items() > verdict.structured_content.items() and "candidates" in whole
        late = await measured(session, PROGRAM.format(6))
        assert late.is_error and "the search is over" in words_of(late)

    def splits() -> set[str]:
        return {event.split for event in recorded(tmp_path / "target" / "runs" / "agent", Evaluated)}

    assert "strop show runs/agent" in served(talk).splitlines()[-1]
    assert splits() == {"train", "test"}


@pytest.mark.slow
def test_verdict_is_the_same_from_a_server_that_starts_again(served: Any) -> None:
    async def talk(session: ClientSession) -> None:
        if not told:
            assert not (await measured(session, PROGRAM.format(5))).is_error
        assert ("The search is over" in words_of(await session.call_tool("task", {}))) == bool(told)
        told.append((await session.call_tool("verdict", {})).structured_content)

    told: list[Any] = []
    served(talk)
    served(talk)
    assert told[0] == told[1]


@pytest.mark.slow
def test_error_of_a_candidate_or_a_path_is_an_answer(served: Any) -> None:
    async def talk(session: ClientSession) -> None:
        wrong = await session.call_tool(
            "measure", {"files": {"evaluator.py": "def evaluate(path): return {'accuracy': 1}"}}
        )
        assert wrong.is_error and "evaluator.py" in words_of(wrong)
        assert "SyntaxError" in words_of(await measured(session, "def value(: "))

    assert "Traceback" not in served(talk)


@pytest.mark.slow
def test_cancelled_measurement_counts_and_the_next_answer_says_so(served: Any) -> None:
    async def talk(session: ClientSession) -> None:
        async with anyio.create_task_group() as tasks:

            async def seen(progress: float, total: float | None, message: str | None) -> None:
                if message == "it runs":
                    tasks.cancel_scope.cancel()

            tasks.start_soon(lambda: measured(session, SLOW, progress_callback=seen))
        await session.send_ping()
        after = await measured(session, PROGRAM.format(3))
        assert len(after.structured_content["cancelled"]) == 1 and "which counts" in words_of(after)
        assert "cancelled" not in (await measured(session, PROGRAM.format(4))).structured_content

    served(talk)


@pytest.mark.slow
def test_server_answers_while_a_measurement_runs(served: Any) -> None:
    async def talk(session: ClientSession) -> None:
        ended: list[str] = []

        async def slow() -> None:
            await measured(session, SLOW, progress_callback=seen)
            ended.append("measurement")

        async def seen(progress: float, total: float | None, message: str | None) -> None:
            if message == "it runs":
                running.set()

        running = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slow)
            await running.wait()
            await session.send_ping()
            await session.list_tools()
            ended.append("ping and list")
        assert ended == ["ping and list", "measurement"]

    served(talk)


def test_serve_says_what_to_install_where_the_sdk_is_not(strop: Any, tmp_path: Path) -> None:
    written(
        tmp_path, {"without/mcp.py": "raise ImportError('mcp')\n", "program.py": PROGRAM, "evaluator.py": EVALUATOR}
    )
    ended = strop("serve", *TARGET, PYTHONPATH=str(tmp_path / "without"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"strop: strop serve needs the MCP SDK: {to_add('mcp')}\n"


def test_lines_that_init_prints_for_an_agent_start_the_server(strop: Any, tmp_path: Path) -> None:
    written(tmp_path, {"target/program.py": PROGRAM.format(1), "target/evaluator.py": EVALUATOR})
    before, words = {*tmp_path.rglob("*")}, ["program.py", *TARGET[1:]]
    for name, agent in AGENTS.items():
        ended = strop("init", words[0], "--agent", name, "--", *words[1:])
        assert ended.returncode == 0 and agent.where in ended.stderr
        read = tomllib.loads(ended.stdout)["mcp_servers"] if name == "codex" else json.loads(ended.stdout)["mcpServers"]
        server = read["strop"]
        assert server["args"][-len(words) - 1 :] == ["serve", *words]
        assert server.get("cwd", str(tmp_path)) == str(tmp_path)
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} <= before

    async def talk(session: ClientSession) -> None:
        assert [tool.name for tool in (await session.list_tools()).tools] == [*TOOLS]

    assert "Traceback" not in conversed([server["command"], *server["args"]], tmp_path, talk)


def test_values_of_recorded_calls_are_in_no_document_that_an_agent_may_read() -> None:
    for result in (Evaluation(0.0, "malformed", error="x", differs="7, not 8"), ChangedCalls(1, 1, first="7, not 8")):
        assert "7, not 8" not in to_json(result)
