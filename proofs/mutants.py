"""Changes the reference of every exercise mechanically and counts how many of the changes its check rejects.

`make mutants` writes the figures to results/mutants.md. A change is an operator, an axis, a constant, an
index, a function call or a keyword that is replaced or left out. A survivor that is right too, or changes
nothing that matters, stands in EQUIVALENTS with the reason, and is taken out of the count.
"""

import argparse
import ast
import copy
import inspect
import os
import platform
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np

from course_utils.exercises import Exercise
from course_utils.exercises.engine.progress import exercises_by_lesson

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "results" / "mutants.md"
ENOUGH = 0.95

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Gt: ast.GtE,
    ast.Lt: ast.LtE,
    ast.Eq: ast.GtE,
    ast.GtE: ast.Gt,
    ast.LtE: ast.Lt,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Add,
}

ONE_KEY = "with one key the weight is 1, whatever the score is: this is what the exercise teaches"
DEFAULT = "-1 is the default axis of softmax"
TWO_AXES = "the arrays have two axes, so -1 and 1 name the same one"
SAME_LENGTH = "there is one box for each map, so `strict` finds nothing"
EQUIVALENTS = {
    "softmax-attention.one_key line 2: QUERY @ KEY.T / np.sqrt(KEY.shape[-1])"
    " → QUERY @ KEY.T * np.sqrt(KEY.shape[-1])": ONE_KEY,
    "softmax-attention.one_key line 2: QUERY @ KEY.T / np.sqrt(KEY.shape[-1]) → QUERY @ KEY.T": ONE_KEY,
    "softmax-attention.one_key line 3: weights @ VALUE → weights * VALUE": ONE_KEY,
    "softmax-attention.one_key line 3: weights @ VALUE → VALUE": ONE_KEY,
    "softmax-attention.one_key line 3: 0 → -1": "there is one row, so the first is the last",
    "softmax-attention.one_key line 2: QUERY @ KEY.T → KEY.T": ONE_KEY,
    "softmax-attention.one_key line 2: np.sqrt(KEY.shape[-1]) → KEY.shape[-1]": ONE_KEY,
    "softmax-attention.one_key line 2: -1 → 1": TWO_AXES,
    "softmax-attention.one_key line 2: 1 → 2": ONE_KEY,
    "softmax-attention.one_key line 2: 1 → 0": ONE_KEY,
    "softmax-attention.attend line 3: softmax(scores, axis=-1) → softmax(scores)": DEFAULT,
    "softmax-attention.three_tokens line 3: softmax(scores, axis=-1) → softmax(scores)": DEFAULT,
    "softmax-attention.three_tokens line 3: -1 → 1": TWO_AXES,
    "softmax-attention.masked_weights line 2: softmax(np.where(mask, scores, -np.inf), axis=-1)"
    " → softmax(np.where(mask, scores, -np.inf))": DEFAULT,
    "scoring-functions.dot_attention line 2: softmax(queries @ keys.T, axis=-1)"
    " → softmax(queries @ keys.T)": DEFAULT,
    "scoring-functions.dot_attention line 2: -1 → 1": TWO_AXES,
    "loss-functions.mean_cross_entropy line 2: -1 → 1": TWO_AXES,
    "loss-functions.mean_cross_entropy line 3: -1 → 1": TWO_AXES,
    "loss-functions.logits_gradient line 2: softmax(logits, axis=-1) → softmax(logits)": DEFAULT,
    "loss-functions.logits_gradient line 2: -1 → 1": TWO_AXES,
    "loss-functions.mean_loss line 2: targets > 0 → targets != 0": "targets are never negative",
    "loss-functions.mean_loss line 2: 1.0 → 2.0": "its logarithm is multiplied by the target 0",
    "loss-functions.mean_loss line 3: -1 → 1": TWO_AXES,
    "gradient-descent.diverging_rate line 1: 0.75 → 1.75": "every learning rate above 0.5 is right",
    "gradient-descent.descend line 5: np.array(path) → path": "a list of positions is a right answer too",
    "gradient-descent.adam_change line 6: np.sqrt(square / (1 - beta2 ** step)) + 1e-08"
    " → np.sqrt(square / (1 - beta2 ** step)) - 1e-08": "it keeps 0/0 away too, and is as small",
    "attention-classifier.one_score_each line 2: softmax(SCORES[:, np.newaxis], axis=1)"
    " → softmax(SCORES[:, np.newaxis])": DEFAULT,
    "attention-classifier.one_score_each line 2: 0 → -1": "there is one column, so the first is the last",
    "attention-classifier.mass_in_box line 4: zip(weights, boxes, strict=True)"
    " → zip(weights, boxes)": SAME_LENGTH,
    "attention-classifier.mass_in_box line 4: True → False": SAME_LENGTH,
    "attention-classifier.mass_in_box line 5: torch.stack([map_[top:bottom, left:right].sum() for map_,"
    " (top, left, bottom, right) in pairs]) → [map_[top:bottom, left:right].sum() for map_,"
    " (top, left, bottom, right) in pairs]": "a list of shares is a right answer too",
}


def mutants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give a description and the source of every changed copy of a parsed function."""
    for place, node in enumerate(ast.walk(tree)):
        for new in changes(node):
            changed = copy.deepcopy(tree)
            old = list(ast.walk(changed))[place]
            source = ast.unparse(_Replace(old, new).visit(changed))
            if source != ast.unparse(tree):
                yield f"line {node.lineno}: {ast.unparse(node)} → {ast.unparse(new)}", source


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Give what may stand in place of one part of the code."""
    match node:
        case ast.BinOp(left, operator, right):
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
            yield from (left, right)
        case ast.AugAssign(target, operator, value):
            yield ast.AugAssign(target, OPERATORS[type(operator)](), value)
        case ast.Compare(left, [operator], rights):
            yield ast.Compare(left, [OPERATORS[type(operator)]()], rights)
            if not isinstance(operator, ast.NotEq):
                yield ast.Compare(left, [ast.NotEq()], rights)
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(str(value)) if len(value) == 1:  # the letter of a choice
            yield ast.Constant(chr(ord(value) + 1))
            yield ast.Constant(chr(ord(value) - 1))
        case ast.Call(function, arguments, keywords):
            yield from arguments[:1]
            for left_out in range(len(keywords)):
                yield ast.Call(function, arguments, keywords[:left_out] + keywords[left_out + 1 :])
            if len(arguments) == 2:
                yield ast.Call(function, arguments[::-1], keywords)
        case ast.Attribute(value, "T" | "max" | "sum" | "mean"):
            yield from (ast.Attribute(value, name) for name in _siblings(node.attr))
        case ast.Subscript(value, ast.Tuple(elements)) if len(elements) == 2:
            yield ast.Subscript(value, ast.Tuple(elements[::-1]), node.ctx)


def _siblings(name: str) -> list[str]:
    return {"T": ["real"], "max": ["min", "mean"], "sum": ["max", "mean"], "mean": ["sum", "max"]}[name]


class _Replace(ast.NodeTransformer):
    """Puts one part of the code in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def parse(function: Callable) -> ast.Module:
    """Parse a reference's source: a function, or a lambda inside the data of an exercise."""
    tree = ast.parse(_source(function))
    for node in ast.walk(tree):  # annotations and defaults of the signature are not mutated
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
    return tree


def _source(function: Callable) -> str:
    source = textwrap.dedent(inspect.getsource(function)).strip()
    if function.__name__ != "<lambda>":
        return source
    return "answer = " + source.partition("=")[2].strip().rstrip(",")


def compiled(source: str, function: Callable) -> Callable:
    """Compile a changed reference in the module of the original."""
    namespace = dict(function.__globals__)
    exec(source, namespace)
    return namespace["answer" if function.__name__ == "<lambda>" else function.__name__]


def _is_python(source: str) -> bool:
    """Say whether a change left code: a lone `*rest`, say, is none."""
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def is_rejected(exercise: Exercise, source: str) -> bool:
    """Say whether a changed reference fails its check; one that cannot even compute its value does."""
    function = compiled(source, exercise.reference)
    try:
        answer = exercise.as_answer(function)
    except Exception:
        return True
    return exercise.check(answer).status != "correct"


def examine(exercise: Exercise) -> tuple[list[str], list[str]]:
    """Give the names of an exercise's rejected and surviving mutants."""
    rejected, survivors = [], []
    for description, source in mutants(parse(exercise.reference)):
        if not _is_python(source):
            continue
        (rejected if is_rejected(exercise, source) else survivors).append(f"{exercise.key} {description}")
    return rejected, survivors


def main(argv: list[str] | None = None) -> int:
    """Examine all exercises and write the report; 1 if too many mutants survive."""
    parser = argparse.ArgumentParser(prog="python -m proofs.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPORT, help="file of the report")
    out = parser.parse_args(argv).out
    with tempfile.TemporaryDirectory() as folder, np.errstate(all="ignore"):
        os.environ["COURSE_PROGRESS"] = str(Path(folder) / "progress.json")
        lines, n_rejected, n_counted, listed, survivors = [], 0, 0, [], []
        for exercise in (exercise for lesson in exercises_by_lesson().values() for exercise in lesson):
            rejected, survived = examine(exercise)
            equivalent = [name for name in survived if name in EQUIVALENTS]
            left = [name for name in survived if name not in EQUIVALENTS]
            lines.append(f"| {exercise.key} | {len(rejected)} | {len(left)} | {len(equivalent)} |")
            n_rejected += len(rejected)
            n_counted += len(rejected) + len(left)
            listed += equivalent
            survivors += left
    stale = sorted(set(EQUIVALENTS) - set(listed))
    share = n_rejected / n_counted
    summary = f"{n_rejected} of {n_counted} mutants rejected: {share:.1%}"
    text = [
        "<!-- Written by proofs/mutants.py: how many changed references the checks reject. -->",
        "# Mutants of the exercises' references",
        "",
        f"`make mutants`, {date.today()}, Python {platform.python_version()}, NumPy {np.__version__}.",
        f"{summary}; {len(listed)} equivalents taken out.",
        "",
        "| exercise | rejected | survived | equivalent |",
        "| --- | --- | --- | --- |",
        *lines,
        "",
        "## Survivors",
        *([f"- `{name}`" for name in survivors] or ["None."]),
        "",
        "## Equivalents, not counted",
        *[f"- `{name}`: {EQUIVALENTS[name]}" for name in listed],
    ]
    out.write_text("\n".join(text) + "\n", encoding="utf-8")
    print(summary, *survivors, *(f"stale equivalent: {name}" for name in stale), sep="\n")
    return int(share < ENOUGH or bool(stale))


if __name__ == "__main__":
    sys.exit(main())
