"""Edits of programs, as language models write them: read, applied exactly or nearly, and kept inside what may change.

Pure functions of texts, without I/O. `answers` decides what becomes of an edit that does not fit.
"""

from strop.base.regions import check_only, regions_of
from strop.core.edits.apply import Applied, apply, edits_of, form_of
from strop.core.edits.edit import EditFailed, Form

__all__ = ["Applied", "EditFailed", "Form", "apply", "check_only", "edits_of", "form_of", "regions_of"]
