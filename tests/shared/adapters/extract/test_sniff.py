import io
import struct
import zipfile

import pytest

from shared.adapters.extract.sniff import sniff
from shared.errors import ExtractionFailed
from tests.shared.adapters.extract import office_files as office
from tests.shared.adapters.extract.conftest import Reader

_PARAGRAPH = office.paragraph("The quarterly plan of the works council.")


@pytest.mark.parametrize("name", ["plan.docx", "plan.pdf", "plan.txt", "plan", "plan.xlsx"])
def test_a_word_file_is_one_whatever_it_is_called(reader: Reader, name: str) -> None:
    assert reader.read(office.docx(reader.path(name), _PARAGRAPH)).file_type == "docx"


def test_a_macro_enabled_document_is_read_as_its_plain_kin(reader: Reader) -> None:
    path = office.docx(reader.path("plan.docm"), _PARAGRAPH, main_type=office.MACRO_DOCUMENT)
    assert reader.read(path).file_type == "docx"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "txt"), ("a.MD", "md"), ("a.csv", "csv"), ("a.tsv", "csv"), ("a.htm", "html"), ("notes", "txt")],
)
def test_among_kinds_of_text_the_name_decides(reader: Reader, name: str, kind: str) -> None:
    assert reader.content(name, "one, two\nthree, four\n").file_type == kind


def test_a_web_page_saved_as_word_file_is_read_as_a_web_page(reader: Reader) -> None:
    extracted = reader.content("report.doc", "<!DOCTYPE html><html><body><p>Hello</p></body></html>")
    assert (extracted.file_type, extracted.blocks[0].text) == ("html", "Hello")


def test_a_text_that_speaks_of_pdf_is_no_pdf(reader: Reader) -> None:
    assert reader.content("a.txt", "PDF files begin with %PDF-1.7 on the first line").file_type == "txt"


@pytest.mark.parametrize(
    ("stream", "reason"),
    [("EncryptedPackage", "encrypted"), ("WordDocument", "unsupported_type"), ("Workbook", "unsupported_type")],
)
def test_a_compound_file_is_named_by_its_streams(reader: Reader, stream: str, reason: str) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000 + stream.encode("utf-16-le") + b"\0" * 100
    assert reader.refused_content("a.docx", content) == reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \r\n\t ", "empty"),
        ("a.pdf", b"plain words", "corrupt"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "unsupported_type"),
        ("a.exe", b"MZ\x90\0\x03", "unsupported_type"),
        ("a.py", b"print('hello')", "unsupported_type"),
        ("a.txt", bytes(range(256)) * 20, "unsupported_type"),
        ("a.docx", b"PK\x03\x04 and then nothing that belongs to a zip", "corrupt"),
        ("a.rtf", b"{\\rtf1 hello}", "unsupported_type"),
    ],
)
def test_what_cannot_be_read_has_a_reason(reader: Reader, name: str, content: bytes, reason: str) -> None:
    assert reader.refused_content(name, content) == reason


def test_a_file_above_the_limit_is_too_large_and_not_opened(reader: Reader) -> None:
    path = reader.path("a.txt")
    path.write_bytes(b"x" * 2_000_000)
    with pytest.raises(ExtractionFailed) as raised:
        sniff(path, "a.txt", max_bytes=1_000_000)
    assert raised.value.reason_code == "too_large"


def test_a_plain_archive_is_not_unpacked(reader: Reader) -> None:
    path = reader.path("all.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.docx", b"anything")
    assert reader.refusal(path) == "unsupported_type"


def test_a_zip_bomb_is_refused_by_its_directory_alone(reader: Reader) -> None:
    path = reader.path("bomb.docx")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("word/document.xml", b"\0" * (64 * 1024 * 1024))
    assert path.stat().st_size < 100_000
    assert reader.refusal(path) == "limits_exceeded"


def test_an_archive_of_countless_entries_is_refused(reader: Reader) -> None:
    path = reader.path("many.docx")
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_001):
            archive.writestr(f"{number}", b"")
    assert reader.refusal(path) == "limits_exceeded"


def test_entries_that_overlap_are_refused(reader: Reader) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("word/document.xml", b"<a/>" * 100)
    content = bytearray(buffer.getvalue())
    # In the central directory, let the second entry begin where the first does.
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", 0)
    assert reader.refused_content("overlap.docx", bytes(content)) in ("corrupt", "unsupported_type")


def test_a_password_on_the_zip_is_encryption(reader: Reader) -> None:
    path = office.docx(reader.path("a.docx"), _PARAGRAPH)
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    assert reader.refused_content("locked.docx", bytes(content)) == "encrypted"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<?xml version="1.0"?><!-- a -->  <!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>',
        "<!-- " + "x" * 80_000 + "--><!DOCTYPE a>",
    ],
)
def test_a_part_with_a_document_type_is_refused_unparsed(reader: Reader, prolog: str) -> None:
    part = prolog + office.word_part("footnotes", "<w:p/>")
    path = office.docx(reader.path("xxe.docx"), _PARAGRAPH, parts={"footnotes.xml": part})
    assert reader.refusal(path) == "corrupt"


def test_a_document_type_in_utf16_is_seen_too(reader: Reader) -> None:
    path = reader.path("xxe.docx")
    xml = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>'
    office.package(path, office.DOCUMENT, "word/document.xml", {"word/document.xml": xml.encode("utf-16")})
    assert reader.refusal(path) == "corrupt"
