"""What all tests share: temporary homes for settings and caches, nbval's file, the order, and one option."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
HOMES = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "MPLCONFIGDIR",
    "XDG_CACHE_HOME",
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
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background job; tests press Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "PYTEST_XDIST_WORKER" in os.environ:  # several workers share the processor: a thread for each
        os.environ["OMP_NUM_THREADS"] = "1"
    if config.pluginmanager.hasplugin("nbval"):  # a path in pyproject.toml would depend on the working folder
        config.option.nbval_sanitize_with = str(ROOT / "tests" / "sanitize.cfg")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser's tests last: Playwright keeps an event loop open that kernels do not expect."""
    items.sort(key=lambda item: "browser" in item.path.parts)


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
