"""Runs a student's code for at most a few seconds, and ends it without ending the kernel."""

import contextlib
import ctypes
import sys
import threading
import time
from collections.abc import Callable

GRACE = 2.0  # seconds in which stopping is tried
STACK = 64 * 2**20  # bytes: endless recursion must meet Python's limit before the end of a thread's stack


class Stopped(BaseException):
    """Put into a thread to end it; no `except Exception` catches it."""


def run_with_limit(function: Callable[[], object], seconds: float) -> object:
    """Call a function in a thread of its own and stop it when its time is up.

    Parameters
    ----------
    function : callable without arguments
        What it returns is returned; what it raises is raised.
    seconds : float
        The longest it may take, not counting the time in which it imports libraries.

    Returns
    -------
    object
        What the function returned.

    Raises
    ------
    TimeoutError
        If it took longer. A loop written in Python is then stopped; a call that waits inside C code is left
        behind in its thread, and the message says so.

    Examples
    --------
    >>> run_with_limit(lambda: 6 * 7, seconds=1)
    42
    """
    finished: dict[str, object] = {}
    over = threading.Event()  # `Thread.join` forgets a thread that still runs when an interrupt comes (3.11)

    def work() -> None:
        try:
            finished["value"] = function()
        except Stopped:
            pass
        except BaseException as error:
            finished["error"] = error
        finally:
            over.set()

    thread = _start(work)
    left = seconds
    try:
        while left > 0 and not over.is_set():
            began = time.monotonic()
            over.wait(0.05)
            if not _is_importing(thread):  # cut in half, a library would stay broken
                left -= time.monotonic() - began
    finally:  # also when the student presses "interrupt"
        stopped = _stop(thread, over)
    if "error" in finished:
        raise finished["error"]
    if "value" in finished:
        return finished["value"]
    sentence = (
        f"It was still running after {seconds:g} seconds, so it was stopped. "
        "Does each of its loops come to an end?"
    )
    if not stopped:
        sentence += " Part of it could not be stopped: restart the kernel before you go on."
    raise TimeoutError(sentence)


class _Quiet(threading.Thread):
    """A thread that says nothing when a second `Stopped` meets it on its way out."""

    def run(self) -> None:
        with contextlib.suppress(Stopped):
            super().run()


def _start(work: Callable[[], None]) -> threading.Thread:
    """Start a thread with a roomy stack; it does not keep the kernel alive."""
    usual = threading.stack_size(STACK)
    try:
        thread = _Quiet(target=work, daemon=True)
        thread.start()
    finally:
        threading.stack_size(usual)
    return thread


def _is_importing(thread: threading.Thread) -> bool:
    """Say whether the thread is inside an import."""
    frame = sys._current_frames().get(thread.ident)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _stop(thread: threading.Thread, over: threading.Event) -> bool:
    """Put `Stopped` into the thread until it ends; say whether it did. A bare `except` may catch a few."""
    put_into = ctypes.pythonapi.PyThreadState_SetAsyncExc
    deadline = time.monotonic() + GRACE
    while not over.is_set() and time.monotonic() < deadline:
        if put_into(ctypes.c_ulong(thread.ident), ctypes.py_object(Stopped)) == 0:
            return True  # there is no such thread any more
        over.wait(0.05)
    return over.is_set()
