"""The page of the JSON documents that commands print with --json."""

from __future__ import annotations

from reference.markdown import elsewhere, page, section, table
from reference.types import Fields, doc
from strop.analysis import unsandboxing
from strop.analysis.search import Search, SearchBehaviour
from strop.analysis.stats import means, proportions
from strop.base import results
from strop.base.as_document import SCHEMA_VERSION
from strop.base.budget import Grant
from strop.base.plugins import Installed
from strop.base.protections import Posture, Protection
from strop.checks.checked import Checked, CheckProblem
from strop.core import metric_change
from strop.evaluation.base import Machine
from strop.evaluation.machines import Machines
from strop.lm.base import Completion, Fault
from strop.lm.probe import ModelAnswer
from strop.reproduce import baselines, budgets, conditions, fig4, over_seeds, reproduction, table1
from strop.runs import finding, measuring, plan, run_data, verified
from strop.runs.claims import facts
from strop.runs.listing import RunListing
from strop.runs.replay_diff import ReplayDifference, Replayed
from strop.runs.results import enforced, improved, listings, measured, parts, program, suite, tasks, trained
from strop.runs.score import Scored
from strop.tasks.problem import Published
from strop.watch import hot

READERS = "For everybody whose program reads what a command prints with `--json`."
DOCUMENTS: dict[str, tuple[type, str]] = {
    "strop improve": (
        improved.Improved,
        "`strop improve`, `strop compare` and `strop verdict` print it, and so does `strop show` for their records.",
    ),
    "strop improve without a target": (
        program.ImprovedProgram,
        "`strop improve` and `strop compare` print it without a target, and so does `strop show` for its folder.",
    ),
    "strop compare --suite": (
        suite.ComparedSuite,
        "`strop compare --suite` prints it, and so does `strop show` for its folder.",
    ),
    "An unfinished improvement": (improved.Unfinished, "`strop show` prints it for a record that has no verdict yet."),
    "strop measure": (measuring.Attempt, "`strop measure` prints it."),
    "strop apply": (improved.Applied, "`strop apply` prints it."),
    "strop check": (Checked, "`strop check` prints it."),
    "strop score": (Scored, "`strop score` prints it."),
    "strop hot": (hot.HotFunctions, "`strop hot` prints it."),
    "strop run": (trained.Trained, "`strop run` prints it, and so does `strop show` for its record."),
    "strop run --seeds": (
        over_seeds.OverSeeds,
        "`strop run --seeds` prints it, and so does `strop show` for its folder.",
    ),
    "strop eval": (measured.Measured, "`strop eval` prints it, and so does `strop show` for its record."),
    "strop reproduce": (
        reproduction.Reproduction,
        "`strop reproduce PROTOCOL` prints it, and so does `strop show` for the record of `table2`.",
    ),
    "A plan": (
        plan.Plan,
        "`strop improve`, `strop compare`, `strop run`, `strop eval` and `strop reproduce PROTOCOL` print it with `--dry-run`.",
    ),
    "strop replay": (Replayed, "`strop replay` prints it."),
    "strop doctor": (enforced.Enforced, "`strop doctor` prints it."),
    "strop doctor --model": (ModelAnswer, "`strop doctor --model MODEL` prints it."),
    "strop doctor --workers": (Machines, "`strop doctor --workers WORKERS` prints it."),
    "strop list improvers": (listings.Improvers, "`strop list improvers` prints it."),
    "strop list improvers NAME": (listings.ImproverProgram, "`strop list improvers NAME` prints it."),
    "strop list tasks": (tasks.Tasks, "`strop list tasks` prints it."),
    "A task of the paper": (tasks.PaperTask, "`strop list tasks NAME` prints it."),
    "A task file or a function": (tasks.ScoredTask, "`strop list tasks NAME` prints it."),
    "A task of a command": (tasks.CommandListing, "`strop list tasks NAME` prints it."),
    "A task of constructions": (tasks.ConstructionTask, "`strop list tasks NAME` prints it."),
    "A meta task": (tasks.MetaTaskListing, "`strop list tasks NAME` prints it."),
    "strop list runs": (listings.Runs, "`strop list runs` prints it."),
}
"""Heading of a document → its type, and the commands that print it."""
PARTS: dict[str, type] = {
    "Program": finding.ScoredProgram,
    "Evaluation": results.Evaluation,
    "Gain": metric_change.Gain,
    "Metric": metric_change.MetricFacts,
    "Objective": metric_change.ObjectiveFacts,
    "End of an improver": results.Improvement,
    "Budget of an improvement": Grant,
    "Cost of a search": finding.Cost,
    "Own tests": finding.OwnTests,
    "Refused candidate": finding.RefusedCandidate,
    "Fact": facts.Fact,
    "Whole program": results.ProgramRuns,
    "Changed calls": results.ChangedCalls,
    "Construction": verified.Verified,
    "Costs": run_data.Costs,
    "Spent": run_data.Spent,
    "Price": run_data.TotalPrice,
    "Responses": parts.AnswerCounts,
    "Audit note": parts.Noted,
    "Problem of a target": CheckProblem,
    "Hot function": hot.HotFunction,
    "Function of a program": program.ImprovedFunction,
    "Scenario of a suite": suite.ComparedScenario,
    "Iteration": trained.Iteration,
    "Task of an iteration": trained.TaskSamples,
    "Gate comparison": results.Comparison,
    "Estimate": means.Estimate,
    "Sample": parts.Sample,
    "Gain over the seed improver": trained.FromSeed,
    "Comparison counts": trained.ComparisonCounts,
    "Search": Search,
    "Search behaviour": SearchBehaviour,
    "Measured improver": measured.Measurement,
    "Ending": measured.Ending,
    "Seed solution": measured.SeedSolution,
    "Difference": measured.Difference,
    "Comparison over tasks": measured.OverTasks,
    "Range": plan.Range,
    "Replay difference": ReplayDifference,
    "Posture": Posture,
    "Protection": Protection,
    "No workspaces": enforced.NoWorkspaces,
    "Response": Completion,
    "Fault": Fault,
    "Machine": Machine,
    "One of several runs": over_seeds.SeedRun,
    "Seed of two conditions": conditions.ConditionRow,
    "Curve": fig4.Curve,
    "Row of an improver": baselines.ImproverRow,
    "Row of Table 1": table1.TaskRow,
    "Row of Table 2": unsandboxing.ArmRates,
    "Row of the budgets": budgets.BudgetArm,
    "Value of the paper": baselines.PaperValue,
    "Rate": unsandboxing.Rate,
    "Test of two rates": proportions.TwoProportions,
    "Table": reproduction.Table,
    "Improver": listings.ImproverListing,
    "Installed": Installed,
    "Published value": Published,
    "Run": RunListing,
}
"""Heading of a part of documents → its type."""
LINKS = {
    kind: section(title) for title, kind in [*PARTS.items(), *((title, one[0]) for title, one in DOCUMENTS.items())]
}


def json_page() -> str:
    """The text of the page."""
    made = Fields(LINKS)
    documents = [
        [f"## {title}", "", f"{doc(kind)} {printed}", "", *made.table(kind)]
        for title, (kind, printed) in DOCUMENTS.items()
    ]
    inner = [[f"### {title}", "", doc(kind), "", *made.table(kind)] for title, kind in PARTS.items()]
    if made.unknown:
        raise LookupError(f"reference/documents.py has no section for {made.unknown}")
    return page(
        "JSON documents",
        READERS,
        [
            "With `--json` a command prints one JSON document on standard output, and nothing else. The text is ASCII, and every "
            "number is finite.",
            "",
            f"Each document also has `schema_version`, now {SCHEMA_VERSION}. Under the same version fields are added, but no "
            "field is renamed, removed or changed: ignore fields that you do not know. A document about a record that this "
            f"machine did not make says so in `unverified` ({elsewhere('proof', 'record.md', 'Proof')}).",
            "",
            "A *utility* is the score of a program, from 0 to 1. *û*, the meta-utility, is the score of an improver: the mean "
            "utility of the programs that it returned. Higher is better in both. *Training* is what a search sees, and the "
            f"*held-out* split is what the final comparison draws ({elsewhere('concepts', 'concepts.md')}). "
            f"{elsewhere('Statistics', 'statistics.md')} explains intervals.",
            "",
            *table(
                ("document", "printed by"), [(section(title), printed) for title, (_, printed) in DOCUMENTS.items()]
            ),
        ],
        *documents,
        [
            "## strop doctor --self-test",
            "",
            "What the attacks of the self-test did. `strop doctor --self-test` prints it.",
            "",
            *table(
                ("field", "type", "meaning"),
                [
                    ("`machines`", "object of objects", "Simulated machine → verdict → number of attacks."),
                    ("`attacks`", "object", "The verdict of each attack."),
                    ("`failures`", "list of strings", "What went wrong; empty if the exit code is 0."),
                ],
            ),
        ],
        ["## Parts of documents", "", "Documents have these objects as fields."],
        *inner,
    )
