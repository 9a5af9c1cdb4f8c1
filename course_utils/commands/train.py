"""``python -m course_utils train``: train a classifier on photos, and keep it and how it went."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import math
import re
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch

    from course_utils.learning.training import Examples, History, TrainingState

N_SCENES = 20_000
SETTINGS = (
    "pooling",
    "epochs",
    "batch_size",
    "learning_rate",
    "seed",
    "augment",
    "one_by_one",
    "mixed_precision",
)
MOST_TO_MEASURE = 2000  # images, evenly spaced among all, whose mean and spread stand for all
WRITTEN = ("best.safetensors", "log.csv", "curves.png", "training.pt")


class Data(NamedTuple):
    """What a classifier is trained on."""

    train: Examples
    validation: Examples
    test: Examples
    class_names: tuple[str, ...]


def main(argv: list[str] | None = None) -> int:
    """Train as the arguments say.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of the process if not given.

    Returns
    -------
    int
        0; 1 if the data or the output folder cannot be used; 130 if it was interrupted.

    Examples
    --------
    >>> main(["--data", "nowhere", "--out", "never-made"])
    1
    """
    options = _parser().parse_args(argv)
    try:
        return _train(options)
    except KeyboardInterrupt:
        if (options.out / "training.pt").exists():
            advice = f"Go on with the same command and --resume; {options.out} holds each finished epoch."
        else:
            advice = "No epoch was finished, so nothing is kept."
        print(f"\nStopped. {advice}", file=sys.stderr)
        return 130
    except (ValueError, OSError, FloatingPointError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not re.search("allocate memory|out of memory", str(error)):
            raise
        print(_in_words_of_the_command(error), file=sys.stderr)
        return 1


def _in_words_of_the_command(error: Exception) -> str:
    """Return what went wrong with the names of the arguments as they are typed."""
    if isinstance(error, RuntimeError) or not str(error):
        return "The computer has no memory left. Try a smaller --batch-size or --size, or --one-by-one."
    named = re.sub(
        r"\b(batch_size|learning_rate|epochs)\b", lambda word: f"--{word[0].replace('_', '-')}", str(error)
    )
    return re.sub(r"(--[a-z-]+)=", r"\1 ", named)


def _number(lowest: int, highest: int = 2**32 - 1) -> Callable[[str], int]:
    """Return a reader of whole numbers in a range, for argparse."""

    def read(typed: str) -> int:
        if not typed.isascii() or not typed.lstrip("-").isdigit() or not lowest <= int(typed) <= highest:
            raise argparse.ArgumentTypeError(
                f"it is {typed!r}; expected a whole number from {lowest} to {highest}"
            )
        return int(typed)

    return read


def _rate(typed: str) -> float:
    """Read a learning rate, for argparse."""
    rate = float(typed)
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"it is {typed}; expected a finite number above 0")
    return rate


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    from course_utils.learning.checkpoints import POOLINGS

    parser = argparse.ArgumentParser(
        prog="python -m course_utils train",
        description="Train an image classifier on the processor, a GPU or, by `accelerate launch -m`, on "
        "several. Interrupted, it loses the current epoch at most.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", required=True, help="scenes, fashion-mnist, or a folder of photos")
    parser.add_argument(
        "--out", required=True, type=Path, help="folder for the model, the log and the curves"
    )
    parser.add_argument("--pooling", choices=POOLINGS, default="attention", help="how positions are pooled")
    parser.add_argument("--epochs", type=_number(1), default=4, help="how often each image is seen")
    parser.add_argument(
        "--batch-size", type=_number(1), default=128, help="images a step, all processes together"
    )
    parser.add_argument("--learning-rate", type=_rate, default=0.1, help="the highest on the way")
    parser.add_argument(
        "--seed", type=_number(0), default=0, help="decides first weights, order and augmentation"
    )
    parser.add_argument(
        "--size", type=_number(8, 4096), default=64, help="height and width of photos in pixels"
    )
    parser.add_argument(
        "--images", type=_number(1), help="so many training images, of scenes and fashion-mnist only"
    )
    parser.add_argument(
        "--full", action="store_true", help="all of fashion-mnist; without it the 7,000 pictures shipped"
    )
    parser.add_argument("--augment", action="store_true", help="mirror and shift training images at random")
    parser.add_argument("--one-by-one", action="store_true", help="read photos when needed: for very many")
    parser.add_argument(
        "--workers", type=_number(0, 256), default=0, help="processes that read photos one by one"
    )
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    parser.add_argument("--mixed-precision", choices=["no", "fp16", "bf16"], default="no", help="of the GPU")
    parser.add_argument("--resume", action="store_true", help="go on with the training kept in --out")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


def _train(options: argparse.Namespace) -> int:
    """Train and write the state, the best model and the log after each epoch; draw the curves at the end."""
    kept = options.out / "training.pt"
    lying = [name for name in WRITTEN if (options.out / name).exists()]
    if lying and not options.resume:
        raise ValueError(
            f"{options.out} holds {', '.join(lying)} already. Add --resume to go on with that training, or "
            "choose another --out."
        )
    if options.resume and not kept.exists():
        print(f"No finished epoch is kept in {options.out}: starting anew.", file=sys.stderr)
    data = _read_data(options)

    from accelerate import Accelerator

    from course_utils.data.augment import flip_and_shift
    from course_utils.learning.checkpoints import POOLINGS, Recipe, load_model, save_model
    from course_utils.learning.evaluation import accuracy_interval
    from course_utils.learning.training import count_images, fit, score
    from course_utils.networks import Classifier

    accelerator = Accelerator(cpu=options.cpu, mixed_precision=options.mixed_precision)
    if accelerator.is_main_process:
        _try_writing(options.out)
    settings = {name: getattr(options, name) for name in SETTINGS} | _told_apart(data)
    sample = _some_images(data.train, MOST_TO_MEASURE)
    model = Classifier(len(data.class_names), sample.shape[1], POOLINGS[options.pooling], options.seed)
    model.standardise_with(sample)
    recipe = Recipe(data.class_names, options.pooling, sample.shape[1], sample.shape[-1])
    best = options.out / "best.safetensors"
    history = fit(
        model,
        data.train,
        data.validation,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        seed=options.seed,
        progress=not options.quiet,
        augment=flip_and_shift if options.augment else None,
        accelerator=accelerator,
        workers=options.workers,
        start_from=_earlier(kept, settings) if kept.exists() else None,
        after_epoch=partial(_keep, options.out, settings, lambda: save_model(best, model, recipe)),
    )
    if accelerator.is_main_process:
        _draw_curves(history, options.out / "curves.png")
        model, _ = load_model(best)
        _, accuracy = score(model, data.test, device=accelerator.device, workers=options.workers)
        n = count_images(data.test)
        _, low, high = accuracy_interval(round(accuracy * n), n)
        print(f"best on validation: epoch {_best_epoch(history._asdict())}; kept in {best}")
        print(f"accuracy on {n} test images: {accuracy:.3f} (95 % interval {low:.3f} to {high:.3f})")
    accelerator.wait_for_everyone()
    return 0


def _read_data(options: argparse.Namespace) -> Data:
    """Read scenes, Fashion-MNIST or a folder of photos."""
    import torch

    from course_utils import data

    if not options.data.strip():
        raise ValueError("--data is empty; expected scenes, fashion-mnist or a folder of photos.")
    if options.data == "scenes":
        generator = torch.Generator().manual_seed(options.seed)
        sizes = {"train": options.images or N_SCENES, "validation": N_SCENES // 10, "test": N_SCENES // 5}
        made = [data.scenes(split, n, generator=generator)[:2] for split, n in sizes.items()]
        return Data(*made, data.fashion_mnist("test").class_names)
    if options.data == "fashion-mnist":
        read = [data.fashion_mnist(split, full=options.full) for split in ("train", "test")]
        (images, labels), test = [(torch.from_numpy(part.images)[:, None], torch.from_numpy(part.labels))
                                  for part in read]  # fmt: skip
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(options.seed))
        held_out, rest = order[: len(order) // 6], order[len(order) // 6 :][: options.images]
        return Data(
            (images[rest], labels[rest]), (images[held_out], labels[held_out]), test, read[0].class_names
        )
    if options.images:
        raise ValueError(
            "--images is given for photos, which are all used; expected scenes or fashion-mnist."
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            photos = data.image_folder(
                options.data, size=options.size, seed=options.seed, in_memory=not options.one_by_one
            )
        finally:  # why files were skipped may explain the error that follows
            for warning in caught:
                print(warning.message, file=sys.stderr)
    return Data(*photos[:3], photos.class_names)


def _try_writing(folder: Path) -> None:
    """Write and remove a file, so that a folder that refuses is told now and not after the first epoch."""
    from course_utils.learning.checkpoints import write_whole

    write_whole(folder / ".writable", b"")
    (folder / ".writable").unlink()


def _some_images(examples: Examples, n: int) -> torch.Tensor:
    """Return at most n images, evenly spaced among all: they may be sorted by class."""
    import torch

    from course_utils.learning.training import count_images

    n = min(n, count_images(examples))
    places = torch.linspace(0, count_images(examples) - 1, n).round().long()
    if isinstance(examples, tuple):
        return examples[0][places]
    return torch.stack([examples[i][0] for i in places.tolist()])


def _told_apart(data: Data) -> dict[str, object]:
    """Return of data what must not change between a training and its resumption."""
    from course_utils.learning.training import count_images

    content = hashlib.sha256()
    for examples in data[:3]:
        if isinstance(examples, tuple):
            for tensor in examples[:2]:
                content.update(tensor.numpy().tobytes())
        else:
            listed = [(file.parent.name, file.name, file.stat().st_size) for file in examples.files]
            content.update(repr((listed, examples.labels.tolist(), examples.size)).encode())
    counts = ", ".join(
        f"{count_images(examples)} {part}" for part, examples in zip(data._fields, data[:3], strict=False)
    )
    return {"classes": ", ".join(data.class_names), "images": counts, "content": content.hexdigest()[:12]}


def _earlier(kept: Path, settings: dict[str, object]) -> TrainingState:
    """Read the training that was interrupted; it goes on with its own settings only."""
    from course_utils.learning.checkpoints import load_training

    try:
        state, before = load_training(kept)
    except ValueError as error:
        raise ValueError(f"{error} Choose another --out to start anew.") from error
    changed = [
        f"{name} was {before.get(name)}, now {now}"
        for name, now in settings.items()
        if before.get(name) != now
    ]
    if changed:
        raise ValueError(
            f"A training goes on with its own settings and data only: {'; '.join(changed)}. Use those again, "
            "or choose another --out to start anew."
        )
    return state


def _best_epoch(history: dict[str, list[float]]) -> int:
    """Return the number, from 1, of the epoch best on validation: by accuracy and, of equals, by loss."""
    pairs = zip(history["validation_accuracy"], history["validation_loss"], strict=True)
    ranked = [(accuracy, -loss) for accuracy, loss in pairs]
    return ranked.index(max(ranked)) + 1


def _keep(
    out: Path, settings: dict[str, object], save_best: Callable[[], None], state: TrainingState
) -> None:
    """Write the best model, then the log, and last the state that says that this epoch is done."""
    from course_utils.learning.checkpoints import save_training, write_whole

    n_epochs = len(state.history["seconds"])
    if _best_epoch(state.history) == n_epochs:
        save_best()
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", *state.history])
    rows.writerows(zip(range(1, n_epochs + 1), *state.history.values(), strict=True))
    write_whole(out / "log.csv", text.getvalue().encode())
    save_training(out / "training.pt", state, settings)


def _draw_curves(history: History, file: Path) -> None:
    """Draw loss and accuracy by epoch."""
    import matplotlib.pyplot as plt

    from course_utils.learning.checkpoints import write_whole
    from course_utils.plots import PALETTE

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    epochs = range(1, len(history.seconds) + 1)
    for axis, name, unit in zip(axes, ("loss", "accuracy"), ("nats", "share"), strict=True):
        for part, colour in (("train", "blue"), ("validation", "red")):
            numbers = getattr(history, f"{part}_{name}")
            axis.plot(epochs, numbers, "o-", color=PALETTE[colour], label=part)
        axis.set(xlabel="epoch", ylabel=f"{name} ({unit})")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    plt.close(figure)
    write_whole(file, drawn.getvalue())
