"""What programs do that they were told not to: static rules on their text, rules at run time, one catalogue.

Pure functions of texts. Circumvention is counted, not punished: what keeps a guest in is the jail, and what keeps a score
honest is that the host computes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from strop.analysis.audit.rules import LITERAL, RULES_VERSION, STATIC_RULES, UNREADABLE, Finding, Rule
from strop.analysis.audit.runtime import RUNTIME_RULES
from strop.analysis.audit.static import audit_program, literal, unsandboxed

RULES: Mapping[str, Rule] = {**STATIC_RULES, **RUNTIME_RULES}
"""Every rule by id: S000 ... static, R001 ... at run time."""

__all__ = [
    "LITERAL",
    "RULES",
    "RULES_VERSION",
    "STATIC_RULES",
    "UNREADABLE",
    "Finding",
    "Rule",
    "audit_program",
    "literal",
    "unsandboxed",
]
