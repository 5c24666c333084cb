"""Files to put into SharePoint: texts of several passages, and real files that cannot be indexed."""

import io
import zipfile

import pypdf
from PIL import Image


def chapters(count: int, *, changed: int | None = None, edition: str = "first") -> str:
    """Markdown that is cut into one passage a chapter; `changed` is the chapter that says something else."""
    return "\n\n".join(
        f"# Chapter {number}\n\n{'It now begins' if number == changed else 'It begins'} with {number} of the {edition} "
        f"edition. " + f"Sentence {number} has five words. " * 56
        for number in range(count)
    )


def pdf(*, pages: int = 1, password: str | None = None) -> bytes:
    """Blank pages: nothing that a text layer could give."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=200, height=200)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def scan() -> bytes:
    """A page that is a picture."""
    target = io.BytesIO()
    Image.effect_noise((400, 600), 60).save(target, "PDF")
    return target.getvalue()


def zip_bomb(megabytes: int) -> bytes:
    """A docx whose text unfolds to so many megabytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        package.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
            'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'wordprocessingml.document.main+xml"/></Types>',
        )
        package.writestr("word/document.xml", b" " * (megabytes * 2**20))
    return target.getvalue()
