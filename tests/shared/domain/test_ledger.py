"""What a reported change makes of what the ledger knows."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.domain.audience import Audience, Scope
from shared.domain.documents import DriveItem, ItemKind
from shared.domain.ids import CountryId, DepartmentId, DocumentId, LibraryId, document_id, passage_id
from shared.domain.ledger import (
    DocumentStatus,
    LedgerDocument,
    Library,
    Todo,
    file_type_of,
    file_url_of,
    last_occurrences,
    todo_after,
)

ITEM = DriveItem("i", ItemKind.FILE, "a.pdf", "root", size=10, ctag="c1", content_hash="h1")
KNOWN = LedgerDocument(
    id=DocumentId(UUID(int=1)),
    library_id=LibraryId(UUID(int=2)),
    drive_id="d",
    item_id="i",
    parent_id="root",
    file_name="a.pdf",
    file_url="https://x/a.pdf",
    path="a.pdf",
    file_type="pdf",
    file_size=10,
    last_modified=None,
    etag=None,
    ctag="c1",
    remote_hash="h1",
    content_hash="s",
    pipeline_version="1",
    scope=Scope(None, None),
    is_active=True,
    status=DocumentStatus.INDEXED,
    reason_code=None,
    reason=None,
    todo=None,
    is_new=False,
    attempts=0,
    change_seq=1,
    passages=(),
    language=None,
    title=None,
    page_count=None,
    ingested_at=None,
)
FAILED = replace(KNOWN, status=DocumentStatus.FAILED)


@pytest.mark.parametrize(
    ("known", "item", "todo"),
    [
        (None, ITEM, Todo.INGEST),
        (KNOWN, ITEM, None),
        (KNOWN, replace(ITEM, name="b.pdf"), Todo.RELABEL),
        (KNOWN, replace(ITEM, parent_id="folder"), Todo.RELABEL),
        (KNOWN, replace(ITEM, ctag="c2", content_hash="h2"), Todo.INGEST),
        (KNOWN, replace(ITEM, ctag=None), None),
        (KNOWN, replace(ITEM, ctag=None, size=11), Todo.INGEST),
        (KNOWN, replace(ITEM, ctag=None, content_hash=None), Todo.INGEST),
        (FAILED, ITEM, Todo.INGEST),
        (replace(KNOWN, status=DocumentStatus.SKIPPED), ITEM, None),
        (replace(KNOWN, todo=Todo.INGEST), ITEM, Todo.INGEST),
        (replace(KNOWN, todo=Todo.RELABEL), ITEM, Todo.RELABEL),
        (replace(KNOWN, todo=Todo.REMOVE), ITEM, Todo.INGEST),
    ],
)
def test_content_counts_as_unchanged_only_on_proof(
    known: LedgerDocument | None, item: DriveItem, todo: Todo | None
) -> None:
    assert todo_after(known, item) is todo


def test_the_last_occurrence_of_an_item_wins() -> None:
    renamed = replace(ITEM, name="z.pdf")
    assert last_occurrences([ITEM, replace(ITEM, item_id="j"), renamed])[0] is renamed


def test_ids_are_the_same_in_every_run_and_differ_by_content() -> None:
    assert document_id("d", "i") == document_id("d", "i") != document_id("d", "j")
    assert passage_id("d", "i", "h", 0) == passage_id("d", "i", "h", 0)
    assert len({passage_id("d", "i", text, n) for text in ("a", "b") for n in (0, 1)}) == 4


def test_an_address_by_path_follows_the_ledger_and_one_by_id_is_kept() -> None:
    library = Library(
        LibraryId(UUID(int=2)), "L", "https://h/sites/s/L", "s", "d", Scope(None, None), True, "idle", None, None,
        None, None, None, None, datetime.now(UTC),
    )  # fmt: skip
    assert file_url_of(library, "a b/ü.pdf", "https://h/sites/s/L/old.pdf") == "https://h/sites/s/L/a%20b/%C3%BC.pdf"
    by_id = "https://h/sites/s/_layouts/15/Doc.aspx?sourcedoc=1"
    assert file_url_of(library, "a.docx", by_id) == by_id


@pytest.mark.parametrize(("name", "ending"), [("a.PDF", "pdf"), (".env", ""), ("a", ""), ("a.b.docx", "docx")])
def test_file_types(name: str, ending: str) -> None:
    assert file_type_of(name) == ending


def test_an_audience_covers_open_axes_and_its_own() -> None:
    hr, eng = DepartmentId(UUID(int=1)), DepartmentId(UUID(int=2))
    de = CountryId(UUID(int=3))
    alice, dave = Audience(hr, de), Audience(None, None)
    assert alice.covers(Scope(None, None))
    assert alice.covers(Scope(hr, None))
    assert alice.covers(Scope(hr, de))
    assert not alice.covers(Scope(eng, de))
    assert dave.covers(Scope(None, None))
    assert not dave.covers(Scope(hr, None))
    assert not dave.covers(Scope(None, de))
