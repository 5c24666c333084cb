"""Web pages: what a reader sees of them. Scripts, styles, navigation and hidden parts are left out."""

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.adapters.extract.characters import clean, clean_code
from shared.adapters.extract.charsets import decode
from shared.adapters.extract.tables import Grid, guess_header_rows, table_blocks
from shared.domain.extracted import Block, BlockKind, Extracted

_UNSEEN = frozenset(
    "script style nav template noscript svg math-annotation head iframe object embed canvas audio video "
    "select datalist button dialog map area link meta base title param source track".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form "
    "frameset header hgroup hr html legend li main menu ol p section summary table tbody td tfoot th thead tr ul "
    "caption".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,40})""", re.IGNORECASE)
_DECLARED_XML = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w-]{2,40})""")
_SPACE = re.compile(r"\s+")
_LONGEST_CELL = 1500
_LARGEST_SPAN = 100


def extract(path: Path) -> Extracted:
    data = path.read_bytes()
    declared = _DECLARED_XML.search(data[:512]) or _DECLARED.search(data[:4096])
    text = decode(data, declared=declared[1].decode("ascii") if declared else None)
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    blocks = tuple(html_blocks(tree))
    named = clean(title.text()).replace("\n", " ") if title is not None else ""
    heading = next((block.text for block in blocks if block.kind == "heading"), None)
    return Extracted("html", title=named or heading, page_count=None, blocks=blocks)


def html_blocks(tree: LexborHTMLParser) -> Iterator[Block]:
    """The blocks of a parsed page, also of a fragment."""
    body = tree.body
    if body is not None:
        yield from _Walk().walk(body)


class _Walk:
    """Walks without recursion: pages nest deeper than Python's stack. Inline text gathers until a block ends."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.kind: BlockKind = "paragraph"
        self.level = 0
        self.marker = ""
        self.lists: list[int] = []  # of each open list the next number, 0 where it has bullets

    def walk(self, root: LexborNode) -> Iterator[Block]:
        # A stack entry is a node to enter, or the name of an element that ends.
        stack: list[LexborNode | str] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, str):
                yield from self._end(node)
                continue
            name = node.tag or ""
            if name == "-text":
                self.pieces.append(_SPACE.sub(" ", node.text_content or ""))
            elif name == "br":
                self.pieces.append("\n")
            elif name == "img":
                self.pieces.append(f" {node.attributes.get('alt') or ''} ")
            elif name.startswith(("-", "!")) or _is_unseen(node, name):
                continue
            elif name == "pre":
                yield from self._flush()
                if code := clean_code(node.text()):
                    yield Block("code", code)
            elif name == "table" and (grid := _data_table(node)) is not None:
                yield from self._flush()
                caption = node.css_first("caption")
                if caption is not None and (text := clean(caption.text()).replace("\n", " ")):
                    yield Block("paragraph", text)
                yield from table_blocks(grid, header_rows=_header_rows(node, grid))
            else:
                yield from self._begin(name)
                stack.append(name)
                stack.extend(reversed(list(node.iter(include_text=True))))
        yield from self._flush()

    def _begin(self, name: str) -> Iterator[Block]:
        if name in _HEADINGS:
            yield from self._flush()
            self.kind, self.level = "heading", _HEADINGS[name]
        elif name in _BLOCKS or name in _LISTS:
            yield from self._flush()
            if name in _LISTS:
                self.lists.append(int(name == "ol"))
            elif name == "li":
                self.kind, self.level = "list_item", max(0, len(self.lists) - 1)
                if self.lists and self.lists[-1]:
                    self.marker = f"{self.lists[-1]}. "
                    self.lists[-1] += 1

    def _end(self, name: str) -> Iterator[Block]:
        if name in _HEADINGS or name in _BLOCKS or name in _LISTS:
            yield from self._flush()
            if name in _HEADINGS or name == "li":
                self.kind, self.level = "paragraph", 0
            if name in _LISTS and self.lists:
                self.lists.pop()

    def _flush(self) -> Iterator[Block]:
        text = clean("".join(self.pieces))
        self.pieces.clear()
        if not text:
            return
        if self.kind == "heading":
            yield Block("heading", text.replace("\n", " "), level=self.level)
            return
        for paragraph in text.split("\n\n"):  # pages that part paragraphs by two line breaks
            yield Block(self.kind, self.marker + paragraph, level=self.level)
            self.marker = ""
            if self.kind == "list_item":  # further paragraphs of the same item
                self.kind, self.level = "paragraph", 0


def _is_unseen(node: LexborNode, name: str) -> bool:
    if name in _UNSEEN:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("role") == "navigation" or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))


def _data_table(table: LexborNode) -> Grid | None:
    """The cells, or None for a table that only lays out a page: it holds headings or whole texts, or tables
    without naming its own columns."""
    if table.css_first("h1, h2, h3, h4, h5, h6") is not None:
        return None
    if table.css_first("td table, th table") is not None and not any(_tags(row) == {"th"} for row in _own_rows(table)):
        return None
    grid = Grid()
    hanging: dict[int, tuple[str, int]] = {}  # column → text of a cell above, and rows it still covers
    for row in _own_rows(table):
        grid.add_row()
        for cell in row.iter():
            if cell.tag not in ("td", "th") or _is_unseen(cell, cell.tag):
                continue
            _hang(grid, hanging)
            text = clean(_cell_text(cell))
            if len(text) > _LONGEST_CELL:
                return None
            columns, rows = _span(cell, "colspan"), _span(cell, "rowspan")
            for place in range(len(grid.rows[-1]), len(grid.rows[-1]) + columns):
                if rows > 1:
                    hanging[place] = (text, rows)
            grid.add_cell(text, columns)
        _hang(grid, hanging)
        hanging = {place: (text, left - 1) for place, (text, left) in hanging.items() if left > 1}
    return grid if max(map(len, grid.rows), default=0) > 1 else None


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    """Rows of this table, not of tables within its cells."""
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child.iter() if row.tag == "tr")


def _tags(row: LexborNode) -> set[str]:
    return {cell.tag for cell in row.iter() if cell.tag in ("td", "th")}


def _hang(grid: Grid, hanging: dict[int, tuple[str, int]]) -> None:
    """Fills in what cells with a rowspan show in this row, up to the next cell of the row itself."""
    row = grid.rows[-1]
    while len(row) in hanging:
        grid.add_cell(hanging[len(row)][0])


def _cell_text(cell: LexborNode) -> str:
    return "\n".join(block.text for block in _Walk().walk(cell))


def _span(cell: LexborNode, attribute: str) -> int:
    value = (cell.attributes.get(attribute) or "1").strip()
    return max(1, min(int(value), _LARGEST_SPAN)) if value.isascii() and value.isdigit() else 1


def _header_rows(table: LexborNode, grid: Grid) -> int:
    """Rows of the head, or rows of nothing but th, or what looks like names of columns."""
    marked = 0
    for row in _own_rows(table):
        in_head = row.parent is not None and row.parent.tag == "thead"
        if not in_head and _tags(row) != {"th"}:
            break
        marked += 1
    return marked if 0 < marked < len(grid.rows) else guess_header_rows(grid)
