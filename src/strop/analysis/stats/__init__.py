"""Numbers with their uncertainty: pure functions of numbers, for every claim about a run.

One idea a file. docs/statistics.md says which is used where and why. These functions do not know what the numbers mean.
"""

from strop.analysis.stats.bounds import Simulated, finite_class, lemma_1, lemma_1_tasks, observation_1, within_of_best
from strop.analysis.stats.crossed import (
    CrossedDifference,
    crossed_t_difference,
    pigeonhole_interval,
    stratified_t_difference,
)
from strop.analysis.stats.intervals import bca_interval, bootstrap_interval
from strop.analysis.stats.means import Estimate, estimate, mean, stderr, stratified
from strop.analysis.stats.multiplicity import benjamini_hochberg, holm
from strop.analysis.stats.paired import differences, paired_difference, sign_flip_test
from strop.analysis.stats.proportions import TwoProportions, two_proportion_z_test, wilson_interval
from strop.analysis.stats.sequential import EProcess, confidence_sequence
from strop.analysis.stats.student import student_t_cdf, student_t_quantile, t_estimate, t_test
from strop.analysis.stats.totals import has_ratio, log_ratio_of_totals
from strop.analysis.stats.unpaired import unpaired_difference, welch_test

__all__ = [
    "CrossedDifference",
    "EProcess",
    "Estimate",
    "Simulated",
    "TwoProportions",
    "bca_interval",
    "benjamini_hochberg",
    "bootstrap_interval",
    "confidence_sequence",
    "crossed_t_difference",
    "differences",
    "estimate",
    "finite_class",
    "has_ratio",
    "holm",
    "lemma_1",
    "lemma_1_tasks",
    "log_ratio_of_totals",
    "mean",
    "observation_1",
    "paired_difference",
    "pigeonhole_interval",
    "sign_flip_test",
    "stderr",
    "stratified",
    "stratified_t_difference",
    "student_t_cdf",
    "student_t_quantile",
    "t_estimate",
    "t_test",
    "two_proportion_z_test",
    "unpaired_difference",
    "welch_test",
    "wilson_interval",
    "within_of_best",
]
