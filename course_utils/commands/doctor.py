"""Say what is installed, which device will be used, and what to do about anything missing or mismatched."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

try:
    from packaging.requirements import Requirement
except (
    ImportError
):  # JupyterLab needs packaging: without it the course is not installed, and examine() says so
    Requirement = None

#: What ipywidgets and torchvision say of these in their own metadata is checked too.
PAIRS = {"ipywidgets": "jupyterlab_widgets", "torchvision": "torch"}

#: Kernels before 6.22 do not show the widgets of ipywidgets 8 (ipykernel's changelog, its issue 1097).
KERNEL = "ipykernel>=6.22"

OLDEST_PYTHON = (3, 11)
COURSE = Path(__file__).parents[2]
SHIPPED_DATA = Path("course_utils", "data", "fashion_mnist_subset.npz")
SIGNS = {"ok": "ok", "note": "--", "mend": "!!"}


@dataclass(frozen=True)
class Facts:
    """What was found on this computer; a test fakes it.

    Parameters
    ----------
    python : tuple of int
        Version of the Python that runs this, such as ``(3, 12, 1)``.
    executable : str
        Path of that Python, seen from the course's folder if it lies there.
    requirements : tuple of str, or None
        What the installed course asks for; None when this Python does not have the course.
    pairs : tuple of (str, str)
        A package, and what it asks of its partner, such as ``("torchvision", "torch>=2.14.0")``.
    versions : dict of str to str
        Installed version of each package named above; a package that is missing is left out.
    broken : dict of str to str
        Packages that are installed but cannot be imported, with the error's message.
    device : str
        ``"cuda"``, ``"mps"`` or ``"cpu"`` with a description; empty without a working torch.
    nvidia : bool
        Whether an NVIDIA driver is installed.
    data : bool
        Whether the pictures that ship with the course are there.
    notebook : bool
        Whether this runs in a notebook's kernel.
    backend : str
        Matplotlib's backend, looked up in a notebook only.
    server : str
        Path of the Python that runs JupyterLab; empty if it could not be found out.
    """

    python: tuple[int, ...]
    executable: str
    requirements: tuple[str, ...] | None
    pairs: tuple[tuple[str, str], ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    device: str = ""
    nvidia: bool = False
    data: bool = True
    notebook: bool = False
    backend: str = ""
    server: str = ""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Parameters
    ----------
    name : str
        What was looked at.
    status : {"ok", "note", "mend"}
        Whether all is well, something is good to know, or something must be mended.
    found : str
        What was found.
    advice : str
        What to do; never empty when something must be mended.
    """

    name: str
    status: str
    found: str
    advice: str = ""


def examine(facts: Facts) -> list[Finding]:
    """Judge what was found.

    Parameters
    ----------
    facts : Facts
        What :func:`look_around` found.

    Returns
    -------
    list of Finding
        In the order in which a student should read them.

    Examples
    --------
    >>> old = Facts(python=(3, 9, 2), executable="/usr/bin/python3", requirements=None)
    >>> [(finding.name, finding.status) for finding in examine(old)]
    [('Python', 'mend'), ('the course', 'mend')]
    """
    if facts.requirements is None:
        return [_judge_python(facts), _course_is_missing(facts)]
    needed = [*facts.requirements, KERNEL]
    findings = [_judge_python(facts), *(_judge_package(requirement, facts) for requirement in needed)]
    findings += [
        _judge_pair(owner, wish, facts) for owner, wish in facts.pairs if _name(wish) in facts.versions
    ]
    findings += [_judge_import(package, message, facts) for package, message in facts.broken.items()]
    findings += [_judge_device(facts), _judge_data(facts)]
    if facts.notebook:
        findings += [_judge_backend(facts), _judge_server(facts), _widgets_note(facts)]
    return findings


def look_around() -> Facts:
    """Find out what is installed here; torch is imported to see whether it works.

    Returns
    -------
    Facts
        What :func:`examine` judges.

    Examples
    --------
    >>> look_around().python == tuple(sys.version_info[:3])
    True
    """
    python = tuple(sys.version_info[:3])
    try:
        wishes = tuple(Requirement(wish) for wish in distribution("attention-on-trial").requires or ())
    except (PackageNotFoundError, TypeError):  # not installed, or no packaging to read its wishes with
        return Facts(python=python, executable=_path(sys.executable), requirements=None)
    requirements = tuple(
        str(wish) for wish in wishes if wish.marker is None or wish.marker.evaluate({"extra": ""})
    )
    names = [_name(wish) for wish in (*requirements, KERNEL)] + list(PAIRS.values())
    versions = {name: version(name) for name in names if _is_installed(name)}
    pairs = tuple((owner, wish) for owner, partner in PAIRS.items() for wish in _wishes(owner, partner))
    device, broken = _try_torch(versions)
    notebook = "ipykernel" in sys.modules
    return Facts(
        python=python,
        executable=_path(sys.executable),
        requirements=requirements,
        pairs=pairs,
        versions=versions,
        broken=broken,
        device=device,
        nvidia=shutil.which("nvidia-smi") is not None,
        data=(COURSE / SHIPPED_DATA).is_file(),
        notebook=notebook,
        backend=_backend() if notebook and "matplotlib" in versions else "",
        server=_path(_server_python()) if notebook else "",
    )


def describe(findings: list[Finding]) -> str:
    """Write findings as plain text, one line each, advice below.

    Parameters
    ----------
    findings : list of Finding
        What :func:`examine` returned.

    Returns
    -------
    str
        The report.

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
    summary = (
        f"{faults} thing{'s' * (faults > 1)} to mend: see the lines marked !!" if faults else "All is well."
    )
    return "\n".join([*lines, summary])


def doctor() -> None:
    """Print what is installed, which device will be used and what to do about anything amiss.

    Examples
    --------
    >>> doctor()  # doctest: +ELLIPSIS
    ok  Python ...
    """
    print(describe(examine(look_around())))


def main(argv: list[str]) -> int:
    """Run the doctor from a command line.

    Parameters
    ----------
    argv : list of str
        The words after ``doctor``; it takes none but ``--help``.

    Returns
    -------
    int
        0 if all is well, 1 if something must be mended.

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


def _judge_python(facts: Facts) -> Finding:
    """Judge whether Python is new enough."""
    found = f"{'.'.join(map(str, facts.python))} ({facts.executable})"
    if facts.python[:2] >= OLDEST_PYTHON:
        return Finding("Python", "ok", found)
    wanted = ".".join(map(str, OLDEST_PYTHON))
    advice = (
        f"Install Python {wanted} or newer, delete the folder .venv, then: make lab PYTHON=python{wanted}"
    )
    return Finding("Python", "mend", found, advice)


def _course_is_missing(facts: Facts) -> Finding:
    """Tell who runs another Python than the course's."""
    advice = (
        "Start it with the Python of the course: .venv/bin/python (on Windows .venv\\Scripts\\python), "
        "or install the course here as README.md shows."
    )
    return Finding("the course", "mend", f"not installed in {facts.executable}", advice)


def _judge_package(requirement: str, facts: Facts) -> Finding:
    """Judge whether a package is there and new enough."""
    name = _name(requirement)
    found = facts.versions.get(name)
    if found and _fits(requirement, found):
        return Finding(name, "ok", found)
    found = f"{found}, but the course needs {requirement}" if found else "missing"
    return Finding(name, "mend", found, _install(facts, requirement))


def _judge_pair(owner: str, wish: str, facts: Facts) -> Finding:
    """Judge whether two packages that must fit each other do."""
    partner = _name(wish)
    name, found = (
        f"{owner} pair",
        f"{owner} {facts.versions.get(owner)} with {partner} {facts.versions[partner]}",
    )
    if _fits(wish, facts.versions[partner]):
        return Finding(name, "ok", found)
    advice = f"{owner} asks for {wish}. " + _install(facts, wish, owner)
    return Finding(name, "mend", found, advice)


def _judge_import(package: str, message: str, facts: Facts) -> Finding:
    """Tell what to do about a package that is installed and yet does not start."""
    advice = (
        f"torch and torchvision must be a pair made for each other. {_install(facts, '-r requirements.lock')}"
    )
    return Finding(package, "mend", f"is installed, but its import fails: {message}", advice)


def _judge_device(facts: Facts) -> Finding:
    """Name the device that the networks will use."""
    if not facts.device:
        advice = "Lessons that use NumPy alone still run; mend torch (above) for the others."
        return Finding("device", "note", "none, because torch does not work", advice)
    if facts.nvidia and facts.device.startswith("cpu"):
        advice = "An NVIDIA driver is there, but this torch cannot use it; README.md says which torch can."
        return Finding("device", "note", facts.device, advice)
    return Finding("device", "ok", facts.device)


def _judge_data(facts: Facts) -> Finding:
    """Judge whether the shipped pictures are there."""
    if facts.data:
        return Finding("pictures", "ok", "the course's part of Fashion-MNIST is there")
    advice = f"In the course's folder: git checkout -- {SHIPPED_DATA} (or download the course again)."
    return Finding("pictures", "mend", "the file that ships with the course is missing", advice)


def _judge_backend(facts: Facts) -> Finding:
    """Judge whether figures will appear in the notebook."""
    if any(word in facts.backend.lower() for word in ("inline", "ipympl", "widget", "nbagg")):
        return Finding("figures", "ok", facts.backend)
    advice = (
        "Figures will not show below their cells. Run: %matplotlib inline (or unset MPLBACKEND and restart)."
    )
    return Finding("figures", "mend", f"Matplotlib draws with {facts.backend}", advice)


def _judge_server(facts: Facts) -> Finding:
    """Judge whether JupyterLab and the notebook run in one environment."""
    if not facts.server:
        return Finding("JupyterLab's home", "note", "could not be found out from here")
    if Path(facts.server).parent == Path(facts.executable).parent:
        return Finding("JupyterLab's home", "ok", "JupyterLab and this notebook share one environment")
    advice = (
        f"JupyterLab runs on {facts.server}, this notebook on {facts.executable}. "
        "Sliders need one home for both: close JupyterLab and start it with: make lab"
    )
    return Finding("JupyterLab's home", "mend", "another environment than this notebook's", advice)


def _widgets_note(facts: Facts) -> Finding:
    """Tell what to do when sliders stay away, which no kernel can see."""
    advice = (
        "No sliders? Run their cell (Shift+Enter); then reload the page in the browser; then choose Kernel > "
        "Restart Kernel and run the cells from the top."
    )
    return Finding("sliders", "note", "appear once their cell was run in this session", advice)


def _install(facts: Facts, *requirements: str) -> str:
    """Write the sentence that tells how to install something."""
    wishes = " ".join(wish if wish.startswith("-") else f'"{wish}"' for wish in requirements)
    return f"Run in a terminal, in the course's folder: {facts.executable} -m pip install --upgrade {wishes}"


def _name(requirement: str) -> str:
    """Take the package's name from a requirement."""
    return Requirement(requirement).name


def _path(path: str) -> str:
    """Shorten a path that lies in the course's folder, where a terminal's commands are typed."""
    return str(Path(path).relative_to(COURSE)) if path and Path(path).is_relative_to(COURSE) else path


def _fits(requirement: str, found: str) -> bool:
    """Say whether a version satisfies a requirement."""
    return Requirement(requirement).specifier.contains(found, prereleases=True)


def _is_installed(name: str) -> bool:
    """Say whether a package's metadata, with a version, is there."""
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _wishes(owner: str, partner: str) -> list[str]:
    """Read what an installed package asks of its partner."""
    wishes = distribution(owner).requires or [] if _is_installed(owner) else []
    return [str(wish) for wish in map(Requirement, wishes) if wish.name == partner]


def _try_torch(versions: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Import torch and torchvision; return the device, and the errors of those that fail."""
    broken = {}
    for package in ("torch", "torchvision"):
        try:
            import_module(package)
        except Exception as error:  # a broken build raises ImportError, OSError or RuntimeError
            if package in versions:
                broken[package] = f"{type(error).__name__}: {error}".splitlines()[0]
    if "torch" in broken or "torch" not in versions:
        return "", broken
    torch = sys.modules["torch"]
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})", broken
    if torch.backends.mps.is_available():
        return "mps (the GPU of this Mac)", broken
    return f"cpu ({torch.get_num_threads()} threads); every lesson is made to run so", broken


def _backend() -> str:
    """Name the way in which Matplotlib draws; empty if it cannot be imported."""
    try:
        return import_module("matplotlib").get_backend()
    except Exception:  # a broken build raises ImportError, OSError or RuntimeError
        return ""


def _server_python() -> str:
    """Find the Python of the process that started this kernel; empty if that cannot be known."""
    import psutil  # a dependency of ipykernel

    try:
        server = psutil.Process(os.getppid())
        first = server.cmdline()[0]
        found = Path(server.cwd(), first) if os.sep in first else Path(shutil.which(first) or "")
    except (psutil.Error, IndexError):
        return ""
    return str(found) if found.name.lower().startswith("python") else ""
