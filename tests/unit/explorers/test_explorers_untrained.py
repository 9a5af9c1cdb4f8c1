"""Explorers of trained networks show, where there are none yet, the sentence that says how to get them."""

import numpy as np
import pytest

from course_utils.data.fashion import CLASS_NAMES
from course_utils.explorers import alignment_explorer, classifier_explorer, shortcut_explorer
from course_utils.learning.kept import NotTrained
from course_utils.networks import Classifier

MISSING = NotTrained("These networks are not trained yet.")
STAMP = np.eye(8, dtype=np.uint8)


@pytest.mark.parametrize(
    "show",
    [
        lambda: alignment_explorer(MISSING["with attention"]),
        lambda: classifier_explorer(MISSING, CLASS_NAMES),
        lambda: classifier_explorer({"attention": Classifier(10), "average": MISSING}, CLASS_NAMES),
        lambda: shortcut_explorer({"trained with marks": MISSING["marked"]}, CLASS_NAMES, STAMP),
    ],
    ids=["alignment", "classifier", "one of two", "shortcut"],
)
def test_a_sentence_stands_in(show):
    assert show() is MISSING
    assert MISSING._repr_markdown_() == "These networks are not trained yet."


def test_an_empty_dictionary_of_networks_is_still_refused():
    """What stands in is a dictionary without entries; any other such is a mistake."""
    with pytest.raises(ValueError, match="expected one to five networks"):
        classifier_explorer({}, CLASS_NAMES)
