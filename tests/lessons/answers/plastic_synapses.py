"""Independent right answers to the exercises of plastic-synapses."""

import functools
import math

import numpy as np
import torch

from answers import tensor
from course_utils.brain import plasticity


def autograd_bcm_step(weights, patterns, learning_rate):
    """Climb the objective of Intrator and Cooper (1992), of which the averaged rule is the gradient."""
    w = torch.tensor(weights, requires_grad=True)
    y = tensor(patterns) @ w
    (y.pow(3).mean() / 3 - y.pow(2).mean().square() / 4).backward()
    return (w + learning_rate * w.grad).detach()


ANSWERS = {
    "weight_change": (
        lambda delay, amplitude, ratio, tau: plasticity.stdp_window(
            delay, amplitude, ratio * amplitude, tau, tau
        ),
        lambda delay, amplitude, ratio, tau: [
            0.0
            if d == 0
            else amplitude * math.exp(-d / tau)
            if d > 0
            else -ratio * amplitude * math.exp(d / tau)
            for d in delay
        ],
    ),
    "bcm_step": (
        lambda weights, patterns, learning_rate: plasticity.average_bcm(
            patterns, weights, learning_rate=learning_rate, n_steps=1
        )[1],
        autograd_bcm_step,
    ),
    "braked_hebb": (
        lambda w, x, rate: [
            wi + rate * (w @ x * xi - (w @ x) ** 2 * wi) for wi, xi in zip(w, x, strict=True)
        ],
        lambda w, x, rate: w + rate * (np.outer(x, x) @ w - (w @ np.outer(x, x) @ w) * w),
    ),
    "slide_threshold": (
        lambda threshold, responses, tau: functools.reduce(
            lambda theta, y: theta * (1 - 1 / tau) + y * y / tau, responses, threshold
        ),
        lambda threshold, responses, tau: (
            threshold * (1 - 1 / tau) ** len(responses)
            + np.sum(responses**2 * (1 - 1 / tau) ** np.arange(len(responses))[::-1]) / tau
        ),
    ),
}
