"""What commands keep and show (strop.api.recording)."""

from __future__ import annotations

from strop.api.recording import check_free_folder as check_free_folder
from strop.api.recording import continued as continued
from strop.api.recording import recorded as recorded
