"""Registers how each kind of result is printed, with `strop.base.shown.print_result`, once this is imported."""

from strop.report.terminal import check as check
from strop.report.terminal import difference as difference
from strop.report.terminal import doctor as doctor
from strop.report.terminal import evaluation as evaluation
from strop.report.terminal import improvement as improvement
from strop.report.terminal import listings as listings
from strop.report.terminal import plan as plan
from strop.report.terminal import run as run
from strop.report.terminal import tasks as tasks
