"""The result of `strop eval --noise`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.base.as_document import computed
from strop.base.shown import Shown
from strop.base.terminal_text import escape
from strop.runs.measurements import recorded_copies, recorded_digests
from strop.runs.noise_floor import ENOUGH, EXCEEDED, Trials, trials
from strop.store import Store


@dataclass(frozen=True, kw_only=True, repr=False)
class MeasuredNoise(Shown):
    """One improver measured again and again: how far two measurements differ by chance alone."""

    improver: str
    """The improver as the command names it."""
    digest: str
    """SHA-256 of the improver's text."""
    model: str
    """Specification of the language model, such as `openai/gpt-4o` or `offline`."""
    is_language_model: bool
    """False for stand-ins such as `offline`: do not report their results as a language model's."""
    copies: int
    """Copies of one û, |D|."""
    repeats: int
    """Repeats of û on each task, as requested."""
    tasks: tuple[Trials, ...]
    """The repeats on each task, in the order of the command."""

    @property
    def done(self) -> int:
        """Repeats that were measured, of all tasks."""
        return sum(trials.repeats for trials in self.tasks)

    @property
    def wanted(self) -> int:
        """Repeats of all tasks."""
        return self.repeats * len(self.tasks)

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        return _in_words(self.improver, self.tasks)

    def __repr__(self) -> str:
        return f"<MeasuredNoise: {self.sentence}>"


def noise_in(store: Store) -> MeasuredNoise:
    """The measurements in a record of `strop eval --noise`; incomplete if the work was stopped.

    Raises:
        StoreError: the record does not name its improver.
    """
    meta = store.meta
    ((improver, digest),) = recorded_digests(store)
    repeats = int(meta["repeats"])
    return MeasuredNoise(
        improver=improver,
        digest=digest,
        model=meta.get("language_model", ""),
        is_language_model=meta.get("is_language_model") == "true",
        copies=recorded_copies(store),
        repeats=repeats,
        tasks=tuple(trials(store, task, repeats) for task in meta["task"].split(", ")),
    )


def _in_words(improver: str, tasks: Sequence[Trials]) -> str:
    """The conclusion: how far two measurements differ by chance alone, on each task."""
    known = [(trials.task, trials.noise) for trials in tasks]
    floors = [(task, noise) for task, noise in known if noise is not None]
    if not floors:
        return "Nothing was measured: the noise floor needs two repeats."
    parts = "; ".join(f"{noise.floor:.3f} on {escape(task)}" for task, noise in floors)
    exceeded = max(noise.exceeded for _, noise in floors)
    more = f"; {ENOUGH} repeats make it {100 * EXCEEDED:.0f}%" if exceeded > EXCEEDED else ""
    return (
        f"By chance alone, two measurements of {escape(improver)} differ by more than this in at most "
        f"{100 * exceeded:.3g}% of cases: {parts}{more}."
    )
