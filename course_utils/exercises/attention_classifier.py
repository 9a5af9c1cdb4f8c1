"""Exercises: a classifier with attention. PyTorch is loaded when an answer is checked."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.classifier_workbench import (
    POOLING_SLIPS,
    accuracy_case,
    attention_maps,
    for_each_box,
    given_tensors,
    linear_behind_normalisation,
    losses_and_weight,
    normalised_model,
    on_new_model,
    pooled_and_gradient,
    pooling_case,
    trained_by,
    training_case,
)
from course_utils.exercises.engine import Exercise, Misconception
from course_utils.exercises.engine.compare import plain

if TYPE_CHECKING:
    from torch import Tensor, nn

SCORES = np.array([2.0, -1.0, 0.5, 3.0])  # one for each of four pictures
IMAGE_SIDE, BOX_HEIGHT, BOX_WIDTH, N_POSITIONS = 64, 16, 24, 64


def _one_score_each() -> np.ndarray:
    return softmax(SCORES[:, np.newaxis], axis=1)[:, 0]


def _in_one_row(answer: object) -> object:
    """Take the article's own shape, (4, 1), as well as a list."""
    return np.squeeze(np.asarray(plain(answer)))


one_score_each = Exercise(
    name="one_score_each",
    lesson="attention-classifier",
    title="One score for each picture",
    kind="prediction",
    prompt="""
The article's attention module ends in `nn.Linear(256, 1)` and `nn.Softmax(1)`: one score for each picture,
in the shape (batch, 1). Four pictures have the scores 2, -1, 0.5 and 3. What are their four attention
weights, to two decimals? Write a list.
""",
    starter="one_score_each = [..., ..., ..., ...]",
    reference=_one_score_each,
    measure=_in_one_row,
    measure_name="weights",
    digits=2,
    misconceptions=(
        Misconception(
            "softmax-over-batch",
            lambda: softmax(SCORES),
            "You shared one attention among the four pictures. `Softmax(1)` runs along axis 1, inside each "
            "picture by itself: how many scores lie along that axis?",
        ),
        Misconception(
            "sigmoid",
            lambda: 1 / (1 + np.exp(-SCORES)),
            "You put each score through a sigmoid, which gives each a weight of its own between 0 and 1. "
            "Softmax divides by a sum: which numbers are summed when there is one score?",
        ),
        Misconception(
            "equal-share",
            lambda: np.full(4, 0.25),
            "A quarter each is what four equal scores in one row would get. Here each row holds one score, and "
            "the weights of each row sum to 1.",
        ),
        Misconception(
            "score-as-weight",
            lambda: SCORES,
            "These are the scores. The softmax comes next: what does it make of a single score?",
        ),
        Misconception(
            "largest-takes-all",
            lambda: [0, 0, 0, 1],
            "You let the highest of the four win. Each picture has an attention of its own.",
        ),
        Misconception(
            "all-zero", lambda: np.zeros(4), "The weights of each row sum to 1. How many are in a row here?"
        ),
        Misconception(
            "exponentials",
            lambda: np.exp(SCORES),
            "These are the exponentials. Softmax divides each by the sum over its row.",
        ),
        Misconception(
            "score-over-sum",
            lambda: SCORES / SCORES.sum(),
            "You divided by the sum over the four pictures, without an exponential. Softmax stays inside a picture.",
        ),
        Misconception(
            "scaled-over-batch",
            lambda: softmax(SCORES / 16),
            "You scaled, and shared one attention among the four pictures. `Softmax(1)` runs inside each picture.",
        ),
    ),
    hints=(
        "The scores have the shape (4, 1). How many numbers lie along axis 1?",
        "What must the weights along that axis sum to?",
        "exp(2) / exp(2) is the first weight.",
    ),
    solution_code="one_score_each = [1, 1, 1, 1]",
    why="Softmax divides the exponential of a score by the sum over its row, and the row holds nothing else: "
    "the weight is 1 whatever the score is.",
    notice="A weight that is always 1 has gradient 0: nothing in front of it can learn.",
)


def _conv_parameters() -> int:
    channels_in, channels_out, side = 32, 64, 3
    return channels_out * (channels_in * side**2 + 1)


conv_parameters = Exercise(
    name="conv_parameters",
    lesson="attention-classifier",
    title="The parameters of a convolution",
    kind="prediction",
    prompt="""
The article's second convolution is `nn.Conv2d(32, 64, 3, 1, 1)`: 32 channels in, 64 channels out, windows of
3 × 3, stride 1, padding 1. How many parameters does it have, biases included? Write one number.
""",
    starter="conv_parameters = ...",
    reference=_conv_parameters,
    misconceptions=(
        Misconception(
            "no-bias", lambda: 64 * 32 * 9, "These are the weights. Each channel out has a bias besides."
        ),
        Misconception(
            "one-bias",
            lambda: 64 * 32 * 9 + 1,
            "The weights are right. But there is one bias for each channel out, not one in all.",
        ),
        Misconception(
            "one-channel-in",
            lambda: 64 * (9 + 1),
            "You gave each channel out one window of 3 × 3. It has a window for each of the 32 channels in, and "
            "adds up what they see.",
        ),
        Misconception(
            "one-channel-out",
            lambda: 32 * 9 + 1,
            "This is what one channel out needs: a window for each channel in, and a bias. How many channels "
            "out are there?",
        ),
        Misconception(
            "side-for-window", lambda: 64 * (32 * 3 + 1), "A window of 3 × 3 holds nine weights, not three."
        ),
        Misconception(
            "a-bias-for-each-window",
            lambda: 64 * 32 * (9 + 1),
            "You counted a bias for each window. What the 32 windows see is added up first, and one bias is "
            "added to the sum.",
        ),
        Misconception(
            "biases-of-channels-in",
            lambda: 64 * 32 * 9 + 32,
            "The weights are right. The biases belong to the channels out: how many are those?",
        ),
        Misconception(
            "biases-of-both",
            lambda: 64 * 32 * 9 + 32 + 64,
            "The weights are right. Only the channels out have biases.",
        ),
        Misconception(
            "no-window",
            lambda: 64 * (32 + 1),
            "You gave each pair of channels one weight. A window of 3 × 3 has more.",
        ),
        Misconception(
            "channels-added",
            lambda: (32 + 64) * 9 + 64,
            "You added the channels. Each channel out has a window for each channel in: multiply.",
        ),
        Misconception(
            "one-channel-in-no-bias",
            lambda: 64 * 9,
            "Each channel out has a window for each of the 32 channels in. The biases come on top.",
        ),
        Misconception(
            "one-channel-out-no-bias",
            lambda: 32 * 9,
            "This is what one channel out needs, without its bias. How many channels out are there?",
        ),
        Misconception(
            "side-and-no-bias",
            lambda: 64 * 32 * 3,
            "A window of 3 × 3 holds nine weights, not three; and each channel out has a bias.",
        ),
    ),
    hints=(
        "Does the number depend on the size of the picture? The same window slides over all of it.",
        "How many weights look at one position, over all 32 channels in?",
        "One channel out needs 32 · 9 weights and 1 bias; there are 64 of them.",
    ),
    solution_code="conv_parameters = 64 * (32 * 3 * 3 + 1)",
    why="Each of the 64 channels out has 32 windows of 9 weights, and one bias. Stride and padding say where the "
    "windows stand, and need no parameters.",
    notice="18,496 parameters, whatever the picture's size; the `fc1` behind it pays for every position.",
)


def _even_mass() -> float:
    return BOX_HEIGHT * BOX_WIDTH / IMAGE_SIDE**2


even_mass = Exercise(
    name="even_mass",
    lesson="attention-classifier",
    title="The attention of someone who does not look",
    kind="prediction",
    prompt="""
A picture of 64 × 64 pixels has a map of 8 × 8 attention weights, and all of them are equal. The item's box is 16
pixels high and 24 wide, and its edges lie on edges of the map's positions. What share of the attention lies inside the
box? Write one number from 0 to 1, to three decimals.
""",
    starter="even_mass = ...",
    reference=_even_mass,
    digits=3,
    misconceptions=(
        Misconception(
            "one-weight",
            lambda: 1 / N_POSITIONS,
            "1/64 is the weight of one position. The box covers several: add up their weights.",
        ),
        Misconception(
            "positions-counted",
            lambda: BOX_HEIGHT * BOX_WIDTH / N_POSITIONS,
            "The box covers so many positions, yes. Each of them has a weight of 1/64.",
        ),
        Misconception(
            "all-inside",
            lambda: 1.0,
            "All of the attention lies on the picture. The box is only a part of it, and equal weights know "
            "nothing of the box.",
        ),
        Misconception(
            "sides-added",
            lambda: (BOX_HEIGHT + BOX_WIDTH) / (2 * IMAGE_SIDE),
            "You compared the sides. Attention is spread over the area: multiply height and width.",
        ),
        Misconception(
            "nothing-inside",
            lambda: 0.0,
            "Equal weights prefer no place, and avoid none: some of them lie inside the box.",
        ),
        Misconception(
            "height-alone",
            lambda: BOX_HEIGHT / IMAGE_SIDE,
            "This is the share of the picture's height. The box does not reach over its whole width.",
        ),
        Misconception(
            "width-alone",
            lambda: BOX_WIDTH / IMAGE_SIDE,
            "This is the share of the picture's width. The box does not reach over its whole height.",
        ),
        Misconception(
            "positions-of-sides-added",
            lambda: 5 / N_POSITIONS,
            "You added two positions and three. A box of 2 by 3 positions covers their product.",
        ),
        Misconception(
            "one-of-those-inside",
            lambda: 1 / 6,
            "This is a share of the box. What is asked is the box's share of all 64 positions.",
        ),
        Misconception(
            "of-one-side", lambda: 6 / 8, "The box covers six positions. The map has 8 × 8 of them, not 8."
        ),
        Misconception(
            "box-in-pixels",
            lambda: BOX_HEIGHT * BOX_WIDTH,
            "This is the area of the box in pixels. Which share of the picture's area is it?",
        ),
        Misconception(
            "edges-counted-in",
            lambda: 3 * 4 / N_POSITIONS,
            "You counted one position more each way. 16 pixels are two positions of 8, and 24 are three.",
        ),
        Misconception(
            "box-of-the-lesson",
            lambda: (28 / IMAGE_SIDE) ** 2,
            "That is the share of the lesson's box, 28 by 28. This one is 16 by 24.",
        ),
        Misconception("half", lambda: 0.5, "Half would be right for a box that fills half of the picture."),
        Misconception("outside", lambda: 1 - _even_mass(), "This is what lies outside the box."),
    ),
    hints=(
        "If the attention is spread evenly, which share of it does half of the picture get?",
        "Each position of the map stands for 8 × 8 pixels. How many of them does the box cover?",
        "The box covers 2 · 3 positions of 64.",
    ),
    solution_code="even_mass = 16 * 24 / 64**2",
    why="Evenly spread attention gives each region its share of the area: 384 of 4096 pixels, 0.09375.",
    notice="This is what the attention of a trained network has to be compared with.",
)


def _mass_in_box(weights: "Tensor", boxes: "Tensor") -> "Tensor":
    import torch

    pairs = zip(weights, boxes, strict=True)
    return torch.stack([map_[top:bottom, left:right].sum() for map_, (top, left, bottom, right) in pairs])


mass_in_box = Exercise(
    name="mass_in_box",
    lesson="attention-classifier",
    title="How much attention lies in the box",
    kind="code",
    prompt="""
Measure how much of each picture's attention lies inside its box. Here a box counts positions of the map:
`top`, `left`, `bottom`, `right`, where `bottom` and `right` are the first positions outside.
""",
    starter='''
def mass_in_box(weights, boxes):
    """Shapes: weights (n, height, width), each map sums to 1; boxes (n, 4) integers. Gives n shares, (n,)."""
    ...
''',
    reference=_mass_in_box,
    measure=given_tensors,
    cases=(
        (attention_maps(2, 4, 6, seed=201), np.array([[1, 2, 3, 4], [0, 3, 4, 5]])),
        (attention_maps(3, 5, 5, seed=202), np.array([[0, 0, 2, 3], [1, 0, 4, 4], [2, 3, 3, 5]])),
        (attention_maps(1, 3, 7, seed=203), np.array([[1, 1, 2, 6]])),
    ),
    misconceptions=(
        Misconception(
            "across-before-down",
            for_each_box(lambda weight, top, left, bottom, right: weight[left:right, top:bottom].sum()),
            "You took left and right for rows. The first axis of a map counts rows, from the top down.",
        ),
        Misconception(
            "last-row-and-column",
            for_each_box(
                lambda weight, top, left, bottom, right: weight[top : bottom + 1, left : right + 1].sum()
            ),
            "Your boxes are one row and one column too large. `bottom` and `right` lie outside already, as the "
            "end of a Python slice does.",
        ),
        Misconception(
            "corner-and-size",
            for_each_box(
                lambda weight, top, left, height, width: weight[top : top + height, left : left + width].sum()
            ),
            "You took the last two numbers for the box's height and width. They are its lower and right edge.",
        ),
        Misconception(
            "mean-in-box",
            for_each_box(lambda weight, top, left, bottom, right: weight[top:bottom, left:right].mean()),
            "You averaged the weights in the box. The share of attention there is their sum.",
        ),
        Misconception(
            "largest-in-box",
            for_each_box(lambda weight, top, left, bottom, right: weight[top:bottom, left:right].max()),
            "You took the largest weight in the box. One bright position says little: add up all of them.",
        ),
        Misconception(
            "area",
            for_each_box(
                lambda weight, top, left, bottom, right: (bottom - top) * (right - left) / weight.numel()
            ),
            "This is the box's share of the area, whatever the weights are. It is what to compare the attention "
            "with: add up the weights inside.",
        ),
        Misconception(
            "one-edge-too-far",
            for_each_box(lambda weight, top, left, bottom, right: weight[top : bottom + 1, left:right].sum()),
            "The columns are right. `bottom` is the first row outside, as the end of a Python slice is.",
        ),
        Misconception(
            "edges-in-another-order",
            for_each_box(lambda weight, top, bottom, left, right: weight[top:bottom, left:right].sum()),
            "You took the four numbers in another order. It is `top`, `left`, `bottom`, `right`.",
        ),
        Misconception(
            "one-too-small",
            for_each_box(
                lambda weight, top, left, bottom, right: weight[top : bottom - 1, left : right - 1].sum()
            ),
            "Your boxes are one row and one column too small. A slice leaves out its end by itself.",
        ),
        Misconception(
            "whole-rows",
            for_each_box(lambda weight, top, left, bottom, right: weight[top:bottom].sum()),
            "You added up whole rows. The box has a left and a right edge, too.",
        ),
        Misconception(
            "whole-columns",
            for_each_box(lambda weight, top, left, bottom, right: weight[:, left:right].sum()),
            "You added up whole columns. The box has an upper and a lower edge, too.",
        ),
        Misconception(
            "outside",
            for_each_box(lambda weight, top, left, bottom, right: 1 - weight[top:bottom, left:right].sum()),
            "This is the attention outside the boxes.",
        ),
        Misconception(
            "compared-with-area",
            for_each_box(
                lambda weight, top, left, bottom, right: (
                    weight[top:bottom, left:right].mean() * weight.numel()
                )
            ),
            "You compared the share with the box's share of the area. Here only the share itself is asked for.",
        ),
        Misconception(
            "mean-over-map",
            for_each_box(
                lambda weight, top, left, bottom, right: weight[top:bottom, left:right].sum() / weight.numel()
            ),
            "You divided by the number of positions. The weights are shares already: add them up.",
        ),
        Misconception(
            "added-over-pictures",
            lambda weights, boxes: sum(_mass_in_box(weights, boxes)),
            "You added up the shares of all pictures. Give one number for each picture.",
        ),
        Misconception(
            "first-picture-only",
            lambda weights, boxes: _mass_in_box(weights, boxes)[:1],
            "Only the first picture's share is there. Does `return` stand inside the loop?",
        ),
        Misconception(
            "first-share",
            lambda weights, boxes: _mass_in_box(weights, boxes)[0],
            "This is the first picture's share. Give one number for each picture; does `return` stand inside the loop?",
        ),
        Misconception(
            "averaged-over-pictures",
            lambda weights, boxes: sum(_mass_in_box(weights, boxes)) / len(weights),
            "The shares are right, but you averaged them over the pictures. Give one number for each picture.",
        ),
    ),
    hints=(
        "Take one picture first: which rows and columns of its map lie inside the box?",
        "A slice leaves out its end, and so does the box: `map_[top:bottom, left:right]`.",
        "Go through `zip(weights, boxes)` and put `map_[top:bottom, left:right].sum()` into a list.",
    ),
    solution_code="""
def mass_in_box(weights, boxes):
    shares = []
    for map_, (top, left, bottom, right) in zip(weights, boxes, strict=True):
        shares.append(map_[top:bottom, left:right].sum())
    return torch.stack(shares)
""",
    why="The weights of a map sum to 1, so the sum of those inside the box is the share of attention there.",
    notice="The share grows with the box too: compare it with the box's share of the area.",
)


def _position_pooling(score: "nn.Module") -> Callable:
    def pool(features: "Tensor") -> "Tensor":
        weights = score(features).flatten(2).softmax(dim=-1)
        return (weights * features.flatten(2)).sum(dim=-1)

    return pool


PositionPooling = Exercise(
    name="PositionPooling",
    lesson="attention-classifier",
    title="Attention over positions, as a module",
    kind="code",
    prompt="""
Write the `forward` of a module that pools a feature map by attention. `self.score` is a layer that gives one
score for each position. Softmax turns the scores of each picture's positions into weights, and the output is
the weighted sum of the features, and nothing else. Gradients must reach the layer, or it cannot learn where to look.
""",
    starter='''
class PositionPooling(nn.Module):
    def __init__(self, score):
        super().__init__()
        self.score = score  # (batch, channels, height, width) -> (batch, 1, height, width)

    def forward(self, features):
        """Shapes: features (batch, channels, height, width). Gives the pooled features, (batch, channels)."""
        ...
''',
    reference=_position_pooling,
    measure=pooled_and_gradient,
    measure_name="the pooled features, or the gradient that reaches the weights of the scores",
    tolerance=1e-4,
    cases=(
        pooling_case(2, 3, 4, 5, seed=211),
        pooling_case(3, 2, 3, 3, seed=213),
        pooling_case(1, 4, 2, 6, seed=215),
    ),
    misconceptions=POOLING_SLIPS,
    hints=(
        "Which axes of the scores, (batch, 1, height, width), do the positions lie along?",
        "`softmax` takes one axis: `scores.flatten(2)` puts height and width into one.",
        "Multiply features and weights position by position, and sum over the positions.",
        "`weights = self.score(features).flatten(2).softmax(dim=-1)` is the first line; flatten the features in "
        "the same way.",
    ),
    solution_code="""
class PositionPooling(nn.Module):
    def __init__(self, score):
        super().__init__()
        self.score = score

    def forward(self, features):
        weights = self.score(features).flatten(2).softmax(dim=-1)
        return (weights * features.flatten(2)).sum(dim=-1)
""",
    why="Flattening height and width makes all positions of a picture neighbours on one axis. The softmax shares "
    "the attention among them, and the weighted sum is what attention does with values.",
    notice="A bias on the scores would get gradient 0: softmax sees only differences between scores.",
)


def _measured_accuracy(model: "nn.Module", inputs: "Tensor", labels: "Tensor") -> "Tensor":
    import torch

    model.eval()
    with torch.no_grad():
        logits = model(inputs)
    return (logits.argmax(dim=1) == labels).float().mean()


def _accuracy_by(judge: Callable, *, training: bool = False) -> Callable:
    """Build a measurement from what it makes of logits and labels."""
    return lambda model, inputs, labels: judge(model.train(training)(inputs), labels)


def _share(logits: "Tensor", labels: "Tensor") -> "Tensor":
    return (logits.argmax(dim=1) == labels).float().mean()


measured_accuracy = Exercise(
    name="measured_accuracy",
    lesson="attention-classifier",
    title="Repair the test of a classifier",
    kind="repair",
    prompt="""
This function shall measure a classifier's accuracy, the share of right answers. It is modelled on the article's
test loop, and the model may have layers such as batch normalisation or dropout. It has two faults.
""",
    starter='''
def measured_accuracy(model, inputs, labels):
    """Shapes: inputs (n, n_features), labels (n,). Gives one number from 0 to 1."""
    with torch.no_grad():
        logits = model(inputs)
    return (logits.argmax(dim=1) == labels).sum()
''',
    reference=_measured_accuracy,
    measure=on_new_model,
    cases=(
        accuracy_case(normalised_model, 7, seed=231),
        accuracy_case(linear_behind_normalisation, 12, seed=232),
        accuracy_case(normalised_model, 3, seed=246),
        accuracy_case(normalised_model, 30, seed=234),
    ),
    misconceptions=(
        Misconception(
            "no-eval",
            _accuracy_by(_share, training=True),
            "You give a share now. But the logits still come from training mode: `no_grad()` saves "
            "the graph and switches no layer, and a method without its parentheses is not called.",
        ),
        Misconception(
            "count",
            _accuracy_by(lambda logits, labels: (logits.argmax(dim=1) == labels).sum()),
            "The model is in evaluation mode now. But you count the right answers, as the article's `correct "
            "+=` does: an accuracy is their share.",
        ),
        Misconception(
            "as-printed",
            _accuracy_by(lambda logits, labels: (logits.argmax(dim=1) == labels).sum(), training=True),
            "It still counts the right answers in training mode. An accuracy is a share, and `no_grad()` does not "
            "switch batch normalisation and dropout: which method does?",
        ),
        Misconception(
            "divided-by-classes",
            _accuracy_by(lambda logits, labels: _share(logits, labels) * len(labels) / logits.shape[1]),
            "You divided by the number of classes. Divide by the number of examples.",
        ),
        Misconception(
            "divided-by-features",
            _accuracy_by(lambda logits, labels: _share(logits, labels) * len(labels) / 2),
            "You divided by the number of features. Divide by the number of examples.",
        ),
        Misconception(
            "divided-by-classes-in-training",
            _accuracy_by(
                lambda logits, labels: _share(logits, labels) * len(labels) / logits.shape[1], training=True
            ),
            "You divided by the number of classes, and the model is still in training mode.",
        ),
        Misconception(
            "divided-by-features-in-training",
            _accuracy_by(lambda logits, labels: _share(logits, labels) * len(labels) / 2, training=True),
            "You divided by the number of features, and the model is still in training mode.",
        ),
        Misconception(
            "divided-twice",
            _accuracy_by(lambda logits, labels: _share(logits, labels) / len(labels)),
            "You divided by the number of examples twice: a mean has done so already.",
        ),
        Misconception(
            "error-rate",
            _accuracy_by(lambda logits, labels: 1 - _share(logits, labels)),
            "This is the share of wrong answers. The accuracy is what is left.",
        ),
        Misconception(
            "error-rate-in-training",
            _accuracy_by(lambda logits, labels: 1 - _share(logits, labels), training=True),
            "This is the share of wrong answers, and the model is still in training mode.",
        ),
        Misconception(
            "percent-in-training",
            _accuracy_by(lambda logits, labels: 100 * _share(logits, labels), training=True),
            "This is in percent: give a number from 0 to 1. And the model is still in training mode.",
        ),
        Misconception(
            "along-the-batch",
            _accuracy_by(lambda logits, labels: (logits.argmax(dim=0) == labels).float().mean()),
            "Your `argmax` runs along axis 0, over the examples. Each example's classes lie along the other axis.",
        ),
        Misconception(
            "always-0",
            lambda model, inputs, labels: 0.0,
            "Your accuracy is 0 each time. Two causes are common: `//` cuts a share down to 0, and `max` gives the "
            "highest logit itself, where `argmax` gives its place.",
        ),
        Misconception(
            "right-or-wrong",
            _accuracy_by(lambda logits, labels: (logits.argmax(dim=1) == labels).float()),
            "The model is in evaluation mode now. This says of each example whether it is right: what share is?",
        ),
    ),
    hints=(
        "Is the result a number from 0 to 1, whatever the number of examples?",
        "Which layers behave differently while a network learns? Does `no_grad()` know of them?",
        "`model.eval()` belongs before the first line; and a count becomes a share by dividing by `len(labels)`.",
    ),
    solution_code="""
def measured_accuracy(model, inputs, labels):
    model.eval()
    with torch.no_grad():
        logits = model(inputs)
    return (logits.argmax(dim=1) == labels).float().mean()
""",
    why="`eval()` switches layers to what they do after training; `no_grad()` only saves memory and time. The "
    "mean of right (1) and wrong (0) is the share of right answers.",
    notice="The article's network has no layer that `eval()` would switch, so there its absence did no harm.",
)


def _train_steps(
    model: "nn.Module", inputs: "Tensor", labels: "Tensor", learning_rate: float, n_steps: int
) -> list[float]:
    import torch

    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(n_steps):
        loss = torch.nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


train_steps = Exercise(
    name="train_steps",
    lesson="attention-classifier",
    title="Repair a training loop",
    kind="repair",
    prompt="""
This loop runs, and its loss may even fall for a while. But each step uses the sum of all gradients so far, and
not only its own. One line is missing.
""",
    starter='''
def train_steps(model, inputs, labels, learning_rate, n_steps):
    """Train a model by SGD. Shapes: inputs (n, n_features), labels (n,). Gives the loss before each step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(n_steps):
        loss = cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
''',
    reference=_train_steps,
    measure=losses_and_weight,
    measure_name="the losses, or the weight after training",
    cases=(
        training_case(6, learning_rate=0.5, n_steps=4, seed=242),
        training_case(3, learning_rate=0.1, n_steps=7, seed=243),
        training_case(9, learning_rate=1.0, n_steps=2, seed=244),
    ),
    misconceptions=(
        Misconception(
            "gradients-pile-up",
            trained_by("backward", "step"),
            "The gradients still pile up: `backward()` adds to what is in `.grad`. Does your new line clear them, with "
            "its parentheses, and in each round of the loop?",
        ),
        Misconception(
            "never-changes",
            trained_by("backward", "zero_grad", "step"),
            "Your model never changes: when `step()` runs, it finds no gradient. What must come before `step()`, and "
            "what may not stand between the two?",
        ),
        Misconception(
            "one-step-late",
            trained_by("step", "zero_grad", "backward"),
            "Here each step uses the gradient of the step before, and in the first round there is none. In which order "
            "must the lines stand?",
        ),
        Misconception(
            "late-and-piled-up",
            trained_by("step", "backward"),
            "Each step comes before its own gradient is there, and the gradients still pile up.",
        ),
        Misconception(
            "softmax-too-many",
            trained_by("zero_grad", "backward", "step", softmax_first=True),
            "Here a softmax comes before `cross_entropy`, which takes logits and applies softmax by itself. Twice "
            "makes the loss flat and the steps small.",
        ),
        Misconception(
            "loss-after-the-step",
            trained_by("zero_grad", "backward", "step", loss_after=True),
            "The training is right. But you give the loss after each step: the loss before it is asked for.",
        ),
        Misconception(
            "return-in-the-loop",
            lambda *case: _train_steps(*case[:4], n_steps=1),
            "There is one step, and one loss. Does `return` stand inside the loop?",
        ),
        Misconception(
            "new-list-in-each-round",
            lambda *case: _train_steps(*case)[-1:],
            "The training is right, but only the last loss is left. Where does the list begin?",
        ),
        Misconception(
            "last-loss",
            lambda *case: _train_steps(*case)[-1],
            "The training is right, but you give the last loss alone. Give a list of all.",
        ),
        Misconception(
            "mean-loss",
            lambda *case: np.mean(_train_steps(*case)),
            "The training is right, but you averaged the losses. Give a list of all.",
        ),
        Misconception(
            "learning-rate-divided",
            lambda *case: trained_by("backward", "step")(*case[:3], case[3] / case[4], case[4]),
            "You made the steps smaller, and the gradients still pile up. Which call clears them?",
        ),
    ),
    hints=(
        "What does `backward()` do with the gradients that are in `.grad` already: replace them, or add to them?",
        "Which call of the optimiser clears them? Must it come once, or in each round?",
        "Put `optimizer.zero_grad()` into the loop, before `loss.backward()`.",
    ),
    solution_code="""
def train_steps(model, inputs, labels, learning_rate, n_steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(n_steps):
        loss = cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
""",
    why="`backward()` adds to `.grad`, so that a gradient can be collected from several batches. Whoever does not "
    "mean that clears it before each `backward()`.",
    notice="Clearing after `step()` is as good: what matters is that `backward()` starts from nothing.",
)
