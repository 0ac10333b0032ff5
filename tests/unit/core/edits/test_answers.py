"""The host's side of edits: what a model is told, and what the improver gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from strop.base.budget import LM_CALLS, RESPONSES, Budget
from strop.base.events import Edited, Event
from strop.base.results import Improvement
from strop.core.edits import LONG, Editing, Editor, ShownProgram, instructions
from strop.core.handles import Grant, Host
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.lm.scripted import Scripted
from strop.tasks.base import Instance, SecretSeeds, Task

SHORT = "def algorithm(n):\n    return 0\n"
BLOCK = "<<<<<<< SEARCH\n    return 0\n=======\n    return 2 * n\n>>>>>>> REPLACE\n"
WRONG = BLOCK.replace("return 0", "return 17")
FENCED = "```python\ndef algorithm(n):\n    return 2 * n\n```\n"
TREE = "=== file: a.py ===\nx = 1\n=== file: b.py ===\ny = 1\n"
ASK = """def improve_algorithm(initial_solution, utility, language_model):
    from helpers import extract_code
    answers = language_model.prompt('e', f'Improve:\\n```python\\n{initial_solution}\\n```', n_responses=2)
    programs = [program for program in extract_code(answers) if program]
    return max(programs, key=utility) if programs else repr(answers)
"""


def long_program(lines: int) -> str:
    return "".join(f"x{number} = {number}\n" for number in range(lines))


def shows(program: str) -> str:
    return f"Improve:\n```python\n{program}\n```\nThank you."


class Desk:
    """An editor, and what it records."""

    def __init__(self, mode: str = "auto", program: str = SHORT, *, tells: bool = True) -> None:
        self.events: list[Event] = []
        self.editor = Editor(Editing(mode, tells), self.events.append, "improve", program)  # type: ignore[arg-type]
        self.program = program

    def shown(self, program: str) -> list[ShownProgram]:
        return self.editor.shown_in(shows(program))

    def resolved(self, answer: str) -> str:
        return self.editor.resolved(0, [shows(self.program)], [answer])[0]

    @property
    def told(self) -> list[str]:
        return [event.outcome for event in self.events if isinstance(event, Edited)]


@pytest.mark.parametrize(
    ("mode", "program", "word"),
    [
        ("auto", SHORT, None),
        ("auto", long_program(LONG), None),
        ("auto", long_program(LONG + 1), "SEARCH"),
        ("auto", TREE, "=== file: PATH ==="),
        ("blocks", SHORT, "SEARCH"),
        ("rewrite", long_program(LONG + 1), None),
    ],
)
def test_utility_says_how_to_answer_with_edits_when_the_mode_asks_for_it(
    mode: str, program: str, word: str | None
) -> None:
    said = instructions(Editing(mode), program)  # type: ignore[arg-type]
    assert (not said) if word is None else (word in said)


def test_prompt_shows_a_program_only_if_the_program_is_known_and_in_a_fence() -> None:
    desk = Desk("blocks")
    for message in ("Say something.", f"Improve {SHORT}", f"```\n{SHORT}", "```python\ndef other(): pass\n```"):
        assert desk.editor.shown_in(message) == []
    assert not instructions(Editing("auto", tells=False), TREE)


@pytest.mark.parametrize("answer", [FENCED, "No idea.", "", "```\r\nx\r\n```", f"```python\n# {BLOCK!r}\n```"])
def test_answer_without_edits_passes_byte_for_byte(answer: str) -> None:
    desk = Desk("blocks")
    assert desk.resolved(answer) == answer and desk.told == []


def test_edits_become_one_fenced_program_that_is_all_of_the_answer() -> None:
    desk = Desk()
    assert desk.resolved(f"Double it.\n```python\n{BLOCK}```\nGood luck.") == FENCED
    assert desk.told == ["applied"]


@pytest.mark.parametrize("tag", ["think", "Thinking", "thought", "REASONING"])
@pytest.mark.parametrize("opened", [True, False])
def test_edits_that_were_only_thought_are_not_applied(tag: str, opened: bool) -> None:
    desk = Desk()
    draft = BLOCK.replace("2 * n", "3 * n")
    thought = f"<{tag}>\n{draft}" if opened else f"Perhaps:\n```\n{draft}```\n"
    assert desk.resolved(f"{thought}</{tag}>\n{BLOCK}") == FENCED and desk.told == ["applied"]


def test_edits_before_a_closing_tag_that_is_out_of_place_are_applied() -> None:
    assert Desk().resolved(f"{BLOCK}</think>\nDone.") == FENCED


def test_edits_that_fit_nearly_are_told_apart() -> None:
    desk = Desk()
    assert desk.resolved(BLOCK.replace("    return", "  return")) == FENCED
    assert desk.told == ["applied fuzzily"]


@pytest.mark.parametrize(
    "answer",
    [
        BLOCK.replace("<" * 7, "<" * 5).replace("=" * 7, "=" * 5).replace(">" * 7, ">" * 5),
        BLOCK.replace("<" * 7, "<" * 9).replace("=" * 7, "=" * 9).replace(">" * 7, ">" * 9),
        BLOCK.replace("<" * 7, "-" * 7).replace(">" * 7, "+" * 7),
        BLOCK.replace("SEARCH", "ORIGINAL").replace("REPLACE", "UPDATED"),
        BLOCK.replace(">" * 7, ">" * 6),
        BLOCK + "Again:\n" + BLOCK,
        f"<|channel|>analysis<|message|>{WRONG}<|end|><|start|>assistant<|channel|>final<|message|>{BLOCK}<|return|>",
        f"[THINK]\n{WRONG}[/THINK]\n{BLOCK}",
    ],
)
def test_edits_are_applied_whatever_their_marks(answer: str) -> None:
    desk = Desk()
    assert desk.resolved(answer) == FENCED and desk.told == ["applied"]


@pytest.mark.parametrize(
    "answer",
    [
        BLOCK.replace("    return 0", "2:     return 0").replace("    return 2", "2:     return 2"),
        BLOCK.replace("    return 0", "2 |     return 0"),
        BLOCK.replace("    return 0", "\u200b    return 0"),
        BLOCK.replace("SEARCH\n", "SEARCH\n```python\n").replace("\n=======\n", "\n```\n=======\n"),
        BLOCK.replace("<", "&lt;").replace(">", "&gt;"),
        "".join(f"> {line}\n" for line in BLOCK.splitlines()),
        f'{{"edits": {json.dumps(BLOCK)}}}',
    ],
)
def test_edits_are_applied_when_they_were_pasted_from_a_page_or_stand_in_something(answer: str) -> None:
    desk = Desk()
    assert desk.resolved(answer) == FENCED and desk.told == ["applied fuzzily"]


def test_edits_of_several_files_become_the_whole_tree() -> None:
    desk = Desk("auto", TREE)
    assert (
        desk.resolved("b.py\n<<<<<<< SEARCH\ny = 1\n=======\ny = 2\n>>>>>>> REPLACE\n")
        == f"```python\n{TREE.replace('y = 1', 'y = 2')}```\n"
    )
    assert desk.told == ["applied"]


def test_program_with_fences_stands_in_a_longer_fence() -> None:
    program = "PROMPT = '''\n```python\n{}\n```\n'''\nn = 1\n"
    desk = Desk("blocks", program)
    answer = desk.resolved("<<<<<<< SEARCH\nn = 1\n=======\nn = 2\n>>>>>>> REPLACE")
    assert answer == f"````python\n{program.replace('n = 1', 'n = 2')}````\n"


def test_edits_go_to_the_program_they_fit_when_a_prompt_shows_several() -> None:
    desk = Desk("blocks", long_program(5))
    desk.editor.know(SHORT)
    both = shows(SHORT) + shows(long_program(5))
    assert desk.editor.resolved(0, [both], [BLOCK]) == [FENCED]


def test_edit_that_does_not_fit_stays_as_it_is_and_the_record_says_why() -> None:
    desk = Desk()
    assert desk.resolved(WRONG) == WRONG and desk.told == ["failed"]
    assert "these lines are not in the program" in str(vars(desk.events[0])["detail"])


def test_whole_program_beside_edits_that_do_not_fit_is_taken() -> None:
    desk = Desk()
    answer = f"{WRONG}\nThe whole program:\n{FENCED}"
    assert desk.resolved(answer) == answer and desk.told == []


def score(instance: Instance, answer: object) -> float:
    return float(answer == 2 * instance["n"])


def run(
    jail: Any, model: Any, budget: Budget, events: list[Event], mode: str = "auto", improver: str = ASK
) -> Improvement:
    task = Task(
        name="doubling", sample=lambda rng: {"n": int(rng.integers(0, 2))}, score=score, seed=SHORT, instances=8
    )
    utility = TaskUtility(task, "train", SecretSeeds(b"s"), jail, events.append, b"s")
    host = Host(jail, model, events.append, b"s", editing=Editing(mode))  # type: ignore[arg-type]
    return improve(improver, task.seed, utility, Grant(lm_calls=1), budget.child("improve"), host)


def test_edits_of_a_candidate_that_the_improver_evaluated_are_resolved_too(jail: Any) -> None:
    improver = ASK.replace(
        "    from helpers",
        "    initial_solution = 'x = 1\\n' + initial_solution\n    utility(initial_solution)\n    from helpers",
    )
    improvement = run(jail, Scripted(lambda request: BLOCK), Budget(), [], improver=improver)
    assert improvement.solution == "x = 1\ndef algorithm(n):\n    return 2 * n"


def test_edits_that_do_not_fit_are_asked_for_no_more_than_other_answers(jail: Any) -> None:
    events: list[Event] = []
    budget = Budget()
    assert run(jail, Scripted(lambda request: WRONG), budget, events).solution == repr([WRONG, WRONG])
    assert (budget.used(LM_CALLS), budget.used(RESPONSES)) == (1, 2)
    assert [event.outcome for event in events if isinstance(event, Edited)] == ["failed", "failed"]


def test_answers_pass_untouched_when_whole_programs_are_asked_for(jail: Any) -> None:
    events: list[Event] = []
    improvement = run(jail, Scripted(lambda request: BLOCK), Budget(), events, "rewrite")
    assert improvement.solution == repr([BLOCK, BLOCK])
    assert not [event for event in events if isinstance(event, Edited)]
