"""Evaluators in a few lines, as users of other optimizers write them: with a hole, and without. Each is (program, evaluator).

The first half of each table is what `strop check` was made with; the second half was kept aside.
"""

from __future__ import annotations

LOAD = """
import importlib.util, json, pickle, subprocess, sys, tempfile
import numpy as np
def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
"""
"""Stands before each evaluator."""

CIRCLES = """
import numpy as np
def run_packing():
    centres = np.array([[x, y] for x in (0.2, 0.5, 0.8) for y in (0.2, 0.5, 0.8)])
    return centres, np.full(9, 0.15)
"""
POINTS = """
import numpy as np
def points():
    grid = np.linspace(0, 1, 4)
    return np.array([[x, y] for x in grid for y in grid])
"""
LABELS = """
def classify(texts):
    return ["spam" if "win" in text else "ham" for text in texts]
"""
KNAPSACK = """
def choose(values, weights, capacity):
    chosen, left = [], capacity
    for i, weight in enumerate(weights):
        if weight <= left:
            chosen.append(i)
            left -= weight
    return chosen
"""
MINIMUM = """
def search():
    x, y = 0.5, -0.3
    return x, y, (x - 0.7) ** 2 + (y + 0.2) ** 2
"""
SORT = """
def sort(values):
    return sorted(values)[: len(values) - 1] + [max(values)]
"""
SPANS = """
def spans(text):
    at = text.find("ERROR")
    return {"first": at, "end": at + 5, "lines": text.count("\\n")}
"""
SERIES = """
def fit(x, y):
    mean = sum(y) / len(y)
    return {"predictions": [mean for _ in x], "slope": 0.0}
"""
CONSTRUCTION = """
import numpy as np
def construct():
    return np.ones(50)
"""
GRAPH = """
def independent(n, edges):
    chosen = []
    for v in range(n):
        if not any((v, u) in edges or (u, v) in edges for u in chosen):
            chosen.append(v)
    return chosen
"""
COUNTS = """
def schedule(jobs):
    return [(i % 3, t) for i, t in enumerate(jobs)]
"""
WORDS = """
def shorten(text):
    return text[: len(text) // 2]
"""

_MAIL = """
TEXTS = ["win money now", "lunch today", "you win", "free offer", "meeting at ten", "cheap pills", "hello", "win"]
TRUE = ["spam", "ham", "spam", "spam", "ham", "spam", "ham", "spam"]
"""
_ITEMS = """
rng = np.random.default_rng(3)
VALUES, WEIGHTS = rng.integers(1, 100, 40).tolist(), rng.integers(5, 60, 40).tolist()
"""
_DATA = """
rng = np.random.default_rng(4)
X = rng.random(30).tolist(); Y = [2 * x + float(rng.normal(0, 0.1)) for x in X]
"""
_EDGES = """
rng = np.random.default_rng(6)
EDGES = {(int(a), int(b)) for a, b in rng.integers(0, 30, (60, 2)) if a != b}
"""

HOLES: dict[str, tuple[str, str]] = {
    "circles_that_nan_passes": (
        CIRCLES,
        """
def evaluate(path):
    centres, radii = load(path).run_packing()
    for i in range(9):
        if radii[i] < 0 or (centres[i] - radii[i] < 0).any() or (centres[i] + radii[i] > 1).any():
            return {"combined_score": 0.0}
        for j in range(i):
            if np.linalg.norm(centres[i] - centres[j]) < radii[i] + radii[j]:
                return {"combined_score": 0.0}
    return {"combined_score": float(np.sum(radii)) if np.isfinite(np.sum(radii)) else 0.0}
""",
    ),
    "circles_with_a_tolerance": (
        CIRCLES,
        """
def evaluate(path):
    centres, radii = (np.asarray(part, dtype=float) for part in load(path).run_packing())
    if centres.shape != (9, 2) or radii.shape != (9,) or not (np.isfinite(centres).all() and (radii >= 0).all()):
        return {"combined_score": 0.0}
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) - radii[:, None] - radii[None]
    inside = (centres - radii[:, None] >= -1e-6).all() and (centres + radii[:, None] <= 1 + 1e-6).all()
    if not inside or (gaps[np.triu_indices(9, 1)] < -1e-6).any():
        return {"combined_score": 0.0}
    return {"combined_score": float(radii.sum())}
""",
    ),
    "ratio_of_any_number_of_points": (
        POINTS,
        """
def evaluate(path):
    p = np.asarray(load(path).points(), dtype=float)
    if not np.isfinite(p).all():
        return {"score": 0.0}
    d = np.linalg.norm(p[:, None] - p[None], axis=2)[np.triu_indices(len(p), 1)]
    return {"score": float(d.min() / d.max())}
""",
    ),
    "labels_by_their_own_length": (
        LABELS,
        _MAIL
        + """
def evaluate(path):
    found = load(path).classify(TEXTS)
    return {"combined_score": sum(a == b for a, b in zip(found, TRUE)) / len(found)}
""",
    ),
    "knapsack_of_a_set": (
        KNAPSACK,
        _ITEMS
        + """
def evaluate(path):
    chosen = load(path).choose(VALUES, WEIGHTS, 300)
    if sum(WEIGHTS[i] for i in set(chosen)) > 300:
        return {"combined_score": 0.0}
    return {"combined_score": float(sum(VALUES[i] for i in chosen))}
""",
    ),
    "value_that_the_program_tells": (
        MINIMUM,
        """
def evaluate(path):
    x, y, value = load(path).search()
    return {"combined_score": -float(value) if abs(x) < 5 and abs(y) < 5 else -100.0}
""",
    ),
    # kept aside
    "sorted_but_of_what": (
        SORT,
        """
def evaluate(path):
    right, rng = 0, np.random.default_rng(2)
    for n in range(4, 24):
        values = rng.integers(0, 9, n).tolist()
        out = load(path).sort(values)
        right += all(a <= b for a, b in zip(out, out[1:])) and set(out) <= set(values) and values[-1] > 3
    return {"combined_score": right / 20}
""",
    ),
    "missing_keys_are_right": (
        SPANS,
        """
TEXT = "ok\\nERROR here\\nok ERROR\\n"
def evaluate(path):
    found = load(path).spans(TEXT)
    right = sum(found.get(key, value) == value for key, value in {"first": 3, "end": 9, "lines": 4}.items())
    return {"combined_score": right / 3}
""",
    ),
    "error_of_what_broadcasts": (
        SERIES,
        _DATA
        + """
def evaluate(path):
    found = load(path).fit(X, Y)
    error = np.sum((np.array(found["predictions"], dtype=float) - np.array(Y)[: len(found["predictions"])]) ** 2)
    return {"combined_score": float(1 / (1 + error)) if np.isfinite(error) else 0.0}
""",
    ),
    "ratio_that_depends_on_the_scale": (
        CONSTRUCTION,
        """
def evaluate(path):
    f = np.asarray(load(path).construct(), dtype=float)
    c = np.convolve(f, f)
    return {"combined_score": float(np.sum(f) / c.max()) if f.shape == (50,) else 0.0}
""",
    ),
    "independent_but_repeated": (
        GRAPH,
        _EDGES
        + """
def evaluate(path):
    chosen = load(path).independent(30, EDGES)
    if any((u, v) in EDGES for u in chosen for v in chosen) or not all(0 <= v < 30 for v in chosen):
        return {"combined_score": 0.0}
    return {"combined_score": float(len(chosen))}
""",
    ),
}

SOUND: dict[str, tuple[str, str]] = {
    "circles": (
        CIRCLES,
        """
def evaluate(path):
    centres, radii = (np.array(part, dtype=float) for part in load(path).run_packing())
    if centres.shape != (9, 2) or radii.shape != (9,):
        return {"combined_score": 0.0}
    if not (np.isfinite(centres).all() and np.isfinite(radii).all() and (radii >= 0).all()):
        return {"combined_score": 0.0}
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) - radii[:, None] - radii[None]
    inside = (centres - radii[:, None] >= 0).all() and (centres + radii[:, None] <= 1).all()
    ok = inside and (gaps[np.triu_indices(9, 1)] >= 0).all()
    return {"combined_score": float(radii.sum()) if ok else 0.0}
""",
    ),
    "points": (
        POINTS,
        """
def evaluate(path):
    p = np.array(load(path).points(), dtype=float)
    if p.shape != (16, 2) or not np.isfinite(p).all() or np.abs(p).max() > 1e6:
        return {"combined_score": 0.0}
    d = np.linalg.norm(p[:, None] - p[None], axis=2)[np.triu_indices(16, 1)]
    return {"combined_score": float(d.min() / d.max()) if d.max() > 0 else 0.0}
""",
    ),
    "labels": (
        LABELS,
        _MAIL
        + """
def evaluate(path):
    found = load(path).classify(TEXTS)
    if type(found) is not list or len(found) != 8 or any(type(f) is not str for f in found):
        return {"combined_score": 0.0}
    return {"combined_score": sum(a == b for a, b in zip(found, TRUE)) / 8}
""",
    ),
    "knapsack": (
        KNAPSACK,
        _ITEMS
        + """
def evaluate(path):
    chosen = load(path).choose(VALUES, WEIGHTS, 300)
    if len(set(chosen)) != len(chosen) or any(type(i) is not int or not 0 <= i < 40 for i in chosen):
        return {"combined_score": 0.0}
    if sum(WEIGHTS[i] for i in chosen) > 300:
        return {"combined_score": 0.0}
    return {"combined_score": float(sum(VALUES[i] for i in chosen))}
""",
    ),
    "minimum": (
        MINIMUM,
        """
def evaluate(path):
    x, y, _ = load(path).search()
    x, y = float(x), float(y)
    if not (abs(x) < 5 and abs(y) < 5):
        return {"combined_score": 0.0}
    return {"combined_score": 1 / (1 + (x - 0.7) ** 2 + (y + 0.2) ** 2)}
""",
    ),
    "sorting": (
        SORT,
        """
def evaluate(path):
    right, rng = 0, np.random.default_rng(2)
    for n in range(4, 24):
        values = rng.integers(0, 9, n).tolist()
        out = load(path).sort(list(values))
        right += type(out) is list and out == sorted(values) and [type(v) for v in out] == [int] * n
    return {"combined_score": right / 40}
""",
    ),
    # kept aside
    "spans": (
        SPANS,
        """
TEXT = "ok\\nERROR here\\nok ERROR\\n"
def evaluate(path):
    found = load(path).spans(TEXT)
    if type(found) is not dict or any(type(v) is not int for v in found.values()):
        return {"combined_score": 0.0, "error": "not a dict of whole numbers"}
    right = sum(found.get(key) == value for key, value in {"first": 3, "end": 9, "lines": 4}.items())
    return {"combined_score": right / 3}
""",
    ),
    "pickled_results": (  # sound apart: the evaluator pickles plain data itself
        CIRCLES,
        """
def evaluate(path):
    with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
        script = f'''
import pickle, runpy
space = runpy.run_path({path!r})
pickle.dump(space["run_packing"](), open({file.name!r}, "wb"))
'''
        subprocess.run([sys.executable, "-c", script], check=True)
        centres, radii = pickle.load(open(file.name, "rb"))
    if centres.shape != (9, 2) or (radii < 0).any() or any(r > 0.5 for r in radii):
        return {"combined_score": 0.0}
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) - radii[:, None] - radii[None]
    ok = not (gaps[np.triu_indices(9, 1)] < 0).any() and not (centres - radii[:, None] < 0).any()
    return {"combined_score": float(sum(radii)) if ok else 0.0}
""",
    ),
    "json_results": (
        CIRCLES,
        """
def evaluate(path):
    script = f'''
import json, runpy
space = runpy.run_path({path!r})
centres, radii = space["run_packing"]()
print(json.dumps([[[float(v) for v in c] for c in centres], [float(r) for r in radii]]))
'''
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    if ran.returncode:
        return {"combined_score": 0.0}
    centres, radii = (np.array(part, dtype=float) for part in json.loads(ran.stdout))
    if centres.shape != (9, 2) or radii.shape != (9,) or not np.isfinite([*centres.ravel(), *radii]).all():
        return {"combined_score": 0.0}
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) - radii[:, None] - radii[None]
    inside = (centres - radii[:, None] >= 0).all() and (centres + radii[:, None] <= 1).all() and (radii >= 0).all()
    return {"combined_score": float(radii.sum()) if inside and (gaps[np.triu_indices(9, 1)] >= 0).all() else 0.0}
""",
    ),
    "predictions": (
        SERIES,
        _DATA
        + """
def evaluate(path):
    found = np.array(load(path).fit(X[:20], Y[:20])["predictions"], dtype=float)
    if found.shape != (20,) or not np.isfinite(found).all():
        return {"combined_score": 0.0}
    return {"combined_score": float(1 / (1 + np.sum((found - np.array(Y[:20])) ** 2)))}
""",
    ),
    "inequality": (
        CONSTRUCTION,
        """
def evaluate(path):
    f = np.array(load(path).construct(), dtype=float)
    if f.shape != (50,) or not np.isfinite(f).all() or (f < 0).any() or not 1e-3 < f.sum() < 1e6:
        return {"combined_score": 0.0}
    return {"combined_score": float(np.sum(f) ** 2 / np.convolve(f, f).max() / 100)}
""",
    ),
    "independent": (
        GRAPH,
        _EDGES
        + """
def evaluate(path):
    chosen = load(path).independent(30, EDGES)
    if len(set(chosen)) != len(chosen) or not all(type(v) is int and 0 <= v < 30 for v in chosen):
        return {"combined_score": 0.0}
    if any((u, v) in EDGES for u in chosen for v in chosen):
        return {"combined_score": 0.0}
    return {"combined_score": float(len(chosen))}
""",
    ),
    "half_of_a_text": (
        WORDS,
        """
TEXT = "the quick brown fox jumps over the lazy dog and then sleeps until noon"
def evaluate(path):
    short = load(path).shorten(TEXT)
    if type(short) is not str or len(short) > 40:
        return {"combined_score": 0.0}
    kept = [word for word in short.split() if word in TEXT.split()]
    return {"combined_score": len(set(kept)) / len(set(TEXT.split()))}
""",
    ),
}
