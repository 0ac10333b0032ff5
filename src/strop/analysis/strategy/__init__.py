"""Names the strategy of an improver: a classifier over its syntax tree and behaviour (compare Figure 1, §6.1, Appendix B)."""

from __future__ import annotations

from strop.analysis.strategy.behaviour import TOLD_BY, Behaviour, behaviour_of, behaviours_of
from strop.analysis.strategy.classify import classify
from strop.analysis.strategy.vocabulary import VOCABULARY, Kind, Strategy

__all__ = ["TOLD_BY", "VOCABULARY", "Behaviour", "Kind", "Strategy", "behaviour_of", "behaviours_of", "classify"]
