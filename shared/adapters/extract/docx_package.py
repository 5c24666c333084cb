"""A Word file as python-docx opens it: its parts and how they are related, the same two questions that `Package`
answers. The elements are walked as they are, without python-docx's objects for paragraphs and runs."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, cast

import docx
from docx.opc.package import OpcPackage
from docx.opc.part import Part, XmlPart

from shared.adapters.extract.package import Package
from shared.adapters.extract.xml import Element, accept, parse

_log = logging.getLogger(__name__)
# python-docx unpacks every part, pictures and embedded files too, and compares images with each other.
_MAX_UNPACKED_BYTES = 64 * 1024 * 1024
_MAX_ENTRIES = 2_000


class WordParts(Protocol):
    """What reading needs of an open file. Part names have no leading slash; "" is the file itself."""

    def related(self, part: str, kind: str) -> Iterator[str]: ...
    def xml(self, part: str) -> Element: ...


@dataclass(frozen=True, slots=True)
class WordPackage:
    """Implements WordParts."""

    package: OpcPackage
    parts: dict[str, Part]

    @classmethod
    def open(cls, path: Path) -> tuple[Self, str] | None:
        """The open file and the name of its document part. None where python-docx refuses: files with macros,
        templates, the strict variant, parts that are missing or of no declared type. Word opens most of those."""
        try:
            document = docx.Document(str(path))
            package = cast("OpcPackage", document.part.package)
            parts = {_name(part): part for part in package.iter_parts()}
        except Exception as error:  # noqa: BLE001  it raises whatever a surprise leads to; the caller has another way
            _log.info("python-docx does not open the file (%s); its parts are read directly", type(error).__name__)
            return None
        return cls(package, parts), _name(document.part)

    def related(self, part: str, kind: str) -> Iterator[str]:
        source = self.parts[part] if part else self.package
        for relationship in source.rels.values():
            if not relationship.is_external and relationship.reltype.rpartition("/")[2] == kind:
                yield _name(relationship.target_part)

    def xml(self, part: str) -> Element:
        """The root element. Raises ExtractionFailed("corrupt")."""
        found = self.parts[part]
        return accept(cast("Element", found.element)) if isinstance(found, XmlPart) else parse(found.blob)


def open_word(path: Path, package: Package) -> tuple[WordParts, str]:
    """The parts, and the name of the document part: by python-docx where it can, else straight from `package`,
    which is the same file and has been checked for its sizes. Raises ExtractionFailed."""
    if package.unpacked_bytes <= _MAX_UNPACKED_BYTES and len(package.names) <= _MAX_ENTRIES:
        opened = WordPackage.open(path)
        if opened is not None:
            return opened
    return package, next(package.related("", "officeDocument"), "word/document.xml")


def _name(part: Part) -> str:
    return part.partname.lstrip("/")
