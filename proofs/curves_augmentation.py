"""Measure what augmentation does, on upright and on tilted pictures, as a curve (make curves).

The protocol, written before the first run with a seed of the comparison
------------------------------------------------------------------------
What all comparisons share is told in `proofs/curves.py`.

**Question.** Lesson 05 found that augmentation loses on pictures like those it trains on. It trained three
epochs at one learning rate. How often is each network right after how much training?

**Scientific factor.** Whether training pictures are turned, shifted and scaled at random in each epoch anew
(`turn_shift_and_scale`: up to 10 degrees, 2 pixels, a tenth).
**Nuisance factor.** The learning rate, chosen for each arm at each budget on *upright* validation pictures,
of factor 3.
**Fixed.** The network (`Classifier` with average pooling), the augmentation's strength, batches of 128, SGD
with momentum and weight decay, and `fit` with its schedule: the rate climbs and falls within each budget.
Trainings compute in bfloat16 where PyTorch holds it safe (autocast), to save a third of the time.

**Budget.** Training examples seen: the 5,000 training pictures in 1, 3, 12 and 24 epochs.
**Data.** Of the 6,000 pictures of the subset's training part, for each seed a random 5,000 train and 1,000
validate. Tests: the subset's 1,000 test pictures, upright, and the same ones tilted once (up to 15 degrees,
10 % of the width, 15 % in size: the same changes as in training, and more of them). The lesson has shown
these test pictures before; no setting was chosen by them here.
**Uncertainty.** The test pictures are the same for all seeds; the error from their choice is added to the
intervals. That of the training pictures is in them in part: two seeds share about 5/6 of them.
"""

from __future__ import annotations

import math
import sys
import time
from functools import lru_cache

import torch
from accelerate import Accelerator
from torch import Tensor

from course_utils.data.augment import turn_shift_and_scale
from course_utils.data.fashion import fashion_mnist
from course_utils.learning.evaluation import predict
from course_utils.learning.training import fit
from course_utils.networks import AveragePooling, Classifier
from proofs import curves
from proofs.curves import Comparison, Outcome, Run

RATES = {128: (0.03, 0.09, 0.27, 0.81)}
N_TRAIN = 5_000


def train(run: Run) -> Outcome:
    """Train a classifier once. A loss that becomes infinite is an outcome too: it is right by chance."""
    (images, labels), validation = data_of(run.seed)
    epochs, (batch_size, rate) = run.examples // N_TRAIN, run.setting
    model = Classifier(10, pooling=AveragePooling, seed=run.seed).standardise_with(images)
    tests, test_labels = tests_of()
    start, loss = time.process_time(), math.nan
    try:
        history = fit(
            model,
            (images, labels),
            validation,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=rate,
            seed=run.seed,
            progress=False,
            augment=turn_shift_and_scale if run.arm == "augmented" else None,
            accelerator=Accelerator(cpu=True, mixed_precision="bf16"),
        )
        loss, share = history.train_loss[-1], history.validation_accuracy[-1]
        right = {name: _right(model, some, test_labels) for name, some in tests.items()}
    except FloatingPointError:
        share, right = 0.1, dict.fromkeys(tests, test_labels == 0)
    seconds = time.process_time() - start
    answers = {name: some.numpy() for name, some in right.items()}
    shares = {name: some.mean() for name, some in answers.items()}
    return Outcome(epochs * math.ceil(N_TRAIN / batch_size), seconds, loss, share, shares, answers)


def _right(model: Classifier, images: Tensor, labels: Tensor) -> Tensor:
    """Return for each picture whether it is named right."""
    return predict(model, images).logits.argmax(dim=1) == labels


@lru_cache(maxsize=2)
def data_of(seed: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return a seed's training and validation pictures, each with labels."""
    images, labels = (torch.from_numpy(array) for array in fashion_mnist("train")[:2])
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(5000 + seed))
    parts = order[:N_TRAIN], order[N_TRAIN:]
    return tuple((images[part][:, None], labels[part]) for part in parts)


@lru_cache(maxsize=1)
def tests_of() -> tuple[dict[str, Tensor], Tensor]:
    """Return the test pictures, upright and tilted, and their labels."""
    upright, labels = (torch.from_numpy(array) for array in fashion_mnist("test")[:2])
    upright = upright[:, None]
    tilted = turn_shift_and_scale(
        upright, torch.Generator().manual_seed(6000), degrees=15, pixels=2.8, scale=0.15
    )
    return {"upright": upright, "tilted": tilted}, labels


def pictures_of(_seed: int) -> range:
    """Return the number of each test picture: each is there once."""
    return range(len(tests_of()[1]))


PLAN = Comparison(
    name="curves-augmentation",
    command="python -m proofs.curves_augmentation",
    train=train,
    rates={"plain": RATES, "augmented": RATES},
    examples=tuple(N_TRAIN * epochs for epochs in (1, 3, 12, 24)),
    whole_grid_to=N_TRAIN * 3,
    all_train_to=N_TRAIN * 24,
    factor=3,
    measure="pictures named right",
    title="Clothes, upright and tilted, tuned at each budget",
    tests=("upright", "tilted"),
    sources={"upright": pictures_of, "tilted": pictures_of},
)

if __name__ == "__main__":
    sys.exit(curves.main(PLAN))
