"""The list of sources that a model writes under its answer although it was told not to: the server adds the only one
that holds (S15)."""

import re

_HEADINGS = frozenset((
    "source", "sources", "sources used", "sources cited", "used sources", "cited sources", "reference", "references",
    "citations", "bibliography", "quelle", "quellen", "verwendete quellen", "genutzte quellen", "zitierte quellen",
    "quellenangabe", "quellenangaben", "quellennachweis", "quellennachweise", "quellenverzeichnis", "referenzen",
    "literatur", "literaturangaben", "literaturverzeichnis", "belege", "nachweise", "fundstellen",
))  # fmt: skip
# "Sources:", "**Quellen:**", "## References", also with nothing but numbers behind it: "Sources: [1], [2]".
_HEADING = re.compile(r"[ \t>]*#{0,6}[ \t]*[*_]*([A-Za-z][A-Za-z ]*|)([*_ \t]*(?::[*_ \t\[\]【】\d,;.]*)?)\r?")
_RULE = re.compile(r"[ \t]*(?:-[ \t-]*|\*[ \t*]*|_[ \t_]*)?\r?")
# A bullet, a number, or an indented line that goes on with the one above.
_ITEM = re.compile(r"[ \t>]*(?:[-*+•–][ \t]|[\[【(^]*\d{1,3}[\])】.:])|\t| {2}")
_MAY_BE_ITEM = re.compile(r"[ \t>]*(?:[-*+•–]|[\[【(^]*\d{0,3})\r?")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class SourceListFilter:
    """Drops a heading such as "Sources:" with the list lines after it when nothing else follows until the end.

    Lines that may belong to such a list are held back until one comes that does not. The first line of an answer
    never heads one: without an answer above it the list is the answer.
    """

    def __init__(self) -> None:
        self.dropped = ""
        self._held: list[str] = []
        self._line = ""
        self._in_list = False
        self._in_item = False

    @property
    def idle(self) -> bool:
        return not self._held

    def feed(self, text: str) -> str:
        if not self._held and "\n" not in text:
            return text
        ready: list[str] = []
        for piece in _LINES.findall(text):
            self._take(piece, ready)
        return "".join(ready)

    def flush(self) -> str:
        """What was held back, unless it is a list of sources: that is then in `dropped`."""
        listed = self._in_list or _is_heading(self._line)
        held = self._release()
        if listed:
            self.dropped = held
            return ""
        return held

    def _take(self, piece: str, ready: list[str]) -> None:
        ended = piece.endswith("\n")
        if self._in_item:
            self._held.append(piece)
            self._in_item = not ended
            return
        if not self._held:
            ready.append(piece.removesuffix("\n"))
        else:
            self._line += piece
            if self._belongs(self._line.removesuffix("\n"), ended):
                if ended or self._in_item:
                    self._held.append(self._line)
                    self._line = ""
                return
            ready.append(self._release().removesuffix("\n"))
        if ended:
            self._held = ["\n"]

    def _belongs(self, line: str, ended: bool) -> bool:
        """Whether a line, or one that begins like this, may be part of a list of sources."""
        if self._in_list and _ITEM.match(line):
            self._in_item = not ended
            return True
        if _RULE.fullmatch(line) or (not ended and self._in_list and _MAY_BE_ITEM.fullmatch(line)):
            return True
        if not ended:
            return _may_be_heading(line)
        heading = _is_heading(line)
        self._in_list = self._in_list or heading
        return heading

    def _release(self) -> str:
        held = "".join((*self._held, self._line))
        self._held, self._line, self._in_list, self._in_item = [], "", False, False
        return held


def _is_heading(line: str) -> bool:
    match = _HEADING.fullmatch(line)
    return match is not None and match[1].strip().casefold() in _HEADINGS


def _may_be_heading(line: str) -> bool:
    match = _HEADING.fullmatch(line)
    if match is None:
        return False
    words = match[1].casefold()
    return words.strip() in _HEADINGS or (not match[2] and any(heading.startswith(words) for heading in _HEADINGS))
