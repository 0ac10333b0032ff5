"""Finished runs and measurements that are made up, and what each protocol writes of them, without carrying anything out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from strop.api.cells import FOLDER, Cell, CellResult, finished
from strop.base.events import Compared, Event, IterationFinished, IterationStarted, RunFinished, RunStarted
from strop.base.solution import digest_of
from strop.options.choices import SelectionName
from strop.reproduce.baselines import Baselines, Strategies
from strop.reproduce.fig4 import Fig4, Fig4Weak
from strop.reproduce.protocol import Protocol, conclude
from strop.reproduce.reproduction import Reproduction
from strop.reproduce.table1 import Table1
from strop.runs.meta import Meta
from strop.runs.results.measured import Measured
from strop.runs.results.trained import Trained
from strop.runs.spec import improver_text
from strop.runs.train import trained_of
from strop.store import Store, Stored
from support.evaluations import evaluation
from support.records import run_data

OFFLINE = ("offline",)
"""The model of protocols."""
SEED, BETTER = improver_text("seed"), "# better\n"
LM = "offline:skill=0.1"
FALLING = [(0.60, 0.58, 0.55), (0.62, 0.58, 0.53), (0.61, 0.60, 0.56), (0.63, 0.63, 0.57)]
KEPT = [(first, first, first) for first, *_ in FALLING]
RISING = [(first, first + 0.01, first + 0.03 + 0.002 * n) for n, (first, *_) in enumerate(FALLING)]
Made: TypeAlias = Reproduction[Any]
Runs: TypeAlias = Sequence[Sequence[float]]


@dataclass(frozen=True)
class MadeRun:
    """A finished run of Algorithm 1, by iteration."""

    cell: Cell
    test: Sequence[float]
    """Test û."""
    train: Sequence[float] = ()
    """Training û; that of `test` when not given."""
    improvers: Sequence[str] = ()
    """Texts of I_t; the seed improver when not given."""
    model: str = ""
    """That of the cell when not given."""
    gate: int = 0
    """Evaluations of each gate; 0: there is none."""
    detail: str = ""
    """Why it ended early."""
    digest: str = ""
    """That of its task; none when not given."""

    @property
    def meta(self) -> Meta:
        """The metadata of its record."""
        model = self.model or self.cell.spec.model
        digests = (self.digest,) if self.digest else ()
        by_a_model = not model.startswith(("offline", "scripted"))
        tasks = (self.cell.spec.task,)
        return Meta(tasks=tasks, task_digests=digests, secret=b"0", model=model, is_language_model=by_a_model)

    def events(self) -> Iterator[Event]:
        """What its record holds."""
        texts = self.improvers or [improver_text("seed")] * len(self.test)
        yield RunStarted(scope="", spec=json.loads(self.cell.spec.to_json()), environment={}, posture={})
        for t, (value, train, text) in enumerate(zip(self.test, self.train or self.test, texts, strict=True)):
            yield IterationStarted(scope=f"t{t}", t=t, improver=text)
            if self.gate:
                yield Compared(
                    scope=f"t{t}/gate", t=t, incumbent=text, candidate=text, accepted=False, differences=(0.0,), pairs=1,
                    max_pairs=60, e_value=1.0, threshold=40.0, interval=(-1.0, 1.0), lm_calls=0, evaluations=self.gate,
                )  # fmt: skip
            yield IterationFinished(
                scope=f"t{t}", t=t, improver=text, candidate=text if t else None, accepted=t > 0, reason="", train=(train,),
                test=(value,), lm_calls=2, evaluations=10, verdicts={"ok": 10}, seconds=1.0,
            )  # fmt: skip
        yield RunFinished(scope="", status="finished", detail=self.detail)

    def result(self) -> Trained:
        """Its result."""
        stored = [Stored(number, float(number), event) for number, event in enumerate(self.events())]
        return trained_of(run_data(stored, self.meta), Path(self.cell.name))

    def record(self, directory: Path) -> Path:
        """Put its record where a protocol looks for it."""
        folder = directory / FOLDER / self.cell.name
        with Store.create(folder, self.meta.texts(folder)) as store:
            for event in self.events():
                store.append(event)
        return folder


def stop_runs(protocol: Table1) -> list[CellResult]:
    """The STOP runs, as if they had been carried out: the second one made the better improver."""
    for number, cell in enumerate(protocol.cells()):
        train, text = (0.9, BETTER) if number == 1 else (0.4, SEED)
        MadeRun(cell, (0.5, 0.5), (0.4, train), (SEED, text), model="scripted").record(protocol.directory)
    return list(finished(protocol.cells(), protocol.directory).values())


def measured(protocol: Table1, seed_values: list[float], improved: list[float]) -> list[CellResult]:
    """The results of every cell of Table 1."""
    results = stop_runs(protocol)
    text = SEED if len(results) == 1 else protocol.improver_text or BETTER
    for cell in protocol.more(results):
        values = {"seed": seed_values, "improver": improved}
        results.append(evaluation(cell.spec.task, values, digests={"improver": digest_of(text)}, seed_solution=0.25))
    return results


def table1(folder: Path, seed_values: list[float], improved: list[float], **changes: Any) -> Made:
    protocol = Table1(model=OFFLINE, directory=folder, **changes)
    return protocol.result(measured(protocol, seed_values, improved))


def run(chain: list[float], verdicts: list[str], greedy: float = 0.6) -> Measured:
    """What one run of the baselines measured."""
    copies, others = len(chain), {"seed": 0.5, "greedy_iterative": greedy, "best_of_n": 0.7}
    values = {name: [value] * copies for name, value in others.items()} | {"chain_of_thought": chain}
    return evaluation("lpn", values, verdicts={"chain_of_thought": verdicts})


def baselines(*runs: Measured) -> Made:
    return Baselines(runs=len(runs)).result(runs)


def strategies(*runs: dict[str, list[float]]) -> Made:
    return Strategies().result([evaluation("lpn", each) for each in runs])


def performed(protocol: Protocol, runs: Mapping[str, Runs], **more: Any) -> Made:
    """What a protocol writes of finished runs with these test meta-utilities, by selection; those of `gated` have gates."""
    cells = protocol.cells()

    def made(cell: Any, selection: str) -> Any:
        gate = 4 * (selection == "gated")
        return MadeRun(cell, runs[selection][cell.spec.seed - protocol.seed], gate=gate, **more).result()

    return conclude(protocol, cells, [made(cell, cell.spec.selection) for cell in cells])


def weak(folder: Path, paper: Runs = FALLING, gated: Runs = KEPT, model: str = LM) -> Made:
    protocol = Fig4Weak(directory=folder, model=(model,), runs=len(paper), iterations=len(paper[0]) - 1)
    return performed(protocol, {"paper": paper, "gated": gated})


def fig4(folder: Path, *selections: SelectionName, runs: Runs = RISING) -> Made:
    sizes = {"runs": len(runs), "iterations": len(runs[0]) - 1}
    protocol = Fig4(directory=folder, model=(LM,), selections=selections or ("paper",), **sizes)
    return performed(protocol, dict.fromkeys(protocol.selections, runs))


def ending_early(folder: Path) -> Made:
    runs = {"paper": [(0.5, 0.6, 0.7), (0.4, 0.6)], "gated": [(0.5,), (0.4, 0.9)]}
    return performed(
        Fig4(directory=folder, model=(LM,), runs=2, selections=("paper", "gated")), runs, detail="it solves all"
    )
