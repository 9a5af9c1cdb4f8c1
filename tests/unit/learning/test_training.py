"""Tests of choosing a device and of the training loop."""

import json
import math
import re
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from course_utils.data import scenes
from course_utils.learning.evaluation import attention_in_box, predict
from course_utils.learning.training import choose_device, fit, score
from course_utils.networks import Classifier


def points(n=60, seed=0):
    """Three clouds of points in the plane, far apart."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (n,), generator=generator)
    centres = torch.tensor([[0.0, 4.0], [4.0, 0.0], [-4.0, -4.0]])
    return centres[labels] + torch.randn(n, 2, generator=generator), labels


def linear(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Linear(2, 3)


def pretend(monkeypatch, n_gpus, mps):
    """Let PyTorch report these devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n_gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n_gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("n_gpus", "mps", "expected"),
    [(2, False, "cuda:0"), (1, True, "cuda:0"), (0, True, "mps"), (0, False, "cpu")],
)
def test_fastest_device_is_chosen_with_a_reason(monkeypatch, n_gpus, mps, expected):
    pretend(monkeypatch, n_gpus, mps)
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    device, reason = choose_device()
    assert device == torch.device(expected)
    assert reason.startswith(f"{expected}, because PyTorch")
    assert ("no GPU" in reason) == (expected == "cpu")


def test_the_environment_names_a_device_unless_the_caller_does(monkeypatch):
    pretend(monkeypatch, 2, True)
    monkeypatch.setenv("COURSE_DEVICE", "mps")
    assert choose_device().device == torch.device("mps")
    assert choose_device("cuda:1").device == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cpu", "mps", "cuda", "cuda:1"])
def test_named_device_is_respected(monkeypatch, name):
    pretend(monkeypatch, 2, True)
    device, reason = choose_device(name)
    assert device == torch.device(name)
    assert "asked for" in reason


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "tpu", ""])
def test_missing_device_is_refused_with_those_there_are(monkeypatch, name):
    pretend(monkeypatch, 0, False)
    with pytest.raises(
        ValueError, match=re.escape(f"{name!r}; expected a device of this computer, one of ['cpu']")
    ):
        choose_device(name)


def test_easy_classes_are_learnt_and_history_is_complete():
    history = fit(linear(), points(), points(seed=1), epochs=5, batch_size=10, progress=False)
    assert [len(numbers) for numbers in history] == [5] * 5
    assert history.validation_accuracy[-1] > 0.95
    assert history.train_accuracy[-1] > 0.95
    assert history.validation_loss[-1] < history.validation_loss[0]
    assert history.seconds == sorted(history.seconds)


def test_history_agrees_with_measuring_again():
    model = linear()
    images, labels = validation = points(seed=1)
    history = fit(model, points(), validation, epochs=2, batch_size=7, progress=False)
    logits = model(images)
    assert history.validation_loss[-1] == pytest.approx(
        nn.CrossEntropyLoss()(logits, labels).item(), rel=1e-5
    )
    assert history.validation_accuracy[-1] == pytest.approx(
        (logits.argmax(1) == labels).float().mean().item()
    )
    assert not model.training


def test_first_step_by_hand():
    images, labels = points()
    model = linear()
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    history = fit(model, (images, labels), (images, labels), epochs=1, batch_size=60, learning_rate=0.5,
                  progress=False)  # fmt: skip
    assert history.train_loss[0] == pytest.approx(math.log(3))
    errors = 1 / 3 - torch.eye(3)[labels]  # softmax of equal logits, minus the one-hot labels
    gradient = errors.T @ images / 60
    # the schedule begins at a tenth, and Nesterov's first step is 1 + 0.9 gradients long
    torch.testing.assert_close(model.weight.detach(), -0.1 * 0.5 * 1.9 * gradient)


@pytest.mark.parametrize(("epochs", "batch_size"), [(1, 60), (1, 15), (2, 30), (3, 7), (1, 1), (1, 1000)])
def test_any_number_of_steps_works(epochs, batch_size):
    history = fit(linear(), points(), points(), epochs=epochs, batch_size=batch_size, progress=False)
    assert all(math.isfinite(loss) for loss in history.train_loss)


def test_each_image_is_seen_once_an_epoch_and_batches_are_even():
    seen = []

    class Recorder(nn.Linear):
        def forward(self, images):
            if self.training:
                seen.append(images[:, 0].tolist())
            return super().forward(images)

    images = torch.arange(25.0)[:, None].expand(25, 2)
    labels = torch.zeros(25, dtype=torch.int64)
    fit(Recorder(2, 3), (images / 25, labels), (images, labels), epochs=2, batch_size=10, progress=False)
    assert [len(batch) for batch in seen] == [9, 8, 8] * 2
    first, second = (list(chain(*batches)) for batches in (seen[:3], seen[3:]))
    assert sorted(first) == sorted(second) == pytest.approx([i / 25 for i in range(25)])
    assert first != second


def test_same_seed_gives_the_same_weights_bit_by_bit():
    def trained(seed):
        model = Classifier(n_classes=10)
        train = scenes("train", 64, generator=torch.Generator().manual_seed(0))
        fit(model, train, train, epochs=2, batch_size=16, seed=seed, progress=False)
        return model.state_dict()

    one, same, other = trained(0), trained(0), trained(1)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["head.weight"], other["head.weight"])


def test_random_numbers_of_the_caller_are_left_alone():
    before = torch.random.get_rng_state()
    fit(linear(), points(), points(), epochs=1, progress=False)
    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_goes_to_the_error_stream(capsys):
    fit(linear(), points(), points(), epochs=2, batch_size=30)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "4/4" in shown.err
    assert "validation_accuracy" in shown.err


def test_progress_can_be_switched_off(capsys):
    fit(linear(), points(), points(), epochs=2, progress=False)
    assert capsys.readouterr() == ("", "")


def test_nan_stops_with_step_and_learning_rate():
    images, labels = points()
    with pytest.raises(FloatingPointError, match=r"nan at step 1, where the learning rate was 0\.02"):
        fit(linear(), (images * torch.nan, labels), points(), epochs=1, learning_rate=0.2, progress=False)


def test_divergence_stops():
    images, labels = points()
    with pytest.raises(FloatingPointError, match="Try a smaller learning_rate"):
        fit(linear(), (images * 1e15, labels), points(), epochs=9, batch_size=5, learning_rate=1e30,
            progress=False)  # fmt: skip


def test_a_last_step_that_ruins_the_network_is_told():
    """No training loss follows the only step, but the loss on validation images does."""
    images, labels = points()
    with pytest.raises(FloatingPointError, match="The loss became nan"):
        fit(linear(), (images, labels), (images * 1e15, labels), epochs=1, batch_size=len(labels),
            learning_rate=1e30, progress=False)  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs is 0; expected a whole number of at least 1"),
        ({"batch_size": 0}, "batch_size is 0; expected a whole number of at least 1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; expected"),
        ({"learning_rate": math.nan}, "learning_rate is nan; expected"),
        ({"train": points()[:1]}, "train has 1 part"),
        (
            {"train": (points()[0], points(5)[1])},
            "train has .*; expected one label for each image",
        ),
        ({"validation": (torch.zeros(0, 2), torch.zeros(0))}, "validation has images of shape"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit(
            linear(),
            **{"train": points(), "validation": points(), "epochs": 1, "progress": False} | arguments,
        )


def test_a_little_training_on_scenes_finds_the_item():
    train, validation = (
        scenes(split, n, generator=torch.Generator().manual_seed(0), size=48, clutter=(1, 2), crop=6)
        for split, n in (("train", 2000), ("validation", 200))
    )
    model = Classifier(n_classes=10).standardise_with(train.images)
    history = fit(model, train, validation, epochs=2, batch_size=40, progress=False)
    assert history.validation_accuracy[-1] > 0.4  # chance is 0.1
    found = attention_in_box(predict(model, validation.images).weights, validation.boxes, 48)
    assert found.mass > 1.5 * found.area


# Many processes, other devices


TWO = """
import json, sys
import torch
from accelerate import Accelerator
from torch import nn
from course_utils.learning.training import fit

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
examples = torch.randn(30, 1, 8, 8, generator=generator), torch.randint(3, (30,), generator=generator)
torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
accelerator = Accelerator(cpu=True)
history = fit(model, examples, examples, epochs=3, batch_size=8, progress=False, accelerator=accelerator)
if accelerator.is_main_process:
    weights = [parameter.detach().flatten().tolist() for parameter in model.parameters()]
    losses = history.train_loss, history.validation_loss
    print("RESULT" + json.dumps([accelerator.num_processes, *losses, weights]))
"""


@pytest.mark.slow
def test_two_processes_train_like_one(tmp_path):
    """Batches of 8 and 7 images are split between two processes, so that the shares are uneven too."""
    script = tmp_path / "two.py"
    script.write_text(TWO)
    alone = [sys.executable, str(script)]
    launch = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        str(script),
    ]
    results = []
    for command in (alone, launch):
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert run.returncode == 0, run.stderr[-2000:]
        (line,) = (line for line in run.stdout.splitlines() if line.startswith("RESULT"))
        results.append(json.loads(line.removeprefix("RESULT")))
    one, two = results
    assert (one[0], two[0]) == (1, 2)
    np.testing.assert_allclose(two[1], one[1], atol=1e-5)
    np.testing.assert_allclose(two[2], one[2], atol=1e-5)
    for theirs, ours in zip(two[3], one[3], strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-5)


def test_a_gpu_without_memory_says_which_batch_size_to_try():
    class Large(nn.Linear):
        def forward(self, images):
            if len(images) > 4:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().forward(images)

    with pytest.raises(MemoryError, match=r"batch_size=10\. Try batch_size=5\."):
        fit(Large(2, 3), points(), points(), epochs=1, batch_size=10, progress=False)
    fit(Large(2, 3), points(), points(), epochs=1, batch_size=4, progress=False)


def test_a_gpu_without_memory_for_validation_says_which_batch_size_to_try():
    class LargeInUse(nn.Linear):
        def forward(self, images):
            if not self.training:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().forward(images)

    with pytest.raises(MemoryError, match=r"batch_size=10\. Try batch_size=5\."):
        fit(LargeInUse(2, 3), points(), points(), epochs=1, batch_size=10, progress=False)


# Images that are read when needed, and images that are changed at random


class Files(Dataset):
    """Examples that are handed out one by one."""

    def __init__(self, examples):
        self.examples = examples

    def __len__(self):
        return len(self.examples[1])

    def __getitem__(self, place):
        return self.examples[0][place], self.examples[1][place]


@pytest.mark.parametrize("workers", [0, 2])
def test_reading_one_by_one_trains_the_same_weights(workers):
    models = [linear(), linear()]
    histories = [
        fit(
            model,
            data(points()),
            data(points(seed=1)),
            epochs=2,
            batch_size=7,
            progress=False,
            workers=workers,
        )
        for model, data in zip(models, (tuple, Files), strict=True)
    ]
    assert torch.equal(models[0].weight, models[1].weight)
    assert histories[0][:4] == histories[1][:4]


def test_augmentation_sees_training_images_only_and_depends_on_the_seed():
    sizes = []

    def noisy(images, generator):
        sizes.append(len(images))
        return images + torch.randn(images.shape, generator=generator)

    weights = []
    for seed in (0, 0, 1):
        model = linear()
        fit(model, points(), points(40), epochs=2, batch_size=60, seed=seed, progress=False, augment=noisy)
        weights.append(model.weight.detach())
    assert sizes == [60] * 6, "Only batches of training images are changed, each once an epoch."
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_score_agrees_with_pytorch():
    model, (images, labels) = linear(), points()
    loss, accuracy = score(model, (images, labels), batch_size=7)
    assert loss == pytest.approx(nn.CrossEntropyLoss()(model(images), labels).item(), rel=1e-6)
    assert accuracy == (model(images).argmax(1) == labels).double().mean().item()
