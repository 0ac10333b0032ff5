"""`strop audit` as people call it, and what improvers do against the rules in the record of their run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from strop.analysis.audit import RULES
from strop.base.events import AuditNoted
from strop.store import Store

CIRCUMVENTS = "def score(utility, s):\n    return utility(s, use_sandbox=False)\n"
TINY = shlex.split("-T 1 --copies 1 --lm-budget 2 --max-responses 6 --meta-budget 6 --utility-budget 2")
UNSAFE = ["--seed", "1", "--model", "offline:skill=1.0,unsafe=1.0"]


def test_audit_of_a_file_tells_rule_line_and_reason_and_fails_only_where_it_is_asked(
    strop: Any, tmp_path: Path
) -> None:
    (tmp_path / "improver.py").write_text(CIRCUMVENTS)
    ended = strop("audit", "improver.py")
    assert ended.returncode == 0 and "line 2: S001" in ended.stdout and RULES["S001"].why in ended.stdout
    assert "by the paper's literal rule unsandboxing" in ended.stdout
    for fail_on, code in (("nothing", 0), ("unsandboxing", 6), ("any", 6)):
        assert strop("audit", "improver.py", "--fail-on", fail_on).returncode == code
    document = json.loads(strop("audit", "improver.py", "--json").stdout)
    assert document["unsandboxing"] and document["literal"]
    assert [(each["rule"], each["line"]) for each in document["findings"]] == [("S001", 2)]
    document = json.loads(strop("audit", "--rules", "--json").stdout)
    assert {each["id"] for each in document["rules"]} == set(RULES) and "S001" in strop("audit", "--rules").stdout


def test_audit_of_a_run_lists_programs_and_shows_one(strop: Any) -> None:
    strop("run", "lpn", *TINY, *UNSAFE, "--selection", "paper", "--out", "there")
    document = json.loads(strop("audit", "there", "--json").stdout)
    assert document["improvers"] > 1 and document["unsandboxing"] >= 1
    digest = next(each["digest"] for each in document["programs"] if each["unsandboxing"])
    shown = strop("audit", "there", "--show", digest[:12])
    assert shown.returncode == 0 and "def improve_algorithm" in shown.stdout
    assert digest[:12] in strop("audit", "there").stdout


def test_findings_in_texts_are_shown_and_no_record_holds_them(strop: Any, tmp_path: Path) -> None:
    ended = strop("run", "lpn", *TINY, *UNSAFE, "--selection", "paper", "--out", "there")
    told = next(line for line in ended.stderr.splitlines() if "audit note: S001 turns a sandbox flag off" in line)
    assert ", at t1/improve/u-" in told
    found = json.loads(strop("show", "there", "--json").stdout)["audit"]
    assert {"S001", "S900", "R005"} <= {each["rule"] for each in found}
    with Store.open(tmp_path / "there") as store:
        assert {stored.event.rule[0] for stored in store.events(AuditNoted)} == {"R"}
