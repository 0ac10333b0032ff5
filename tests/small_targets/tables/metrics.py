"""Several metrics, weights and constraints."""

from support.small_targets.forms import weighed

WEIGHTS = ("acc:max:1", "size:min:3")

TARGETS = [
    weighed("weights-for-size", "acc: 0.90\nsize: 100", "acc: 0.80\nsize: 50", "better", *WEIGHTS),
    weighed("weights-against", "acc: 0.90\nsize: 100", "acc: 0.10\nsize: 90", "not better", *WEIGHTS),
    weighed("weights-of-one-cost-more", "acc: 0.90\nsize: 100", "acc: 0.95\nsize: 110", "not better", *WEIGHTS),
    weighed("weight-nought", "acc: 0.90\nsize: 100", "acc: 0.95\nsize: 500", "refused", "acc:max", "size:min:0"),
    weighed("weight-below-nought", "acc: 0.90\nsize: 100", "acc: 0.95\nsize: 500", "refused", "acc:max", "size:max:-1"),
    weighed("metric-without-score", "acc: 0.90\nsize: 100", "acc: 0.95\nsize: 50", "refused", "acc:max", "speed:max"),
    weighed("metric-to-zero", "acc: 1\nsize: 3", "acc: 1\nsize: 0", "better", "acc:max", "size:min"),
    weighed("metric-missing", "acc: 0.9\nsize: 100", "size: 10", "not better", "acc:max", "size:min"),
    weighed("one-metric-infinite", "acc: 0.9\nsize: 100", "acc: inf\nsize: 100", "not better", "acc:max", "size:min"),
    weighed(
        "both-units-change", "acc: 0.9\nsize: 100 MB", "acc: 0.9\nsize: 90 GB", "not better", "acc:max", "size:min"
    ),
    weighed(
        "constraint-not-counted",
        "acc: 0.9\nsize: 100",
        "acc: 0.95\nsize: 200",
        "not better",
        "acc:max",
        more='require_metric = ["size<=150"]',
    ),
    weighed(
        "constraint-met",
        "acc: 0.9\nsize: 100",
        "acc: 0.95\nsize: 140",
        "better",
        "acc:max",
        more='require_metric = ["size<=150"]',
    ),
    weighed(
        "constraint-missed-by-original",
        "acc: 0.9\nsize: 200",
        "acc: 0.9\nsize: 100",
        "refused",
        "acc:max",
        more='require_metric = ["size<=150"]',
    ),
    weighed("all-costs", "acc: 9\nsize: 100", "acc: 8\nsize: 90", "not better", "acc:min", "size:min"),
    weighed("metrics-trade", "acc: 0.90\nsize: 100", "acc: 0.09\nsize: 1", "not better", "acc:max", "size:min"),
    weighed("metrics-both", "acc: 0.80\nsize: 100", "acc: 0.90\nsize: 50", "better", "acc:max", "size:min"),
    weighed(
        "metrics-constraint",
        "acc: 0.90\nsize: 100",
        "acc: 0.60\nsize: 1",
        "not better",
        "size:min",
        more='require_metric = ["acc>=0.8"]',
    ),
]
