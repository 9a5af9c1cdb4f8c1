"""Make the course's own small Chinese font: ``python -m tools.chinese_font [FONT]``.

Where no Chinese font is installed, a page would show an empty box for each character. So `course.css` brings
a font with just the characters that the course shows; a test asks for a new one when a lesson uses another.
"""

import argparse
import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from course_utils.lessons import COURSE
from tools.checks import CHINESE, NOTEBOOKS

SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")  # of Debian's fonts-noto-cjk
FACE = "Noto Sans CJK SC"  # the simplified forms; the file holds others too
FONT = NOTEBOOKS / "files" / "course-chinese.woff"  # its licence lies beside it


def shown_characters(course: Path = COURSE) -> str:
    """Return each Chinese character and sign of the lessons, the ledger, the notes and the package, once."""
    files = [course / "claims.csv", *course.glob("notebooks/*.ipynb"), *course.glob("speaker_notes/*.yaml")]
    files += course.glob("course_utils/**/*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    return "".join(sorted(set(re.findall(CHINESE, text))))


def held_characters(font: Path = FONT) -> str:
    """Return the characters that a font can draw."""
    with TTFont(font) as opened:
        return "".join(map(chr, sorted(opened.getBestCmap())))


def make_font(characters: str, source: Path, target: Path) -> None:
    """Write a font that holds the characters, taken from a collection that has the face `FACE`.

    Raises
    ------
    ValueError
        If the collection has no such face, or the face lacks a character.
    """
    with TTCollection(source, lazy=True) as faces:
        face = next((font for font in faces if font["name"].getDebugName(1) == FACE), None)
        if face is None:
            raise ValueError(f"source is {source.name}; expected a collection with the face {FACE}.")
        if missing := set(map(ord, characters)) - set(face.getBestCmap()):
            raise ValueError(f"characters has {''.join(map(chr, missing))}; expected what {FACE} can draw.")
        options = subset.Options(flavor="woff", layout_features=[], name_IDs=[0, 1, 2, 13, 14], hinting=False)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=map(ord, characters))
        subsetter.subset(face)
        face.recalcTimestamp = False  # the same characters, the same file
        subset.save_font(face, target, options)


def main() -> None:
    """Read the command line and make the font."""
    parser = argparse.ArgumentParser(description="Make the small Chinese font beside course.css.")
    parser.add_argument("font", nargs="?", type=Path, default=SOURCE, help="a NotoSansCJK-Regular.ttc")
    arguments = parser.parse_args()
    try:
        make_font(shown_characters(), arguments.font, FONT)
    except (OSError, TTLibError, ValueError) as error:
        sys.exit(f"No font was made: {error}. Install fonts-noto-cjk, or name a NotoSansCJK-Regular.ttc.")
    print(f"{FONT.name}: {len(held_characters())} characters, {FONT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
