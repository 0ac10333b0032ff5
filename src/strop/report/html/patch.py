"""What an improvement changes in the user's files, as the page shows it: the same change as solution.diff and strop apply."""

from __future__ import annotations

from strop.base.errors import Malformed
from strop.report.html.highlight import diff_html
from strop.report.html.schema import PatchFacts
from strop.runs.improve import DIFF, Single
from strop.runs.patching.source_files import Original

ROOM = 300_000
"""Characters of HTML that the changed files may take together."""


def patch_of(found: Single | None, original: Original) -> tuple[PatchFacts | None, list[str]]:
    """The changed files side by side, and what is left out, in words. None where nothing changes."""
    if found is None or found.improved is None:
        return None, []
    try:
        after = original.written(found.improved.text)
    except Malformed:
        return None, []
    names = [path for path, text in after.items() if original.files.get(path) != text]
    files: list[str] = []
    room = ROOM
    for name in names:
        heads = (
            (f"{name}, original", f"{name}, changed") if name in original.files else ("no such file", f"{name}, new")
        )
        html = diff_html(original.files.get(name, ""), after[name], heads)
        if len(html) > room:
            break
        files.append(html)
        room -= len(html)
    rest = len(names) - len(files)
    cuts = [f"{rest:,} of {len(names):,} changed files are not shown as a difference; {DIFF} has them"] if rest else []
    return ({"title": _title(found, original), "files": files} if files else None), cuts


def _title(found: Single, original: Original) -> str:
    if not original.root:
        return f"The program before and after ({DIFF})"
    if found.finding == "better":
        return f"What strop apply changes in your files ({DIFF})"
    return f"What this program would change in your files ({DIFF}); strop apply refuses it, as it is not shown to be better"
