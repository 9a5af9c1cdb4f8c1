"""What a person can give wrongly to training and judging, and how often a loss is looked at."""

import math

import pytest
import torch
from torch import nn

from course_utils.data.dates import dates
from course_utils.learning import training
from course_utils.learning.evaluation import evaluate
from course_utils.learning.sequences import fit_reader
from course_utils.learning.training import fit, score
from course_utils.networks.seq2seq import DateReader

IMAGES, LABELS = torch.rand(64, 3, generator=torch.Generator().manual_seed(0)), torch.arange(64) % 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS - 100, "the label tensor of train contains -100; expected whole numbers of at least 0"),
        (LABELS + 1, "train has the label 2; expected 0 to 1, one for each logit"),
        (LABELS.float(), "the label tensor of train has type torch.float32; expected whole numbers"),
        (LABELS == 1, "the label tensor of train has type torch.bool"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, message):
    """PyTorch leaves out the label -100 without a word."""
    with pytest.raises(ValueError, match=message):
        fit(nn.Linear(3, 2), (IMAGES, labels), (IMAGES, LABELS), epochs=1, progress=False)


def test_scoring_with_no_batch_is_refused():
    with pytest.raises(ValueError, match="batch_size is 0; expected a whole number of at least 1"):
        score(nn.Linear(3, 2), (IMAGES, LABELS), batch_size=0)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, -1, 1]])
def test_evaluating_labels_without_a_logit_is_refused(labels):
    """They were dropped from the confusion matrix, and counted as wrong."""
    with pytest.raises(ValueError, match=r"labels has numbers from .*; expected 0 to 1"):
        evaluate(torch.zeros(3, 2), torch.tensor(labels))


def test_a_reader_is_trained_where_it_is_asked_to():
    with pytest.raises((RuntimeError, AssertionError, ValueError)):
        fit_reader(DateReader(None), dates(8, seed=0), epochs=1, device="cuda:99")
    model = DateReader(None)
    fit_reader(model, dates(8, seed=0), epochs=1, device="cpu")
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def watched(losses, every):
    """Let a watch that looks every so many steps see losses, one a step."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = training.rise_and_fall(optimizer, n_steps=len(losses))
    watch = training._Watch(schedule, torch.device("cpu"))
    watch.every = every
    for loss in losses:
        watch.see(torch.tensor(loss))
        optimizer.step()
        schedule.step()
    watch.look()


def test_looking_rarely_names_the_same_step_rate_and_loss():
    losses = [1.0] * 7 + [math.nan] + [1.0] * 5 + [math.inf] * 27
    for every in (1, 50, 3):
        with pytest.raises(FloatingPointError, match=r"became nan at step 8, where .* was 0\.73"):
            watched(losses, every)
    watched([1.0] * 40, every=50)


def test_looking_rarely_looks_rarely(monkeypatch):
    """Counted on a CPU: each look would wait for a GPU. That nothing else waits is not shown here."""
    looks, look = [], training._Watch.look
    monkeypatch.setattr(training._Watch, "look", lambda watch: (looks.append(watch.every), look(watch)))
    for every in (1, 50):
        watched([1.0] * 100, every)
    assert (looks.count(1), looks.count(50)) == (101, 3)


def test_a_gpu_is_looked_at_every_so_many_steps():
    schedule = training.rise_and_fall(torch.optim.SGD([torch.zeros(1)], lr=1.0), n_steps=4)
    assert training._Watch(schedule, torch.device("cpu")).every == 1
    assert training._Watch(schedule, torch.device("meta")).every == training.LOOK_EVERY
