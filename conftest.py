"""What all tests share: homes for settings and caches, order, slow lessons, decks made once, one option."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from course_utils.lessons import read_name

ROOT = Path(__file__).resolve().parent
HOMES = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "MPLCONFIGDIR",
    "XDG_CACHE_HOME",
)
# Lessons that run for more than 15 seconds on one core; the longest first, for the tests begin with them.
SLOW_LESSONS = (
    *("attention-classifier", "classifier-in-depth", "evaluating-classifiers"),
    *("preparing-data", "transformer", "recurrent-attention"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--all-lessons`, for tests that look at one lesson unless asked for more."""
    parser.addoption("--all-lessons", action="store_true", help="run the long proofs over all lessons")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the reader's own settings, caches, progress and GPU out of the tests."""
    scratch = Path(tempfile.mkdtemp(prefix="attention-on-trial-"))
    config.add_cleanup(lambda: shutil.rmtree(scratch, ignore_errors=True))
    os.environ.update({name: str(scratch / name.lower()) for name in HOMES})
    os.environ.update(CUDA_VISIBLE_DEVICES="", COURSE_DEVICE="cpu")
    os.environ["COURSE_PROGRESS"] = str(scratch / "progress.json")
    os.environ.pop("COURSE_KEEP", None)  # what a test trains is trained
    settings.register_profile("course", deadline=None)  # an example takes as long as a busy machine needs
    settings.load_profile("course")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background job; tests press Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "PYTEST_XDIST_WORKER" in os.environ:  # several workers share the processor: a thread for each
        os.environ["OMP_NUM_THREADS"] = "1"
    if config.pluginmanager.hasplugin("nbval"):  # a path in pyproject.toml would depend on the working folder
        config.option.nbval_sanitize_with = str(ROOT / "tests" / "sanitize.cfg")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark slow lessons, begin with them and with what else is slow, so that no worker ends alone.

    The browser comes last: Playwright keeps an event loop open that kernels do not expect.
    """

    def place(item: pytest.Item) -> int:
        name = read_name(item.path).name if item.path.suffix == ".ipynb" else ""
        if name in SLOW_LESSONS:
            item.add_marker(pytest.mark.slow)
            return SLOW_LESSONS.index(name)
        in_browser = "browser" in item.path.parts
        return len(SLOW_LESSONS) + 2 * in_browser + (item.get_closest_marker("slow") is None)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Deal out whole files, for the cells of a notebook share a kernel; the browser's tests one by one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a temporary folder that all workers of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def deck_of(shared_folder: Path) -> Callable[[Path], Path]:
    """Return `deck_of(lesson)`: the path of a lesson's deck, which is made once for all workers."""
    from filelock import FileLock

    from tools import slides

    folder = shared_folder / "decks"
    folder.mkdir(exist_ok=True)

    def deck_of(lesson: Path) -> Path:
        deck = folder / f"{lesson.stem}.html"
        with FileLock(f"{deck}.lock"):
            if not deck.exists():
                slides.make_deck(lesson, folder, slides.read_notes(lesson))
        return deck

    return deck_of


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each notebook a progress file of its own, so that no lesson sees what another left behind."""
    if item.path.suffix == ".ipynb":
        folder = Path(os.environ["IPYTHONDIR"]).parent
        os.environ["COURSE_PROGRESS"] = str(folder / f"{item.path.stem}.json")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Name the cell and the way out under a notebook cell that fails; nbval itself only counts cells."""
    report = yield
    if report.failed and item.path.suffix == ".ipynb":
        way_out = (
            f"Cell `{item.cell.id}` of {item.path.name}. If its new output is right, store it: "
            f"make notebooks ARGS={item.path.stem.partition('-')[0]}"
        )
        report.sections.append(("What to do", way_out))
    return report
