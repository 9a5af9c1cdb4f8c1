"""Independent right answers to the exercises of training-attention-in-people."""

import statistics

import numpy as np
import scipy.spatial
import scipy.stats
import torch

ANSWERS = {
    "band_ratio": (
        lambda frequencies, power: (
            sum(p for f, p in zip(frequencies, power, strict=True) if 4 <= f < 8)
            / sum(p for f, p in zip(frequencies, power, strict=True) if 13 <= f < 21)
        ),
        lambda frequencies, power: np.divide(
            *(
                np.subtract(*np.append(0, power.cumsum())[np.searchsorted(frequencies, band)])
                for band in [(8, 4), (21, 13)]
            )
        ),
    ),
    "rewards": (
        lambda ratios, n: [r < statistics.median(ratios[:n]) for r in ratios[n:]],
        lambda ratios, n: torch.as_tensor(ratios[n:]) < torch.quantile(torch.as_tensor(ratios[:n]), 0.5),
    ),
    "between_arms": (
        lambda a, b, r: (statistics.mean(a) - statistics.mean(b)) / statistics.stdev(r),
        lambda a, b, r: (torch.tensor(a).mean() - torch.tensor(b).mean()) / torch.tensor(r).std(),
    ),
    "share_named": (
        lambda known, unknown: np.mean(scipy.spatial.KDTree(known).query(unknown)[1] == range(len(known))),
        lambda known, unknown: (
            (torch.cdist(*map(torch.tensor, (unknown, known))).argmin(1) == torch.arange(len(known)))
            .double()
            .mean()
        ),
    ),
}
