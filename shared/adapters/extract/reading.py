"""One file read: its type found, its text extracted, counted, and its language named. Runs in the worker."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from shared.adapters.extract.language import detect
from shared.adapters.extract.sniff import sniff
from shared.domain.extracted import Extracted, FileType
from shared.errors import ExtractionFailed

_MODULES: dict[FileType, str] = {
    "pdf": "shared.adapters.extract.pdf",
    "docx": "shared.adapters.extract.docx",
    "xlsx": "shared.adapters.extract.xlsx",
    "pptx": "shared.adapters.extract.pptx",
    "html": "shared.adapters.extract.html",
    "md": "shared.adapters.extract.markdown",
    "txt": "shared.adapters.extract.text",
    "csv": "shared.adapters.extract.csv",
}


def read(path: Path, file_name: str, *, max_bytes: int, max_characters: int) -> Extracted:
    """Raises ExtractionFailed. What a parser raises beyond that means the file is damaged: the worker says so."""
    file_type = sniff(path, file_name, max_bytes=max_bytes)
    extract = cast("Callable[[Path], Extracted]", import_module(_MODULES[file_type]).extract)
    extracted = extract(path)
    if not extracted.blocks:
        raise ExtractionFailed("empty", "The file holds no text.")
    if sum(len(block.text) for block in extracted.blocks) > max_characters:
        raise ExtractionFailed("limits_exceeded", "The file holds more text than one document may.")
    return replace(extracted, language=detect(extracted.blocks))
