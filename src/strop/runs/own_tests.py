"""The user's tests in `strop improve`: they run on the original, and on each program that is to be compared with it.

Recorded runs of the tests are not repeated, so that a resumed run or a replay decides as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from strop.base.budget import Budget
from strop.base.events import SuiteRan
from strop.base.results import OtherTests, fields_of
from strop.base.solution import NAMED_BY, digest_of
from strop.evaluation.suite import failing, on_candidate, on_original
from strop.runs.kept import kept_tree
from strop.runs.patching.source_files import SourceFiles
from strop.runs.scopes import ORIGINAL_TESTS
from strop.tasks.versions import differing

if TYPE_CHECKING:
    from strop.evaluation.pool import WorkerPool
    from strop.runs.context import RunContext


def tested_original(context: RunContext, original: SourceFiles) -> SuiteRan:
    """Run the tests twice on the original, and record which tests passed both times, and why the others did not.

    Raises:
        ConfigurationError: no test passed both times.
        SandboxError: the host failed.
    """
    if (suite := context.host.past.suites.get(digest_of(original.program))) is None:
        context.observer.say("running your tests on the original, twice")
        result = on_original(worker_pool(context), context.parts.task, kept_project(context))
        suite = SuiteRan(
            scope=ORIGINAL_TESTS,
            solution=original.program,
            passed="\n".join(sorted(result.passed)),
            count=len(result.passed),
            exits=result.exits,
            wall_seconds=result.seconds,
            **fields_of(OtherTests, result),
        )
    context.record(suite)
    return suite


def tested_candidate(
    context: RunContext, original: SourceFiles, program: str, before: SuiteRan, budget: Budget
) -> SuiteRan:
    """Run the tests on a program, and record which tests fail that did not fail `before`. `budget` is that of the program's
    comparison.

    Raises:
        SandboxError: the host failed.
    """
    if (suite := context.host.past.suites.get(digest_of(program))) is None:
        context.observer.say("running your tests on the candidate")
        task = context.parts.task
        laid = laid_over(context, original, program)
        run = on_candidate(worker_pool(context), task, kept_project(context), laid, before.wall_seconds)
        passed, skipped = before.passed.split("\n"), before.skipped_names
        fails = failing(run, passed, skipped, exits=before.exits, command=task.test)
        suite = SuiteRan(
            scope=budget.child("improved").child("tests").child(digest_of(program)[:NAMED_BY]).path,
            solution=program,
            passed="\n".join(sorted(run.passed)),
            count=len(run.passed),
            exits=run.is_ok,
            failing=fails,
            detail=run.detail,
            output=run.output if fails else "",
            wall_seconds=run.seconds,
        )
    context.record(suite)
    return suite


def laid_over(context: RunContext, original: SourceFiles, program: str) -> Mapping[str, str]:
    """The files of a program that differ from those of the project: path → text."""
    task, files = context.parts.task, original.written(program)
    if not original.command and len(files) == 1 and task.mark is not None:
        module_path = Path(task.mark.program_module.file).relative_to(task.mark.project)
        files = {str(module_path.with_name(name)): text for name, text in files.items()}
    return differing(kept_project(context), files, is_version=original.is_version)


def kept_project(context: RunContext) -> Path:
    """The copy of the project in the record, which the user's edits do not change."""
    return (context.parts.task.root or kept_tree(context.folder)).absolute()


def worker_pool(context: RunContext) -> WorkerPool:
    """The workers of this machine."""
    assert context.parts.evaluator is not None
    return context.parts.evaluator.here
