"""PDF by pdfium: text in the order of the page, with enough geometry to see paragraphs and headings.

What is not text comes from the catalog, by pypdf. Page numbers are 1-based positions in the file, because a
viewer's `#page=` counts so; labels that are printed on the pages instead are told in the metadata.
"""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from shared.adapters.extract.pdf_catalog import needs_password, read_catalog
from shared.adapters.extract.pdf_furniture import without_furniture
from shared.adapters.extract.pdf_hyphens import mend_hyphens
from shared.adapters.extract.pdf_layout import page_blocks, typography
from shared.adapters.extract.pdf_lines import Line, page_lines
from shared.adapters.extract.pdf_outline import Outline
from shared.domain.extracted import Block, Extracted
from shared.errors import ExtractionFailed

MAX_PAGES = 5_000
_FEWEST_CHARACTERS = 16  # on all pages together; less beside pictures is a scan with a stamp
_SCAN_CHARACTERS_A_PAGE = 8


def extract(path: Path) -> Extracted:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if needs_password(path) or error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise ExtractionFailed(
                "encrypted", "The file is protected with a password. Save it without one to have it indexed."
            ) from error
        raise ExtractionFailed("corrupt", "The file is damaged: it cannot be opened as PDF.") from error
    try:
        return _read(document, path)
    finally:
        document.close()


def _read(document: pypdfium2.PdfDocument, path: Path) -> Extracted:
    count = len(document)
    if count > MAX_PAGES:
        raise ExtractionFailed("limits_exceeded", f"The file has more than {MAX_PAGES:,} pages.")
    pages: list[list[Line]] = []
    unreadable, pictures = 0, 0
    for number in range(count):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:  # one bad page must not cost the others
            unreadable += 1
            pages.append([])
            continue
        lines = page_lines(page)
        pictures += not lines and _has_picture(page)
        pages.append(lines)
        page.close()
    if unreadable == count:
        raise ExtractionFailed("corrupt", "The file is damaged: none of its pages can be read.")
    characters = sum(len(line.text) for lines in pages for line in lines)
    if pictures and (characters < _FEWEST_CHARACTERS or characters < _SCAN_CHARACTERS_A_PAGE * count):
        raise ExtractionFailed(
            "needs_ocr",
            "The pages are images without text. Run text recognition (OCR) over the file to have it indexed.",
        )
    metadata = {"unreadable_pages": str(unreadable)} if unreadable else {}
    if pictures:
        metadata["pages_without_text"] = str(pictures)
    catalog = read_catalog(path, outline=_has_outline(document), page_labels=_has_page_labels(document))
    if catalog.page_labels:
        metadata["page_labels"] = catalog.page_labels
    return Extracted("pdf", catalog.title, count, tuple(_blocks(pages, Outline(catalog.outline))), metadata=metadata)


def _blocks(pages: list[list[Line]], outline: Outline) -> Iterator[Block]:
    pages = mend_hyphens(without_furniture(pages))
    type_sizes = typography(pages)
    for number, lines in enumerate(pages, start=1):
        yield from page_blocks(lines, number, type_sizes, outline)


def _has_outline(document: pypdfium2.PdfDocument) -> bool:
    return next(iter(document.get_toc(max_depth=1)), None) is not None


def _has_page_labels(document: pypdfium2.PdfDocument) -> bool:
    """Whether any page is labelled with anything but its position."""
    try:
        labels = [document.get_page_label(number) for number in range(len(document))]
    except UnicodeDecodeError:
        return True
    return any(label and label != str(position) for position, label in enumerate(labels, start=1))


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    """Pages without text: pictures, or text drawn as outlines, both of which only OCR can read."""
    kinds = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING)
    return next(iter(page.get_objects(filter=kinds, max_depth=4)), None) is not None
