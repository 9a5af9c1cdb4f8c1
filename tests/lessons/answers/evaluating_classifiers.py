"""Independent right answers to the exercises of evaluating-classifiers."""

from fractions import Fraction

import numpy as np
import torch
from sklearn.dummy import DummyRegressor
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score


def counted_scores_at(scores, labels, threshold):
    (_, fp), (fn, tp) = confusion_matrix(labels, scores >= threshold).tolist()
    return Fraction(tp, tp + fp), Fraction(tp, tp + fn), Fraction(2 * tp, 2 * tp + fp + fn)


def sklearn_fold_errors(values, folds):
    errors = cross_val_score(
        DummyRegressor(),
        values[:, None],
        values,
        groups=folds,
        cv=LeaveOneGroupOut(),
        scoring="neg_mean_absolute_error",
    )
    return -errors


ANSWERS = {
    "scores_at": (
        counted_scores_at,
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
        sklearn_fold_errors,
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
