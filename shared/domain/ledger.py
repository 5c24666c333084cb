"""What a sync knows of a library's items, and what a reported change makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

from shared.domain.audience import Audience, Scope
from shared.domain.documents import DocumentLabels, DriveItem, ItemKind
from shared.domain.ids import DocumentId, LibraryId, PassageId, SyncRunId
from shared.domain.scope_rules import ScopeRules

# Names the way passages are made. A new value makes the next change of a document re-embed it whole.
PIPELINE_VERSION = "1"
# In its place while an administrator has a document read again: no bytes and no passages of it count as read, and it
# is read also where its library is paused.
READ_AGAIN = "read again"
# A failed file is tried by three syncs in a row, then waits for an administrator or a new version (design 04).
MAX_ATTEMPTS = 3


class Todo(StrEnum):
    """What a sync still has to do for a document; none when its state is final."""

    INGEST = "ingest"
    RELABEL = "relabel"
    REMOVE = "remove"


class DocumentStatus(StrEnum):
    PENDING = "pending"
    INDEXED = "indexed"
    SKIPPED = "skipped"
    FAILED = "failed"


_NO_RULES = ScopeRules()


@dataclass(frozen=True, slots=True)
class Library:
    """A SharePoint document library under Nexus' care. `library_url` is the drive's own address. While
    `rescope_after` is set, the documents behind that id are not yet compared with scope and rules of `scope_seq`."""

    id: LibraryId
    name: str
    library_url: str
    site_id: str
    drive_id: str
    scope: Scope
    enabled: bool
    status: str
    error_message: str | None
    last_sync_at: datetime | None
    delta_link: str | None
    page_link: str | None
    final_link: str | None
    lease_run_id: SyncRunId | None
    created_at: datetime
    scope_rules: ScopeRules = _NO_RULES
    scope_seq: int = 0
    rescope_after: UUID | None = None
    notice: str | None = None

    @property
    def is_removing(self) -> bool:
        return self.status == "removing"

    def scope_of(self, path: str) -> Scope:
        """Who may read what is at `path` below the library: as the deepest rule at or above it says, as the library
        itself where there is none."""
        return self.scope_rules.of_path(path) or self.scope

    def scope_where_known(self, path: str | None) -> Scope | None:
        """None for a file whose folder is not known while rules could give it another scope than the library's."""
        if path is None:
            return None if self.scope_rules.rules else self.scope
        return self.scope_of(path)


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """One file of a library as the ledger has it. `path` is None until every parent folder is known."""

    id: DocumentId
    library_id: LibraryId
    drive_id: str
    item_id: str
    parent_id: str | None
    file_name: str
    file_url: str
    path: str | None
    file_type: str
    file_size: int
    last_modified: datetime | None
    etag: str | None
    ctag: str | None
    remote_hash: str | None
    content_hash: str | None
    pipeline_version: str | None
    scope: Scope
    is_active: bool
    status: DocumentStatus
    reason_code: str | None
    reason: str | None
    todo: Todo | None
    is_new: bool
    attempts: int
    change_seq: int
    passages: tuple[PassageId, ...]
    language: str | None
    title: str | None
    page_count: int | None
    ingested_at: datetime | None
    retry_at: datetime | None = None

    @property
    def is_found(self) -> bool:
        """Whether readers of its scope find it: a version of it answers, even while a newer one is read or failed."""
        answers = self.status is DocumentStatus.INDEXED or len(self.passages) > 0
        return answers and self.is_active and self.todo is not Todo.REMOVE

    def is_readable_by(self, audience: Audience) -> bool:
        return self.is_found and audience.covers(self.scope)

    def labels(self, *, file_url: str, scope: Scope) -> DocumentLabels:
        return DocumentLabels(
            document_id=self.id,
            library_id=self.library_id,
            drive_id=self.drive_id,
            item_id=self.item_id,
            file_name=self.file_name,
            file_url=file_url,
            file_type=self.file_type,
            last_modified=self.last_modified,
            scope=scope,
            is_active=self.is_active,
            version=self.change_seq,
        )


def last_occurrences(items: Iterable[DriveItem]) -> list[DriveItem]:
    """The same item may come several times in a page: the last one holds."""
    return list({item.item_id: item for item in items}.values())


def todo_after(known: LedgerDocument | None, item: DriveItem) -> Todo | None:
    """What a reported file needs. Content is taken as unchanged only on proof: the same cTag or the same
    content hash and size, on a document whose passages stand. Anything else is read again."""
    if known is None or known.todo is Todo.INGEST:
        return Todo.INGEST
    same_content = (item.ctag is not None and item.ctag == known.ctag) or (
        item.content_hash is not None and item.content_hash == known.remote_hash and item.size == known.file_size
    )
    # the ending decides whether a file is read at all, and how a text is
    same_type = file_type_of(item.name or "") == known.file_type
    final = known.status in (DocumentStatus.INDEXED, DocumentStatus.SKIPPED)
    if not (same_content and same_type and final and known.todo is not Todo.REMOVE):
        return Todo.INGEST
    labels_differ = (item.name, item.parent_id, item.last_modified) != (
        known.file_name,
        known.parent_id,
        known.last_modified,
    )
    return Todo.RELABEL if labels_differ or known.todo is Todo.RELABEL else None


def unread_todo(known: LedgerDocument | None, item: DriveItem) -> Todo | None:
    """What a reported item needs that is never read: its new name or place, which its scope follows."""
    if known is None:
        return None
    moved = item.name != known.file_name or item.parent_id != known.parent_id
    return Todo.RELABEL if moved or known.todo is Todo.RELABEL else None


def file_type_of(name: str) -> str:
    """The lower-case ending, as filters and lists show it; the parser goes by content."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem and len(ending) <= 10 else ""


def file_url_of(library: Library, path: str | None, web_url: str | None) -> str:
    """Where a reader opens the file. SharePoint gives Office files an address by id, which outlives renames and is
    kept; an address by path is built from the ledger's path, because Graph does not report it anew when a folder
    above is renamed."""
    if web_url and "/_layouts/" in web_url:
        return web_url
    if path is None:
        return web_url or library.library_url
    return f"{library.library_url}/{quote(path)}"


# What is neither file nor folder, by reason code: in the ledger to say so, and never downloaded.
NEVER_READ = {
    "package": "This is a package, such as a OneNote notebook. Nexus reads files only.",
    "shortcut": "This is a shortcut to another library. Nexus reads a file in the library that holds it.",
}


def why_never_read(item: DriveItem) -> str | None:
    """The reason code of an item that is neither file nor folder."""
    match item.kind:
        case ItemKind.PACKAGE:
            return "package"
        case ItemKind.REMOTE:
            return "shortcut"
        case ItemKind.FILE | ItemKind.FOLDER | ItemKind.ROOT:
            return None


# Endings that may hold text Nexus reads; the content decides what a file really is. Old Office formats and files
# without an ending are read to say why not.
_READABLE = frozenset(
    "pdf docx docm dotx dotm xlsx xlsm xltx pptx pptm potx ppsx html htm xhtml md markdown txt text log csv tsv "
    "doc xls ppt".split()
) | {""}


def is_readable(file_type: str) -> bool:
    """False for what is not worth a download: films, images, archives, programs."""
    return file_type in _READABLE
