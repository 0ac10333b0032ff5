"""What scorers note: who gets it, how much of it is kept, and that nothing of held-out instances goes anywhere."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import strop
from strop.base.budget import Budget, Grant
from strop.base.events import Evaluated, LmCalled
from strop.base.scorer_notes import ALL_CHARACTERS, MOST_NOTES, NOTE_CHARACTERS, WORKSPACE, collecting, cut
from strop.core.improver import improve
from strop.evaluation.feedback import Feedback, inputs_in_words
from strop.runs.resume import recall
from strop.runs.spec import improver_text
from strop.store import Store
from strop.tasks.base import Instance
from support.rows import table

MakeBench = Callable[..., Any]
HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"


def noting(instance: Instance, answer: Any) -> float:
    strop.note(f"answered {answer} to {instance['n']}")
    return float(answer == 2 * instance["n"])


def test_note_goes_to_the_evaluation_whose_scorer_says_it_when_several_are_scored_at_once() -> None:
    together = threading.Barrier(4)

    def scored(number: int) -> tuple[str, ...]:
        with collecting() as said:
            together.wait()
            strop.note(f"of {number}")
            together.wait()
            return said.texts

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scored, range(4))) == [(f"of {number}",) for number in range(4)]


def test_note_of_a_thread_is_kept_when_the_scorer_gives_it_its_context() -> None:
    with collecting() as said:
        context = contextvars.copy_context()
        thread = threading.Thread(target=lambda: context.run(strop.note, "from a thread"))
        thread.start()
        thread.join()
    assert said.texts == ("from a thread",)


def test_note_is_nothing_when_nobody_scores(capfd: pytest.CaptureFixture[str]) -> None:
    strop.note("to nobody")
    assert capfd.readouterr() == ("", "")


def test_note_is_one_line_of_standard_error_in_a_workspace(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORKSPACE, "1")
    strop.note("two\nlines \udcff" + "x" * 1000)
    printed = capfd.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("strop-note: two\\nlines \\udcff") and len(line) < NOTE_CHARACTERS + 20 and printed.out == ""


@table("notes", [["x" * 900] * 3, ["x" * 400] * 40, [str(n) for n in range(100)], ["\udc00" * 500]])
def test_notes_are_cut_to_size(notes: list[str]) -> None:
    kept = cut(notes)
    assert (
        len(kept) <= MOST_NOTES and sum(map(len, kept)) <= ALL_CHARACTERS and max(map(len, kept)) <= NOTE_CHARACTERS
    ), notes
    assert (len(kept) < len(notes)) == kept[-1].endswith("more notes)"), notes
    json.dumps(kept).encode()
    "".join(kept).encode()


def test_note_that_several_instances_share_is_told_once() -> None:
    told = Feedback()
    for index in range(9):
        told.noted(index, ["the same"])
    told.noted(3, ["another"])
    assert told.notes == ("instances 0, 1, 2, 3, 4 and 4 more: the same", "instance 3: another")


class Odd:
    def __repr__(self) -> str:
        raise AssertionError("nothing of an input is called")


@table(
    ("value", "words"),
    [
        ([1, True, None, 0.1 + 0.2], "[1, True, None, 0.3]"),
        (np.zeros((200, 300)), "array of shape (200, 300): [0, 0, 0, 0, 0, 0, ...]"),
        ([10**5000], "<a number of 16610 bits>"),
        ([Odd()], "[<Odd>]"),
        ("x" * 10**6, "xxx"),
        ([[[[[[1]]]]]] * 10**5, "..."),
    ],
)
def test_inputs_are_shown_short_whatever_they_are(value: Any, words: str) -> None:
    assert words in inputs_in_words({"n": value}) and len(inputs_in_words({"n": value, "m": value})) <= 200, (
        value,
        words,
    )


def test_report_has_the_notes_and_the_failing_instances_of_the_training_split(bench: MakeBench) -> None:
    b = bench(score=noting, failure="instance")
    bad = "def algorithm(n):\\n    return [0, 1][2 * n]\\n"
    report = eval(b.improve(HEAD + f"    return repr(utility.report('{bad}'))").solution)
    assert report["metrics"] == [] and report["verdicts"].count("raised") > 0
    failures = [note for note in report["notes"] if "(raised): " in note]
    assert failures and all("IndexError" in note and note.endswith("; inputs: n = 1") for note in failures)
    assert next(note for note in report["notes"] if note not in failures).endswith("answered 0 to 0")


def test_report_has_every_key_when_the_budget_is_spent(bench: MakeBench) -> None:
    b = bench(grant=Grant(utility_calls=1))
    text = HEAD + "    a = utility.report('x')\n    b = utility.report('y')\n    return repr([sorted(a), sorted(b), b])"
    one, two, spent = eval(b.improve(text).solution)
    assert one == two and spent["verdict"] == "budget" and spent["notes"] == []


def test_notes_are_there_again_when_a_run_goes_on(bench: MakeBench, tmp_path: Path) -> None:
    b = bench(score=noting)
    found = b.utility().evaluate(b.task.seed, Budget().child("one"))
    with Store.create(tmp_path / "run", {}) as store:
        for event in b.events:
            store.append(event)
    with Store.open(tmp_path / "run") as store:
        past = recall(store).past
    again = replace(b.utility(), past=past, sandbox=None).evaluate(b.task.seed, Budget().child("one"))
    assert again == found and again.notes


def test_note_of_a_held_out_instance_reaches_no_report_and_no_prompt(bench: MakeBench) -> None:
    """Also not when the same programs were scored on held-out instances before, between and at once."""
    splits: list[str] = []

    def sample(rng: Any) -> dict[str, Any]:
        return {"n": int(rng.integers(0, 2)), "which": int(rng.integers(10**9))}

    def score(instance: Instance, answer: Any) -> float:
        strop.note(f"saw {instance['which']}")
        return float(answer == 2 * instance["n"])

    b = bench(score=score, sample=sample, seed="def algorithm(n, which):\n    return 0\n", failure="instance")
    seeds = b.utility().seeds
    held_out = {str(b.task.instance(split, index, seeds)["which"]) for split in ("test", "gate") for index in range(8)}
    training = {str(b.task.instance("train", index, seeds)["which"]) for index in range(8)}

    class Both:
        """The training utility; whatever is scored is scored on the other splits too."""

        def __init__(self) -> None:
            self.train = b.utility()
            self.name, self.description, self.counter = self.train.name, self.train.description, self.train.counter

        def evaluate(self, candidate: str | None, at: Budget) -> Any:
            for split in ("test", "gate"):
                b.utility(split).evaluate(candidate, at.child(split))
                splits.append(split)
            return self.train.evaluate(candidate, at)

    ended = improve(improver_text("refine"), b.task.seed, Both(), Grant(), b.budget.child("improve"), b.host())
    assert ended.outcome == "ok" and len(splits) >= 4
    prompts = "".join("".join(event.messages) for event in b.of(LmCalled))
    recorded = "".join("".join(event.notes) for event in b.of(Evaluated))
    assert all(number in prompts and number in recorded for number in training)
    assert not any(number in prompts or number in recorded for number in held_out)
