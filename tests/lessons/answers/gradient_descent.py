"""Independent right answers to the exercises of gradient-descent."""

import numpy as np
import torch
import torch.nn.functional as F

from answers import tensor
from course_utils import optimizers


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


ANSWERS = {
    "linear_gradient": (autograd_linear_gradient, loops_linear_gradient),
    "step_with_momentum": (
        torch_step_with_momentum,
        loops_step_with_momentum,
        optimizers.momentum_step,
    ),
    "descend": (filled_descend, optimizers.record_path),
    "adam_change": (torch_adam_change, helper_adam_change),
}
