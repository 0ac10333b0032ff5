"""What improvers import in a jail, loaded as a guest loads it: its modules import what lies beside them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import strop.sandbox

GUEST = Path(strop.sandbox.__file__).parent / "guest"


def helpers() -> dict[str, Any]:
    """The names of helpers.py, which know no program to improve yet."""
    if str(GUEST) not in sys.path:
        sys.path.append(str(GUEST))
    return runpy.run_path(str(GUEST / "helpers.py"))


extract_code = helpers()["extract_code"]
