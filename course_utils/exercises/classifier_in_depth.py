"""Exercises: the classifier in depth. PyTorch is loaded when an answer is checked."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.classifier_workbench import given_tensors
from course_utils.exercises.engine import Exercise, Misconception, normal

if TYPE_CHECKING:
    from torch import Tensor

N_IMAGES, BATCH_SIZE, N_EPOCHS = 50_000, 256, 3
N_BATCHES = -(-N_IMAGES // BATCH_SIZE)  # of an epoch, rounded up


def _highest_step() -> float:
    n_batches = -(-N_IMAGES // BATCH_SIZE)
    return N_EPOCHS * n_batches / 4


highest_step = Exercise(
    name="highest_step",
    lesson="classifier-in-depth",
    title="Where the learning rate is highest",
    kind="prediction",
    prompt="""
A training on 50,000 images in batches of 256 runs for 3 epochs. Its learning rate climbs for a quarter of all steps
and then falls. The batches of an epoch are counted rounded up, so that no image is left out. At which step, counted
from 0, is the learning rate highest? Write one number.
""",
    starter="highest_step = ...",
    reference=_highest_step,
    digits=1,
    misconceptions=(
        Misconception(
            "not-rounded",
            lambda: N_EPOCHS * N_IMAGES / BATCH_SIZE / 4,
            "You divided 50,000 by 256 and went on with the fraction. A part of a batch takes a whole step: "
            "round up the batches of one epoch first.",
        ),
        Misconception(
            "rounded-down",
            lambda: N_EPOCHS * (N_IMAGES // BATCH_SIZE) / 4,
            "You rounded the batches down. Are all images in these batches? Those that are left over need a "
            "step too, in every epoch.",
        ),
        Misconception(
            "rounded-at-the-end",
            lambda: N_EPOCHS * (N_IMAGES // BATCH_SIZE) // 4,
            "One step too early. Did you round the batches down, round only at the end, or subtract one? Round up the "
            "batches of one epoch first, then multiply.",
        ),
        Misconception(
            "one-epoch",
            lambda: N_BATCHES / 4,
            "This is a quarter of one epoch. The schedule runs over the whole training, and that has 3 epochs.",
        ),
        Misconception(
            "end-of-first-epoch",
            lambda: N_BATCHES,
            "Here the first epoch ends. A quarter of three epochs is not one epoch.",
        ),
        Misconception(
            "all-steps",
            lambda: N_EPOCHS * N_BATCHES,
            "This is the number of all steps. When a quarter of them is over, the climb is.",
        ),
        Misconception(
            "the-fall",
            lambda: N_EPOCHS * N_BATCHES * 3 / 4,
            "Three quarters of the steps: so long does the fall last. The highest point comes before it.",
        ),
        Misconception(
            "counted-from-one", lambda: _highest_step() + 1, "You counted from 1. The first step is step 0."
        ),
        Misconception(
            "images-for-steps",
            lambda: N_EPOCHS * N_IMAGES / 4,
            "You counted images. A step takes a batch of them.",
        ),
        Misconception(
            "one-epoch-not-rounded",
            lambda: N_IMAGES / BATCH_SIZE / 4,
            "This is a quarter of one epoch, with a part of a batch. The schedule runs over all 3 epochs.",
        ),
        Misconception(
            "all-steps-not-rounded",
            lambda: N_EPOCHS * N_IMAGES / BATCH_SIZE,
            "This is the number of all steps, with a part of one. When a quarter of them is over, the climb is.",
        ),
        Misconception(
            "all-steps-rounded-at-the-end",
            lambda: -(-N_EPOCHS * N_IMAGES // BATCH_SIZE),
            "This is about the number of all steps. When a quarter of them is over, the climb is.",
        ),
        Misconception(
            "half-of-the-steps",
            lambda: N_EPOCHS * N_BATCHES / 2,
            "This is half of all steps. The climb takes a quarter of them.",
        ),
        Misconception(
            "images-of-one-epoch",
            lambda: N_IMAGES / 4,
            "You counted images, of one epoch. A step takes a batch of them, and there are 3 epochs.",
        ),
        Misconception(
            "last-step",
            lambda: N_EPOCHS * N_BATCHES - 1,
            "This is the last step of the training. The climb ends long before it.",
        ),
    ),
    hints=(
        "How many batches are needed so that each of the 50,000 images is in one?",
        "How many steps do three such epochs take?",
        "196 batches an epoch, three epochs; now take a quarter.",
    ),
    solution_code="""
n_batches = -(-50_000 // 256)  # rounded up
highest_step = 3 * n_batches / 4
""",
    why="50,000 / 256 is a little more than 195, so an epoch has 196 batches, and three epochs have 588 steps. After "
    "a quarter of them, at step 147, the climb ends.",
    notice="The climb is over within the first epoch; all the rest of the training is the fall.",
)


shirts_without_mark = Exercise(
    name="shirts_without_mark",
    lesson="classifier-in-depth",
    title="What 0.95 says, and what not",
    kind="prediction",
    prompt="""
In training every shirt carried a mark, and nothing else did. The validation scenes were made in the same way, so their
shirts carry it as well, and the network is right for 0.95 of these scenes. What does that say about shirts *without* a
mark? Write one letter in quotes.
""",
    starter='shirts_without_mark = "..."',
    options={
        "a": "it names about 0.95 of them too: it was tested on scenes that it had not seen",
        "b": "it names fewer, but still most of them: the shirt itself is there to be seen",
        "c": "it names none of them: it has learned the mark and nothing else",
        "d": "nothing: it may name all of them or none",
    },
    reference=lambda: "d",
    misconceptions=(
        Misconception(
            "unseen-is-enough",
            lambda: "a",
            "The scenes were new, but from the same source: each of their shirts carries the mark. On how many "
            "shirts without one was the network tested?",
        ),
        Misconception(
            "the-shirt-is-there",
            lambda: "b",
            "You would see the shirt. But a network learns what lowers the loss, and the mark may have been "
            "enough for that. Which of the scenes would show the difference?",
        ),
        Misconception(
            "surely-the-mark",
            lambda: "c",
            "That may be so, but 0.95 doesn't say it: a network that takes no notice of marks can be right for "
            "0.95, too. Which of the scenes would tell the two networks apart?",
        ),
    ),
    hints=(
        "How many of the validation scenes show a shirt without a mark?",
        "Think of two networks: one looks only for the mark, the other only at the shirt. Could both reach 0.95?",
        "If both can, then 0.95 doesn't tell which of them you have.",
    ),
    solution_code='shirts_without_mark = "d"',
    why="No shirt without a mark was among the scenes. Two networks, one that follows the mark and one that follows "
    "the shirt, look the same there.",
    notice="A test that comes from the same source as the training has the same shortcuts.",
)


def _schedule(
    step: int,
    n_steps: int,
    highest: float,
    *,
    first: float = 0.1,
    last: float = 0.0,
    climb: float = 0.25,
) -> float:
    return highest * np.interp(step, [0, climb * n_steps, n_steps], [first, 1.0, last])


def _learning_rate(step: int, n_steps: int, highest: float) -> float:
    return highest * np.interp(step, [0, n_steps / 4, n_steps], [0.1, 1.0, 0.0])


def _after_the_climb(fall: Callable) -> Callable:
    """Build a wrong schedule whose climb is right: `fall` gives the share of the highest learning rate."""

    def rate(step: int, n_steps: int, highest: float) -> float:
        if step < n_steps / 4:
            return _learning_rate(step, n_steps, highest)
        return highest * fall(step, n_steps)

    return rate


learning_rate = Exercise(
    name="learning_rate",
    lesson="classifier-in-depth",
    title="Climb, then fall",
    kind="code",
    prompt="""
Write the lesson's schedule for any training. At step 0 the learning rate is a tenth of `highest`. It climbs in a
straight line, reaches `highest` after a quarter of the `n_steps` steps, and falls in a straight line to 0 at step
`n_steps`. A quarter of the steps need not be a whole number.
""",
    starter='''
def learning_rate(step, n_steps, highest):
    """Numbers, no arrays: step from 0 to n_steps, n_steps, highest. Gives one number."""
    ...
''',
    reference=_learning_rate,
    cases=(
        (0, 8, 0.5),
        (1, 8, 0.5),
        (2, 8, 0.5),
        (6, 8, 0.5),
        (2, 10, 0.2),
        (3, 10, 0.2),
        (5, 33, 2.0),
        (30, 33, 2.0),
        (8, 31, 1.0),
        (7, 30, 3.0),
    ),
    misconceptions=(
        Misconception(
            "from-zero",
            lambda step, n_steps, highest: _schedule(step, n_steps, highest, first=0.0),
            "Your climb begins at 0, so the first step changes nothing. Begin at a tenth of `highest`.",
        ),
        Misconception(
            "a-tenth-on-top",
            lambda step, n_steps, highest: (
                highest * (0.1 + 4 * step / n_steps)
                if step < n_steps / 4
                else _learning_rate(step, n_steps, highest)
            ),
            "Your climb begins at a tenth and gains all of `highest` besides, so it comes out above it. What is "
            "left to gain after a tenth?",
        ),
        Misconception(
            "tenth-of-one",
            lambda step, n_steps, highest: np.interp(step, [0, n_steps / 4, n_steps], [0.1, highest, 0]),
            "You begin at 0.1, whatever `highest` is. It is a tenth of `highest`.",
        ),
        Misconception(
            "share-of-highest",
            lambda step, n_steps, highest: _schedule(step, n_steps, 1.0),
            "The shape is right, but it climbs to 1. Multiply it by `highest`.",
        ),
        Misconception(
            "whole-quarter",
            lambda step, n_steps, highest: (
                highest * np.interp(step, [0, n_steps // 4, n_steps], [0.1, 1.0, 0.0])
            ),
            "You cut the quarter down to a whole number of steps. The lines meet at `n_steps / 4`, which may lie "
            "between two steps.",
        ),
        Misconception(
            "half-and-half",
            lambda step, n_steps, highest: _schedule(step, n_steps, highest, climb=0.5),
            "You climb for half of the steps. It is a quarter of them.",
        ),
        Misconception(
            "no-climb",
            lambda step, n_steps, highest: highest * (1 - step / n_steps),
            "You begin with the fall. A fresh network does not stand the largest steps: where is the climb?",
        ),
        Misconception(
            "no-fall",
            _after_the_climb(lambda step, n_steps: 1.0),
            "After the climb your learning rate stays where it is. It has to fall to 0.",
        ),
        Misconception(
            "fall-from-step-0",
            _after_the_climb(lambda step, n_steps: 1 - step / n_steps),
            "Your fall is counted from step 0, so the learning rate drops suddenly after the climb. At a quarter "
            "of the steps it has to begin at `highest`.",
        ),
        Misconception(
            "too-slow-a-fall",
            _after_the_climb(lambda step, n_steps: 1 - (step - n_steps / 4) / n_steps),
            "Your fall begins in the right place and doesn't reach 0. How many steps are left for it?",
        ),
        Misconception(
            "falls-to-a-tenth",
            lambda step, n_steps, highest: _schedule(step, n_steps, highest, last=0.1),
            "Your fall ends at a tenth of `highest`, where the climb began. It ends at 0.",
        ),
        Misconception(
            "zero-at-the-last-step",
            lambda step, n_steps, highest: (
                _learning_rate(step, n_steps, highest)
                if step < n_steps / 4
                else highest * (n_steps - 1 - step) / (n_steps * 3 / 4 - 1)
            ),
            "Yours is 0 one step too early. The last step of a training is `n_steps - 1`, and it should still "
            "change something: the line reaches 0 at `n_steps`.",
        ),
        Misconception(
            "cosine",
            _after_the_climb(lambda step, n_steps: (1 + np.cos(np.pi * (4 * step / n_steps - 1) / 3)) / 2),
            "Your fall follows a cosine. Many trainings do it so; here it is a straight line.",
        ),
        Misconception(
            "slow-climb",
            lambda step, n_steps, highest: (
                highest * (0.1 + 0.9 * step / n_steps)
                if step < n_steps / 4
                else _learning_rate(step, n_steps, highest)
            ),
            "Your climb counts its share of all steps, so it does not reach `highest`. It has a quarter of them.",
        ),
        Misconception(
            "climb-without-its-start",
            lambda step, n_steps, highest: (
                highest * 3.6 * step / n_steps
                if step < n_steps / 4
                else _learning_rate(step, n_steps, highest)
            ),
            "Your climb gains nine tenths of `highest`, and begins at 0. Where should it begin?",
        ),
        Misconception(
            "flat-start",
            lambda step, n_steps, highest: (
                max(0.1 * highest, _schedule(step, n_steps, highest, first=0.0))
                if step < n_steps / 4
                else _learning_rate(step, n_steps, highest)
            ),
            "Your learning rate stays at a tenth for a while, then climbs. It is one straight line.",
        ),
        Misconception(
            "too-fast-a-fall",
            _after_the_climb(lambda step, n_steps: 1 - (step - n_steps / 4) / (n_steps / 4)),
            "Your fall takes a quarter of the steps, and goes below 0. How many steps are left for it?",
        ),
        Misconception(
            "fall-too-high",
            _after_the_climb(lambda step, n_steps: (n_steps - step) / (n_steps / 4)),
            "Your fall begins at three times `highest`. Divide by the number of steps that the fall takes.",
        ),
        Misconception(
            "rising-fall",
            _after_the_climb(lambda step, n_steps: (step - n_steps / 4) / (n_steps * 3 / 4)),
            "After the climb yours rises from 0 again. It is what is left of the fall that counts, not what is over.",
        ),
        Misconception(
            "falls-to-a-tenth-of-one",
            lambda step, n_steps, highest: np.interp(
                step, [0, n_steps / 4, n_steps], [0.1 * highest, highest, 0.1]
            ),
            "Your fall ends at 0.1. It ends at 0.",
        ),
        Misconception(
            "three-quarters-up",
            lambda step, n_steps, highest: _schedule(step, n_steps, highest, climb=0.75),
            "You climb for three quarters of the steps. The climb is a quarter, and the fall the rest.",
        ),
        Misconception(
            "from-zero-and-slow-fall",
            lambda step, n_steps, highest: (
                highest * (4 * step / n_steps if step < n_steps / 4 else 1.25 - step / n_steps)
            ),
            "Two things: your climb begins at 0 in place of a tenth, and your fall does not reach 0.",
        ),
        Misconception(
            "from-zero-and-fall-from-step-0",
            lambda step, n_steps, highest: (
                highest * (4 * step / n_steps if step < n_steps / 4 else 1 - step / n_steps)
            ),
            "Two things: your climb begins at 0 in place of a tenth, and your fall is counted from step 0.",
        ),
        Misconception(
            "a-tenth-on-top-and-fall-from-step-0",
            lambda step, n_steps, highest: (
                highest * (0.1 + 4 * step / n_steps if step < n_steps / 4 else 1 - step / n_steps)
            ),
            "Two things: your climb comes out above `highest`, and your fall is counted from step 0.",
        ),
        Misconception(
            "from-zero-in-a-whole-quarter",
            lambda step, n_steps, highest: (
                highest * np.interp(step, [0, n_steps // 4, n_steps], [0.0, 1.0, 0.0])
            ),
            "Two things: your climb begins at 0 in place of a tenth, and the quarter is cut down to whole steps.",
        ),
        Misconception(
            "rounded-quarter",
            lambda step, n_steps, highest: (
                highest * np.interp(step, [0, round(n_steps / 4), n_steps], [0.1, 1.0, 0.0])
            ),
            "You rounded the quarter to a whole number of steps. The lines meet at `n_steps / 4`.",
        ),
        Misconception(
            "gain-not-of-highest",
            lambda step, n_steps, highest: (
                0.1 * highest + 3.6 * step / n_steps
                if step < n_steps / 4
                else _learning_rate(step, n_steps, highest)
            ),
            "The start of your climb is right. What it gains on the way is a share of `highest`, too.",
        ),
    ),
    hints=(
        "At which step do the two straight lines meet, and what is the learning rate there?",
        "In the climb, what share of the quarter is over at `step`? In the fall, what share of the other three "
        "quarters is left?",
        "`np.interp(step, [...], [...])` draws straight lines through points: three steps, and the three values "
        "that belong to them.",
    ),
    solution_code="""
def learning_rate(step, n_steps, highest):
    peak = n_steps / 4
    if step < peak:
        return highest * (0.1 + 0.9 * step / peak)
    return highest * (n_steps - step) / (n_steps - peak)
""",
    why="Each straight line is a share: of the climb, what is over; of the fall, what is left. The climb has nine "
    "tenths of `highest` to gain.",
    notice="No step of a training is taken at 0: its last is `n_steps - 1`.",
)


def _maps(*shape: int, seed: int, n_empty: int = 0) -> np.ndarray:
    """Give attention maps, each of which sums to 1; the first positions of each hold nothing."""
    scores = normal(*shape, seed=seed, scale=1.5).reshape(shape[0], -1)
    scores[:, :n_empty] = -np.inf
    return softmax(scores).reshape(shape).astype(np.float32)


def _effective_places(weights: "Tensor") -> "Tensor":
    import torch

    return torch.special.entr(weights).sum(dim=(1, 2)).exp()


def _with_nan(change: Callable) -> Callable:
    """Build a wrong answer from weights and their entropy, which is NaN where a weight is 0."""
    return lambda weights: change(weights, -(weights * weights.log()).sum(dim=(1, 2)))


effective_places = Exercise(
    name="effective_places",
    lesson="classifier-in-depth",
    title="How many places share the attention",
    kind="code",
    prompt="""
How far is attention spread out? The entropy of a map is -Σ w log w, over its positions and with the natural logarithm.
If k positions share the attention evenly, and the others have none, it is log k. So the exponential of the entropy
says how many equal weights would be as spread out. A weight may be 0; it adds nothing to the sum.
""",
    starter='''
def effective_places(weights):
    """Shapes: weights (n, height, width), a tensor, each map sums to 1. Gives n numbers of places, (n,)."""
    ...
''',
    reference=_effective_places,
    measure=given_tensors,
    tolerance=1e-4,
    cases=(
        (_maps(2, 4, 6, seed=251),),
        (_maps(3, 3, 5, seed=252, n_empty=4),),
        (_maps(1, 8, 8, seed=253, n_empty=63),),
        (_maps(4, 5, 2, seed=254, n_empty=1),),
        (_maps(2, 8, 8, seed=255, n_empty=2),),
    ),
    misconceptions=(
        Misconception(
            "zero-times-infinity",
            lambda weights: (-(weights * weights.log()).sum(dim=(1, 2))).exp(),
            "This is right as long as no weight is 0. The logarithm of 0 is minus infinity, and 0 times that is "
            "NaN. Keep the weights away from 0 inside the logarithm, or leave the zeros out.",
        ),
        Misconception(
            "entropy",
            lambda weights: _effective_places(weights).log(),
            "This is the entropy. Its exponential is a number of places.",
        ),
        Misconception(
            "sign",
            lambda weights: 1 / _effective_places(weights),
            "The logarithm of a weight below 1 is negative, and the entropy has a minus before the sum. Without "
            "it you get one over the number of places.",
        ),
        Misconception(
            "bits",
            lambda weights: (_effective_places(weights).log() / np.log(2)).exp(),
            "You took the logarithm to the base 2 and the exponential to the base e. Both need the same base.",
        ),
        Misconception(
            "two-to-the-nats",
            lambda weights: 2 ** _effective_places(weights).log(),
            "You took the natural logarithm and then a power of 2. Both need the same base.",
        ),
        Misconception(
            "softmax-again",
            lambda weights: _effective_places(weights.flatten(1).softmax(dim=1).view_as(weights)),
            "You put the weights through softmax. They have been through it: each map sums to 1 already.",
        ),
        Misconception(
            "mean-over-positions",
            lambda weights: (_effective_places(weights).log() / weights[0].numel()).exp(),
            "You averaged over the positions. The entropy is a sum; the weights in it do the averaging.",
        ),
        Misconception(
            "row-by-row",
            lambda weights: (-(weights * weights.clamp(min=1e-12).log()).sum(dim=-1)).exp(),
            "You summed along each row and gave a number for each. The positions of a map lie along two axes.",
        ),
        Misconception(
            "averaged-over-maps",
            lambda weights: _effective_places(weights).mean(),
            "The numbers are right, but you averaged them over the maps. Give one number for each map.",
        ),
        Misconception(
            "not-zero",
            lambda weights: (weights > 0).sum(dim=(1, 2)),
            "You counted the weights that are not 0. A tiny weight should count for little.",
        ),
        Misconception(
            "sum-of-squares",
            lambda weights: 1 / (weights**2).sum(dim=(1, 2)),
            "One over the sum of squares measures something like it, and counts small weights for less. Here "
            "the entropy is asked for.",
        ),
        Misconception(
            "summed-over-maps",
            lambda weights: _effective_places(weights.flatten()[None, None])[0],
            "You summed over all maps together. Give one number for each map.",
        ),
        Misconception(
            "minus-last",
            lambda weights: -1 / _effective_places(weights),
            "The minus is applied last here: `-x.exp()` is minus the exponential. Put it before the sum, in brackets.",
        ),
        Misconception(
            "entropy-with-zeros",
            _with_nan(lambda weights, entropy: entropy),
            "This is the entropy, and where a weight is 0 it is NaN: the logarithm of 0 is minus infinity, and 0 times "
            "that is NaN. The exponential is missing too.",
        ),
        Misconception(
            "sign-with-zeros",
            _with_nan(lambda weights, entropy: (-entropy).exp()),
            "The minus is missing. And where a weight is 0, its logarithm is minus infinity, and 0 times that is NaN.",
        ),
        Misconception(
            "minus-last-with-zeros",
            _with_nan(lambda weights, entropy: -(-entropy).exp()),
            "The minus is applied last here; it belongs before the sum. And 0 times the logarithm of 0 is NaN.",
        ),
        Misconception(
            "negative-entropy",
            lambda weights: -_effective_places(weights).log(),
            "This is the entropy with the other sign, and without its exponential.",
        ),
        Misconception(
            "negative-entropy-with-zeros",
            _with_nan(lambda weights, entropy: -entropy),
            "This is the entropy with the other sign, and NaN where a weight is 0. The exponential is missing too.",
        ),
        Misconception(
            "bits-with-zeros",
            _with_nan(lambda weights, entropy: (entropy / np.log(2)).exp()),
            "Logarithm and exponential have different bases. And 0 times the logarithm of 0 is NaN.",
        ),
        Misconception(
            "column-by-column",
            lambda weights: (-(weights * weights.clamp(min=1e-12).log()).sum(dim=1)).exp(),
            "You summed along each column and gave a number for each. The positions of a map lie along two axes.",
        ),
        Misconception(
            "row-by-row-with-zeros",
            lambda weights: (-(weights * weights.log()).sum(dim=-1)).exp(),
            "You gave a number for each row of a map; give one for the map. And 0 times the logarithm of 0 is NaN.",
        ),
        Misconception(
            "summed-over-maps-with-zeros",
            lambda weights: (-(weights * weights.log()).sum()).exp(),
            "You summed over all maps together. Give one number for each. And 0 times the logarithm of 0 is NaN.",
        ),
        Misconception(
            "without-the-weights",
            lambda weights: (-weights.clamp(min=1e-12).log()).sum(dim=(1, 2)).exp(),
            "You summed the logarithms alone. In the entropy each is multiplied by its weight.",
        ),
        Misconception(
            "largest",
            lambda weights: 1 / weights.amax(dim=(1, 2)),
            "One over the largest weight looks at one position only. The entropy looks at all.",
        ),
    ),
    hints=(
        "What should come out for a map with one weight of 1 and all others 0? And for 64 equal weights?",
        "What does Python give for the logarithm of 0, and for 0 times that? How can a 0 be kept from it?",
        "`weights.clamp(min=1e-12).log()` is never infinite; multiplied by a weight of 0 it gives 0.",
        "Sum over both axes of a map, `dim=(1, 2)`; then the minus, then `.exp()`.",
    ),
    solution_code="""
def effective_places(weights):
    logarithms = weights.clamp(min=1e-12).log()
    return (-(weights * logarithms).sum(dim=(1, 2))).exp()
""",
    why="The entropy is the weighted average of -log w. Its exponential turns that back into a number of places: 64 "
    "equal weights give 64, a single 1 gives 1.",
    notice="It says how far attention is spread out, not whether it lies in the right place.",
)


def _split_crops(lefts: np.ndarray, side: int, border: int) -> tuple[np.ndarray, np.ndarray]:
    return lefts + side <= border, lefts >= border


split_crops = Exercise(
    name="split_crops",
    lesson="classifier-in-depth",
    title="Repair a split",
    kind="repair",
    prompt="""
Crops are cut from one picture. A crop with the left edge `left` covers the columns from `left` to `left + side - 1`,
and `border` is the first column of the right part. A crop shall be for training if it lies wholly left of the border,
for the test if it lies wholly right of it (it may begin in the column `border`), and for neither if it straddles it.
This split looks only at where a crop begins, so some pixels are in both parts.
""",
    starter='''
def split_crops(lefts, side, border):
    """Shapes: lefts (n,) integers; side, border integers. Gives two arrays of True and False, (n,)."""
    train = lefts < border
    test = lefts >= border
    return train, test
''',
    reference=_split_crops,
    cases=(
        (np.array([0, 3, 4, 5, 6, 9, 10, 11, 17]), 6, 10),
        (np.array([12, 8, 2, 7, 4, 5, 3]), 3, 7),
        (np.array([100, 36, 37, 35, 0, 99, 101]), 64, 100),
        (np.array([4, 5, 6]), 1, 5),
    ),
    misconceptions=(
        Misconception(
            "where-it-begins",
            lambda lefts, side, border: (lefts < border, lefts >= border),
            "Every crop that begins left of the border is still for training, also if it reaches over it. Where "
            "does a crop end?",
        ),
        Misconception(
            "straddlers-tested",
            lambda lefts, side, border: (lefts + side <= border, lefts + side > border),
            "Training is right. But now the crops that straddle the border are in the test, with columns that are "
            "in training crops, too. They belong to neither.",
        ),
        Misconception(
            "by-centre",
            lambda lefts, side, border: (lefts + side / 2 < border, lefts + side / 2 >= border),
            "You asked where a crop's centre lies. A crop whose centre is left of the border may still reach "
            "over it: ask for both edges.",
        ),
        Misconception(
            "straddlers-in-both",
            lambda lefts, side, border: (lefts < border, lefts + side > border),
            "Crops that straddle the border are in both parts now. For training you looked at the left edge, for "
            "the test at the right one: exchange them.",
        ),
        Misconception(
            "one-column-lost",
            lambda lefts, side, border: (lefts + side < border, lefts >= border),
            "A crop that ends just before the border is left out. Its last column is `left + side - 1`, and that "
            "may be `border - 1`.",
        ),
        Misconception(
            "one-column-over",
            lambda lefts, side, border: (lefts + side - 1 <= border, lefts >= border),
            "The last column of a crop, `left + side - 1`, may not be `border` itself: this is the first column "
            "of the right part.",
        ),
        Misconception(
            "begins-behind-the-border",
            lambda lefts, side, border: (lefts + side <= border, lefts > border),
            "Training is right. A crop that begins in the column `border` lies wholly in the right part, and is "
            "missing from the test.",
        ),
        Misconception(
            "a-gap-of-one-crop",
            lambda lefts, side, border: (lefts + side <= border, lefts >= border + side),
            "Training is right. In the test you ask for the distance of a whole crop from the border; beginning "
            "there is enough.",
        ),
        Misconception(
            "exchanged",
            lambda lefts, side, border: _split_crops(lefts, side, border)[::-1],
            "Both parts are right, in the wrong order: first the training, then the test.",
        ),
        Misconception(
            "numbers-of-crops",
            lambda lefts, side, border: tuple(
                np.flatnonzero(part) for part in _split_crops(lefts, side, border)
            ),
            "The right crops, but as their numbers. Give True or False for every crop.",
        ),
        Misconception(
            "one-column-lost-at-both",
            lambda lefts, side, border: (lefts + side < border, lefts > border),
            "At both sides a crop that just fits is left out. May the edges touch the border?",
        ),
        Misconception(
            "begins-behind-and-train-as-before",
            lambda lefts, side, border: (lefts < border, lefts > border),
            "The test has lost crops that begin at the border; and those that reach over it are still for training.",
        ),
        Misconception(
            "train-as-before-with-a-gap",
            lambda lefts, side, border: (lefts < border, lefts >= border + side),
            "The test has lost crops, and those that reach over the border are still for training.",
        ),
        Misconception(
            "one-column-lost-and-gap",
            lambda lefts, side, border: (lefts + side < border, lefts >= border + side),
            "Crops that just fit are left out of the training; and in the test, beginning at the border is enough.",
        ),
        Misconception(
            "one-column-over-and-strict",
            lambda lefts, side, border: (lefts + side - 1 <= border, lefts > border),
            "Your training crops may reach into the column `border`, where a test crop may begin. Look at both bounds.",
        ),
        Misconception(
            "straddlers-tested-one-more",
            lambda lefts, side, border: (lefts + side <= border, lefts + side >= border),
            "Training is right. In the test you look at a crop's right edge. Which edge may not lie before the border?",
        ),
        Misconception(
            "rest-tested-one-column-lost",
            lambda lefts, side, border: (lefts + side < border, lefts + side >= border),
            "Crops that straddle the border belong to neither part. And look at the bound of the training.",
        ),
        Misconception(
            "one-column-over-rest-tested",
            lambda lefts, side, border: (lefts + side - 1 <= border, lefts + side - 1 > border),
            "Crops that straddle belong to neither part. And a training crop's last column may not be `border`.",
        ),
        Misconception(
            "wrong-direction",
            lambda lefts, side, border: (lefts - side <= border, lefts >= border),
            "A crop extends to the right of `left`: add `side` to find its end.",
            also=(lambda lefts, side, border: (lefts - side < border, lefts >= border),),
        ),
        Misconception(
            "centre-for-training",
            lambda lefts, side, border: (lefts + side / 2 < border, lefts >= border),
            "The test is right. For training you ask for the centre of a crop; it may still reach over the border.",
        ),
        Misconception(
            "edges-given",
            lambda lefts, side, border: tuple(lefts[part] for part in _split_crops(lefts, side, border)),
            "The right crops, but as their left edges. Give True or False for every crop.",
        ),
        Misconception(
            "neither-too",
            lambda lefts, side, border: (
                *_split_crops(lefts, side, border),
                (lefts + side > border) & (lefts < border),
            ),
            "Both parts are right. The third is not asked for: give two arrays.",
        ),
        Misconception(
            "training-only",
            lambda lefts, side, border: lefts + side <= border,
            "Training is right. Give the test's array as well.",
        ),
    ),
    hints=(
        "Draw a crop that begins just left of the border. Which columns of it are in the right part?",
        "For training, which of a crop's edges has to be left of the border?",
        "Compare `lefts + side`, the first column behind a crop, with `border`; may they be equal?",
    ),
    solution_code="""
def split_crops(lefts, side, border):
    train = lefts + side <= border
    test = lefts >= border
    return train, test
""",
    why="A crop lies wholly left of the border if the first column behind it, `left + side`, is not beyond the "
    "border. The rest either begins behind the border or straddles it.",
    notice="The crops that straddle are lost. That is the price of a test that shares no pixel with the training.",
)
