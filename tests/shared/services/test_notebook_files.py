"""Uploaded files from the store to what reads them, and out again, over a real PostgreSQL."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.db import notebooks, people, uploads
from shared.db.pool import Db
from shared.domain.extracted import FileType
from shared.domain.identity import Caller, EntraIdentity
from shared.domain.notebook import FileStatus, NotebookLimits, NotebookSession, Progress, UploadedFile
from shared.errors import (
    ExtractionFailed,
    Invalid,
    NotFound,
    RateLimited,
    Throttled,
    TooLarge,
    Unavailable,
    UnsupportedType,
)
from shared.services.handing_over import MAX_POLLS, HandingOver
from shared.services.notebook_upkeep import NotebookUpkeep
from shared.services.uploading import Uploading
from tests.fakes.notebook import DictBlobs, ScriptedNotebook

LIMITS = NotebookLimits(file_bytes=1000, files_per_session=2, sessions_per_user=2, bytes_per_user=150)


class Types:
    """Says txt, or raises."""

    def __init__(self) -> None:
        self.refusal: ExtractionFailed | None = None

    async def prove(self, path: Path, file_name: str, *, max_bytes: int) -> FileType:
        if self.refusal:
            raise self.refusal
        return "txt"


@dataclass
class Desk:
    """A person with the services over one database."""

    db: Db
    folder: Path
    blobs: DictBlobs = field(default_factory=DictBlobs)
    notebook: ScriptedNotebook = field(default_factory=ScriptedNotebook)
    types: Types = field(default_factory=Types)
    uploading: Uploading = field(init=False)
    handing_over: HandingOver = field(init=False)
    upkeep: NotebookUpkeep = field(init=False)

    def __post_init__(self) -> None:
        self.uploading = Uploading(self.db, self.blobs, self.types, LIMITS)
        self.handing_over = HandingOver(self.db, self.blobs, self.notebook)
        self.upkeep = NotebookUpkeep(self.db, self.blobs, self.notebook)

    async def person(self, name: str = "alice") -> Caller:
        async with self.db.transaction() as connection:
            identity = EntraIdentity("t", name, f"{name}@example.com", name)
            return (await people.record_sign_in(connection, identity, as_admin=False)).caller

    async def session(self, who: Caller, title: str = "Contracts") -> NotebookSession:
        async with self.db.transaction() as connection:
            return await notebooks.create(connection, who, title, LIMITS)

    async def upload(self, who: Caller, session: NotebookSession, text: bytes = b"hello") -> UploadedFile:
        content = self.folder / "content"
        content.write_bytes(text)
        admitted = await self.uploading.admit(who, session.id)
        return await self.uploading.store(admitted, content, "a.txt", len(text))

    async def seen(self, who: Caller, file: UploadedFile) -> UploadedFile:
        async with self.db.connection() as connection:
            return await uploads.get_own(connection, who, file.session_id, file.id)

    async def later(self, **interval: int) -> None:
        """Everything that is kept became older."""
        async with self.db.connection() as connection:
            for table, columns in (
                ("notebook_sessions", ("expires_at", "created_at", "removing_since")),
                ("uploaded_files", ("uploaded_at", "status_at", "removing_since")),
            ):
                moved = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
                await connection.execute(f"UPDATE {table} SET {moved}", timedelta(**interval))  # noqa: S608 - no input
        for path, created in self.blobs.created.items():
            self.blobs.created[path] = created - timedelta(**interval)


@pytest.fixture
def desk(db: Db, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path)


async def test_a_file_is_stored_handed_over_and_ready(desk: Desk) -> None:
    alice = await desk.person()
    file = await desk.upload(alice, await desk.session(alice))
    assert file.status is FileStatus.STORED
    assert file.storage_path == f"{alice.user_id}/{file.session_id}/{file.id}"
    desk.notebook.answers = [Progress(FileStatus.PROCESSING, "b-1"), Progress(FileStatus.READY, "b-1", page_count=3)]
    step = await desk.handing_over.step(file.id, 0)
    assert step.state == "wait"
    assert (await desk.seen(alice, file)).status is FileStatus.PROCESSING
    assert (await desk.handing_over.step(file.id, 1)).state == "done"
    ready = await desk.seen(alice, file)
    assert (ready.status, ready.backend_file_id, ready.page_count) == (FileStatus.READY, "b-1", 3)
    assert desk.notebook.added == [(file.id, b"hello")]


async def test_what_is_forgotten_is_handed_over_again(desk: Desk) -> None:
    alice = await desk.person()
    file = await desk.upload(alice, await desk.session(alice))
    desk.notebook.answers = [
        Progress(FileStatus.PROCESSING),
        Progress(FileStatus.STORED),
        Progress(FileStatus.READY),
    ]
    await desk.handing_over.step(file.id, 0)
    assert (await desk.handing_over.step(file.id, 1)).state == "done"
    assert len(desk.notebook.added) == 2
    assert (await desk.seen(alice, file)).status is FileStatus.READY


async def test_a_backend_that_stays_away_fails_the_file_readably_and_a_retry_needs_no_upload(desk: Desk) -> None:
    alice = await desk.person()
    file = await desk.upload(alice, await desk.session(alice))
    desk.notebook.answers = [Unavailable("notebook")] * (uploads.MAX_ATTEMPTS * 2)
    polls = 0
    while (await desk.handing_over.step(file.id, polls)).state == "wait":
        polls += 1
        assert polls < MAX_POLLS, "it is tried for ever"
    failed = await desk.seen(alice, file)
    assert (failed.status, failed.reason_code) == (FileStatus.FAILED, "notebook_unavailable")
    assert failed.reason is not None
    assert failed.reason.endswith(".")
    desk.notebook.answers = []
    async with desk.db.connection() as connection:
        await uploads.queue_again(connection, failed)
    assert (await desk.handing_over.step(file.id, 0)).state == "done"
    assert (await desk.seen(alice, file)).status is FileStatus.READY
    assert desk.notebook.added[-1] == (file.id, b"hello")


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (ExtractionFailed("encrypted", "The file is protected."), "encrypted"),
        (RuntimeError("surprise"), "internal_error"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(desk: Desk, trouble: Exception, code: str) -> None:
    alice = await desk.person()
    file = await desk.upload(alice, await desk.session(alice))
    desk.notebook.answers = [trouble]
    assert (await desk.handing_over.step(file.id, 0)).state == "done"
    failed = await desk.seen(alice, file)
    assert (failed.status, failed.reason_code) == (FileStatus.FAILED, code)
    assert failed.reason is not None
    assert "surprise" not in failed.reason


async def test_throttling_is_waited_for_and_costs_no_attempt(desk: Desk) -> None:
    alice = await desk.person()
    file = await desk.upload(alice, await desk.session(alice))
    desk.notebook.answers = [Throttled("embeddings", 17.0)]
    step = await desk.handing_over.step(file.id, 0)
    assert (step.state, step.retry_after_s) == ("wait", 17.0)


async def test_reading_that_takes_for_ever_ends(desk: Desk) -> None:
    alice = await desk.person()
    file = await desk.upload(alice, await desk.session(alice))
    assert (await desk.handing_over.step(file.id, MAX_POLLS)).state == "done"
    assert (await desk.seen(alice, file)).reason_code == "took_too_long"


async def test_what_is_deleted_while_it_is_read_leaves_nothing_behind(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    file = await desk.upload(alice, session)

    async def deleted_meanwhile(self: object, _: UploadedFile, __: Path) -> Progress:
        async with desk.db.connection() as connection:
            await uploads.hide(connection, file.id)
        return Progress(FileStatus.READY)

    desk.notebook.add = deleted_meanwhile.__get__(desk.notebook)  # type: ignore[method-assign]
    assert (await desk.handing_over.step(file.id, 0)).state == "done"
    assert desk.notebook.removed_files == [file.id]


async def test_limits_hold_also_for_uploads_at_once(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    admitted = [await desk.uploading.admit(alice, session.id) for _ in range(3)]
    content = desk.folder / "content"
    content.write_bytes(b"x")
    outcomes = [await _outcome(desk, one, content) for one in admitted]
    assert sorted(outcomes) == ["stored", "stored", "too_many_files"]
    assert len(desk.blobs.contents) == 2, "what was stored for nothing is taken back"


async def _outcome(desk: Desk, session: NotebookSession, content: Path) -> str:
    try:
        await desk.uploading.store(session, content, "a.txt", 1)
    except RateLimited as refused:
        return refused.code
    return "stored"


async def test_a_person_keeps_only_so_many_bytes_and_sessions(desk: Desk) -> None:
    alice = await desk.person()
    first, second = await desk.session(alice), await desk.session(alice)
    await desk.upload(alice, first, b"x" * 100)
    with pytest.raises(RateLimited) as bytes_refused:
        await desk.upload(alice, second, b"x" * 100)
    assert bytes_refused.value.code == "too_many_bytes"
    assert bytes_refused.value.retry_after_s > 0
    with pytest.raises(RateLimited) as session_refused:
        await desk.session(alice)
    assert session_refused.value.code == "too_many_sessions"
    await desk.later(hours=25)
    await desk.session(alice)


@pytest.mark.parametrize(
    ("reason", "error", "code"),
    [
        ("unsupported_type", UnsupportedType, "unsupported_type"),
        ("too_large", TooLarge, "file_too_large"),
        ("empty", Invalid, "file_empty"),
        ("encrypted", Invalid, "file_encrypted"),
        ("limits_exceeded", Invalid, "file_limits_exceeded"),
    ],
)
async def test_s11_what_is_not_proven_is_not_stored(desk: Desk, reason: str, error: type, code: str) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    desk.types.refusal = ExtractionFailed(reason, "A sentence.")
    with pytest.raises(error) as refused:
        await desk.upload(alice, session)
    assert refused.value.code == code
    assert desk.blobs.contents == {}


async def test_after_a_day_everything_is_gone_but_what_is_pinned(desk: Desk) -> None:
    alice = await desk.person()
    gone, kept = await desk.session(alice, "gone"), await desk.session(alice, "kept")
    doomed, safe = await desk.upload(alice, gone), await desk.upload(alice, kept)
    async with desk.db.connection() as connection:
        pinned = await notebooks.change(connection, alice, kept.id, title=None, is_pinned=True)
    assert pinned.expires_at is None
    await desk.later(hours=24, minutes=1)
    async with desk.db.connection() as connection:
        with pytest.raises(NotFound):
            await notebooks.get(connection, alice, gone.id)
        assert [one.title for one in await notebooks.list_own(connection, alice, after=None, limit=9)] == ["kept"]
    assert await desk.upkeep.remove_due() == 1
    assert desk.notebook.removed_sessions == [gone.id]
    assert set(desk.blobs.contents) == {safe.storage_path}
    async with desk.db.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM notebook_sessions") == 1
        assert await connection.fetchval("SELECT count(*) FROM uploaded_files") == 1
        assert await connection.fetchval("SELECT count(*) FROM conversations") == 1
    assert doomed.storage_path not in desk.blobs.contents


async def test_unpinning_gives_a_day_again_and_renaming_gives_none(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    await desk.later(hours=20)
    async with desk.db.connection() as connection:
        renamed = await notebooks.change(connection, alice, session.id, title="New name", is_pinned=None)
        assert renamed.expires_at is not None
        assert renamed.expires_at - datetime.now(UTC) < timedelta(hours=5)
        await notebooks.change(connection, alice, session.id, title=None, is_pinned=True)
        loose = await notebooks.change(connection, alice, session.id, title=None, is_pinned=False)
        again = await notebooks.change(connection, alice, session.id, title=None, is_pinned=False)
    assert loose.expires_at is not None
    assert loose.expires_at - datetime.now(UTC) > timedelta(hours=23)
    assert again.expires_at == loose.expires_at, "a session that is not pinned keeps its time"
    assert loose.title == "New name"


async def test_r03_a_removal_that_fails_is_done_later_and_holds_nothing_up(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    file = await desk.upload(alice, session)
    await desk.later(hours=25)
    desk.notebook.removing_fails = Unavailable("notebook")
    assert await desk.upkeep.remove_due() == 0
    assert file.storage_path in desk.blobs.contents, "the row still names it"
    desk.notebook.removing_fails, desk.blobs.fails = None, Unavailable("blob")
    assert await desk.upkeep.remove_due() == 0
    desk.blobs.fails = None
    assert await desk.upkeep.remove_due() == 1
    assert await desk.upkeep.remove_due() == 0
    assert desk.blobs.contents == {}


async def test_orphans_of_both_kinds_are_mended_but_not_what_is_under_way(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    whole, bare = await desk.upload(alice, session), await desk.upload(alice, session)
    del desk.blobs.contents[bare.storage_path]
    for number in range(3):
        (desk.folder / "stray").write_bytes(b"stray")
        await desk.blobs.put(f"{alice.user_id}/{session.id}/{number}", desk.folder / "stray")
    await desk.later(hours=2)
    await desk.blobs.put(f"{alice.user_id}/fresh", desk.folder / "stray")
    assert await desk.upkeep.mend() == (3, 1)
    assert set(desk.blobs.contents) == {whole.storage_path, f"{alice.user_id}/fresh"}
    lost = await desk.seen(alice, bare)
    assert (lost.status, lost.reason_code) == (FileStatus.FAILED, "content_lost")
    assert await desk.upkeep.mend() == (0, 0)


async def test_a_hand_over_that_nobody_does_any_more_is_found(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    stuck, ready = await desk.upload(alice, session), await desk.upload(alice, session)
    await desk.handing_over.step(ready.id, 0)
    assert await desk.upkeep.left_behind() == []
    await desk.later(minutes=16)
    assert await desk.upkeep.left_behind() == [stuck.id]


async def test_s08_nobody_touches_what_is_not_theirs(desk: Desk) -> None:
    alice, bob = await desk.person(), await desk.person("bob")
    session = await desk.session(alice)
    file = await desk.upload(alice, session)
    other = await desk.session(bob)
    async with desk.db.connection() as connection:
        for attempt in (
            notebooks.get(connection, bob, session.id),
            notebooks.change(connection, bob, session.id, title="Mine", is_pinned=True),
            notebooks.hide(connection, bob, session.id),
            uploads.get_own(connection, bob, session.id, file.id),
            uploads.get_own(connection, bob, other.id, file.id),
        ):
            with pytest.raises(NotFound):
                await attempt
    with pytest.raises(NotFound):
        await desk.uploading.admit(bob, session.id)


async def test_a_deleted_conversation_is_replaced_at_the_next_question(desk: Desk) -> None:
    alice = await desk.person()
    session = await desk.session(alice)
    async with desk.db.connection() as connection:
        await connection.execute("DELETE FROM conversations WHERE id = $1", session.conversation_id)
        without = await notebooks.get(connection, alice, session.id)
        assert without.conversation_id is None
        adopted = await notebooks.conversation_of(connection, without)
        assert await notebooks.conversation_of(connection, without) == adopted
        assert (await notebooks.of_conversation(connection, adopted)).id == session.id
