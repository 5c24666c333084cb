"""Cutting text between sentences, and where there are none, between words; nothing is lost.

Every function returns pieces that joined together give the text again.
"""

import re
import unicodedata

# After these a full stop does not end a sentence. English and German, lower case, without the stop.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st vs etc eg ie cf inc ltd corp dept approx appx eds refs bzw ca d.h dh evtl ggf inkl "
    "exkl str usw u.a ua vgl z.b zb zzgl abb abt bd bes geb gem hr fr frl hrsg jh jhd mio mrd mwst o.ä s.o s.u sog "
    "tel tsd u.u verf e.g i.e u.s u.k a.m p.m ph.d".split()
)
# These only where a number follows: "No. 5", but "The answer is no."
_BEFORE_NUMBERS = frozenset(
    "no nos nr nrn fig figs vol pp sec para art abs ziff kap ref tab jan feb mar apr jun jul aug sep sept oct nov dec "
    "stk max min".split()
)
# Each alternative begins where a run of stops begins: lines of a million dots must not take a million looks each.
_STOP = re.compile(
    r"""(?<![.!?…])([.!?…]+["'”’»)\]]*)(\s+)|(?<![。！？｡])([。！？｡]+[」』”’）]*)(\s*)|([؟।॥۔]+)(\s*)|(\n+)"""
)
_NUMBERED = re.compile(r"\.\s*\d+$")
_LAST_WORD = re.compile(r"(\S+)$")
_OPENING = "\"'“‘«([¿¡-–—•*"
_LONGEST_CLUSTER = 64


def sentences(text: str) -> list[str]:
    """Pieces that end after a sentence or a line, with the white space behind it."""
    pieces: list[str] = []
    start = 0
    for stop in _STOP.finditer(text):
        if stop[2] is not None and not _ends(text, start, stop):
            continue
        pieces.append(text[start : stop.end()])
        start = stop.end()
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    if "\n" in stop[2]:
        return True
    following = text[stop.end() : stop.end() + 2].lstrip(_OPENING)[:1]
    if following and following.islower():
        return False
    if not stop[1].startswith(".") or stop[1].startswith(".."):
        return True
    found = _LAST_WORD.search(text, start, stop.start())
    word = found[1].lower().lstrip(_OPENING) if found else ""
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
        return False
    if word in _BEFORE_NUMBERS:
        return not following.isdigit()
    # "am 3. März": an ordinal, unless the number belongs to what stands before it ("Art. 3").
    return not (word.isdigit() and len(word) <= 2 and not _NUMBERED.search(text, start, stop.start()))


def halves(text: str) -> tuple[str, str]:
    """Two non-empty parts, cut near the middle: behind white space, else between characters that no reader sees
    as one. `text` has at least two characters."""
    middle = len(text) // 2
    for space in (" ", "\n", "\t"):
        before, after = text.rfind(space, 1, middle), text.find(space, middle, len(text) - 1)
        cuts = [cut + 1 for cut in (before, after) if cut > 0 and text[: cut + 1].strip() and text[cut + 1 :].strip()]
        if cuts:
            cut = min(cuts, key=lambda place: abs(place - middle))
            return text[:cut], text[cut:]
    for cut in _outwards(middle, min(middle, _LONGEST_CLUSTER)):
        if 0 < cut < len(text) and not _joined(text[cut - 1], text[cut]):
            return text[:cut], text[cut:]
    return text[:middle], text[middle:]


def _outwards(middle: int, reach: int) -> list[int]:
    return [middle + sign * step for step in range(reach + 1) for sign in (1, -1)]


def _joined(before: str, after: str) -> bool:
    """Combining marks and joined emoji belong to the character before."""
    return unicodedata.combining(after) != 0 or "\u200d" in (before, after) or unicodedata.category(after) == "Mc"
