"""What a person can give wrongly to training and judging, and how often a loss is looked at."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from course_utils.data.dates import Dates, dates
from course_utils.learning import training
from course_utils.learning.evaluation import accuracy_interval, attention_in_box, evaluate, predict
from course_utils.learning.fingerprint import UnknownError, code_key
from course_utils.learning.kept import keep
from course_utils.learning.sequences import (
    alignment_score,
    exact_match,
    fit_reader,
    right_characters,
    uniform_weights,
)
from course_utils.learning.training import fit, score
from course_utils.networks import Classifier
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
    with pytest.raises(ValueError, match=r"labels contains (2|-1); expected whole numbers from 0 to 1"):
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
    watch = training.Watch(schedule, torch.device("cpu"))
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
    looks, look = [], training.Watch.look
    monkeypatch.setattr(training.Watch, "look", lambda watch: (looks.append(watch.every), look(watch)))
    for every in (1, 50):
        watched([1.0] * 100, every)
    assert (looks.count(1), looks.count(50)) == (101, 3)


def test_a_gpu_is_looked_at_every_so_many_steps():
    schedule = training.rise_and_fall(torch.optim.SGD([torch.zeros(1)], lr=1.0), n_steps=4)
    assert training.Watch(schedule, torch.device("cpu")).every == 1
    assert training.Watch(schedule, torch.device("meta")).every == training.LOOK_EVERY


def trained(**changes):
    """Train for one epoch, with some arguments changed."""
    options = {
        "model": nn.Linear(3, 2),
        "train": (IMAGES, LABELS),
        "validation": (IMAGES, LABELS),
        "epochs": 1,
    }
    return fit(**(options | {"progress": False} | changes))


class Endless(torch.utils.data.IterableDataset):
    """A data set that does not know how many images it has."""

    def __iter__(self):
        """Give the same image for ever."""
        while True:
            yield IMAGES[0], LABELS[0]


ENDLESS, FLAT = Endless(), nn.Sequential(nn.Linear(3, 2), nn.Flatten(0))
FEW = dates(4, seed=0)
NONE = Dates(*(part[:0] for part in FEW))
LOGITS = torch.zeros(3, 2)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: trained(epochs=1.5), "epochs is 1.5; expected a whole number"),
        (lambda: trained(seed="a"), "seed is 'a'; expected a whole number"),
        (lambda: trained(workers=-1), "workers is -1; expected a whole number"),
        (lambda: trained(device="tpu"), "device is 'tpu'; expected a device of this computer"),
        (lambda: trained(device="cuda:99"), "device is 'cuda:99'; expected a device"),
        (lambda: trained(model=len), "model is a builtin_function_or_method; expected PyTorch's Module"),
        (lambda: trained(model=nn.GRU(3, 2)), r"model returns a tuple; expected .*\(64, n_classes\)"),
        (lambda: trained(model=FLAT), r"model returns \(128,\); expected logits"),
        (lambda: trained(augment=3), "augment is 3; expected a callable"),
        (lambda: trained(augment=lambda images, _: images[1:]), r"model returns \(63, 2\); expected logits"),
        (lambda: trained(train=(IMAGES.numpy(), LABELS)), "the image tensor of train is a ndarray"),
        (lambda: trained(train=(IMAGES, LABELS.tolist())), "the label tensor of train is a list"),
        (lambda: trained(train="fashion"), "train is a str; expected images and labels"),
        (lambda: trained(train=ENDLESS), "train is a Endless; expected .* a data set with a length"),
        (lambda: trained(validation=TensorDataset(IMAGES, LABELS - 1)), "of validation contains -1"),
        (lambda: trained(train=TensorDataset(IMAGES, LABELS + 5)), "train has the label 6; expected 0 to 1"),
        (lambda: trained(start_from={}), "start_from is a dict; expected the course's TrainingState"),
        (lambda: score(nn.Linear(3, 2), (IMAGES,)), "examples has 1 part"),
        (lambda: training.count_images(5), "examples is a int; expected images and labels"),
        (lambda: predict(nn.Linear(3, 2), IMAGES), "model is a Linear; expected .* classify_with_attention"),
        (lambda: predict(Classifier(2), [1]), "images is a list; expected PyTorch's Tensor"),
        (lambda: predict(Classifier(2), torch.zeros(1, 1, 8, 8), device="tpu"), "device is 'tpu'"),
        (lambda: evaluate(LOGITS, torch.zeros(3)), "labels has type torch.float32; expected whole numbers"),
        (lambda: evaluate(LOGITS * torch.nan, LABELS[:3]), "logits of shape .* contains NaN"),
        (lambda: evaluate(LOGITS, [0, 1, 0]), "labels is a list"),
        (lambda: accuracy_interval(2.5, 5), "n_correct is 2.5; expected a whole number"),
        (lambda: attention_in_box(torch.ones(1, 1, 1), torch.ones(1, 4), 0), "image_size is 0"),
        (lambda: fit_reader(DateReader(), FEW, epochs=1, device="tpu"), "device is 'tpu'"),
        (lambda: fit_reader(DateReader(), FEW.inputs, epochs=1), "data is a Tensor; expected .* Dates"),
        (lambda: fit_reader(DateReader(), NONE, epochs=1), "data is empty"),
        (lambda: fit_reader(len, FEW, epochs=1), "model is a builtin"),
        (lambda: exact_match(DateReader(), FEW, batch_size=0), "batch_size is 0; expected"),
        (lambda: right_characters(DateReader(), NONE), "data is empty"),
        (lambda: alignment_score([1], FEW.alignment), "weights is a list"),
        (lambda: uniform_weights(torch.zeros(1, 3).long()), "has an empty text"),
        (lambda: keep("a/b", dict, len), "name is 'a/b'; expected the name of a file"),
        (lambda: keep("a", lambda: nn.Linear(1, 1), len), "build returns a Linear; expected networks"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_going_on_with_another_batch_size_or_fewer_epochs_is_refused():
    states = []
    trained(epochs=2, batch_size=32, after_epoch=states.append)
    with pytest.raises(ValueError, match="start_from is 2 epochs of together 4 steps; expected at most 3"):
        trained(epochs=3, batch_size=16, start_from=states[-1])
    with pytest.raises(ValueError, match=r"start_from is 2 epochs .*; expected at most 1 epochs"):
        trained(epochs=1, batch_size=32, start_from=states[-1])


def test_whole_numbers_of_any_size_are_labels():
    models = [nn.Linear(3, 2) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    for model, labels in zip(models, (LABELS, LABELS.to(torch.int16)), strict=True):
        trained(model=model, train=(IMAGES, labels))
    assert models[0].weight.equal(models[1].weight)


def test_code_that_is_no_function_is_not_known():
    """`keep` then says that nothing will be kept, instead of a raw error."""
    with pytest.raises(UnknownError, match="a partial in place of a function"):
        code_key(partial(len))
