"""The proof with the lowest versions: what is stored is of today's floors, and a failure would be seen."""

import json

from packaging.version import Version

from course_utils.lessons import find_lesson
from proofs import floors

PROJECT = floors.PROJECT.read_text(encoding="utf-8")
STORED = json.loads(floors.OUT.read_text(encoding="utf-8"))
SMALL = """[project]
dependencies = ["Pillow>=11.0"]
[project.optional-dependencies]
test = ["pytest>=8.3"]
"""
REPORT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_one" />
<testcase classname="tests.unit.test_a" name="test_two"><failure /></testcase>
<testcase classname="tests.unit.test_a" name="test_two"><error /></testcase>
<testcase classname="" name="tests.unit.test_b"><error /></testcase>
<testcase classname="tests.unit.test_c" name="test_three"><skipped /></testcase>
</testsuite></testsuites>"""


def test_the_versions_that_were_tested_are_the_floors():
    lowest = {name: Version(version) for name, version in STORED["versions"].items()}
    allowed = {name: Version(floor) for name, floor in floors.floors_of(PROJECT).items()}
    assert lowest == allowed, "pyproject.toml allows other versions now: `make floors`."


def test_what_is_stored_passed_in_every_part():
    assert STORED["unit_tests"]["passed"] > 1500
    assert all(STORED["lessons"][name]["passed"] > 30 for name in floors.LESSONS)
    assert not [name for part in floors.parts(STORED) for name in part["failed"]]


def test_both_lessons_are_there_and_one_trains_with_pytorch():
    sources = [find_lesson(name).path.read_text(encoding="utf-8") for name in floors.LESSONS]
    assert [source.count("fit_reader(") > 0 for source in sources] == [False, True]


def test_versions_are_read_from_pins():
    assert floors.floors_of(SMALL) == {"pillow": "11.0", "pytest": "8.3"}
    pins = "pillow==11.0.0\npytest==8.3.0\ntornado==6.6.1\n"
    assert floors.direct_versions(pins, SMALL) == {"pillow": "11.0.0", "pytest": "8.3.0"}


def test_what_fails_is_named_once_and_told():
    found = floors.counted(REPORT)
    failed = ["tests.unit.test_a::test_two", "::tests.unit.test_b"]
    assert found == {"passed": 1, "skipped": 1, "failed": failed}
    outcome = {"unit_tests": found, "lessons": {"a-lesson": {"passed": 7, "skipped": 0, "failed": []}}}
    told = "With the lowest versions, 1 unit tests pass and 7 cells of a-lesson; 2 fail."
    assert floors.sentence(outcome) == "\n".join([told, *failed])
