"""Stored seeds of the lessons: five of each, with date and command; and what stores them."""

import re

import pytest

from proofs import lesson_seeds, seeds_classifier_in_depth, seeds_evaluating_classifiers

MODULES = sorted(path.stem for path in (lesson_seeds.ROOT / "proofs").glob("seeds_*.py"))
PARTS = [seeds_classifier_in_depth.PART, seeds_evaluating_classifiers.PART]


@pytest.mark.parametrize("module", MODULES)
def test_five_seeds_with_date_and_command(module):
    stored = lesson_seeds.seeds_file(module.removeprefix("seeds_").replace("_", "-"))
    found = {}
    for row in lesson_seeds.stored_rows(stored):
        found.setdefault(row.get("reader"), []).append(row["seed"])
    assert list(found.values()) == [["0", "1", "2", "3", "4"]] * len(found)
    assert found
    first = stored.read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(rf"# \d{{4}}-\d\d-\d\d[,;] python -m proofs\.{module}\b.* 2 .*CPU cores.*", first)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.lesson)
def test_the_cells_of_a_lesson_run_with_another_seed(part):
    code = part.code(3)
    compile(code, part.lesson, "exec")
    assert code.count("SEED = 3\n") == 1
    assert "SEED = 0\n" not in code


def test_rows_are_written_as_they_are_read(tmp_path):
    stored = tmp_path / "seeds.csv"
    assert lesson_seeds.stored_rows(stored) == []
    rows = [{"reader": "a, b", "seed": "0", "exact": "0.5"}, {"reader": "c", "seed": "1"}]
    lesson_seeds.write_rows(stored, rows, "a command")
    assert re.match(r"# \d{4}-\d\d-\d\d, a command\n", stored.read_text(encoding="utf-8"))
    assert lesson_seeds.stored_rows(stored) == [rows[0], rows[1] | {"exact": "nan"}]
    with pytest.raises(ValueError, match="exact"):
        lesson_seeds.write_rows(stored, rows[::-1], "rows that do not fit")
    assert lesson_seeds.stored_rows(stored)[0] == rows[0]
