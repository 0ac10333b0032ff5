"""Edits of programs as language models write them: read, located and applied.

Pure functions of texts. `answers` resolves the edits in responses; `base.regions` says which parts of a program may change.
"""

from strop.core.edits.apply import Applied, apply_edits, edits_of, form_of
from strop.core.edits.edit import EditFailed, Form

__all__ = ["Applied", "EditFailed", "Form", "apply_edits", "edits_of", "form_of"]
