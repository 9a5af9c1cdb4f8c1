"""The floors of course_utils: a file imports from floors below only, and a NumPy lesson loads no torch."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "course_utils"


class Floor(NamedTuple):
    """One floor: its modules and packages, and the libraries it may add to those of the floors below."""

    units: frozenset[str]
    libraries: frozenset[str]


def floor(units: str, libraries: str) -> Floor:
    return Floor(frozenset(units.split()), frozenset(libraries.split()))


FLOORS = [
    floor("__init__ _checks", "numpy"),  # what the mathematics stands on
    floor(
        "attention losses optimizers"
        " plasticity normalization cortical_map agrel neurofeedback clinical_trials",  # models of the brain
        "",
    ),
    floor("data", "PIL torch torchvision"),
    floor("networks", ""),
    floor("training evaluation", "accelerate sklearn tqdm"),
    floor("sequences checkpoints", "safetensors"),
    floor("plots", "matplotlib IPython"),
    floor("exercises explorers", "ipywidgets anywidget traitlets nbformat nbclient"),
    floor("doctor commands __main__", "packaging psutil"),  # the doors of the house
]
FLOOR_OF = {unit: number for number, floor in enumerate(FLOORS) for unit in floor.units}

NUMPY_LESSONS = ("lesson_01", "lesson_02", "lesson_03", "lesson_04", "lesson_08", "lesson_09")
TORCH_EXPLORERS = ("classifier", "shortcut", "alignment")  # of the lessons that use torch themselves


def unit_of(path: Path, package: Path = PACKAGE) -> str:
    """Name the module or package on whose floor a file stands."""
    return path.relative_to(package).with_suffix("").parts[0]


def imports_of(path: Path, package: Path = PACKAGE) -> Iterator[str]:
    """Yield the full name of everything that a file imports, at its top or inside functions."""
    home = ".".join((package.name, *path.relative_to(package).parent.parts))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), home)
            yield from (f"{base}.{alias.name}" if base == package.name else base for alias in node.names)


def faults_of(path: Path, package: Path = PACKAGE) -> Iterator[str]:
    """Yield a sentence for each import that the file's floor does not allow."""
    unit = unit_of(path, package)
    if unit not in FLOOR_OF:
        yield f"{path.name}: say on which floor `{unit}` stands, in FLOORS of {Path(__file__).name}."
        return
    own = FLOOR_OF[unit]
    allowed = {library for floor in FLOORS[: own + 1] for library in floor.libraries}
    for name in imports_of(path, package):
        library, *inner = name.split(".")
        if library == package.name:
            other = inner[0] if inner else "__init__"
            if other != unit and FLOOR_OF.get(other, len(FLOORS)) >= own:
                yield f"{unit} imports {name}, which stands on no floor below. Move one of them."
        elif library not in allowed and library not in sys.stdlib_module_names:
            yield f"{unit} imports {library}, which its floor may not. Do that on a higher floor."


def test_imports_come_from_floors_below():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > len(FLOORS), f"Only {len(files)} files were found in {PACKAGE}."
    assert not (faults := [fault for path in files for fault in faults_of(path)]), "\n".join(faults)


@pytest.mark.parametrize(
    ("file", "source", "says"),
    [
        ("attention.py", "import torch", "imports torch"),
        ("attention.py", "def f():\n    from scipy.special import softmax", "imports scipy"),
        ("attention.py", "from course_utils import plots", "course_utils.plots"),
        ("attention.py", "from .losses import mse", "course_utils.losses"),
        ("networks/pooling.py", "from ..plots import show", "course_utils.plots"),
        ("networks/pooling.py", "from course_utils.unheard import x", "course_utils.unheard"),
        ("data/scenes.py", "import matplotlib.pyplot as plt", "imports matplotlib"),
        ("newcomer.py", "", "on which floor `newcomer` stands"),
    ],
)
def test_a_forbidden_import_is_named(file: str, source: str, says: str, tmp_path: Path):
    path = tmp_path / "course_utils" / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert says in "\n".join(faults_of(path, tmp_path / "course_utils"))


def test_allowed_imports_pass(tmp_path: Path):
    path = tmp_path / "course_utils" / "networks" / "pooling.py"
    path.parent.mkdir(parents=True)
    source = "import os.path\nimport torch.nn\nfrom . import classifier\nfrom ..data.scenes import scenes\n"
    path.write_text(source, encoding="utf-8")
    assert list(faults_of(path, tmp_path / "course_utils")) == []


def torch_free_modules() -> list[str]:
    """List what must load without torch: mathematics, plots, and what NumPy lessons use of floor 5."""
    units = [unit for floor in FLOORS[:3] for unit in sorted(floor.units)]
    exercises = [path.stem for path in (PACKAGE / "exercises").glob("*.py")]
    explorers = [path.stem for path in (PACKAGE / "explorers").glob("*.py")]
    numpy_exercises = [name for name in exercises if name in NUMPY_LESSONS or "lesson" not in name]
    numpy_explorers = [name for name in explorers if name not in TORCH_EXPLORERS]
    return [
        *(unit for unit in units if (PACKAGE / f"{unit}.py").exists()),
        "plots",
        *(f"exercises.{name}" for name in sorted(numpy_exercises)),
        *(f"explorers.{name}" for name in sorted(numpy_explorers)),
    ]


def seconds_to(statement: str) -> float:
    """Measure a statement in a fresh interpreter, three times, and return the shortest."""
    script = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    command = [sys.executable, "-c", script]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def test_numpy_lessons_load_no_torch():
    """Import all that they use in one fresh interpreter; name the module that brings torch in."""
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module('course_utils.' + name if name != '__init__' else 'course_utils')\n"
        "    assert 'torch' not in sys.modules, name + ' imports torch; import it where it is needed'"
    )
    modules = torch_free_modules()
    assert {"attention", "plots"} <= set(modules)
    command = [sys.executable, "-c", script, *modules]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_attention_loads_in_a_fraction_of_torchs_time(record_property):
    attention, torch = seconds_to("import course_utils.attention"), seconds_to("import torch")
    record_property("seconds to import course_utils.attention and torch", (attention, torch))
    assert attention < torch / 2, f"course_utils.attention loads in {attention:.2f} s; torch: {torch:.2f} s."
