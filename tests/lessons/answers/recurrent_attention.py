"""Independent right answers to the exercises of recurrent-attention."""

import math

import numpy as np
import torch
from torch import nn

from answers import tensor
from course_utils import attention
from course_utils.attention import softmax


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


def recursive_read_freely(step, state, start, n_steps):
    if n_steps == 0:
        return []
    logits, after = step(start, state)
    return [logits.argmax(), *recursive_read_freely(step, after, logits.argmax(), n_steps - 1)]


def numpy_read_freely(step, state, start, n_steps):
    written = np.empty(n_steps, dtype=int)
    for i in range(n_steps):
        logits, state = step(written[i - 1] if i else start, state)
        written[i] = logits.argmax()
    return written


ANSWERS = {
    "decoder_context": (
        lambda query, keys, W, U, v: softmax(attention.additive_scores(query[None], keys, W, U, v))[0] @ keys,
        lambda query, keys, W, U, v: torch.einsum(
            "n,nd->d",
            torch.softmax(torch.tanh(tensor(keys) @ tensor(U) + tensor(query @ W)) @ tensor(v), dim=0),
            tensor(keys),
        ),
    ),
    "gru_step": (pytorch_gru_step, loops_gru_step),
    "padded_weights": (
        lambda scores, lengths: [
            [*softmax(row[:n]), *[0.0] * (len(row) - n)] for row, n in zip(scores, lengths, strict=True)
        ],
        lambda scores, lengths: torch.softmax(
            tensor(scores).masked_fill(torch.arange(scores.shape[1]) >= tensor(lengths)[:, None], -math.inf),
            dim=1,
        ),
    ),
    "read_freely": (recursive_read_freely, numpy_read_freely),
}
