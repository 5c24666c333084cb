"""SharePoint items as Graph reports them, and passages as Nexus stores and finds them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.domain.audience import Scope
from shared.domain.ids import DocumentId, LibraryId, PassageId

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    type Vector = npt.NDArray[np.float32]


class ItemKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    ROOT = "root"
    PACKAGE = "package"  # OneNote and the like: neither file nor folder
    REMOTE = "remote"  # a shortcut to an item of another drive


@dataclass(frozen=True, slots=True)
class DriveItem:
    """One entry of a delta page. `deleted` entries carry an id and little else (name is then None).

    `size` in bytes; `content_hash` is Graph's quickXorHash, `ctag` changes with content only: either may be None.
    """

    item_id: str
    kind: ItemKind
    name: str | None
    parent_id: str | None
    deleted: bool = False
    size: int = 0
    web_url: str | None = None
    last_modified: datetime | None = None
    etag: str | None = None
    ctag: str | None = None
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class DeltaPage:
    """Exactly one of the links is set: `next_link` while there is more, `delta_link` at the end."""

    items: tuple[DriveItem, ...]
    next_link: str | None
    delta_link: str | None


@dataclass(frozen=True, slots=True)
class LibraryAddress:
    """A library resolved through Graph. `web_url` is the drive's own address, without a trailing slash."""

    site_id: str
    drive_id: str
    name: str
    web_url: str


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file fetched to disk: `size` in bytes, `sha256` as hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DocumentLabels:
    """What a passage's payload says of its document; changes without re-embedding (rename, move, scope). `version` is
    the ledger's change_seq: labels of an older one never show what a newer one has switched off."""

    document_id: DocumentId
    library_id: LibraryId
    drive_id: str
    item_id: str
    file_name: str
    file_url: str
    file_type: str
    last_modified: datetime | None
    scope: Scope
    is_active: bool
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PassageCounts:
    """Passages of one document in the index: those that searches find, those switched off, and those staged for a
    version that is not whole yet. `readable` are those that one audience finds; None where none was asked for."""

    active: int
    inactive: int
    staged: int
    readable: int | None = None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the index without text and vectors: what it says of its document. `staged`: not shown yet."""

    passage_id: PassageId
    labels: DocumentLabels
    staged: bool


@dataclass(frozen=True, slots=True)
class SparseVector:
    """BM25 term weights: `indices` are distinct unsigned 32-bit term hashes, `values` the weights beside them."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PassagePosition:
    """Where a passage stands in the current version of its document. Pages are 1-based."""

    passage_id: PassageId
    chunk_index: int
    total_chunks: int
    page: int | None
    last_page: int | None
    section: str | None


@dataclass(frozen=True, slots=True)
class PassagePoint:
    """A new passage to store: its place, its text, and its two vectors (dense: float32, unit length)."""

    position: PassagePosition
    text: str
    language: str | None
    dense: "Vector"
    sparse: SparseVector


@dataclass(frozen=True, slots=True)
class PublishedPassage:
    """A passage that readers find, as it is stored: all that another index needs to hold it, too."""

    position: PassagePosition
    text: str
    language: str | None


class SearchMode(StrEnum):
    HYBRID = "hybrid"
    DENSE = "dense"
    SPARSE = "sparse"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One stand-alone question in both vector forms; each retriever brings its best `candidates` passages."""

    dense: "Vector"
    sparse: SparseVector
    candidates: int
    mode: SearchMode = SearchMode.HYBRID


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A stored passage found by a search, best first by `score`: 0–1 in hybrid mode (`shared.domain.fusion`), else
    the one retriever's. `similarity` is the cosine of the dense vectors, `term_score` BM25's, 0 where no term of the
    question is known to stand in the passage or its retriever was not asked."""

    passage_id: PassageId
    document_id: DocumentId
    library_id: LibraryId
    file_name: str
    file_url: str
    file_type: str
    text: str
    page: int | None
    last_page: int | None
    section: str | None
    chunk_index: int
    total_chunks: int
    language: str | None
    score: float
    similarity: float = 0.0
    term_score: float = 0.0
