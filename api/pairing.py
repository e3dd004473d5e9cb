"""`alerts.dispatch.pairing.Pairing` by SciPy: hundreds of alerts, thousands of units."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from alerts.dispatch.pairing import Costs


class LinearSum:
    """The rectangular assignment of `scipy.optimize` (Crouse 2016)."""

    name = "linear sum"

    def pairs(self, costs: Costs) -> list[int | None]:
        found: list[int | None] = [None] * len(costs)
        table = np.array([np.asarray(row, np.float64) for row in costs], np.float64)
        if table.size == 0 or not (may := np.isfinite(table)).any():
            return found
        table -= table[may].min()
        # Staying alone costs more than all pairs that there can be.
        table[~may] = (table[may].max() + 1.0) * (min(table.shape) + 1)
        for row, column in zip(*linear_sum_assignment(table), strict=True):
            if may[row, column]:
                found[row] = int(column)
        return found
