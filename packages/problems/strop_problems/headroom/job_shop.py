"""Job-shop scheduling of 40 jobs on 20 machines, drawn as Taillard (1993) draws them.

The bound is Taillard's: a machine cannot end before its first job has arrived, its work is done and a last job has gone on.
"""

from __future__ import annotations

from typing import Any

from strop.base.errors import Malformed
from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that schedules jobs on machines so that the last one ends early.

`schedule(machines, times)` gets two arrays of 40 rows: step k of job j needs machine machines[j, k] for times[j, k]. A job's
steps follow each other, and a machine does one step at a time. It returns a list of 800 jobs, each job 20 times: the k-th
occurrence of a job stands for its step k, which starts as soon as its job and its machine are free.
"""
SEED = '''\
def schedule(machines, times):
    """The first step of every job, then the second step of every job, and so on."""
    jobs, steps = machines.shape
    return list(range(jobs)) * steps
'''


def sample(rng: np.random.Generator) -> dict[str, Any]:
    machines = rng.permuted(np.tile(np.arange(20), (40, 1)), axis=1)
    return {"machines": machines, "times": rng.integers(1, 100, (40, 20))}


def bound(machines: np.ndarray, times: np.ndarray) -> float:
    """No schedule is shorter than the longest job, or than a machine's work with the least time before and behind it."""
    heads = np.cumsum(times, axis=1) - times
    tails = times.sum(axis=1, keepdims=True) - heads - times
    steps = [machines == machine for machine in range(machines.shape[1])]
    works = [heads[chosen].min() + times[chosen].sum() + tails[chosen].min() for chosen in steps]
    return float(max(*works, times.sum(axis=1).max()))


def score(instance: Instance, order: np.ndarray) -> float:
    machines, times = instance["machines"].tolist(), instance["times"].tolist()
    jobs, steps = len(machines), len(machines[0])
    if (np.bincount(order, minlength=jobs) != steps).any():
        raise Malformed(f"a job does not occur {steps} times")
    step, job_free, machine_free = [0] * jobs, [0] * jobs, [0] * steps
    for job in order.tolist():
        machine = machines[job][step[job]]
        job_free[job] = machine_free[machine] = max(job_free[job], machine_free[machine]) + times[job][step[job]]
        step[job] += 1
    excess = max(job_free) / bound(instance["machines"], instance["times"]) - 1
    return 0.05 / (0.05 + excess)


def job_shop() -> Task:
    """40 jobs of 20 steps."""
    order = Answer(int, shape=(800,), low=0, high=39)
    return headroom_task("job-shop", "schedule", SEED, WORDS, (sample, bound, score), order)
