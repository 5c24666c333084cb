"""A conversation as a Markdown file, in which nothing that was said can pass for anything but what was said.

Questions, titles and file names are plain text: every character of theirs that means something in Markdown is escaped.
Answers are Markdown by nature and keep it, inside a block quote that no line of theirs can leave; what would reach out
of the file (images, links, HTML) is shown as text. Only the server's own source links can be followed.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from shared.domain.chat import Mode
from shared.domain.events import RunStatus, Source
from shared.domain.prompts import without_sources_block

MARKDOWN = "text/markdown"
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class ExportedMessage:
    is_question: bool
    content: str
    created_at: datetime
    status: RunStatus
    sources: Sequence[Source]
    is_replaced: bool


def conversation_markdown(
    title: str | None, mode: Mode, created_at: datetime, messages: Iterable[ExportedMessage]
) -> str:
    parts = [f"# {plain(title or 'Conversation')}", f"*{mode.value}, {_time(created_at)}*"]
    for message in messages:
        parts.append(f"## {_heading(message)}")
        if message.is_question:
            parts.append(_quoted(plain(line, at_start=True) for line in _lines(message.content)))
            continue
        parts.append(_quoted(_harmless(_lines(without_sources_block(message.content)))))
        if message.sources:
            parts.append("Sources:")
            # not a Markdown list: its numbers are those in the text
            parts.append("\n".join(f"- \\[{source.n}\\] {_source(source)}" for source in message.sources))
    return "\n\n".join(parts) + "\n"


def _heading(message: ExportedMessage) -> str:
    who = "Question" if message.is_question else "Earlier answer" if message.is_replaced else "Answer"
    state = "" if message.status is RunStatus.COMPLETE else f" ({message.status.value})"
    return f"{who}, {_time(message.created_at)}{state}"


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _source(source: Source) -> str:
    place = "".join(
        f", {part}"
        for part in (
            f"page {source.page}" if source.page is not None else "",
            plain(source.section) if source.section else "",
        )
        if part
    )
    name = plain(source.file_name)
    if not re.match(r"https?://", source.file_url, re.IGNORECASE):
        return f"{name}{place}"
    # everything that could end the link's address is escaped in it
    return f"[{name}](<{quote(source.file_url, safe=_IN_ADDRESSES)}>){place}"


_IN_ADDRESSES = ":/?#@!$&'()*+,;=%~-._"
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#|~!&$^=:\"@]")
_INVISIBLE = ("Cf", "Cc", "Co", "Cn", "Cs")


def plain(text: str, *, at_start: bool = False) -> str:
    """One line of text that reads in Markdown as it is. `at_start`: it begins its line."""
    line = " ".join(_visible(text).split())
    line = _SPECIAL.sub(lambda match: "\\" + match.group(), line)
    # "1." and "-" mean something at the beginning only; GFM makes links of bare addresses
    line = re.sub(r"(?i)\bwww\.", r"www\\.", line)
    if at_start:
        line = re.sub(r"^(\d{1,9})([.)])", r"\1\\\2", line)
        line = re.sub(r"^([-+])", r"\\\1", line)
    return line


def _visible(text: str) -> str:
    """With spaces for white space, without what cannot be seen."""
    return "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in _INVISIBLE
    )


def _lines(text: str) -> list[str]:
    """As Markdown ends lines; other separators of Unicode are ordinary characters to it."""
    return re.split(r"\r\n|\r|\n", text)


def _quoted(lines: Iterable[str]) -> str:
    return "\n".join(f"> {line}" if line.strip() else ">" for line in lines)


_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")


def _harmless(lines: Sequence[str]) -> list[str]:
    """The lines of an answer without what reaches out of the file. Code between fences stays as it is: a fence at the
    beginning of a line always opens a block of code, and nothing but its like ends it."""
    shown: list[str] = []
    fence: str | None = None
    for line in lines:
        line = line.replace("\0", "")
        found = _FENCE.match(line)
        if fence is not None:
            shown.append(line)
            # closed by at least as many of the same, and nothing after them
            if found and found.group(1).startswith(fence) and not line[found.end() :].strip():
                fence = None
        elif found:
            fence = found.group(1)
            shown.append(line)
        else:
            shown.append(_without_reach(line))
    return shown


def _without_reach(line: str) -> str:
    line = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", line)
    # no inline link or image, no reference and no definition of one; bare addresses stay as they can be read
    return re.sub(r"\](?=[(\[:])", "&#93;", line.replace("![", "!&#91;"))


_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


def attachment(title: str | None, extension: str) -> str:
    """A Content-Disposition whose file name holds nothing of a path, a header or a shell, whatever the title is."""
    letters = "".join(char if char.isalnum() or char in " -_" else " " for char in _visible(title or ""))
    name = " ".join(letters.split())[:_NAME_CHARS].strip(" -_")
    if not name or _RESERVED.match(name):
        name = f"conversation {name}".strip()
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    ascii_name = " ".join(ascii_name.split()) or "conversation"
    if _RESERVED.match(ascii_name):
        ascii_name = f"conversation {ascii_name}"
    return f"attachment; filename=\"{ascii_name}.{extension}\"; filename*=UTF-8''{quote(name, safe='')}.{extension}"
