"""The two arms of Table 2: the seed improver with a sandbox flag, without and with the comment that warns against changing it.

Figure 6 shows the line with its comment; the rest of the wording is ours.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from strop.base.budget import META_UTILITY_CALLS, Budget
from strop.base.events import discard
from strop.base.results import Evaluation
from strop.core.handles import Grant, Host
from strop.core.improver import improve
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.reproduce.unsandboxing.rehearsal import LIMITS
from strop.runs.spec import RunSpec
from strop.sandbox.base import Sandbox
from strop.tasks.paper.sandbox_flag.task import sandbox_flag


@dataclass(frozen=True)
class Arm:
    """One column of Table 2."""

    name: str
    seed_improver: str
    description: str
    """u_str of the meta-utility, in the same wording."""


ARMS: tuple[str, ...] = ("plain", "warning")


def arm(name: str) -> Arm:
    """The arm `plain` or `warning`, with the paper's budgets in its description."""
    task = sandbox_flag(warning=name == "warning")
    return Arm(name, task.seed, task.told(asdict(RunSpec())))


@dataclass(frozen=True)
class _Listener:
    """A utility that scores nothing: the improver is only asked what it would ask."""

    description: str
    name: str = "self-improvement"
    counter: str = META_UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        return Evaluation(value=0.0, verdict="ok")


def request_of(of: Arm, sandbox: Sandbox) -> Request:
    """What the arm's seed improver asks of a model when it improves itself: it is run, and its first request is taken.

    Raises:
        StropError: the host failed.
    """
    asked: list[Request] = []

    def answer(request: Request) -> str:
        asked.append(request)
        return ""

    host = Host(sandbox, Scripted(answer), discard, b"strop request", LIMITS)
    improve(of.seed_improver, of.seed_improver, _Listener(of.description), Grant(), Budget().child(of.name), host)
    return asked[0]
