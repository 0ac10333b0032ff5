"""`--model` as people type it: providers, mixtures, functions, commands, what doctor says, and where a key is never found."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import ImproveFinished, LmFault, LmResponded, RunStarted
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer
from support.processes import descendants, output_of, wait_until

from .conftest import TINY, recorded

PROGRAM = "One idea.\n```python\ndef algorithm(train_samples, train_parity, test_samples):\n    return [0] * 20\n```\n"
ONCE = shlex.split("improve lpn --utility-budget 2 --lm-budget 2 --max-responses 4 --seed 3 --json")
KEY = "sk-secret-of-the-test-0123456789"
OTHERS = {
    name: f"sk-of-another-provider-{number}"
    for number, name in enumerate(["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY", "VLLM_API_KEY"])
}
PRYING = """
import glob, os, sys
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    seen = [repr(dict(os.environ)), repr(sys.argv), repr(vars(language_model)), repr(vars(utility))]
    for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        try:
            seen.append(open(path, errors="replace").read())
        except OSError:
            pass
    answers = language_model.prompt("expert", initial_solution, n_responses=2)
    print("\\n".join(seen))
    return extract_code(answers)[0]
"""


def of_processes_below(parent: int) -> str:
    """Environments and command lines of every process that `parent` started, directly or not, but for its workers: what runs in
    them is the scorer, which the user trusts."""
    texts = []
    for folder in (Path(f"/proc/{pid}") for pid in descendants(parent)):
        with suppress(OSError):  # it has ended
            if b"strop.evaluation.worker" not in (folder / "cmdline").read_bytes():
                texts += [(folder / name).read_text(errors="replace") for name in ("environ", "cmdline")]
    return "\n".join(texts)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system shows no environment of a process")
def test_key_is_in_no_guests_environment_or_command_line_and_nowhere_in_the_record(
    start_strop: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "prying.py").write_text(PRYING)
    seen: list[str] = []
    started: list[int] = []
    host: list[str] = []

    def answer(request: Request) -> str:
        wait_until(lambda: started)
        seen.append(of_processes_below(started[0]))  # while the improver waits for its answer, in its process
        host.append(Path(f"/proc/{started[0]}/environ").read_text())
        return PROGRAM

    with OpenAIServer(Scripted(answer)) as server:
        lm = ["--model", "openai/tester", "--base-url", server.url, "--improver", "prying.py", "--out", "there"]
        run = start_strop(*ONCE, *lm, OPENAI_API_KEY=KEY, **OTHERS)
        started.append(run.pid)
        out, err = output_of(run)
    assert run.returncode == 0, err
    printed = "".join(event.output for event in recorded(tmp_path / "there", ImproveFinished))
    texts = "".join(map(str, recorded(tmp_path / "there")))
    assert "PYTHONHASHSEED" in printed and all("PYTHONHASHSEED" in text for text in seen)  # what guests are given
    assert seen and all(KEY in text for text in host)  # a key is found where there is one
    written = b"".join(path.read_bytes() for path in (tmp_path / "there").rglob("*") if path.is_file())
    everything = "\n".join([*seen, printed, texts, out, err, written.decode("latin-1")])
    assert [name for name, key in {"OPENAI_API_KEY": KEY, **OTHERS}.items() if key in everything] == []


def test_doctor_asks_a_model_once_and_says_what_came_back_and_what_it_costs(strop: Any) -> None:
    with OpenAIServer(Scripted(lambda request: "strop")) as server:
        spec = f"openai/tester?price=1,2&url={server.url}"
        shown = strop("doctor", "--model", spec, OPENAI_API_KEY=KEY).stdout
        document = json.loads(strop("doctor", "--model", spec, "--json", OPENAI_API_KEY=KEY).stdout)
        assert len(server.seen) == 2
        sent = server.seen[0].body
        assert (sent["n"], sent["temperature"], sent["max_tokens"]) == (2, 0.7, 8192)  # as a run asks
        assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    for words in (" s: strop\n", "model: tester; tokens: ", "price: $0.0", ", at $1 in and $2 out per million tokens"):
        assert words in shown
    answer = document["answer"]
    assert (
        answer["text"] == "strop" and answer["cost"] == 1000 * answer["input_tokens"] + 2000 * answer["output_tokens"]
    )


def test_doctor_says_what_a_server_did_not_accept(strop: Any) -> None:
    with OpenAIServer(Scripted(lambda request: "strop"), ["reject-system", "ignore-n"], cycle=True) as server:
        shown = strop("doctor", "--model", "vllm/tester", "--base-url", server.url).stdout
    assert "remark: the server does not accept a system message" in shown and "remark: 1 of 2 responses" in shown


def test_doctor_says_why_a_model_does_not_answer_and_does_not_ask_again(strop: Any) -> None:
    with OpenAIServer(Scripted(lambda request: "strop"), ["echo-key"], cycle=True) as server:
        ended = strop("doctor", "--model", "openai/tester", "--base-url", server.url, OPENAI_API_KEY=KEY)
        assert len(server.seen) == 1
    assert ended.returncode == 3 and len(ended.stderr.splitlines()) == 1 and KEY not in ended.stderr


ANSWERS = """\
import os, sys
text = sys.stdin.read()
assert text.startswith("You are") and len(sys.argv) == 2 and not os.listdir()
print(f"My key is {os.environ['OPENAI_API_KEY']}.")
print("```python\\ndef algorithm(train_samples, train_parity, test_samples):\\n    return [0] * 20\\n```")
"""
RUN = ["run", "lpn", *TINY, *shlex.split("-T 1 --selection paper --seed 1 --out there")]


def program(folder: Path, text: str) -> str:
    """A command line, whole paths only, since it runs in an empty folder."""
    (folder / "marks").mkdir()
    (folder / "model.py").write_text(text)
    return f"command?timeout=60:{sys.executable} {folder}/model.py {folder}/marks"


def test_run_is_answered_by_a_program_and_records_no_key(strop: Any, tmp_path: Path) -> None:
    ended = strop(*RUN, "--model", program(tmp_path, ANSWERS), OPENAI_API_KEY="sk-secret-of-the-test")
    assert ended.returncode == 0, ended.stderr
    (started,), responses = (recorded(tmp_path / "there", kind) for kind in (RunStarted, LmResponded))
    faults = {event.fault for event in recorded(tmp_path / "there", LmFault)}
    assert responses and {each.text.split("\n")[0] for each in responses} == {"My key is [key]."}
    assert faults <= {"usage"}  # a program does not say how many tokens it took
    assert started.environment["is_language_model"] is True
    assert {each.cost for each in responses} == {None}
    written = b"".join(path.read_bytes() for path in (tmp_path / "there").rglob("*") if path.is_file())
    assert b"sk-secret-of-the-test" not in written + (ended.stdout + ended.stderr).encode()
