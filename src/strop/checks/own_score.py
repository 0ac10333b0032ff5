"""Whether a program can make its own score: its scorer runs in its process, or believes what it prints or writes.

Tried before anything is paid for, with programs that print what the original printed, with a better score, and end
(docs/design/0093-scores-of-the-programs-own.md).
"""

from __future__ import annotations

from pathlib import PurePosixPath

from strop.base.console import notify
from strop.base.pluralize import quantity
from strop.checks.attack import Attack, attacks
from strop.checks.candidates import Given, candidate, forged_files, forged_output, forged_values, is_of
from strop.checks.command_bench import CommandBench
from strop.evaluation.commands.program_copy import CopyRun
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.pass_rate import test_counts
from strop.tasks.command.task import is_counted

BELIEVED = "a program that only prints a better score is believed"
WRITTEN = "a program that only writes a better score into {} is believed"
UNTRIED = "strop cannot try whether {} could print a better score itself"
NOT_BUILT = "strop could not try whether {} could print a better score itself ({})"
MARK = "\nstrop: this program prints nothing else\n"
"""At the end of a forged output, where nothing else tells it from the original's."""
TOLD_SECONDS = 2.0
"""A run that takes longer is worth a line."""
_HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inc")


def own_score(bench: CommandBench, original: CopyRun) -> str:
    """Why a program of this task could make its score itself; empty if nothing shows that.

    `original`: a run of the original. A score that the kernel counts is never the program's own. Evaluators have
    `terms_of` for this question.
    """
    task = bench.task
    if is_counted(task):
        return ""
    tried = [attack for attack in attacks("command") if attack.kind == "forged" and attack.language]
    trial = _Trial(bench, original)
    fitting = [attack for attack in tried if trial.candidate(attack) is not None]
    if original.wall_seconds > TOLD_SECONDS and fitting:
        notify(f"trying whether a program could print its own score: up to {quantity(len(fitting) + 1, 'run')}")
    for attack in fitting:
        if reason := trial.reason(attack):
            return reason
    untried = next((path for path, text in task.files.items() if not _is_covered(path, text, fitting)), None)
    return trial.not_built or ("" if untried is None else UNTRIED.format(untried))


def _is_covered(path: str, text: str, fitting: list[Attack]) -> bool:
    languages = {attack.language for attack in fitting}
    is_header = PurePosixPath(path).suffix in _HEADERS and bool(languages & {"c", "c++"})
    return is_header or any(is_of(language, path, text) for language in languages)


class _Trial:
    """Programs that forge the score of one run of the original."""

    def __init__(self, bench: CommandBench, original: CopyRun) -> None:
        self._bench, self._task, self._original = bench, bench.task, original
        self._values = forged_values(bench.task.objective, original.values)
        self._given = self._gave()
        self.not_built = ""
        """Why no attack ran; empty if one did."""

    def candidate(self, attack: Attack) -> dict[str, str] | None:
        """The files of an attack; None if it does not apply."""
        return candidate(attack, self._task.files, self._given)

    def reason(self, attack: Attack) -> str:
        """Why the score is the program's own, if this attack is believed; else empty."""
        files = self.candidate(attack)
        assert files is not None
        with self._bench.copy(files) as copy:
            failed = copy.build()
            if failed is not None:
                self.not_built = NOT_BUILT.format(next(iter(self._task.files)), failed.error.partition("\n")[0])
                return ""
            run = copy.run(self._bench.seed(), 0).like(self._original.readings)
        self.not_built = ""
        if not self._is_believed(run):
            return ""
        return WRITTEN.format(next(iter(self._given.documents))) if self._given.documents else BELIEVED

    def _gave(self) -> Given:
        """What the attacks are given: the output and the files of the original, with a better score."""
        task, objective = self._task, self._task.objective
        contents: dict[str, str] = {}
        if task.result_files:
            with self._bench.copy(task.files) as copy:
                if copy.build() is None:
                    copy.run(self._bench.seed(), 0)
                left = {path: copy.left(path) for path in task.result_files}
                contents = {path: text.decode("utf-8", "replace") for path, text in left.items() if text is not None}
        output = self._original.output + self._summary
        printed = forged_output(objective, self._values, output)
        if not self._tells and not task.compare_output:
            printed = f"{printed or output}{MARK}"
        return Given(printed, forged_files(objective, self._values, contents), printed or output, (), 0, ())

    @property
    def _summary(self) -> str:
        """That all tests pass, if their summary is not on standard output, as unittest's."""
        ran = [sum(reading.tests) for reading in self._original.readings.values() if reading.tests]
        is_there = any(map(any, test_counts(self._original.output)))
        return "" if not ran or is_there else f"\nRan {ran[0]} tests in 0.001s\n\nOK\n"

    @property
    def _tells(self) -> bool:
        """Whether a forged value differs from the original's, so that it is known when it is read."""
        return any(value != self._original.values[name] for name, value in self._values.items())

    def _is_believed(self, run: CopyRun) -> bool:
        expected, found = self._original.behaviour, run.behaviour
        if not run.values or _differs(expected, found):
            return False
        if not self._tells:
            return MARK.strip() in run.output
        return all(_equal(run.values[name], value) for name, value in self._values.items())


def _differs(expected: Behaviour | None, found: Behaviour | None) -> bool:
    return expected is not None and found is not None and bool(expected.difference(found, quoted=False))


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-4 * max(abs(one), abs(other))
