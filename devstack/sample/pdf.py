"""Renders a source as a PDF with an outline, a running footer with page numbers, and fixed dates."""

from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    ListFlowable,
    ListItem,
    PageTemplate,
    Spacer,
)
from reportlab.platypus import PageBreak as NewPage
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from devstack.sample.source import Block, Heading, Items, Note, PageBreak, Paragraph, Source, Table, bold_parts, plain

_INK = HexColor("#1d2733")
_ACCENT = HexColor("#0b6e6e")
_RULE = HexColor("#b9c4cc")
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=12, leading=18, textColor=_INK, spaceAfter=10)
_CELL = ParagraphStyle("cell", parent=_BODY, fontSize=9.5, leading=13, spaceAfter=0)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName="Helvetica-Bold", textColor=HexColor("#ffffff"))
_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=23, leading=28, textColor=_ACCENT, spaceAfter=6)
_BYLINE = ParagraphStyle("byline", parent=_BODY, fontSize=9.5, textColor=HexColor("#5b6873"), spaceAfter=18)
_HEADINGS = {
    1: ParagraphStyle("h1", _TITLE, fontSize=18, leading=24, spaceBefore=12, spaceAfter=7),
    2: ParagraphStyle("h2", _TITLE, fontSize=14, leading=19, textColor=_INK, spaceBefore=8, spaceAfter=4),
    3: ParagraphStyle("h3", _TITLE, fontSize=11, leading=15, textColor=_INK, spaceBefore=6, spaceAfter=3),
}
_WIDTH = A4[0] - 52 * mm


def render_pdf(source: Source, target: Path) -> None:
    """Writes A4 pages. `invariant` makes reportlab leave out the clock, so equal sources give equal bytes."""
    document = _Document(source, str(target))
    date = f"{source.date:%d.%m.%Y}" if source.language == "de" else f"{source.date.day} {source.date:%B %Y}"
    story: list[Flowable] = [Text(source.title, _TITLE), Text(f"{source.author} · {date}", _BYLINE)]
    for block in source.blocks:
        story.extend(_flowables(block))
    document.build(story)


class _Document(BaseDocTemplate):
    """A template that puts every heading into the PDF's outline, which readers and extractors use."""

    def __init__(self, source: Source, path: str) -> None:
        super().__init__(
            path,
            pagesize=A4,
            title=source.title,
            author=source.author,
            lang=source.language,
            invariant=1,
            leftMargin=26 * mm,
            rightMargin=26 * mm,
        )
        self._page_word = "Seite" if source.language == "de" else "Page"
        self._title = source.title
        frame = Frame(26 * mm, 24 * mm, _WIDTH, A4[1] - 44 * mm, 0, 0, 0, 0)
        self.addPageTemplates([PageTemplate("page", [frame], onPage=self._footer)])

    def _footer(self, canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setStrokeColor(_RULE)
        canvas.line(26 * mm, 18 * mm, A4[0] - 26 * mm, 18 * mm)
        canvas.setFont("Helvetica", 8.5)
        canvas.setFillColor(_INK)
        canvas.drawString(26 * mm, 13 * mm, f"Ostermann Pike · {self._title}")
        canvas.drawRightString(A4[0] - 26 * mm, 13 * mm, f"{self._page_word} {canvas.getPageNumber()}")
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:
        if isinstance(flowable, Text) and flowable.style.name in ("h1", "h2", "h3"):
            key = f"heading-{self.canv.getPageNumber()}-{flowable.getPlainText()}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.getPlainText(), key, level=int(flowable.style.name[1]) - 1)


def _flowables(block: Block) -> list[Flowable]:
    match block:
        case Heading(level, text):
            return [Text(_marked(text), _HEADINGS[level])]
        case Paragraph(text) | Note(text):
            return [Text(_marked(text), _BODY)]
        case Items(entries, numbered):
            items = [ListItem(Text(_marked(entry), _BODY), spaceAfter=2) for entry in entries]
            kind = "1" if numbered else "bullet"
            return [ListFlowable(items, bulletType=kind, leftIndent=14, bulletFontSize=9), Spacer(1, 6)]
        case Table():
            return [KeepTogether([_grid(block), Spacer(1, 12)])]
        case PageBreak():
            return [NewPage()]


def _grid(table: Table) -> Grid:
    cells = [[Text(_marked(cell), _HEAD) for cell in table.header]]
    cells += [[Text(_marked(cell), _CELL) for cell in row] for row in table.rows]
    grid = Grid(cells, colWidths=_column_widths(table), repeatRows=1)
    grid.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, 0), _ACCENT),
            ("LINEBELOW", (0, 1), (-1, -1), 0.5, _RULE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
        ]
    )
    return grid


def _column_widths(table: Table) -> list[float]:
    """Each column as wide as its widest cell, and the rest of the page shared out; when that does not fit, only the
    columns above their fair share give way, so that short cells stay on one line."""
    natural = [
        max(stringWidth(plain(row[i]), _HEAD.fontName, _CELL.fontSize) for row in (table.header, *table.rows)) + 14
        for i in range(len(table.header))
    ]
    if sum(natural) <= _WIDTH:
        return [width * _WIDTH / sum(natural) for width in natural]
    fair = _WIDTH / len(natural)
    long = sum(width - fair for width in natural if width > fair)
    spare = _WIDTH - sum(min(width, fair) for width in natural)
    return [width if width <= fair else fair + (width - fair) * spare / long for width in natural]


def _marked(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<b>{part}</b>" if bold else part for part, bold in bold_parts(escaped))
