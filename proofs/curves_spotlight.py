"""Measure how good a classifier of scenes is whose weights are fixed by brightness (make curves).

The protocol, written before the first run with a seed of the comparison
------------------------------------------------------------------------
What all comparisons share is told in `proofs/curves.py`. Scenes, network and training are, seed by seed,
those of `proofs/curves_scenes.py`, whose arms this one is compared with.

**Question.** Most of the learned attention lies on the item. But so does that of `brightness_spotlight`,
which has learned nothing. Is learned attention worth more?

**Arm.** The classifier of lesson 12 whose places are weighted by `brightness_spotlight` with its default
sharpness, which was chosen on validation scenes of another seed for much of its weight in the box.
**Nuisance factor.** The learning rate, of three.
**Budget.** 60,000 training examples only, that of lesson 12.

**Afterwards**, from the sealed answers and without another run, `by_mass` compares the three arms where much
and where little of the spotlight's weight lies on the item: `results/spotlight-by-mass.csv`.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_utils.data import Scenes
from course_utils.learning.evaluation import brightness_spotlight
from course_utils.networks import AveragePooling, Classifier
from proofs import curves, curves_scenes
from proofs.curves import Outcome, Run
from proofs.lesson_seeds import ROOT


class SpotlightClassifier(Classifier):
    """A classifier that looks where it is large and bright, whatever it has learned."""

    def classify_with_attention(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and the weights of the places."""
        standardised = (self._as_images(images).float() - self.mean) / self.std
        features, weights = self.features(standardised), brightness_spotlight(images)
        return self.head((weights[:, None] * features).sum(dim=(2, 3))), weights


def train(run: Run) -> Outcome:
    """Train such a classifier once."""
    return curves_scenes.train(run, SpotlightClassifier, AveragePooling)


PLAN = replace(
    curves_scenes.PLAN,
    name="curves-spotlight",
    command="python -m proofs.curves_spotlight",
    train=train,
    rates={"spotlight": {128: (0.09, 0.27, 0.81)}},
    examples=(60_000,),
    whole_grid_to=60_000,
    title="Naming the item in a scene, with weights fixed by brightness",
)

OTHERS = ("attention", "average")
RANGES = ((0.0, 1.0), (0.0, 0.5), (0.5, 0.9), (0.9, 1.0))  # of the spotlight's weight on the item


def masses(scenes: Scenes) -> np.ndarray:
    """Return how much of each spotlight lies in the box; a square half inside counts for half."""
    weights, line = brightness_spotlight(scenes.images), torch.arange(scenes.images.shape[-1])
    top, left, bottom, right = scenes.boxes.T[..., None]
    rows, columns = (line >= top) & (line < bottom), (line >= left) & (line < right)
    boxes = (rows[:, :, None] & columns[:, None]).float()  # (n, 64, 64)
    inside = torch.nn.functional.avg_pool2d(boxes[:, None], 8)[:, 0]
    return (weights * inside).sum(dim=(1, 2)).numpy()


def by_mass(folder: Path) -> list[dict[str, str]]:
    """Return what the three arms get right in each range of mass, and paired differences."""
    right = {arm: _answers(folder, arm) for arm in ("spotlight", *OTHERS)}
    scenes = {seed: curves_scenes.data_of(seed)[2] for seed in curves.SEEDS}
    mass = {seed: masses(some) for seed, some in scenes.items()}
    found = []
    for low, high in RANGES:
        some = {seed: (low <= one) & ((one < high) | (high == 1)) for seed, one in mass.items()}
        row = {"from": low, "to": high, "scenes": np.mean([one.mean() for one in some.values()])}
        for arm, answers in right.items():
            row[arm] = np.mean([answers[seed][one].mean() for seed, one in some.items()])
        for other in OTHERS:
            lead = [right["spotlight"][seed][one] - right[other][seed][one] for seed, one in some.items()]
            pictures = [scenes[seed].items.numpy()[one] for seed, one in some.items()]
            columns = [f"spotlight minus {other}{end}" for end in ("", " low", " high")]
            row |= dict(zip(columns, _interval(lead, pictures), strict=True))
        found.append({name: f"{number:.3f}" for name, number in row.items()})
    return found


def _answers(folder: Path, arm: str) -> dict[int, np.ndarray]:
    """Return by seed which answers of an arm's chosen runs were right."""
    plan = PLAN if arm == "spotlight" else curves_scenes.PLAN
    with plan.path(folder, "-runs.csv").open(encoding="utf-8", newline="") as file:
        shares = curves.validation_of(csv.DictReader(file))
    sealed = curves.unseal(plan, shares, plan.path(folder, "-sealed.csv"))
    choice = curves.choose(plan, shares, arm, 60_000)
    runs = [Run(arm, seed, 60_000, choice.setting) for seed in choice.seeds]
    return {run.seed: curves._from_hex(sealed[run]["test answers"]) for run in runs}


def _interval(values: Sequence[np.ndarray], pictures: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Return mean, low and high of differences over seeds; scenes made from one picture go together."""
    mean = curves.mean_of([float(one.mean()) for one in values])
    sums: dict[int, float] = {}
    for one, sources in zip(values, pictures, strict=True):
        for source, value in zip(sources.tolist(), one - one.mean(), strict=True):
            sums[source] = sums.get(source, 0.0) + value / len(one) / len(values)
    error = math.sqrt(sum(value**2 for value in sums.values()))
    reach = math.hypot((mean.high - mean.low) / 2, 1.96 * error)
    return mean.mean, mean.mean - reach, mean.mean + reach


def main(argv: Sequence[str] | None = None, folder: Path = ROOT / "results") -> int:
    """Do the runs that are missing; then compare by mass."""
    if failed := curves.main(PLAN, argv):
        return failed
    rows = by_mass(folder)
    with (folder / "spotlight-by-mass.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
