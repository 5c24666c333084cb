"""Word documents: the XML of the body is walked once. Deleted text is left out, inserted text kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared.adapters.extract.characters import clean
from shared.adapters.extract.docx_package import WordParts, open_word
from shared.adapters.extract.docx_paragraphs import paragraph_text
from shared.adapters.extract.docx_styles import Styles
from shared.adapters.extract.package import Package
from shared.adapters.extract.tables import Grid, guess_header_rows, table_blocks
from shared.adapters.extract.xml import Element, attribute, child, local
from shared.domain.extracted import Block, BlockKind, Extracted
from shared.errors import ExtractionFailed

_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "body"})
_LAYOUT_CELL_CHARACTERS = 1500  # a cell longer than this is a page laid out with a table, not a cell


def extract(path: Path) -> Extracted:
    with Package.open(path) as package:
        parts, main = open_word(path, package)
        return _Document(parts, main).read()


@dataclass(slots=True)
class _Document:
    parts: WordParts
    main: str
    title: str | None = None
    blocks: list[Block] = field(default_factory=list[Block])
    styles: Styles = field(init=False)

    def __post_init__(self) -> None:
        self.styles = Styles.read(self.parts, self.main)

    def read(self) -> Extracted:
        root = self.parts.xml(self.main)
        body = child(root, "body")
        if body is None:
            raise ExtractionFailed("corrupt", "The file is damaged: the document has no body.")
        self._furniture("header")
        self._walk(body)
        self._notes("footnotes", "footnote")
        self._notes("endnotes", "footnote")
        self._notes("comments", "note")
        self._furniture("footer")
        title = self.title or _title_property(self.parts)
        return Extracted("docx", title=title, page_count=None, blocks=tuple(self.blocks))

    def _walk(self, parent: Element) -> None:
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name == "AlternateContent":  # the same thing in new and in old markup
                choice = next((part for part in element if local(part) in ("Choice", "Fallback")), None)
                if choice is not None:
                    self._walk(choice)
            elif name in _WRAPPERS:
                self._walk(element)

    def _paragraph(self, paragraph: Element) -> None:
        text, boxes = paragraph_text(paragraph)
        text = clean(text)
        if text:
            look = self.styles.look(paragraph)
            if look.is_title and self.title is None:
                self.title = text.replace("\n", " ")
            if look.heading:
                self.blocks.append(Block("heading", text.replace("\n", " "), level=look.heading))
            elif look.list_level is not None:
                self.blocks.append(Block("list_item", text, level=look.list_level))
            else:
                self.blocks.append(Block("code" if look.is_code else "paragraph", text))
        for box in boxes:  # text boxes hold whole paragraphs and tables and follow the paragraph they hang on
            self._walk(box)

    def _table(self, table: Element) -> None:
        grid, header_rows = self._grid(table)
        width = max(map(len, grid.rows), default=0)
        longest = max((len(cell) for row in grid.rows for cell in row), default=0)
        if width <= 1 or longest > _LAYOUT_CELL_CHARACTERS:
            for row in _children(table, "tr"):
                for cell in _children(row, "tc"):
                    self._walk(cell)
            return
        self.blocks.extend(table_blocks(grid, header_rows=header_rows or guess_header_rows(grid)))

    def _grid(self, table: Element) -> tuple[Grid, int]:
        """The cells, and how many rows at the top are marked as header."""
        grid = Grid()
        header_rows = 0
        for row in _children(table, "tr"):
            properties = child(row, "trPr")
            if _is_deleted(properties):
                continue
            if header_rows == len(grid.rows) and _has(properties, "tblHeader"):
                header_rows += 1
            grid.add_row()
            for cell in _children(row, "tc"):
                columns, continued = _span(cell)
                text = self._cell_text(cell)
                grid.add_cell(text or grid.above() if continued else text, columns)
        return grid, header_rows if header_rows < len(grid.rows) else 0

    def _cell_text(self, cell: Element) -> str:
        """Paragraphs of a cell, and those of tables within it, on one line each."""
        saved, self.blocks = self.blocks, []
        self._walk(cell)
        texts, self.blocks = [block.text for block in self.blocks], saved
        return "\n".join(texts)

    def _notes(self, kind: str, block_kind: BlockKind) -> None:
        for part in self.parts.related(self.main, kind):
            for note in self.parts.xml(part):
                if attribute(note, "type") in ("separator", "continuationSeparator", "continuationNotice"):
                    continue
                texts: list[str] = []
                for paragraph in note.iter():
                    if local(paragraph) == "p":
                        texts.append(clean(paragraph_text(paragraph)[0]))
                if text := "\n".join(filter(None, texts)):
                    self.blocks.append(Block(block_kind, text))

    def _furniture(self, kind: str) -> None:
        """Headers and footers, each different text once for the whole document."""
        seen: set[str] = set()
        for part in self.parts.related(self.main, kind):
            for paragraph in self.parts.xml(part).iter():
                if local(paragraph) != "p":
                    continue
                text = clean(paragraph_text(paragraph)[0])
                if text and not text.isdigit() and text not in seen:
                    seen.add(text)
                    self.blocks.append(Block("page_furniture", text))


def _children(parent: Element, name: str) -> Iterator[Element]:
    """Children of that name, also those inside content controls and tracked changes."""
    for element in parent:
        found = local(element)
        if found == name:
            yield element
        elif found in _WRAPPERS:
            yield from _children(element, name)


def _has(properties: Element | None, name: str) -> bool:
    if properties is None:
        return False
    found = child(properties, name)
    return found is not None and attribute(found, "val") not in ("0", "false", "off")


def _is_deleted(properties: Element | None) -> bool:
    return _has(properties, "del")


def _span(cell: Element) -> tuple[int, bool]:
    """Columns that a cell covers, and whether it goes on from the cell above."""
    columns, continued = 1, False
    for properties in cell:
        if local(properties) != "tcPr":
            continue
        for setting in properties:
            if local(setting) == "gridSpan":
                value = attribute(setting, "val") or "1"
                columns = min(int(value), 100) if value.isdigit() else 1
            elif local(setting) == "vMerge":
                continued = attribute(setting, "val") != "restart"
    return max(1, columns), continued


def _title_property(parts: WordParts) -> str | None:
    for part in parts.related("", "core-properties"):
        named = child(parts.xml(part), "title")
        if named is not None and (title := clean(named.text or "")):
            return title.replace("\n", " ")
    return None
