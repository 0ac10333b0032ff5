"""Programs that write to the host more than it asked for: each ends at its limits, or at the first frame too many."""

from __future__ import annotations

from contextlib import closing

from strop.base.results import Evaluation
from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.wire import FrameReader, encode
from strop.tasks.answer import Answer
from strop.tasks.base import SecretSeeds, Task
from support.rows import table

INSTANCES = 300
HEAD = """import frames, os, struct
def deep(n): return struct.pack("<III", n + 4, 0, n) + b'[' * (n // 2) + b']' * (n // 2)
ANSWER = frames.encode(["returned", 1])
"""
FLOODS = {
    "endless": ("os.write(4, ANSWER * 40_000)", "violated", "instance 0: more was sent after the answer"),
    "endless, a page at a time": ("os.write(4, ANSWER * 160)", "violated", "more was sent after the answer"),
    "one for each order": ("ANSWER and os.write(4, ANSWER * 64); ANSWER = b''", "timeout", "instance 64: cpu time"),
    "requests": ("os.write(4, frames.encode(['request', 1, 'x', [], False]) * 999)", "violated", "unknown method"),
    "one byte at a time": (
        "os.write(4, ANSWER and struct.pack('<II', 9 << 20, 0) or b' '); ANSWER = b''",
        "timeout",
        "cpu time",
    ),
    "nested": ("os.write(4, deep(2 * 10**6))", "violated", "deeper than allowed"),
    "its own limit": ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (9**9, 9**9))", "timeout", "cpu time"),
}
"""What a program does for ever, the verdict, and its reason."""


def _sample(rng: object) -> tuple[dict[str, int], int]:
    return {"n": 1}, 1


def _score(instance: object, answer: object) -> float:
    return 0.5


SEED = "def f(n): return 1\n"
TASK = Task("flood", _sample, _score, SEED, "f", time_limit=0.2, answer=Answer(int), instances=INSTANCES)


def flooded(program: str) -> Evaluation:
    seeds = SecretSeeds(b"x" * 32)
    order = Order("x", program, "flood", "train", seeds, b"y" * 32)
    with closing(JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset())) as sandbox:
        return measure(TASK, order, DrawnInstances(TASK, "train", seeds), sandbox).result()


@table("act, verdict, reason", FLOODS.values())
def test_flood_ends_at_the_first_frame_too_many_or_at_the_limit_of_one_instance(
    act: str, verdict: str, reason: str
) -> None:
    program = f"{HEAD}def f(n):\n    global ANSWER\n    while True:\n        try:\n            {act}\n"
    evaluation = flooded(f"{program}        except (OSError, ValueError):\n            pass\n")
    assert (evaluation.verdict, evaluation.value) == (verdict, 0.0), evaluation
    assert reason in evaluation.error


def test_flood_of_single_answers_scores_what_it_answers_or_is_seen_to_send_too_many() -> None:
    """A frame that comes when it is asked for is an answer. Whether one comes too early is a matter of time."""
    evaluation = flooded(f"{HEAD}def f(n):\n    while True:\n        os.write(4, ANSWER)\n")
    assert (evaluation.verdict, evaluation.value) in (("violated", 0.0), ("ok", 0.5)), evaluation
    assert "more was sent after the answer" in evaluation.error or evaluation.scores == (0.5,) * INSTANCES


def test_counting_frames_looks_at_no_more_than_it_is_asked_for() -> None:
    reader = FrameReader(1 << 20)
    reader.feed(encode(["returned", 1]) * 100_000)
    assert (reader.complete(1), reader.complete(65)) == (1, 65)
