"""Tests of cluttered scenes: what is where, what they are made of, and that splits share no image."""

import sys

import numpy as np
import pytest
import torch
from scipy import ndimage

from course_utils.data import scenes
from course_utils.data.fashion import CLASS_NAMES, FashionMNIST
from course_utils.data.scenes import SPLITS, scene_sources

scenes_module = sys.modules[scenes.__module__]  # the function has its module's name and hides it


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def windows(images, boxes):
    """Cut each box out of its image."""
    cut = [
        image[0, top:bottom, left:right]
        for image, (top, left, bottom, right) in zip(images, boxes.tolist(), strict=True)
    ]
    return torch.stack(cut)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("size", [64, 96])
def test_shapes_types_and_boxes(split, size):
    images, labels, boxes, _ = scenes(split, 200, generator=generator(), size=size)
    assert images.shape == (200, 1, size, size)
    assert images.dtype == torch.uint8
    assert labels.shape == (200,)
    assert labels.dtype == boxes.dtype == torch.int64
    assert ((boxes[:, 2:] - boxes[:, :2]) == 28).all()
    assert boxes.min() >= 0
    assert boxes.max() <= size
    assert set(labels.tolist()) == set(range(10))


@pytest.mark.parametrize("split", SPLITS)
def test_without_clutter_the_box_holds_an_image_of_the_class_and_the_rest_is_black(split):
    images, labels, boxes, _ = scenes(split, 50, generator=generator(), clutter=(0, 0))
    items = windows(images, boxes)
    sources, source_labels = scene_sources(split)
    for item, label in zip(items, labels, strict=True):
        same = (sources == item).all(dim=(1, 2))
        assert label in source_labels[same]
    assert (images.flatten(1).long().sum(dim=1) == items.flatten(1).long().sum(dim=1)).all()


def test_every_place_is_reached():
    _, _, boxes, _ = scenes("train", 5000, generator=generator())
    assert boxes[:, 0].unique().tolist() == list(range(37))
    assert boxes[:, 1].unique().tolist() == list(range(37))


def one_value_each(values):
    """Make a stand-in for Fashion-MNIST whose images are flat, with a value for each image."""

    def load(split, full=False, folder=None):
        images = np.broadcast_to(np.array(values[split], dtype=np.uint8)[:, None, None], (120, 28, 28))
        return FashionMNIST(images, np.arange(120) // 12, CLASS_NAMES)

    return load


def test_clutter_counts_and_sizes(monkeypatch):
    flat = {"train": np.full(120, 200), "test": np.full(120, 200)}
    monkeypatch.setattr(scenes_module, "fashion_mnist", one_value_each(flat))
    images, *_ = scenes("train", 300, generator=generator(), size=512, clutter=(4, 8), crop=4)
    parts = [ndimage.label(image[0].numpy())[1] - 1 for image in images]  # touching ones count once
    assert set(parts) >= {4, 5, 6, 7, 8}
    assert max(parts) == 8
    assert min(parts) >= 2
    lit = (images > 0).sum(dim=(1, 2, 3)) - 28 * 28
    assert lit.max() == 8 * 4 * 4


def test_splits_share_no_source_image():
    pools = {split: {image.tobytes() for image in scene_sources(split)[0].numpy()} for split in SPLITS}
    assert not pools["train"] & pools["validation"]
    assert not pools["train"] & pools["test"]
    assert not pools["validation"] & pools["test"]


def test_each_split_takes_equally_many_of_each_class():
    counts = [scene_sources(split)[1].bincount().tolist() for split in SPLITS]
    assert counts == [[500] * 10, [100] * 10, [100] * 10]


def test_item_and_clutter_come_from_the_splits_own_images(monkeypatch):
    training = np.where(np.arange(120) % 12 < 10, 50, 100)  # five sixths of each class, then the rest
    values = {"train": training, "test": np.full(120, 150)}
    monkeypatch.setattr(scenes_module, "fashion_mnist", one_value_each(values))
    for split, value in zip(SPLITS, (50, 100, 150), strict=True):
        images, *_ = scenes(split, 200, generator=generator())
        assert images.unique().tolist() == [0, value]


def test_clutter_is_never_cut_from_the_item_itself(monkeypatch):
    two = torch.tensor([90, 240], dtype=torch.uint8)[:, None, None].expand(2, 28, 28)
    monkeypatch.setattr(scenes_module, "scene_sources", lambda *_, **__: (two, torch.tensor([0, 1])))
    images, labels, boxes, _ = scenes("train", 100, generator=generator(), size=128)
    outside = images.clone()
    for image, (top, left, bottom, right) in zip(outside, boxes.tolist(), strict=True):
        image[0, top:bottom, left:right] = 0
    for image, label in zip(outside, labels.tolist(), strict=True):
        assert set(image.unique().tolist()) <= {0, (240, 90)[label]}


def test_clutter_never_darkens_the_item():
    images, labels, boxes, _ = scenes("validation", 30, generator=generator(3))
    sources, source_labels = scene_sources("validation")
    for item, label in zip(windows(images, boxes), labels, strict=True):
        same_class = sources[source_labels == label]
        not_darker = (item >= same_class).all(dim=(1, 2))
        mostly_seen = ((item == same_class).float().mean(dim=(1, 2))) > 0.4
        assert (not_darker & mostly_seen).any()


def test_generator_decides_everything():
    one, same, other = (scenes("train", 20, generator=generator(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one.images, other.images)
    before = torch.random.get_rng_state()
    scenes("train", 5, generator=generator())
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev"}, "split is 'dev'"),
        ({"n": 0}, "n is 0; expected at least 1 scene"),
        ({"size": 27}, "size is 27; expected at least 28"),
        ({"crop": 0}, "crop is 0"),
        ({"crop": 29}, "crop is 29"),
        ({"clutter": (5, 4)}, "clutter is"),
        ({"clutter": (-1, 4)}, "clutter is"),
        ({"clutter": (4,)}, "clutter is"),
        ({"folder": "somewhere"}, "full=True"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        scenes(**{"split": "train", "n": 2, "generator": generator()} | arguments)


def test_items_say_which_picture_a_scene_shows():
    """Without clutter and in its box a scene is that picture, and has that picture's label."""
    images, labels, boxes, items = scenes("test", 40, generator=generator(), clutter=(0, 0))
    sources, source_labels = scene_sources("test")
    for image, label, (top, left, bottom, right), item in zip(images, labels, boxes, items, strict=True):
        assert image[0, top:bottom, left:right].equal(sources[item])
        assert label == source_labels[item]
