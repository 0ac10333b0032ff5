"""Whether the name of a score says that less is better, so that nobody has to guess."""

from __future__ import annotations

import re

_WORDS = {
    "less": """age allocations allocs backlog bins branches cer churn clock collision collisions conflict conflicts cost costs
        cycles deadline deadlines delay delays depth deviation difference discrepancy distance divergence drift drop
        dropped drops duration elapsed energy entropy err error errors evaluations failed fails failure failures faults
        fid fuel gap gaps hops imbalance instructions inversions iterations jitter kl lag latency lateness leak leaks
        length loss losses mae makespan mape mem memory mismatches miss misses moves mse nll norm objective outages
        overhead overruns penalties penalty perplexity ppl price regret rejected rejections residual residuals retries
        retry risk rmse rss rtt runtime size spills stall stalls std stddev steps swaps switches tardiness time times
        timing took tour travel variance violation violations wait wall walltime warnings waste weight wer width""",
    "more": """acc accuracies accuracy auc bandwidth bleu correct coverage dice efficiency elo f1 fitness flops fps gain gains
        gflops hit hits improvement iops iou likelihood mflops mrr ndcg op ops passed passes precision profit
        qps quality r2 recall reduction return returns reward rewards rouge rps saved savings score scores
        sharpe solved speed speedup success successes throughput tps utility win wins""",
    "unit": """s sec secs second seconds ms msec milliseconds millis us usec micros microseconds ns nsec nanos nanoseconds min
        mins minutes hours byte bytes kb kib mb mib gb gib""",
    "statistic": "mean median avg average min max total real user sys p50 p75 p90 p95 p99 p999 percentile quantile",
}
"""Words of which less is, or may be, better; of which more is; units of costs; and what does not say what of: hyperfine's `mean`
is a time."""
_LESS, _MORE, _UNITS, _STATISTICS = (frozenset(words.split()) for words in _WORDS.values())
_WORD = re.compile(r"[A-Z]?[a-z]+[0-9]*|[A-Z]+(?![a-z])[0-9]*")
_RATE = re.compile(r"(?:_per_|/|[ ]per[ ]|Per)(?=(\w+))")
_LETTER = re.compile(r"(?<!\w)\w(?!\w)")
_ESCAPES = re.compile(r"\\[a-zA-Z]|\[[^\]]*\]|\(\?[a-zA-Z:=!<]*")
"""Letters of a regular expression that are not literal text."""


def may_be_cost(name: str, reader: str) -> bool:
    """Whether a name, or the text around the number, says that less may be better, or only that it is a statistic."""
    is_path = reader.startswith("$") or ".json:$" in reader
    readable = _LETTER.sub(" ", reader) if is_path else _ESCAPES.sub(" ", reader)
    says = [_says(_LETTER.sub(" ", name)), _says(readable)]
    return "less" in says or ("statistic" in says and "more" not in says)


def _says(text: str) -> str:
    """`less`, `more`, `statistic` or nothing. In an English name the last word decides: a time_score is a score."""
    rate = _RATE.search(text)
    words = [word.lower() for word in _WORD.findall(text[: rate.start()] if rate else text)]
    telling = next((word for word in reversed(words) if word in _MORE | _LESS), "")
    if telling:
        return "more" if telling in _MORE else "less"
    if rate and rate[1].lower() in _UNITS:
        return "more"  # so much a second
    if _UNITS.intersection(words):
        return "less"
    return "statistic" if _STATISTICS.intersection(words) else ""
