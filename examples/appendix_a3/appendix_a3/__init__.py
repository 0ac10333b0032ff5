"""The paper's second formulation (Appendix A.3): a maximizer program M gives a solution for a utility, M(u), with no initial
solution; its conversions from and to improvers, and the utilities that are defined on maximizers.

The README.md of the example has the equations.
"""

from appendix_a3.conversion import (
    initial_solution,
    prior_solution,
    to_improver,
    to_maximizer,
    told_with,
    with_prior_solution,
)
from appendix_a3.descriptions import meta_description, recursive_description
from appendix_a3.maximize import WithInitialSolution, iterated, maximize, seed_maximizer
from appendix_a3.meta_utility import MaximizerMetaUtility
from appendix_a3.recursive import (
    RecursiveUtility,
    expected_maximizer_calls,
    least_depth,
    probability_of_depth,
)
from appendix_a3.stochastic import Drawn, Listed, StochasticMetaUtility, drawn_tasks

__all__ = [
    "Drawn",
    "Listed",
    "MaximizerMetaUtility",
    "RecursiveUtility",
    "StochasticMetaUtility",
    "WithInitialSolution",
    "drawn_tasks",
    "expected_maximizer_calls",
    "initial_solution",
    "iterated",
    "least_depth",
    "maximize",
    "meta_description",
    "prior_solution",
    "probability_of_depth",
    "recursive_description",
    "seed_maximizer",
    "to_improver",
    "to_maximizer",
    "told_with",
    "with_prior_solution",
]
