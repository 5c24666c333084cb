"""The real type of a file, by its content. A name decides only among the kinds of text, which content cannot."""

import mmap
import re
from pathlib import Path, PurePath

from shared.adapters.extract.package import Package
from shared.domain.extracted import FileType
from shared.errors import ExtractionFailed

_HEAD_BYTES = 4096
_PDF_MARK_WITHIN = 1024  # Acrobat accepts that much before "%PDF-"

_MAIN_PARTS: tuple[tuple[bytes, FileType], ...] = (
    (b"wordprocessingml.document.main+xml", "docx"),
    (b"wordprocessingml.template.main+xml", "docx"),
    (b"ms-word.document.macroenabled.main+xml", "docx"),
    (b"ms-word.template.macroenabledtemplate.main+xml", "docx"),
    (b"spreadsheetml.sheet.main+xml", "xlsx"),
    (b"spreadsheetml.template.main+xml", "xlsx"),
    (b"ms-excel.sheet.macroenabled.main+xml", "xlsx"),
    (b"ms-excel.template.macroenabled.main+xml", "xlsx"),
    (b"presentationml.presentation.main+xml", "pptx"),
    (b"presentationml.slideshow.main+xml", "pptx"),
    (b"presentationml.template.main+xml", "pptx"),
    (b"ms-powerpoint.presentation.macroenabled.main+xml", "pptx"),
    (b"ms-powerpoint.slideshow.macroenabled.main+xml", "pptx"),
    (b"ms-powerpoint.template.macroenabled.main+xml", "pptx"),
)

_TEXT_NAMES: dict[str, FileType] = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "md",
    ".markdown": "md",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "txt",
    ".text": "txt",
    ".log": "txt",
    "": "txt",
}

_FOLDERS: dict[str, FileType] = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LEGACY = (
    ("EncryptedPackage", "encrypted", "The file is protected with a password. Save it without one."),
    ("WordDocument", "unsupported_type", "This is an old Word file (.doc). Save it as .docx to have it indexed."),
    ("Workbook", "unsupported_type", "This is an old Excel file (.xls). Save it as .xlsx to have it indexed."),
    ("Book", "unsupported_type", "This is an old Excel file (.xls). Save it as .xlsx to have it indexed."),
    (
        "PowerPoint Document",
        "unsupported_type",
        "This is an old PowerPoint file (.ppt). Save it as .pptx to have it indexed.",
    ),
)

_OTHER_KINDS = (
    (b"{\\rtf", "This is a rich text file (RTF). Save it as .docx or .pdf to have it indexed."),
    (b"\x89PNG", "This is a picture; pictures are not indexed."),
    (b"\xff\xd8\xff", "This is a picture; pictures are not indexed."),
    (b"GIF8", "This is a picture; pictures are not indexed."),
    (b"II*\0", "This is a picture; pictures are not indexed."),
    (b"MM\0*", "This is a picture; pictures are not indexed."),
    (b"7z\xbc\xaf\x27\x1c", "This is an archive. Put the files themselves into the library."),
    (b"Rar!", "This is an archive. Put the files themselves into the library."),
    (b"\x1f\x8b", "This is an archive. Put the files themselves into the library."),
    (b"MZ", "This is a program; programs are not indexed."),
    (b"\x7fELF", "This is a program; programs are not indexed."),
)

_OFFICE_NAME = re.compile(r"\.(pdf|do[ct][xm]?|xl[st][xmb]?|pp[ts][xm]?|pot[xm]?)$", re.IGNORECASE)
_HTML_BEGINS = re.compile(
    rb"^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.I | re.S
)


def sniff(path: Path, file_name: str, *, max_bytes: int) -> FileType:
    """Raises ExtractionFailed: empty, too_large, encrypted, unsupported_type, corrupt or limits_exceeded."""
    size = path.stat().st_size
    if size == 0:
        raise ExtractionFailed("empty", "The file is empty.")
    if size > max_bytes:
        raise ExtractionFailed("too_large", f"The file is larger than {max_bytes // 2**20} MB.")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_OLE):
        raise _legacy(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office_type(path)
    if _is_pdf(head):
        return "pdf"
    for mark, sentence in _OTHER_KINDS:
        if head.startswith(mark):
            raise ExtractionFailed("unsupported_type", sentence)
    return _text_type(head, file_name)


def _is_pdf(head: bytes) -> bool:
    at = head.find(b"%PDF-", 0, _PDF_MARK_WITHIN + 5)
    # Text that speaks of "%PDF-" is no PDF: what stands before the mark must be blank or binary.
    return at >= 0 and (not head[:at].strip(b"\xef\xbb\xbf\r\n\t \0") or b"\0" in head or not head.isascii())


def _office_type(path: Path) -> FileType:
    with Package.open(path) as package:
        if "[Content_Types].xml" not in package:
            if "mimetype" in package and package.read("mimetype").startswith(b"application/vnd.oasis"):
                raise ExtractionFailed(
                    "unsupported_type", "This is an OpenDocument file. Save it in a Microsoft Office format or as PDF."
                )
            if not package.names:
                raise ExtractionFailed("corrupt", "The file is damaged: its container holds nothing.")
            raise ExtractionFailed("unsupported_type", "This is an archive. Put the files themselves into the library.")
        package.refuse_doctypes()
        declared = package.read("[Content_Types].xml").replace(b"\0", b"").lower()
        found: set[FileType] = {kind for main, kind in _MAIN_PARTS if main in declared}
        start = _by_folder(package) if len(found) > 1 else next(iter(found), None)
        if start is None or start not in found:
            raise ExtractionFailed("unsupported_type", _not_a_document(declared))
        return start


def _by_folder(package: Package) -> FileType | None:
    """A package that declares two main types is what its start part is."""
    for part in package.related("", "officeDocument"):
        return _FOLDERS.get(part.lower().partition("/")[0])
    return None


def _not_a_document(declared: bytes) -> str:
    if b"sheet.binary.macroenabled" in declared:
        return "This is a binary Excel workbook (.xlsb). Save it as .xlsx to have it indexed."
    return "The file is an Office container without a document, workbook or presentation in it."


def _legacy(path: Path) -> ExtractionFailed:
    """Compound files name their streams in UTF-16; the names tell what they hold."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for stream, code, sentence in _LEGACY:
            if content.find(stream.encode("utf-16-le")) >= 0:
                return ExtractionFailed(code, sentence)
    return ExtractionFailed("unsupported_type", "This is an old binary Office or Outlook file; it is not indexed.")


def _text_type(head: bytes, file_name: str) -> FileType:
    suffix = PurePath(file_name).suffix.lower()
    if (named := _TEXT_NAMES.get(suffix)) is not None:
        return named
    if _HTML_BEGINS.match(head):  # web pages saved as .doc or .xls are common
        return "html"
    if _OFFICE_NAME.search(file_name):
        raise ExtractionFailed("corrupt", f"The file is named {suffix} but its content is not of that kind.")
    raise ExtractionFailed("unsupported_type", f"Files of type {suffix[:12]} are not indexed.")
