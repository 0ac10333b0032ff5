"""Several scores: the one that decides, constraints, and those that are only shown."""

from support.small_targets.forms import SEVERAL, two_scores

TARGETS = [
    two_scores("weight", "acc: 0.90", "acc: 0.95", "refused", "acc:max:3", excerpt="expected NAME:max or NAME:min"),
    two_scores("two-metrics", "acc: 0.9", "acc: 0.95", "refused", "acc:max", "size:min", excerpt=SEVERAL),
    two_scores("no-metric", "acc: 0.9\nsize: 100", "acc: 0.95\nsize: 50", "refused", excerpt=SEVERAL),
    two_scores("metric-without-score", "acc: 0.90\nsize: 100", "acc: 0.95\nsize: 50", "refused", "speed:max"),
    two_scores("metric-to-zero", "acc: 1\nsize: 3", "acc: 1\nsize: 0", "better", "size:min"),
    two_scores("metric-missing", "acc: 0.9\nsize: 100", "size: 10", "not better", "acc:max"),
    two_scores("metric-infinite", "acc: 0.9\nsize: 100", "acc: inf\nsize: 100", "not better", "acc:max"),
    two_scores("both-units-change", "acc: 0.9\nsize: 100 MB", "acc: 0.9\nsize: 90 GB", "not better", "size:min"),
    two_scores("shown-falls", "acc: 0.90\nsize: 100", "acc: 0.09\nsize: 1", "better", "size:min"),
    two_scores("shown-missing", "acc: 0.9\nsize: 100", "size: 10", "not better", "size:min", excerpt="no score: acc"),
    two_scores(
        "only-one-not-required",
        "acc: 0.9\nsize: 100",
        "acc: 0.95\nsize: 100",
        "refused",
        more='require_metric = ["size<=150"]',
        excerpt="score 'acc: (\\S+)': say whether more or less of it is better",
    ),
    two_scores(
        "constraint-not-counted",
        "acc: 0.9\nsize: 100",
        "acc: 0.95\nsize: 200",
        "not better",
        "acc:max",
        more='require_metric = ["size<=150"]',
    ),
    two_scores(
        "constraint-met",
        "acc: 0.9\nsize: 100",
        "acc: 0.95\nsize: 140",
        "better",
        "acc:max",
        more='require_metric = ["size<=150"]',
    ),
    two_scores(
        "constraint-missed-by-original",
        "acc: 0.9\nsize: 200",
        "acc: 0.9\nsize: 100",
        "refused",
        "acc:max",
        more='require_metric = ["size<=150"]',
    ),
    two_scores(
        "metrics-constraint",
        "acc: 0.90\nsize: 100",
        "acc: 0.60\nsize: 1",
        "not better",
        "size:min",
        more='require_metric = ["acc>=0.8"]',
    ),
]
