"""Check a task of any form: who computes its score, whether its original repeats, whether spoiled answers are rewarded, and what
its final comparison can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from strop.analysis.stats import mean
from strop.base.budget import Budget
from strop.base.errors import ConfigurationError, ScorerAtLimit, TaskError
from strop.base.events import discard
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation
from strop.base.scorer_notes import shortened
from strop.checks.checked import Checked, CheckProblem
from strop.checks.held_out import held_back, what_can_show
from strop.checks.relay import SOONER, SpoiledAnswers, ignores, no_more, spoiled_answers
from strop.checks.relays import LEAST, HostRelay, Relay, relay_of, to_relay
from strop.core.utility import TaskUtility
from strop.evaluation.base import Order
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.commands.measure import SHOWN
from strop.evaluation.laws import keeps_something
from strop.evaluation.suite import on_original
from strop.evaluation.whole_program import Versions, tried
from strop.evaluation.workers import JailedWorker
from strop.tasks.base import SecretSeeds
from strop.tasks.command.task import AnyTask, scoring_line
from strop.tasks.function.task import OBJECTS

Problems = Iterator[CheckProblem]


def check(
    task: AnyTask,
    evaluator: WithBaselines,
    secret: bytes,
    *,
    step: Callable[[str], None] = lambda line: None,
) -> Checked:
    """The result of checking a task. `step` is called with the name of each step.

    Raises:
        ConfigurationError: an evaluator cannot be kept apart from its program.
        SandboxError: the host could not run a guest.
    """
    all_problems = list[CheckProblem]()
    result = Checked(
        task=task.name,
        scored_by=task.scored_by,
        scoring=scoring_line(task),
        held_out=task.count("test"),
        can_show=what_can_show(task),
    )
    try:
        step("measuring the original")
        secrets = SecretSeeds(secret), None, discard, secret
        utility = TaskUtility(task, "train", *secrets, evaluator=evaluator)
        evaluation = utility.evaluate(task.seed, Budget())
        result = replace(result, value=evaluation.value, metrics=evaluation.means, scores=evaluation.scores)
        all_problems += _of_evaluation(task, evaluation)
        if task.mark is not None and task.mark.is_method:
            what, _, change = OBJECTS.rstrip(".").partition(": ")
            all_problems.append(CheckProblem(what, change.capitalize()))
        if task.test:
            step("running the tests")
            project = task.root if task.mark is None else task.mark.project
            assert project is not None, "only commands and functions have tests"
            try:
                result = replace(result, tests=on_original(evaluator.here, task, project.absolute()).sentence)
            except ConfigurationError as error:
                all_problems.append(CheckProblem(str(error), "", is_broken=True))
        all_problems += _of_program(task, evaluator, step)
        order = evaluator.with_baseline(to_relay(task, secret))
        try:
            problems, spoiled = evaluator.here.run(partial(_spoiled, order=order), step)
        except ScorerAtLimit as error:  # it ended its process, on one spoiled answer or a later one
            problems, spoiled = [CheckProblem(no_more(str(error)), SOONER)], SpoiledAnswers(1)
        result, all_problems = replace(result, kinds_tried=spoiled.tried), all_problems + problems
    except TaskError as error:
        printed = "\n".join(getattr(error, "__notes__", ()))
        all_problems.append(CheckProblem(str(error).removesuffix(SHOWN), "", is_broken=True, printed=printed))
    return replace(result, problems=tuple(sorted(all_problems, key=lambda problem: not problem.is_broken)))


def _of_program(task: AnyTask, evaluator: WithBaselines, step: Callable[[str], None]) -> Problems:
    """Why the recorded commands cannot be compared as a whole program."""
    if task.mark is not None and task.facts.commands:
        step("running the recorded command in the jail, twice")
        commands = () if task.recorded is None else task.recorded.commands
        of_original = Versions(task.mark.project.absolute(), {}, {}, commands)
        runs = tried(evaluator.here, task, of_original)
        if runs.failed or not runs.is_compared:
            yield CheckProblem(f"the recorded command {runs.in_words}", "")


def _spoiled(worker: JailedWorker, order: Order) -> tuple[list[CheckProblem], SpoiledAnswers]:
    """What further runs of the original, and its spoiled answers, show."""
    with relay_of(worker, order) as relay:
        problems = [*_of_runs(worker.task_of(order), relay)]
        worker.step("giving the scorer wrong answers")
        spoiled = spoiled_answers(relay)
        return [*problems, *_of_scorer(worker.task_of(order), relay, spoiled)], spoiled


def _of_evaluation(task: AnyTask, evaluation: Evaluation) -> Problems:
    """What one evaluation of the original shows."""
    if evaluation.verdict != "ok":
        reason = evaluation.error.partition("\n")[0]
        dies = not task.can_start(evaluation)
        better = "A program that fails on none is better already"
        yield CheckProblem(
            f"the original {'does not run' if dies else 'fails'} ({reason})",
            "Repair it" if dies else better,
            is_broken=dies,
        )
    if evaluation.unseen:
        yield CheckProblem(evaluation.unseen, "A program that leaves something else there can be called better")
    if problem := held_back(task, evaluation):
        yield problem


def _of_runs(task: AnyTask, relay: Relay) -> Problems:
    """The problems that further runs of the original show: two with the same random numbers, and in the host one with others."""
    if isinstance(relay, HostRelay) and relay.timed is not None and not relay.timed.isolate:
        cold, warm = relay.first_and_later()
        if keeps_something(cold, warm):
            yield CheckProblem(
                f"the function keeps something between calls: one takes {plain(1000 * cold)} ms in a new process, and "
                f"{plain(1000 * warm)} ms after many others; what is timed follows one call of a new process",
                'To time first calls, give isolate="instance"',
            )
    first = relay.run if isinstance(relay, HostRelay) else relay.run_again()
    again = relay.run_again()
    runs = [first, again, *([relay.run_again("check/other")] if isinstance(relay, HostRelay) else [])]
    if where := _differing(first.answers, again.answers):
        yield CheckProblem(
            f"the original gives other answers when it runs again with the same seed, {where}",
            "No replay will match; draw from the seed alone",
        )
    if isinstance(relay, HostRelay) and relay.draws_one_input and not task.fixed_input:
        yield CheckProblem("all instances have one and the same input", "Draw it from the rng that sample() gets")
    is_scorers = any(first.answers) and not where and first.metrics != again.metrics
    for name in dict.fromkeys(name for run in runs for row in run.metrics for name in row):
        values = [[row[name] for row in run.metrics if name in row] for run in runs]
        means = [mean(row) for row in values if row]
        if (luck := max(means) - min(means)) > LEAST:
            inputs = quantity(len(values[0]), "input")
            spread = f"{plain(min(means))} to {plain(max(means))} in {len(runs)} runs on the same {inputs}"
            whose = "equal answers" if is_scorers else "the original"
            yield CheckProblem(
                f"the {name} of {whose} varies: {spread}", f"A gain of less than {plain(luck)} may be luck"
            )
    if first.notes != again.notes:
        pair = next(((one, other) for one, other in zip(first.notes, again.notes, strict=False) if one != other), None)
        quoted = " and ".join(repr(shortened(note, 60)) for note in pair or (first.notes[-1:] + again.notes[-1:]))
        yield CheckProblem(
            f"notes differ from run to run with the same seed ({quoted}), so that a replay will not match",
            "Leave times, random numbers and temporary paths out of notes and artifacts",
        )


def _differing(first: Sequence[str], again: Sequence[str]) -> str:
    """The instances on which answers differ, in words; empty if there are none."""
    if len(first) != len(again):
        return f"and fails on {abs(len(first) - len(again))} of them"
    where = [str(index) for index, (one, other) in enumerate(zip(first, again, strict=True)) if one != other]
    return f"on instance {', '.join(where[:5])}{' and others' if where[5:] else ''}" if where else ""


def _of_scorer(task: AnyTask, relay: Relay, spoiled: SpoiledAnswers) -> Problems:
    """The problems that the scores of spoiled answers and of a missing program show."""
    if spoiled.paid:
        yield CheckProblem(
            f"a spoiled answer is rewarded: {spoiled.paid}",
            "Change the scorer so that it refuses such an answer",
            is_broken=True,
        )
    if relay.broke:
        yield CheckProblem(relay.broke, "Declare strop.Answer, and normalise the score", is_broken=True)
    if relay.failed:
        yield CheckProblem(
            f"on a spoiled answer, {relay.failed}, which counts as malformed",
            "Declare strop.Answer, or raise strop.Malformed",
        )
    if spoiled.limit:  # so it reads answers, and would wait as long for none at all
        yield CheckProblem(spoiled.limit, SOONER)
    elif ignores(relay):
        yield CheckProblem(
            "the scorer does not look at the program: without one, it gives the same score",
            "Let it read what the program answers, and give a wrong answer 0",
            is_broken=True,
        )
