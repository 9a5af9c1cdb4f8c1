"""Run the trained part of evaluating-classifiers with five seeds and store what it measures.

The code is the lesson's own: its cells run here with another seed, up to the heading `seeds-text`. Then the
search for other maps goes on, ten times as long, and a second training of the same network on the same scenes
says how far the maps of two trainings lie apart. One thread: their number changes the last digits of sums,
and a training enlarges that to whole points of accuracy.
"""

import sys

from proofs.lesson_seeds import TrainedPart, run

AFTER = """
for step, other in search([1000, 3000]):
    compare(f"adversary_{step}", other)
second = Classifier(n_classes=10, seed=SEED + 100).standardise_with(train.images)
fit(second, train, validation, epochs=2, seed=SEED + 100, progress=False)
compare("trainings", predict(second, scenes).weights.flatten(1))
"""

PART = TrainedPart(
    lesson="evaluating-classifiers",
    first="scenes",
    end="seeds-text",
    needed=(
        "begin-here",
        "counts-by-hand",
        "sklearn-agrees",
        "folds",
        "bootstrap",
    ),  # imports of the first half
    extra="from course_utils import data",
    after=AFTER,
)

if __name__ == "__main__":
    sys.exit(run(PART, "seeds_evaluating_classifiers", "2 CPU cores, one thread", threads=1))
