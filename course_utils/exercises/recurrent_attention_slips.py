"""Steps of a GRU for the exercise that repairs one: the right one, and what is left when half is mended."""

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.exercises.engine import Misconception


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def right_gru_step(x: np.ndarray, h: np.ndarray, W: np.ndarray, U: np.ndarray) -> np.ndarray:
    """Take one step as PyTorch does, without biases."""
    r = _sigmoid(x @ W[0] + h @ U[0])
    z = _sigmoid(x @ W[1] + h @ U[1])
    n = np.tanh(x @ W[2] + r * (h @ U[2]))
    return (1 - z) * n + z * h


def _wrong_step(mix: Callable) -> Callable:
    """Build a wrong step from how it mixes, given x, h, W, U, r and z."""

    def step(x: np.ndarray, h: np.ndarray, W: np.ndarray, U: np.ndarray) -> np.ndarray:
        r, z = _sigmoid(x @ W[0] + h @ U[0]), _sigmoid(x @ W[1] + h @ U[1])
        return mix(x, h, W, U, r, z)

    return step


def _candidate(x: np.ndarray, h: np.ndarray, W: np.ndarray, U: np.ndarray, r: np.ndarray) -> np.ndarray:
    return np.tanh(x @ W[2] + r * (h @ U[2]))


_CANDIDATES = {  # what n becomes if r is used otherwise
    "reset-forgotten": (
        lambda x, h, W, U, r, z: np.tanh(x @ W[2] + h @ U[2]),
        "The candidate does not use r, which says how much of the old state it may see.",
    ),
    "reset-before-matrix": (
        lambda x, h, W, U, r, z: np.tanh(x @ W[2] + (r * h) @ U[2]),
        "r acts on h before the matrix, as in the first paper on GRUs. PyTorch multiplies after it: r * (h @ U[2]).",
    ),
    "reset-the-input-too": (
        lambda x, h, W, U, r, z: np.tanh(r * (x @ W[2] + h @ U[2])),
        "In the candidate, r acts on the input as well. It is for the old state alone.",
    ),
    "reset-the-input": (
        lambda x, h, W, U, r, z: np.tanh(r * (x @ W[2]) + h @ U[2]),
        "In the candidate, r acts on the input. It says how much of the *old state* is seen.",
    ),
    "reset-the-candidate": (
        lambda x, h, W, U, r, z: r * np.tanh(x @ W[2] + h @ U[2]),
        "r acts on the finished candidate. It says how much of the *old state* the candidate sees, inside the tanh.",
    ),
    "reset-turned": (
        lambda x, h, W, U, r, z: _candidate(x, h, W, U, 1 - r),
        "In the candidate, r is turned round: near 1 it lets the old state in.",
    ),
    "update-for-reset": (
        lambda x, h, W, U, r, z: _candidate(x, h, W, U, z),
        "In the candidate stands z where r belongs.",
    ),
}
_MIXTURES = {  # what the new state becomes if the last line is another
    "update-turned": (
        lambda n, h, r, z: z * n + (1 - z) * h,
        "In the last line, z says how much is *new*. It should say how much of the old state is kept.",
    ),
    "kept-state-reset": (
        lambda n, h, r, z: (1 - z) * n + z * r * h,
        "In the last line, r acts on the state that is kept. It belongs inside the candidate alone.",
    ),
    "update-turned-and-reset": (
        lambda n, h, r, z: z * n + (1 - z) * r * h,
        "The last line is as it was: r acts on the kept state, and z says how much is new instead of kept.",
    ),
    "reset-for-update": (
        lambda n, h, r, z: (1 - r) * n + r * h,
        "In the last line, r mixes old and new. That is what z is for.",
    ),
    "reset-for-the-kept-share": (
        lambda n, h, r, z: (1 - z) * n + r * h,
        "In the last line, r says how much of the old state is kept. That is what z is for.",
    ),
    "one-share-twice": (
        lambda n, h, r, z: z * n + z * h,
        "In the last line, old and new have the same share. The two shares add up to 1.",
    ),
}


def half_repairs() -> Iterator[Misconception]:
    """Yield each wrong candidate, each wrong mixture, and each pair of them."""
    right_half = lambda x, h, W, U, r, z: _candidate(x, h, W, U, r), "The candidate is right now."
    right_mixture = lambda n, h, r, z: (1 - z) * n + z * h, "The rest is right."
    for name, (candidate, said) in {"": right_half, **_CANDIDATES}.items():
        for other, (mixture, also) in {"": right_mixture, **_MIXTURES}.items():
            if name or other:
                step = _wrong_step(lambda *a, c=candidate, m=mixture: m(c(*a), a[1], *a[4:]))
                yield Misconception("-and-".join(filter(None, (name, other))), step, f"{said} {also}")
