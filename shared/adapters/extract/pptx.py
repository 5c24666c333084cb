"""Presentations: slide by slide in showing order, each under its title; tables, groups, diagrams, notes."""

from collections.abc import Iterator
from pathlib import Path

from shared.adapters.extract.characters import clean
from shared.adapters.extract.package import Package
from shared.adapters.extract.tables import Grid, guess_header_rows, table_blocks
from shared.adapters.extract.xml import Element, attribute, child, local
from shared.domain.extracted import Block, BlockKind, Extracted

_TITLES = frozenset({"title", "ctrTitle"})
_FURNITURE = frozenset({"dt", "ftr", "sldNum", "hdr"})
_DEEPEST_GROUP = 50


def extract(path: Path) -> Extracted:
    with Package.open(path) as package:
        main = next(package.related("", "officeDocument"), "ppt/presentation.xml")
        blocks: list[Block] = []
        slides = list(_slides(package, main))
        hidden = 0
        footers: dict[str, None] = {}
        for number, part in enumerate(slides, start=1):
            slide = package.xml(part)
            hidden += slide.get("show") in ("0", "false")
            blocks.extend(_slide_blocks(package, part, slide, number))
            footers.update(dict.fromkeys(_footers(slide)))
        blocks.extend(Block("page_furniture", footer) for footer in footers)
        title = next((block.text for block in blocks if block.kind == "slide_title"), None)
        metadata = {"hidden_slides": str(hidden)} if hidden else {}
        return Extracted("pptx", title, len(slides), tuple(blocks), metadata=metadata)


def _slides(package: Package, main: str) -> Iterator[str]:
    """Parts in the order of the show, which is not the order of their names."""
    relationships = package.relationships(main)
    for element in package.xml(main).iter():
        if local(element) != "sldId":
            continue
        slide = relationships.get(attribute(element, "id") or "")
        if slide is not None and slide.target in package:  # PowerPoint passes over slides that are missing, too
            yield slide.target


def _slide_blocks(package: Package, part: str, slide: Element, number: int) -> Iterator[Block]:
    tree = next((element for element in slide.iter() if local(element) == "spTree"), None)
    shapes = list(_shapes(tree, 0)) if tree is not None else []
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    section = " ".join(filter(None, (clean(_text(shape)).replace("\n", " ") for shape in titles))) or None
    if section:
        yield Block("slide_title", section, level=1, page=number, section=section)
    for shape in shapes:
        kind = _placeholder(shape)
        if kind in _TITLES or kind in _FURNITURE:
            continue
        yield from _shape_blocks(package, part, shape, number, section)
    for notes in package.related(part, "notesSlide"):
        yield from _notes(package.xml(notes), number, section)
    for comments in package.related(part, "comments"):
        for element in package.xml(comments).iter():
            text = clean(element.text or "") if local(element) == "text" else ""
            if text:
                yield Block("note", text, page=number, section=section)


def _shapes(parent: Element, depth: int) -> Iterator[Element]:
    """Leaves of the shape tree, in the order of drawing, which is how most slides are written."""
    for element in parent:
        name = local(element)
        if name == "grpSp" and depth < _DEEPEST_GROUP:
            yield from _shapes(element, depth + 1)
        elif name in ("sp", "graphicFrame", "cxnSp"):
            yield element
        elif name == "AlternateContent":
            choice = next(iter(element), None)
            if choice is not None:
                yield from _shapes(choice, depth)


def _shape_blocks(package: Package, part: str, shape: Element, number: int, section: str | None) -> Iterator[Block]:
    if local(shape) != "graphicFrame":
        yield from _paragraphs(shape, number, section)
        return
    for element in shape.iter():
        name = local(element)
        if name == "tbl":
            grid = _grid(element)
            header_rows = guess_header_rows(grid) or int(_first_row_marked(element))
            yield from table_blocks(grid, header_rows=header_rows, page=number, section=section)
        elif name == "relIds":  # SmartArt: its words are in a part of their own
            yield from _diagram(package, part, element, number, section)
        elif name == "chart":
            yield from _chart(package, part, element, number, section)


def _paragraphs(
    parent: Element, number: int | None, section: str | None, kind: BlockKind | None = None
) -> Iterator[Block]:
    """One block a paragraph: bulleted or indented ones are list items."""
    for paragraph in parent.iter():
        if local(paragraph) == "p" and (text := clean(_paragraph_text(paragraph))):
            properties = child(paragraph, "pPr")
            level = (properties.get("lvl") if properties is not None else None) or "0"
            marked = properties is not None and any(local(mark) in ("buChar", "buAutoNum") for mark in properties)
            depth = min(int(level), 8) if level.isdigit() else 0
            found: BlockKind = kind or ("list_item" if marked or depth else "paragraph")
            yield Block(found, text, level=depth if found == "list_item" else 0, page=number, section=section)


def _diagram(package: Package, part: str, element: Element, number: int, section: str | None) -> Iterator[Block]:
    for target in _targets(package, part, element, "dm"):
        yield from _paragraphs(package.xml(target), number, section)


def _chart(package: Package, part: str, element: Element, number: int, section: str | None) -> Iterator[Block]:
    """Title and axis words, then each series with its values."""
    for target in _targets(package, part, element, "id"):
        root = package.xml(target)
        yield from _paragraphs(root, number, section)
        for series in root.iter():
            if local(series) != "ser":
                continue
            words: dict[str, list[str]] = {"tx": [], "cat": [], "val": []}
            for part_of_series in series:
                if local(part_of_series) in words:
                    values = [value.text or "" for value in part_of_series.iter() if local(value) == "v"]
                    words[local(part_of_series)] = values
            points = zip(words["cat"], words["val"], strict=False)
            name = " ".join(words["tx"])
            text = clean(f"{name}: " + ", ".join(f"{category} {value}" for category, value in points))
            if words["val"] and text.strip(": "):
                yield Block("paragraph", text, page=number, section=section)


def _targets(package: Package, part: str, element: Element, name: str) -> Iterator[str]:
    found = package.relationships(part).get(attribute(element, name) or "")
    if found is not None and not found.external and found.target in package:
        yield found.target


def _notes(root: Element, number: int, section: str | None) -> Iterator[Block]:
    for shape in root.iter():
        if local(shape) == "sp" and _placeholder(shape) not in _FURNITURE | {"sldImg"}:
            yield from _paragraphs(shape, number, section, kind="note")


def _placeholder(shape: Element) -> str | None:
    """The kind of a placeholder, "body" where it does not say; None for a shape that is none."""
    for properties in shape:
        if local(properties).startswith("nv"):
            for element in properties.iter():
                if local(element) == "ph":
                    return element.get("type") or "body"
    return None


def _footers(slide: Element) -> Iterator[str]:
    for shape in slide.iter():
        if local(shape) == "sp" and _placeholder(shape) == "ftr" and (text := clean(_text(shape))):
            yield text


def _text(shape: Element) -> str:
    return "\n".join(_paragraph_text(element) for element in shape.iter() if local(element) == "p")


def _paragraph_text(paragraph: Element) -> str:
    pieces: list[str] = []
    for element in paragraph.iter():
        name = local(element)
        if name == "t":
            pieces.append(element.text or "")
        elif name == "br":
            pieces.append("\n")
        elif name == "tab":
            pieces.append("\t")
    return "".join(pieces)


def _grid(table: Element) -> Grid:
    grid = Grid()
    for row in table:
        if local(row) != "tr":
            continue
        grid.add_row()
        for cell in row:
            if local(cell) != "tc" or cell.get("hMerge") in ("1", "true"):
                continue
            span = cell.get("gridSpan") or "1"
            columns = min(int(span), 100) if span.isdigit() else 1
            below = cell.get("vMerge") in ("1", "true")
            grid.add_cell(grid.above() if below else clean(_text(cell)), max(1, columns))
    return grid


def _first_row_marked(table: Element) -> bool:
    properties = child(table, "tblPr")
    return properties is not None and properties.get("firstRow") in ("1", "true")
