"""strop compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.options.commands import CompareOutputOptions, DryRun, MaybeTarget, Scored, Settings, scoring_of
from strop.options.run import OPTIONS, ComparisonOptions, EnvironmentOptions, Rare, Switch, Whole
from strop.options.scoring import ScoringOptions

if TYPE_CHECKING:
    from strop.api.job import Job
    from strop.runs.results.improved import Improved, Unfinished
    from strop.runs.results.program import ImprovedProgram
    from strop.runs.results.suite import ComparedSuite

FAILED = 6
"""Exit code: the comparison has the result that `--fail-on` names."""
FailOn = Literal["worse", "not-better"]


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class VersionOptions:
    """Which versions are compared, on what, and what is done about the result."""

    with_: Annotated[Path | None, Parameter(name="--with")] = None
    """The change: a file with the new text, a patch, or a folder."""
    base: str = ""
    """The original: a commit, such as HEAD or origin/main."""
    suite: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Benchmarks that are compared, in place of TARGET: a folder or file of asv, of pytest-benchmark, or of scripts. After
    `::` may stand a part of the names of the scenarios that are wanted. Commands of --record are scenarios, too. May be
    given several times."""
    fail_on: FailOn | None = None
    """Exit with 6 if the change is worse, or unless it is better. That is `worse` or `not-better`."""
    bisect: Annotated[bool, Switch, Rare] = False
    """For `git bisect run`: as --fail-on worse, and 125 where a commit cannot be compared, so that git skips it."""
    aa: Annotated[bool, Switch, Rare] = False
    """Compare the original with itself first. A line says what that shows: it is what noise alone does here."""


def compare_command(
    target: MaybeTarget = "",
    /,
    *,
    versions: VersionOptions = VersionOptions(),
    seed: Annotated[Whole | None, Rare] = None,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    comparison: ComparisonOptions = ComparisonOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: CompareOutputOptions = CompareOutputOptions(),
    dry_run: Annotated[DryRun, Rare] = False,
) -> int:
    """Compare a change that exists with the original. No language model is asked, and nothing searches.

    With --with, the original is the work tree, and the change is what --with names. With --base, the original is that commit,
    and the change is the work tree. Without TARGET, the command of --record is measured with the change and without, and so are
    the functions that the change touches and that take the command's time.

    The exit code is 0 whatever is found. With --fail-on it is 6 if the change is worse, or if it is not shown to be better.

    Parameters
    ----------
    seed
        Seed of all random draws, used together with this machine's key. By default it is random.
    """
    from functools import partial

    from strop.cli.command import command
    from strop.runs.patching.sides import NothingDiffers

    fail_on = versions.fail_on or ("worse" if versions.bisect else None)
    try:
        job = _job(target, versions, scoring_of(scored, settings), (comparison, environment), seed)
    except NothingDiffers as error:
        if fail_on is None or output.as_json:
            raise
        return _print_no_difference(str(error), fail_on, as_markdown=output.as_markdown)
    if versions.aa and not (dry_run or versions.suite):
        job = _after_itself(job, quiet=output.quiet)
    return command(job, output, output.out, dry_run=dry_run, code=partial(code_of, fail_on))


def _after_itself(job: Job[Any], *, quiet: bool) -> Job[Any]:
    """The job, with a line on what comparing the original with itself shows, in a record of its own."""
    from dataclasses import replace

    from strop.api.comparison import itself_job
    from strop.api.job import perform
    from strop.cli.commands.output import notify

    line = f"the original beside itself: {perform(itself_job(job)).sentence}"
    if not quiet:
        notify(line)
    return replace(job, meta=replace(job.meta, said=(*job.meta.said, line)))


def _job(
    target: str,
    versions: VersionOptions,
    options: dict[str, object],
    groups: tuple[ComparisonOptions, EnvironmentOptions],
    seed: int | None,
) -> Job[Any]:
    """The comparison of a target, of suites and commands, or of the program that the command of --record runs."""
    from strop.api.comparison import compare_job, compare_spec, target_and_change
    from strop.api.program import program_job, the_command
    from strop.options.scoring import texts_of

    base, with_, suite = versions.base, versions.with_, versions.suite
    if suite or (not target and len(texts_of(cast("Any", options.get("record", ())))) > 1):
        from strop.api.suite import suite_job

        if target:
            raise ConfigurationError(f"--suite takes the place of a target: leave {target} out")
        return suite_job(compare_spec("suite", *groups, seed=seed), suite, options, base, with_)
    spec = compare_spec(target or the_command(options), *groups, seed=seed)
    if target:
        return compare_job(spec, *target_and_change(target, options, with_, base))
    return program_job(spec, options, base=base, with_=with_)


def _print_no_difference(reason: str, fail_on: FailOn, *, as_markdown: bool) -> int:
    """Print that nothing differs, and return the exit code: the change is neither worse nor better."""
    from strop.base.console import results_stream
    from strop.base.terminal_text import escape
    from strop.report.markdown import SENTENCE, prose

    sentence = f"No difference: {reason}."
    line = f"**{prose(sentence, SENTENCE)}**" if as_markdown else escape(sentence, SENTENCE)
    results_stream().write(f"{line}\n")
    return FAILED if fail_on == "not-better" else 0


def code_of(fail_on: FailOn | None, result: Improved | Unfinished | ImprovedProgram | ComparedSuite) -> int:
    """The exit code of a comparison."""
    is_better = result.finding in ("better", "a better construction")
    fails = {"worse": result.finding in ("worse", "not all measured"), "not-better": not is_better}
    return FAILED if fail_on is not None and fails[fail_on] else 0
