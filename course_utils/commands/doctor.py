"""Print what is installed, which device will be used, and what to do about anything missing or mismatched."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

try:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name
except ImportError:  # JupyterLab needs packaging: without it the course is not installed, and we say so
    Requirement = None

#: Kernels before 6.22 do not show the widgets of ipywidgets 8 (ipykernel's changelog, its issue 1097).
KERNEL = "ipykernel>=6.22"
OLDEST_PYTHON = (3, 11)
COURSE = Path(__file__).parents[2]
SHIPPED_DATA = Path("course_utils", "data", "fashion_mnist_subset.npz")
SIGNS = {"ok": "ok", "note": "--", "mend": "!!"}


@dataclass(frozen=True)
class Facts:
    """What was found on this computer; a test fakes it."""

    python: tuple[int, ...]
    executable: str  # path of that Python, seen from the course's folder if it lies there
    requirements: tuple[str, ...] | None  # what the course asks for; None where it is not installed
    pairs: tuple[tuple[str, str], ...] = ()  # a required package, and what it asks of another
    versions: dict[str, str] = field(default_factory=dict)  # of the packages above, by canonical name
    broken: dict[str, str] = field(default_factory=dict)  # what is installed but cannot be imported, and why
    device: str = ""  # "cuda", "mps" or "cpu" with a description; empty without a working torch
    nvidia: bool = False  # whether an NVIDIA driver is installed
    data: bool = True  # whether the pictures that ship with the course are there
    notebook: bool = False  # whether this runs in a notebook's kernel
    backend: str = ""  # Matplotlib's, looked up in a notebook only
    server: str = ""  # path of the Python that runs JupyterLab; empty if it could not be found out


@dataclass(frozen=True)
class Finding:
    """One line of the report: its status is ok, note or mend, and what must be mended has advice."""

    name: str
    status: str
    found: str
    advice: str = ""


def examine(facts: Facts) -> list[Finding]:
    """Return what a student should read about the facts, in this order.

    Examples
    --------
    >>> old = Facts(python=(3, 9, 2), executable="/usr/bin/python3", requirements=None)
    >>> [(finding.name, finding.status) for finding in examine(old)]
    [('Python', 'mend'), ('the course', 'mend')]
    """
    return list(_findings(facts))


def _findings(facts: Facts) -> Iterator[Finding]:
    """Yield each line of the report."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    advice = f"Install Python {oldest} or newer, delete the folder .venv, "
    advice += f"then: make lab PYTHON=python{oldest}"
    found = f"{'.'.join(map(str, facts.python))} ({facts.executable})"
    yield _line("Python", facts.python[:2] >= OLDEST_PYTHON, found, found, advice)
    if facts.requirements is None:
        advice = "Start it with the Python of the course: .venv/bin/python "
        advice += "(on Windows .venv\\Scripts\\python), or install the course here as README.md shows."
        yield Finding("the course", "mend", f"not installed in {facts.executable}", advice)
        return
    for wish in (*facts.requirements, KERNEL):
        found, fits = _judge(wish, facts)
        wrong = f"{found}, but the course needs {wish}" if found else "missing"
        yield _line(Requirement(wish).name, fits, found, wrong, _install(facts, wish))
    for owner, wish in facts.pairs:  # `pip check` says this too, of all packages
        (own, _), (found, fits) = _judge(owner, facts), _judge(wish, facts)
        if own and found and not fits:
            wrong = f"{owner} {own} with {Requirement(wish).name} {found}"
            advice = f"{owner} asks for {wish}. {_install(facts, wish, owner)}"
            yield Finding(f"{owner} pair", "mend", wrong, advice)
    for package, message in facts.broken.items():
        pair = "torch and torchvision must be a pair made for each other. " if "torch" in package else ""
        advice = pair + _install(facts, "-r requirements.lock")
        yield Finding(package, "mend", f"is installed, but its import fails: {message}", advice)
    if not facts.device:
        advice = "Lessons that use NumPy alone still run; mend torch (above) for the others."
        yield Finding("device", "note", "none, because torch does not work", advice)
    elif facts.nvidia and facts.device.startswith("cpu"):
        advice = "An NVIDIA driver is there, but this torch cannot use it; "
        advice += "docs/installation.md says which torch can."
        yield Finding("device", "note", facts.device, advice)
    else:
        yield Finding("device", "ok", facts.device)
    found = "the course's part of Fashion-MNIST is there"
    wrong = "the file that ships with the course is missing"
    advice = f"In the course's folder: git checkout -- {SHIPPED_DATA} (or download the course again)."
    yield _line("pictures", facts.data, found, wrong, advice)
    if facts.notebook:
        yield from _of_the_notebook(facts)


def _of_the_notebook(facts: Facts) -> Iterator[Finding]:
    """Yield what matters in a notebook only."""
    shown = any(word in facts.backend.lower() for word in ("inline", "ipympl", "widget", "nbagg"))
    advice = "Figures will not show below their cells. "
    advice += "Run: %matplotlib inline (or unset MPLBACKEND and restart)."
    yield _line("figures", shown, facts.backend, f"Matplotlib draws with {facts.backend}", advice)
    if facts.server:
        found = "JupyterLab and this notebook share one environment"
        wrong = "another environment than this notebook's"
        advice = f"JupyterLab runs on {facts.server}, this notebook on {facts.executable}. "
        advice += "Sliders need one home for both: close JupyterLab and start it with: make lab"
        at_home = Path(facts.server).parent == Path(facts.executable).parent
        yield _line("JupyterLab's home", at_home, found, wrong, advice)
    else:
        yield Finding("JupyterLab's home", "note", "could not be found out from here")
    # No kernel can see whether sliders stay away.
    advice = "No sliders? Run their cell (Shift+Enter); then reload the page in the browser; "
    advice += "then choose Kernel > Restart Kernel and run the cells from the top."
    yield Finding("sliders", "note", "appear once their cell was run in this session", advice)


def _line(name: str, is_well: bool, found: str, wrong: str, advice: str) -> Finding:
    return Finding(name, "ok", found) if is_well else Finding(name, "mend", wrong, advice)


def _judge(wish: str, facts: Facts) -> tuple[str, bool]:
    """Return the installed version of what a requirement names, and whether it fits."""
    requirement = Requirement(wish)  # jupyterlab-widgets is jupyterlab_widgets
    found = facts.versions.get(canonicalize_name(requirement.name), "")
    return found, bool(found) and requirement.specifier.contains(found, prereleases=True)


def _install(facts: Facts, *wishes: str) -> str:
    """Return the sentence that tells how to install something."""
    words = " ".join(wish if wish.startswith("-") else f'"{wish}"' for wish in wishes)
    return f"Run in a terminal, in the course's folder: {facts.executable} -m pip install --upgrade {words}"


def look_around() -> Facts:
    """Return what is found here; torch is imported to see whether it works.

    Examples
    --------
    >>> look_around().python == tuple(sys.version_info[:3])
    True
    """
    python, executable = tuple(sys.version_info[:3]), _path(sys.executable)
    try:
        requirements = _wishes("attention-on-trial")
    except (PackageNotFoundError, TypeError):  # not installed, or no packaging to read its wishes with
        return Facts(python, executable, requirements=None)
    needed = [Requirement(wish).name for wish in (*requirements, KERNEL)]
    pairs = tuple((owner, wish) for owner in needed if _version(owner) for wish in _wishes(owner))
    names = {canonicalize_name(name) for name in (*needed, *(Requirement(wish).name for _, wish in pairs))}
    versions = {name: found for name in names if (found := _version(name))}
    errors = {
        name: _import_error(name) for name in ("torch", "torchvision", "matplotlib") if name in versions
    }
    notebook = "ipykernel" in sys.modules
    can_draw = notebook and errors.get("matplotlib") == ""
    return Facts(
        python,
        executable,
        requirements,
        pairs,
        versions,
        broken={name: error for name, error in errors.items() if error},
        device=_device() if errors.get("torch") == "" else "",
        nvidia=shutil.which("nvidia-smi") is not None,
        data=(COURSE / SHIPPED_DATA).is_file(),
        notebook=notebook,
        backend=import_module("matplotlib").get_backend() if can_draw else "",
        server=_path(_server_python()) if notebook else "",
    )


def describe(findings: list[Finding]) -> str:
    """Return findings as plain text, one line each, advice below.

    Examples
    --------
    >>> print(describe([Finding("torch", "mend", "missing", "Install it.")]))
    !!  torch                  missing
                               Install it.
    1 thing to mend: see the lines marked !!
    """
    lines = []
    for finding in findings:
        lines.append(f"{SIGNS[finding.status]}  {finding.name:<21}  {finding.found}")
        if finding.advice:
            lines.append(f"{'':27}{finding.advice}")
    faults = sum(finding.status == "mend" for finding in findings)
    things = f"{faults} thing{'s' * (faults > 1)} to mend: see the lines marked !!"
    return "\n".join([*lines, things if faults else "All is well."])


def summarise(findings: list[Finding]) -> str:
    """Return in one line, the same on every computer where it is so, that all is well; or what is not.

    Examples
    --------
    >>> summarise([])
    'All is well. More: doctor()'
    >>> summarise([Finding("torch", "mend", "missing", "Install it.")])
    '1 thing to mend: torch. What to do: doctor()'
    """
    faults = [finding.name for finding in findings if finding.status == "mend"]
    if not faults:
        return "All is well. More: doctor()"
    return f"{len(faults)} thing{'s' * (len(faults) > 1)} to mend: {', '.join(faults)}. What to do: doctor()"


def doctor(*, brief: bool = False) -> None:
    """Print what is installed, which device will be used and what to do about anything amiss.

    Parameters
    ----------
    brief : bool
        Whether to print only one line that says if all is well.

    Examples
    --------
    >>> doctor()  # doctest: +ELLIPSIS
    ok  Python ...
    """
    findings = examine(look_around())
    print(summarise(findings) if brief else describe(findings))


def main(argv: list[str]) -> int:
    """Run the doctor with the words typed after `doctor`; return 1 if something must be mended, else 0.

    Examples
    --------
    >>> main(["--help"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    SystemExit: 0
    """
    parser = argparse.ArgumentParser(prog="python -m course_utils doctor", description=__doc__)
    parser.epilog = "Ends with 0 if all is well and with 1 if something must be mended."
    parser.parse_args(argv)
    findings = examine(look_around())
    print(describe(findings))
    return int(any(finding.status == "mend" for finding in findings))


def _wishes(owner: str) -> tuple[str, ...]:
    """Read what an installed package asks for on this computer."""
    wishes = map(Requirement, distribution(owner).requires or ())
    asked = [wish for wish in wishes if wish.marker is None or wish.marker.evaluate({"extra": ""})]
    return tuple(f"{wish.name}{wish.specifier}" for wish in asked)


def _version(name: str) -> str:
    try:
        return version(name) or ""
    except PackageNotFoundError:
        return ""


def _path(path: str) -> str:
    """Return a path as it is typed in the course's folder, if it lies there."""
    return str(Path(path).relative_to(COURSE)) if path and Path(path).is_relative_to(COURSE) else path


def _import_error(package: str) -> str:
    """Return why a package cannot be imported; nothing if it can."""
    try:
        import_module(package)
    except Exception as error:  # a broken build raises ImportError, OSError or RuntimeError
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def _device() -> str:
    torch = import_module("torch")
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return "mps (the GPU of this Mac)"
    return f"cpu ({torch.get_num_threads()} threads); every lesson is made to run so"


def _server_python() -> str:
    """Return the Python of the process that started this kernel; nothing if that cannot be known."""
    import psutil  # a dependency of ipykernel

    try:
        server = psutil.Process(os.getppid())
        first = server.cmdline()[0]
        found = Path(server.cwd(), first) if os.sep in first else Path(shutil.which(first) or "")
    except (psutil.Error, IndexError):
        return ""
    return str(found) if found.name.lower().startswith("python") else ""
