"""Links of an answer: one whose address its passages do not hold becomes its text, an image goes (S15)."""

import re

from shared.domain.addresses import AddressFilter, GivenAddresses
from shared.domain.link_targets import Autolink, Definition, InlineTarget, Step, Target

# A bracket that is not closed within so many characters, or on its line, is shown; what follows it is filtered still.
_LABEL_CHARS = 300
_SLICE_CHARS = 1_024
_SPECIAL = re.compile(r"[\[\]<\\!]")
_PLAIN = re.compile(r"[^\[\]<\\!\n]+")
_CITATION = re.compile(r"\[\d{1,3}\]")


class LinkFilter:
    """`feed` gives what may be shown, `flush` the rest. Markdown's links are undone here, and what they leave runs
    through `AddressFilter`, so that no address is made of what stood around a link.

    A citation is no link: of `[1](address)` only `[1]` is left, whatever the address.
    """

    def __init__(self, given: GivenAddresses, mark: str) -> None:
        self._given = given
        self._mark = mark
        self._addresses = AddressFilter(given, mark)
        self._shown: list[str] = []
        # What waits for a bracket to be closed: (text, whether its addresses are settled).
        self._waiting: list[tuple[str, bool]] = []
        self._written = 0
        # Open brackets: where in `_waiting`, and how much had been written before.
        self._open: list[tuple[int, int]] = []
        # The bracket that the last `]` closed, as long as nothing stands behind it.
        self._closed: int | None = None
        # The last character written, and the last one that went on to the addresses.
        self._last = self._passed = ""
        self._exclaimed = False
        self._escaped = False
        self._target: Target | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is held back and nothing may follow that what was shown makes a link of."""
        return self._quiet and self._addresses.idle

    @property
    def _quiet(self) -> bool:
        return not (self._waiting or self._target or self._exclaimed or self._escaped or self._last == "]")

    def passed_by(self, text: str) -> None:
        """What was shown last without being fed; allowed while idle, of text without anything to look at."""
        self._last = self._passed = text[-1]
        self._addresses.passed_by(text)

    def feed(self, text: str) -> str:
        if self._quiet and not _SPECIAL.search(text):
            self._last = self._passed = text[-1:] or self._last
            return self._addresses.feed(text)
        # in slices, because what turns out to be no link is read again
        for start in range(0, len(text), _SLICE_CHARS):
            self._read(text[start : start + _SLICE_CHARS])
        return self._ready()

    def flush(self) -> str:
        """A link that the end cuts off is none; a definition may end there."""
        while target := self._target:
            if target.certain:
                self._settle(target, known=isinstance(target, Definition))
            else:
                self._give_back(target)
        if self._escaped:
            self._write("\\")
        if self._exclaimed:
            self._write("!")
        self._exclaimed = self._escaped = False
        self._open, self._closed = [], None
        return self._ready() + self._addresses.flush()

    def _ready(self) -> str:
        self._forget_far()
        if not self._open and self._closed is None:
            self._pass_on(len(self._waiting))
        ready, self._shown = "".join(self._shown), []
        return ready

    def _pass_on(self, count: int) -> None:
        for text, settled in self._waiting[:count]:
            self._shown.append(self._addresses.settled(text) if settled else self._addresses.feed(text))
            self._passed = text[-1:] or self._passed
        del self._waiting[:count]

    def _forget_far(self) -> None:
        """Brackets that have stood open for too long hold nothing back any more."""
        far = 0
        while far < len(self._open) and self._written - self._open[far][1] > _LABEL_CHARS:
            far += 1
        if far:
            del self._open[:far]
            kept = self._open[0][0] if self._open else self._closed
            count = len(self._waiting) if kept is None else kept
            self._pass_on(count)
            self._open = [(at - count, before) for at, before in self._open]
            self._closed = None if self._closed is None else self._closed - count

    def _read(self, text: str) -> None:
        position = 0
        while position < len(text):
            char = text[position]
            if target := self._target:
                step = target.step(char)
                position += step is not Step.BEFORE
                if step in (Step.COMPLETE, Step.BEFORE):
                    self._settle(target, known=True)
                elif step is Step.NONE:
                    self._target = None
                    self._write(target.opener)
                    text, position = "".join(target.raw) + text[position:], 0
                continue
            if self._escaped:
                self._escaped = False
                self._write("\\" + char)
            elif self._last == "]" and not self._exclaimed and char in "(:":
                self._target = InlineTarget() if char == "(" else Definition()
            elif self._exclaimed:
                self._exclaimed = False
                if char == "[":
                    self._begin("![")
                else:
                    self._write("!")
                    continue
            elif char == "[":
                self._begin("[")
            elif char == "]":
                self._end()
            elif char == "!":
                self._exclaimed = True
            elif char == "\\":
                self._escaped = True
            elif char == "<":
                self._closed, self._target = None, Autolink()
            elif char == "\n":
                self._open = []
                self._write(char)
            elif plain := _PLAIN.match(text, position):
                self._write(plain.group())
                position = plain.end()
                continue
            position += 1

    def _give_back(self, target: Target) -> None:
        self._target = None
        self._write(target.opener)
        self._read("".join(target.raw))

    def _write(self, text: str, *, settled: bool = False) -> None:
        self._closed = None
        self._waiting.append((text, settled))
        self._written += len(text)
        self._last = text[-1]
        if not self._open:
            self._pass_on(len(self._waiting))

    def _begin(self, bracket: str) -> None:
        self._closed = None
        if not self._open:
            self._pass_on(len(self._waiting))
        self._open.append((len(self._waiting), self._written))
        self._write(bracket)

    def _end(self) -> None:
        closed = None
        if self._open:
            closed, before = self._open.pop()
            if self._written - before > _LABEL_CHARS:
                closed = None
        self._closed = None
        self._waiting.append(("]", False))
        self._written += 1
        self._last = "]"
        self._closed = closed
        if closed is None and not self._open:
            self._pass_on(len(self._waiting))

    def _settle(self, target: Target, *, known: bool) -> None:
        self._target = None
        start, self._closed = self._closed, None
        known = known and target.address in self._given
        if isinstance(target, Autolink):
            if target.address.lower().startswith("mailto:"):
                self._write(target.address[len("mailto:") :].partition("?")[0] or self._mark)
            else:
                self._write(f"<{target.address}>" if known else f"({self._mark})", settled=True)
            return
        label = "" if start is None else "".join(text for text, _ in self._waiting[start:])
        if known and not _CITATION.fullmatch(label):
            address = f"<{target.address}>" if re.search(r"[\s()]", target.address) else target.address
            shown = f"({address})" if isinstance(target, InlineTarget) else f": {address}"
            self._write(shown, settled=True)
        elif start is not None:
            self._undo(start, label, target)

    def _undo(self, start: int, label: str, target: Target) -> None:
        """Leaves of a link its text, of a citation all of it, of an image or a definition nothing."""
        if _CITATION.fullmatch(label):
            return
        if isinstance(target, Definition) or label.startswith("!["):
            del self._waiting[start:]
        else:
            self._waiting[start] = ("", False)
            self._waiting.pop()
        self._last = next((text[-1] for text, _ in reversed(self._waiting) if text), self._passed)
