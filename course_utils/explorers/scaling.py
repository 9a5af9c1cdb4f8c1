"""Explorer: scale a column with an outlier, by statistics of the training part or of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils._arguments import as_floats, require_finite
from course_utils.explorers.base import Choice, Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.plots import PALETTE

TRAIN = (2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0)  # lengths in cm; the outlier joins one of the two parts
TEST = (2.5, 4.0, 5.5)
KINDS = {
    "none": "not at all",
    "unit": "to [0, 1]",
    "symmetric": "to [−1, 1]",
    "standard": "standardise",
    "robust": "robust (median, quartiles)",
}
PARTS = ("train", "test")
ROWS = {"train": 1, "test": 0}  # where a part's points lie, from below


class Scaled(NamedTuple):
    """Both parts after scaling, and the numbers that the scaling subtracted and divided by."""

    train: np.ndarray
    test: np.ndarray
    centre: float
    unit: float


def scale_column(train: np.ndarray, test: np.ndarray, kind: str, *, leak: bool = False) -> Scaled:
    """Return one column scaled, split into a training and a test part.

    Parameters
    ----------
    train, test : array_like
        Numbers of the two parts, (n_train,) and (n_test,).
    kind : str
        "none", "unit" (smallest to 0, largest to 1), "symmetric" (to -1 and 1), "standard" (subtract the
        mean, divide by the standard deviation with n), or "robust" (subtract the median, divide by the
        distance between the quartiles).
    leak : bool
        Whether the statistics come from both parts, not from the training part alone.

    Returns
    -------
    Scaled
        The scaled parts; a scaled value is (value - centre) / unit.

    Raises
    ------
    ValueError
        If a part is empty or no row of finite numbers, `kind` is unknown, or all numbers that the statistics
        come from are equal.

    References
    ----------
    The definitions are those of scikit-learn's MinMaxScaler, StandardScaler and RobustScaler.

    Examples
    --------
    >>> scale_column([1, 2, 3, 4, 10], [5, 12], "unit").test.round(3)
    array([0.444, 1.222])
    """
    parts = {name: as_floats(name, value) for name, value in (("train", train), ("test", test))}
    for name, part in parts.items():
        if part.ndim != 1 or not part.size:
            raise ValueError(f"{name} has shape {part.shape}; expected (n,), n at least 1.")
        require_finite(name, part)
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}.")
    seen = np.concatenate(list(parts.values())) if leak else parts["train"]
    low, first, middle, third, high = np.quantile(seen, [0, 0.25, 0.5, 0.75, 1])
    centre, unit = {
        "none": (0.0, 1.0),
        "unit": (low, high - low),
        "symmetric": ((low + high) / 2, (high - low) / 2),
        "standard": (seen.mean(), seen.std()),
        "robust": (middle, third - first),
    }[kind]
    if unit == 0:
        raise ValueError(f"train has shape {parts['train'].shape} and no spread; expected different numbers.")
    train, test = ((part - centre) / unit for part in parts.values())
    return Scaled(train, test, float(centre), float(unit))


def describe_part(name: str, values: np.ndarray) -> str:
    """Return least, greatest, mean and standard deviation of a part.

    Examples
    --------
    >>> describe_part("train", np.array([0.0, 1.0]))
    'train: 0.00 to 1.00, mean 0.50, sd 0.50'
    """
    numbers = values.min(), values.max(), values.mean(), values.std()
    low, high, mean, deviation = (f"{round(float(number), 2) + 0.0:.2f}" for number in numbers)  # no "-0.00"
    return f"{name}: {low} to {high}, mean {mean}, sd {deviation}"


class ScalingPicture(Picture):
    """The column before scaling above, after it below; training points and test points in a row each."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        before, after = figure.subplots(2, 1)
        before.set(title="before", xlim=(-4, 104), xlabel="length (cm)")
        after.set(
            title="after", xlim=(-6, 150), xlabel="scaled value (evenly spaced from −2 to 2, then by tens)"
        )
        after.set_xscale("symlog", linthresh=2, linscale=2)
        ticks = (-2, -1, 0, 1, 2, 10, 100)
        after.set_xticks(ticks, [str(tick).replace("-", "−") for tick in ticks])
        after.axvspan(0, 1, color="0.92", zorder=0)
        self.points = {}
        for axes in (before, after):
            axes.set(ylim=(-0.6, 1.6), yticks=(1, 0), yticklabels=PARTS)
            for part, color, marker in (("train", "blue", "o"), ("test", "orange", "D")):
                (self.points[axes, part],) = axes.plot(
                    [], [], marker, color=PALETTE[color], alpha=0.8, ms=8, markeredgecolor="black"
                )
        self.panels = before, after
        self.moving = list(self.points.values())

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the column before and after one kind of scaling."""
        parts = {"train": TRAIN, "test": TEST}
        parts[values["where"]] = (*parts[values["where"]], values["outlier"])
        raw = {name: np.array(part) for name, part in parts.items()}
        scaled = scale_column(raw["train"], raw["test"], values["kind"], leak=values["statistics"] == "all")
        for axes, shown in zip(self.panels, (raw, scaled._asdict()), strict=True):
            for part in PARTS:
                points = self.points[axes, part]
                points.set_data(shown[part], np.full(len(shown[part]), ROWS[part]))
        before, after = (
            "; ".join(describe_part(part, shown[part]) for part in PARTS) for shown in (raw, scaled._asdict())
        )
        formula = f"(x − {scaled.centre:.2f}) / {scaled.unit:.2f}"
        source = {"train": "the training part", "all": "both parts"}[values["statistics"]]
        return Told(
            alt="Lengths of two parts as dots, before and after scaling "
            f"({KINDS[values['kind']]}, statistics of {source}). "
            f"Outlier {values['outlier']:g} cm in {values['where']}. After: {after}.",
            words=f"Before, in cm: {before}.\nAfter, by {formula} with statistics of {source}: {after}.",
        )


def scaling_explorer() -> Explorer:
    """Return an explorer: let one outlier grow and compare ways to scale a column.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> scaling_explorer().frame["words"].splitlines()[1][:22]
    'After, by (x − 2.00) /'
    """
    return Explorer(
        "Scaling explorer",
        [
            Slider("outlier", "Outlier", steps(0, 100, 1), 20, unit="cm"),
            Choice(
                "where", "The outlier lies in", [("train", "training part"), ("test", "test part")], "train"
            ),
            Choice("kind", "Scale", list(KINDS.items()), "unit"),
            Choice(
                "statistics", "Statistics of", [("train", "training part"), ("all", "both parts")], "train"
            ),
        ],
        ScalingPicture(new_figure()),
        caption="Grey: from 0 to 1. Let the outlier grow, and watch the other points.",
    )
