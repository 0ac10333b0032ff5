"""Numbers with their uncertainty: pure functions of numbers, for every claim about a run.

One idea a file. docs/explanation/statistics.md says which is used where and why. These functions do not know
what the numbers mean.
"""

from strop.analysis.stats.bounded import score_estimate, utility_interval
from strop.analysis.stats.exchangeable import (
    CONFIDENCE,
    between_subsets,
    confidence_of,
    decided,
    group_difference,
    has_ratio,
    least_copies,
    least_pairs,
    log_ratio_of_totals,
    pairs_needed,
    score_difference,
    sign_test,
    totals_by_input,
)
from strop.analysis.stats.looks import NARROW, comparisons_decided_by, is_enough, levels
from strop.analysis.stats.means import Estimate, differences, estimate, mean, stderr, stratified
from strop.analysis.stats.proportions import TwoProportions, two_proportion_z_test, wilson_interval
from strop.analysis.stats.targeted import TargetedEvidence, targeted_interval

__all__ = [
    "CONFIDENCE",
    "NARROW",
    "Estimate",
    "TargetedEvidence",
    "TwoProportions",
    "between_subsets",
    "comparisons_decided_by",
    "confidence_of",
    "decided",
    "differences",
    "estimate",
    "group_difference",
    "has_ratio",
    "is_enough",
    "least_copies",
    "least_pairs",
    "levels",
    "log_ratio_of_totals",
    "mean",
    "pairs_needed",
    "score_difference",
    "score_estimate",
    "sign_test",
    "stderr",
    "stratified",
    "targeted_interval",
    "totals_by_input",
    "two_proportion_z_test",
    "utility_interval",
    "wilson_interval",
]
