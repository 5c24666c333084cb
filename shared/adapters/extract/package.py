"""Office files are zip packages of XML parts tied by relationships (ECMA-376 part 2). Sizes are checked before
anything is unpacked."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from shared.adapters.extract.xml import PROLOG_BYTES, Element, after_prolog, parse, refuse_doctype
from shared.errors import ExtractionFailed

MAX_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
MAX_PART_BYTES = 256 * 1024 * 1024
# Deflate reaches 1032:1 on zeros; real sheets stay far below. Small files may be as dense as they like.
MAX_RATIO = 250
RATIO_MATTERS_FROM_BYTES = 32 * 1024 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Relationship:
    """`kind` is the last word of the relationship type ("styles", "slide"); `target` a part name or a URL."""

    kind: str
    target: str
    external: bool


@dataclass(slots=True)
class Package:
    """An open package. Part names have no leading slash. Use as a context manager."""

    archive: zipfile.ZipFile
    names: dict[str, str]  # lower case → as stored

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises ExtractionFailed: corrupt, encrypted or limits_exceeded."""
        try:
            archive = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise ExtractionFailed("corrupt", "The file is damaged: its container cannot be opened.") from error
        entries = archive.infolist()
        try:
            _check_sizes(entries, path.stat().st_size)
        except ExtractionFailed:
            archive.close()
            raise
        names = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry.filename for entry in entries}
        return cls(archive, names)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    @property
    def unpacked_bytes(self) -> int:
        return sum(entry.file_size for entry in self.archive.infolist())

    def __contains__(self, part: str) -> bool:
        return part.lower() in self.names

    def read(self, part: str) -> bytes:
        """Raises ExtractionFailed("corrupt") for a missing or damaged part, limits_exceeded for a huge one."""
        stored = self.names.get(part.lower())
        if stored is None:
            raise ExtractionFailed("corrupt", "The file is damaged: a part that it refers to is missing.")
        if self.archive.getinfo(stored).file_size > MAX_PART_BYTES:
            raise ExtractionFailed("limits_exceeded", "A part of the file is larger than Nexus may unpack.")
        try:
            return self.archive.read(stored)
        except _DAMAGED as error:
            raise ExtractionFailed("corrupt", "The file is damaged: a part of it cannot be unpacked.") from error

    def xml(self, part: str) -> Element:
        """The root element. Raises ExtractionFailed."""
        return parse(self.read(part))

    def refuse_doctypes(self) -> None:
        """Looks at the beginning of every XML part. Raises ExtractionFailed("corrupt")."""
        for lower, stored in self.names.items():
            if lower.endswith((".xml", ".rels")):
                try:
                    with self.archive.open(stored) as part:
                        head = part.read(1024)
                        if not after_prolog(head):
                            head += part.read(PROLOG_BYTES)
                except _DAMAGED as error:
                    raise ExtractionFailed(
                        "corrupt", "The file is damaged: a part of it cannot be unpacked."
                    ) from error
                refuse_doctype(head)

    def relationships(self, part: str) -> dict[str, Relationship]:
        """By id; empty where the part has none. The package's own are those of part ""."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self:
            return {}
        found: dict[str, Relationship] = {}
        for entry in self.xml(rels):
            external = entry.get("TargetMode") == "External"
            target = entry.get("Target") or ""
            found[entry.get("Id") or ""] = Relationship(
                kind=(entry.get("Type") or "").rsplit("/", 1)[-1],
                target=target if external else _resolve(folder, target),
                external=external,
            )
        return found

    def related(self, part: str, kind: str) -> Iterator[str]:
        """Parts of the package that `part` refers to by this kind of relationship, in the order of the file."""
        for relationship in self.relationships(part).values():
            if relationship.kind == kind and not relationship.external and relationship.target in self:
                yield relationship.target


def _check_sizes(entries: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise ExtractionFailed("encrypted", "The file is protected with a password.")
    unpacked = sum(entry.file_size for entry in entries)
    bomb = unpacked > RATIO_MATTERS_FROM_BYTES and unpacked > MAX_RATIO * max(1, packed_bytes)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or bomb:
        raise ExtractionFailed("limits_exceeded", "The file unpacks to more than Nexus may read.")


def _resolve(folder: str, target: str) -> str:
    path = unquote(urlsplit(target).path)
    return posixpath.normpath(path if path.startswith("/") else posixpath.join("/", folder, path)).lstrip("/")
