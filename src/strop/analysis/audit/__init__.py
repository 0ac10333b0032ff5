"""Forbidden behaviour of programs: static rules on their text, rules at run time, one catalogue.

Pure functions of texts. Circumvention is counted, not punished: the jail keeps guests in, and the host computes the scores.
"""

from __future__ import annotations

from strop.analysis.audit.rules import LITERAL, RULES, RULES_VERSION, STATIC_RULES, UNREADABLE, AuditFinding, Rule
from strop.analysis.audit.static import audit_program, literal, unsandboxed

__all__ = [
    "LITERAL",
    "RULES",
    "RULES_VERSION",
    "STATIC_RULES",
    "UNREADABLE",
    "AuditFinding",
    "Rule",
    "audit_program",
    "literal",
    "unsandboxed",
]
