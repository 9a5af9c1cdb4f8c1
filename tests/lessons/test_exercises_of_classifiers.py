"""Exercises about the classifier agree with PyTorch, and their messages are about a student's own tensors."""

import numpy as np
import torch
from torch import nn

from answers.attention_classifier import loops_mass_in_box
from course_utils.exercises import attention_classifier, classifier_in_depth
from course_utils.learning.evaluation import attention_in_box


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
