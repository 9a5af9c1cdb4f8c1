"""One dialect in course_utils: docstrings open with the same few verbs, and errors have one form."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "course_utils"
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "exercises" not in path.parts]
VERBS = "Return Yield Read Write Draw Show Print Run Train Refuse Raise Find Search Measure Restore"


def verb_faults(source: str) -> Iterator[str]:
    """Yield a sentence for each function whose docstring opens with another word."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)):
            verb = text.split()[0]
            if verb.rstrip(",") not in VERBS.split():
                yield f"{node.name}: open its docstring with one of {VERBS}, not {verb}."


def error_faults(source: str) -> Iterator[str]:
    """Yield a sentence for each error about an argument that does not say what was expected."""
    for function in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)):
        names = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]} | {"{name}"}
        for node in ast.walk(function):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                sentence = ast.unparse(node.exc.args[0]).removeprefix("f").strip("'\"")
                if sentence.split()[0] in names and "; expected " not in sentence:
                    yield f"{function.name}: say `… is …; expected ….`, not: {sentence}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_speaks_the_dialect(path: Path):
    source = path.read_text(encoding="utf-8")
    assert not (faults := [*verb_faults(source), *error_faults(source)]), "\n".join(faults)


def test_another_dialect_is_told():
    source = 'def f(n):\n    """Give n."""\n    raise ValueError(f"n must be 1, but it is {n}.")'
    assert [fault.split(":")[0] for fault in (*verb_faults(source), *error_faults(source))] == ["f", "f"]
    source = 'def f(n):\n    """Return n."""\n    raise ValueError(f"n is {n}; expected 1.")'
    assert [*verb_faults(source), *error_faults(source)] == []
