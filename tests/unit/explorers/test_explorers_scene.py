"""The first lesson's network: NumPy does what PyTorch does, and it is as good as the text beside it says."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_utils.data import scenes
from course_utils.explorers.scene import WEIGHTS, classify, load_file, scene_explorer, share_inside
from course_utils.learning.checkpoints import load_model
from course_utils.learning.evaluation import attention_in_box
from course_utils.networks import Classifier

TOLD = WEIGHTS.with_suffix(".txt").read_text(encoding="utf-8")
POINTS = 0.03  # between the accuracy that is told and that of 2,000 other scenes: over three standard errors


@pytest.fixture(scope="module")
def test_scenes():
    return scenes("test", 2000, generator=torch.Generator().manual_seed(57))


def accuracy(model, images, labels):
    with torch.inference_mode():
        return (model(images).argmax(dim=1) == labels).double().mean().item()


def told(words):
    return float(re.search(rf"{words}: (0\.\d+)", TOLD)[1])


def test_numpy_agrees_with_pytorch(test_scenes):
    model, _ = load_model(WEIGHTS)
    weights, images, boxes = load_file(WEIGHTS), test_scenes.images[:20], test_scenes.boxes[:20]
    with torch.inference_mode():
        logits, maps = model.classify_with_attention(images)
    inside = attention_in_box(maps, boxes, image_size=64)
    ours = [classify(weights, image[0].numpy()) for image in images]
    np.testing.assert_allclose([one for one, _ in ours], logits.numpy(), atol=1e-4)
    np.testing.assert_allclose([one for _, one in ours], maps.numpy(), atol=1e-5)
    shares = [share_inside(one, box) for (_, one), box in zip(ours, boxes.tolist(), strict=True)]
    assert np.mean(shares) == pytest.approx(inside.mass, abs=1e-5)


def test_network_is_as_good_as_is_told(test_scenes):
    model, recipe = load_model(WEIGHTS)
    assert recipe.pooling == "attention"
    assert accuracy(model, *test_scenes[:2]) == pytest.approx(
        told("accuracy on 4,000 test scenes"), abs=POINTS
    )
    assert told("accuracy on 4,000 test scenes") > 0.75
    assert accuracy(Classifier(10).eval(), *test_scenes[:2]) < 0.2, "An untrained network must not pass."


def test_attention_lies_on_the_item_as_is_told(test_scenes):
    model, _ = load_model(WEIGHTS)
    images, _, boxes, _ = test_scenes

    def mass(network):
        with torch.inference_mode():
            return attention_in_box(network.classify_with_attention(images)[1], boxes, image_size=64).mass

    assert mass(model) == pytest.approx(told("attention in the item's box"), abs=POINTS)
    assert mass(Classifier(10).eval()) < 0.4, "The box is a fifth of the scene."


def test_first_picture_needs_no_torch():
    script = (
        "import sys\nfrom course_utils.explorers import scene_explorer\n"
        "explorer = scene_explorer()\nexplorer.values = explorer.values | {'row': 30}\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_first_scene_is_named_right():
    assert "the network says Ankle boot" in scene_explorer().frame["words"]
