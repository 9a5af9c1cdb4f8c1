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
"""

from __future__ import annotations

import sys
from dataclasses import replace

from torch import Tensor

from course_utils.learning.evaluation import brightness_spotlight
from course_utils.networks import AveragePooling, Classifier
from proofs import curves, curves_scenes
from proofs.curves import Outcome, Run


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

if __name__ == "__main__":
    sys.exit(curves.main(PLAN))
