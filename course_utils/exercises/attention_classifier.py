"""Exercises: a classifier with attention. PyTorch is loaded when an answer is checked."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Exercise, Misconception, normal

if TYPE_CHECKING:
    from torch import Tensor, nn

SCORES = np.array([2.0, -1.0, 0.5, 3.0])  # one for each of four pictures
IMAGE_SIDE, BOX_HEIGHT, BOX_WIDTH, N_POSITIONS = 64, 16, 24, 64


def _tensors(*arrays: object) -> list:
    """Turn the arrays of a case into tensors; they share memory, so that a changed input is noticed."""
    import torch

    return [torch.from_numpy(item) if isinstance(item, np.ndarray) else item for item in arrays]


def _given_tensors(answer: Callable, *case: object) -> object:
    return answer(*_tensors(*case))


def _one_score_each() -> np.ndarray:
    return softmax(SCORES[:, np.newaxis], axis=1)[:, 0]


one_score_each = Exercise(
    name="one_score_each",
    lesson="attention-classifier",
    title="One score for each picture",
    kind="prediction",
    prompt="""
The article's attention module ends in `nn.Linear(256, 1)` and `nn.Softmax(1)`: one score for each picture,
in the shape (batch, 1). Four pictures have the scores 2, -1, 0.5 and 3. What are their four attention
weights? Write a list.
""",
    starter="one_score_each = [..., ..., ..., ...]",
    reference=_one_score_each,
    tolerance=1e-3,
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
            "no-bias",
            lambda: 64 * 32 * 9,
            "These are the weights. Each channel out has a bias besides.",
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
            "side-for-window",
            lambda: 64 * (32 * 3 + 1),
            "A window of 3 × 3 holds nine weights, not three.",
        ),
        Misconception(
            "a-bias-for-each-window",
            lambda: 64 * 32 * (9 + 1),
            "You counted a bias for each window. What the 32 windows see is added up first, and one bias is "
            "added to the sum.",
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
pixels high and 24 wide. What share of the attention lies inside the box? Write one number.
""",
    starter="even_mass = ...",
    reference=_even_mass,
    tolerance=1e-3,
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


def _for_each_box(of_one: Callable) -> Callable:
    """Apply a function of one map and the four numbers of its box to a batch."""
    return lambda weights, boxes: [of_one(weight, *box) for weight, box in zip(weights, boxes, strict=True)]


def _maps(*shape: int, seed: int) -> np.ndarray:
    """Give attention maps, each of which sums to 1."""
    scores = normal(*shape, seed=seed, scale=0.8)
    return softmax(scores.reshape(len(scores), -1)).reshape(shape).astype(np.float32)


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
    measure=_given_tensors,
    cases=(
        (_maps(2, 4, 6, seed=201), np.array([[1, 2, 3, 4], [0, 3, 4, 5]])),
        (_maps(3, 5, 5, seed=202), np.array([[0, 0, 2, 3], [1, 0, 4, 4], [2, 3, 3, 5]])),
        (_maps(1, 3, 7, seed=203), np.array([[1, 1, 2, 6]])),
    ),
    misconceptions=(
        Misconception(
            "across-before-down",
            _for_each_box(lambda weight, top, left, bottom, right: weight[left:right, top:bottom].sum()),
            "You took left and right for rows. The first axis of a map counts rows, from the top down.",
        ),
        Misconception(
            "last-row-and-column",
            _for_each_box(
                lambda weight, top, left, bottom, right: weight[top : bottom + 1, left : right + 1].sum()
            ),
            "Your boxes are one row and one column too large. `bottom` and `right` lie outside already, as the "
            "end of a Python slice does.",
        ),
        Misconception(
            "corner-and-size",
            _for_each_box(
                lambda weight, top, left, height, width: weight[top : top + height, left : left + width].sum()
            ),
            "You took the last two numbers for the box's height and width. They are its lower and right edge.",
        ),
        Misconception(
            "mean-in-box",
            _for_each_box(lambda weight, top, left, bottom, right: weight[top:bottom, left:right].mean()),
            "You averaged the weights in the box. The share of attention there is their sum.",
        ),
        Misconception(
            "largest-in-box",
            _for_each_box(lambda weight, top, left, bottom, right: weight[top:bottom, left:right].max()),
            "You took the largest weight in the box. One bright position says little: add up all of them.",
        ),
        Misconception(
            "area",
            _for_each_box(
                lambda weight, top, left, bottom, right: (bottom - top) * (right - left) / weight.numel()
            ),
            "This is the box's share of the area, whatever the weights are. It is what to compare the attention "
            "with: add up the weights inside.",
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


def _pooled_by(weigh: Callable) -> Callable:
    """Build a wrong module from how it turns scores into weights, both (batch, 1, height, width)."""
    return lambda score: lambda features: (weigh(score(features)) * features).sum(dim=(2, 3))


def _over_positions(scores: "Tensor") -> "Tensor":
    return scores.flatten(2).softmax(dim=-1).view_as(scores)


def _pooled_and_gradient(answer: Callable, score_weight: np.ndarray, features: np.ndarray) -> object:
    """Let the answer pool a feature map, and send a gradient back to the layer that gives the scores."""
    import torch

    score_weight, features = _tensors(score_weight, features)
    score = torch.nn.Conv2d(features.shape[1], 1, 1, bias=False)
    score.weight.data = score_weight
    pooled = answer(score)(features)
    if not isinstance(pooled, torch.Tensor):
        return pooled
    if pooled.requires_grad:
        pooled.square().sum().backward()
    gradient = score.weight.grad
    return pooled, torch.zeros_like(score_weight) if gradient is None else gradient


def _pooling_case(batch: int, channels: int, height: int, width: int, seed: int) -> tuple:
    weight = normal(1, channels, 1, 1, seed=seed, scale=0.7)
    features = normal(batch, channels, height, width, seed=seed + 1)
    return weight.astype(np.float32), features.astype(np.float32)


PositionPooling = Exercise(
    name="PositionPooling",
    lesson="attention-classifier",
    title="Attention over positions, as a module",
    kind="code",
    prompt="""
Write the `forward` of a module that pools a feature map by attention. `self.score` is a layer that gives one
score for each position. Softmax turns the scores of each picture's positions into weights, and the output is
the weighted sum of the features. Gradients must reach the layer, or it cannot learn where to look.
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
    measure=_pooled_and_gradient,
    measure_name="the pooled features, or the gradient that reaches the weights of the scores",
    tolerance=1e-4,
    cases=(
        _pooling_case(2, 3, 4, 5, seed=211),
        _pooling_case(3, 2, 3, 3, seed=213),
        _pooling_case(1, 4, 2, 6, seed=215),
    ),
    misconceptions=(
        Misconception(
            "softmax-over-one",
            _pooled_by(lambda scores: scores.softmax(dim=1)),
            "Your softmax runs along axis 1, where each position has one score: every weight is 1, as in the "
            "article, and no gradient flows. The positions must share the attention.",
        ),
        Misconception(
            "softmax-over-row",
            _pooled_by(lambda scores: scores.softmax(dim=-1)),
            "Your softmax runs along each row of the map, so every row has weights that sum to 1. All positions "
            "of a picture share one attention: put height and width into one axis first.",
        ),
        Misconception(
            "softmax-over-batch",
            _pooled_by(lambda scores: scores.softmax(dim=0)),
            "Your softmax runs over the pictures of the batch: what one picture gets, the others lose. Each "
            "picture shares its attention among its own positions.",
        ),
        Misconception(
            "no-softmax",
            _pooled_by(lambda scores: scores),
            "You summed the features by the raw scores. Scores may be negative and do not sum to 1: softmax "
            "turns them into weights.",
        ),
        Misconception(
            "sigmoid",
            _pooled_by(lambda scores: scores.sigmoid()),
            "A sigmoid gives each position a weight of its own, and nothing makes them sum to 1. Softmax lets "
            "the positions share.",
        ),
        Misconception(
            "average",
            lambda score: lambda features: features.mean(dim=(2, 3)),
            "This is average pooling: all positions count alike, and the scores are not used. No gradient "
            "reaches them.",
        ),
        Misconception(
            "averaged-again",
            lambda score: lambda features: (_over_positions(score(features)) * features).mean(dim=(2, 3)),
            "The weights are right. But they sum to 1 already, so the weighted features are summed; a mean "
            "divides by the number of positions once more.",
        ),
        Misconception(
            "not-summed",
            lambda score: lambda features: _over_positions(score(features)) * features,
            "You multiplied the features by their weights and stopped. Sum over the positions, so that one "
            "number is left for each channel.",
        ),
        Misconception(
            "weights-for-output",
            lambda score: lambda features: _over_positions(score(features)),
            "You gave back the weights. The output is what they are for: the sum of the features, each times "
            "its weight.",
        ),
        Misconception(
            "detached",
            _pooled_by(lambda scores: _over_positions(scores).detach()),
            "The output is right. But the weights are cut off from the graph (`detach` or `no_grad`), so no "
            "gradient reaches the scores, and the module never learns where to look.",
        ),
        Misconception(
            "weights-too",
            lambda score: (
                lambda features: (
                    _pooled_by(_over_positions)(score)(features),
                    _over_positions(score(features))[:, 0],
                )
            ),
            "You gave back the weights as well, as the lesson's module does. Here only the pooled features are "
            "asked for.",
        ),
    ),
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


def normalised_model() -> "nn.Module":
    """Build a classifier of three classes with batch normalisation, which training and evaluation treat apart.

    Returns
    -------
    torch.nn.Module
        In training mode, with fixed numbers; it takes inputs of shape (n, 2).

    Examples
    --------
    >>> normalised_model().training
    True
    """
    model = _linear_behind_normalisation()
    model[0].running_mean.copy_(_tensors(np.array([1.5, -1.0]))[0])
    model[0].running_var.copy_(_tensors(np.array([4.0, 0.5]))[0])
    return model


def fresh_model() -> "nn.Module":
    """Build the same classifier before it has seen any batch: running mean 0 and variance 1.

    Returns
    -------
    torch.nn.Module
        In training mode, with fixed numbers; it takes inputs of shape (n, 2).

    Examples
    --------
    >>> fresh_model()[0].running_mean
    tensor([0., 0.])
    """
    return _linear_behind_normalisation()


def _linear_behind_normalisation() -> "nn.Module":
    from torch import nn

    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 3))
    model[1].weight.data, model[1].bias.data = _tensors(
        normal(3, 2, seed=221).astype(np.float32), np.array([0.3, -0.2, 0.1], dtype=np.float32)
    )
    return model


def _measured_accuracy(model: "nn.Module", inputs: "Tensor", labels: "Tensor") -> "Tensor":
    import torch

    model.eval()
    with torch.no_grad():
        logits = model(inputs)
    return (logits.argmax(dim=1) == labels).float().mean()


def _on_new_model(answer: Callable, make_model: Callable, *case: object) -> object:
    return answer(make_model(), *_tensors(*case))


def _accuracy_case(make_model: Callable, n: int, seed: int) -> tuple:
    inputs = normal(n, 2, seed=seed, scale=2.0) + 0.8
    return make_model, inputs.astype(np.float32), np.random.default_rng(seed).integers(0, 3, n)


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
    measure=_on_new_model,
    cases=(
        _accuracy_case(normalised_model, 7, seed=231),
        _accuracy_case(fresh_model, 12, seed=232),
        _accuracy_case(normalised_model, 3, seed=246),
        _accuracy_case(normalised_model, 30, seed=234),
    ),
    misconceptions=(
        Misconception(
            "no-eval",
            lambda model, inputs, labels: (model(inputs).argmax(dim=1) == labels).float().mean(),
            "You give a share now. But the model is still in training mode: `no_grad()` saves the graph and "
            "switches no layer. Batch normalisation uses the test batch's own mean, and dropout drops.",
        ),
        Misconception(
            "count",
            lambda model, inputs, labels: (model.eval()(inputs).argmax(dim=1) == labels).sum(),
            "The model is in evaluation mode now. But you count the right answers, as the article's `correct "
            "+=` does: an accuracy is their share.",
        ),
        Misconception(
            "as-printed",
            lambda model, inputs, labels: (model(inputs).argmax(dim=1) == labels).sum(),
            "It still counts the right answers in training mode. An accuracy is a share, and `no_grad()` does not "
            "switch batch normalisation and dropout: which method does?",
        ),
        Misconception(
            "divided-by-classes",
            lambda model, inputs, labels: (
                (model.eval()(inputs).argmax(dim=1) == labels).sum() / model(inputs).shape[1]
            ),
            "You divided by the number of classes. Divide by the number of examples.",
        ),
        Misconception(
            "error-rate",
            lambda model, inputs, labels: (model.eval()(inputs).argmax(dim=1) != labels).float().mean(),
            "This is the share of wrong answers. The accuracy is what is left.",
        ),
        Misconception(
            "percent",
            lambda model, inputs, labels: 100 * (model.eval()(inputs).argmax(dim=1) == labels).float().mean(),
            "This is the accuracy in percent. Give a number from 0 to 1.",
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


def linear_classifier() -> "nn.Module":
    """Build a linear classifier with fixed numbers, for four features and three classes.

    Returns
    -------
    torch.nn.Module

    Examples
    --------
    >>> linear_classifier().weight.shape
    torch.Size([3, 4])
    """
    from torch import nn

    model = nn.Linear(4, 3, bias=False)
    model.weight.data = _tensors(normal(3, 4, seed=241, scale=0.5).astype(np.float32))[0]
    return model


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


def _trained_by(one_step: Callable) -> Callable:
    """Build a wrong training loop from its step, which is given the optimiser and a way to get the loss."""

    def train(
        model: "nn.Module", inputs: "Tensor", labels: "Tensor", learning_rate: float, n_steps: int
    ) -> list[float]:
        import torch

        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)

        def loss_of(after: Callable) -> "Tensor":
            return torch.nn.functional.cross_entropy(after(model(inputs)), labels)

        return [one_step(optimizer, loss_of) for _ in range(n_steps)]

    return train


def _as_it_is(logits: "Tensor") -> "Tensor":
    return logits


def _never_cleared(optimizer: object, loss_of: Callable) -> float:
    loss = loss_of(_as_it_is)
    loss.backward()
    optimizer.step()
    return loss.item()


def _cleared_before_step(optimizer: object, loss_of: Callable) -> float:
    loss = loss_of(_as_it_is)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def _step_before_backward(optimizer: object, loss_of: Callable) -> float:
    loss = loss_of(_as_it_is)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


def _softmax_too_many(optimizer: object, loss_of: Callable) -> float:
    loss = loss_of(lambda logits: logits.softmax(dim=1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _losses_and_weight(answer: Callable, make_model: Callable, *case: object) -> object:
    """Let the answer train a model, and give the losses together with the weight that it has learned."""
    model = make_model()
    losses = answer(model, *_tensors(*case))
    return None if losses is None else (losses, model.weight)


def _training_case(n: int, learning_rate: float, n_steps: int, seed: int) -> tuple:
    labels = np.random.default_rng(seed).integers(0, 3, n)
    return linear_classifier, normal(n, 4, seed=seed).astype(np.float32), labels, learning_rate, n_steps


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
    measure=_losses_and_weight,
    measure_name="the losses, or the weight after training",
    cases=(
        _training_case(6, learning_rate=0.5, n_steps=4, seed=242),
        _training_case(3, learning_rate=0.1, n_steps=7, seed=243),
        _training_case(9, learning_rate=1.0, n_steps=2, seed=244),
    ),
    misconceptions=(
        Misconception(
            "gradients-pile-up",
            _trained_by(_never_cleared),
            "The gradients still pile up: `backward()` adds to what is in `.grad`. Clearing them once, before the "
            "loop, does not help either: do it in every step.",
        ),
        Misconception(
            "cleared-before-step",
            _trained_by(_cleared_before_step),
            "You clear the gradients after `backward()` and before `step()`, so the step finds nothing there, and "
            "the model never changes. Clear them before `backward()`.",
        ),
        Misconception(
            "one-step-late",
            _trained_by(_step_before_backward),
            "`step()` comes before `backward()` here, so it uses the gradient of the step before, and in the "
            "first round there is none.",
        ),
        Misconception(
            "softmax-too-many",
            _trained_by(_softmax_too_many),
            "You put a softmax before `cross_entropy`, which takes logits and applies softmax by itself. Twice "
            "makes the loss flat and the steps small.",
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
