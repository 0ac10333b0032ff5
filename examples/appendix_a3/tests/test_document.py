"""The README of Appendix A.3 is true: its example prints what stands below it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]
DOCUMENT = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_example_of_the_document_prints_what_it_says(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)\n```\n", DOCUMENT, re.S)
    (printed,) = re.findall(r"```text\n(.*?)```", DOCUMENT, re.S)
    (tmp_path / "example.py").write_text(program, encoding="utf-8")
    (tmp_path / "appendix_a3").symlink_to(FOLDER / "appendix_a3")
    ended = subprocess.run(
        [sys.executable, "-X", "utf8", "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout == printed, ended.stderr
