"""The arithmetic of the scaling explorer, against scikit-learn."""

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from course_utils.explorers import scaling

TRAIN, TEST = np.array([2.0, 3.0, 3.5, 7.0, 40.0]), np.array([-1.0, 4.0, 60.0])
SCALERS = {
    "unit": MinMaxScaler(),
    "symmetric": MinMaxScaler(feature_range=(-1, 1)),
    "standard": StandardScaler(),
    "robust": RobustScaler(),
}


@pytest.mark.parametrize("leak", [False, True])
@pytest.mark.parametrize("kind", SCALERS)
def test_scaling_agrees_with_scikit_learn(kind: str, leak: bool):
    seen = np.concatenate([TRAIN, TEST]) if leak else TRAIN
    scaler = SCALERS[kind].fit(seen[:, np.newaxis])
    scaled = scaling.scale_column(TRAIN, TEST, kind, leak=leak)
    for found, raw in ((scaled.train, TRAIN), (scaled.test, TEST)):
        np.testing.assert_allclose(found, scaler.transform(raw[:, np.newaxis])[:, 0])


def test_no_scaling_changes_nothing():
    scaled = scaling.scale_column(TRAIN, TEST, "none")
    np.testing.assert_array_equal(scaled.test, TEST)


@pytest.mark.parametrize(
    ("train", "test", "kind", "says"),
    [
        ([], TEST, "unit", r"train has shape \(0,\)"),
        (TRAIN, [[1.0]], "unit", r"test has shape \(1, 1\)"),
        ([1.0, np.nan], TEST, "unit", "finite"),
        (TRAIN, TEST, "min-max", "expected one of none, unit"),
        ([3.0, 3.0], TEST, "standard", "no spread"),
    ],
)
def test_wrong_input_is_named(train, test, kind, says):
    with pytest.raises(ValueError, match=says):
        scaling.scale_column(train, test, kind)


def test_a_leak_pulls_the_test_outlier_into_the_range():
    explorer = scaling.scaling_explorer()
    told = {}
    for statistics in ("train", "all"):
        explorer.values = explorer.values | {"where": "test", "outlier": 50, "statistics": statistics}
        told[statistics] = explorer.frame["words"].splitlines()[1]
    assert "test: 0.12 to 12.00" in told["train"]
    assert "test: 0.01 to 1.00" in told["all"]


def test_a_part_is_described_without_a_negative_zero():
    assert scaling.describe_part("test", np.array([-1e-9, 1.0])) == "test: 0.00 to 1.00, mean 0.50, sd 0.50"
