"""Times known to whole microseconds, brought together with those of operators alone and of the invoke.

In the model an operator takes k times what it takes alone, plus what it takes to fetch its constants,
which the other operators have pushed out of the nearest cache, plus c where no operator of its kind ran
shortly before and its code must be fetched: t = (k * alone + b * bytes + c) * e^x. Operators scatter about
that (x, logistic), the more so the more of the time goes into fetching: which cache it comes from differs.
Of k, b, c and the two kinds of scatter all values in wide ranges are weighed by how well they explain the
bounds of all operators, those of many microseconds included, which are known well. Then times are drawn
for all operators at once, each inside its own bounds, and weighed by how well their sum is that of the
invoke. What is given are the median of the draws of each operator and the range that holds 95 % of them.

Held by tests/timing/test_reconcile.py, on made-up operators whose times are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tflops_native.profile.estimate import TimeEstimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 8_000
# How much longer operators may take in the model than alone, constants apart.
_FACTORS = (0.8, 2.0, 19)
# Nanoseconds to fetch a byte of constants: from none to that of a slow memory.
_NS_PER_BYTE = (0.002, 0.5, 11)
# How far operators scatter: the scale of the logistic distribution of x.
_SCATTER = (0.01, 0.15, 8)
# How many times as far where all of the time goes into fetching.
_FETCHING_SCATTER = (0.0, 3.0, 6.0)
# Seconds to fetch the code of an operator whose kind did not run shortly before.
_COLD_SECONDS = (0.0, 0.1e-6, 0.3e-6, 0.6e-6)
_COLD_SCATTER = 0.3
# Of weights below this share of the draws too few are left to tell a range from.
_EFFECTIVE_DRAWS = 200
# A clock that cuts at 0 leaves a time that may be nothing: no operator takes less.
_SHORTEST_SECONDS = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """What is known of one operator, in seconds.

    estimate         from the profiled runs
    alone_seconds    what it takes alone
    constant_bytes   the constants that it reads
    is_cold          whether no operator of its kind ran shortly before it
    """

    estimate: TimeEstimate
    alone_seconds: float
    constant_bytes: int
    is_cold: bool = False


def reconcile(
    operators: Sequence[Bounded], sum_seconds: float, sum_error_seconds: float
) -> list[TimeEstimate]:
    """An estimate of each, inside the bounds it has.

    Args:
        sum_seconds: of all of them together.
        sum_error_seconds: its standard error.
    """
    import numpy as np

    if not operators:
        return []
    lower = np.array([max(o.estimate.lower_seconds, _SHORTEST_SECONDS) for o in operators])
    upper = np.array([o.estimate.upper_seconds for o in operators])
    upper = np.maximum(upper, lower * (1 + 1e-9))
    alone = np.array([max(o.alone_seconds, _SHORTEST_SECONDS) for o in operators])
    constants = np.array([float(o.constant_bytes) for o in operators])
    cold = np.array([float(o.is_cold) for o in operators])
    centers, scatter, weights = _explained(lower, upper, alone, constants, cold)
    random = np.random.default_rng(0)
    chosen = random.choice(len(weights), DRAWS, p=weights)
    times = _drawn(lower, upper, centers[chosen], scatter[chosen], random)
    off = (times.sum(axis=1) - sum_seconds) / max(sum_error_seconds, _SHORTEST_SECONDS)
    fit = np.exp(-0.5 * (off**2 - np.min(off**2)))
    if fit.sum() ** 2 / (fit**2).sum() < _EFFECTIVE_DRAWS:
        fit = np.ones(DRAWS)  # the sum and the bounds contradict each other: the bounds hold
    return [
        TimeEstimate(typical_seconds=middle, lower_seconds=low, upper_seconds=high)
        for low, middle, high in (_range(column, fit) for column in times.T)
    ]


def _explained(
    lower: "NDArray[np.float64]",
    upper: "NDArray[np.float64]",
    alone: "NDArray[np.float64]",
    constants: "NDArray[np.float64]",
    cold: "NDArray[np.float64]",
) -> "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]":
    """Of each way to explain the bounds: log times and scatter, [ways, operators], and its weight."""
    import numpy as np

    factor = np.geomspace(*_FACTORS[:2], int(_FACTORS[2]))
    per_byte = np.concatenate(([0.0], np.geomspace(*_NS_PER_BYTE[:2], int(_NS_PER_BYTE[2])))) * 1e-9
    scatters = np.geomspace(*_SCATTER[:2], int(_SCATTER[2]))
    grids = np.meshgrid(factor, per_byte, np.array(_COLD_SECONDS), indexing="ij")
    k, b, c = (grid.reshape(-1, 1) for grid in grids)
    fetching, starting = b * constants, c * cold
    whole = k * alone + fetching + starting
    centers = np.log(whole)  # [ways, operators]
    share, start = (fetching + starting) / whole, starting / whole
    scales = np.concatenate(
        [
            scatter * (1 + times * share) + _COLD_SCATTER * start
            for scatter in scatters
            for times in _FETCHING_SCATTER
        ]
    )
    centers = np.tile(centers, (len(scatters) * len(_FETCHING_SCATTER), 1))
    inside = _cumulative((np.log(upper) - centers) / scales)
    inside -= _cumulative((np.log(lower) - centers) / scales)
    likelihood = np.log(np.maximum(inside, 1e-12)).sum(axis=1)
    weights = np.exp(likelihood - likelihood.max())
    return centers, scales, weights / weights.sum()


def _drawn(
    lower: "NDArray[np.float64]",
    upper: "NDArray[np.float64]",
    centers: "NDArray[np.float64]",
    scatter: "NDArray[np.float64]",
    random: "np.random.Generator",
) -> "NDArray[np.float64]":
    """Times inside the bounds, [draws, operators]."""
    import numpy as np

    first = _cumulative((np.log(lower) - centers) / scatter)
    last = _cumulative((np.log(upper) - centers) / scatter)
    place = first + (last - first) * random.uniform(size=centers.shape)
    place = np.clip(place, 1e-15, 1 - 1e-15)
    drawn = np.exp(centers + scatter * np.log(place / (1 - place)))
    # Far out in the tail of the distribution rounding would lead beyond the bounds.
    times: NDArray[np.float64] = np.clip(drawn, lower, upper)
    return times


def _cumulative(values: "NDArray[Any]") -> "NDArray[np.float64]":
    """Of the logistic distribution."""
    import numpy as np

    found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
    return found


def _range(
    values: "NDArray[np.float64]", weights: "NDArray[np.float64]"
) -> tuple[float, float, float]:
    """Where 2.5, 50 and 97.5 % of the weight lie below."""
    import numpy as np

    order = np.argsort(values)
    below = np.cumsum(weights[order])
    places = np.searchsorted(below, below[-1] * np.array([0.025, 0.5, 0.975]))
    low, middle, high = values[order][np.minimum(places, len(values) - 1)]
    # No more digits than draws can tell.
    return float(f"{low:.4g}"), float(f"{middle:.4g}"), float(f"{high:.4g}")
