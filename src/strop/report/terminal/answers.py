"""What the answers of a run's language model hold, in one line: how many hold no program, do not compile, or repeat another."""

from __future__ import annotations

from collections import defaultdict
from typing import TypedDict

from strop.runs.run_data import Answers


class AnswersDocument(TypedDict):
    """How many answers an improver was given, and of these, in no class but one each, those with something to tell."""

    total: int
    no_program: int
    does_not_compile: int
    """Python alone is compiled."""
    edits_do_not_fit: int
    repeated: int
    """Programs that another answer of the same improvement held before."""
    not_examined: int
    """Of an LM call that the end of the run cut off."""
    sentence: str
    """The same in words; empty where there was no answer."""


def answers_document(answers: Answers) -> AnswersDocument:
    """What was counted, each answer in one class."""
    document: AnswersDocument = {
        "total": 0,
        "no_program": 0,
        "does_not_compile": 0,
        "edits_do_not_fit": 0,
        "repeated": 0,
        "not_examined": sum(n for call, n in answers.arrived.items() if call not in answers.extracted),
        "sentence": "",
    }
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for (scope, call), event in answers.extracted.items():
        for index, (content, program) in enumerate(zip(event.contents, event.programs, strict=True)):
            document["total"] += 1
            match content:
                case "no program" if (scope, call, index) in answers.given_up:
                    document["edits_do_not_fit"] += 1
                case "no program":
                    document["no_program"] += 1
                case "does not compile":
                    document["does_not_compile"] += 1
                case _ if program in seen[scope]:
                    document["repeated"] += 1
            seen[scope].add(program)
    document["total"] += document["not_examined"]
    document["sentence"] = _sentence(document)
    return document


def _sentence(found: AnswersDocument) -> str:
    """`Answers: 24, of which 3 hold no program, 2 do not compile.`"""
    parts = (
        (found["no_program"], "holds no program", "hold no program"),
        (found["does_not_compile"], "does not compile", "do not compile"),
        (found["edits_do_not_fit"], "holds edits that do not fit", "hold edits that do not fit"),
        (found["repeated"], "repeats another", "repeat another"),
        (found["not_examined"], "was not examined", "were not examined"),
    )
    said = ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in parts if n)
    if not found["total"]:
        return ""
    if found["not_examined"] == found["total"]:
        return f"Answers: {found['total']:,}; what they hold was not examined."
    return f"Answers: {found['total']:,}, of which {said}." if said else f"Answers: {found['total']:,}."
