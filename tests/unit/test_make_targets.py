"""Every target of the Makefile can start: all that it names is there, and what it runs says its help."""

import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = ROOT / "Makefile"
LOOP = re.compile(r"for (?P<name>\w+) in (?P<words>.+?); do (?P<body>.+?) \|\| exit 1; done")
FILE = re.compile(r"[\w./-]+\.(py|ipynb|lock|toml|txt)")
OURS = ("course_utils", "tools", "proofs")
QUIET = {name: value for name, value in os.environ.items() if not re.match("MAKE|MFLAGS|PYTEST", name)}

Command = tuple[str, ...]


def targets_of(makefile: Path) -> list[str]:
    """Read the names of all targets that are no files."""
    text = makefile.read_text(encoding="utf-8").replace("\\\n", " ")
    return re.search(r"^\.PHONY:(.+)$", text, re.MULTILINE)[1].split()


@cache
def commands_of(target: str, makefile: Path) -> list[Command]:
    """Return what a target and all that it needs would run, were nothing installed; loops turn by turn."""
    make = ["make", "--dry-run", "--always-make", "--file", str(makefile), target]
    printed = subprocess.run(make, cwd=ROOT, env=QUIET, capture_output=True, text=True, check=False)
    if printed.returncode:
        raise ValueError(f"`make {target}` does not resolve: {printed.stderr.strip()}")
    return [tuple(shlex.split(turn)) for line in printed.stdout.splitlines() for turn in turns_of(line)]


def turns_of(line: str) -> Iterator[str]:
    """Yield each turn of a loop of the shell, or the line as it is."""
    loop = LOOP.fullmatch(line)
    if not loop:
        yield line
        return
    for word in loop["words"].split():
        for found in sorted(map(str, ROOT.glob(word))) if "*" in word else [word]:
            yield loop["body"].replace(f"${loop['name']}", found)


def missing_in(command: Command) -> str:
    """Say in a sentence what a command names and nobody has; nothing if all is there."""
    program, *words = Path(command[0]).name, *command[1:]
    lost = [word for word in words if FILE.fullmatch(word) and not (ROOT / word).exists()]
    if lost:
        return f"The Makefile names {' and '.join(lost)}, which is not there."
    match program, *words:
        case "python" | "python3", "-m", module, *_:
            package = module.partition(".")[0]
            there = find_spec(package) and find_spec(module)
            return "" if there else f"The Makefile runs {module}, and there is no such module."
        case ("python" | "python3", "-c", _) | ("python", _) | ("touch", _):
            return ""
        case ("jupyter", "lab", *_) | ("uv", "pip", "compile", *_):
            return ""
    return f"`{shlex.join(command)}` is new to tests/unit/test_make_targets.py: say there how it starts."


@cache
def fault_of(command: Command) -> str:
    """Start a command in a way that does nothing; say in a sentence what is wrong, nothing if it starts."""
    match Path(command[0]).name, *command[1:]:
        case "python", "-m", "pytest", *words:
            some_file = [] if any(map(FILE.fullmatch, words)) else ["tests/unit/test_make_targets.py"]
            return fault_of_process(
                "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *words, *some_file
            )
        case "python", "-m", module, *_ if module.partition(".")[0] in OURS:
            return fault_of_module(module)
        case "python" | "python3", "-m", module, *_:
            return fault_of_process("-m", module, "--help")
        case "python" | "python3", "-c", code:
            return fault_of_process("-c", code)
        case "jupyter", *_:
            return fault_of_process("-m", "jupyterlab", "--version")
        case "uv", *_:
            return fault_of_process("-m", "uv", "pip", "compile", "--help")
    return ""  # figures are drawn by tests/unit/test_figures.py


def fault_of_process(*words: str) -> str:
    """Run this Python with these words in a process of its own."""
    run = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=QUIET, capture_output=True, text=True, check=False
    )
    said = (run.stderr or run.stdout).strip()[-500:]
    return f"`python {shlex.join(words)}` ends with {run.returncode}: {said}" if run.returncode else ""


def fault_of_module(module: str) -> str:
    """Ask a module of ours for its help, in this process, where PyTorch is imported but once."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as said:
        patch.setattr(sys, "argv", [module, "--help"])
        patch.delitem(sys.modules, module, raising=False)
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as stop:
            if not stop.code and said.getvalue().startswith("usage: "):
                return ""
        except ImportError as error:
            return f"`python -m {module}` does not start: {error}"
    return f"`python -m {module} --help` does not say its help."


@pytest.mark.parametrize("target", targets_of(MAKEFILE))
def test_all_that_a_target_names_is_there(target: str):
    commands = commands_of(target, MAKEFILE)
    faults = list(filter(None, map(missing_in, commands)))
    assert commands
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize("target", targets_of(MAKEFILE))
def test_what_a_target_runs_starts(target: str):
    faults = list(filter(None, map(fault_of, commands_of(target, MAKEFILE))))
    assert not faults, "\n".join(faults)


def test_every_target_is_declared():
    text = MAKEFILE.read_text(encoding="utf-8")
    assert set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE)) == set(targets_of(MAKEFILE))


def test_every_proof_has_a_target():
    commands = [command for target in targets_of(MAKEFILE) for command in commands_of(target, MAKEFILE)]
    run = {module for _, *words in commands for module in words if module.startswith("proofs.")}
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "proofs").glob("*.py")}
    assert run == {f"proofs.{name}" for name, text in texts.items() if "__main__" in text}


def commands_of_recipe(recipe: str, folder: Path) -> list[Command]:
    """Write a Makefile with one target that runs the recipe."""
    makefile = folder / "Makefile"
    makefile.write_text(f".PHONY: bad\nbad:\n\t{recipe}\n", encoding="utf-8")
    return commands_of(*targets_of(makefile), makefile)


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("python -m proofs.nowhere", "runs proofs.nowhere, and there is no such module"),
        ("python -m nowhere.at_all", "runs nowhere.at_all, and there is no such module"),
        ("python -m pytest tests/unit/test_nowhere.py", "names tests/unit/test_nowhere.py, which is not"),
        ("python figures/nowhere.py", "names figures/nowhere.py"),
        ("uv pip compile nowhere.toml", "names nowhere.toml"),
        ("for one in a b; do python -m proofs.$$one || exit 1; done", "runs proofs.b, and"),
        ("rm -r results", "`rm -r results` is new to tests/unit/test_make_targets.py"),
    ],
)
def test_a_recipe_that_names_what_is_not_there_is_told(recipe: str, says: str, tmp_path: Path):
    assert says in "\n".join(map(missing_in, commands_of_recipe(recipe, tmp_path)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("python -m proofs.lesson_seeds", "`python -m proofs.lesson_seeds --help` does not say its help"),
        ("python -m pytest --no-such-option", "ends with 4: "),
        ("python -m pytest tests/unit/test_pages.py -k zebra", "ends with 5: "),
        ("python -c 'import nowhere'", "No module named 'nowhere'"),
    ],
)
def test_a_recipe_that_does_not_start_is_told(recipe: str, says: str, tmp_path: Path):
    assert says in "\n".join(map(fault_of, commands_of_recipe(recipe, tmp_path)))


def test_a_target_that_needs_what_nothing_makes_is_told(tmp_path: Path):
    makefile = tmp_path / "Makefile"
    makefile.write_text(".PHONY: lone\nlone: nowhere\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"`make lone` does not resolve: .*No rule to make target"):
        commands_of("lone", makefile)
