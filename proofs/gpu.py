"""Run attention-classifier and the device checks on a GPU; write results/gpu-report.json (make gpu)."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import nbformat
import torch
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from course_utils.data import scenes
from course_utils.learning.training import choose_device
from course_utils.lessons import find_lesson
from course_utils.networks import AttentionPooling

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("attention-classifier").path
REPORT_CELL = "device-report"
TOLERANCE = 1e-5


def main(argv: list[str] | None = None) -> int:
    """Measure on the GPU, or say that there is none; return 0 unless a check fails."""
    parser = argparse.ArgumentParser(prog="python -m proofs.gpu", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "results" / "gpu-report.json", help="where to write the report"
    )
    parser.add_argument("--notebook", type=Path, default=LESSON, help="the lesson to run")
    arguments = parser.parse_args(argv)
    device = choose_device().device
    if device.type == "cpu":
        print(
            "PyTorch finds no GPU here (neither CUDA nor MPS), so nothing was measured and no report written."
        )
        return 0
    difference = pooling_difference(device)
    made_there = scenes_are_made_on(device)
    started = time.perf_counter()
    lesson = report_of(run(arguments.notebook))
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else "Apple GPU (MPS)",
        "versions": {
            "python": sys.version.split()[0],
            "torch": version("torch"),
            "torchvision": version("torchvision"),
            "cuda": torch.version.cuda,
        },
        "pooling_difference_from_cpu": difference,
        "scenes_made_on_device": made_there,
        "notebook_seconds": round(time.perf_counter() - started, 1),
        "lesson": lesson,
    }
    arguments.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))
    faults = faults_of(report, device.type)
    print("\n".join(faults) or "The device checks pass.")
    return int(bool(faults))


def pooling_difference(device: torch.device) -> float:
    """Return the largest difference between attention pooling on this device and on the CPU."""
    pooling = AttentionPooling(channels=96)
    features = torch.randn(32, 96, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False):  # TF32 keeps only three digits
        expected = pooling(features)
        found = pooling.to(device)(features.to(device))
    return max((one.cpu() - other).abs().max().item() for one, other in zip(found, expected, strict=True))


def scenes_are_made_on(device: torch.device) -> bool:
    """Say whether scenes come from this device, each with an item inside its box."""
    images, _, boxes, _ = scenes("test", 64, generator=torch.Generator(device).manual_seed(0))
    boxed = [
        image[0, top:bottom, left:right].max().item() > 0
        for image, (top, left, bottom, right) in zip(images, boxes.tolist(), strict=True)
    ]
    return images.device.type == boxes.device.type == device.type and all(boxed)


def run(path: Path) -> NotebookNode:
    """Execute a notebook with this very Python, whatever kernels are installed; it picks its device."""
    notebook = nbformat.read(path, as_version=4)
    kernel = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_DEVICE"}
    client = NotebookClient(
        notebook, km=kernel, timeout=1800, resources={"metadata": {"path": str(path.parent)}}
    )
    return client.execute(env=environment)


def report_of(notebook: NotebookNode) -> dict[str, object]:
    """Read the line of JSON that the report cell of an executed notebook printed."""
    for cell in notebook.cells:
        if cell.id == REPORT_CELL:
            printed = "".join(output.get("text", "") for output in cell.outputs)
            return json.loads(printed)
    raise ValueError(
        f"The notebook has no cell with the id {REPORT_CELL!r}, which prints the report as JSON."
    )


def faults_of(report: dict[str, object], device_type: str) -> list[str]:
    """Say in sentences what is wrong with a report."""
    faults = []
    if not report["pooling_difference_from_cpu"] < TOLERANCE:
        faults.append(
            f"Attention pooling differs from the CPU's by {report['pooling_difference_from_cpu']:.1e}, "
            f"more than {TOLERANCE:.0e}."
        )
    if not report["scenes_made_on_device"]:
        faults.append("Scenes were not made on the device.")
    if device_type not in str(report["lesson"].get("device")):
        faults.append(f"The lesson ran on {report['lesson'].get('device')}, not on {device_type}.")
    return faults


if __name__ == "__main__":
    sys.exit(main())
