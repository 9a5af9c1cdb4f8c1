"""The lists of packages agree: pyproject.toml (the source), environment.yml (conda) and both locks."""

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
LOCKS = ("requirements.lock", "requirements-dev.lock")  # for learners; for tests and authors
ADDRESS = r"://|^\s*-|\s@\s|--hash"  # an index, a file or a link; none may stand in a lock
LEARNERS_TOO = {"pyyaml"}  # the tools read YAML, and so does JupyterLab

Requirements = dict[str, Requirement]


def by_name(lines: Iterable[str]) -> Requirements:
    """Read requirements and key them by the name that PyPI uses, in lower case."""
    requirements = [Requirement(line) for line in lines]
    names = [canonicalize_name(requirement.name) for requirement in requirements]
    return dict(zip([ALIASES.get(name, name) for name in names], requirements, strict=True))


def extras_of(project: dict) -> list[str]:
    """Return what tests and authors need beside the dependencies."""
    return [line for group in project["optional-dependencies"].values() for line in group]


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


def read_lock(lock: str) -> tuple[list[Requirement], list[str]]:
    """Part a lock into its pins and the lines that hold an address or an option."""
    lines = [line for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    addresses = [line for line in lines if re.search(ADDRESS, line)]
    return [Requirement(line) for line in lines if line not in addresses], addresses


def versions_of(lock: str) -> dict[str, set[str]]:
    """Return the version of each package in a lock; some have one for each system or Python."""
    versions: dict[str, set[str]] = {}
    for pin in read_lock(lock)[0]:
        versions.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier)[2:])
    return versions


def lock_faults(file: str, lock: str, wanted: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each address in a lock, each line without a pin, each floor it misses."""
    pins, addresses = read_lock(lock)
    yield from (f"{file} holds an address or an option: {line}" for line in addresses)
    for pin in pins:
        if [specifier.operator for specifier in pin.specifier] != ["=="]:
            yield f"{file} does not pin {pin} to one version. Run `make lock`."
    versions = versions_of(lock)
    for name, ours in by_name(wanted).items():
        if name not in versions:
            yield f"{name} is not in {file}. Run `make lock`."
        for version in sorted(versions.get(name, ())):
            if Version(version) not in ours.specifier:
                yield f"{file} pins {name} {version}; pyproject.toml asks for {ours}: `make lock`."


def pair_faults(project: dict, learners: str, workshop: str) -> Iterator[str]:
    """Yield a sentence for each tool in the learners' lock, and each pin of theirs that the other lacks."""
    ours, theirs = versions_of(learners), versions_of(workshop)
    for name in sorted(by_name(extras_of(project)).keys() & ours.keys() - LEARNERS_TOO):
        yield f"requirements.lock holds {name}, which only tests and authors need. Run `make lock`."
    for name in ours:
        here, there = (" and ".join(sorted(lock.get(name, ["nothing"]))) for lock in (ours, theirs))
        if here != there:
            yield f"requirements.lock pins {name} to {here}, requirements-dev.lock to {there}: `make lock`."


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_environment_agrees_with_pyproject(project: dict):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert not (faults := list(environment_faults(project, environment))), "\n".join(faults)


def test_locks_agree_with_pyproject_and_each_other(project: dict):
    learners, workshop = ((ROOT / name).read_text(encoding="utf-8") for name in LOCKS)
    faults = [
        *lock_faults(LOCKS[0], learners, project["dependencies"]),
        *lock_faults(LOCKS[1], workshop, [*project["dependencies"], *extras_of(project)]),
        *pair_faults(project, learners, workshop),
    ]
    assert not faults, "\n".join(faults)


SAMPLE = {
    "requires-python": ">=3.11",
    "dependencies": ["torch>=2.6", "Pillow>=11.0"],
    "optional-dependencies": {"test": ["PyYAML>=6.0", "ruff>=0.12"]},
}
CONDA = ["python>=3.11", "pip", "pytorch>=2.6", "pillow>=11.0", {"pip": ["-e ."]}]
LEARNERS = """# pins
pillow==12.0.0
pyyaml==6.0.3
torch==2.13.0 ; sys_platform == 'win32'
torch==2.14.1 ; sys_platform != 'win32'
"""
WORKSHOP = LEARNERS + "ruff==0.17.6\n"


def faults_of_sample(learners: str, workshop: str) -> list[str]:
    wanted = [*SAMPLE["dependencies"], *extras_of(SAMPLE)]
    return [*lock_faults("the lock", workshop, wanted), *pair_faults(SAMPLE, learners, workshop)]


def test_lists_that_agree_pass():
    assert list(environment_faults(SAMPLE, {"dependencies": CONDA})) == []
    assert faults_of_sample(LEARNERS, WORKSHOP) == []


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
        ("ruff==0.17.6\n", "", "ruff is not in"),
        ("pillow==12.0.0\n", "", "pillow is not in"),
        ("# pins", "--index-url https://example.org/simple", "an address or an option"),
        ("pillow==12.0.0", "pillow @ https://example.org/pillow.whl", "an address or an option"),
    ],
)
def test_a_fault_of_a_lock_is_named(old: str, new: str, says: str):
    assert says in "\n".join(faults_of_sample(LEARNERS, WORKSHOP.replace(old, new)))


@pytest.mark.parametrize(
    ("learners", "says"),
    [
        (WORKSHOP, "holds ruff, which only tests and authors need"),
        (LEARNERS.replace("12.0.0", "12.0.1"), "pins pillow to 12.0.1, requirements-dev.lock to 12.0.0"),
        (LEARNERS.replace("2.13.0", "2.14.1"), "pins torch to 2.14.1, requirements-dev.lock to 2.13.0 and"),
        (LEARNERS + "tqdm==4.70.1\n", "pins tqdm to 4.70.1, requirements-dev.lock to nothing"),
    ],
)
def test_locks_that_differ_are_named(learners: str, says: str):
    assert says in "\n".join(faults_of_sample(learners, WORKSHOP))
