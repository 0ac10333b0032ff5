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

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, Request, dropped
from strop.lm.command import LARGEST_ANSWER, CommandModel
from strop.lm.pace import Outage, RetryPolicy
from support.kits import language_model as kit
from support.processes import wait_until

ECHO = 'cksum; echo "$STROP_SAMPLE"\n'
"""A program whose answer is of everything that it is given."""
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


def answer(model: CommandModel, *, message: str = "message", **changes: object) -> Completion:
    return model.complete([Request("system", message, **changes)], dropped)[0]  # type: ignore[arg-type]


def alive(marks: str) -> list[str]:
    """Processes with these words in their command line, which a zombie has no more."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            if marks in file.read_text("utf-8", "replace").replace("\0", " "):
                found.append(file.parent.name)
    return found


def unlike_others(number: int) -> str:
    """How long to sleep so that the process is known by it, among those of other test runs too."""
    return f"8639{number}.{os.getpid()}"


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_command_model_conforms(check: Callable[[kit.MakeModel], None], tmp_path: Path) -> None:
    script = tmp_path / "echo.sh"
    script.write_text(ECHO)
    spec = f"command?connections=2:sh {script}"
    check(lambda: registry.make(spec, base_url=None, seed=1, environ={"PATH": os.environ["PATH"]}))


@pytest.mark.parametrize(
    ("line", "request_", "text"),
    [
        ("cat", Request("system", "one\ntwo\n"), "system\n\none\ntwo"),
        ("cat", Request("", "message"), "message"),
        (
            'echo "$STROP_TEMPERATURE $STROP_SAMPLE"; cat',
            Request("système", "m", 0.25, "t1/improve", 3),
            "0.25 3\nsystème\n\nm",
        ),
        ('echo "$MINE"', Request("", "m"), "a value"),
        ("(exec </dev/tty) 2>/dev/null || echo none", Request("", "m"), "none"),
    ],
    ids=["system text, empty line, message", "message alone", "facts", "environment", "no terminal"],
)
def test_program_is_given_the_conversation_facts_and_the_users_environment_and_no_terminal(
    make: Make, line: str, request_: Request, text: str
) -> None:
    (completion,) = make(line, environ={"MINE": "a value"}).complete([request_], dropped)
    assert completion.text == text and completion.parameters == {"temperature": request_.temperature}


def test_program_runs_in_an_empty_folder_that_is_removed(make: Make, tmp_path: Path) -> None:
    folder, _, files = answer(make("pwd; ls -A | wc -l; touch left")).text.partition("\n")
    assert files.strip() == "0" and not Path(folder).exists()
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_at_the_terminal_does_not_reach_a_program(make: Make) -> None:
    assert answer(make("cut -d ' ' -f 5 /proc/self/stat")).text.strip() != str(os.getpgrp())


def test_large_conversation_and_an_answer_before_it_is_read_do_not_lock_up(make: Make) -> None:
    assert answer(make("head -c 200000 /dev/zero | tr '\\0' x"), message="m" * 1_000_000).text == "x" * 200_000


def test_what_a_program_prints_before_it_fails_is_no_answer(make: Make, tmp_path: Path) -> None:
    mark = tmp_path / "second"
    model = make(f"echo half; test -e {mark} || {{ touch {mark}; echo no luck >&2; exit 3; }}; echo whole", tries=60)
    completion = answer(model)
    assert completion.text == "half\nwhole"
    (fault,) = completion.faults
    assert (fault.fault, fault.detail, fault.attempt) == ("server_error", "exit code 3: no luck", 1)
    assert fault.waited_seconds > 0 and fault.maybe_billed


def test_failure_is_one_line_with_the_last_words_after_the_last_attempt(make: Make) -> None:
    model = make("echo first line >&2; printf 'quota \\033[31mspent\\n' >&2; exit 1", tries=0.001)
    with pytest.raises(LanguageModelError) as caught:
        answer(model)
    assert re.search(r": exit code 1: quota \\x1b\[31mspent \(2 attempts in \d+ s\)$", str(caught.value))
    assert len(caught.value.faults) == 1 and "\n" not in str(caught.value)


def test_program_that_a_shell_cannot_find_is_not_tried_again(make: Make) -> None:
    with pytest.raises(LanguageModelError, match="anywhere: exit code 127"):
        answer(make("no-such-program-anywhere", tries=60))


def test_program_that_cannot_be_started_is_not_tried_again(tmp_path: Path) -> None:
    script = tmp_path / "model"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    model = CommandModel(f"command:{script}", {}, Outage(RetryPolicy(0), "it"), 4, 600.0)
    with pytest.raises(LanguageModelError, match=r"model: it could not be started: .*No such file"):
        answer(model)
    model.close()


def test_whole_process_group_is_killed_when_the_time_is_up(make: Make) -> None:
    mark = unlike_others(1)
    model = make(f"sleep {mark} & (sleep {mark} & sleep {mark})", tries=0, seconds=0.3)
    with pytest.raises(LanguageModelError, match=r"no response in 0\.3 s"):
        answer(model)
    wait_until(lambda: alive(f"sleep {mark}") == [])


def test_what_a_program_leaves_running_ends_with_its_answer(make: Make) -> None:
    mark = unlike_others(2)
    assert answer(make(f"sleep {mark} & (sleep {mark} &) ; echo done")).text == "done"
    wait_until(lambda: alive(f"sleep {mark}") == [])


@pytest.mark.parametrize(
    ("line", "text", "finish_reason"),
    [
        ("yes | head -c 2000000", ("y\n" * (LARGEST_ANSWER // 2))[:-1], "length"),
        ("yes", ("y\n" * (LARGEST_ANSWER // 2))[:-1], "length"),
        ("true", "", "stop"),
    ],
    ids=["long", "endless", "empty"],
)
def test_answer_that_is_long_or_endless_or_empty_is_kept_up_to_a_mebibyte(
    make: Make, line: str, text: str, finish_reason: str
) -> None:
    completion = answer(make(line))
    assert (completion.text == text, completion.finish_reason) == (True, finish_reason)


def test_program_that_prints_errors_without_end_is_ended(make: Make) -> None:
    with pytest.raises(LanguageModelError, match=r"exit code 137 \(signal 9\): y"):
        answer(make("yes >&2"))


KEYS = {"OPENAI_API_KEY": "sk-0123456789abcdef", "GEMINI_API_KEY": "AIza0123456789"}


def test_keys_of_providers_are_masked_in_answers_and_messages(make: Make) -> None:
    assert answer(make('echo "$OPENAI_API_KEY, $GEMINI_API_KEY"', environ=KEYS)).text == "[key], [key]"
    with pytest.raises(LanguageModelError, match="exit code 1: bad key \\[key\\]"):
        answer(make('echo "bad key $OPENAI_API_KEY" >&2; exit 1', environ=KEYS))


def test_command_line_with_a_key_of_the_user_is_refused(make: Make) -> None:
    with pytest.raises(ConfigurationError, match="holds a key of your environment; let the program read the variable"):
        make("echo sk-0123456789abcdef", environ=KEYS)


def test_as_many_programs_run_at_once_as_connections_and_no_more(make: Make, tmp_path: Path) -> None:
    line = (  # none ends before four have begun
        f"cd {tmp_path}; touch now-$$ began-$$; ls now-* | wc -l; "
        "until test $(ls began-* | wc -l) -ge 4; do sleep 0.01; done; rm now-$$"
    )
    completions = make(line, seconds=300).complete([Request("s", "m", sample=i) for i in range(16)], dropped)
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


def test_close_ends_a_running_program(make: Make, tmp_path: Path) -> None:
    mark, started = unlike_others(3), tmp_path / "started"
    model = make(f"touch {started}; sleep {mark} & sleep {mark}", tries=60)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(answer, model)
        wait_until(started.exists)
        model.close()
        with pytest.raises(LanguageModelError, match="closed before its response was there"):
            asking.result()
    wait_until(lambda: alive(f"sleep {mark}") == [])


def test_relative_program_is_found_where_strop_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "model.sh"
    script.write_text("#!/bin/sh\necho here\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    model = CommandModel("command:./model.sh", {"PATH": os.environ["PATH"]}, Outage(RetryPolicy(0), "it"), 4, 600.0)
    monkeypatch.chdir("/")
    assert answer(model).text == "here"
    assert model.name == "command:./model.sh"
    model.close()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("command:", "needs a program"),
        ("command:  ", "needs a program"),
        ("command", "needs a program"),
        ("command:sh -c 'half", "invalid command line: No closing quotation"),
        ("command:no-such-program-anywhere -x", "there is no program 'no-such-program-anywhere'"),
        ("command:sh\x1b[31m", "one line of printable text"),
        ("command?timeout=0:cat", "must be a number of seconds above 0"),
        ("command?seed=3:cat", "takes no seed"),
        ("commnad:cat", "Did you mean command:PROGRAM"),
    ],
)
def test_specification_that_cannot_be_meant_is_one_line(spec: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        registry.make(spec, base_url=None, seed=1, environ={"PATH": os.environ["PATH"]})
    assert "\n" not in str(caught.value)


def test_question_mark_of_the_command_line_begins_no_options(make: Make) -> None:
    spec = "command?timeout=30:echo http://host/?seed=1"
    model = registry.make(spec, base_url=None, seed=1, environ={"PATH": os.environ["PATH"]})
    assert model.complete([Request("s", "m")], dropped)[0].text == "http://host/?seed=1"
    model.close()


def test_reasoning_in_the_answer_is_kept_apart_from_it() -> None:
    model = registry.make("command:printf '<think>hard</think>easy'", base_url=None, seed=0, environ={})
    (completion,) = model.complete([Request("", "m")], dropped)
    assert (completion.text, completion.reasoning) == ("easy", "hard")
    model.close()
