"""What the usual libraries read in files, as their documentations say to. Run by bench/fidelity.py in
.cache/bench-venv: FILE…  One JSON object a line: file, library, text; text is null where the library gives up.
"""

import json
import logging
import re
import sys
import warnings
from pathlib import Path

import docx
import pypdf
from markitdown import MarkItDown


def by_pypdf(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def by_python_docx(path: Path) -> str:
    document = docx.Document(str(path))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


converter = MarkItDown()
# What pandas puts where a sheet has nothing: the number in it would pass for one of the file's.
MADE_UP = re.compile(r"\bUnnamed: \d+\b|\bNaN\b")


def by_markitdown(path: Path) -> str:
    text = converter.convert(str(path)).text_content
    return MADE_UP.sub(" ", text) if path.suffix == ".xlsx" else text


LIBRARIES = {
    "pypdf": ((".pdf",), by_pypdf),
    "python-docx": ((".docx",), by_python_docx),
    "markitdown": ((".pdf", ".docx", ".xlsx", ".pptx", ".html", ".md"), by_markitdown),
}

warnings.simplefilter("ignore")  # about the files
logging.disable(logging.ERROR)
for path in map(Path, sys.argv[1:]):
    for library, (endings, read) in LIBRARIES.items():
        if path.suffix in endings:
            try:
                text = read(path)
            except Exception as error:  # noqa: BLE001  whatever a library raises, it has not read the file
                print(f"{library} gives up on {path.name}: {type(error).__name__}", file=sys.stderr)
                text = None
            print(json.dumps({"file": path.name, "library": library, "text": text}))
