"""Independent right answers to the exercises of attention-classifier."""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score

from course_utils.attention import softmax
from course_utils.networks import AttentionPooling


def loops_mass_in_box(weights, boxes):
    masses = []
    for number, (top, left, bottom, right) in enumerate(boxes.tolist()):
        places = [(y, x) for y in range(top, bottom) for x in range(left, right)]
        masses.append(sum(weights[number, y, x].item() for y, x in places))
    return masses


def masked_mass_in_box(weights, boxes):
    rows, columns = (torch.arange(n) for n in weights.shape[1:])
    top, left, bottom, right = boxes.T[:, :, None]
    inside_rows, inside_columns = (top <= rows) & (rows < bottom), (left <= columns) & (columns < right)
    return torch.einsum("nhw,nh,nw->n", weights, inside_rows.float(), inside_columns.float())


def summed_area_mass_in_box(weights, boxes):
    table = F.pad(weights, (1, 0, 1, 0)).cumsum(1).cumsum(2)
    n, (top, left, bottom, right) = torch.arange(len(weights)), boxes.T
    return table[n, bottom, right] - table[n, top, right] - table[n, bottom, left] + table[n, top, left]


def course_pooling(score):
    module = AttentionPooling(score.in_channels, hidden=1)
    module.score = score
    return lambda features: module(features)[0]


def loops_pooling(score):
    def pool(features):
        pooled = []
        for picture, scores in zip(features, score(features)[:, 0], strict=True):
            weights = scores.exp() / scores.exp().sum()
            pooled.append(sum(weights[y, x] * picture[:, y, x] for y, x in np.ndindex(*scores.shape)))
        return torch.stack(pooled)

    return pool


def listed_pooling(score):
    def pool(features):
        weights = score(features).flatten(2).softmax(dim=-1)
        return [map_.flatten(1) @ weight[0] for map_, weight in zip(features, weights, strict=True)]

    return pool


def query_pooling(score):
    def pool(features):
        values = features.flatten(2).mT
        query = score.weight.flatten(1).expand(len(features), 1, -1)
        return F.scaled_dot_product_attention(query, values, values, scale=1.0)[:, 0]

    return pool


def loops_measured_accuracy(model, inputs, labels):
    correct = 0
    for row, label in zip(inputs, labels, strict=True):
        correct += model.eval()(row[None])[0].argmax().item() == label.item()
    return correct / len(labels)


def sklearn_measured_accuracy(model, inputs, labels):
    return accuracy_score(labels, predict_with(model.train(False), inputs))


def predict_with(model, inputs):
    return model(inputs).detach().numpy().argmax(axis=1)


def autograd_train_steps(model, inputs, labels, learning_rate, n_steps):
    history = []
    for _ in range(n_steps):
        loss = -F.log_softmax(model(inputs), dim=1)[torch.arange(len(labels)), labels].mean()
        (gradient,) = torch.autograd.grad(loss, [model.weight])
        model.weight.data -= learning_rate * gradient
        history.append(loss)
    return history


def numpy_train_steps(model, inputs, labels, learning_rate, n_steps):
    weight, x, one_hot = model.weight.detach().numpy(), inputs.numpy(), np.eye(3)[labels.numpy()]
    history = []
    for _ in range(n_steps):
        probabilities = softmax(x @ weight.T)
        history.append(-np.log((probabilities * one_hot).sum(axis=1)).mean())
        weight -= (
            learning_rate * (probabilities - one_hot).T @ x / len(x)
        )  # in place: the model's own numbers
    return np.array(history)


def cleared_after_the_step(model, inputs, labels, learning_rate, n_steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    history = []
    for _ in range(n_steps):
        history.append(F.cross_entropy(model(inputs), labels))
        history[-1].backward()
        optimizer.step()
        model.zero_grad()
    return torch.stack(history)


ANSWERS = {
    "mass_in_box": (loops_mass_in_box, masked_mass_in_box, summed_area_mass_in_box),
    "PositionPooling": (course_pooling, loops_pooling, listed_pooling, query_pooling),
    "measured_accuracy": (loops_measured_accuracy, sklearn_measured_accuracy),
    "train_steps": (autograd_train_steps, numpy_train_steps, cleared_after_the_step),
}
