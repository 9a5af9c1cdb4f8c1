"""Independent right answers to the exercises of evaluating-classifiers."""

import numpy as np
import torch
from sklearn.metrics import precision_recall_fscore_support

ANSWERS = {
    "scores_at": (
        lambda scores, labels, threshold: precision_recall_fscore_support(
            labels, scores >= threshold, average="binary"
        )[:3],
        lambda scores, labels, threshold: [
            torch.tensor(labels[scores >= threshold]).double().mean(),
            (labels * (scores >= threshold)).sum() / labels.sum(),
            2 * (labels * (scores >= threshold)).sum() / (labels.sum() + (scores >= threshold).sum()),
        ],
    ),
    "paired_interval": (
        lambda right_a, right_b, draws: np.percentile((right_b - right_a)[draws].mean(axis=1), [2.5, 97.5]),
        lambda right_a, right_b, draws: torch.tensor(
            [(right_b - right_a)[row].mean() for row in draws]
        ).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)),
    ),
    "fold_errors": (
        lambda values, folds: [
            np.mean([abs(value - values[folds != fold].mean()) for value in values[folds == fold]])
            for fold in sorted(set(folds.tolist()))
        ],
        lambda values, folds: torch.stack(
            [
                (torch.tensor(values[folds == k]) - values[folds != k].mean()).abs().mean()
                for k in np.unique(folds)
            ]
        ),
    ),
}
