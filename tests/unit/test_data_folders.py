"""Tests of reading folders of photos: sizes, colours, the split, and errors that name what is wrong."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.data import image_folder


def save(path, colour="orange", size=(60, 40), mode="RGB"):
    """Save a flat picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path)


@pytest.fixture
def photos(tmp_path):
    """Two classes, ten training and three test photos each, every one of another colour."""
    for label, name in enumerate(("猫", "dog")):
        for i in range(13):
            split = "train" if i < 10 else "test"
            save(
                tmp_path / split / name / f"{i}.png", (10 * i, 100 * label, 7), size=(40 + 7 * i, 90 - 5 * i)
            )
    return tmp_path


def colours(images):
    """Return the colour of each flat image."""
    assert (images == images[:, :, :1, :1]).all()
    return [tuple(image[:, 0, 0].tolist()) for image in images]


def test_shapes_types_and_names(photos):
    data = image_folder(photos, size=32)
    assert data.class_names == ("dog", "猫")
    assert data.train.images.shape == (16, 3, 32, 32)
    assert data.validation.images.shape == (4, 3, 32, 32)
    assert data.test.images.shape == (6, 3, 32, 32)
    for part in data[:3]:
        assert part.images.dtype == torch.uint8
        assert part.labels.dtype == torch.int64
        assert part.labels.shape == (len(part.images),)


def test_labels_belong_to_their_photos(photos):
    for part in image_folder(photos, size=8)[:3]:
        green = [colour[1] for colour in colours(part.images)]
        assert [100 * (1 - label) for label in part.labels.tolist()] == green


def test_each_photo_is_in_exactly_one_part(photos):
    data = image_folder(photos, size=8, validation=0.3)
    parts = [colours(part.images) for part in data[:3]]
    everything = [colour for part in parts for colour in part]
    assert len(everything) == len(set(everything)) == 26
    assert {colour[0] for colour in parts[2]} == {100, 110, 120}
    assert data.validation.labels.bincount().tolist() == [3, 3]


def test_seed_decides_the_split(photos):
    one, same, other = (image_folder(photos, size=8, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.validation.images, same.validation.images)
    assert colours(one.validation.images) != colours(other.validation.images)


def test_at_least_one_photo_of_each_class_on_either_side(photos):
    assert image_folder(photos, validation=0.001).validation.labels.bincount().tolist() == [1, 1]
    assert image_folder(photos, validation=0.999).train.labels.bincount().tolist() == [1, 1]


@pytest.mark.parametrize("wide", [True, False])
def test_the_central_square_is_kept_unsquashed(photos, wide):
    picture = np.zeros((100, 200, 3), dtype=np.uint8)
    picture[:, 50:150] = (0, 255, 0)
    picture = picture if wide else picture.transpose(1, 0, 2)
    Image.fromarray(picture).save(photos / "test" / "dog" / "0.png")
    image = image_folder(photos, size=50).test.images[:1]
    inside = image[:, :, 2:-2, 2:-2]  # resizing mixes the outermost pixels with what was cut off
    assert colours(inside) == [(0, 255, 0)]


def test_grey_and_colour(photos):
    save(photos / "test" / "dog" / "0.png", (90, 90, 90), mode="L")
    save(photos / "test" / "dog" / "1.png", (255, 0, 0))
    coloured = image_folder(photos, size=8).test.images
    assert colours(coloured[:2]) == [(90, 90, 90), (255, 0, 0)]
    grey = image_folder(photos, size=8, colour=False).test.images
    assert grey.shape == (8, 1, 8, 8)
    luminance = round(0.299 * 255)  # ITU-R 601-2, which Pillow uses
    assert colours(grey[:2]) == [(90,), (luminance,)]


def test_photo_taken_with_a_turned_camera_is_turned_upright(photos):
    picture = np.zeros((40, 40), dtype=np.uint8)
    picture[:, :20] = 255  # as stored, the left half is bright
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to look at it
    Image.fromarray(picture).save(photos / "test" / "dog" / "0.png", exif=exif)
    upright = image_folder(photos, size=40).test.images[0, 0]
    assert upright[:18].min() > 200
    assert upright[22:].max() < 50


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="nowhere"):
        image_folder(tmp_path / "nowhere")


def test_missing_test_folder_is_named(photos):
    (photos / "test").rename(photos / "tests")
    with pytest.raises(ValueError, match=r"in .*test: "):
        image_folder(photos)


def test_folder_without_classes_is_refused(tmp_path):
    save(tmp_path / "train" / "1.png")
    with pytest.raises(ValueError, match=r"train: .*class"):
        image_folder(tmp_path)


def test_class_without_photos_is_named(photos):
    (photos / "train" / "bird").mkdir()
    with pytest.raises(ValueError, match="bird"):
        image_folder(photos)


def test_classes_on_one_side_only_are_named(photos):
    save(photos / "train" / "bird" / "1.png")
    save(photos / "test" / "fish" / "1.png")
    with pytest.raises(ValueError, match=r"only train has \['bird'\] and only test has \['fish'\]"):
        image_folder(photos)


def test_class_with_one_training_photo_is_named(photos):
    for split in ("train", "test"):
        save(photos / split / "bird" / "1.png")
    with pytest.raises(ValueError, match="bird has one"):
        image_folder(photos)


@pytest.mark.parametrize("kind", ["not a picture", "truncated", "empty"])
def test_unreadable_photo_is_named(photos, kind):
    file = photos / "train" / "dog" / "3.png"
    content = file.read_bytes()
    file.write_bytes({"not a picture": b"hello", "truncated": content[:60], "empty": b""}[kind])
    with pytest.raises(ValueError, match=r"3\.png cannot be read"):
        image_folder(photos)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"size": 0}, "size"), ({"validation": 0.0}, "validation"), ({"validation": 1.0}, "validation")],
)
def test_numbers_out_of_range_are_refused(photos, arguments, message):
    with pytest.raises(ValueError, match=message):
        image_folder(photos, **arguments)
