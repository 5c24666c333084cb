"""Addresses in an answer: only those that its passages hold are shown (S15). Made for text that comes in pieces."""

import re
from collections.abc import Iterable

_BOUNDARY = r"(?<![^\W_])"
# Of an unknown scheme only what follows its name is taken; "\/" is how models escape in Markdown and JSON.
_START = re.compile(rf"(?i)(?:{_BOUNDARY}(?:https?|ftps?))?:\\?/\\?/|{_BOUNDARY}www\\?\.")
_MAY_START = re.compile(
    rf"(?i)(?:{_BOUNDARY}(?:h(?:t(?:t(?:ps?)?)?)?|f(?:t(?:ps?)?)?))(?::\\?/?\\?)?\Z"
    rf"|:\\?/?\\?\Z|{_BOUNDARY}ww?w?\\?\Z"
)
_END = re.compile(r"[\s<>\[\]\"`|„“”«»]")
# One look at a piece that decides for nearly all of them: what may begin an address, or may do so with the next piece.
_NOTABLE = re.compile(rf"(?i)://|:\\|www|{_BOUNDARY}(?:h|ht|htt|https?|f|ft|ftps?|ww?)\Z|:/?\Z")
_TRAILING = frozenset(".,;:!?'’…*_~)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_WEB = re.compile(r"(?i)https?://")


class GivenAddresses:
    """The addresses that stand in an answer's passages, and those of its sources. Looked for when first asked."""

    def __init__(self, texts: Iterable[str], file_urls: Iterable[str]) -> None:
        self._texts = tuple(texts)
        self._file_urls = tuple(file_urls)
        self._known: frozenset[str] | None = None

    def __contains__(self, address: str) -> bool:
        if self._known is None:
            found = (raw for text in self._texts for raw in _addresses_in(text))
            self._known = frozenset(map(_normal, (*found, *filter(None, self._file_urls))))
        return _START.match(address) is not None and _normal(address) in self._known


def _addresses_in(text: str) -> Iterable[str]:
    position = 0
    while start := _START.search(text, position):
        end = _END.search(text, start.end())
        position = end.start() if end else len(text)
        yield text[start.start() : position]


def _normal(address: str) -> str:
    """One form for what leads to the same place: with http, https or neither, whatever stands behind it in a text."""
    address, _ = _trimmed(_ESCAPED.sub(r"\1", address))
    host, _, path = _WEB.sub("", address, count=1).partition("/")
    return f"{host.casefold()}/{path.rstrip('/')}"


def _trimmed(raw: str) -> tuple[str, str]:
    """An address and the punctuation of its sentence, as GitHub's Markdown tells them apart."""
    end, surplus = len(raw), raw.count(")") - raw.count("(")
    while end and raw[end - 1] in _TRAILING:
        if raw[end - 1] == ")":
            if surplus <= 0:
                break
            surplus -= 1
        end -= 1
    return raw[:end], raw[end:]


class AddressFilter:
    """Puts `mark`, in parentheses, in place of addresses that are not `given`; holds back no more than an address."""

    def __init__(self, given: GivenAddresses, mark: str) -> None:
        self._given = given
        self._mark = mark
        self._before = ""
        self._held = ""
        self._address: list[str] = []

    @property
    def idle(self) -> bool:
        return not self._held and not self._address

    def passed_by(self, text: str) -> None:
        self._before = text[-1]

    def feed(self, text: str) -> str:
        if not text:
            return ""
        if not self._held and not self._address and not _NOTABLE.search(text):
            self._before = text[-1]
            return text
        ready: list[str] = []
        if self._address:
            end = _END.search(text)
            if end is None:
                self._address.append(text)
                return ""
            self._address.append(text[: end.start()])
            ready.append(self._decided())
            text = text[end.start() :]
        text = f"{self._before}{self._held}{text}"
        position = len(self._before)
        while start := _START.search(text, position):
            ready.append(text[position : start.start()])
            self._before = text[start.start() - 1 : start.start()]
            end = _END.search(text, start.end())
            self._address = [text[start.start() : end.start() if end else None]]
            if end is None:
                self._held = ""
                return "".join(ready)
            ready.append(self._decided())
            position = end.start()
        partial = _MAY_START.search(text, position)
        cut = partial.start() if partial else len(text)
        ready.append(text[position:cut])
        self._before, self._held = text[max(cut - 1, 0) : cut], text[cut:]
        return "".join(ready)

    def flush(self) -> str:
        """What was held back, at the end or where something follows that no address goes on with."""
        held, self._held = self._held, ""
        held = held or (self._decided() if self._address else "")
        self._before = held[-1:] or self._before
        return held

    def settled(self, text: str) -> str:
        """Passes `text` on as it is, behind what was held back."""
        ready = self.flush() + text
        self._before = text[-1:]
        return ready

    def _decided(self) -> str:
        raw, self._address = "".join(self._address), []
        address, tail = _trimmed(raw)
        start = _START.match(raw)
        if (start and start.end() >= len(address)) or address in self._given:
            shown = raw
        elif self._before == "(" and tail.startswith(")"):
            shown = self._mark + tail
        else:
            shown = f"({self._mark}){tail}"
        self._before = shown[-1]
        return shown
