"""What a Word paragraph is: heading, list item, title. Said by its style, its style's parents, or itself."""

import re
from dataclasses import dataclass, field, replace
from typing import Self

from shared.adapters.extract.docx_package import WordParts
from shared.adapters.extract.xml import Element, attribute, child, local

_HEADING_NAME = re.compile(
    r"^(?:heading|überschrift|titre|título|titolo|kop|rubrik|nagłówek)\s*([1-9])$", re.IGNORECASE
)
_DEEPEST_HEADING = 6
_LONGEST_CHAIN = 12  # styles based on styles; a circle ends here


@dataclass(frozen=True, slots=True)
class Look:
    heading: int = 0
    list_level: int | None = None
    is_title: bool = False
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class _Style:
    look: Look
    based_on: str | None


@dataclass(slots=True)
class Styles:
    by_id: dict[str, _Style] = field(default_factory=dict[str, _Style])
    default: str | None = None
    resolved: dict[str, Look] = field(default_factory=dict[str, Look])

    @classmethod
    def read(cls, parts: WordParts, main: str) -> Self:
        styles = cls()
        for part in parts.related(main, "styles"):
            for element in parts.xml(part):
                if local(element) == "style" and attribute(element, "type") == "paragraph":
                    identifier = attribute(element, "styleId") or ""
                    styles.by_id[identifier] = _read_style(element)
                    if attribute(element, "default") in ("1", "true"):
                        styles.default = identifier
        return styles

    def look(self, paragraph: Element) -> Look:
        properties = child(paragraph, "pPr")
        if properties is None:
            return self._of_style(self.default)
        style, own = self.default, Look()
        for setting in properties:
            name = local(setting)
            if name == "pStyle":
                style = attribute(setting, "val")
            elif name == "numPr":
                own = replace(own, list_level=_list_level(setting))
            elif name == "outlineLvl":
                own = replace(own, heading=_outline_level(setting))
        return _combine(own, self._of_style(style))

    def _of_style(self, identifier: str | None) -> Look:
        if identifier is None:
            return Look()
        if identifier not in self.resolved:
            look, current = Look(), identifier
            for _ in range(_LONGEST_CHAIN):
                style = self.by_id.get(current)
                if style is None:
                    break
                look = _combine(look, style.look)
                if style.based_on is None:
                    break
                current = style.based_on
            self.resolved[identifier] = look
        return self.resolved[identifier]


def _combine(own: Look, inherited: Look) -> Look:
    return Look(
        heading=own.heading or inherited.heading,
        list_level=own.list_level if own.list_level is not None else inherited.list_level,
        is_title=own.is_title or inherited.is_title,
        is_code=own.is_code or inherited.is_code,
    )


def _read_style(element: Element) -> _Style:
    look, based_on = Look(), None
    for part in element:
        name = local(part)
        if name == "name":
            look = _combine(look, _named(attribute(part, "val") or ""))
        elif name == "basedOn":
            based_on = attribute(part, "val")
        elif name == "pPr":
            for setting in part:
                if local(setting) == "outlineLvl":
                    look = replace(look, heading=look.heading or _outline_level(setting))
                elif local(setting) == "numPr":
                    look = replace(look, list_level=_list_level(setting))
    return _Style(look, based_on)


def _named(name: str) -> Look:
    if found := _HEADING_NAME.match(name):
        return Look(heading=min(int(found[1]), _DEEPEST_HEADING))
    lowered = name.lower()
    if lowered == "title":
        return Look(heading=1, is_title=True)
    if lowered.startswith(("list bullet", "list number")):
        return Look(list_level=0)
    return Look(is_code="code" in lowered.split() or lowered in ("html preformatted", "source code", "plain text code"))


def _outline_level(element: Element) -> int:
    """Word counts from 0; 9 means body text."""
    value = attribute(element, "val") or "9"
    level = int(value) if value.isdigit() else 9
    return level + 1 if level < _DEEPEST_HEADING else 0


def _list_level(element: Element) -> int | None:
    level, number = 0, None
    for setting in element:
        value = attribute(setting, "val") or "0"
        if local(setting) == "ilvl" and value.isdigit():
            level = min(int(value), 8)
        elif local(setting) == "numId":
            number = value
    return None if number == "0" else level
