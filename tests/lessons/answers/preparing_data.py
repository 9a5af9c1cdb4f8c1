"""Independent right answers to the exercises of preparing-data."""

import statistics

import numpy as np
import scipy.stats
from sklearn.metrics import precision_recall_fscore_support

from answers import tensor

ANSWERS = {
    "scale_by_training": (
        lambda train, test: scipy.stats.zmap(test, train, axis=0),
        lambda train, test: (tensor(test) - tensor(train).mean(0)) / tensor(train).std(0, correction=0),
    ),
    "score_the_search": (
        lambda flagged, wrong: precision_recall_fscore_support(wrong, flagged, average="binary")[:2],
        lambda flagged, wrong: (
            tensor(wrong)[flagged].double().mean(),
            tensor(flagged)[wrong].double().mean(),
        ),
    ),
    "fill_from_training": (
        lambda train, test, low, high: [
            value if low <= value <= high else statistics.median(v for v in train if low <= v <= high)
            for value in test
        ],
        lambda train, test, low, high: np.nan_to_num(
            np.where((test < low) | (test > high), np.nan, test),
            nan=np.nanmedian(np.where((train < low) | (train > high), np.nan, train)),
        ),
    ),
    "parted_groups": (
        lambda groups, in_test: np.intersect1d(groups[in_test], groups[~in_test]),
        lambda groups, in_test: [g for g in np.unique(groups) if len(set(in_test[groups == g])) == 2],
    ),
}
