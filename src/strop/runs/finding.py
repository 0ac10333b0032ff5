"""The finding of one improvement, and the numbers and reasons behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from statistics import NormalDist
from typing import Literal, TypeAlias

from strop.analysis.stats import confidence_of, mean
from strop.base.as_document import HIDDEN, computed
from strop.base.budget import Grant
from strop.base.errors import EndedBy
from strop.base.events import Evaluated
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import (
    MEMORY,
    ChangedCalls,
    Evaluation,
    Improvement,
    OtherTests,
    ProgramRuns,
    ScoredBy,
    means_of,
)
from strop.base.solution import digest_of
from strop.base.surface import option
from strop.core.metric_change import Gain, looked_at, program_gain
from strop.evaluation.laws import holds_back_cost
from strop.runs.verified import Verified, verified_of
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, TIMES
from strop.tasks.function.batch_metrics import LOADING
from strop.tasks.objective_facts import ObjectiveFacts

Finding: TypeAlias = Literal[
    "better",
    "better on its fixed input",
    "a better construction",
    "by its own score",
    "worse",
    "no significant improvement",
    "unchanged",
    "failed",
]
"""The result of an improvement. `better on its fixed input`: it costs less, and the original gives one and the same answer to all
inputs.
`a better construction`: its verified value is better than every value that the original gave; that is nothing about a program.
`by its own score`: it measures better, and its score is computed where the program runs.
`unchanged`: the improver returned the original, or its search ended early and no candidate was better in training, or those that
were better fail tests that the original passes.
`failed`: the improver returned no solution, and no candidate was better than the original."""

POWER = NormalDist().inv_cdf(0.9)
"""Standard errors by which a difference must exceed half of the interval to be shown in at least four of five cases. If the
spread was known, 0.84 would suffice. With a spread measured in ten pairs, 0.84 shows it in only 70 to 75% of cases."""
_HELD_BACK: tuple[Finding, ...] = ("better on its fixed input", "a better construction", "by its own score")
"""Findings that take the place of `better`."""


@dataclass(frozen=True)
class ScoredProgram:
    """A program of an improvement, and how it was scored."""

    text: str = field(metadata=HIDDEN)
    """Text of the program; of several files one text (strop.tasks.command.bundle)."""
    train: Evaluation
    """Its evaluation on the training split."""
    test: Evaluation | None = None
    """Its evaluation in the final comparison. Null for a candidate that was not compared."""

    @computed
    def digest(self) -> str:
        """SHA-256 of the program's text."""
        return digest_of(self.text)

    @property
    def last(self) -> Evaluation:
        """Evaluation in the final comparison, which there must have been."""
        assert self.test is not None
        return self.test


@dataclass(frozen=True)
class Cost:
    """What a search spent, without the final comparison."""

    lm_calls: int
    """LM calls that the improver made."""
    responses: int
    """Responses of the language model."""
    evaluations: int
    """Evaluations that the improver asked for, of candidates and of the original."""
    candidates: int = 0
    """Number of different programs among them, without the original."""


@dataclass(frozen=True)
class RefusedCandidate:
    """A candidate that fails tests that do not fail for the original."""

    digest: str
    """SHA-256 of the candidate's text."""
    failing: tuple[str, ...]
    """Names of the tests that fail or are missing."""
    output: str
    """The end of what the tests printed."""


@dataclass(frozen=True, kw_only=True)
class OwnTests(OtherTests):
    """What the user's own tests say about the programs that were to be compared."""

    passed: int
    """Number of tests that the original passes in both of two runs."""
    refused: tuple[RefusedCandidate, ...] = ()
    """Candidates that ranked higher in training, and fail tests that do not fail for the original."""

    @property
    def sentence(self) -> str:
        """What holds of a program that was compared: `tests: 288 pass`, how many before it fail some, and which tests do not
        pass for the original and why."""
        count = len(self.refused)
        others = (
            f"; {quantity(count, 'candidate')} that ranked higher in training {'fails' if count == 1 else 'fail'} some"
        )
        return f"tests: {self.passed} pass{others if count else ''}{self.in_words}"


@dataclass(frozen=True)
class Evidence:
    """What one improvement measured, and what that shows."""

    improvement: Improvement
    """How the improver ended."""
    original: ScoredProgram
    """The program that the search started from."""
    improved: ScoredProgram | None
    """The improved program. Null if the improver returned nothing or the original, and no better candidate replaces
    it."""
    cost: Cost
    """What the search spent, without the final comparison."""
    facts: ObjectiveFacts
    """The metric by which programs are compared."""
    grant: Grant | None = None
    """The budget of the search. Null if the record does not say."""
    candidates: tuple[ScoredProgram, ...] = ()
    """Every candidate once, as it was first evaluated in training, the best first."""
    tried: tuple[Evaluation, ...] = field(default=(), metadata=HIDDEN)
    """All training evaluations of candidates."""
    best_known: Mapping[str, float] = field(default_factory=dict)
    """The best known values that were declared or published: metric → value. They decide nothing."""
    wants_fixed_input: bool = False
    """Whether the user wants one answer for all inputs (`fixed_input`)."""
    trusts_scorer: bool = False
    """Whether the user trusts the scorer (`--trust-scorer`), so that it was not tested with spoiled answers."""

    ended_by: EndedBy | None = None
    """What ended the search early: the spent limit (`max_cost`, `max_tokens`, `max_calls` or `max_time`), `finish`, or
    `verdict` in a search by somebody else. Null if nothing did."""
    searched: bool = True
    """Whether a search found the candidate. False for a change that was given, as in `strop compare`."""
    least: float | None = None
    """The relative change that the comparison was sized to show, such as 0.05 for 5%. Null if training decided its
    size."""
    comparison: int = 1
    """Number of the comparison in this run, from 1. A search that is continued after its verdict is compared again, on
    new instances."""
    family: int = 1
    """Number of comparisons that share an error of 5%, by `--family`."""
    removes: tuple[str, ...] = ()
    """Public functions, classes and values of the user's Python files that the improved program no longer has."""
    tests: OwnTests | None = None
    """What the user's own tests say. Null without `--test`."""
    changed_calls: ChangedCalls | None = None
    """What both programs do with changed arguments of recorded calls. Null if no calls were recorded. It decides
    nothing."""
    whole_program: ProgramRuns | None = None
    """Runs of the recorded commands as a whole program: of the original alone, or of both programs where the calls are
    better. Null if no calls were recorded."""

    @property
    def confidence(self) -> float:
        """Confidence of the interval of this comparison."""
        return confidence_of(self.comparison, self.family)

    @computed
    def stands_in(self) -> bool:
        """Whether the best candidate replaces the program that the improver returned."""
        return self.improved is not None and self.improved.text != self.improvement.solution

    @computed
    def verified(self) -> Verified | None:
        """The best construction of the run. Null if answers are not constructions."""
        start = self.trained(self.original)
        result = start if self.improved is None else [*self.trained(self.improved), self.improved.last]
        return verified_of(self.facts.metric.goal, start, [*start, *self.tried, *result], result)

    def trained(self, program: ScoredProgram) -> list[Evaluation]:
        """All evaluations of a program in training."""
        text = program.text.rstrip("\n")
        tried = [one for one in self.tried if isinstance(one, Evaluated) and one.solution is not None]
        return [program.train, *(one for one in tried if str(one.solution).rstrip("\n") == text)]

    @computed
    def varied(self) -> tuple[float, float] | None:
        """How many times as long the original took in one training measurement as in another of the same instances, and
        the improved program: [1.3, 1.1]. The second is 1 where its seconds spread less than the original's, as those of a
        short run do by the clock. The same of memory, if memory decides. Null if neither does."""
        metric = self.facts.metric
        return self.spread(metric.name) if self.improved is not None and metric.reader in COUNTED_BY_KERNEL else None

    def spread(self, name: str) -> tuple[float, float]:
        """How many times as much of a metric each program took in one measurement as in another of the same instances. Of a
        target that chooses its inputs, where memory decides, measurements for the verdict count, too: there its original runs
        once in training."""
        assert self.improved is not None
        runs, last = self.trained(self.improved), self.improved.last
        both = [self.original.train.metrics, *(run.original_metrics for run in runs)], [run.metrics for run in runs]
        if self.facts.input == "chosen" and self.facts.metric.reader not in TIMES:
            both = [*both[0], *((row,) for row in last.original_metrics)], [*both[1], *((row,) for row in last.metrics)]
        (low, high), (least, most) = (
            [
                math.fsum(end(row.get(name, 0.0) for row in rows) for rows in zip(*of, strict=False))
                for end in (min, max)
            ]
            for of in both
        )
        is_own = most - least > high - low
        return high / low if low > 0 else 1.0, most / least if least > 0 and is_own else 1.0

    @cached_property
    def gain(self) -> Gain | None:
        """The gain on the held-out split, which decides; None if nothing was compared, an instance failed or a constraint was not
        met: a failure is not faster. A failed instance has the score 0, so a score is compared."""
        if self.improved is None or (self.improved.last.verdict != "ok" and not self.facts.metric.is_score):
            return None
        return looked_at(self.facts, self.improved.last, confidence=self.confidence)

    @computed
    def finding(self) -> Finding:
        """What was found. It is `better` or `worse` only if the interval excludes no change, or if the program fails.
        `no significant improvement`: the interval does not exclude it. `unchanged`: no candidate was better in
        training, or those that were fail the user's tests. `failed`: the improver ended without a program, and no
        candidate was better. `better on its fixed input`: the program costs less, and the original gives the same
        answer to all inputs. `by its own score`: the program measures better, and computes that score itself. `a better
        construction`: a verified value is better than those of the original. A program that is better on recorded calls
        is also run as a whole: `worse` if it then prints something else or surely takes longer, `no significant
        improvement` if neither that nor a gain is shown."""
        if not self.searched and (self.refused or self.fails_in_training):
            return "worse"
        if self.improved is None:
            is_failure = self.improvement.solution is None and self.ended_by is None and not self.refused
            return "failed" if is_failure else "unchanged"
        if self.verified is not None:
            return "a better construction" if self.verified.is_better else "no significant improvement"
        if self.gain is None:
            return "worse" if self.improved.last.verdict != "ok" else "unchanged"  # a failure is not chance
        sign = self._shown and (self._program_shows if self._shown > 0 else -1)
        if sign <= 0:
            return "worse" if sign else "no significant improvement"
        return "by its own score" if self.scored_by == "program" and not self.trusts_programs else self._better

    @property
    def fails_in_training(self) -> bool:
        """Whether the candidate fails on training inputs, and failures have no value."""
        return not (self.facts.metric.is_score or self.improved is None or self.improved.train.verdict == "ok")

    @computed
    def could_show(self) -> float | None:
        """The smallest change that the comparison would have shown in at least four of five cases: relative for a
        ratio, else in the unit of `change`. Null without an interval, or if no size was asked for."""
        if self.least is None or self.gain is None or self.gain.change.interval is None:
            return None
        resolution = math.log1p(self.gain.metric.resolution) if self.is_ratio else 0.0
        low, high = self.gain.change.interval
        half = (high - low) / 2
        size = half + max(half - resolution, 0.0) * POWER / NormalDist().inv_cdf((1 + self.confidence) / 2)
        return math.expm1(size) if self.is_ratio else size

    @property
    def is_ratio(self) -> bool:
        """Whether the change is a ratio. Otherwise it is a difference."""
        return self.gain is not None and self.gain.scale == "ratio"

    @property
    def asked(self) -> float | None:
        """`least` in the unit of `could_show`. For a score it is that share of the original's score."""
        if self.least is None or self.gain is None or self.is_ratio:
            return self.least
        return self.least * abs(self.gain.before) or self.least

    @property
    def refused(self) -> tuple[RefusedCandidate, ...]:
        """The candidates that fail tests that do not fail for the original."""
        return () if self.tests is None else self.tests.refused

    @property
    def said_of_tests(self) -> str:
        """What the user's tests say of the program that was compared; of recorded calls, too, that no tests were run: calls show
        only a part of what a program does. Empty if no program was compared."""
        if self.improved is None:
            return ""
        if self.tests is not None:
            return self.tests.sentence
        return f"no tests were run ({option('test')})" if self.facts.commands else ""

    @property
    def _better(self) -> Finding:
        return "better on its fixed input" if self.is_fixed else "better"

    @property
    def is_offered(self) -> bool:
        """Whether `strop apply` applies the program without --unproven, because it is better on what the user wants, and removes
        no name."""
        return self.finding in ("better", "a better construction") and not self.removes

    @property
    def is_held_back(self) -> bool:
        """Whether the program measures better and is not offered. `strop apply --unproven` applies it."""
        return not self.is_offered and self.finding in ("better", *_HELD_BACK)

    @property
    def _shown(self) -> int:
        """1 if the improved program measures better, -1 if it measures worse, 0 if neither is shown."""
        return 0 if self.gain is None else {"better": 1, "worse": -1}.get(self.gain.verdict, 0)

    @property
    def has_run(self) -> bool:
        """Whether the recorded commands ran with the improved program, too."""
        return self.whole_program is not None and bool(self.whole_program.metrics)

    @property
    def awaits_program(self) -> bool:
        """Whether the calls are better, and the recorded commands, which run in the jail, are still to run with the program."""
        return self.whole_program is not None and not (self.has_run or self.whole_program.failed) and self._shown > 0

    @cached_property
    def program_gain(self) -> Gain | None:
        """The gain of the whole program in CPU time. None if it was not run with the improved program."""
        return None if self.whole_program is None else program_gain(self.whole_program, self.confidence)

    @property
    def _program_shows(self) -> int:
        """What the whole program says of one whose calls are better: 1 if it is better, -1 if it is worse, 0 if neither is shown.
        Where it did not run, or too few times for an interval, the calls decide, and what loading takes."""
        found = self.program_gain
        if self.whole_program is not None and (self.whole_program.differs or self.whole_program.missed):
            return -1
        if found is None or found.change.interval is None:
            return 0 if self.pays_too_late else 1
        if found.verdict != "no significant change":
            return 1 if found.verdict == "better" else -1
        least, most = (math.exp(-end) for end in reversed(found.change.interval))  # of its time, the original's is 1
        half = self.predicted / 2
        return int(least < 1 - half and most < 1 + half)

    @property
    def is_lost(self) -> bool:
        """Whether the calls are better, and the program is not."""
        return self.gain is not None and self._shown > 0 and self.finding in ("worse", "no significant improvement")

    @property
    def predicted(self) -> float:
        """The share of the program's time that its calls predict to be saved, by their interval's low end. It is never told."""
        interval = None if self.gain is None else self.gain.change.interval
        return 0.0 if interval is None else self.facts.share * (1 - math.exp(-interval[0]))

    @computed
    def loading(self) -> tuple[float, float] | None:
        """Mean time in which the original and the improved program of a function load, in seconds, with what the first call
        takes longer than later ones. Null where that is not measured."""
        rows = ((), ()) if self.improved is None else (self.improved.last.original_metrics, self.improved.last.metrics)
        if not all(rows) or not all(LOADING in row for side in rows for row in side):
            return None
        before, after = (mean([row[LOADING] for row in side]) for side in rows)
        return before, after

    @computed
    def memory(self) -> tuple[float, float] | None:
        """Mean peaks of the memory of the original and of the improved program, in MiB: of the recorded commands where they
        ran with the program, else of what was timed. Null where that is not measured."""
        if self.improved is None or self.facts.metric.reader not in TIMES:
            return None
        measured = self.whole_program if self.whole_program is not None and self.has_run else self.improved.last
        before, after = (means_of(rows).get(MEMORY, 0.0) for rows in (measured.original_metrics, measured.metrics))
        return (before, after) if before and after else None

    @property
    def pays_after(self) -> float:
        """The number of calls after which a faster program has saved what it takes longer to load. 0 if it loads no slower."""
        saved = 0.0 if self.gain is None else self.gain.before - self.gain.after
        before, after = self.loading or (0.0, 0.0)
        return (after - before) / saved if saved > 0 and after > before else 0.0

    @property
    def pays_too_late(self) -> bool:
        """Whether a program saves less in the calls of the recorded commands than it takes longer to load."""
        return self.pays_after > self.facts.made > 0

    @computed
    def scored_by(self) -> ScoredBy:
        """Who computes the score: `host` (strop), `judge` (a command in a jail of its own), `kernel`, or `program` (the
        program's own process)."""
        return self.facts.scored_by

    @computed
    def own_score_because(self) -> str:
        """Why the score is the program's own, in words. Empty if somebody else computes it."""
        return self.facts.own_score_because

    @property
    def scoring(self) -> str:
        """Who computes the score, in words."""
        return self.facts.scoring

    @computed
    def trusts_programs(self) -> bool:
        """Whether the user trusts programs that compute their score themselves (`--trust-programs`)."""
        return self.facts.trusts_programs

    @computed
    def is_fixed(self) -> bool:
        """Whether a lower cost shows nothing, because the original gives the same answer to all inputs."""
        if self.improved is None:
            return False
        answers = {*self.original.train.answers, *self.improved.last.answers}
        is_cost = self.facts.metric.reader in COUNTED_BY_KERNEL
        return holds_back_cost(answers, is_cost=is_cost, is_wanted=self.wants_fixed_input)

    @computed
    def holds_out(self) -> bool:
        """Whether the final comparison is on inputs that the search did not see. False if the target chooses its inputs
        itself, or has no others than those of training."""
        last = (self.improved or self.original).test
        return not (
            self.facts.input == "chosen" or (last is not None and 0 < len(last.scores) <= last.seen_in_training)
        )

    @computed
    def change(self) -> Gain | None:
        """The numbers behind the finding: the change of the metric. Null if nothing was measured, as for a program that
        did not change."""
        if self.gain is None:
            return None
        is_held = self.gain.verdict == "better" and self.finding in _HELD_BACK
        return replace(self.gain, believed=self.finding if is_held else "no significant change" if self.is_lost else "")

    @computed
    def program_change(self) -> Gain | None:
        """The change of the CPU time of the whole program. Null if it was not run with the improved program."""
        return self.program_gain

    @computed
    def report_only(self) -> dict[str, tuple[float, float]]:
        """Scores that are only shown: name → their means for the original and for the improved program, in the final
        comparison."""
        if self.improved is None or self.gain is None:
            return {}
        before, after = means_of(self.improved.last.original_metrics), self.improved.last.means
        return {
            name: (before[name], after[name]) for name in self.facts.report_only if name in before and name in after
        }
