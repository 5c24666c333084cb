"""Renders a source as docx, xlsx or pptx, with the formats' own structure: heading styles, lists, tables,
typed cells, merged cells, slide titles, speaker notes. The bytes are the same for the same source."""

import re
import zipfile
from datetime import datetime
from pathlib import Path

import xlsxwriter
from docx import Document
from docx.document import Document as WordDocument
from docx.shared import Pt
from pptx import Presentation
from pptx.slide import Slide
from pptx.util import Emu, Inches
from pptx.util import Pt as SlidePt

from devstack.sample.source import (
    Block,
    Heading,
    Items,
    Note,
    PageBreak,
    Paragraph,
    Source,
    SourceMistake,
    Table,
    bold_parts,
    plain,
)

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def render_docx(source: Source, target: Path) -> None:
    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    _set_properties(document.core_properties, source)
    document.sections[0].footer.paragraphs[0].text = f"Ostermann Pike · {source.title}"
    document.add_heading(source.title, level=0)
    document.add_paragraph(f"{source.author} · {source.date:%Y-%m-%d}", style="Subtitle")
    for block in source.blocks:
        _write_word_block(document, block)
    document.save(str(target))
    _fix_zip_times(target)


def _write_word_block(document: WordDocument, block: Block) -> None:
    match block:
        case Heading(level, text):
            document.add_heading(plain(text), level=level)
        case Paragraph(text) | Note(text):
            _add_runs(document.add_paragraph(), text)
        case Items(entries, numbered):
            for entry in entries:
                _add_runs(document.add_paragraph(style="List Number" if numbered else "List Bullet"), entry)
        case Table(header, rows):
            grid = document.add_table(rows=0, cols=len(header), style="Light Grid Accent 1")
            for row in (header, *rows):
                for cell, text in zip(grid.add_row().cells, row, strict=True):
                    _add_runs(cell.paragraphs[0], text)
            document.add_paragraph()
        case PageBreak():
            document.add_page_break()


def _add_runs(paragraph, text: str) -> None:
    for part, bold in bold_parts(text):
        paragraph.add_run(part).bold = bold or None


def render_xlsx(source: Source, target: Path) -> None:
    """One sheet a level-1 heading; numbers, percentages and ISO dates become typed cells, and a cell `^` is
    merged with the one above. A paragraph below a table becomes a line of its own."""
    with xlsxwriter.Workbook(str(target)) as book:
        book.set_properties({"title": source.title, "author": source.author, "created": source.date})
        sheet, row = None, 0
        for block in source.blocks:
            match block:
                case Heading(1, text):
                    sheet, row = book.add_worksheet(text[:31]), 0
                case Table() if sheet is not None:
                    row = _write_sheet_table(book, sheet, row, block) + 1
                case Paragraph(text) if sheet is not None:
                    sheet.write_string(row, 0, plain(text))
                    row += 2
                case _:
                    raise SourceMistake(f"{source.title}: a workbook cannot hold {block!r}")
    _fix_zip_times(target)


def _write_sheet_table(book: xlsxwriter.Workbook, sheet, top: int, table: Table) -> int:
    head = book.add_format({"bold": True, "bg_color": "#0B6E6E", "font_color": "#FFFFFF"})
    formats = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "percent": book.add_format({"num_format": "0.0 %"}),
        "merged": book.add_format({"valign": "top"}),
    }
    for column, name in enumerate(table.header):
        sheet.write_string(top, column, plain(name), head)
        sheet.set_column(column, column, min(46, max(len(row[column]) for row in (table.header, *table.rows)) + 3))
        cells = [row[column] for row in table.rows]
        for index, text in enumerate(cells):
            below = next((i for i in range(index + 1, len(cells)) if cells[i] != "^"), len(cells)) - 1
            if text != "^" and below > index:
                sheet.merge_range(top + 1 + index, column, top + 1 + below, column, text, formats["merged"])
            elif text != "^":
                _write_cell(sheet, top + 1 + index, column, text, formats)
    if top == 0:
        sheet.freeze_panes(1, 0)
    return top + 1 + len(table.rows)


def _write_cell(sheet, row: int, column: int, text: str, formats: dict) -> None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        sheet.write_datetime(row, column, datetime.fromisoformat(text), formats["date"])
    elif re.fullmatch(r"\d+(\.\d+)? %", text):
        sheet.write_number(row, column, float(text[:-2]) / 100, formats["percent"])
    elif re.fullmatch(r"\d+(\.\d+)?", text):
        sheet.write_number(row, column, float(text))
    else:
        sheet.write_string(row, column, plain(text))


def render_pptx(source: Source, target: Path) -> None:
    """A title slide, then one slide a level-1 heading with its list or table and its speaker's notes."""
    deck = Presentation()
    _set_properties(deck.core_properties, source)
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = source.title
    slide.placeholders[1].text = f"Ostermann Pike\n{source.author}\n{source.date:%Y-%m-%d}"
    groups: list[tuple[str, list[Block]]] = []
    for block in source.blocks:
        if isinstance(block, Heading):
            groups.append((block.text, []))
        else:
            groups[-1][1].append(block)
    for title, blocks in groups:
        with_list = any(isinstance(block, Items) for block in blocks)
        slide = deck.slides.add_slide(deck.slide_layouts[1 if with_list else 5])
        slide.shapes.title.text = title
        for block in blocks:
            _write_slide_block(slide, block)
    deck.save(str(target))
    _fix_zip_times(target)


def _write_slide_block(slide: Slide, block: Block) -> None:
    match block:
        case Items(entries, numbered):
            lines = [f"{n}. {entry}" if numbered else entry for n, entry in enumerate(entries, 1)]
            slide.placeholders[1].text_frame.text = "\n".join(plain(line) for line in lines)
        case Table(header, rows):
            size = len(rows) + 1, len(header)
            box = Inches(0.5), Inches(1.7), Inches(9), Emu(Inches(0.5) * size[0])
            grid = slide.shapes.add_table(*size, *box).table
            for r, row in enumerate((header, *rows)):
                for c, text in enumerate(row):
                    grid.cell(r, c).text = plain(text)
                    grid.cell(r, c).text_frame.paragraphs[0].font.size = SlidePt(14)
        case Note(text):
            slide.notes_slide.notes_text_frame.text = plain(text)
        case _:
            raise SourceMistake(f"a slide cannot hold {block!r}")


def _set_properties(properties, source: Source) -> None:
    properties.title = source.title
    properties.author = properties.last_modified_by = source.author
    properties.language = source.language
    properties.created = properties.modified = source.date
    properties.revision = 1


def _fix_zip_times(path: Path) -> None:
    """Writes the archive again, same order, with one fixed time: the libraries stamp the clock into it."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            member = zipfile.ZipInfo(name, _ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
