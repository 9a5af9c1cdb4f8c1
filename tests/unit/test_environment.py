"""The lists of packages agree: pyproject.toml (the source), environment.yml (conda), requirements.lock."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
ALIASES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}  # conda-forge's names
CONDA_ONLY = {"python", "pip"}
ADDRESS = r"://|^\s*-|\s@\s|--hash"  # an index, a file or a link; none may stand in the lock

Requirements = dict[str, Requirement]


def by_name(lines: Iterable[str]) -> Requirements:
    """Read requirements and key them by the name that PyPI uses, in lower case."""
    requirements = [Requirement(line) for line in lines]
    names = [canonicalize_name(requirement.name) for requirement in requirements]
    return dict(zip([ALIASES.get(name, name) for name in names], requirements, strict=True))


def environment_faults(project: dict, environment: dict) -> Iterator[str]:
    """Yield a sentence for each thing in which environment.yml differs from pyproject.toml."""
    ours = by_name(project["dependencies"])
    conda = by_name(line for line in environment["dependencies"] if isinstance(line, str))
    pip = [line for group in environment["dependencies"] if isinstance(group, dict) for line in group["pip"]]
    if pip != ["-e ."]:
        yield f"environment.yml should install the course itself, and only that, by pip: `-e .`, not {pip}."
    if str(conda["python"].specifier) != project["requires-python"]:
        yield f"environment.yml asks for {conda['python']}, pyproject.toml for {project['requires-python']}."
    for name in sorted(ours.keys() - conda.keys()):
        yield f"{name} stands in pyproject.toml but not in environment.yml. Add {ours[name]}."
    for name in sorted(conda.keys() - ours.keys() - CONDA_ONLY):
        yield f"{name} stands in environment.yml but not in pyproject.toml. Add it there, or drop it."
    for name in sorted(ours.keys() & conda.keys()):
        if conda[name].specifier != ours[name].specifier:
            yield f"environment.yml asks for {conda[name]}, pyproject.toml for {ours[name]}."


def lock_faults(project: dict, lock: str) -> Iterator[str]:
    """Yield a sentence for each address in the lock, each line without a pin, each floor it misses."""
    lines = [line for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    addresses = [line for line in lines if re.search(ADDRESS, line)]
    yield from (f"requirements.lock holds an address or an option: {line}" for line in addresses)
    pins = [Requirement(line) for line in lines if line not in addresses]
    for pin in pins:
        if [specifier.operator for specifier in pin.specifier] != ["=="]:
            yield f"requirements.lock does not pin {pin} to one version. Run `make lock`."
    extras = [line for group in project["optional-dependencies"].values() for line in group]
    for name, ours in by_name([*project["dependencies"], *extras]).items():
        versions = [str(pin.specifier)[2:] for pin in pins if canonicalize_name(pin.name) == name]
        if not versions:
            yield f"{name} is not in requirements.lock. Run `make lock`."
        for version in versions:
            if Version(version) not in ours.specifier:
                yield f"requirements.lock pins {name} {version}; pyproject.toml asks for {ours}: `make lock`."


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_environment_agrees_with_pyproject(project: dict):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert not (faults := list(environment_faults(project, environment))), "\n".join(faults)


def test_lock_agrees_with_pyproject(project: dict):
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not (faults := list(lock_faults(project, lock))), "\n".join(faults)


SAMPLE = {
    "requires-python": ">=3.11",
    "dependencies": ["torch>=2.6", "Pillow>=11.0"],
    "optional-dependencies": {"test": ["PyYAML>=6.0"]},
}
CONDA = ["python>=3.11", "pip", "pytorch>=2.6", "pillow>=11.0", {"pip": ["-e ."]}]
LOCK = """# pins
pillow==12.0.0
pyyaml==6.0.3
torch==2.13.0 ; sys_platform == 'win32'
torch==2.14.1 ; sys_platform != 'win32'
"""


def test_lists_that_agree_pass():
    assert list(environment_faults(SAMPLE, {"dependencies": CONDA})) == []
    assert list(lock_faults(SAMPLE, LOCK)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("pytorch>=2.6", "pytorch>=2.5", "pytorch>=2.5"),
        ("pytorch>=2.6", "scipy>=1.14", "scipy stands in environment.yml but not"),
        ("pytorch>=2.6", "scipy>=1.14", "torch stands in pyproject.toml but not"),
        ("python>=3.11", "python>=3.10", "python>=3.10"),
        ({"pip": ["-e ."]}, {"pip": ["-e .", "torch"]}, "only that"),
    ],
)
def test_a_difference_of_the_environment_is_named(old: object, new: object, says: str):
    changed = [new if line == old else line for line in CONDA]
    assert says in "\n".join(environment_faults(SAMPLE, {"dependencies": changed}))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("torch==2.13.0", "torch==2.5.1", "pins torch 2.5.1"),
        ("torch==2.14.1", "torch>=2.14", "does not pin torch>=2.14"),
        ("pyyaml==6.0.3\n", "", "pyyaml is not in"),
        ("# pins", "--index-url https://example.org/simple", "an address or an option"),
        ("pillow==12.0.0", "pillow @ https://example.org/pillow.whl", "an address or an option"),
    ],
)
def test_a_fault_of_the_lock_is_named(old: str, new: str, says: str):
    assert says in "\n".join(lock_faults(SAMPLE, LOCK.replace(old, new)))
