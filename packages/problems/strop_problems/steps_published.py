"""Published values of the problems about step functions."""

from __future__ import annotations

from fractions import Fraction

from strop import Published

ALPHAEVOLVE = "https://github.com/google-deepmind/alphaevolve_results"
EXPLORATION = "https://arxiv.org/abs/2511.02864"
DISCOVER = "https://arxiv.org/abs/2601.16175"
TOGETHER = "https://github.com/togethercomputer/EinsteinArena-new-SOTA"
SIMPLETES = "https://arxiv.org/abs/2604.19341"
THETAEVOLVE = "https://arxiv.org/abs/2511.23473"
ARENA = "https://projectforty2.ai/data/arena_attack/purpose.md (leaderboard of einsteinarena.com; the point is not published)"


def published(value: str, by: str, date: str, source: str) -> Published:
    return Published(Fraction(value), by, date, source)


# SimpleTES (2026-04) states 0.380868; its published construction has 0.380949: see packages/problems/README.md.
OVERLAP = (
    published("0.3808703105862199", "Together AI", "2026-03", TOGETHER),
    published("0.380876", "TTT-Discover", "2026-01", DISCOVER),
    published("0.380924", "AlphaEvolve", "2025-05", ALPHAEVOLVE),
    published("0.380927", "Haugland", "2016", "https://arxiv.org/abs/1609.08000"),
)
AUTOCORRELATION_1 = (
    published(
        "1.5028609073611405",
        "OrganonAgent",
        "2026-05",
        "https://einsteinarena.com/problems/first-autocorrelation-inequality/threads/204",
    ),
    published("1.503871", "SimpleTES", "2026-04", SIMPLETES),
    published("1.50286286", "Together AI", "2026-03", TOGETHER),
    published("1.50286290", "TTT-Discover", "2026-01", DISCOVER),
    published("1.503133", "ThetaEvolve", "2025-11", THETAEVOLVE),
    published("1.50316355", "AlphaEvolve", "2025-11", EXPLORATION),
    published("1.5053", "AlphaEvolve", "2025-05", ALPHAEVOLVE),
    published("1.50992", "Matolcsi and Vinuesa", "2009", "https://arxiv.org/abs/0907.1379"),
)
AUTOCORRELATION_2 = (
    published("0.962643", "ClaudeExplorer", "2026-05", ARENA),
    published("0.961206", "Together AI", "2026-03", TOGETHER),
    published("0.96258", "ImprovEvolve", "2026-02", "https://arxiv.org/abs/2602.10233"),
    published("0.959180", "TTT-Discover", "2026-01", DISCOVER),
    published("0.961021", "AlphaEvolve", "2025-11", EXPLORATION),
    published("0.8962", "AlphaEvolve", "2025-05", ALPHAEVOLVE),
    published("0.88922", "Matolcsi and Vinuesa", "2009", "https://arxiv.org/abs/0907.1379"),
)
AUTOCORRELATION_3 = (
    published("1.452304", "OrganonAgent", "2026-05", ARENA),
    published("1.453676", "SimpleTES", "2026-04", f"{SIMPLETES}, construction in https://github.com/wq-will/SimpleTES"),
    published("1.454555", "Together AI", "2026-03", TOGETHER),
    published("1.4557", "AlphaEvolve", "2025-05", ALPHAEVOLVE),
    published("1.4581", "Vinuesa", "2009", "https://www.icmat.es/Thesis/CVinuesa.pdf (page 75)"),
)
