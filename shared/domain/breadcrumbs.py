"""Where in a document, and in the company, a passage stands: "library › folder › file › heading"."""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.domain.sentences import halves

SEPARATOR = " › "


def breadcrumb_of(library: str, file_name: str, path: str | None = None) -> str:
    """library › folders › file. `path` is the file's within the library; without one it has no folders."""
    folders = path.split("/")[:-1] if path else []
    return SEPARATOR.join([library, *folders, file_name])


def with_section(breadcrumb: str, section: str | None) -> str:
    """library › folders › file › heading; `breadcrumb` as short as it must be, see `chunking.shortened`."""
    return SEPARATOR.join(filter(None, (breadcrumb, section)))


def embedded_text(breadcrumb: str, text: str) -> str:
    """What both vectors of a passage are made of."""
    return f"{breadcrumb}\n{text}" if breadcrumb else text


@dataclass(frozen=True, slots=True)
class Counted:
    """`tokens` includes what joins the text to the next."""

    text: str
    tokens: int


@dataclass(slots=True)
class Headings:
    """The headings that hold at a place of the document."""

    titles: list[str] = field(default_factory=list[str])
    levels: list[int] = field(default_factory=list[int])

    def enter(self, level: int, title: str) -> None:
        while self.levels and self.levels[-1] >= level:
            self.levels.pop()
            self.titles.pop()
        self.levels.append(level)
        self.titles.append(title)

    def path(self) -> str:
        return SEPARATOR.join(self.titles)


@dataclass(slots=True)
class Trails:
    """Shortens breadcrumbs and sections from their beginning, where they say least, and counts each once."""

    count: Callable[[str], int]
    limit: int
    known: dict[str, Counted] = field(default_factory=dict[str, Counted])

    def fit(self, trail: str) -> Counted:
        """At most `limit` tokens; empty where nothing fits."""
        if trail not in self.known:
            shown = trail
            while shown and self.count(shown) + 1 > self.limit:
                _, more, rest = shown.partition(SEPARATOR)
                shown = rest if more else (halves(shown)[0].rstrip() if len(shown) > 1 else "")
            self.known[trail] = Counted(shown, self.count(shown) + 1 if shown else 0)
        return self.known[trail]
