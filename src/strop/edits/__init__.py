"""Edits of programs, as language models write them: read, applied exactly or nearly, and kept inside what may change.

Pure functions of texts, without I/O. Not here: who asks for edits, and what becomes of one that does not fit (strop.editing).
"""

from strop.edits.applying import Applied, apply, edits_of, form_of
from strop.edits.edit import EditFailed, Form
from strop.edits.regions import check_only, regions_of

__all__ = ["Applied", "EditFailed", "Form", "apply", "check_only", "edits_of", "form_of", "regions_of"]
