"""Whether code is what it was: a digest of functions and of all that they refer to."""

from __future__ import annotations

import dis
import hashlib
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import BuiltinFunctionType, CodeType, EllipsisType, FunctionType, ModuleType

PACKAGE = Path(__file__).resolve().parents[1]
THAT_MATTERS = ("data", "networks", "learning")  # what of the package decides about a trained network
LIBRARIES = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]


class UnknownError(Exception):
    """Code uses a value of which nobody can tell whether it is as it was."""


def course_key() -> str:
    """Return a digest of what of this package, PyTorch and Python decides about a trained network.

    Returns
    -------
    str

    Examples
    --------
    >>> course_key() == course_key()
    True
    """
    import torch

    digest = hashlib.sha256(f"{torch.__version__} {sys.version_info[:2]}".encode())
    for part in THAT_MATTERS:
        for path in sorted(path for path in (PACKAGE / part).iterdir() if path.is_file()):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def code_key(*functions: Callable) -> str:
    """Return a digest of functions and of what they refer to.

    Numbers, texts, arrays and tensors count by their content, functions and classes of the lesson or the
    student by their code, without comments and blanks, and those of libraries by their names.

    Parameters
    ----------
    *functions : callable
        Written in Python; they count by their code wherever they stand.

    Returns
    -------
    str

    Raises
    ------
    UnknownError
        If they refer to something of which nobody can tell whether it is as it was.

    Examples
    --------
    >>> code_key(lambda: 1 + 1) == code_key(lambda: 1 + 1), code_key(lambda: 1) == code_key(lambda: 2)
    (True, False)
    """
    digest, seen = hashlib.sha256(), set()
    for function in functions:
        if not isinstance(function, FunctionType):
            raise UnknownError(f"a {type(function).__name__} in place of a function")
        for part in _parts_of_function(function):
            _feed(digest, part, seen)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, value: object, seen: set[int]) -> None:
    """Write a value into a digest, and then its parts; each function, class and module once."""
    digest.update(f"<{type(value).__name__}>".encode())
    if isinstance(value, FunctionType | type | ModuleType):
        if id(value) in seen:
            return
        seen.add(id(value))
    for part in _parts_of(value):
        digest.update(part) if isinstance(part, bytes) else _feed(digest, part, seen)


def _parts_of(value: object) -> Iterator[object]:
    """Yield what makes a value what it is: bytes, or other values."""
    import numpy as np
    import torch

    match value:
        case None | bool() | int() | float() | complex() | str() | range() | slice() | EllipsisType():
            yield repr(value).encode()
        case np.generic() | torch.dtype() | torch.device() | BuiltinFunctionType() | Path():
            yield repr(value).encode()
        case bytes():
            yield value
        case tuple() | list() | dict():
            yield str(len(value)).encode()
            yield from value.items() if isinstance(value, dict) else value
        case set() | frozenset():
            yield repr(sorted(map(repr, value))).encode()
        case np.ndarray() if not value.dtype.hasobject:
            yield from (repr((value.dtype, value.shape)).encode(), value.tobytes())
        case torch.Tensor():
            flat = value.detach().cpu().contiguous().ravel().view(torch.uint8)
            yield from (repr((value.dtype, value.shape)).encode(), flat.numpy().tobytes())
        case CodeType():
            yield from (value.co_code, value.co_names, value.co_varnames, value.co_consts)
        case FunctionType() | type() | ModuleType() if _is_of_a_library(value):
            yield f"{getattr(value, '__module__', '')} {value.__name__}".encode()
        case FunctionType():
            yield from _parts_of_function(value)
        case type():
            yield from (value.__name__, value.__bases__)
            yield from (item for item in sorted(vars(value).items()) if not _is_bookkeeping(*item))
        case staticmethod() | classmethod():
            yield value.__func__
        case property():
            yield value.fget
        case ModuleType():
            yield Path(value.__file__).read_bytes()
        case _:
            raise UnknownError(f"a {type(value).__name__}")


def _parts_of_function(function: FunctionType) -> Iterator[object]:
    """Yield a function's code, defaults, and the values that it takes from around it."""
    yield from (function.__code__, function.__defaults__, function.__kwdefaults__)
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    for name in sorted(_names_in(function.__code__)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _names_in(code: CodeType) -> set[str]:
    """Return the global names that code uses, those of functions and classes inside it too."""
    own = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*(_names_in(part) for part in code.co_consts if isinstance(part, CodeType)))


def _is_bookkeeping(name: str, part: object) -> bool:
    """Return whether an entry of a class is Python's own: all with two underscores but methods."""
    return name.startswith("__") and not isinstance(part, FunctionType)


def _is_of_a_library(thing: FunctionType | type | ModuleType) -> bool:
    """Return whether a function, class or module is installed, not the lesson's or the student's own."""
    name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
    file = getattr(sys.modules.get(name), "__file__", None)
    if name == "__main__" or file is None:
        return name != "__main__"
    return any(Path(file).is_relative_to(folder) for folder in [*LIBRARIES, PACKAGE])
