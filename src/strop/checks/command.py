"""Check a task that a command scores: its original, run several times, and the score of each attack.

An attack is compared with the original's own runs. It pays if three runs of it are each better than the best of them by more
than three of their standard deviations.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from strop.base.pluralize import plain
from strop.base.scorer_notes import PREFIX
from strop.checks.answer_parts import APPLIES
from strop.checks.attack import Attack
from strop.checks.candidates import Given, candidate, forged_files, forged_output, forged_values, is_of
from strop.checks.carried import Carriage, carried
from strop.checks.carrier import ANSWERED, ASKS, RAISES
from strop.checks.command_bench import CommandBench
from strop.checks.command_original import CommandOriginal, examine_original, sentence
from strop.checks.findings import KINDS, Finding, Level, new_finding
from strop.checks.own_clock import follows_own_clock
from strop.checks.own_score import own_score
from strop.checks.sampled import MARK, remove_files
from strop.checks.seed import deviation
from strop.checks.spoilers import MARK as RAN
from strop.checks.spoilers import SPOILERS
from strop.checks.verdicts import AS_GOOD, LEAST_GAIN, NOT_TRIED, AttackResult, Verdict, tolerated, variant_in_words
from strop.evaluation.commands.apart import SHARING
from strop.evaluation.commands.program_copy import CopyRun
from strop.evaluation.commands.trial import terms_of
from strop.tasks.command.task import CommandTask, is_counted
from strop.tasks.command.tree import listed

AGAIN = 3
"""Runs of an attack that seems to pay."""
SEVERAL = 3.0
"""Standard deviations of the original by which its runs must be better."""
OTHERS = 5
"""Seeds with which it is asked what the original prints."""
NO_LANGUAGE, NOT_CALLED = (
    "no file is in a language whose answers can be spoiled",
    "no function is called, and no output is read",
)
NOT_FINITE = ("nan", "infinity")
"""Spoilers that need one variant each where strop refuses their answers itself."""
NOTHING_LEFT = ("gone", "part", "nothing")
"""Kinds of attacks that pay if they score as well as the original."""
EQUAL = {"unseen": "C311", "near": "C312"}
"""What is found, by kind, if an answer that surely differs scores as the original's does."""
IMPLAUSIBLE = {"trivial": 10.0, "size": 1.25, "told": 1.25}
"""An answer that may be right is a hole if it is so many times better than the original's, by kind."""


@dataclass
class Outside:
    """What shows that a program came out of its copy: a port that is listened on, and files that must not exist."""

    port: int
    paths: tuple[str, ...]
    connected: bool = False

    def traces(self, name: str) -> str:
        """What an attack of this name left; empty for nothing. Removes files that it left."""
        if self.connected:
            return f"{name}: a program connected to a port of this machine"
        left = remove_files(self.paths)
        return f"{name}: a program wrote {left[0]}" if left else ""


@contextmanager
def outside(root: Path) -> Iterator[Outside]:
    """Listen on a port, and name files in the home folder, beside the original, in the temporary folder and in the root."""
    folders = dict.fromkeys((Path.home(), root.resolve(), Path(tempfile.gettempdir()), Path("/")))
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        around = Outside(server.getsockname()[1], tuple(str(folder / MARK) for folder in folders))

        def listen() -> None:
            with suppress(OSError):  # closed
                while True:
                    server.accept()[0].close()
                    around.connected = True

        threading.Thread(target=listen, daemon=True).start()
        yield around


@dataclass
class CommandSubject:
    """A command task to examine and then to attack."""

    bench: CommandBench
    around: Outside
    facts: CommandOriginal = field(init=False)
    _spoils: bool = False
    """Whether spoiled answers were tried."""
    own: bool = False
    """Whether the program can print or write its own score; then what it prints and writes is not spoiled."""
    only_gains: bool = False
    """Whether it does not matter that a spoiled answer is as good as the original's."""

    def __post_init__(self) -> None:
        self.facts = CommandOriginal(self.task, ())

    @property
    def task(self) -> CommandTask:
        return self.bench.task

    @property
    def in_turns(self) -> bool:
        """Whether times count, so that nothing may run beside an attack."""
        return self.task.by_time

    def examine(self, repeat: int, pool: Executor, notify: Callable[[str], None]) -> tuple[list[Finding], bool]:
        """(what is wrong, whether attacks make sense)."""
        notify(f"the original, {repeat} times with one seed and {repeat} times with others")
        self.facts = facts = examine_original(self.bench, repeat, None if self.in_turns else pool)
        if facts.first is None or any(one.level == "broken" for one in facts.findings):
            return list(facts.findings), False
        reason, clock = self._own_score(facts.first, notify), ""
        if self.task.parties is not None and not reason:
            notify("the evaluator's clock")
            clock = follows_own_clock(self.bench, facts.first)
        found = {"C412": reason, "C422": clock}
        return [*facts.findings, *(new_finding(name, detail) for name, detail in found.items() if detail)], True

    def _own_score(self, original: CopyRun, notify: Callable[[str], None]) -> str:
        """Why a program could make its score itself; empty if nothing shows that. Says what attacks have to get past."""
        bench = self.bench
        if self.task.parties is None:
            notify("programs that print a better score themselves")
            reason = own_score(bench, original)
            self.own = bool(reason)
            return reason
        notify("the evaluator, apart from the program")
        bench.terms = terms_of(self.task, bench.seed(), bench.workspaces, bench.notes, None)
        shares = bench.terms.shared_because and not is_counted(self.task)
        return SHARING.format(bench.terms.shared_because) if shares else ""

    def variants(self, attack: Attack) -> Sequence[object]:
        """Those of spoiled answers that apply; other attacks on a command have one."""
        if attack.spoils and attack.kind not in (*NOTHING_LEFT, *EQUAL) and not self._may_gain:
            return ()
        if attack.kind in EQUAL and self.in_turns:
            return ()
        if attack.name == "among_others":
            return attack.variants if self._others else ()
        if not attack.spoils or not self._applying:
            return attack.variants[:1] if attack.kind in EQUAL else attack.variants
        flags = dict(
            zip(
                ((one.name, variant) for one in SPOILERS.values() for variant in one.variants),
                self._applying,
                strict=True,
            )
        )
        found = [variant for variant in attack.variants if flags[attack.name, variant]]
        return found[:1] if attack.name in NOT_FINITE and self._refuses_not_finite else found

    @property
    def _refuses_not_finite(self) -> bool:
        """Whether strop refuses numbers that are not finite before the evaluator sees them."""
        parties, terms = self.task.parties, self.bench.terms
        return parties is not None and not parties.allow_nan and terms.refuses_not_finite

    def attack(self, attack: Attack, variant: object) -> AttackResult:
        """Try an attack, and judge it."""
        if attack.spoils:
            return replace(self._spoil(attack, variant), variant=variant_in_words(variant))
        files = candidate(attack, self.task.files, self.given)
        if files is None:
            return AttackResult(attack, "refused", 0.0, f"{NOT_TRIED}: {self._why_not(attack)}")
        runs = self._run(files, 1)
        if attack.kind == "outside" and (traces := self.around.traces(attack.name)):
            return _result(attack, "broken", 0.0, traces)
        utilities, original = self._utilities(runs), self.facts.utilities
        if not utilities:
            return AttackResult(attack, "refused", 0.0, self._refusal(runs[0]))
        if _pays(attack, utilities, original) and attack.kind != "nothing":
            again = self._utilities(self._run(files, AGAIN - 1))
            utilities = [*utilities, *again] if len(again) == AGAIN - 1 else []
            if self.in_turns:  # the machine may be quicker than it was when the original ran
                original = (*original, *self._utilities(self._run(self.task.files, AGAIN)))
        if not utilities or not _pays(attack, utilities, original):
            first = utilities[0] if utilities else 0.0
            return AttackResult(attack, "harmless", first, "it is scored, and gains nothing")
        if failed := self.bench.failed_test(files):
            return AttackResult(attack, "refused", 0.0, self._refusal(failed))
        values = ", ".join(f"{name} {plain(value, 6)}" for name, value in runs[0].values.items())
        detail = f"{attack.title}: {values}, where the original has {self.facts.summary}"
        return _result(attack, "suspicious" if attack.kind == "forged" else "broken", utilities[0], detail)

    def _spoil(self, attack: Attack, variant: Any) -> AttackResult:
        """Give the original's own answers back, spoiled."""
        self._spoils = True
        files = self._spoiled(attack.name, variant, must_change=attack.kind in NOTHING_LEFT)
        if files is None or not self._answers_count:
            why = NO_LANGUAGE if files is None else NOT_CALLED
            return AttackResult(attack, "refused", 0.0, f"{NOT_TRIED}: {why}")
        runs = self._run(files, 1)
        ran = any(RAN in note for note in runs[0].notes)
        utilities, original = self._utilities(runs), self.facts.utilities
        if not utilities and not ran:
            return AttackResult(attack, "refused", 0.0, self._refusal(runs[0]))
        if (
            not ran
            and attack.kind not in ("gone", "moved")
            and _pays(attack, utilities, original)
            and not self.facts.deterministic
        ):
            again = self._utilities(self._run(files, AGAIN - 1))
            utilities = [*utilities, *again] if len(again) == AGAIN - 1 else []
        is_near = attack.kind == "near"  # a better one may be right
        pays = ran or (bool(utilities) and not is_near and (self.in_turns or _pays(attack, utilities, original)))
        if pays and not ran and (failed := self.bench.failed_test(files)):
            return AttackResult(attack, "refused", 0.0, self._refusal(failed))
        level = KINDS["C421" if ran else attack.finding].level
        if pays and attack.kind == "moved":
            delta, *where = variant
            level = tolerated(lambda by: self._gains(attack.name, (by, *where)), delta) or "broken"
            pays = level != "broken"
        first = utilities[0] if utilities else 0.0
        same = (
            not pays
            and attack.kind in EQUAL
            and not self.in_turns
            and not self.only_gains
            and self._is_as_good(attack.name, variant, utilities)
        )
        if not pays and not same:
            return AttackResult(attack, "harmless", first, "it is scored, and gains nothing")
        found = "C421" if ran else EQUAL[attack.kind] if same else attack.finding
        how = attack.title if variant is None else f"{attack.title} ({variant})"
        detail = f"{how}: {self._beside(runs[0].values, 12 if attack.kind == 'moved' else 6)}"
        finding = new_finding(found, detail, None if same else level, (attack.name,))
        verdicts: dict[Level, Verdict] = {"broken": "broken", "warning": "suspicious", "note": "harmless"}
        return AttackResult(attack, verdicts[finding.level], first, detail, finding)

    def _beside(self, values: Mapping[str, float], digits: int) -> str:
        """The values of an attack and the original's, as text."""
        shown, honest = (
            ", ".join(f"{name} {plain(value, digits)}" for name, value in of.items())
            for of in (values, self.facts.values)
        )
        return f"{shown or 'its code ran'}, where the original has {honest}"

    def _gains(self, name: str, variant: object) -> bool:
        """Whether a spoiled answer is better than the original's."""
        files = self._spoiled(name, variant, must_change=False)
        utilities = self._utilities(self._run(files, 1)) if files else ()
        return any(one > max(self.facts.utilities) for one in utilities)

    def _is_as_good(self, name: str, variant: object, utilities: Sequence[float]) -> bool:
        """Whether answers that are surely spoiled score exactly as the original's do, with this seed and with another."""
        files = self._spoiled(name, variant, must_change=True)
        if (
            not self.facts.deterministic
            or not utilities
            or abs(min(utilities) - min(self.facts.utilities)) > 1e-12  # a better one may be right
            or files is None
        ):
            return False
        expected = [self.facts.same[0], *(self.facts.others[:1] if self.facts.seed_matters else ())]
        found = [self._run(files, 1, seed)[0].values for seed in range(len(expected))]
        return all(found) and found[-1] == expected[-1] and self.bench.failed_test(files) is None

    def _spoiled(self, name: str, variant: object, *, must_change: bool) -> dict[str, str] | None:
        results, task = self.task.result_files, self.task
        others = self._others if name == "among_others" else ()
        return carried(name, variant, task.files, Carriage(not self.own, results, must_change, others))

    @property
    def _may_gain(self) -> bool:
        """Whether other answers could have a better score: not a better time, and no better share of tests than all."""
        readers, values = self.task.objective.readers, self.facts.values
        metrics = [metric.name for metric in self.task.objective.metrics]
        return not self.in_turns and not all(
            readers[name] in ("tests", "passed") and values[name] >= 1 for name in metrics
        )

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        """The notes of a run of the original that says which spoilers apply to its answers."""
        files = self._spoiled(ASKS, None, must_change=False)
        if not files:
            return ()
        run = self._run(files, 1)[0]
        apart = (line.strip() for line in run.tail.splitlines())  # of a program that is apart, notes are output
        return (*run.notes, *(line.removeprefix(PREFIX) for line in apart if line.startswith(PREFIX)))

    @cached_property
    def _applying(self) -> list[bool]:
        """For each variant of each spoiler whether it applies to an answer of the original; empty if that is not known."""
        said = [note.removeprefix(APPLIES).strip() for note in self._asked if note.startswith(APPLIES)]
        whole = [flags for flags in said if len(flags) == sum(len(one.variants) for one in SPOILERS.values())]
        return ["1" in flags for flags in zip(*whole, strict=True)]

    @cached_property
    def _others(self) -> list[str]:
        """What a script of the program prints with other seeds, if it is short."""
        files = self._spoiled(ASKS, None, must_change=False)
        if not files or not any(note.startswith(ANSWERED) for note in self._asked):
            return []
        said = [note for seed in range(1, OTHERS + 1) for note in self._run(files, 1, seed)[0].notes]
        texts = [bytes.fromhex(note.removeprefix(ANSWERED)).decode() for note in said if note.startswith(ANSWERED)]
        return sorted({text for text in texts if text.strip()})

    @cached_property
    def _answers_count(self) -> bool:
        """Whether the score is worse, or none, if every function raises and nothing is printed."""
        files = self._spoiled(RAISES, None, must_change=True)
        utilities = self._utilities(self._run(files, 1)) if files else []
        as_good = bool(utilities) and (self.in_turns or _as_good(utilities, self.facts.utilities))
        return files is not None and not (as_good and self.bench.failed_test(files) is None)

    def after(self) -> list[Finding]:
        """Whether the answers count."""
        if not self._spoils or self._answers_count or not self._spoiled(RAISES, None, must_change=True):
            return []
        if self._applying:
            detail = "a program that ends with exit status 1, or all of whose functions raise, scores as well"
            return [new_finding("C411", detail)]
        detail = (
            "the score is the same if every function of the program raises and nothing is printed: nothing was spoiled"
        )
        return [new_finding("C106", detail)]

    @cached_property
    def given(self) -> Given:
        """What an attack is given of the task."""
        objective, original = self.task.objective, self.facts
        values = forged_values(objective, original.values)
        others = tuple(path for path in listed(self.task.root) if path not in self.task.files)
        printed, files = forged_output(objective, values, original.output), forged_files(objective, values)
        output = printed or original.output
        return Given(printed, files, output, others, self.around.port, self.around.paths)

    def _run(self, files: Mapping[str, str], times: int, instance: int = 0) -> list[CopyRun]:
        return [self._compared(run.like(self.facts.readings)) for run in self.bench.run(files, times, instance)]

    def _compared(self, run: CopyRun) -> CopyRun:
        """A run that behaves differently from the original is malformed, as in strop improve."""
        if run.behaviour is None or not self.facts.shown:
            return run
        difference = self.facts.shown[0].difference(run.behaviour, quoted=True)
        return replace(run, verdict="malformed", error=difference, values={}) if difference else run

    def _utilities(self, runs: Sequence[CopyRun]) -> list[float]:
        """Utilities of the runs that meet the constraints."""
        objective = self.task.objective
        counted = [run.values for run in runs if run.values and not objective.unmet(run.values)]
        return [objective.utility(values, self.facts.values) for values in counted]

    def _refusal(self, run: CopyRun) -> str:
        unmet = self.task.objective.unmet(run.values) if run.values else ""
        return f"malformed: {unmet}" if unmet else f"{run.verdict}: {sentence(run)}"

    def _why_not(self, attack: Attack) -> str:
        files, language = self.task.files, attack.language
        if language != "any" and not any(is_of(language, path, text) for path, text in files.items()):
            return f"no file is of the language {language}"
        if attack.kind != "forged":
            return "it changes no file"
        return "the score is read from no file" if attack.name == "results_file" else "no score is printed"


def _pays(attack: Attack, utilities: Sequence[float], original: Sequence[float]) -> bool:
    """Whether every run of the attack is better than every run of the original by `SEVERAL` of its standard deviations; for an
    answer that is gone, whether it is as good; for one that may be right, whether it is implausibly much better."""
    spread = SEVERAL * (deviation(original) or 0.0)
    if attack.kind in NOTHING_LEFT:
        return _as_good(utilities, original, AS_GOOD if attack.kind == "part" else 1.0)
    if times := IMPLAUSIBLE.get(attack.kind):
        return min(utilities) > times / (1 + times)
    return min(utilities) > max(original) + (spread or (LEAST_GAIN if attack.kind == "moved" else 1e-9))


def _as_good(utilities: Sequence[float], original: Sequence[float], share: float = 1.0) -> bool:
    return min(utilities) >= share * min(original) - SEVERAL * (deviation(original) or 0.0) - 1e-9


def _result(attack: Attack, verdict: Verdict, utility: float, detail: str) -> AttackResult:
    return AttackResult(attack, verdict, utility, detail, new_finding(attack.finding, detail, attacks=(attack.name,)))
