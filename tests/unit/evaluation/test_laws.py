"""Laws of the verdict that look at texts."""

from __future__ import annotations

import pytest

from strop.base.errors import Malformed
from strop.evaluation.laws import check_names
from support.rows import table

NAMES = {
    "imports it": "import strop_behaviour\n",
    "imports a part of it": "from strop_behaviour import shared\n",
    "names it as an attribute": "def f(m):\n    return m.strop_calling\n",
    "names it in a text": "import sys\nX = sys.modules['strop_innermost']\n",
    "names it by an escape": "import sys\nX = sys.modules['\\x73trop_innermost']\n",
    "names it in two texts": "import sys\nX = sys.modules['strop_' 'innermost']\n",
    "names it as bytes": "X = b'strop_behaviour'\n",
    "names it beside what is no Python": "def f(: strop_behaviour\n",
}


@table("text", NAMES.values(), NAMES)
def test_program_that_names_a_module_of_its_guest_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Malformed, match=r"^the program names [^\n]*strop_[^\n]*$"):
        check_names([text], ["def f():\n    pass\n"])


def test_program_may_use_the_names_that_the_original_has() -> None:
    original = "import strop_tools\n\n\ndef f():\n    return strop_tools.f()\n"
    check_names([original.replace("f()", "f(1)")], [original])
    check_names(["# strop_behaviour\ndef frames():\n    return 'frames'\n"], [""])
