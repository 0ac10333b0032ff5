"""axe-core finds nothing, in light and in dark. It is not part of this repository: it comes by `npm pack axe-core`, and the
variable STROP_AXE names its axe.min.js."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from browser.conftest import Open

OPEN_ALL = "for (const part of document.querySelectorAll('details')) part.open = true;"
EXAMINE = """
const done = arguments[0];
const where = (node) => `${node.html.slice(0, 160)} ${node.failureSummary}`;
axe.run(document, {resultTypes: ["violations"]}).then((found) => done(found.violations.map((each) =>
  [each.id, each.help, ...each.nodes.slice(0, 3).map(where)].join(" | "))));
"""


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violation(opened: Open, page: str, dark: bool) -> None:
    named = os.environ.get("STROP_AXE", "")
    if not Path(named).is_file():
        pytest.skip("STROP_AXE names no axe.min.js of axe-core")
    browser = opened(page, dark=dark)
    browser.execute_script(OPEN_ALL)
    browser.execute_script(Path(named).read_text(encoding="utf-8"))
    assert browser.execute_async_script(EXAMINE) == []
