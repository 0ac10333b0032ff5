"""Edits of programs as language models write them: read, located and applied.

Pure functions of texts. `answers` resolves the edits in responses; `tasks.regions` says which parts of a program may change.
"""

from strop.core.edits.apply import Applied, EditFailed, apply_edits, has_edits

__all__ = ["Applied", "EditFailed", "apply_edits", "has_edits"]
