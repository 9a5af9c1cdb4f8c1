"""Run the trained part of lesson 13 with five seeds and store what it measures: python tools/seeds_13.py.

The code is the lesson's own: its cells run here with another seed, each seed in about two minutes.
"""

import sys

import torch

from lesson_seeds import TrainedPart, run

PART = TrainedPart(
    lesson="13-classifier-in-depth",
    first="seed",
    end="seeds",  # the cell that shows what is stored
    needed=("few-scenes", "schedule", "mark"),  # imports, and the mark
    extra="from course_utils.training import fit",
)

if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(run(PART, "one thread on a shared machine of 2 CPU cores", sys.argv))
