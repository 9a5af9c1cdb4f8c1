"""Right answers that share nothing with the references, a file for each lesson; here is what several use."""

import math

import numpy as np
import torch

tensor = torch.as_tensor


def loops_softmax_rows(scores, temperature):
    if scores.ndim > 1:
        return [loops_softmax_rows(row, temperature) for row in scores]
    highest = max(scores)
    exponentials = [math.exp((score - highest) / temperature) for score in scores]
    return [number / sum(exponentials) for number in exponentials]


def loops_scores(queries, keys, scale):
    return [
        [sum(q * k for q, k in zip(query, key, strict=True)) * scale for key in keys] for query in queries
    ]


def loops_attend(queries, keys, values, scale=None):
    if queries.ndim > 2:
        return [loops_attend(*triple, scale) for triple in zip(queries, keys, values, strict=True)]
    scale = 1 / math.sqrt(keys.shape[1]) if scale is None else scale
    rows = [loops_softmax_rows(np.array(row), 1.0) for row in loops_scores(queries, keys, scale)]
    return [[sum(w * v for w, v in zip(row, column, strict=True)) for column in values.T] for row in rows]
