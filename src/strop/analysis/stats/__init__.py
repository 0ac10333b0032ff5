"""Numbers with their uncertainty: pure functions of numbers, for every claim about a run.

One idea a file. docs/statistics.md says which is used where and why. These functions do not know what the numbers mean.
"""

from strop.analysis.stats.bounded import (
    decided,
    hopeless,
    least_shown,
    least_to_show,
    score_difference,
    score_estimate,
    too_few,
    utility_interval,
)
from strop.analysis.stats.means import (
    Estimate,
    differences,
    estimate,
    mean,
    stderr,
    stratified,
    student_t_quantile,
    t_estimate,
)
from strop.analysis.stats.proportions import TwoProportions, two_proportion_z_test, wilson_interval
from strop.analysis.stats.sequential import EProcess, confidence_sequence
from strop.analysis.stats.targeted import TargetedEvidence, targeted_interval
from strop.analysis.stats.totals import has_ratio, log_ratio_of_totals

__all__ = [
    "EProcess",
    "Estimate",
    "TargetedEvidence",
    "TwoProportions",
    "confidence_sequence",
    "decided",
    "differences",
    "estimate",
    "has_ratio",
    "hopeless",
    "least_shown",
    "least_to_show",
    "log_ratio_of_totals",
    "mean",
    "score_difference",
    "score_estimate",
    "stderr",
    "stratified",
    "student_t_quantile",
    "t_estimate",
    "targeted_interval",
    "too_few",
    "two_proportion_z_test",
    "utility_interval",
    "wilson_interval",
]
