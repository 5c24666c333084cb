"""Words broken at the end of a line. pdfium marks the place; whether the hyphen belongs to the word is decided by
the document itself: how it writes the word elsewhere, else what it does in the cases that can be decided."""

import re
from collections import Counter
from dataclasses import replace

from shared.adapters.extract.pdf_lines import Line

BREAK = "\ufffe"
_BROKEN = re.compile(rf"([^\W_]+(?:[-'’][^\W_]+)*)-?{BREAK}\s*([^\W_]*)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def mend_hyphens(pages: list[list[Line]]) -> list[list[Line]]:
    """Removes every break mark."""
    if not any(BREAK in line.text for lines in pages for line in lines):
        return pages
    text = "\n".join(line.text for lines in pages for line in lines)
    words = Counter(_WORD.findall(text.replace(BREAK, "\n").lower()))
    broken = [match for line in text.split("\n") if BREAK in line for match in _BROKEN.finditer(line)]
    votes = Counter(_spelling(match[1], match[2], words) for match in broken)
    usual = "-" if votes["-"] > votes[""] else ""

    def join(match: re.Match[str]) -> str:
        spelling = _spelling(match[1], match[2], words)
        return match[1] + (usual if spelling is None else spelling) + match[2]

    return [
        [
            replace(line, text=_BROKEN.sub(join, line.text).replace(BREAK, "")) if BREAK in line.text else line
            for line in lines
        ]
        for lines in pages
    ]


def _spelling(before: str, after: str, words: Counter[str]) -> str | None:
    """What stands between the halves: "-" or nothing; None where the document does not tell."""
    if not after or not after[0].islower() or before[-1].isdigit() or before.isupper():
        return "-"  # "COVID-19", "Smith-Jones", "EU-wide"
    last = before.lower().rsplit("-", 1)[-1]
    first = after.lower()
    with_hyphen, without = words[f"{last}-{first}"], words[last + first]
    if with_hyphen != without:
        return "-" if with_hyphen > without else ""
    return None
