"""The host's side of edits: what a model is told, and what the improver gets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from strop.base.budget import LM_CALLS, RESPONSES, Budget, Grant
from strop.base.events import Edited, Event, Extracted
from strop.base.results import Improvement
from strop.core.edits import LONG, Editing, Editor, instructions
from strop.core.handles import Host
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.lm.base import Completion, CompletionBatch, Immediate, Keep, Request
from strop.lm.scripted import Scripted
from strop.tasks.base import Instance, SecretSeeds, Task
from support.rows import table

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


def resolved(answer: str, mode: str = "auto", program: str = SHORT) -> tuple[str, list[Event]]:
    """What the improver gets of an answer, and what is recorded."""
    events: list[Event] = []
    editor = Editor(Editing(mode), events.append, "improve", program)  # type: ignore[arg-type]
    return editor.resolved(0, [shows(program)], [answer])[0], events


def outcomes(events: list[Event]) -> list[str]:
    return [event.outcome for event in events if isinstance(event, Edited)]


def test_utility_says_how_to_answer_with_edits_when_the_mode_asks_for_it() -> None:
    for mode, program, said in (
        ("auto", SHORT, False),
        ("auto", long_program(LONG), False),
        ("auto", long_program(LONG + 1), True),
        ("auto", TREE, True),
        ("blocks", SHORT, True),
        ("rewrite", long_program(LONG + 1), False),
    ):
        words = instructions(Editing(mode), program)  # type: ignore[arg-type]
        assert ("SEARCH" in words, "=== file: PATH ===" in words) == (said, said and program is TREE), (mode, program)
    assert not instructions(Editing("auto", tells=False), TREE)


def test_prompt_shows_a_program_only_if_the_program_is_known_and_in_a_fence() -> None:
    editor = Editor(Editing("blocks"), lambda event: None, "improve", SHORT)
    for message in ("Say something.", f"Improve {SHORT}", f"```\n{SHORT}", "```python\ndef other(): pass\n```"):
        assert editor.shown_in(message) == []
    assert len(editor.shown_in(shows(SHORT))) == 1


SPECIAL = f"<|channel|>analysis<|message|>{WRONG}<|end|><|start|>assistant<|channel|>final<|message|>{BLOCK}<|return|>"
DRAFT = BLOCK.replace("2 * n", "3 * n")
DIFF = "```diff\n--- a/p.py\n+++ b/p.py\n@@ -1,2 +1,2 @@\n def algorithm(n):\n-    return 0\n+    return 2 * n\n```\n"
PATCH = "*** Begin Patch\n*** Update File: p.py\n@@\n-    return 0\n+    return 2 * n\n*** End Patch"
FITTING = (
    f"Double it.\n```python\n{BLOCK}```\nGood luck.",
    BLOCK.replace("<" * 7, "<" * 5).replace("=" * 7, "=" * 5).replace(">" * 7, ">" * 5),
    BLOCK.replace("<" * 7, "<" * 9).replace("=" * 7, "=" * 9).replace(">" * 7, ">" * 9),
    BLOCK.replace("<" * 7, "-" * 7).replace(">" * 7, "+" * 7),
    BLOCK.replace("SEARCH", "ORIGINAL").replace("REPLACE", "UPDATED"),
    BLOCK.replace(">" * 7, ">" * 6),
    BLOCK + "Again:\n" + BLOCK,
    SPECIAL,
    f"[THINK]\n{WRONG}[/THINK]\n{BLOCK}",
    # What was only thought is not applied; a closing tag may be out of place.
    *(f"<{tag}>\n{DRAFT}</{tag}>\n{BLOCK}" for tag in ("think", "Thinking", "thought", "REASONING")),
    *(f"Perhaps:\n```\n{DRAFT}```\n</{tag}>\n{BLOCK}" for tag in ("think", "REASONING")),
    f"{BLOCK}</think>\nDone.",
    DIFF,
    f"I double it.\n{PATCH}\n",
)
NEARLY = (
    BLOCK.replace("    return", "  return"),
    BLOCK.replace("    return 0", "2:     return 0").replace("    return 2", "2:     return 2"),
    BLOCK.replace("    return 0", "2 |     return 0"),
    BLOCK.replace("    return 0", "\u200b    return 0"),
    BLOCK.replace("SEARCH\n", "SEARCH\n```python\n").replace("\n=======\n", "\n```\n=======\n"),
    BLOCK.replace("<", "&lt;").replace(">", "&gt;"),
    "".join(f"> {line}\n" for line in BLOCK.splitlines()),
    f'{{"edits": {json.dumps(BLOCK)}}}',
)
"""Edits as they were pasted from a page, or stand in something."""


@table(("answers", "outcome"), ((FITTING, "applied"), (NEARLY, "applied fuzzily")))
def test_edits_become_one_fenced_program_whatever_their_marks_and_where_they_stand(answers: Any, outcome: str) -> None:
    for answer in answers:
        found, events = resolved(answer)
        assert (found, outcomes(events)) == (FENCED, [outcome]), answer


UNTOUCHED = (
    *(f"For reading:\n{edits}\nThe whole program:\n{FENCED}" for edits in (DIFF, BLOCK)),
    *(FENCED, "No idea.", "", "```\r\nx\r\n```", f"```python\n# {BLOCK!r}\n```"),
    f"{WRONG}\nThe whole program:\n{FENCED}",
)


def test_answer_without_edits_or_with_a_whole_program_beside_them_passes_byte_for_byte() -> None:
    for answer in UNTOUCHED:
        assert resolved(answer, "blocks") == (answer, []), answer
    found, events = resolved(WRONG)
    assert (found, outcomes(events)) == (WRONG, ["failed"])
    assert "these lines are not in the program" in str(vars(events[0])["detail"])


def test_edits_are_applied_to_the_program_that_they_fit_in_a_fence_that_none_of_it_closes() -> None:
    fences = "PROMPT = '''\n```python\n{}\n```\n'''\nn = 1\n"
    editor = Editor(Editing("blocks"), lambda event: None, "improve", fences)
    for program in (SHORT, TREE):
        editor.know(program)
    shown = shows(fences) + shows(SHORT) + shows(TREE)
    in_b = "b.py\n<<<<<<< SEARCH\ny = 1\n=======\ny = 2\n>>>>>>> REPLACE\n"
    in_fences = "<<<<<<< SEARCH\nn = 1\n=======\nn = 2\n>>>>>>> REPLACE"
    assert editor.resolved(0, [shown] * 3, [BLOCK, in_b, in_fences]) == [
        FENCED,
        f"```python\n{TREE.replace('y = 1', 'y = 2')}```\n",
        f"````python\n{fences.replace('n = 1', 'n = 2')}````\n",
    ]


@table(
    ("answer", "form"),
    # (answer, what its form is called).
    (
        ('{"edits": [{"path": "p.py", "old_string": "return 0", "new_string": "return 2 * n"}]}', "a JSON edit"),
        ('```json\n{"search": "return 0", "replace": "return 2 * n"}\n```', "a JSON edit"),
        ("<edit><search>\nreturn 0\n</search>\n<replace>\nreturn 2 * n\n</replace></edit>", "an XML edit"),
        ("<old_str>return 0</old_str><new_str>return 2 * n</new_str>", "an XML edit"),
        (
            "```bash\ncat > p.py << 'EOF'\ndef algorithm(n):\n    return 2 * n\nEOF\n```",
            "a shell command that writes a file",
        ),
        ("```sh\ntee p.py <<EOF\nx = 1\nEOF\n```", "a shell command that writes a file"),
        ("```python\n 1  def algorithm(n):\n 2      x = 2\n 3      return x * n\n```", "a program with line numbers"),
        ("```\n10 def algorithm(n):\n11\n12     return 2 * n\n```", "a program with line numbers"),
        ("Here:\n```python\ndef algorithm(n):\n    return 2 * n\n", "a fence that is not closed"),
        (f"{FENCED}~~~\nAnd", "a fence that is not closed"),
        ("No idea.", ""),
        ('```python\ndef algorithm(n:\n    return {"old": "a", "new": "b"}\n```', ""),
    ),
)
def test_edits_in_another_form_are_named_in_the_record_and_to_the_improver_and_not_applied(
    jail: Any, answer: str, form: str
) -> None:
    events: list[Event] = []
    improver = "def improve_algorithm(initial_solution, utility, language_model):\n    message = "
    improver += repr(shows(SHORT)) + "\n    (answer,) = language_model.prompt('e', message)\n"
    improver += "    return repr((answer, language_model.edit_error(answer)))\n"
    found = run(jail, Scripted(lambda request, answer=answer: answer), Budget(), events, improver=improver)
    said = form and f"{form}; strop asks for SEARCH/REPLACE blocks, or the whole program"
    assert found.solution == repr((answer, said))
    assert [(each.outcome, each.detail) for each in events if isinstance(each, Edited)] == (
        [("not applied", form)] if form else []
    )


class Cut(Immediate):
    """A model whose server cuts each answer at its token limit."""

    name, is_language_model = "cut", False

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        batch = CompletionBatch(requests, keep)
        for position in range(len(requests)):
            batch.add(position, Completion(self.answer, self.name, finish_reason="length"))
        return batch.completions()


@table("answer", (BLOCK, FENCED, "def algorithm(n):\n    return 2 * n", DIFF))
def test_edits_and_programs_that_the_server_cut_are_none(jail: Any, answer: str) -> None:
    improver = ASK.replace("repr(answers)", "language_model.edit_error(answers[0])")
    events: list[Event] = []
    found = run(jail, Cut(answer), Budget(), events, improver=improver)
    assert (found.solution, outcomes(events)) == ("the server cut it at its token limit", []), answer
    assert [each.contents for each in events if isinstance(each, Extracted)] == [("no program", "no program")]


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


@table(("mode", "answer", "outcome"), (("auto", WRONG, ["failed", "failed"]), ("rewrite", BLOCK, [])))
def test_edits_that_do_not_fit_are_asked_for_no_more_and_those_of_whole_programs_pass_untouched(
    jail: Any, mode: str, answer: str, outcome: list[str]
) -> None:
    events: list[Event] = []
    budget = Budget()
    found = run(jail, Scripted(lambda request, answer=answer: answer), budget, events, mode)
    assert (found.solution, outcomes(events)) == (repr([answer, answer]), outcome)
    assert (budget.used(LM_CALLS), budget.used(RESPONSES)) == (1, 2)
