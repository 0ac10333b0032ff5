"""Several models as one: each request goes to one member, drawn by the members' weights. Requests for improvers go to members of
the meta level, if there are any.

A hash of the seed and the request alone decides which member, so that a run that is resumed or replayed asks the same member
again. Members work at the same time, and answers of one are kept when another fails.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate

from strop.base.errors import LanguageModelError
from strop.base.later import dataclass
from strop.lm.async_model import AsyncModel, Deliver, in_thread, together
from strop.lm.base import Completion, CompletionBatch, LanguageModel, Request, skip_given
from strop.lm.options import META


@dataclass(frozen=True)
class Member:
    """One model of a mixture."""

    spec: str
    """The specification as the user wrote it, with its options; completions name it (`Completion.lm`)."""
    model: LanguageModel
    weight: float = 1.0
    """Share of the requests, relative to the other members; above 0."""
    level: str = ""
    """`META` if it improves improvers and nothing else."""


class Mixture(AsyncModel):
    """A `LanguageModel` that distributes requests over its members by weight. Closing it closes the members."""

    def __init__(self, members: Sequence[Member], *, name: str, seed: int = 0) -> None:
        """`members` holds at least one; `seed` and the request decide which member answers."""
        if not members or not all(member.weight > 0 for member in members):
            raise ValueError("a mixture needs at least one member, and weights above 0")
        super().__init__(name, is_language_model=all(member.model.is_language_model for member in members))
        self.members = tuple(members)
        """The members, in the order in which the user listed them."""
        self._seed = seed
        levels = [[member for member in members if (member.level == META) == is_meta] for is_meta in (False, True)]
        self._levels = [level or list(members) for level in levels]
        """The members that improve programs, and those that improve improvers."""

    def member_of(self, request: Request) -> Member:
        """The member that answers the request; always the same for equal requests."""
        level = self._levels[request.is_for_improver]
        number = (
            int(request.digest("mixture", self._seed)[:14], 16) / (1 << 56) * sum(member.weight for member in level)
        )
        edges = list(accumulate(member.weight for member in level))
        return level[min(bisect_right(edges, number), len(level) - 1)]

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Ask each member for its share of the answers."""
        shares: dict[int, list[int]] = {}
        for position, request in enumerate(requests):
            shares.setdefault(self.members.index(self.member_of(request)), []).append(position)
        await together(
            self._ask_member(self.members[number], requests, positions, deliver) for number, positions in shares.items()
        )

    async def _ask_member(
        self, member: Member, requests: Sequence[Request], positions: Sequence[int], deliver: Deliver
    ) -> None:
        def keep(index: int, completion: Completion) -> None:
            deliver(positions[index], replace(completion, lm=member.spec))

        await in_thread(partial(member.model.complete, [requests[position] for position in positions], keep))

    def skip_given(self, completions: Sequence[Completion]) -> None:
        """Tell each member not to give its own answers among these again."""
        for member in self.members:
            skip_given(member.model, [completion for completion in completions if completion.lm == member.spec])

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of the member that failed."""
        return str(error)

    def finish(self) -> None:
        """Finish every member. Idempotent."""
        super().finish()
        for member in self.members:
            member.model.finish()

    def _end_waits(self) -> None:
        """Its members end theirs, and say what that may have cost."""

    def close(self) -> None:
        """Close every member. Idempotent."""
        self.finish()
        for member in self.members:
            member.model.close()
