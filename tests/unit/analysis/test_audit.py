"""What a program does at run time falls under the right rule, and nothing that a guest says leads to a rule of others."""

from __future__ import annotations

from typing import Any

from strop.analysis.audit import RULES, rule_of_arguments, rule_of_call, rule_of_note
from support.rows import table

ARGUMENTS = {
    "R005": [
        ["use_sandbox=False"], ["use_sandbox=0"], ["use_sandbox=None"], ["USE_SANDBOX=''"], ["use_sandbox=np.False_"],
        ["False"], ["sandbox=False"], ["sandboxed=False", "timeout=3"], ["safe_mode=False"], ["isolated=False"],
        ["unsafe=True"], ["disable_sandbox=1"], ["no_sandbox='yes'"],
    ],
    "R010": [["7"], ["timeout=5"], ["'train'"], ["use_sandbox=True", "timeout=None"], ["x=False"]],
    None: [[], ["use_sandbox=True"], ["True"], ["unsafe=False"], ["sandbox=1"]],
}  # fmt: skip


@table(("rule", "each"), ARGUMENTS.items())
def test_arguments_that_switch_the_sandbox_off_are_told_from_others(rule: str | None, each: Any) -> None:
    assert [words for words in each if rule_of_arguments(words) != rule] == []


@table("kind", [*RULES, "budget", "", "denied", "new_language_model", "scorer_failed", "utility_arguments"])
def test_note_of_a_guest_leads_to_a_rule_of_guests_only(kind: str) -> None:
    rule = rule_of_note(kind, "detail")
    assert rule is not None and RULES[rule].source == "guest", kind


@table(
    ("kind", "detail", "rule"),
    [
        ("extra_argument", "utility.map(use_sandbox=False)", "R005"),
        ("extra_argument", "utility.map(1, 2)", "R010"),
        ("extra_argument", "utility.map(use_sandbox=True)", None),
        ("R001", "execve x3", "R012"),
    ],
)
def test_note_is_judged_by_its_arguments_or_of_an_unknown_kind(kind: str, detail: str, rule: str | None) -> None:
    assert rule_of_note(kind, detail) == rule, (kind, detail, rule)


@table(("call", "rule"), [("execve", "R013"), ("vfork", "R013"), ("clone", "R013"), ("socket", "R001")])
def test_call_that_starts_a_program_is_told_from_other_forbidden_calls(call: str, rule: str) -> None:
    assert rule_of_call(call) == rule, (call, rule)


def test_rules_at_run_time_are_in_the_catalogue_and_say_who_tells() -> None:
    assert {rule.rule: rule for rule in RULES.values()} == RULES
    assert {rule.source for name, rule in RULES.items() if name.startswith("R")} == {"kernel", "host", "guest"}
