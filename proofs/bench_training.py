"""Time the course's training beside other recipes, side by side: `make bench-training`.

Five questions: how soon a recipe reaches 0.90 on Fashion-MNIST, how far ours gets in ten minutes, and what
the pipeline, the pooling and the scenes cost. A time means something only beside another of the same machine
and hour, so the summary gives ratios. Every finished job is one line of bench-training.jsonl; what stands
there is not done again. Every choice is made on the last 10,000 training images; test images are read once.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms
from torchvision.datasets import FashionMNIST
from torchvision.models import resnet18

from course_utils.data import fashion_mnist, scenes
from course_utils.data.augment import flip_and_shift
from course_utils.data.fashion import SYSTEM_FOLDER
from course_utils.learning.training import fit, score
from course_utils.networks import Classifier, DotProductPooling

OUT = Path(__file__).parents[1] / "results"
GOAL = 0.90
LIMIT = 15 * 60  # seconds of training after which a recipe is given up
N_TRAIN = 50_000  # the other 10,000 are for validation
OURS_EPOCHS = 2  # chosen by validation accuracy
LARGE_EPOCHS = 16  # chosen to end within ten minutes
LARGE_CHANNELS = (32, 64, 128, 192)
Line = dict[str, object]


class Tensors(NamedTuple):
    """Images (n, 1, 28, 28) of bytes and labels (n,)."""

    images: Tensor
    labels: Tensor


class Recipe(NamedTuple):
    """Somebody else's way to train: a network, an optimiser, a batch size and the size of an image."""

    network: Callable[[], nn.Module]
    optimizer: Callable[[Iterable[Tensor]], torch.optim.Optimizer]
    batch_size: int
    size: int = 28


def tutorial_network() -> nn.Module:
    """Two blocks of convolution, ReLU and pooling, as many tutorials have them."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def lenet() -> nn.Module:
    """Build LeNet with sigmoids and Xavier weights, as in Dive into Deep Learning, chapter 7."""
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid()),
        nn.Linear(84, 10),
    )
    for layer in network:
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
    return network


def grey_resnet() -> nn.Module:
    """Build torchvision's ResNet-18 for grey images and ten classes."""
    network = resnet18(num_classes=10)
    network.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    return network


RECIPES = {
    "tutorial": Recipe(tutorial_network, partial(torch.optim.Adam, lr=1e-3), 64),
    "LeNet": Recipe(lenet, partial(torch.optim.SGD, lr=0.1), 256),
    "ResNet-18": Recipe(grey_resnet, partial(torch.optim.SGD, lr=0.01), 128, size=96),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Do the jobs that are left, one after the other, and write the summary."""
    parser = argparse.ArgumentParser(
        prog="python -m proofs.bench_training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--only", nargs="+", default=list(JOBS), choices=JOBS, help="do these jobs only")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--summary", action="store_true", help="measure nothing, write the summary again")
    arguments = parser.parse_args(argv)
    file = arguments.out / "bench-training.jsonl"
    done = {(line["job"], line["seed"]) for line in read(file)}
    jobs = list(product(arguments.seeds, arguments.only))
    if not arguments.summary and {(job, seed) for seed, job in jobs} <= done:
        print(f"Nothing is left to do: every job stands in {file}. To measure anew, give another --out.")
    for seed, job in jobs:
        if not arguments.summary and (job, seed) not in done:
            torch.manual_seed(seed)
            line = {"job": job, "seed": seed} | JOBS[job](seed) | circumstances()
            with file.open("a", encoding="utf-8") as stored:
                stored.write(json.dumps(line) + "\n")
            print(line, flush=True)
    (arguments.out / "bench-training.md").write_text(summary(read(file)), encoding="utf-8")
    return 0


def circumstances() -> Line:
    """Say when and on what a job ran."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()} {platform.system()}, {cores} core(s), no GPU used",
        "threads": torch.get_num_threads(),
        "versions": f"Python {platform.python_version()}, PyTorch {torch.__version__}",
    }


# Fashion-MNIST, in memory and through torchvision


def in_memory() -> tuple[Tensors, Tensors, Tensors]:
    """Read all of Fashion-MNIST once: training, validation and test images."""
    whole, tested = (
        Tensors(torch.from_numpy(part.images.copy())[:, None], torch.from_numpy(part.labels))
        for part in (fashion_mnist("train", full=True), fashion_mnist("test", full=True))
    )
    return Tensors(*(t[:N_TRAIN] for t in whole)), Tensors(*(t[N_TRAIN:] for t in whole)), tested


def one_by_one(folder: str, size: int) -> tuple[Dataset, Dataset, Dataset]:
    """Give the same three parts as torchvision's data set, which transforms an image when it is asked for."""
    raw = Path(folder) / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in SYSTEM_FOLDER.glob("*-ubyte.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    resize = [] if size == 28 else [transforms.Resize((size, size))]
    transform = transforms.Compose([*resize, transforms.ToTensor()])
    read = partial(FashionMNIST, folder, transform=transform, download=True)  # only what is not there
    whole, tested = read(train=True), read(train=False)
    return Subset(whole, range(N_TRAIN)), Subset(whole, range(N_TRAIN, len(whole))), tested


# 1 and 2: how soon, and how far


def ours(seed: int, *, epochs: int = OURS_EPOCHS, large: bool = False) -> Line:
    """Train the course's classifier with attention pooling by `fit` with its defaults."""
    train, validation, test = in_memory()
    more = {"channels": LARGE_CHANNELS} if large else {}
    model = Classifier(10, seed=seed, **more).standardise_with(train.images)
    history = fit(
        model, train, validation, epochs=epochs, seed=seed, progress=False,
        augment=partial(flip_and_shift, pixels=1) if large else None,
    )  # fmt: skip
    return {
        "seconds": round(history.seconds[-1], 1),
        "epochs": epochs,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "validation_accuracy": history.validation_accuracy[-1],
        "test_accuracy": score(model, test)[1],
        "reached": history.validation_accuracy[-1] >= GOAL,
    }


def theirs(seed: int, *, name: str) -> Line:
    """Train by another recipe until 0.90 on validation, looked at after each epoch, or until time is up."""
    recipe = RECIPES[name]
    with tempfile.TemporaryDirectory() as folder:
        train, validation, test = one_by_one(folder, recipe.size)
        generator = torch.Generator().manual_seed(seed)
        loader = DataLoader(train, recipe.batch_size, shuffle=True, generator=generator)
        network = recipe.network()
        optimizer = recipe.optimizer(network.parameters())
        seconds, epochs, accuracy, seen = 0.0, 0.0, 0.0, 0
        while accuracy < GOAL and seconds < LIMIT:
            spent, steps, images = train_epoch(network, optimizer, loader, LIMIT - seconds)
            seconds, epochs, seen = seconds + spent, epochs + steps / len(loader), seen + images
            accuracy = score(network, validation)[1]
        return {
            "seconds": round(seconds, 1),
            "epochs": round(epochs, 2),
            "images_per_second": round(seen / seconds, 1),
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "validation_accuracy": accuracy,
            "test_accuracy": score(network, test)[1],
            "reached": accuracy >= GOAL,
        }


def train_epoch(
    network: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader, limit: float
) -> tuple[float, int, int]:
    """Train for one epoch or until the limit; return seconds, steps and images."""
    network.train()
    start, steps, seen = time.perf_counter(), 0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        cross_entropy(network(images), labels).backward()
        optimizer.step()
        steps, seen = steps + 1, seen + len(labels)
        if time.perf_counter() - start > limit:
            break
    return time.perf_counter() - start, steps, seen


# 3, 4 and 5: what the parts cost


def pipelines(seed: int, n: int = 10_000) -> Line:
    """Train the same network for one epoch, fed from memory and by torchvision's transforms, in images/s."""
    train, validation, _ = in_memory()
    few = Tensors(train.images[:n], train.labels[:n])
    little = Tensors(validation.images[:1], validation.labels[:1])
    history = fit(Classifier(10, seed=seed), few, little, epochs=1, seed=seed, progress=False)
    network = Classifier(10, seed=seed).to(memory_format=torch.channels_last)
    network.register_forward_pre_hook(lambda _, seen: (255 * seen[0],))  # ToTensor gives 0 to 1
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    with tempfile.TemporaryDirectory() as folder:
        shown = Subset(one_by_one(folder, 28)[0], range(n))
        seconds, _, _ = train_epoch(network, optimizer, DataLoader(shown, 128, shuffle=True), LIMIT)
    return {"in_memory": round(n / history.seconds[-1]), "data_loader": round(n / seconds)}


class FusedPooling(DotProductPooling):
    """The same layer as `DotProductPooling`, by PyTorch's fused function, which gives no weights."""

    def forward(self, features: Tensor) -> tuple[Tensor, None]:
        """Pool as the other does; there are no weights to return."""
        batch = len(features)
        n_heads, d_k = self.queries.shape
        keys = self.keys(features).flatten(2).view(batch, n_heads, d_k, -1).transpose(2, 3)
        values = features.flatten(2).view(batch, n_heads, features.shape[1] // n_heads, -1).transpose(2, 3)
        queries = self.queries[None, :, None].expand(batch, -1, -1, -1)
        return scaled_dot_product_attention(queries, keys, values).flatten(1), None


def pooling(seed: int, repeats: int = 200) -> Line:
    """Time forward and backward of both forms of the layer, taking turns, in milliseconds."""
    explicit = DotProductPooling(96, n_heads=4)
    fused = FusedPooling(96, n_heads=4)
    fused.load_state_dict(explicit.state_dict())
    features = torch.randn(128, 96, 8, 8, generator=torch.Generator().manual_seed(seed)).requires_grad_()
    difference = (explicit(features)[0] - fused(features)[0]).abs().max().item()
    times: dict[str, list[float]] = {"explicit": [], "fused": []}
    for name, layer in list({"explicit": explicit, "fused": fused}.items()) * repeats:
        start = time.perf_counter()
        layer(features)[0].sum().backward()
        times[name].append(1000 * (time.perf_counter() - start))
    medians = {name: round(statistics.median(found), 3) for name, found in times.items()}
    return medians | {"largest_difference": difference}


def scene_making(seed: int, n: int = 5_000) -> Line:
    """Make scenes and train on them for one epoch, in scenes per second."""
    start = time.perf_counter()
    images, labels, *_ = scenes("train", n, generator=torch.Generator().manual_seed(seed))
    made = time.perf_counter() - start
    little = Tensors(images[:1], labels[:1])
    history = fit(Classifier(10, seed=seed), (images, labels), little, epochs=1, seed=seed, progress=False)
    return {"made": round(n / made), "trained": round(n / history.seconds[-1])}


JOBS: dict[str, Callable[[int], Line]] = {
    "ours": ours,
    **{name: partial(theirs, name=name) for name in RECIPES},
    "ten-minutes": partial(ours, epochs=LARGE_EPOCHS, large=True),
    "pipelines": pipelines,
    "pooling": pooling,
    "scenes": scene_making,
}


# The summary


def read(file: Path) -> list[Line]:
    """Read the finished jobs."""
    return (
        [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    )


def summary(lines: Sequence[Line]) -> str:
    """Write the tables, with ratios to ours."""
    if not lines:
        return "Nothing has been measured.\n"
    dates = sorted(str(line["date"])[:10] for line in lines)
    machines = sorted(
        {f"{line['machine']}, {line['threads']} thread(s), {line['versions']}" for line in lines}
    )
    return "\n".join(
        [
            "<!-- Written by proofs/bench_training.py: training, timed side by side. -->",
            "# How fast does it train?",
            "",
            f"`make bench-training`, {dates[0]} to {dates[-1]}; {'; '.join(machines)}.",
            "",
            *soon(lines),
            *far(lines),
            *costs(lines),
            "",
        ]
    )


def soon(lines: Sequence[Line]) -> Iterator[str]:
    """Tabulate seconds to the goal; a recipe that ran out of time has needed at least that long."""
    ours = {line["seed"]: line["seconds"] for line in lines if line["job"] == "ours"}
    yield f"## All of Fashion-MNIST: seconds of training to {GOAL:.2f} on validation, at most {LIMIT}"
    yield ""
    yield "| recipe | parameters | seeds | reached | seconds, each seed | times ours | epochs | test acc. |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for name in ("ours", *RECIPES):
        found = [line for line in lines if line["job"] == name and line["seed"] in ours]
        if not found:
            continue
        reached = sum(bool(line["reached"]) for line in found)
        ratio = statistics.median(line["seconds"] / ours[line["seed"]] for line in found)
        yield "| " + " | ".join([
            name, f"{found[0]['parameters']:,}", str(len(found)), f"{reached} of {len(found)}",
            ", ".join(f"{line['seconds']:.0f}" for line in found),
            ("" if reached == len(found) else "at least ") + f"{ratio:.1f}",
            ", ".join(f"{line['epochs']:g}" for line in found),
            ", ".join(f"{line['test_accuracy']:.3f}" for line in found),
        ]) + " |"  # fmt: skip


def far(lines: Sequence[Line]) -> Iterator[str]:
    """Tabulate how far ours gets within ten minutes."""
    found = [line for line in lines if line["job"] == "ten-minutes"]
    if found:
        accuracies = [line["test_accuracy"] for line in found]
        spread = f" ± {statistics.stdev(accuracies):.4f}" if len(found) > 1 else ""
        yield ""
        yield "## Within ten minutes"
        yield ""
        yield (
            f"The classifier with channels {LARGE_CHANNELS} ({found[0]['parameters']:,} parameters), "
            f"{LARGE_EPOCHS} epochs with mirrored and shifted images, attention pooling: test accuracy "
            f"{statistics.fmean(accuracies):.4f}{spread} over {len(found)} seed(s), in "
            f"{', '.join(str(round(line['seconds'])) for line in found)} seconds."
        )


def costs(lines: Sequence[Line]) -> Iterator[str]:
    """Tabulate the ratios of pipelines, poolings and scenes."""
    questions = {
        "pipelines": ("images/s from memory", "in_memory", "images/s by DataLoader", "data_loader"),
        "pooling": ("ms, our pooling", "explicit", "ms, fused function", "fused"),
        "scenes": ("scenes made/s", "made", "scenes trained/s", "trained"),
    }
    yield ""
    yield "## What the parts cost"
    yield ""
    yield "| job | first | second | first / second, each seed |"
    yield "| --- | --- | --- | --- |"
    for job, (first, key, second, other) in questions.items():
        found = [line for line in lines if line["job"] == job]
        if found:
            middle = [statistics.median(line[name] for line in found) for name in (key, other)]
            ratios = ", ".join(f"{line[key] / line[other]:.2f}" for line in found)
            yield f"| {job} | {first}: {middle[0]:g} | {second}: {middle[1]:g} | {ratios} |"


if __name__ == "__main__":
    sys.exit(main())
