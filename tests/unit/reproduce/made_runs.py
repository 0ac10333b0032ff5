"""Finished runs that are made up: what a protocol reads, without carrying anything out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from strop.base.events import Compared, Event, IterationFinished, IterationStarted, RunFinished, RunStarted
from strop.reproduce.cells import FOLDER, Cell
from strop.runs.meta import Meta
from strop.runs.results.trained import Trained
from strop.runs.run_data import run_data
from strop.runs.spec import improver_text
from strop.runs.train import trained_of
from strop.store import Store, Stored

OFFLINE = ("offline",)
"""The model of protocols."""


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
                    most=60, e_value=1.0, threshold=40.0, interval=(-1.0, 1.0), lm_calls=0, evaluations=self.gate,
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
