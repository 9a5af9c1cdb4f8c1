"""A digest of code: what counts as the same, what as changed, and what nobody can tell."""

import io
import sys
from pathlib import Path

import pytest

from course_utils.learning.fingerprint import UnknownError, code_key


def key(source: str, name: str = "f", **given: object) -> str:
    """Return the digest of a function that a cell defines."""
    names = {"__name__": "__main__", **given}
    exec(source, names)
    return code_key(names[name])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1\ndef f(): return x", "x = 1.0\ndef f(): return x"),
        ("x = {'a': 1}\ndef f(): return x", "x = {'a': 2}\ndef f(): return x"),
        ("x = (1, (2, 3))\ndef f(): return x", "x = ((1, 2), 3)\ndef f(): return x"),
        ("x = {1, 2}\ndef f(): return x", "x = {1, 3}\ndef f(): return x"),
        ("x = 1\ndef f(): return [x for _ in 'ab']", "x = 2\ndef f(): return [x for _ in 'ab']"),
        ("def f(a=1): return a", "def f(a=2): return a"),
        ("def f(*, a=1): return a", "def f(*, a=2): return a"),
        ("def g(): return 1\ndef f(): return g()", "def g(): return 2\ndef f(): return g()"),
        ("from math import sin as g\ndef f(): return g", "from math import cos as g\ndef f(): return g"),
        ("import math as m\ndef f(): return m", "import cmath as m\ndef f(): return m"),
        ("def f(): return len('a')", "def f(): return str('a')"),
        ("def o(x): return lambda: x\nf = o(1)", "def o(x): return lambda: x\nf = o(2)"),
        ("class A:\n  x = 1\ndef f(): return A", "class A:\n  x = 2\ndef f(): return A"),
        ("class A:\n  @staticmethod\n  def m(): return 1\ndef f(): return A",
         "class A:\n  @staticmethod\n  def m(): return 2\ndef f(): return A"),
        ("class A:\n  @property\n  def m(self): return 1\ndef f(): return A",
         "class A:\n  @property\n  def m(self): return 2\ndef f(): return A"),
        ("x = 1\ndef f():\n  class A: y = x\n  return A", "x = 2\ndef f():\n  class A: y = x\n  return A"),
    ],
)  # fmt: skip
def test_what_counts(one: str, other: str):
    assert key(one) == key(one)
    assert key(one) != key(other)


@pytest.mark.parametrize(
    "other",
    [
        "x = 1\n\n# a comment\ndef f():\n    return x  # another",
        "x, y = 1, 2\ndef f(): return x",
        "def f(): return x\nx = 1",
    ],
)
def test_what_does_not_count(other: str):
    assert key("x = 1\ndef f(): return x") == key(other)


def test_running_code_does_not_change_it():
    """Python specialises code that runs often."""
    names = {"__name__": "__main__"}
    exec("def f(n): return [i * 2 for i in range(n) if i in {1, 2, 'a', 'b'}]", names)
    before = code_key(names["f"])
    for _ in range(100):
        names["f"](50)
    assert code_key(names["f"]) == before


def test_functions_and_classes_that_call_each_other_end():
    source = "def g(n): return f(n - 1)\ndef f(n): return n and g(n)"
    assert key(source) != key(source.replace("n - 1", "n - 2"))
    source = "class A:\n  def m(self): return A, super().m(), 1\ndef f(): return A()"
    assert key(source) != key(source.replace(", 1", ", 2"))


def test_a_students_own_file_counts_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)
    keys = set()
    for i in range(2):
        (tmp_path / f"my_helpers_{i}.py").write_text(f"def g(): return {i}\n")
        keys.add(key(f"import my_helpers_{i} as h\ndef f(): return h.g()"))
        keys.add(key(f"from my_helpers_{i} import g\ndef f(): return g()"))
        monkeypatch.delitem(sys.modules, f"my_helpers_{i}")
    assert len(keys) == 4


@pytest.mark.parametrize("value", [io.StringIO(), iter([]), (1, object())])
def test_nobody_can_tell(value: object):
    with pytest.raises(UnknownError, match=r"^a (StringIO|list_iterator|object)$"):
        key("def f(): return x", x=value)
