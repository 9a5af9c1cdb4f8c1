"""Tests of reading folders of photos: sizes, colours, the split, and errors that name what is wrong."""

import contextlib
import io
import os
import socket
import warnings
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.sparse.csgraph import connected_components

from course_utils.data import folders, image_folder
from course_utils.data import photos as photos_module
from course_utils.data.photos import ALIKE, found_among, group_thumbnails, near_duplicates, read_photo


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
    save(photos / "test" / "dog" / "1.png", (0, 255, 0))
    coloured = image_folder(photos, size=8).test.images
    assert colours(coloured[:2]) == [(90, 90, 90), (0, 255, 0)]
    grey = image_folder(photos, size=8, colour=False).test.images
    assert grey.shape == (8, 1, 8, 8)
    luminance = round(0.587 * 255)  # ITU-R 601-2, which Pillow uses
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
    with pytest.raises(ValueError, match=r"path needs .*test, which is no folder"):
        image_folder(photos)


def test_folder_without_classes_is_refused(tmp_path):
    save(tmp_path / "train" / "1.png")
    save(tmp_path / "test" / "1.png")
    with pytest.raises(ValueError, match=r"train: no class"):
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
    for split, colour in {"train": "orange", "test": "navy"}.items():
        save(photos / split / "bird" / "1.png", colour)
    with pytest.raises(ValueError, match="bird has one"):
        image_folder(photos)


# Files that cannot be used are skipped, and said to be


def broken(kind, content):
    """Return bytes that are no photo."""
    half = content[: len(content) // 2]
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "png")
    return {"text": b"hello", "truncated": half, "empty": b"", "huge": bomb.getvalue()}[kind]


@pytest.mark.parametrize("kind", ["text", "truncated", "empty", "huge"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif"])
def test_unreadable_photo_is_skipped_with_its_reason(photos, kind, suffix):
    file = photos / "train" / "dog" / f"broken.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file)
    file.write_bytes(broken(kind, file.read_bytes()))
    with pytest.warns(UserWarning, match=rf"1 file\(s\) skipped:\n.*broken\.{suffix} cannot be read: .+"):
        data = image_folder(photos, size=8)
    assert [one.file for one in data.skipped] == [file]
    assert len(data.train.images) + len(data.validation.images) == 20


@given(st.data())
def test_no_damage_to_a_file_gets_past_the_reader(tmp_path_factory, data):
    """Whatever bytes are changed, a photo comes or a ValueError."""
    buffer = io.BytesIO()
    kind = data.draw(st.sampled_from(["png", "jpeg", "gif", "bmp", "tiff", "webp"]))
    Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30)).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "damaged"
    file.write_bytes(bytes(content))
    with contextlib.suppress(ValueError):  # any other error fails
        assert read_photo(file, 8).shape == (3, 8, 8)


@pytest.mark.skipif(os.name != "posix", reason="Making links needs no special rights on POSIX only.")
def test_links_out_of_the_folder_are_skipped_and_links_inside_are_followed(photos, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    save(outside)
    (photos / "train" / "dog" / "out.png").symlink_to(outside)
    save(photos / "train" / "dog" / "album" / "100.png", (200, 30, 99))
    (photos / "train" / "dog" / "in.png").symlink_to(photos / "train" / "dog" / "album" / "100.png")
    with pytest.warns(UserWarning, match=r"out\.png is a link that leads out of the folder"):
        data = image_folder(photos, size=8)
    assert [one.file.name for one in data.skipped] == ["out.png"]
    assert len(data.train.images) + len(data.validation.images) == 22


@pytest.mark.skipif(os.name != "posix", reason="Making links needs no special rights on POSIX only.")
def test_linked_folders_and_links_to_nothing_are_skipped_with_their_reasons(photos, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    save(outside / "secret.png")
    dogs = photos / "train" / "dog"
    save(dogs / "album" / "100.png", (200, 30, 99))
    (dogs / ".hidden").symlink_to(outside)
    for name, target in {
        "gone": "nothing",
        "in": "album",
        "loop": ".",
        "out": outside,
        "self": "self",
    }.items():
        (dogs / name).symlink_to(target)
    with pytest.warns(UserWarning, match=r"5 file\(s\) skipped"):
        data = image_folder(photos, size=8)
    assert len(data.train.images) + len(data.validation.images) == 21
    assert {one.file.name: one.reason.removeprefix(f"{one.file} is a link ") for one in data.skipped} == {
        "gone": "that leads nowhere.",
        "in": "to a folder, which is not followed: copy the photos instead.",
        "loop": "to a folder, which is not followed: copy the photos instead.",
        "out": "that leads out of the folder.",
        "self": "that leads nowhere.",
    }


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_is_no_regular_file_is_never_opened(photos, monkeypatch, kind, linked):
    if not hasattr(os, "mkfifo" if kind == "pipe" else "symlink") or os.name != "posix":
        pytest.skip(f"A {kind} is no file on this platform.")
    strange = photos / "strange" if linked else photos / "train" / "dog" / "strange"
    if kind == "pipe":
        os.mkfifo(strange)
    else:
        monkeypatch.chdir(strange.parent)  # the name of a socket must be short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(strange.name)
    if linked:
        strange = strange.rename(photos / "train" / "cat-strange")
        (photos / "train" / "dog" / "strange").symlink_to(strange)

    def read_what_has_an_end(file, *options, **more):
        assert file.is_file(), "Reading this would wait for ever."
        return read_photo(file, *options, **more)

    monkeypatch.setattr(folders, "read_photo", read_what_has_an_end)
    with pytest.warns(UserWarning, match=r"1 file\(s\) skipped:\n.*strange is no regular file\."):
        data = image_folder(photos, size=8)
    assert len(data.train.images) + len(data.validation.images) == 20


def test_hidden_files_are_not_looked_at(photos):
    (photos / "train" / "dog" / ".DS_Store").write_bytes(b"no picture")
    (photos / "train" / ".cache").mkdir()
    assert image_folder(photos, size=8).skipped == ()


def test_class_whose_photos_are_all_broken_is_named(photos):
    for split in ("train", "test"):
        (photos / split / "bird").mkdir()
        (photos / split / "bird" / "1.png").write_bytes(b"hello")
    with pytest.warns(UserWarning, match="skipped"), pytest.raises(ValueError, match="bird has no photo"):
        image_folder(photos)


@pytest.mark.parametrize("parted", [True, False])
def test_why_a_class_is_too_small_is_said_once_before_it_is_refused(photos, parted):
    (photos / "train" / "bird").mkdir()
    for i in range(4):
        (photos / "train" / "bird" / f"{i}.png").write_bytes(b"hello")
    save(photos / "train" / "bird" / "4.png")
    save(photos / "test" / "bird" / "1.png", "navy")
    with (
        pytest.warns(UserWarning, match=r"4 file\(s\) skipped") as caught,
        pytest.raises(ValueError, match="bird has one"),
    ):
        image_folder(photos if parted else photos / "train")
    assert len(caught) == 1
    assert caught[0].filename == __file__, "The warning points to the line that asked for the photos."


@pytest.mark.parametrize("in_memory", [True, False])
def test_test_photos_that_were_trained_on_are_warned_of(photos, in_memory):
    for i, suffix in {5: "png", 6: "jpg"}.items():
        with Image.open(photos / "train" / "dog" / f"{i}.png") as picture:
            picture.resize((90, 90)).save(photos / "test" / "dog" / f"copy-{i}.{suffix}")
    with pytest.warns(UserWarning, match="test photos") as caught:
        data = image_folder(photos, size=32, in_memory=in_memory)
    [warning] = caught
    sentence, *files = str(warning.message).splitlines()
    assert sentence == (
        "2 of the 8 test photos are nearly the same as a training photo, which makes the test too easy: "
        "remove them, or give one folder and let it be split."
    )
    assert [line.split(os.sep)[-1] for line in files] == ["copy-5.png", "copy-6.jpg"]
    assert warning.filename == __file__
    assert len(data.test.labels) == 8


@pytest.mark.parametrize("file", ["train/dog/2.png", "test/dog/12.png"])
def test_copies_on_one_side_only_are_not_warned_of(photos, file):
    (photos / file).with_name("copy.png").write_bytes((photos / file).read_bytes())
    with warnings.catch_warnings(action="error"):
        image_folder(photos, size=8)


def test_one_class_only_is_refused(tmp_path):
    for split in ("train", "test"):
        save(tmp_path / split / "dog" / "1.png")
    with pytest.raises(ValueError, match=r"path has in .*: \['dog'\]; expected .* with two classes or more"):
        image_folder(tmp_path)


def test_classes_that_differ_in_case_are_refused(photos):
    for split in ("train", "test"):
        save(photos / split / "Dog" / "1.png")
    if len(list((photos / "train").iterdir())) == 2:
        pytest.skip("This file system takes Dog and dog for one folder.")
    with pytest.raises(ValueError, match=r"'Dog' and 'dog' in .* differ only in case or in how accents"):
        image_folder(photos)


@pytest.mark.parametrize("one", ["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "CAFE\N{COMBINING ACUTE ACCENT}"])
def test_classes_that_differ_in_how_accents_are_encoded_are_refused(photos, one):
    for split in ("train", "test"):
        for name in (one, "cafe\N{COMBINING ACUTE ACCENT}"):
            save(photos / split / name / "1.png")
    if len(list((photos / "train").iterdir())) == 3:
        pytest.skip("This file system takes the two names for one folder.")
    with pytest.raises(ValueError, match=r"in .*train differ only in case or in how accents are encoded"):
        image_folder(photos)


def test_encodings_of_one_class_that_differ_between_train_and_test_are_named(photos):
    save(photos / "train" / "caf\N{LATIN SMALL LETTER E WITH ACUTE}" / "1.png")
    save(photos / "test" / "cafe\N{COMBINING ACUTE ACCENT}" / "1.png")
    with pytest.raises(ValueError, match="differ only in case or in how accents are encoded"):
        image_folder(photos)


def test_very_long_names_are_read(photos):
    file = photos / "train" / "dog" / ("长" * 60) / ("ü" * 100 + ".png")
    save(file, (200, 30, 99))
    data = image_folder(photos, size=8)
    assert (200, 30, 99) in colours(torch.cat([data.train.images, data.validation.images]))


# Every kind of picture


def test_modes_of_one_picture_agree(tmp_path):
    """Grey, palette, RGBA and CMYK files of one picture show what RGB shows; so does 16-bit grey."""
    levels = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8).repeat(8, 0).repeat(8, 1)
    grey = Image.fromarray(levels)
    for mode, suffix in {"L": "png", "P": "png", "RGBA": "png", "LA": "png", "CMYK": "tif"}.items():
        (grey.convert("RGB") if mode == "CMYK" else grey).convert(mode).save(tmp_path / f"{mode}.{suffix}")
    Image.fromarray(levels.astype(np.uint16) * 257).save(tmp_path / "16-bit.png")
    Image.fromarray(levels.astype(np.int32) * 257).save(tmp_path / "32-bit.tif")
    files = sorted(tmp_path.iterdir())
    assert len(files) == 7
    for file in files:
        for colour in (True, False):
            image = read_photo(file, 64, colour=colour)
            assert (image.int() - torch.from_numpy(levels).int()).abs().max() <= 1, file.name


def test_transparent_is_white(tmp_path):
    picture = Image.new("RGBA", (20, 20), (200, 0, 0, 0))
    picture.save(tmp_path / "clear.png")
    assert (read_photo(tmp_path / "clear.png", 8) == 255).all()


# One folder, split so that near-duplicates stay together


def textured(seed):
    """Return a picture of smooth blobs of random colours."""
    blobs = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(blobs).resize((128, 128))


@pytest.fixture
def album(tmp_path):
    """One folder of two classes, 30 photos each, and of every third a smaller, compressed copy."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for i in range(30):
            picture = textured(100 * label + i)
            picture.save(tmp_path / name / f"{i:02}.png")
            if i % 3 == 0:
                picture.resize((96, 96)).save(tmp_path / name / f"{i:02}-copy.jpg", quality=70)
    return tmp_path


def same(one, other):
    """Whether two images show the same, up to compression."""
    return (one.float() - other.float()).abs().mean() < 5


def test_one_folder_is_split_and_copies_stay_together(album):
    data = image_folder(album, size=32)
    counts = [part.labels.bincount().tolist() for part in data[:3]]
    assert np.sum(counts, axis=0).tolist() == [40, 40]
    assert all(7 <= count <= 11 for count in counts[2])
    crossing = [
        same(one, other)
        for one in data.train.images
        for part in (data.validation, data.test)
        for other in part.images
    ]
    assert not any(crossing)
    groups = near_duplicates(torch.cat([part.images for part in data[:3]]))
    assert np.bincount(groups).tolist().count(2) == 20, "The copies are there, and found."


def test_a_random_split_would_part_copies(album):
    """The known-bad case: drawn photo by photo, copies end on both sides."""
    data = image_folder(album, size=32)
    everything = torch.cat([part.images for part in data[:3]])
    groups, order = near_duplicates(everything), np.random.default_rng(0).permutation(len(everything))
    assert set(groups[order[:16]]) & set(groups[order[16:]])


def test_a_class_of_copies_cannot_be_split(album):
    for file in (album / "dog").iterdir():
        textured(999).save(file)
    with pytest.raises(ValueError, match=r"dog has one; expected 3 .* near-duplicates count as one"):
        image_folder(album)


def test_photos_read_one_by_one_take_no_memory(album, monkeypatch):
    """Counted while they are read: of 80 photos the last one only is there, or all if they are to be kept."""
    alive, most = weakref.WeakSet(), []

    def read_and_count(*arguments, **options):
        image = read_photo(*arguments, **options)
        alive.add(image)
        most.append(len(alive))
        return image

    monkeypatch.setattr(folders, "read_photo", read_and_count)
    image_folder(album, size=16, in_memory=False)
    assert len(most) == 80
    assert max(most) <= 2
    image_folder(album, size=16)
    assert max(most) >= 80, "The count does see photos that are kept."


def test_photos_read_one_by_one_are_those_in_memory(album):
    kept, lazy = (image_folder(album, size=16, in_memory=in_memory) for in_memory in (True, False))
    for part, files in zip(kept[:3], lazy[:3], strict=True):
        images, labels = zip(*[files[i] for i in range(len(files))], strict=True)
        assert torch.equal(torch.stack(images), part.images)
        assert torch.equal(torch.stack(labels), part.labels)


# Thumbnails that are alike, against the comparison of each with each


def differences(thumbnails, others):
    """Return the mean absolute difference of each from each, (n, m)."""
    return np.abs(thumbnails[:, None].numpy() - others[None].numpy()).mean(axis=2)


def groups_of_each_with_each(thumbnails):
    """Group as `group_thumbnails` promises, with all comparisons and SciPy's components."""
    _, parts = connected_components(differences(thumbnails, thumbnails) <= ALIKE)
    return [list(dict.fromkeys(parts)).index(part) for part in parts]


@st.composite
def many_thumbnails(draw):
    """Up to 40 thumbnails, each a few levels from an earlier one: in chains, and exactly at the limit."""
    made = [np.full(64, 100.0)]
    for _ in range(draw(st.integers(0, 39))):
        step = np.zeros(64)
        step[: draw(st.sampled_from([1, 16, 32, 64]))] = draw(st.integers(-8, 8))
        if draw(st.booleans()):
            step[32:] = -step[:32]  # another picture of the same mean
        made.append(made[draw(st.integers(0, len(made) - 1))] + step)
    return torch.tensor(np.array(made), dtype=torch.float32)


@given(many_thumbnails(), st.integers(1, 50), st.integers(0, 40))
def test_groups_and_copies_are_those_of_comparing_each_with_each(thumbnails, block, cut):
    ones, others = thumbnails[:cut], thumbnails[cut:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photos_module, "BLOCK", block)
        assert group_thumbnails(thumbnails).tolist() == groups_of_each_with_each(thumbnails)
        near = (differences(ones, others) <= ALIKE).any(axis=1)
        assert found_among(ones, others).tolist() == near.tolist()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("block", [1, 7, 64])
@pytest.mark.parametrize(("step", "n_groups"), [(ALIKE, 1), (ALIKE + 1, 85)])
def test_a_chain_in_any_order_is_one_group(monkeypatch, step, n_groups, block, seed):
    monkeypatch.setattr(photos_module, "BLOCK", block)
    levels = np.random.default_rng(seed).permutation(np.arange(0, 255, step)[:85])
    images = torch.tensor(levels, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 20, 20)
    assert len(set(near_duplicates(images))) == n_groups


@pytest.mark.parametrize(("same_mean", "share"), [(False, 0.06), (True, 0.12)])
def test_most_thumbnails_are_never_compared_in_full(monkeypatch, same_mean, share):
    """What costs is counted, not timed: a share of what comparing each with each would look at."""
    n, levels = 2000, 192
    rng = np.random.default_rng(0)
    thumbnails = torch.tensor(rng.uniform(0, 255, (n, 12))).repeat_interleave(levels // 12, dim=1)
    if same_mean:
        thumbnails += 128 - thumbnails.mean(dim=1, keepdim=True)
    looked_at, distances = [], torch.cdist

    def count(ones, others, **options):
        looked_at.append(len(ones) * len(others) * ones.shape[1])
        return distances(ones, others, **options)

    monkeypatch.setattr(torch, "cdist", count)
    assert len(set(group_thumbnails(thumbnails))) == n
    assert 0 < sum(looked_at) < share * n * (n - 1) / 2 * levels


@pytest.mark.parametrize("images", [torch.zeros(0, 3, 8, 8), torch.zeros(3, 8, 8)])
def test_near_duplicates_refuses_what_are_no_images(images):
    with pytest.raises(ValueError, match="images has shape"):
        near_duplicates(images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"size": 0}, "size"), ({"validation": 0.0}, "validation"), ({"validation": 1.0}, "validation")],
)
def test_numbers_out_of_range_are_refused(photos, arguments, message):
    with pytest.raises(ValueError, match=message):
        image_folder(photos, **arguments)
