"""Run the trained part of classifier-in-depth with five seeds and store what it measures.

The code is the lesson's own: its cells run here with another seed, each seed in about two minutes.
"""

import sys

from proofs.lesson_seeds import TrainedPart, run

PART = TrainedPart(
    lesson="classifier-in-depth",
    first="seed",
    end="seeds",  # the cell that shows what is stored
    needed=("few-scenes", "schedule", "mark"),  # imports, and the mark
    extra="from course_utils.learning.training import fit",
)

if __name__ == "__main__":
    sys.exit(
        run(PART, "seeds_classifier_in_depth", "one thread on a shared machine of 2 CPU cores", threads=1)
    )
