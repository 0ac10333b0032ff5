"""Names that options choose among."""

from __future__ import annotations

from typing import Literal, TypeAlias

DisplayName: TypeAlias = Literal["auto", "rich", "plain", "none"]
"""How progress is shown: `auto` is `rich` on a terminal, else `plain`."""
Edits: TypeAlias = Literal["auto", "rewrite", "blocks"]
"""`rewrite`: `utility.str` does not mention edits, and none are resolved. In other modes it explains them (in `auto` only if the
program is long or has several files), and edits are resolved."""
SelectionName: TypeAlias = Literal["paper", "gated", "archive"]
"""The rule by which an improver replaces another."""
Split: TypeAlias = Literal["train", "test", "gate"]
"""`train` is what an improver's utility sees; `test` is held-out: scored outside every budget, never shown. `gate` is drawn as
`train` is, afresh for every comparison of two improvers."""
