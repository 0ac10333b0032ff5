"""What commands measure in a record that can be gone on with (strop.api.measuring)."""

from __future__ import annotations

from strop.api.measuring import Record as Record
from strop.api.measuring import measure_missing as measure_missing
from strop.api.measuring import measuring as measuring
