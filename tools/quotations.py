"""How the ledger's quotations are held to the article, whose text the repository does not hold.

`python -m tools.quotations ARTICLE.txt` compares each quotation with its line of the article and writes
`tests/lessons/article-marks.txt`. From its marks a test can tell that a quotation stands in a line; nobody
can read the line from them.
"""

import re
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKS = ROOT / "tests" / "lessons" / "article-marks.txt"
WINDOW = 4  # characters
SHORTEST = 8  # characters of a quotation: five windows, which chance finds once in a million places
SEPARATOR = " ; "  # between the quotations of a row, and between their lines

# Sentences of the article that no row quotes, by line, and why.
SPARED = {
    9: "keywords",
    **dict.fromkeys((17, 76, 111, 131, 149, 274, 297, 555, 605, 646), "says what comes next, or came before"),
    **dict.fromkeys((177, 194, 216, 234, 256, 258), "gives the numbers of an example"),
}


def mark(text: str) -> str:
    """Write one hexadecimal digit for each window of four characters.

    >>> mark("tention") in mark("attention"), mark("tension") in mark("attention")
    (True, False)
    """
    windows = (text[start : start + WINDOW] for start in range(len(text) - WINDOW + 1))
    return "".join(f"{zlib.crc32(window.encode()) & 15:x}" for window in windows)


def mark_lines(article: str) -> list[str]:
    """Mark each line: `+` for a sentence, which a row must judge, `-` for a title, code or nothing.

    >>> mark_lines(chr(10).join(["# Title", "A sentence."]))
    ['-0575', '+6692d748']
    """
    marks, code = [], False
    for line in article.splitlines():
        fence = line.strip().startswith("```")
        title = re.fullmatch(r"\s*(#.*|\$\$\s*|(\d\. )?\*\*.*[：？]\*?\*?[：]?|\s*)", line)
        marks.append(("-" if code or fence or title else "+") + mark(line))
        code ^= fence
    return marks


def quotations(row: dict[str, str]) -> list[tuple[int, str]]:
    """Return the quotations of a row, each with the number of its line.

    >>> quotations({"line": "5 ; 21", "quote": "one ; two"}), quotations({"line": "", "quote": ""})
    ([(5, 'one'), (21, 'two')], [])
    """
    lines, quotes = (row[name].split(SEPARATOR) if row[name] else [] for name in ("line", "quote"))
    return [(int(line), quote) for line, quote in zip(lines, quotes, strict=True)]


def main(article: Path) -> None:
    """Compare the ledger with the article itself, letter by letter, and write the marks."""
    from tools.ledger import read_ledger  # which uses this module

    text = article.read_text(encoding="utf-8")
    lines = text.splitlines()
    rows = read_ledger((ROOT / "claims.csv").read_text(encoding="utf-8"))
    for row in rows:
        for number, quote in quotations(row):
            if quote not in lines[number - 1]:
                sys.exit(f"{row['id']} quotes what line {number} does not say: {quote}")
    MARKS.write_text("\n".join(mark_lines(text)) + "\n", encoding="utf-8")
    found = sum(len(quotations(row)) for row in rows)
    print(f"{found} quotations stand in {article.name}; {MARKS.name} is written.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the file of the article: python -m tools.quotations ARTICLE.txt")
    main(Path(sys.argv[1]))
