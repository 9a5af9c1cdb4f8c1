"""The floors of course_utils: a file imports from floors below only, and a NumPy lesson loads no torch."""

import ast
import graphlib
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
    floor("__init__ _arguments lessons", "numpy"),  # what the house stands on
    floor("attention losses optimizers brain measured", ""),
    floor("data", "PIL scipy torch torchvision"),
    floor("networks", ""),
    floor("learning", "accelerate sklearn tqdm safetensors"),
    floor("plots", "matplotlib IPython"),
    floor("exercises explorers copies", "ipywidgets anywidget traitlets nbformat nbclient"),
    floor("commands __main__", "packaging psutil jupyter_server"),  # the doors of the house
]
FLOOR_OF = {unit: number for number, floor in enumerate(FLOORS) for unit in floor.units}


def unit_of(path: Path, package: Path = PACKAGE) -> str:
    """Name the module or package on whose floor a file stands."""
    return path.relative_to(package).with_suffix("").parts[0]


def names_in(path: Path, package: Path) -> Iterator[str]:
    """Yield what a file imports with the names taken from it, as `a.b.c` for `from a.b import c`."""
    home = ".".join((package.name, *path.relative_to(package).parent.parts))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), home)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def faults_of(path: Path, package: Path = PACKAGE) -> Iterator[str]:
    """Yield a sentence for each import that the file's floor does not allow."""
    unit = unit_of(path, package)
    if unit not in FLOOR_OF:
        yield f"{path.name}: say on which floor `{unit}` stands, in FLOORS of {Path(__file__).name}."
        return
    own = FLOOR_OF[unit]
    allowed = {library for floor in FLOORS[: own + 1] for library in floor.libraries}
    for name in names_in(path, package):
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


def graph_of(package: Path) -> dict[str, set[str]]:
    """Return which files each file of a package imports, at its top, in functions, and for type hints."""
    files = {name_of(path, package): path for path in package.rglob("*.py")}
    graph = {}
    for name, path in files.items():
        wanted = [word for found in names_in(path, package) for word in (found, found.rpartition(".")[0])]
        graph[name] = {
            word for word in wanted if word in files and word != name and not name.startswith(f"{word}.")
        }
    return graph


def name_of(path: Path, package: Path = PACKAGE) -> str:
    """Return the name by which a file is imported."""
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")


def circle_in(graph: dict[str, set[str]]) -> str:
    """Name the files of one circle of imports; nothing if there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return " → ".join(error.args[1])
    return ""


def test_no_files_import_each_other():
    """Floors see folders; this sees files, so a circle inside one folder is found too."""
    graph = graph_of(PACKAGE)
    assert sum(map(len, graph.values())) > 100, "Hardly an import was found."
    assert not (circle := circle_in(graph)), f"Open the circle {circle}: move what two of them need below."


@pytest.mark.parametrize(
    "late", ["from .judging import judge", "def f():\n    from house.exercises import judging"]
)
def test_a_circle_inside_a_folder_is_named(late: str, tmp_path: Path):
    folder = tmp_path / "house" / "exercises"
    folder.mkdir(parents=True)
    (folder / "engine.py").write_text(late, encoding="utf-8")
    hint = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.exercises.engine import Exercise"
    )
    (folder / "judging.py").write_text(hint, encoding="utf-8")
    circle = circle_in(graph_of(tmp_path / "house"))
    assert {"house.exercises.engine", "house.exercises.judging"} <= set(circle.split(" → "))


def test_allowed_imports_pass(tmp_path: Path):
    path = tmp_path / "course_utils" / "networks" / "pooling.py"
    path.parent.mkdir(parents=True)
    source = "import os.path\nimport torch.nn\nfrom . import classifier\nfrom ..data.scenes import scenes\n"
    path.write_text(source, encoding="utf-8")
    assert list(faults_of(path, tmp_path / "course_utils")) == []


def is_handed_networks(path: Path) -> bool:
    """Say whether an explorer must be given what a lesson trained, so that the lesson has torch already."""
    functions = [
        n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef)
    ]
    explorers = [function for function in functions if function.name.endswith("_explorer")]
    return any(len(explorer.args.args) > len(explorer.args.defaults) for explorer in explorers)


def torch_free_modules() -> list[str]:
    """List what must load without torch: mathematics, plots, exercises, explorers that need no network."""
    units = [unit for floor in FLOORS[:2] for unit in sorted(floor.units)]
    mathematics = [
        path for unit in units for path in [*PACKAGE.glob(f"{unit}.py"), *PACKAGE.glob(f"{unit}/*.py")]
    ]
    explorers = [path for path in PACKAGE.glob("explorers/*.py") if not is_handed_networks(path)]
    files = [*mathematics, PACKAGE / "plots.py", *(PACKAGE / "exercises").rglob("*.py"), *explorers]
    return [name_of(path) for path in files]


def test_numpy_lessons_load_no_torch():
    """Import all that they use in one fresh interpreter; name the module that brings torch in."""
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    assert 'torch' not in sys.modules, name + ' imports torch; import it where it is needed'"
    )
    modules = torch_free_modules()
    tried = {"attention", "brain.agrel", "plots", "exercises.softmax_attention", "explorers.softmax"}
    assert {f"course_utils.{name}" for name in tried} <= set(modules), "Some that must be tried are not."
    command = [sys.executable, "-c", script, *modules]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
