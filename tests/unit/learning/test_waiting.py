"""A training that never waits for a GPU between two looks at its loss.

On PyTorch's device "meta" there are shapes and no numbers: whatever would bring a number back from a device,
as `item()`, `bool()`, `tolist()` or `cpu()` do, is an error there. So a training goes on, on "meta", exactly
until the first time it would wait for its results. What this cannot show: waits inside a GPU's own library.
"""

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.learning import training
from course_utils.learning.training import fit
from course_utils.networks import Classifier

COPIES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)


class Transfers(TorchDispatchMode):
    """Counts copies from the processor to another device, each of which waits for it."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Count, and go on."""
        result = function(*args, **(kwargs or {}))
        source = args[-1] if function is COPIES[1] and len(args) == 2 else args[0] if args else None
        if function in COPIES and isinstance(source, torch.Tensor):
            self.n += (source.device.type, result.device.type) == ("cpu", "meta")
        return result


def steps_until_the_first_wait(n_images, batch_size, model=None, **options):
    """Train on "meta" and return how many steps were taken, and the transfers in them."""
    model, transfers, at = model or Classifier(3), Transfers(), []
    model.register_forward_hook(lambda *_: at.append(transfers.n))
    images = torch.zeros(n_images, 1, 16, 16, dtype=torch.uint8)
    examples = images, torch.arange(n_images) % 3
    options |= {"epochs": 1, "batch_size": batch_size, "device": "meta", "progress": False}
    with transfers, pytest.raises((NotImplementedError, RuntimeError), match="meta"):
        fit(model, examples, examples, **options)
    return len(at), at[-1] - at[0]


def test_a_whole_epoch_is_taken_without_waiting():
    assert steps_until_the_first_wait(60, 2) == (30, 0)


def test_a_long_epoch_is_looked_at_now_and_then():
    assert steps_until_the_first_wait(120, 1) == (training.LOOK_EVERY, 0)


def test_a_wait_in_a_step_would_be_found():
    """The comparison can fail: a network that looks at its own numbers stops the first step."""

    class Looks(Classifier):
        def forward(self, images):
            logits = super().forward(images)
            assert logits.sum().isfinite()
            return logits

    with pytest.raises(IndexError):  # not even one step was finished
        steps_until_the_first_wait(60, 2, Looks(3))


def test_a_transfer_in_a_step_would_be_found():
    def noisy(images, generator):
        noise = torch.randint(2, images.shape, generator=generator, dtype=torch.uint8)
        return images + noise.to(images.device)

    assert steps_until_the_first_wait(60, 2, augment=noisy) == (30, 29)


def test_a_loss_that_is_lost_on_a_gpu_is_told_before_anything_is_kept(monkeypatch):
    """As if the CPU were a GPU: looked at late, the message is the same, and nothing is given to be kept."""
    images, labels = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)), torch.arange(40) % 2
    told, kept = [], []
    watches = training.Watch.__init__
    for every in (1, training.LOOK_EVERY):

        def watch_rarely(watch, *arguments, every=every):
            watches(watch, *arguments)
            watch.every = every

        monkeypatch.setattr(training.Watch, "__init__", watch_rarely)
        model = nn.Linear(3, 2)
        nn.init.zeros_(model.weight)
        nn.init.zeros_(model.bias)
        options = {"batch_size": 5, "learning_rate": 1e30, "progress": False, "after_epoch": kept.append}
        with pytest.raises(FloatingPointError) as error:
            fit(model, (images * 1e15, labels), (images, labels), epochs=3, **options)
        told.append(str(error.value))
    assert told[0] == told[1]
    assert "at step " in told[0]
    assert not kept
