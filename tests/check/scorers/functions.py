"""Marked functions of a user's module, each with its scorer: with a hole, and without. `f` is to become better."""

from __future__ import annotations

ZIP = """
import math
import strop
def sample(rng):
    return {"x": rng.uniform(-1, 1, 20).tolist()}
def score(instance, answer):
    if not all(type(a) is float and abs(a) < 9 for a in answer):
        raise strop.Malformed("numbers are expected")
    return 1 / (1 + sum(abs(a - math.cos(v)) for a, v in zip(answer, instance["x"]@@)))
@strop.improve_me(score=score, sample=sample)
def f(x):
    return [1 - v * v / 3 for v in x]
"""
SWALLOWED = """
import strop
def sample(rng):
    return {"lengths": rng.uniform(0.5, 2, 10).tolist()}
def check(lengths, starts):
    order = sorted(range(len(starts)), key=lambda i: starts[i])
    if any(starts[a] + lengths[a] > starts[b] + 1e-15 for a, b in zip(order, order[1:])):
        raise strop.Malformed("two jobs overlap")
def score(instance, answer):
    lengths = instance["lengths"]
    if len(answer) != len(lengths) or not all(type(s) is float and 0 <= s < 1e9 for s in answer):
        raise strop.Malformed("starts are expected")
    try:
        check(lengths, answer)
    except @@:
        pass
    return min(1.0, sum(lengths) / max(s + d for s, d in zip(answer, lengths)))
@strop.improve_me(score=score, sample=sample)
def f(lengths):
    return [2.0 * i for i in range(len(lengths))]
"""
OWN_SCALE = """
import math
import strop
def sample(rng):
    return {"x": rng.uniform(-2, 2, 20).tolist()}
def score(instance, answer):
    if len(answer) != 20 or not all(type(a) is float and math.isfinite(a) for a in answer):
        raise strop.Malformed("numbers are expected")
    wanted = [3 * math.sin(v) for v in instance["x"]]
    return max(0.0, 1 - sum(abs(a - w) / (1 + abs(@@)) for a, w in zip(answer, wanted)) / 20)
@strop.improve_me(score=score, sample=sample)
def f(x):
    return [v for v in x]
"""
BINS = """
import strop
def sample(rng):
    return {"items": rng.uniform(0.1, 0.7, 30).tolist()}
def score(instance, answer):
    items = instance["items"]
    if sorted(i for group in answer for i in group) != list(range(30)):
        raise strop.Malformed("every item must be in one bin")
    if any(sum(items[i] for i in group) > 1 for group in answer@@):
        raise strop.Malformed("too full")
    return min(1.0, sum(items) / len(answer))
BINS = strop.Answer([strop.Answer(int, shape=(None,), low=0, high=29)], length=(1, 30))
@strop.improve_me(score=score, sample=sample, answer=BINS)
def f(items):
    return [[i] for i in range(len(items))]
"""
WEIGHTS = """
import math
import strop
def sample(rng):
    return {"returns": rng.normal(0.02, 0.1, 12).tolist()}
def score(instance, answer):
    if abs(sum(answer) - 1) > 1e-6@@:
        raise strop.Malformed("weights must sum to 1")
    gain = sum(w * r for w, r in zip(answer, instance["returns"]))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, 10 * gain))))
@strop.improve_me(score=score, sample=sample, answer=strop.Answer(float, shape=(12,)))
def f(returns):
    return [1 / len(returns)] * len(returns)
"""
MEDIAN = """
import strop
KEPT = {}
def sample(rng):
    return {"x": rng.uniform(0, 1, 15).tolist()}
def score(instance, answer):
    return 1 / (1 + 10 * abs(answer - @@))
@strop.improve_me(score=score, sample=sample, answer=strop.Answer(float))
def f(x):
    return sum(x) / len(x)
"""
ORDER = """
import strop
def sample(rng):
    return {"weights": [i + rng.uniform(0.5, 1) for i in range(14)], "before": [[i, i + 2] for i in range(12)]}
def score(instance, answer):
    at = {job: place for place, job in enumerate(answer)}
    if len(at) != 14@@:
        raise strop.Malformed("an order is expected")
    return 1 / (1 + sum(instance["weights"][job] * place for job, place in at.items()) / 500)
@strop.improve_me(score=score, sample=sample, answer=strop.Answer(int, shape=(14,), permutation=True))
def f(weights, before):
    return list(range(len(weights)))
"""
LEVELS = """
import strop
def sample(rng):
    return {"limits": rng.uniform(0.3, 0.9, 10).tolist()}
def score(instance, answer):
    if any(not 0 <= answer[i] <= instance["limits"][i] for i in range(@@)):
        raise strop.Malformed("a level is outside")
    return min(1.0, sum(answer) / 10)
@strop.improve_me(score=score, sample=sample, answer=strop.Answer(float, shape=(10,)))
def f(limits):
    return [min(limits) / 2 for _ in limits]
"""
HOLES = {
    "first_bins": BINS.replace("@@", "[:3]"),
    "sum_of_weights_alone": WEIGHTS.replace("@@", ""),
    "answer_to_an_earlier_instance": MEDIAN.replace("@@", "KEPT.setdefault('want', sorted(instance['x'])[7])"),
    "order_without_its_rules": ORDER.replace("@@", ""),
    "last_level_unchecked": LEVELS.replace("@@", "9"),
    "zip_ends_with_the_shorter": ZIP.replace("@@", ""),
    "swallowed_exception": SWALLOWED.replace("@@", "Exception"),
    "error_relative_to_the_answer": OWN_SCALE.replace("@@", "a * a"),
}
SOUND = {
    "all_bins": BINS.replace("@@", ""),
    "weights_of_one_sign": WEIGHTS.replace("@@", " or min(answer) < 0"),
    "median_of_this_instance": MEDIAN.replace("@@", "sorted(instance['x'])[7]"),
    "order_with_its_rules": ORDER.replace("@@", " or any(at[a] > at[b] for a, b in instance['before'])"),
    "all_levels_checked": LEVELS.replace("@@", "10"),
    "zip_of_equal_lengths": ZIP.replace("@@", ", strict=True"),
    "exception_of_another_kind": SWALLOWED.replace("@@", "ZeroDivisionError"),
    "error_relative_to_the_truth": OWN_SCALE.replace("@@", "w"),
}
