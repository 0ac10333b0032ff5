"""Tasks in a few lines, as users write them: with a hole in the scorer, and without. Each text defines sample, score and SEED.

The first half of each table is what `strop check` was made with; the second half was kept aside.
"""

from __future__ import annotations

HOLES = {
    "dict_over_its_own_keys": """
def sample(rng):
    words = [f"w{i}" for i in rng.permutation(400)[:30]]
    return {"words": words}, {word: int(word[1:]) * 7919 % 10 < 4 for word in words}
def score(instance, answer):
    return sum(instance.hidden[key] == value for key, value in answer.items()) / len(answer)
SEED = "def f(words):\\n    return {w: len(w) == 3 for w in words}\\n"
""",
    "text_with_in": """
LABELS = ["sports", "politics", "music", "science", "travel"]
def sample(rng):
    words = rng.integers(0, 5, 8)
    return {"text": " ".join(f"token{5 * int(rng.integers(100)) + w}" for w in words)}, LABELS[int(words[0])]
def score(instance, answer):
    return 1.0 if instance.hidden in answer.lower() else 0.0
SEED = '''LABELS = ["sports", "politics", "music", "science", "travel"]
def f(text):
    return LABELS[int(text.split()[-1][5:]) % 5]
'''
""",
    "repeated_indices": """
def sample(rng):
    return {"values": rng.integers(1, 100, 40).tolist(), "weights": rng.integers(5, 60, 40).tolist(), "capacity": 300}
def score(instance, answer):
    if not all(0 <= i < 40 for i in answer):
        raise strop.Malformed("no such item")
    if sum(instance["weights"][i] for i in set(answer)) > instance["capacity"]:
        raise strop.Malformed("too heavy")
    return min(sum(instance["values"][i] for i in answer) / sum(instance["values"]), 1)
SEED = '''def f(values, weights, capacity):
    chosen, left = [], capacity
    for i, w in enumerate(weights):
        if w <= left:
            chosen.append(i)
            left -= w
    return chosen
'''
""",
    "overlapping_windows": """
SERIES = np.cumsum(np.random.default_rng(5).normal(size=400))
def sample(rng):
    at = int(rng.integers(0, 360))
    return {"past": SERIES[at : at + 30].tolist()}, SERIES[at + 30 : at + 35]
def score(instance, answer):
    answer = np.asarray(answer, dtype=float)
    if answer.shape != (5,) or not np.isfinite(answer).all():
        raise strop.Malformed("five numbers are expected")
    return float(1 / (1 + np.abs(answer - instance.hidden).mean()))
SEED = "def f(past):\\n    return [past[-1]] * 5\\n"
""",
    "fractional_cover": """
def sample(rng):
    return {"n": 20, "edges": [list(map(int, rng.choice(20, 2, replace=False))) for _ in range(40)]}
def score(instance, answer):
    if len(answer) != 20 or any(x < 0 or x > 1 for x in answer):
        raise strop.Malformed("20 numbers between 0 and 1 are expected")
    if any(answer[a] + answer[b] < 1 for a, b in instance["edges"]):
        raise strop.Malformed("an edge is not covered")
    return 1 - sum(answer) / 20
SEED = '''def f(n, edges):
    chosen = [0] * n
    for a, b in edges:
        if not chosen[a] and not chosen[b]:
            chosen[a] = chosen[b] = 1
    return chosen
'''
""",
    "splits_of_one_data_set": """
DATA = np.random.default_rng(1).normal(size=(200, 5))
LABELS = (np.random.default_rng(2).random(200) < 0.5).astype(int)
def sample(rng):
    order = rng.permutation(200)
    train, test = order[:150], order[150:]
    return {"train_x": DATA[train], "train_y": LABELS[train], "test_x": DATA[test]}, LABELS[test]
def score(instance, answer):
    answer = np.asarray(answer)
    if answer.shape != (50,):
        raise strop.Malformed("50 labels are expected")
    return float((answer == instance.hidden).mean())
SEED = "import numpy as np\\ndef f(train_x, train_y, test_x):\\n    return np.zeros(len(test_x), int)\\n"
""",
    "precision_alone": """
def sample(rng):
    scores = rng.random(60)
    return {"scores": scores.round(3).tolist()}, set(np.flatnonzero(scores + rng.normal(0, 0.3, 60) > 0.7).tolist())
def score(instance, answer):
    return len([i for i in answer if i in instance.hidden]) / max(len(answer), 1)
SEED = "def f(scores):\\n    return [i for i, s in enumerate(scores) if s > 0.4]\\n"
""",
    "tour_that_may_stand_still": """
def sample(rng):
    return {"points": rng.random((15, 2)).round(4).tolist()}
def score(instance, answer):
    points = np.array(instance["points"])
    if len(answer) != len(points):
        raise strop.Malformed("a tour has as many stops as there are points")
    tour = points[answer]
    length = np.linalg.norm(tour - np.roll(tour, 1, axis=0), axis=1).sum()
    return float(1 / (1 + length))
SEED = "def f(points):\\n    return list(range(len(points)))\\n"
""",
    # kept aside
    "negative_indices": """
def sample(rng):
    return {"values": rng.integers(1, 100, 30).tolist(), "most": 10}
def score(instance, answer):
    values = instance["values"]
    if len(set(answer)) != len(answer) or len({i for i in answer if i >= 0}) > instance["most"]:
        raise strop.Malformed("each at most once, and at most 10")
    return sum(values[i] for i in answer) / (2 * sum(values))
SEED = "def f(values, most):\\n    return list(range(most))\\n"
""",
    "column_against_row": """
def sample(rng):
    x = rng.normal(size=(25, 3))
    return {"x": x}, (x @ [1.0, -2.0, 0.5] + rng.normal(size=25) > 0).astype(int)
def score(instance, answer):
    return float(min((np.asarray(answer) == instance.hidden).sum() / 25, 1.0))
SEED = "def f(x):\\n    return (x[:, 0] > 0).astype(int)\\n"
""",
    "zip_stops_early": """
def sample(rng):
    letters = "".join(rng.choice(list("abcdefghij"), 24))
    return {"text": letters}, [ord(c) % 3 for c in letters]
def score(instance, answer):
    pairs = list(zip(answer, instance.hidden))
    return sum(a == b for a, b in pairs) / len(pairs)
SEED = "def f(text):\\n    return [0 if c in 'bdf' else ord(c) % 3 for c in text]\\n"
""",
    "machines_without_their_jobs": """
def sample(rng):
    return {"jobs": {f"job{i}": int(t) for i, t in enumerate(rng.integers(1, 40, 25))}, "machines": 4}
def score(instance, answer):
    loads = [0] * instance["machines"]
    for job, machine in answer.items():
        loads[machine] += instance["jobs"][job]
    return sum(instance["jobs"].values()) / 4 / (sum(instance["jobs"].values()) / 4 + max(loads))
SEED = "def f(jobs, machines):\\n    return {job: i % machines for i, job in enumerate(jobs)}\\n"
""",
    "recall_alone": """
def sample(rng):
    words = [f"n{i}" for i in rng.permutation(300)[:40]]
    return {"words": words}, sorted(word for word in words if int(word[1:]) % 7 < 2)
def score(instance, answer):
    return sum(word in answer for word in instance.hidden) / max(len(instance.hidden), 1)
SEED = "def f(words):\\n    return [w for w in words if w.endswith('1') or w.endswith('7')]\\n"
""",
    "few_questions_asked_again": """
TABLE = {f"key{i}": i * 7919 % 4 for i in range(60)}
def sample(rng):
    keys = [f"key{i}" for i in rng.permutation(60)]
    return {"known": {k: TABLE[k] for k in keys[:40]}, "asked": keys[40:]}, [TABLE[k] for k in keys[40:]]
def score(instance, answer):
    if len(answer) != 20:
        raise strop.Malformed("20 values are expected")
    return sum(a == b for a, b in zip(answer, instance.hidden)) / 20
SEED = "def f(known, asked):\\n    return [1 for key in asked]\\n"
""",
    "words_read_as_numbers": """
def sample(rng):
    x = rng.normal(size=20).round(3).tolist()
    return {"x": x}, float(np.mean(x))
def score(instance, answer):
    error = abs(float(answer) - instance.hidden)
    if error > 1:
        return 0.0
    return min(1.0, max(1 - error, 0.0))
SEED = "def f(x):\\n    return x[0]\\n"
""",
    "tolerance_to_the_full": """
def sample(rng):
    return {"demand": rng.integers(10, 50, 8).tolist(), "budget": 100.0}
def score(instance, answer):
    amounts = np.array([float(a) for a in answer])
    if amounts.shape != (8,) or not (amounts >= 0).all() or amounts.sum() > instance["budget"] + 1e-6:
        raise strop.Malformed("over the budget")
    return float(np.minimum(amounts / instance["demand"], 1).mean())
SEED = "def f(demand, budget):\\n    total = sum(demand)\\n    return [budget * d / total for d in demand]\\n"
""",
}

SOUND = {
    "knapsack": """
def sample(rng):
    return {"values": rng.integers(1, 100, 40).tolist(), "weights": rng.integers(5, 60, 40).tolist(), "capacity": 300}
def score(instance, answer):
    if len(set(answer)) != len(answer) or not all(isinstance(i, int) and 0 <= i < 40 for i in answer):
        raise strop.Malformed("different items are expected")
    if sum(instance["weights"][i] for i in answer) > instance["capacity"]:
        raise strop.Malformed("too heavy")
    return sum(instance["values"][i] for i in answer) / sum(instance["values"])
SEED = '''def f(values, weights, capacity):
    chosen, left = [], capacity
    for i, w in enumerate(weights):
        if w <= left:
            chosen.append(i)
            left -= w
    return chosen
'''
""",
    "set_of_numbers_by_f1": """
def sample(rng):
    scores = rng.random(60)
    return {"scores": scores.round(3).tolist()}, set(np.flatnonzero(scores + rng.normal(0, 0.3, 60) > 0.7).tolist())
def score(instance, answer):
    if not isinstance(answer, list) or not all(isinstance(i, int) for i in answer):
        raise strop.Malformed("a list of numbers is expected")
    found = set(answer)
    right = len(found & instance.hidden)
    return 2 * right / (len(found) + len(instance.hidden)) if right else 0.0
SEED = "def f(scores):\\n    return [i for i, s in enumerate(scores) if s > 0.4]\\n"
""",
    "cover_with_too_many": """
def sample(rng):
    return {"n": 20, "edges": [list(map(int, rng.choice(20, 2, replace=False))) for _ in range(40)]}
def score(instance, answer):
    if not all(isinstance(v, int) and 0 <= v < 20 for v in answer) or len(set(answer)) != len(answer):
        raise strop.Malformed("different vertices are expected")
    if any(a not in answer and b not in answer for a, b in instance["edges"]):
        raise strop.Malformed("an edge is not covered")
    return 1 - len(answer) / 20
SEED = '''def f(n, edges):
    chosen = []
    for a, b in edges:
        if a not in chosen and b not in chosen:
            chosen += [a, b]
    return chosen
'''
""",
    "tour": """
def sample(rng):
    return {"points": rng.random((15, 2)).round(4).tolist()}
def score(instance, answer):
    points = np.array(instance["points"])
    if not isinstance(answer, list) or sorted(answer) != list(range(len(points))):
        raise strop.Malformed("a permutation is expected")
    tour = points[answer]
    return float(1 / (1 + np.linalg.norm(tour - np.roll(tour, 1, axis=0), axis=1).sum()))
SEED = "def f(points):\\n    return sorted(range(len(points)))\\n"
""",
    "regression_with_its_own_data": """
def sample(rng):
    weights, x = rng.normal(size=3), rng.normal(size=(60, 3))
    y = x @ weights + rng.normal(0, 0.1, 60)
    return {"train_x": x[:40], "train_y": y[:40], "test_x": x[40:]}, y[40:]
def score(instance, answer):
    return float(1 / (1 + np.abs(answer - instance.hidden).mean()))
ANSWER = strop.Answer(float, shape=(20,))
SEED = "import numpy as np\\ndef f(train_x, train_y, test_x):\\n    return np.full(len(test_x), train_y.mean())\\n"
""",
    "exact_words": """
def sample(rng):
    words = ["".join(rng.choice(list("abcdefgh"), 5)) for _ in range(6)]
    return {"text": " ".join(words)}, max(words)
def score(instance, answer):
    if not isinstance(answer, str):
        raise strop.Malformed("a text is expected")
    return float(answer.strip() == instance.hidden)
SEED = "def f(text):\\n    return text.split()[0]\\n"
""",
    "probabilities": """
def sample(rng):
    x = rng.normal(size=(30, 2))
    return {"x": x}, (x.sum(1) + rng.normal(size=30) > 0).astype(float)
def score(instance, answer):
    answer = np.asarray(answer, dtype=float)
    if answer.shape != (30,) or not ((answer >= 0) & (answer <= 1)).all():
        raise strop.Malformed("30 probabilities are expected")
    return float(1 - ((answer - instance.hidden) ** 2).mean())
SEED = "def f(x):\\n    return [0.9 if row[0] > 0 else 0.1 for row in x]\\n"
""",
    "colours": """
def sample(rng):
    return {"n": 15, "edges": [list(map(int, rng.choice(15, 2, replace=False))) for _ in range(25)]}
def score(instance, answer):
    if len(answer) != 15 or not all(type(c) is int and 0 <= c < 15 for c in answer):
        raise strop.Malformed("15 colours are expected")
    if any(answer[a] == answer[b] for a, b in instance["edges"]):
        raise strop.Malformed("neighbours have one colour")
    return 1 / len(set(answer))
SEED = "def f(n, edges):\\n    return list(range(n))\\n"
""",
    # kept aside
    "select_features": """
def sample(rng):
    x = rng.normal(size=(50, 8))
    return {"x": x, "y": x[:, 0] - x[:, 1] + rng.normal(0, 0.5, 50)}
def score(instance, answer):
    chosen = sorted(set(answer))
    if not chosen or len(chosen) != len(answer) or not all(isinstance(i, int) and 0 <= i < 8 for i in chosen):
        raise strop.Malformed("different columns are expected")
    x, y = instance["x"][:, chosen], instance["y"]
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(1 / (1 + left @ left / (y @ y) + 0.05 * len(chosen)))
SEED = "def f(x, y):\\n    return list(range(x.shape[1]))\\n"
""",
    "bins": """
def sample(rng):
    return {"items": rng.uniform(0.1, 0.7, 30).round(3).tolist()}
def score(instance, answer):
    items = instance["items"]
    if sorted(i for one in answer for i in one) != list(range(len(items))) or not all(answer):
        raise strop.Malformed("every item goes into one bin")
    if any(sum(items[i] for i in one) > 1 for one in answer):
        raise strop.Malformed("a bin is too full")
    return sum(items) / len(answer) / 1.0001
SEED = '''def f(items):
    bins, left = [], 0.0
    for i, size in enumerate(items):
        if size > left:
            bins.append([])
            left = 1.0
        bins[-1].append(i)
        left -= size
    return bins
'''
""",
    "every_job": """
def sample(rng):
    return {"jobs": {f"job{i}": int(t) for i, t in enumerate(rng.integers(1, 40, 25))}, "machines": 4}
def score(instance, answer):
    if not isinstance(answer, dict) or set(answer) != set(instance["jobs"]):
        raise strop.Malformed("every job needs a machine")
    loads = [0] * 4
    for job, machine in answer.items():
        if machine not in range(4):
            raise strop.Malformed("there are four machines")
        loads[machine] += instance["jobs"][job]
    return sum(instance["jobs"].values()) / 4 / max(loads) * 0.99
SEED = "def f(jobs, machines):\\n    return {job: i % 3 for i, job in enumerate(jobs)}\\n"
""",
    "noisy_guess": """
def sample(rng):
    return {"bits": rng.integers(0, 2, 40).tolist()}, None
def score(instance, answer):
    if not isinstance(answer, list) or len(answer) != 40 or not set(answer) <= {0, 1}:
        raise strop.Malformed("40 bits are expected")
    return sum(a != b for a, b in zip(answer, instance["bits"])) / 40
SEED = "import random\\ndef f(bits):\\n    return [random.randint(0, 1) for _ in bits]\\n"
""",
    "minimum_of_a_function": """
def sample(rng):
    return {"centre": rng.uniform(-3, 3, 4).round(4).tolist()}
def score(instance, answer):
    answer = np.asarray(answer, dtype=float)
    if answer.shape != (4,) or not np.isfinite(answer).all():
        raise strop.Malformed("four numbers are expected")
    with np.errstate(over="ignore"):
        return float(1 / (1 + ((answer - instance["centre"]) ** 2).sum()) * 0.999)
SEED = "def f(centre):\\n    return [round(c) for c in centre]\\n"
""",
    "expression": """
def sample(rng):
    a, b = (int(v) for v in rng.integers(2, 50, 2))
    return {"a": a, "b": b}, a * b + a
def score(instance, answer):
    if type(answer) is not int:
        raise strop.Malformed("a whole number is expected")
    return 1 / (1 + abs(answer - instance.hidden))
SEED = "def f(a, b):\\n    return a * b\\n"
""",
    "segments_of_text": """
def sample(rng):
    words = ["".join(rng.choice(list("xyzw"), int(rng.integers(1, 6)))) for _ in range(20)]
    return {"text": "".join(words), "words": sorted(set(words))}
def score(instance, answer):
    if not isinstance(answer, list) or "".join(answer) != instance["text"] or not all(answer):
        raise strop.Malformed("the parts do not make up the text")
    if not all(part in instance["words"] or len(part) == 1 for part in answer):
        raise strop.Malformed("no such word")
    return 1 / (1 + len(answer) / len(instance["text"]))
SEED = "def f(text, words):\\n    return list(text)\\n"
""",
    "distinct_differences": """
def sample(rng):
    return {"n": int(rng.integers(40, 90))}
def score(instance, answer):
    if any(type(v) is not int or not 0 <= v < instance["n"] for v in answer) or len(set(answer)) != len(answer):
        raise strop.Malformed("different numbers below n are expected")
    gaps = [abs(a - b) for i, a in enumerate(answer) for b in answer[:i]]
    if len(set(gaps)) != len(gaps):
        raise strop.Malformed("a difference occurs twice")
    return len(answer) / instance["n"]
SEED = '''def f(n):
    marks = [1]
    while 2 * marks[-1] < n:
        marks.append(2 * marks[-1])
    return marks
'''
""",
}
