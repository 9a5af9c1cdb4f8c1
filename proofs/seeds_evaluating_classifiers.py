"""Run the trained part of evaluating-classifiers with five seeds and store what it measures.

The code is the lesson's own: its cells run here with another seed, up to the cell that judges the results.
"""

import sys

from proofs.lesson_seeds import TrainedPart, run

PART = TrainedPart(
    lesson="evaluating-classifiers",
    first="scenes",
    end="bounds",
    needed=("begin-here", "counts-by-hand", "sklearn-agrees"),  # imports of the first half
    extra="from course_utils import data",
)

if __name__ == "__main__":
    sys.exit(run(PART, "seeds_evaluating_classifiers", "2 CPU cores"))
