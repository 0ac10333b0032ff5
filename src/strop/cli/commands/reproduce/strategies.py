"""strop reproduce strategies."""

from __future__ import annotations

import os
from contextlib import closing

from strop.base.errors import ConfigurationError
from strop.base.solution import digest_of
from strop.cli.commands.options import Json, Models, Whole, protections
from strop.cli.commands.output import notice_of
from strop.cli.commands.reproduce.asking import WORKERS, record_of, recorder
from strop.cli.commands.reproduce.options import DEFAULT_SCALE, ScaleOptions, given, plain, show_performed
from strop.lm.registry import make as make_language_model
from strop.reproduce.asker import Asker, answers_in
from strop.reproduce.progress import Progress
from strop.reproduce.proposals import SCOPE, Proposal, ask, proposals, seed_improver, write
from strop.reproduce.protocol import Options
from strop.reproduce.strategies import PROPOSALS, RUNS, protocol
from strop.runs.assembly import jail, meta_description, started
from strop.runs.interrupts import stopped_by_signals
from strop.runs.journal import framed
from strop.runs.spec import RunSpec

MOST = 1_000_000


def strategies_command(
    *,
    lm: Models = ("offline",),
    runs: Whole = RUNS,
    n: Whole = PROPOSALS,
    scale: ScaleOptions = DEFAULT_SCALE,
    as_json: Json = False,
) -> int:
    """Every shipped strategy at equal budget, and which strategies the model itself proposes (Figure 1; §6.1).

    Writes strategies.md, strategies.json, strategies.svg, strategies.png and proposals/ into the directory.

    Parameters
    ----------
    lm
        The language model; see strop run --help.
    runs
        Measurements of each strategy, every one with instances of its own.
    n
        Improvements of the seed improver that the model is asked for. A finished directory goes on to a larger n.
    """
    if not 1 <= n <= MOST:
        raise ConfigurationError(f"--n is {n}; it must lie between 1 and {MOST}")
    options = Options(**given(lm, runs, scale))
    options.check()
    named = [(each.strategy, each.also) for each in _proposed(options, n)]
    return show_performed(protocol(named), options, scale, as_json=as_json)


def _proposed(options: Options, n: int) -> list[Proposal]:
    """Ask for what is missing of n proposals, and name the strategy of each."""
    spec = RunSpec(
        model=options.lm,
        base_url=options.base_url,
        seed=options.seed,
        copies=options.copies,
        utility_budget=options.utility_budget,
        meta_budget=options.meta_budget,
        lm_budget=options.lm_budget,
        max_responses=options.max_responses,
        require=protections(options.require),
    ).checked()
    description = meta_description(spec)
    # Another model, seed or wording is another record.
    home = options.directory / "proposals"
    directory = home / f"{plain(spec.model)}-s{spec.seed}-{digest_of(description)[:8]}"
    recipe = {"kind": "proposals", "task": "self-improvement", "lm": spec.model, "seed": str(spec.seed)}
    with (
        closing(make_language_model(spec.model, base_url=spec.base_url, seed=spec.seed, environ=os.environ)) as model,
        record_of(directory, recipe, model) as store,
        closing(jail(spec)) as sandbox,
    ):
        asker = Asker(model, recorder(store))
        workers = WORKERS if model.is_language_model else 2 * spec.jobs
        before = len([number for number in answers_in(store, SCOPE) if number < n])
        with Progress(notice_of(model.name, model.is_language_model)) as progress:
            progress.begin_arm(SCOPE, before, n)
            if before < n:
                with (
                    framed(recorder(store), started(spec, model, sandbox.posture)),
                    stopped_by_signals(asker.stop, sandbox.close, model.finish),
                ):
                    ask(asker, sandbox, store, seed_improver(description), n, workers, progress.advance)
        found = proposals(store, sandbox, n, 2 * spec.jobs)
    write(found, home)
    return found
