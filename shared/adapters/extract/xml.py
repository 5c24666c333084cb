"""XML of strangers: a document type is refused before parsing, so entities are never expanded and nothing outside
the document is ever fetched. Names are compared without namespaces, in which strict and transitional Office files
differ."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, cast

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  a compiled module without stubs

from shared.errors import ExtractionFailed

PROLOG_BYTES = 64 * 1024


class Element(Protocol):
    """What is used of lxml's elements, which come without types."""

    @property
    def tag(self) -> object: ...
    @property
    def text(self) -> str | None: ...
    @property
    def attrib(self) -> Mapping[str, str]: ...
    def get(self, key: str) -> str | None: ...
    def iter(self) -> "Iterator[Element]": ...
    def getroottree(self) -> Any: ...
    def __iter__(self) -> "Iterator[Element]": ...
    def __len__(self) -> int: ...


def parse(data: bytes) -> Element:
    """The root element. Raises ExtractionFailed("corrupt")."""
    refuse_doctype(data[:PROLOG_BYTES])
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return cast("Element", etree.fromstring(data, parser))
    except etree.XMLSyntaxError as error:
        raise ExtractionFailed("corrupt", "The file is damaged: a part of it is not valid XML.") from error


def accept(root: Element) -> Element:
    """The root of a tree that a library parsed, as `parse` would have returned it: no document type, no comments.
    Raises ExtractionFailed("corrupt")."""
    if root.getroottree().docinfo.doctype:
        raise _declares_entities()
    etree.strip_tags(root, etree.Comment)
    return root


def local(element: Element) -> str:
    """The name without its namespace; "" for processing instructions."""
    return _local(element.tag)


@lru_cache(maxsize=4096)
def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """The first attribute of that name in any namespace but none (those are `element.get`)."""
    wanted = "}" + name
    for key, value in element.attrib.items():
        if key.endswith(wanted):
            return value
    return None


def child(parent: Element, name: str) -> Element | None:
    for found in parent:
        if _local(found.tag) == name:
            return found
    return None


def refuse_doctype(head: bytes) -> None:
    """Raises ExtractionFailed("corrupt") when a document type is declared, or hidden behind too much else."""
    if not head.strip():
        return
    root = after_prolog(head)
    if root[:2] == b"<!" or (not root and len(head) >= PROLOG_BYTES):
        raise _declares_entities()


def _declares_entities() -> ExtractionFailed:
    return ExtractionFailed(
        "corrupt", "A part of the file declares XML entities, which no Office program writes. It was not read."
    )


def after_prolog(head: bytes) -> bytes:
    """What follows declarations, comments and white space; empty when `head` ends inside of them."""
    # UTF-16 is allowed in parts; without its zeros the markup reads as ASCII.
    text = head.replace(b"\0", b"") if b"\0" in head[:64] else head
    position = 0
    while True:
        position = text.find(b"<", position)
        if position < 0:
            return b""
        if text.startswith(b"<?", position):
            end = text.find(b"?>", position)
        elif text.startswith(b"<!--", position):
            end = text.find(b"-->", position)
        else:
            return text[position:]
        if end < 0:
            return b""
        position = end + 2
