"""What the exercises about classifiers are tried on: models, cases as tensors, and slips in pooling."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Misconception, normal

if TYPE_CHECKING:
    from torch import Tensor, nn


def tensors(*arrays: object) -> list:
    """Turn the arrays of a case into tensors; they share memory, so that a changed input is noticed."""
    import torch

    return [torch.from_numpy(item) if isinstance(item, np.ndarray) else item for item in arrays]


def given_tensors(answer: Callable, *case: object) -> object:
    """Hand a case over as tensors."""
    return answer(*tensors(*case))


def for_each_box(of_one: Callable) -> Callable:
    """Apply a function of one map and the four numbers of its box to a batch."""
    return lambda weights, boxes: [of_one(weight, *box) for weight, box in zip(weights, boxes, strict=True)]


def attention_maps(*shape: int, seed: int) -> np.ndarray:
    """Give attention maps, each of which sums to 1."""
    scores = normal(*shape, seed=seed, scale=0.8)
    return softmax(scores.reshape(len(scores), -1)).reshape(shape).astype(np.float32)


def pooled_by(weigh: Callable) -> Callable:
    """Build a wrong module from how it turns scores into weights, both (batch, 1, height, width)."""
    return lambda score: lambda features: (weigh(score(features)) * features).sum(dim=(2, 3))


def over_positions(scores: "Tensor") -> "Tensor":
    """Give the right weights: a softmax over all positions of each picture."""
    return scores.flatten(2).softmax(dim=-1).view_as(scores)


def pooled_and_gradient(answer: Callable, score_weight: np.ndarray, features: np.ndarray) -> object:
    """Let the answer pool a feature map, and send a gradient back to the layer that gives the scores."""
    import torch

    score_weight, features = tensors(score_weight, features)
    score = torch.nn.Conv2d(features.shape[1], 1, 1, bias=False)
    score.weight.data = score_weight
    pooled = answer(score)(features)
    if pooled is None or isinstance(pooled, tuple):
        return pooled and (pooled[0], len(pooled))
    pooled = torch.stack(pooled) if isinstance(pooled, list) else torch.as_tensor(pooled)
    if pooled.ndim == 4 or pooled.shape == features[:, 0].shape:
        pooled = pooled.flatten(-2)  # positions on one axis or on two
    if pooled.ndim > 2 and pooled.numel() == features[..., 0, 0].numel():
        pooled = pooled.flatten(1)[..., None]  # axes of length 1 that are left over count as one
    if pooled.requires_grad:
        pooled.square().sum().backward()
    gradient = score.weight.grad
    return pooled, torch.zeros_like(score_weight) if gradient is None else gradient


def pooling_case(batch: int, channels: int, height: int, width: int, seed: int) -> tuple:
    """Give the weights of a layer of scores, and a feature map."""
    weight = normal(1, channels, 1, 1, seed=seed, scale=0.7)
    features = normal(batch, channels, height, width, seed=seed + 1)
    return weight.astype(np.float32), features.astype(np.float32)


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
    model = linear_behind_normalisation()
    model[0].running_mean.copy_(tensors(np.array([1.5, -1.0]))[0])
    model[0].running_var.copy_(tensors(np.array([4.0, 0.5]))[0])
    return model


def linear_behind_normalisation() -> "nn.Module":
    """Build a linear classifier of two features behind a batch normalisation that has seen no batch.

    Returns
    -------
    torch.nn.Module
        In training mode, with fixed numbers; it takes inputs of shape (n, 2).

    Examples
    --------
    >>> linear_behind_normalisation()[0].running_mean
    tensor([0., 0.])
    """
    from torch import nn

    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 3))
    model[1].weight.data, model[1].bias.data = tensors(
        normal(3, 2, seed=221).astype(np.float32), np.array([0.3, -0.2, 0.1], dtype=np.float32)
    )
    return model


def on_new_model(answer: Callable, make_model: Callable, *case: object) -> object:
    """Let the answer measure a model that nobody has touched."""
    return answer(make_model(), *tensors(*case))


def accuracy_case(make_model: Callable, n: int, seed: int) -> tuple:
    """Give a way to make a model, inputs for it, and labels."""
    inputs = normal(n, 2, seed=seed, scale=2.0) + 0.8
    return make_model, inputs.astype(np.float32), np.random.default_rng(seed).integers(0, 3, n)


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
    model.weight.data = tensors(normal(3, 4, seed=241, scale=0.5).astype(np.float32))[0]
    return model


def losses_and_weight(answer: Callable, make_model: Callable, *case: object) -> object:
    """Let the answer train a model, and give the losses together with the weight that it has learned."""
    model = make_model()
    losses = answer(model, *tensors(*case))
    return None if losses is None else (losses, model.weight)


def training_case(n: int, learning_rate: float, n_steps: int, seed: int) -> tuple:
    """Give a way to make a model, inputs, labels, a learning rate and a number of steps."""
    labels = np.random.default_rng(seed).integers(0, 3, n)
    return linear_classifier, normal(n, 4, seed=seed).astype(np.float32), labels, learning_rate, n_steps


def trained_by(*calls: str, softmax_first: bool = False, loss_after: bool = False) -> Callable:
    """Build a training loop from the calls that follow the loss of each step, such as "backward" and "step".

    With `softmax_first` the logits go through a softmax; with `loss_after` losses are taken after each step.
    """

    def train(
        model: "nn.Module", inputs: "Tensor", labels: "Tensor", learning_rate: float, n_steps: int
    ) -> list[float]:
        import torch

        def loss_now() -> "Tensor":
            logits = model(inputs)
            return torch.nn.functional.cross_entropy(
                logits.softmax(dim=1) if softmax_first else logits, labels
            )

        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
        losses = []
        for _ in range(n_steps):
            loss = loss_now()
            for call in calls:
                getattr(loss if call == "backward" else optimizer, call)()
            losses.append((loss_now() if loss_after else loss).item())
        return losses

    return train


POOLING_SLIPS = (
    Misconception(
        "softmax-over-one",
        pooled_by(lambda scores: scores.softmax(dim=1)),
        "Every weight is 1 here: a softmax along an axis that holds one score gives that, as in the article, and "
        "no gradient flows. The positions must share the attention.",
    ),
    Misconception(
        "softmax-over-row",
        pooled_by(lambda scores: scores.softmax(dim=-1)),
        "Your softmax runs along each row of the map, so every row has weights that sum to 1. All positions "
        "of a picture share one attention: put height and width into one axis first.",
    ),
    Misconception(
        "softmax-over-batch",
        pooled_by(lambda scores: scores.softmax(dim=0)),
        "Your softmax runs over the pictures of the batch: what one picture gets, the others lose. Each "
        "picture shares its attention among its own positions.",
    ),
    Misconception(
        "no-softmax",
        pooled_by(lambda scores: scores),
        "You summed the features by the raw scores. Scores may be negative and do not sum to 1: softmax "
        "turns them into weights.",
    ),
    Misconception(
        "sigmoid",
        pooled_by(lambda scores: scores.sigmoid()),
        "A sigmoid gives each position a weight of its own, and nothing makes them sum to 1. Softmax lets "
        "the positions share.",
    ),
    Misconception(
        "average",
        lambda score: lambda features: features.mean(dim=(2, 3)),
        "This is what average pooling gives: all positions count alike, whatever their scores, and no gradient "
        "reaches them.",
    ),
    Misconception(
        "averaged-again",
        lambda score: lambda features: (over_positions(score(features)) * features).mean(dim=(2, 3)),
        "The weights are right. But they sum to 1 already, so the weighted features are summed; a mean "
        "divides by the number of positions once more.",
    ),
    Misconception(
        "not-summed",
        lambda score: lambda features: over_positions(score(features)) * features,
        "You multiplied the features by their weights and stopped. Sum over the positions, so that one "
        "number is left for each channel.",
    ),
    Misconception(
        "weights-for-output",
        lambda score: lambda features: over_positions(score(features)),
        "You gave back the weights. The output is what they are for: the sum of the features, each times "
        "its weight.",
    ),
    Misconception(
        "detached",
        pooled_by(lambda scores: over_positions(scores).detach()),
        "The output is right. But the weights are cut off from the graph (`detach` or `no_grad`), so no "
        "gradient reaches the scores, and the module never learns where to look.",
    ),
    Misconception(
        "softmax-over-column",
        pooled_by(lambda scores: scores.softmax(dim=2)),
        "Your softmax runs along each column of the map. All positions of a picture share one attention.",
    ),
    Misconception(
        "rows-then-columns",
        pooled_by(lambda scores: scores.softmax(dim=-1).softmax(dim=-2)),
        "Two softmaxes, along rows and columns, are not one over all positions: put them into one axis.",
    ),
    Misconception(
        "columns-then-rows",
        pooled_by(lambda scores: scores.softmax(dim=-2).softmax(dim=-1)),
        "Two softmaxes, along columns and rows, are not one over all positions: put them into one axis.",
    ),
    Misconception(
        "softmax-over-all",
        pooled_by(lambda scores: scores.flatten().softmax(dim=0).view_as(scores)),
        "All pictures of the batch share one attention here. Each picture has an attention of its own.",
    ),
    Misconception(
        "one-axis-left",
        lambda score: lambda features: pooled_by(over_positions)(score)(features)[..., None],
        "The numbers are right. An axis of length 1 is left: give the shape (batch, channels).",
    ),
    Misconception(
        "summed-over-channels",
        lambda score: lambda features: (over_positions(score(features)) * features).sum(dim=1).flatten(1),
        "You summed over the channels. Sum over the positions, so that the channels are left.",
    ),
    Misconception(
        "summed-over-all",
        lambda score: lambda features: (over_positions(score(features)) * features).sum(dim=(1, 2, 3)),
        "You summed over the channels too. One number is to be left for each channel.",
    ),
    Misconception(
        "summed-along-rows",
        lambda score: lambda features: (over_positions(score(features)) * features).sum(dim=-1),
        "You summed along the rows of the map only. The positions lie along two axes.",
    ),
    Misconception(
        "scaled",
        lambda score: (
            lambda features: pooled_by(lambda scores: over_positions(scores / features.shape[1] ** 0.5))(
                score
            )(features)
        ),
        "You scaled the scores by the root of the number of channels, as dot products are. The layer gives scores as "
        "they are to be used.",
    ),
    Misconception(
        "divided-by-the-sum",
        pooled_by(lambda scores: scores / scores.sum(dim=(2, 3), keepdim=True)),
        "You divided the scores by their sum, without an exponential. Scores may be negative: softmax makes weights.",
    ),
    Misconception(
        "one-number-in-all",
        lambda score: lambda features: (over_positions(score(features)) * features).sum(),
        "You summed over everything. One number is to be left for each channel of each picture.",
    ),
    Misconception(
        "highest-alone",
        pooled_by(lambda scores: (scores == scores.amax(dim=(2, 3), keepdim=True)).float()),
        "You took the features at the highest score alone. Softmax weighs all positions, and lets gradients through.",
    ),
    Misconception(
        "weights-too",
        lambda score: (
            lambda features: (
                pooled_by(over_positions)(score)(features),
                over_positions(score(features))[:, 0],
            )
        ),
        "There are two results, such as the pooled features and the weights, as in the lesson. Here only "
        "the pooled features are asked for.",
    ),
)
