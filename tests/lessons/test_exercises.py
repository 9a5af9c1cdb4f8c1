"""Properties that every exercise of every lesson must have."""

import functools
import importlib
import math
import re
import statistics

import nbformat
import numpy as np
import pytest
import scipy.interpolate
import scipy.spatial
import scipy.stats
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from torch import nn

from course_utils import attention, losses, optimizers
from course_utils.attention import softmax
from course_utils.brain import plasticity
from course_utils.brain.normalization import divisive_normalization
from course_utils.exercises import attention_classifier, classifier_in_depth
from course_utils.exercises.engine.judging import behave_alike, try_cases
from course_utils.exercises.engine.progress import exercises_by_lesson
from course_utils.learning.evaluation import attention_in_box
from course_utils.lessons import find_lesson
from course_utils.networks import AttentionPooling
from tools.exercise_cells import write_exercises

EXERCISES = [exercise for lesson in exercises_by_lesson().values() for exercise in lesson]
SLIPS = [(exercise, slip) for exercise in EXERCISES for slip in exercise.misconceptions]
CHOICES = [exercise for exercise in EXERCISES if exercise.options]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # overflows are part of the misconceptions
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)


def tensor(array):
    return torch.as_tensor(array)


def loops_softmax_rows(scores, temperature):
    if scores.ndim > 1:
        return [loops_softmax_rows(row, temperature) for row in scores]
    highest = max(scores)
    exponentials = [math.exp((score - highest) / temperature) for score in scores]
    return [number / sum(exponentials) for number in exponentials]


def loops_scores(queries, keys, scale):
    return [
        [sum(q * k for q, k in zip(query, key, strict=True)) * scale for key in keys] for query in queries
    ]


def loops_attend(queries, keys, values, scale=None):
    if queries.ndim > 2:
        return [loops_attend(*triple, scale) for triple in zip(queries, keys, values, strict=True)]
    scale = 1 / math.sqrt(keys.shape[1]) if scale is None else scale
    rows = [loops_softmax_rows(np.array(row), 1.0) for row in loops_scores(queries, keys, scale)]
    return [[sum(w * v for w, v in zip(row, column, strict=True)) for column in values.T] for row in rows]


def loops_scaled_scores(queries, keys):
    if queries.ndim > 2:
        return [loops_scaled_scores(*pair) for pair in zip(queries, keys, strict=True)]
    return loops_scores(queries, keys, 1 / math.sqrt(keys.shape[1]))


def loops_added_scores(queries, keys, query_weight, key_weight, vector):
    return [[vector @ np.tanh(query @ query_weight + key @ key_weight) for key in keys] for query in queries]


def weights_shared_out_again(scores, mask):
    kept = softmax(scores) * mask
    return kept / kept.sum(axis=-1, keepdims=True)


def loops_mean_cross_entropy(logits, labels):
    losses_of_rows = []
    for row, label in zip(logits, labels, strict=True):
        highest = max(row)
        losses_of_rows.append(math.log(sum(math.exp(z - highest) for z in row)) + highest - row[label])
    return sum(losses_of_rows) / len(losses_of_rows)


def autograd_logits_gradient(logits, labels):
    logits = torch.tensor(logits, requires_grad=True)
    F.cross_entropy(logits, tensor(labels)).backward()
    return logits.grad


def loops_logits_gradient(logits, labels):
    gradient = np.zeros_like(logits)
    for row, label in enumerate(labels):
        for column, probability in enumerate(softmax(logits[row])):
            gradient[row, column] = (probability - (column == label)) / len(labels)
    return gradient


def loops_mean_loss(probabilities, targets):
    total = 0.0
    for p, t in zip(probabilities.ravel(), targets.ravel(), strict=True):
        if t > 0:
            total -= t * math.log(p)
    return total / len(targets)


def autograd_linear_gradient(weights, inputs, targets):
    weights = torch.tensor(weights, requires_grad=True)
    F.mse_loss(tensor(inputs) @ weights, tensor(targets)).backward()
    return weights.grad


def loops_linear_gradient(weights, inputs, targets):
    gradient = [0.0] * len(weights)
    for x, target in zip(inputs, targets, strict=True):
        for feature, number in enumerate(x):
            gradient[feature] += 2 * (x @ weights - target) * number / len(targets)
    return gradient


def torch_step_with_momentum(parameters, velocity, gradient, learning_rate, momentum):
    parameter = torch.nn.Parameter(tensor(parameters.copy()))
    optimizer = torch.optim.SGD([parameter], lr=learning_rate, momentum=momentum)
    optimizer.state[parameter]["momentum_buffer"] = tensor(velocity.copy())
    parameter.grad = tensor(gradient)
    optimizer.step()
    return parameter, optimizer.state[parameter]["momentum_buffer"]


def loops_step_with_momentum(parameters, velocity, gradient, learning_rate, momentum):
    new = [momentum * v + g for v, g in zip(velocity.flat, gradient.flat, strict=True)]
    moved = [p - learning_rate * v for p, v in zip(parameters.flat, new, strict=True)]
    return [np.reshape(moved, parameters.shape), np.reshape(new, parameters.shape)]


def filled_descend(gradient_of, start, learning_rate, n_steps):
    path = np.empty((n_steps + 1, len(start)))
    path[0] = start
    for step in range(n_steps):
        path[step + 1] = path[step] - learning_rate * gradient_of(path[step])
    return path


def torch_adam_change(gradients, learning_rate, beta1, beta2):
    parameter = torch.nn.Parameter(torch.zeros(gradients.shape[1], dtype=torch.float64))
    optimizer = torch.optim.Adam([parameter], lr=learning_rate, betas=(beta1, beta2))
    for gradient in gradients:
        parameter.grad = tensor(gradient)
        optimizer.step()
    return parameter


def helper_adam_change(gradients, learning_rate, beta1, beta2):
    parameters = np.zeros(gradients.shape[1])
    state = optimizers.adam_start(parameters)
    for gradient in gradients:
        parameters, state = optimizers.adam_step(parameters, state, gradient, learning_rate, beta1, beta2)
    return parameters


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


def autograd_bcm_step(weights, patterns, learning_rate):
    """Climb the objective of Intrator and Cooper (1992), of which the averaged rule is the gradient."""
    w = torch.tensor(weights, requires_grad=True)
    y = tensor(patterns) @ w
    (y.pow(3).mean() / 3 - y.pow(2).mean().square() / 4).backward()
    return (w + learning_rate * w.grad).detach()


def split_head_by_head(vectors, n_heads):
    width = vectors.shape[-1] // n_heads
    heads = [vectors[..., head * width : (head + 1) * width] for head in range(n_heads)]
    return torch.cat([head[:, None] for head in heads], dim=1)


def causal_row_by_row(scores):
    weights = torch.zeros_like(scores)
    for row in range(scores.shape[-1]):
        weights[..., row, : row + 1] = scores[..., row, : row + 1].softmax(dim=-1)
    return weights


def pytorch_gru_step(x, h, W, U):
    cell = nn.GRUCell(len(x), len(h), bias=False).double()
    cell.weight_ih.data = tensor(np.concatenate([matrix.T for matrix in W]))
    cell.weight_hh.data = tensor(np.concatenate([matrix.T for matrix in U]))
    return cell(tensor(x)[None], tensor(h)[None])[0]


def loops_gru_step(x, h, W, U):
    new = []
    for j in range(len(h)):
        read = [sum(x[i] * W[g, i, j] for i in range(len(x))) for g in range(3)]
        kept = [sum(h[i] * U[g, i, j] for i in range(len(h))) for g in range(3)]
        r, z = (1 / (1 + math.exp(-read[g] - kept[g])) for g in (0, 1))
        new.append((1 - z) * math.tanh(read[2] + r * kept[2]) + z * h[j])
    return new


def numpy_read_freely(step, state, start, n_steps):
    written = np.empty(n_steps, dtype=int)
    for i in range(n_steps):
        logits, state = step(written[i - 1] if i else start, state)
        written[i] = logits.argmax()
    return written


STYLES = {  # right answers, independent of the reference: loops, einsum, PyTorch, the course's helpers
    "softmax-attention.softmax_rows": (
        loops_softmax_rows,
        lambda scores, temperature: torch.softmax(scores / temperature, dim=-1),
        lambda scores, temperature: softmax(scores, temperature=temperature),
    ),
    "softmax-attention.attend": (
        loops_attend,
        lambda queries, keys, values: F.scaled_dot_product_attention(queries[None], keys[None], values[None])[
            0
        ],
        lambda queries, keys, values: attention.attention(queries, keys, values).output,
    ),
    "softmax-attention.three_tokens": (
        lambda queries, keys, values: softmax(np.einsum("i,j->ij", queries, keys)) @ values,
        lambda queries, keys, values: torch.softmax(torch.outer(queries, keys), dim=1) @ values,
        lambda queries, keys, values: [softmax(query * keys) @ values for query in queries],
    ),
    "softmax-attention.masked_weights": (
        weights_shared_out_again,
        lambda scores, mask: torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1),
        lambda scores, mask: softmax(scores + np.where(mask, 0.0, -1e9)),
    ),
    "scoring-functions.scaled_scores": (
        loops_scaled_scores,
        lambda queries, keys: np.einsum("...id,...jd->...ij", queries, keys) / keys.shape[-1] ** 0.5,
        lambda queries, keys: queries @ keys.transpose(-1, -2) * keys.shape[-1] ** -0.5,
    ),
    "scoring-functions.added_scores": (
        loops_added_scores,
        lambda q, k, w1, w2, v: torch.einsum("ijh,h->ij", torch.tanh((q @ w1).unsqueeze(1) + k @ w2), v),
        attention.additive_scores,
    ),
    "scoring-functions.bilinear_scores": (
        lambda queries, keys, weight: [[query @ weight @ key for key in keys] for query in queries],
        lambda queries, keys, weight: np.einsum("ia,ab,jb->ij", queries, weight, keys),
        lambda queries, keys, weight: queries.mm(weight).mm(keys.t()),
    ),
    "scoring-functions.dot_attention": (
        lambda queries, keys, values: loops_attend(queries, keys, values, scale=1.0),
        lambda queries, keys, values: F.scaled_dot_product_attention(
            *(tensor(array)[None] for array in (queries, keys, values)), scale=1.0
        )[0],
    ),
    "loss-functions.mean_cross_entropy": (
        loops_mean_cross_entropy,
        lambda logits, labels: F.cross_entropy(tensor(logits), tensor(labels)),
        losses.cross_entropy_from_logits,
    ),
    "loss-functions.logits_gradient": (autograd_logits_gradient, loops_logits_gradient),
    "loss-functions.mean_loss": (
        loops_mean_loss,
        lambda probabilities, targets: -torch.xlogy(targets, probabilities).sum(dim=1).mean(),
        lambda probabilities, targets: -np.mean(np.nansum(targets * np.log(probabilities), axis=1)),
        lambda probabilities, targets: -(targets * np.log(probabilities + 1e-12)).sum(axis=1).mean(),
    ),
    "loss-functions.mean_squared_error": (
        lambda predictions, targets: F.mse_loss(tensor(predictions), tensor(targets)),
        lambda predictions, targets: np.sum((targets - predictions) ** 2) / targets.size,
        losses.mse,
    ),
    "gradient-descent.linear_gradient": (autograd_linear_gradient, loops_linear_gradient),
    "gradient-descent.step_with_momentum": (
        torch_step_with_momentum,
        loops_step_with_momentum,
        optimizers.momentum_step,
    ),
    "gradient-descent.descend": (filled_descend, optimizers.record_path),
    "gradient-descent.adam_change": (torch_adam_change, helper_adam_change),
    "recurrent-attention.decoder_context": (
        lambda query, keys, W, U, v: softmax(attention.additive_scores(query[None], keys, W, U, v))[0] @ keys,
        lambda query, keys, W, U, v: torch.einsum(
            "n,nd->d",
            torch.softmax(torch.tanh(tensor(keys) @ tensor(U) + tensor(query @ W)) @ tensor(v), dim=0),
            tensor(keys),
        ),
    ),
    "recurrent-attention.gru_step": (pytorch_gru_step, loops_gru_step),
    "recurrent-attention.padded_weights": (
        lambda scores, lengths: [
            [*softmax(row[:n]), *[0.0] * (len(row) - n)] for row, n in zip(scores, lengths, strict=True)
        ],
        lambda scores, lengths: torch.softmax(
            tensor(scores).masked_fill(torch.arange(scores.shape[1]) >= tensor(lengths)[:, None], -math.inf),
            dim=1,
        ),
    ),
    "recurrent-attention.read_freely": (
        lambda step, state, start, n_steps: (
            []
            if n_steps == 0
            else (
                lambda logits, after: [
                    logits.argmax(),
                    *STYLES["recurrent-attention.read_freely"][0](step, after, logits.argmax(), n_steps - 1),
                ]
            )(*step(start, state))
        ),
        numpy_read_freely,
    ),
    "transformer.to_heads": (
        split_head_by_head,
        lambda vectors, n_heads: vectors.unflatten(-1, (n_heads, -1)).transpose(1, 2),
    ),
    "transformer.causal_weights": (
        causal_row_by_row,
        lambda scores: (scores + torch.full_like(scores, -torch.inf).triu(1)).softmax(dim=-1),
    ),
    "transformer.pre_norm": (
        lambda tokens, part: part(nn.LayerNorm(tokens.shape[-1], elementwise_affine=False)(tokens)) + tokens,
        lambda tokens, part: (
            tokens + part(F.instance_norm(tokens.flatten(0, 1)[:, None])[:, 0].view_as(tokens))
        ),
    ),
    "preparing-data.scale_by_training": (
        lambda train, test: scipy.stats.zmap(test, train, axis=0),
        lambda train, test: (tensor(test) - tensor(train).mean(0)) / tensor(train).std(0, correction=0),
    ),
    "preparing-data.score_the_search": (
        lambda flagged, wrong: precision_recall_fscore_support(wrong, flagged, average="binary")[:2],
        lambda flagged, wrong: (
            tensor(wrong)[flagged].double().mean(),
            tensor(flagged)[wrong].double().mean(),
        ),
    ),
    "preparing-data.fill_from_training": (
        lambda train, test, low, high: [
            value if low <= value <= high else statistics.median(v for v in train if low <= v <= high)
            for value in test
        ],
        lambda train, test, low, high: np.nan_to_num(
            np.where((test < low) | (test > high), np.nan, test),
            nan=np.nanmedian(np.where((train < low) | (train > high), np.nan, train)),
        ),
    ),
    "preparing-data.parted_groups": (
        lambda groups, in_test: np.intersect1d(groups[in_test], groups[~in_test]),
        lambda groups, in_test: [g for g in np.unique(groups) if len(set(in_test[groups == g])) == 2],
    ),
    "plastic-synapses.weight_change": (
        lambda delay, amplitude, ratio, tau: plasticity.stdp_window(
            delay, amplitude, ratio * amplitude, tau, tau
        ),
        lambda delay, amplitude, ratio, tau: [
            0.0
            if d == 0
            else amplitude * math.exp(-d / tau)
            if d > 0
            else -ratio * amplitude * math.exp(d / tau)
            for d in delay
        ],
    ),
    "plastic-synapses.bcm_step": (
        lambda weights, patterns, learning_rate: plasticity.average_bcm(
            patterns, weights, learning_rate=learning_rate, n_steps=1
        )[1],
        autograd_bcm_step,
    ),
    "plastic-synapses.braked_hebb": (
        lambda w, x, rate: [
            wi + rate * (w @ x * xi - (w @ x) ** 2 * wi) for wi, xi in zip(w, x, strict=True)
        ],
        lambda w, x, rate: w + rate * (np.outer(x, x) @ w - (w @ np.outer(x, x) @ w) * w),
    ),
    "plastic-synapses.slide_threshold": (
        lambda threshold, responses, tau: functools.reduce(
            lambda theta, y: theta * (1 - 1 / tau) + y * y / tau, responses, threshold
        ),
        lambda threshold, responses, tau: (
            threshold * (1 - 1 / tau) ** len(responses)
            + np.sum(responses**2 * (1 - 1 / tau) ** np.arange(len(responses))[::-1]) / tau
        ),
    ),
    "training-attention-in-people.band_ratio": (
        lambda frequencies, power: (
            sum(p for f, p in zip(frequencies, power, strict=True) if 4 <= f < 8)
            / sum(p for f, p in zip(frequencies, power, strict=True) if 13 <= f < 21)
        ),
        lambda frequencies, power: np.divide(
            *(
                np.subtract(*np.append(0, power.cumsum())[np.searchsorted(frequencies, band)])
                for band in [(8, 4), (21, 13)]
            )
        ),
    ),
    "training-attention-in-people.rewards": (
        lambda ratios, n: [r < statistics.median(ratios[:n]) for r in ratios[n:]],
        lambda ratios, n: torch.as_tensor(ratios[n:]) < torch.quantile(torch.as_tensor(ratios[:n]), 0.5),
    ),
    "training-attention-in-people.between_arms": (
        lambda a, b: (
            (statistics.mean(a) - statistics.mean(b))
            / math.sqrt(
                ((len(a) - 1) * statistics.variance(a) + (len(b) - 1) * statistics.variance(b))
                / (len(a) + len(b) - 2)
            )
        ),
        lambda a, b: scipy.stats.ttest_ind(a, b).statistic * math.sqrt(1 / len(a) + 1 / len(b)),
    ),
    "training-attention-in-people.share_named": (
        lambda known, unknown: np.mean(scipy.spatial.KDTree(known).query(unknown)[1] == range(len(known))),
        lambda known, unknown: (
            (torch.cdist(*map(torch.tensor, (unknown, known))).argmin(1) == torch.arange(len(known)))
            .double()
            .mean()
        ),
    ),
    "attention-in-the-brain.normalized_responses": (
        lambda drives, gains, exponent, semi_saturation: divisive_normalization(
            drives, gains=gains, exponent=exponent, semi_saturation=semi_saturation
        ),
        lambda drives, gains, exponent, semi_saturation: softmax(
            np.concatenate(
                [
                    np.log(gains) + exponent * np.log(drives),
                    np.full((*drives.shape[:-1], 1), exponent * np.log(semi_saturation or 1e-99)),
                ],
                axis=-1,
            )
        )[..., :-1],
    ),
    "attention-in-the-brain.gain_as_logit": (
        lambda scores, gains: divisive_normalization(np.exp(scores), gains=gains),
        lambda scores, gains: torch.softmax(tensor(scores) + tensor(gains).log(), dim=-1),
    ),
    "attention-in-the-brain.gated_change": (
        lambda weights, sound, activity, gate, learning_rate: [
            [learning_rate * gate * y * (x - w) for w, x in zip(row, sound, strict=True)]
            for row, y in zip(weights, activity, strict=True)
        ],
        lambda weights, sound, activity, gate, learning_rate: (
            learning_rate * gate * (np.outer(activity, sound) - np.diag(activity) @ weights)
        ),
    ),
    "evaluating-classifiers.scores_at": (
        lambda scores, labels, threshold: precision_recall_fscore_support(
            labels, scores >= threshold, average="binary"
        )[:3],
        lambda scores, labels, threshold: [
            torch.tensor(labels[scores >= threshold]).double().mean(),
            (labels * (scores >= threshold)).sum() / labels.sum(),
            2 * (labels * (scores >= threshold)).sum() / (labels.sum() + (scores >= threshold).sum()),
        ],
    ),
    "evaluating-classifiers.paired_interval": (
        lambda right_a, right_b, draws: np.percentile((right_b - right_a)[draws].mean(axis=1), [2.5, 97.5]),
        lambda right_a, right_b, draws: torch.tensor(
            [(right_b - right_a)[row].mean() for row in draws]
        ).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)),
    ),
    "evaluating-classifiers.fold_errors": (
        lambda values, folds: [
            np.mean([abs(value - values[folds != fold].mean()) for value in values[folds == fold]])
            for fold in sorted(set(folds.tolist()))
        ],
        lambda values, folds: torch.stack(
            [
                (torch.tensor(values[folds == k]) - values[folds != k].mean()).abs().mean()
                for k in np.unique(folds)
            ]
        ),
    ),
    "attention-classifier.mass_in_box": (loops_mass_in_box, masked_mass_in_box),
    "attention-classifier.PositionPooling": (course_pooling, loops_pooling, query_pooling),
    "attention-classifier.measured_accuracy": (loops_measured_accuracy, sklearn_measured_accuracy),
    "attention-classifier.train_steps": (autograd_train_steps, numpy_train_steps, cleared_after_the_step),
    "classifier-in-depth.learning_rate": (
        lambda step, n_steps, highest: (
            highest * min(0.1 + 3.6 * step / n_steps, 4 / 3 * (1 - step / n_steps))
        ),
        lambda step, n_steps, highest: (
            highest * scipy.interpolate.make_interp_spline([0, n_steps / 4, n_steps], [0.1, 1, 0], k=1)(step)
        ),
    ),
    "classifier-in-depth.effective_places": (
        lambda weights: np.exp(scipy.stats.entropy(weights.flatten(1).numpy(), axis=1)),
        lambda weights: [math.prod(w**-w for w in map_.ravel().tolist() if w) for map_ in weights],
        lambda weights: np.exp(-np.sum(weights.numpy() * np.log(weights.numpy() + 1e-9), axis=(1, 2))),
    ),
    "classifier-in-depth.split_crops": (
        lambda lefts, side, border: tuple(
            [set(range(left, left + side)) <= set(part) for left in lefts]
            for part in (range(border), range(border, 10**3))
        ),
        lambda lefts, side, border: tuple(np.stack([lefts + side - 1 < border, ~(lefts < border)])),
    ),
}


def styles(exercise):
    """Give right answers in independent styles; a value may come as a list, an array or a tensor."""
    if exercise.options:
        letter = exercise.reference()
        return [f" {letter.upper()} ", f"({letter})"]
    if exercise.kind == "prediction":
        value = np.asarray(exercise.reference())
        return [value.tolist(), value.astype(np.float32), tensor(value)]
    return STYLES[exercise.key]


def run(source, name):
    """Run a cell as a lesson would, and give what it defines."""
    namespace = {"np": np, "softmax": softmax, "torch": torch, "nn": nn, "cross_entropy": F.cross_entropy}
    exec(source, namespace)
    return namespace[name]


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


@every_exercise
def test_empty_answer_is_not_attempted(exercise):
    assert exercise.check(run(exercise.starter, exercise.name)).status == "not attempted"


@every_exercise
def test_solution_and_independent_styles_pass(exercise):
    answers = [run(exercise.solution_code, exercise.name), *styles(exercise)]
    assert len(answers) >= 3
    for answer in answers:
        outcome = exercise.check(answer)
        assert outcome.status == "correct", outcome


def test_predictions_of_attention_classifier_agree_with_pytorch():
    module = nn.Softmax(1)(torch.tensor(attention_classifier.SCORES)[:, None])
    assert attention_classifier.one_score_each.check(module[:, 0]).status == "correct"
    layer = nn.Conv2d(32, 64, 3, 1, 1)
    n_parameters = sum(parameter.numel() for parameter in layer.parameters())
    assert attention_classifier.conv_parameters.check(n_parameters).status == "correct"
    even, box = torch.full((1, 8, 8), 1 / 64), torch.tensor([[8, 16, 24, 40]])
    mass = attention_in_box(even, box, image_size=64).mass
    assert attention_classifier.even_mass.check(mass).status == "correct"


def test_prediction_of_classifier_in_depth_agrees_with_its_schedule():
    n_steps = 3 * len(torch.arange(50_000).split(256))
    rates = [classifier_in_depth.learning_rate.reference(step, n_steps, 0.1) for step in range(n_steps)]
    assert classifier_in_depth.highest_step.check(np.argmax(rates)).status == "correct"


def test_student_of_attention_classifier_reads_about_tensors():
    """The message is about the student's own slip, not about NumPy arrays that tensors were made from."""

    def mass_in_box(weights, boxes):
        return weights.softmax(dim=7)

    outcome = attention_classifier.mass_in_box.check(mass_in_box)
    assert outcome.status == "raised"
    assert "Dimension out of range" in repr(outcome)


def test_changed_tensor_is_noticed():
    def mass_in_box(weights, boxes):
        weights *= 2
        return [share / 2 for share in loops_mass_in_box(weights, boxes)]

    assert attention_classifier.mass_in_box.check(mass_in_box).record["misconception"] == "changes-input"


@pytest.mark.parametrize(("exercise", "slip"), SLIPS, ids=[f"{e.key}-{s.name}" for e, s in SLIPS])
def test_misconception_is_recognised_as_itself(exercise, slip):
    outcome = exercise.check(exercise.as_answer(slip.answer))
    assert (outcome.status, outcome.record["misconception"]) == ("misconception", slip.name), outcome
    assert any(trial.error is None for trial in try_cases(exercise, exercise.as_answer(slip.answer)))


@every_exercise
def test_no_two_misconceptions_behave_alike_and_none_is_right(exercise):
    functions = [exercise.reference, *(slip.answer for slip in exercise.misconceptions)]
    behaviours = [try_cases(exercise, exercise.as_answer(function)) for function in functions]
    for number, one in enumerate(behaviours):
        for other in behaviours[:number]:
            assert not behave_alike(one, other, exercise.tolerance)
            assert not behave_alike(other, one, exercise.tolerance)


@every_exercise
def test_data_are_complete(exercise):
    assert len(exercise.misconceptions) >= 2
    assert len({slip.name for slip in exercise.misconceptions}) == len(exercise.misconceptions)
    assert len(exercise.hints) >= 3
    assert "?" in exercise.hints[0], "The first hint is a question."
    for text in (exercise.title, exercise.prompt, exercise.why, exercise.notice, *exercise.hints):
        assert len(text.strip()) > 5
    for slip in exercise.misconceptions:
        assert re.fullmatch(r"[\w-]+", slip.name)
        assert slip.sentence.endswith((".", "?"))
    if exercise.kind != "prediction":
        assert len(exercise.cases) >= 3
        assert '"""' in exercise.starter, "The starter's docstring states the shapes."


@pytest.mark.parametrize("exercise", CHOICES, ids=lambda exercise: exercise.key)
def test_every_wrong_option_is_a_misconception(exercise):
    known = {exercise.reference(), *(slip.answer() for slip in exercise.misconceptions)}
    assert known == set(exercise.options)


def test_each_lesson_has_enough_exercises_of_each_kind():
    for lesson, exercises in exercises_by_lesson().items():
        kinds = [exercise.kind for exercise in exercises]
        assert len(exercises) >= 4, lesson
        assert {"prediction", "code", "repair"} == set(kinds), lesson
        assert max(map(kinds.count, kinds)) <= len(kinds) / 2, lesson
        for exercise in exercises:
            assert exercise.lesson == lesson


def test_names_are_unique_and_hide_nothing_that_lessons_use():
    names = [exercise.name for exercise in EXERCISES]
    assert len(set(names)) == len(names)
    helpers = {name for module in (attention, losses, optimizers) for name in vars(module)}
    assert not helpers & set(names)


def test_variables_are_called_like_their_exercises():
    for lesson, exercises in exercises_by_lesson().items():
        module = importlib.import_module(f"course_utils.exercises.{lesson.replace('-', '_')}")
        assert exercises
        for exercise in exercises:
            assert getattr(module, exercise.name) is exercise


@pytest.mark.parametrize("lesson", exercises_by_lesson())
def test_lesson_shows_its_exercises_as_their_data_have_them(lesson):
    notebook = nbformat.read(find_lesson(lesson).path, as_version=4)
    before = [(cell.id, cell.source) for cell in notebook.cells]
    write_exercises(notebook, lesson)
    after = [(cell.id, cell.source) for cell in notebook.cells]
    assert after == before, f"The data have changed: run `make notebooks ARGS={lesson}`."


@every_exercise
def test_no_solution_stands_in_a_lesson(exercise):
    cells = nbformat.read(find_lesson(exercise.lesson).path, as_version=4).cells
    assert not any(exercise.solution_code.strip() in cell.source for cell in cells)
