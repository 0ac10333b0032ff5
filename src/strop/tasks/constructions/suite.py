"""The constructions that come with strop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strop.tasks.constructions.base import Construction
from strop.tasks.constructions.circles import circles_26, circles_32, circles_in_rectangle
from strop.tasks.constructions.distances import ratio_in_space, ratio_in_the_plane
from strop.tasks.constructions.heilbronn import heilbronn_convex_13, heilbronn_convex_14, heilbronn_triangle
from strop.tasks.constructions.hexagons import hexagons_11, hexagons_12
from strop.tasks.constructions.integers import kissing_11, matrix_product, sums_and_differences
from strop.tasks.constructions.steps import autocorrelation_1, autocorrelation_2, autocorrelation_3, erdos_overlap
from strop.tasks.constructions.uncertainty import uncertainty

CONSTRUCTIONS: Mapping[str, Callable[[], Construction]] = {
    "circles-26": circles_26,
    "circles-32": circles_32,
    "circles-rectangle-21": circles_in_rectangle,
    "heilbronn-triangle-11": heilbronn_triangle,
    "heilbronn-convex-13": heilbronn_convex_13,
    "heilbronn-convex-14": heilbronn_convex_14,
    "hexagons-11": hexagons_11,
    "hexagons-12": hexagons_12,
    "distance-ratio-2d": ratio_in_the_plane,
    "distance-ratio-3d": ratio_in_space,
    "minimum-overlap": erdos_overlap,
    "autocorrelation-1": autocorrelation_1,
    "autocorrelation-2": autocorrelation_2,
    "autocorrelation-3": autocorrelation_3,
    "uncertainty": uncertainty,
    "sums-and-differences": sums_and_differences,
    "kissing-11": kissing_11,
    "matrix-product-245": matrix_product,
}
"""Name → what makes the problem."""
