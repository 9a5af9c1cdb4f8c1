"""Measure the reading of dates as a curve: with attention, without, and by a Transformer (make curves).

The protocol, written before the first run with a seed of the comparison
------------------------------------------------------------------------
What all comparisons share is told in `proofs/curves.py`.

**Question.** Lessons 06 and 07 compare readers after three epochs, with settings chosen for one of them.
How many dates does each arm read after how much training, when each arm has settings of its own?

**Scientific factor.** The arms: a GRU reader with additive attention, the same without attention, and the
Transformer reader of lesson 07, whose attention is a scaled dot product.
**Nuisance factors.** Learning rate and batch size, chosen for each arm at each budget (`RATES`).
**Fixed.** The networks' sizes (as in the lessons; the Transformer has about twice the parameters), 4,000
training dates (noise 0.2, 0 to 6 words around), Adam, clipping, and `fit_reader` with its schedule: the
rate climbs and falls within each budget. So each budget is a training of its own, and a point of the curve
is what a student gets from `fit_reader`. (A constant rate would give all budgets in one run, at half of the
cost; but then no run ends in a fall of the rate, and the curve would not be about what the lessons do.) The
names are those of Godbole et al., Deep Learning Tuning Playbook.

**Budget.** Training examples seen, `EXAMPLES`: below 4,000 the first ones, each once; from 4,000 on, all in
one or more epochs. Steps and CPU seconds (one thread, training alone) are stored with each run.
**Data.** For each seed its own training, validation (1,000) and test dates (1,000). The training dates are
lesson 06's; validation and test are drawn with seeds that no lesson uses, though of the same parts of the
century. The parts share no day; no run begins where they do. A date is right if all ten characters are.
**Edges.** Batch size has two values, so one of them is always at an edge. More steps out of the same
examples help at small budgets down to 8 at least (pilot: attention, 2,000 examples, .96 with 8, .93 with
16), at nearly twice the seconds. 16 is a limit set by cost: the curve says what can be read with batches of
16 or more.
**Flat.** Stopping an arm at .9 favours the other arms slightly.
**Uncertainty.** Seeds differ in first weights, order and all dates, so the interval is about other dates of
the same kind too; arms share training, validation and test dates seed by seed.
**Cut beforehand.** In a pilot with seed 900, on two busy cores, an epoch took 5 to 6.6 CPU s in batches of
16 and 2.4 to 4 in batches of 64. Five rates, three batch sizes and 96,000 examples as well would have taken
over ten CPU hours. An arm that is not flat at the last budget is called that. The grid was laid around the
pilot's best rates, after 12,000 examples in batches of 16: .0125 without attention (.91; with .03 .56),
.005 for the Transformer (.49).
**Cut again,** after 300 runs of up to 12,000 examples with the seeds 0 to 2, and before any other run or
look at a test: all seven settings were to be tried with five seeds, up to 48,000 examples, which asked for
735 runs. Now settings are chosen with the seeds 0 to 2, and beyond 12,000 examples among three. 24,000
stays.
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from torch import nn

from course_utils.data.dates import Dates, dates
from course_utils.learning.sequences import exact_match, fit_reader
from course_utils.networks.seq2seq import DateReader
from course_utils.networks.transformer import TransformerReader
from proofs import curves
from proofs.curves import SEEDS, Comparison, Outcome, Run

ARMS: dict[str, Callable[..., nn.Module]] = {
    "additive attention": partial(DateReader, "additive"),
    "no attention": partial(DateReader, None),
    "Transformer": TransformerReader,
}
RATES = {16: (0.0016, 0.004, 0.01, 0.025), 64: (0.004, 0.01, 0.025)}  # for each batch size
N_TRAIN = 4000


def train(run: Run) -> Outcome:
    """Train a reader once. A loss that becomes infinite is an outcome too: no date is read."""
    some, validation, test = data_of(run.seed)
    n = min(run.examples, len(some.iso))
    model = ARMS[run.arm](seed=run.seed)
    epochs, (batch_size, rate) = run.examples // n, run.setting
    loss, shares, start = math.nan, [0.0, 0.0], time.process_time()
    some = Dates(*(part[:n] for part in some))
    try:
        losses = fit_reader(
            model, some, epochs=epochs, batch_size=batch_size, learning_rate=rate, seed=run.seed
        )
        loss, seconds = losses[-1], time.process_time() - start
        shares = [exact_match(model, part) for part in (validation, test)]
    except FloatingPointError:
        seconds = time.process_time() - start
    steps = epochs * math.ceil(n / batch_size)
    return Outcome(steps, seconds, loss, shares[0], {"test": shares[1]}, {})


@lru_cache(maxsize=len(SEEDS))
def data_of(seed: int) -> tuple[Dates, Dates, Dates]:
    """Return the training, validation and test dates of a seed, which share no day."""
    like = {"noise": 0.2, "filler": (0, 6)}
    parts = (
        dates(N_TRAIN, seed=seed, part="train", **like),
        dates(1000, seed=2000 + seed, part="validation", **like),
        dates(1000, seed=3000 + seed, part="test", **like),
    )
    require_apart(parts)
    return parts


def require_apart(parts: Iterable[Dates]) -> None:
    """Refuse parts that have a day in common."""
    for one, other in itertools.combinations([set(part.iso) for part in parts], 2):
        if both := one & other:
            raise ValueError(f"parts have {len(both)} days in common; expected none.")


PLAN = Comparison(
    name="curves-dates",
    command="python -m proofs.curves_dates",
    train=train,
    rates=dict.fromkeys(ARMS, RATES),
    examples=(1000, 2000, 4000, 8000, 12_000, 24_000, 48_000),
    whole_grid_to=12_000,
    all_train_to=12_000,
    factor=2.5,
    measure="dates read right",
    title="Reading dates, tuned at each budget",
)

if __name__ == "__main__":
    sys.exit(curves.main(PLAN))
