"""Find what people name (strop.api.finding)."""

from __future__ import annotations

from strop.api.finding import any_improver_text as any_improver_text
from strop.api.finding import find_run as find_run
from strop.api.finding import tasks_of as tasks_of
