"""Edits of programs, as language models write them: read, and applied exactly or nearly.

Pure functions of texts, without I/O. `answers` decides what becomes of an edit that does not fit; base.regions says which
parts of a program may change.
"""

from strop.core.edits.apply import Applied, apply, edits_of, form_of
from strop.core.edits.edit import EditFailed, Form

__all__ = ["Applied", "EditFailed", "Form", "apply", "edits_of", "form_of"]
