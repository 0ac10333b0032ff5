"""Programs as models: what they are given, what counts as an answer, and that nothing of them is left."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from strop.base.errors import LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, Request, dropped
from strop.lm.command import LARGEST_ANSWER, CommandModel
from strop.lm.pace import Outage, RetryPolicy
from support.processes import wait_until
from support.rows import table

Make = Callable[..., CommandModel]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A model of the shell line, in an environment of its own; everything is closed at the end."""
    made: list[CommandModel] = []

    def of(
        line: str, *, tries: float = 0, environ: Mapping[str, str] | None = None, seconds: float = 600
    ) -> CommandModel:
        outage = Outage(RetryPolicy(tries, first_wait_seconds=0.001), "the model")
        around = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **(environ or {})}
        made.append(CommandModel(f"command:sh -c {shlex.quote(line)}", around, outage, 4, seconds))
        return made[-1]

    yield of
    for model in made:
        model.close()


def answer(model: CommandModel, message: str = "message") -> Completion:
    return model.complete([Request("system", message)], dropped)[0]


def alive(marks: str) -> list[str]:
    """Processes with these words in their command line, which a zombie has no more, and no other test run."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            if marks in file.read_text("utf-8", "replace").replace("\0", " "):
                found.append(file.parent.name)
    return found


KEYS = {"OPENAI_API_KEY": "sk-0123456789abcdef", "GEMINI_API_KEY": "AIza0123456789"}
LONG = ("y\n" * (LARGEST_ANSWER // 2))[:-1]


@table(
    ("line", "asked", "text"),
    # (command line, request) → the text of the answer.
    (
        ("cat", Request("system", "one\ntwo\n"), "system\n\none\ntwo"),
        ("cat", Request("", "message"), "message"),
        (
            'echo "$STROP_TEMPERATURE $STROP_SAMPLE"; cat',
            Request("système", "m", 0.25, "t1", 3),
            "0.25 3\nsystème\n\nm",
        ),
        ("(exec </dev/tty) 2>/dev/null || echo none", Request("", "m"), "none"),
        ('echo "$MINE, $OPENAI_API_KEY, $GEMINI_API_KEY"', Request("", "m"), "a value, [key], [key]"),
        ("printf '<think>hard</think>easy'", Request("", "m"), "easy"),
        ("head -c 200000 /dev/zero | tr '\\0' x", Request("", "m" * 1_000_000), "x" * 200_000),
        ("yes | head -c 2000000", Request("", "m"), LONG),
        ("yes", Request("", "m"), LONG),
        ("true", Request("", "m"), ""),
    ),
)
def test_program_is_given_the_conversation_facts_and_the_users_environment_and_no_terminal(
    make: Make, line: str, asked: Request, text: str
) -> None:
    (found,) = make(line, environ={"MINE": "a value", **KEYS}).complete([asked], dropped)
    assert found.text == text and found.parameters == {"temperature": asked.temperature}, line
    assert found.reasoning == ("hard" if text == "easy" else "")
    assert found.finish_reason == ("length" if text is LONG else "stop"), line


def test_program_runs_in_an_empty_folder_that_is_removed_and_away_from_ctrl_c(make: Make, tmp_path: Path) -> None:
    lines = answer(make("pwd; ls -A | wc -l; touch left; cut -d ' ' -f 5 /proc/self/stat")).text.split()
    assert lines[1] == "0" and not Path(lines[0]).exists()
    assert list(tmp_path.iterdir()) == [] and lines[2] != str(os.getpgrp())


def test_what_a_program_prints_before_it_fails_is_no_answer(make: Make, tmp_path: Path) -> None:
    mark = tmp_path / "second"
    model = make(f"echo half; test -e {mark} || {{ touch {mark}; echo no luck >&2; exit 3; }}; echo whole", tries=60)
    completion = answer(model)
    assert completion.text == "half\nwhole"
    (fault,) = completion.faults
    assert (fault.fault, fault.detail, fault.attempt) == ("server_error", "exit code 3: no luck", 1)
    assert fault.waited_seconds > 0 and fault.maybe_billed


FAILURES = (
    (
        "echo 1 >&2; printf 'no \\033[31mmoney\\n' >&2; exit 1",
        0.001,
        r": exit code 1: no \\x1b\[31mmoney \(2 attempts in ",
    ),
    ('echo "bad key $OPENAI_API_KEY" >&2; exit 1', 0, r"exit code 1: bad key \[key\]$"),
    ("exit 2", 0, "exit code 2: it printed no error$"),
    ("yes >&2", 0, r"exit code 137 \(signal 9\): y$"),
    ("no-such-program-anywhere", 60, "anywhere: exit code 127: .*not found"),
)
"""(command line, for how many seconds it is tried again) → what the failure says."""


def test_failure_is_one_line_with_the_last_words_after_the_last_attempt(make: Make, tmp_path: Path) -> None:
    for line, tries, said in FAILURES:
        with pytest.raises(LanguageModelError) as caught:
            answer(make(line, tries=tries, environ=KEYS))
        assert re.search(said, str(caught.value)) and "\n" not in str(caught.value), caught.value
        assert len(caught.value.faults) == 1
    script = tmp_path / "model"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with pytest.raises(LanguageModelError, match=r"model: it could not be started: .*No such file"):
        answer(CommandModel(f"command:{script}", {}, Outage(RetryPolicy(60), "it"), 4, 600.0))


def test_whole_process_group_ends_with_its_answer_and_when_the_time_is_up_or_the_model_is_closed(
    make: Make, tmp_path: Path
) -> None:
    mark, started = f"8639.{os.getpid()}", tmp_path / "started"
    assert answer(make(f"sleep {mark} & (sleep {mark} &) ; echo done")).text == "done"
    wait_until(lambda: alive(f"sleep {mark}") == [])
    with pytest.raises(LanguageModelError, match=r"no response in 0\.3 s"):
        answer(make(f"sleep {mark} & (sleep {mark} & sleep {mark})", seconds=0.3))
    wait_until(lambda: alive(f"sleep {mark}") == [])
    model = make(f"touch {started}; sleep {mark} & sleep {mark}", tries=60)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(answer, model)
        wait_until(started.exists)
        model.close()
        with pytest.raises(LanguageModelError, match="closed before its response was there"):
            asking.result()
    wait_until(lambda: alive(f"sleep {mark}") == [])


def test_as_many_programs_run_at_once_as_connections_and_no_more(make: Make, tmp_path: Path) -> None:
    line = (  # none ends before four have begun
        f"cd {tmp_path}; touch now-$$ began-$$; ls now-* | wc -l; "
        "until test $(ls began-* | wc -l) -ge 4; do sleep 0.01; done; rm now-$$"
    )
    completions = make(line, seconds=300).complete([Request("s", "m", sample=i) for i in range(9)], dropped)
    assert max(int(completion.text) for completion in completions) <= 4


def test_finish_lets_a_running_program_answer_and_starts_no_other(make: Make, tmp_path: Path) -> None:
    go, started = tmp_path / "go", tmp_path / "started"
    model = make(f"touch {started}; while ! test -e {go}; do sleep 0.01; done; echo late")
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(answer, model)
        wait_until(started.exists)
        model.finish()
        go.touch()
        assert late.result().text == "late"
    with pytest.raises(LanguageModelError, match="closed"):
        answer(model)


def test_relative_program_is_found_where_strop_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "model.sh"
    script.write_text("#!/bin/sh\necho here $1\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    spec = "command?timeout=30:./model.sh http://host/?seed=1"
    model = registry.make(spec, base_url=None, seed=1, environ={"PATH": os.environ["PATH"]})
    monkeypatch.chdir("/")
    (found,) = model.complete([Request("s", "m")], dropped)
    assert (found.text, model.name) == ("here http://host/?seed=1", "command:./model.sh http://host/?seed=1")
    model.close()
