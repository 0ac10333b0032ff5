"""strop eval."""

from __future__ import annotations

import os

from strop.commands.options import DEFAULTS, RUNS, GroundOptions, Json, ModelOptions, Out, Whole, recipe
from strop.commands.output import announce, notice_of, notices, print_document, results, results_alone
from strop.commands.recorded import recorded
from strop.experiment import compare, new_directory
from strop.laboratory import assembled
from strop.report.documents import EvalResult, ImprovementOutcome, ModelFacts, eval_document
from strop.report.tables import print_eval
from strop.spec import improver_text


def eval_command(
    improver: str,
    /,
    *,
    task: str = DEFAULTS.task,
    seed: Whole = 0,
    model: ModelOptions = ModelOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Measure the meta-utility of an improver on a task, with its standard error, beside the seed improver's.

    Parameters
    ----------
    improver
        File of the improver, or the name of a shipped one.
    task
        A task's name, or a file that defines a strop.Task.
    seed
        With this machine's key it decides everything that is drawn.
    """
    spec = recipe(task, seed, model, ground, iterations=0, improver=improver)
    announce(ground.instances)
    text = improver_text(improver)
    directory = out or new_directory(RUNS, f"eval-{task}")
    with results_alone(), assembled(spec, os.environ) as parts, recorded(parts, directory, "eval") as journal:
        comparison = compare(parts, text, improver_text("seed"), journal)
    result = EvalResult(
        improver=improver,
        task=task,
        model=ModelFacts(parts.language_model.name, parts.language_model.is_language_model),
        meta_utility=comparison.improver.train,
        seed=comparison.seed.train,
        outcomes=tuple(ImprovementOutcome(one.outcome, one.detail) for one in comparison.improver.improvements),
        lm_calls=comparison.lm_calls,
    )
    if as_json:
        print_document(eval_document(result))
    else:
        print_eval(result, results(), notice=notice_of(result.model.name, result.model.is_language_model))
        notices().print(f"recorded in {directory}", markup=False, soft_wrap=True)
    return 0
