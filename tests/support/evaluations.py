"""Results of `strop eval`, made by hand: what a protocol reads, without carrying anything out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.runs.results.measured import Ending, Measured, Measurement, SeedSolution
from strop.runs.results.parts import Sample, sample


def _sample(values: Sequence[float]) -> Sample:
    made = sample(values)
    assert made is not None
    return made


def evaluation(
    task: str,
    test: Mapping[str, Sequence[float]],
    *,
    verdicts: Mapping[str, Sequence[str]] | None = None,
    digests: Mapping[str, str] | None = None,
    seed_solution: float = 0.5,
) -> Measured:
    """Improver -> held-out û of each copy; every copy is `ok` unless said otherwise."""
    cells = tuple(
        Measurement(
            task=task, improver=name, digest=(digests or {}).get(name, digest_of(name)), train=_sample(values),
            test=_sample(values), verdicts=tuple((verdicts or {}).get(name, ["ok"] * len(values))),
            endings=(Ending("ok", ""),) * len(values), lm_calls=4 * len(values), responses=0,
            evaluations=10 * len(values), tokens=None, dollars=None,
        )
        for name, values in test.items()
    )  # fmt: skip
    seed = Evaluation(value=seed_solution, verdict="ok")
    return Measured(
        kind="eval", directory=Path("runs/x"), sentence="", tasks=(task,), improvers=tuple(test), differences=(),
        copies=max(map(len, test.values()), default=0), model="scripted", is_language_model=False, cells=cells,
        seed_solutions=(SeedSolution(task=task, train=seed, test=seed),),
    )  # fmt: skip
