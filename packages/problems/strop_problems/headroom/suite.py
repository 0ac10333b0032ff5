"""Tasks on which today's models have much to gain (packages/problems/HEADROOM.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strop.tasks.base import Task
from strop_problems.headroom.bin_packing import bin_packing
from strop_problems.headroom.cap_set import cap_set
from strop_problems.headroom.circle_packing import circle_packing, circle_packing_large
from strop_problems.headroom.golomb import golomb
from strop_problems.headroom.job_shop import job_shop
from strop_problems.headroom.multiplier_block import multiplier_block
from strop_problems.headroom.noisy_parity import noisy_parity
from strop_problems.headroom.quadratic_assignment import quadratic_assignment, quadratic_assignment_large

HEADROOM: Mapping[str, Callable[[], Task]] = {
    "noisy-parity": noisy_parity,
    "golomb": golomb,
    "cap-set": cap_set,
    "quadratic-assignment": quadratic_assignment,
    "bin-packing": bin_packing,
    "job-shop": job_shop,
    "circle-packing": circle_packing,
    "multiplier-block": multiplier_block,
}
"""The tasks by name."""
LARGE: Mapping[str, Callable[[], Task]] = {
    "quadratic-assignment-large": quadratic_assignment_large,
    "circle-packing-large": circle_packing_large,
}
"""Harder sizes of two of them: strong models leave room here after their first answer."""
