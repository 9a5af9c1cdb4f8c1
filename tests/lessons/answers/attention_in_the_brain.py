"""Independent right answers to the exercises of attention-in-the-brain."""

import numpy as np
import torch

from answers import tensor
from course_utils.attention import softmax
from course_utils.brain.normalization import divisive_normalization

ANSWERS = {
    "normalized_responses": (
        lambda drives, gains, exponent, semi_saturation: divisive_normalization(
            drives, gains=gains, exponent=exponent, semi_saturation=semi_saturation
        ),
        lambda drives, gains, exponent, semi_saturation: softmax(
            np.concatenate(
                [
                    np.log(gains) + exponent * np.log(drives),
                    np.full((*drives.shape[:-1], 1), exponent * np.log(semi_saturation or 1e-99)),
                ],
                axis=-1,
            )
        )[..., :-1],
    ),
    "gain_as_logit": (
        lambda scores, gains: divisive_normalization(np.exp(scores), gains=gains),
        lambda scores, gains: torch.softmax(tensor(scores) + tensor(gains).log(), dim=-1),
    ),
    "gated_change": (
        lambda weights, sound, activity, gate, learning_rate: [
            [learning_rate * gate * y * (x - w) for w, x in zip(row, sound, strict=True)]
            for row, y in zip(weights, activity, strict=True)
        ],
        lambda weights, sound, activity, gate, learning_rate: (
            learning_rate * gate * (np.outer(activity, sound) - np.diag(activity) @ weights)
        ),
    ),
}
