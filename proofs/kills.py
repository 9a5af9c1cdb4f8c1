"""Kill trainings at random moments until 20 kills have hit, and compare what they end with: `make kills`.

A round trains from the command line, in a process that is killed outright at a random moment and started
again with --resume, until it comes to its end. Its weights and its log must then be, bit for bit and but for
the seconds, those of a training that nobody disturbed. The outcome goes to results/kills.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import torch

from course_utils.learning.checkpoints import load_training

OUT = Path(__file__).parents[1] / "results" / "kills.json"
TRAINING = ("--data", "fashion-mnist", "--images", "600", "--epochs", "20", "--augment", "--cpu", "--quiet")
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}


def main(argv: list[str] | None = None) -> int:
    """Do rounds until enough kills have hit; return 1 if a round ended with other bits."""
    parser = argparse.ArgumentParser(prog="python -m proofs.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="how many kills must hit a running training")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments")
    parser.add_argument("--out", type=Path, default=OUT, help="file of the outcome")
    arguments = parser.parse_args(argv)
    rng = random.Random(arguments.seed)
    kills: list[int] = []  # the epochs that were kept at each kill
    rounds = unequal = 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Path(folder) / "undisturbed"
        start = time.perf_counter()
        start_training(undisturbed).wait()
        longest = time.perf_counter() - start
        while len(kills) < arguments.kills:
            rounds += 1
            out = Path(folder) / f"round-{rounds}"
            kills += one_round(out, rng, longest)
            unequal += not alike(undisturbed, out)
            print(f"round {rounds}: {len(kills)} kills so far, {unequal} rounds with other bits", flush=True)
    outcome = {
        "kills": len(kills),
        "epochs_kept_at_each": kills,
        "rounds": rounds,
        "rounds_with_other_bits": unequal,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}, "
        f"PyTorch {torch.__version__}, 1 thread",
        "command": f"python -m proofs.kills --kills {arguments.kills} --seed {arguments.seed}",
    }
    arguments.out.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    return int(unequal > 0)


def start_training(out: Path) -> subprocess.Popen[bytes]:
    """Begin a training, or go on with the one that is kept in `out`."""
    command = [sys.executable, "-m", "course_utils", "train", *TRAINING, "--out", str(out), "--resume"]
    return subprocess.Popen(command, env=ONE_THREAD, stdout=subprocess.DEVNULL)


def one_round(out: Path, rng: random.Random, longest: float) -> list[int]:
    """Train to the end, killed at random moments; return the epochs that were kept at each kill."""
    kills = []
    while True:
        process = start_training(out)
        try:
            process.wait(timeout=rng.uniform(0.2, 1.2) * longest)
            if process.returncode:
                raise RuntimeError(f"A training in {out} ended by itself with status {process.returncode}.")
            return kills
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills.append(n_epochs(out))


def n_epochs(out: Path) -> int:
    """Count the epochs that are kept; the file is whole, whenever the kill came."""
    kept = out / "training.pt"
    return len(load_training(kept)[0].history["seconds"]) if kept.exists() else 0


def alike(one: Path, other: Path) -> bool:
    """Whether two trainings ended with the same best model, weights and log, the seconds left out."""
    states = [load_training(out / "training.pt")[0] for out in (one, other)]
    same_weights = all(torch.equal(tensor, states[1].model[name]) for name, tensor in states[0].model.items())
    models = [(out / "best.safetensors").read_bytes() for out in (one, other)]
    histories = [{**state.history, "seconds": None} for state in states]
    return same_weights and models[0] == models[1] and histories[0] == histories[1]


if __name__ == "__main__":
    sys.exit(main())
