"""Stopping a training in a real kernel: one line, no traceback, no cell after it; a bar that is not red."""

import time
from collections.abc import Iterator

import pytest
import torch
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from course_utils.data.dates import dates
from course_utils.learning.sequences import fit_reader
from course_utils.learning.stopping import Stopped
from course_utils.learning.training import fit
from course_utils.networks.seq2seq import DateReader

SECONDS = 120  # a hang, not a slow machine
CLASSIFIER = """
import torch
from course_utils.learning.training import fit
examples = torch.rand(64, 3), torch.arange(64) % 2
def train(networks):
    return fit(networks["toy"], examples, examples, epochs=10**6, batch_size=32, progress=PROGRESS).seconds
"""
READER = """
import torch
from course_utils.data.dates import dates
from course_utils.learning.sequences import fit_reader
examples = dates(64, seed=0)
def train(networks):
    return fit_reader(networks["toy"], examples, epochs=10**4, batch_size=32, progress=PROGRESS)
"""
KEEP = """
from course_utils.learning.kept import keep
from course_utils.networks.seq2seq import DateReader
def build():
    return {"toy": torch.nn.Linear(3, 2) if "fit" in globals() else DateReader(hidden=4)}
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def outputs(client: BlockingKernelClient, request: str) -> Iterator[dict]:
    """Yield what one cell puts out, as it comes."""
    while True:
        message = client.get_iopub_msg(timeout=SECONDS)
        if message["parent_header"].get("msg_id") == request:
            yield message
            if message["content"].get("execution_state") == "idle":
                return


def run(client: BlockingKernelClient, code: str) -> list[dict]:
    """Run a cell and return its outputs."""
    return [m for m in outputs(client, client.execute(code)) if m["msg_type"] in ("stream", "error")]


@pytest.mark.parametrize(
    ("setup", "call", "what_holds"),
    [
        (CLASSIFIER, 'train({"toy": torch.nn.Linear(3, 2)})', "The network holds what it learned so far"),
        (READER, 'train({"toy": DateReader(hidden=4)})', "The network holds what it learned so far"),
        (CLASSIFIER, 'keep("toy", build, train)', "Nothing was kept; run this cell again"),
        (READER, 'keep("toy", build, train)', "Nothing was kept; run this cell again"),
    ],
    ids=["fit", "fit_reader", "keep-fit", "keep-fit_reader"],
)
def test_a_stopped_training_says_one_line(kernel, setup: str, call: str, what_holds: str):
    manager, client = kernel
    assert not run(client, "%reset -f")
    assert not run(client, "PROGRESS = True" + setup + KEEP)
    training = client.execute(call)
    after = client.execute("print('the cell behind it')")
    kinds, error = set(), None
    for message in outputs(client, training):
        if message["msg_type"] == "stream":
            kinds.add(message["content"]["name"])
            if error is None and "step" in message["content"]["text"]:
                time.sleep(0.2)
                manager.interrupt_kernel()
                error = {}
        elif message["msg_type"] == "error":
            error = message["content"]
    assert kinds == {"stdout"}, "JupyterLab prints the error stream on red."
    (line,) = "\n".join(error["traceback"]).splitlines()
    assert line.startswith("Stopped after step ")
    assert what_holds in line
    assert error["ename"] == "Stopped"
    reply = client.get_shell_msg(timeout=SECONDS)
    while reply["parent_header"].get("msg_id") != after:
        reply = client.get_shell_msg(timeout=SECONDS)
    assert reply["content"]["status"] == "aborted", "Run All goes on behind a training that was stopped."


def test_without_the_one_line_a_traceback_is_long(kernel):
    """The comparison can fail: a plain interrupt from inside a training prints many lines."""
    _, client = kernel
    assert not run(client, "PROGRESS = False" + CLASSIFIER)
    plain = """
import contextlib
from course_utils.learning import training
class Interrupts(torch.nn.Linear):
    def forward(self, x):
        raise KeyboardInterrupt
counted = training.step_by_step
training.step_by_step = lambda *_, **__: contextlib.nullcontext()
"""
    (message,) = run(client, plain + 'train({"toy": Interrupts(3, 2)})')
    run(client, "training.step_by_step = counted")
    assert len("\n".join(message["content"]["traceback"]).splitlines()) > 10


class InterruptedAt:
    """Stands in for a person: interrupts before the step with this number."""

    def __init__(self, step: int) -> None:
        self.calls, self.step = 0, step

    def __call__(self, *_: object) -> None:
        """Count a step."""
        self.calls += 1
        if self.calls > self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", [0, 1, 5])
def test_the_step_is_the_last_that_was_finished(step: int):
    model = torch.nn.Linear(3, 2)
    model.register_forward_pre_hook(InterruptedAt(step))
    examples = torch.rand(60, 3), torch.arange(60) % 2
    with pytest.raises(Stopped, match=f"^Stopped after step {step} of 12. "):
        fit(model, examples, examples, epochs=2, batch_size=10, progress=False)
    reader = DateReader(hidden=4)
    reader.register_forward_pre_hook(InterruptedAt(step))
    with pytest.raises(Stopped, match=f"^Stopped after step {step} of 8. "):
        fit_reader(reader, dates(64, seed=0), epochs=4, batch_size=32)


def test_outside_of_a_notebook_the_bar_goes_to_the_error_stream(capsys):
    fit_reader(DateReader(hidden=4), dates(64, seed=0), epochs=1, batch_size=32, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2/2" in shown.err


def test_a_bar_shows_the_name_that_it_is_given(capsys):
    fit_reader(DateReader(hidden=4), dates(64, seed=0), epochs=1, batch_size=32, progress="with attention")
    assert "with attention: 100%" in capsys.readouterr().err
