"""A library of any size in one go: names, folders and tiny files that follow from a seed.

What a user's own uploads would leave behind is written straight into the tables, in one transaction, with the same
sequence numbers: each file touches the folders above it, so that the feed names a folder just before the last file in
it and most files before their folders.
"""

import hashlib
import io
import random
import sqlite3
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devstack.graph.blobs import Blobs, Content
from devstack.graph.libraries import item_id
from devstack.graph.quickxorhash import quick_xor_hash
from devstack.graph.records import Drive, now

# File types of a company's share by count, roughly: three of four hold text.
_TYPES = {
    "docx": 26,
    "xlsx": 14,
    "txt": 12,
    "md": 8,
    "html": 8,
    "csv": 7,
    "jpg": 9,
    "png": 6,
    "zip": 4,
    "mp4": 3,
    "msg": 3,
}
_FILES_A_FOLDER = 20
_FOLDERS_BELOW = 8  # a folder's subfolders, at most
_WORDS = (
    "leave travel budget safety invoice supplier contract quarter plant customer quality audit training delivery "
    "warranty sensor assembly release backlog forecast holiday pension onboarding procurement logistics maintenance"
).split()
_PLACES = ("Finance", "People", "Engineering", "Sales", "Legal", "Operations", "Quality", "IT")
_CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="{kind}" Target="{target}"/></Relationships>'
)


@dataclass(slots=True)
class _Node:
    """A folder or file while the library is made up; `above` is None for the root."""

    name: str
    guid: uuid.UUID
    above: "_Node | None"
    content: Content | None = None
    size: int = 0
    own_sequence: int = 0
    sequence: int = 0
    id: str = ""

    def line_above(self) -> Iterator["_Node"]:
        node = self.above
        while node is not None:
            yield node
            node = node.above


def fill(database: sqlite3.Connection, blobs: Blobs, drive: Drive, *, files: int, seed: int) -> int:
    """Adds `files` files and their folders to an empty library; the number of folders made."""
    chance = random.Random(seed)
    sequence = drive.sequence
    root = _Node("root", uuid.UUID(int=0), None, id=drive.root_id)
    folders = [root]
    made: list[_Node] = []
    for number in range(files):
        if number % _FILES_A_FOLDER == 0:
            # Breadth before depth: three or four levels for ten thousand folders.
            above = folders[(len(folders) - 1) // _FOLDERS_BELOW]
            place = f"{chance.choice(_PLACES)} {len(folders)}"
            folder = _Node(place, uuid.UUID(int=chance.getrandbits(128), version=4), above)
            folder.id = item_id(drive.id, folder.guid)
            sequence = _stamp(folder, sequence)
            folders.append(folder)
        ending = chance.choices(list(_TYPES), list(_TYPES.values()))[0]
        guid = uuid.UUID(int=chance.getrandbits(128), version=4)
        file = _Node(f"{chance.choice(_WORDS)}-{chance.choice(_WORDS)}-{number}.{ending}", guid, folders[-1])
        file.id = item_id(drive.id, guid)
        content = _content(ending, chance, number)
        blob = hashlib.sha256(content).hexdigest()
        target = blobs.path(blob)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        file.content, file.size = Content(blob, len(content), quick_xor_hash(content)), len(content)
        sequence = _stamp(file, sequence)
        made.append(file)
    _store(database, drive, [*folders[1:], *made], root, sequence)
    return len(folders) - 1


def _stamp(node: _Node, sequence: int) -> int:
    """As `Tree` does: the folders above from the top down, then the item itself."""
    for folder in reversed(list(node.line_above())):
        sequence += 1
        folder.sequence = sequence
        folder.size += node.size
    sequence += 1
    node.own_sequence = node.sequence = sequence
    return sequence


def _store(database: sqlite3.Connection, drive: Drive, nodes: list[_Node], root: _Node, sequence: int) -> None:
    at = now()
    with database:
        database.executemany(
            "INSERT INTO items (drive_id, id, guid, parent_id, name, kind, size, blob, quick_xor, created, modified,"
            " own_sequence, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    drive.id,
                    node.id,
                    str(node.guid),
                    node.above.id if node.above else None,
                    node.name,
                    "file" if node.content else "folder",
                    node.size,
                    node.content.blob if node.content else None,
                    node.content.quick_xor if node.content else None,
                    at,
                    at,
                    node.own_sequence,
                    node.sequence,
                )
                for node in nodes
            ),
        )
        database.execute(
            "UPDATE items SET sequence = ?, size = size + ? WHERE drive_id = ? AND id = ?",
            (root.sequence, root.size, drive.id, root.id),
        )
        database.execute("UPDATE drives SET sequence = ? WHERE id = ?", (sequence, drive.id))


def _content(ending: str, chance: random.Random, number: int) -> bytes:
    write = _WRITERS.get(ending)
    if write is None:  # a picture or archive by its name; Nexus does not fetch it
        return chance.randbytes(64)
    sentences = [
        f"The {chance.choice(_WORDS)} of {chance.choice(_PLACES)} in case {number} is {chance.randrange(10_000)}."
        for _ in range(chance.randrange(2, 8))
    ]
    return write(sentences)


def _docx(sentences: list[str]) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{sentence}</w:t></w:r></w:p>" for sentence in sentences)
    main = (
        '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    )
    return _package("word/document.xml", main, f"{_OFFICE}wordprocessingml.document.main+xml", {})


def _xlsx(sentences: list[str]) -> bytes:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{sentence}</t></is></c><c r="B{row}"><v>{row}</v></c></row>'
        for row, sentence in enumerate(sentences, start=1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    book = (
        f'<?xml version="1.0"?><workbook {space} xmlns:r="{_RELATIONSHIP}">'
        '<sheets><sheet name="Cases" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    sheet = f'<?xml version="1.0"?><worksheet {space}><sheetData>{rows}</sheetData></worksheet>'
    parts = {
        "xl/_rels/workbook.xml.rels": _RELS.format(kind=f"{_RELATIONSHIP}/worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet,
    }
    return _package("xl/workbook.xml", book, f"{_OFFICE}spreadsheetml.sheet.main+xml", parts)


def _package(name: str, main: str, content_type: str, parts: dict[str, str]) -> bytes:
    override = f'<Override PartName="/{name}" ContentType="{content_type}"/>'
    if "xl/worksheets/sheet1.xml" in parts:
        kind = f"{_OFFICE}spreadsheetml.worksheet+xml"
        override += f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}"/>'
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("[Content_Types].xml", _CONTENT_TYPES.format(overrides=override))
        package.writestr("_rels/.rels", _RELS.format(kind=f"{_RELATIONSHIP}/officeDocument", target=name))
        package.writestr(name, main)
        for part, text in parts.items():
            package.writestr(part, text)
    return written.getvalue()


_WRITERS: dict[str, Callable[[list[str]], bytes]] = {
    "docx": _docx,
    "xlsx": _xlsx,
    "txt": lambda sentences: "\n\n".join(sentences).encode(),
    "md": lambda sentences: "\n\n".join(["# Case", *sentences]).encode(),
    "html": lambda sentences: ("<body>" + "".join(f"<p>{each}</p>" for each in sentences) + "</body>").encode(),
    "csv": lambda sentences: "\n".join(["case,text", *(f"{n},{each}" for n, each in enumerate(sentences))]).encode(),
}
