"""The audit of a run, from a real record."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from strop.analysis.audit import STATIC_RULES
from strop.base.as_document import as_document
from strop.base.events import AuditNoted, Evaluated, ImproveStarted
from strop.base.solution import digest_of
from strop.report.terminal.audit import print_program, print_run_audit
from strop.runs.results.audited import AuditedRun, audited, audited_run
from strop.store import Store
from support import records

DOCS = Path(__file__).parents[4] / "docs"
AUDIT_MANUAL = (DOCS / "check.md").read_text(encoding="utf-8")
HONEST = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
FLAGGED = HONEST.replace("return initial_solution", "return max([initial_solution], key=lambda s: utility(s, False))")
LOUD = "x = '\x1b[31m[bold]exec('\nimport os; os.fork()\n"


def evaluated(scope: str, utility: str, solution: str | None) -> Evaluated:
    return records.evaluated(solution, 0.5, scope, utility=utility)


@pytest.fixture
def audit(tmp_path: Path) -> AuditedRun:
    """Two iterations: an honest improver, a candidate with the flag off, a solution that forks; each seen twice."""
    with Store.create(tmp_path / "run", {"task": "lpn"}) as store:
        for scope in ("t1/improve", "t2/improve"):
            store.append(
                ImproveStarted(scope=scope, improver=HONEST, initial_solution=HONEST, utility="self-improvement")
            )
            store.append(evaluated(f"{scope}/u-1#0", "self-improvement", FLAGGED))
            store.append(evaluated(f"{scope}/u-1#0/copy0", "lpn", LOUD))
            store.append(evaluated(f"{scope}/u-2#0", "lpn", None))
            store.append(AuditNoted(scope=scope, rule="R002", detail="lm_calls", times=3))
            store.append(
                AuditNoted(scope=scope, rule="S001", detail="the same as above, noted when it ran", program=FLAGGED)
            )
            store.append(AuditNoted(scope=scope, rule="looking", detail="a word of an earlier version"))
        return audited_run(store.events(), Path("runs/x"))


def printed(audit: AuditedRun) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_run_audit(audit, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_run_is_audited_text_by_text_with_kind_and_iteration(audit: AuditedRun) -> None:
    programs = [(p.kind, p.first_seen, [finding.rule for finding in p.findings]) for p in audit.every]
    assert programs == [("improver", "t1", []), ("improver", "t1", ["S001"]), ("solution", "t1", ["S003"])]


def test_notes_of_run_time_are_counted_by_iteration_and_static_ones_left_out(audit: AuditedRun) -> None:
    assert {(note.iteration, note.rule): note.times for note in audit.noted} == {
        ("t1", "R002"): 3,
        ("t2", "R002"): 3,
        ("t1", "looking"): 1,
        ("t2", "looking"): 1,
    }


def test_document_of_a_run_lists_what_there_is_to_tell(audit: AuditedRun) -> None:
    document = as_document(audit)
    assert (document["improvers"], document["solutions"], document["unsandboxing"], document["literal"]) == (2, 1, 1, 1)
    assert [(row["digest"], row["unsandboxing"]) for row in document["programs"]] == [
        (digest_of(FLAGGED), True),
        (digest_of(LOUD), False),
    ]
    assert [(row["rule"], row["iteration"], row["times"]) for row in document["noted"]][:2] == [
        ("R002", "t1", 3),
        ("looking", "t1", 1),
    ]


def test_table_of_a_run_names_rules_programs_and_iterations(audit: AuditedRun) -> None:
    shown = printed(audit)
    assert "2 improvers, 1 solution," in shown and "1 by the syntax rules, 1 by the paper's literal rule" in shown
    assert digest_of(FLAGGED)[:12] in shown and "t1 3, t2 3" in shown and "looking" in shown


def test_run_in_which_nothing_was_found_says_so() -> None:
    shown = printed(AuditedRun(Path("runs/x"), (), ()))
    assert "0 improvers, 0 solutions" in shown and "unsandboxing: 0 by the syntax rules" in shown


def test_text_of_a_program_is_shown_harmless_and_with_its_findings_marked() -> None:
    console = Console(file=io.StringIO(), width=40)
    for numbered in (False, True):
        print_program(audited(LOUD), console, numbered=numbered)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "\x1b" not in shown and "[bold]exec(" in shown and "\n    2 S003" in shown


def test_manual_of_the_audit_has_every_static_rule_with_its_title() -> None:
    for rule in STATIC_RULES.values():
        star = r" \*" if rule.unsandboxing else ""
        assert re.search(rf"^\| `{rule.id}`{star} \| {re.escape(rule.title)} \|", AUDIT_MANUAL, re.M), rule.id
