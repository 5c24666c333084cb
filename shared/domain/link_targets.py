"""What follows a bracket or opens with "<" in Markdown and may lead somewhere, read one character at a time."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

_SCHEME_BEGUN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:")
# CommonMark asks for three levels at least; cmark stops at 32.
_DEPTH = 32
_TITLE_CHARS = 300
_CLOSING = {'"': '"', "'": "'", "(": ")"}


class Step(Enum):
    """`COMPLETE` takes the character just read, `BEFORE` ends before it; `NONE`: all of `raw` is something else."""

    MORE = auto()
    COMPLETE = auto()
    BEFORE = auto()
    NONE = auto()


@dataclass(slots=True)
class InlineTarget:
    """What stands in the parentheses of `[text](address "title")`, from behind the first one."""

    opener = "("
    raw: list[str] = field(default_factory=list[str])
    read: list[str] = field(default_factory=list[str])
    part: str = "start"
    depth: int = 0
    lines: int = 0
    beyond: int = 0
    closing: str = ""
    escaped: bool = False

    @property
    def address(self) -> str:
        return "".join(self.read)

    @property
    def certain(self) -> bool:
        """Whether it leads somewhere even when the text ends before it does."""
        return True

    def step(self, char: str) -> Step:
        self.raw.append(char)
        self.lines += char == "\n"
        if self.lines > 1:
            return Step.NONE
        if self.part == "start":
            if char in " \t\n":
                return Step.MORE
            self.part = "angle" if char == "<" else "plain"
            if char == "<":
                return Step.MORE
        if self.part in ("angle", "plain"):
            return self._address(char)
        return self._behind(char)

    def _address(self, char: str) -> Step:
        if self.escaped:
            self.escaped = False
        elif char == "\\":
            self.escaped = True
        elif self.part == "angle":
            if char in "<\n":
                return Step.NONE
            if char == ">":
                self.part = "behind"
                return Step.MORE
        elif char in " \t\n":
            self.part = "behind"
            return Step.MORE
        elif char == "(":
            self.depth += 1
            if self.depth > _DEPTH:
                return Step.NONE
        elif char == ")":
            if not self.depth:
                return Step.COMPLETE
            self.depth -= 1
        self.read.append(char)
        return Step.MORE

    def _behind(self, char: str) -> Step:
        self.beyond += 1
        if self.beyond > _TITLE_CHARS:
            return Step.NONE
        if self.part == "title":
            if char == self.closing:
                self.part = "end"
            return Step.MORE
        if char == ")":
            return Step.COMPLETE
        if self.part == "spaced":
            self.read.append(char)
            return Step.MORE if char != "\n" else Step.NONE
        if char in " \t\n":
            return Step.MORE
        if self.part == "behind" and char in _CLOSING:
            self.part, self.closing = "title", _CLOSING[char]
            return Step.MORE
        if self.part == "behind" and "://" in self.address:
            # no link to a renderer, but an address with spaces to a reader
            self.read += (" ", char)
            self.part = "spaced"
            return Step.MORE
        return Step.NONE


@dataclass(slots=True)
class Definition:
    """What stands behind the colon of `[label]: address`."""

    opener = ":"
    raw: list[str] = field(default_factory=list[str])
    begun: str = ""
    lines: int = 0
    certain: bool = False

    @property
    def address(self) -> str:
        return "".join(self.raw).strip().removeprefix("<").removesuffix(">")

    def step(self, char: str) -> Step:
        if char in " \t\n":
            if self.certain:
                return Step.BEFORE
            self.raw.append(char)
            self.lines += char == "\n"
            if self.begun:
                return Step.NONE
            return Step.MORE if self.lines < 2 else Step.NONE
        self.raw.append(char)
        if not self.certain:
            self.begun += char
            begun = self.begun.removeprefix("<")
            scheme = _SCHEME.match(begun)
            self.certain = begun[:1] in ("/", "\\") or (scheme is not None and len(begun) > scheme.end())
            if not (self.certain or scheme or not begun or _SCHEME_BEGUN.fullmatch(begun)):
                return Step.NONE
        return Step.MORE


@dataclass(slots=True)
class Autolink:
    """What stands in `<scheme:address>`, from behind the first bracket."""

    opener = "<"
    raw: list[str] = field(default_factory=list[str])
    begun: str = ""
    certain: bool = False

    @property
    def address(self) -> str:
        return "".join(self.raw).removesuffix(">")

    def step(self, char: str) -> Step:
        self.raw.append(char)
        if char in " \t\n<":
            return Step.NONE
        if char == ">":
            return Step.COMPLETE if self.certain else Step.NONE
        if not self.certain:
            self.begun += char
            self.certain = _SCHEME.fullmatch(self.begun) is not None
            if not self.certain and not _SCHEME_BEGUN.fullmatch(self.begun):
                return Step.NONE
        return Step.MORE


type Target = InlineTarget | Definition | Autolink
