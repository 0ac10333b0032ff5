"""docs/how-to/compare.md as a reader would walk it: the program of docs/tutorial.md, the patches the commands as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from support.repositories import git

DOCS = Path(__file__).parents[2] / "docs"
PAGE, TUTORIAL = ((DOCS / name).read_text("utf-8") for name in ("how-to/compare.md", "tutorial.md"))


@pytest.mark.slow
def test_changes_of_the_page_get_their_verdicts(strop: Any, tmp_path: Path) -> None:
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", TUTORIAL, re.DOTALL):
        # Fewer calls than the page has are enough for its verdicts, and half of the work.
        (tmp_path / name).write_text(text.replace("for word in words[:100]:", "for word in words[:24]:"))
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", "app.py", "test_app.py")
    git(tmp_path, "commit", "--quiet", "--message", "the program")
    for name, text in zip(("rows", "equal"), re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL), strict=True):
        (tmp_path / f"{name}.patch").write_text(text)
    with_rows, with_equal, beside_main, suite = map(shlex.split, re.findall(r"^\$ strop (.*)$", PAGE, re.MULTILINE))
    assert "--suite" in suite  # test_suites.py types such commands
    better = (
        r"^Better: `python app.py` takes .* less CPU time .*\n"
        r"  function +nearest .* faster .* of CPU time, on \d+ calls of `python app.py` in \d+ batches"
    )
    assert re.search(better, said(strop(*with_rows)), re.MULTILINE)
    nothing = (
        r"^(No difference (shown|larger than)|(Better|Worse): (`python app.py` )?(takes )?[\d.]{1,3}% (fast|less|long))"
    )
    assert re.search(nothing, said(strop(*with_equal)), re.MULTILINE), "one comparison in 20 may say more"
    git(tmp_path, "apply", "rows.patch")
    assert re.search(better, said(strop(*beside_main)), re.MULTILINE)


def said(ended: Any) -> str:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return str(ended.stdout)
