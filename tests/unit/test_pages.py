"""What README, CONTRIBUTING and docs/ name is there: files they link to, targets of make, commands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_utils.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
MAKE = re.compile(r"\bmake ([a-z][\w-]*)")
COMMAND = re.compile(r"-m course_utils (\w+)")


def page_faults(page: Path, text: str) -> Iterator[str]:
    """Yield a sentence for each file, target and command that a page names and nobody has."""
    for link in LINK.findall(CODE.sub("", text)):
        if not (page.parent / link).exists():
            yield f"{page.name} links to {link}, which is not there. Mend the link."
    for code in CODE.findall(text):
        for target in set(MAKE.findall(code)) - TARGETS:
            yield f"{page.name} names `make {target}`, which the Makefile lacks. Mend one of them."
        for command in set(COMMAND.findall(code)) - COMMANDS.keys():
            yield f"{page.name} names `python -m course_utils {command}`, which is no command. Mend the page."


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path):
    faults = list(page_faults(page, page.read_text(encoding="utf-8")))
    assert not faults, "\n".join(faults)


GOOD = """See [a lesson](docs/moved.md), [there](CONTRIBUTING.md#course_utils) and [the web](https://example.org).
Links in code, `[a lesson](name.ipynb)`, are no links, and to make sure in prose is no target.

```sh
make lab ARGS=--no-browser   # make test checks
python -m course_utils doctor
```
"""


def test_a_page_without_faults_passes():
    assert list(page_faults(ROOT / "README.md", GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("docs/moved.md", "moved.md", "links to moved.md"),
        ("docs/moved.md", "docs/nowhere.md#here", "links to docs/nowhere.md"),
        ("make lab", "make labs", "`make labs`"),
        ("make test", "make test-most", "`make test-most`"),
        ("Links in code", "`make install`", "`make install`"),
        ("doctor", "docter", "course_utils docter`"),
    ],
)
def test_a_fault_of_a_page_is_named(old: str, new: str, says: str):
    assert says in "\n".join(page_faults(ROOT / "README.md", GOOD.replace(old, new)))
