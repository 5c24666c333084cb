"""Uploaded files: what is stored, how far it has come, and what is left to do."""

from shared.db.notebooks import lock_owner, seconds_until
from shared.db.pool import Connection, Row, affected
from shared.domain.identity import Caller
from shared.domain.ids import FileId, NotebookSessionId, UserId
from shared.domain.notebook import FileStatus, NotebookLimits, NotebookSession, Progress, UploadedFile
from shared.errors import Conflict, NotFound, RateLimited

# What reads a file may be away this often; then its owner decides.
MAX_ATTEMPTS = 5
# Longer than any file takes to be read. What is still `processing` then was lost with its instance.
LOST_AFTER = "15 minutes"

_COLUMNS = """f.id, f.session_id, s.user_id, f.file_name, f.file_size, f.file_type, f.storage_path,
              f.notebookllama_file_id, f.uploaded_at, f.status, f.reason_code, f.reason, f.attempts, f.page_count"""
_JOINED = "uploaded_files f JOIN notebook_sessions s ON s.id = f.session_id"
_ALIVE = """f.removing_since IS NULL AND s.removing_since IS NULL
            AND (s.expires_at IS NULL OR s.expires_at > now())"""


def _file(row: Row) -> UploadedFile:
    return UploadedFile(
        id=row["id"],
        session_id=row["session_id"],
        user_id=row["user_id"],
        file_name=row["file_name"],
        file_size=row["file_size"],
        file_type=row["file_type"],
        storage_path=row["storage_path"],
        backend_file_id=row["notebookllama_file_id"],
        uploaded_at=row["uploaded_at"],
        status=FileStatus(row["status"]),
        reason_code=row["reason_code"],
        reason=row["reason"],
        attempts=row["attempts"],
        page_count=row["page_count"],
    )


ROOM = """
    SELECT count(*) FILTER (WHERE f.session_id = $2) AS files, coalesce(sum(f.file_size), 0)::bigint AS bytes,
           min(s.expires_at) AS next_expiry
      FROM uploaded_files f JOIN notebook_sessions s ON s.id = f.session_id
     WHERE s.user_id = $1 AND f.removing_since IS NULL AND s.removing_since IS NULL
       AND (s.expires_at IS NULL OR s.expires_at > now())
"""


async def require_room(
    connection: Connection, user_id: UserId, session_id: NotebookSessionId, limits: NotebookLimits, *, more_bytes: int
) -> None:
    """Raises RateLimited when one more file of `more_bytes` would be beyond what a session or a person may keep."""
    room = await connection.fetchrow(ROOM, user_id, session_id)
    assert room is not None
    if room["files"] >= limits.files_per_session:
        raise RateLimited(
            f"A notebook session holds at most {limits.files_per_session} files. Delete one, or start another session.",
            retry_after_s=await seconds_until(connection, room["next_expiry"]),
            code="too_many_files",
        )
    if room["bytes"] + more_bytes > limits.bytes_per_user:
        raise RateLimited(
            f"Your notebook files may take {limits.bytes_per_user // 2**20:,} MB together. Delete some first.",
            retry_after_s=await seconds_until(connection, room["next_expiry"]),
            code="too_many_bytes",
        )


INSERT = f"""
    WITH f AS (
        INSERT INTO uploaded_files (id, session_id, file_name, file_size, file_type, storage_path)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING *
    )
    SELECT {_COLUMNS} FROM f JOIN notebook_sessions s ON s.id = f.session_id
"""


async def add(
    connection: Connection, session: NotebookSession, file: UploadedFile, limits: NotebookLimits
) -> UploadedFile:
    """Records a file whose content is stored. In a transaction. Raises RateLimited when others were faster, NotFound
    when the session went meanwhile."""
    await lock_owner(connection, session.user_id)
    await require_room(connection, session.user_id, session.id, limits, more_bytes=file.file_size)
    alive = await connection.fetchval(
        "SELECT id FROM notebook_sessions s WHERE s.id = $1 AND s.removing_since IS NULL FOR SHARE", session.id
    )
    if alive is None:
        raise NotFound("notebook session")
    row = await connection.fetchrow(
        INSERT, file.id, session.id, file.file_name, file.file_size, file.file_type, file.storage_path
    )
    assert row is not None
    return _file(row)


LIST = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE f.session_id = $1 AND {_ALIVE} ORDER BY f.uploaded_at, f.id"


async def of_session(connection: Connection, session_id: NotebookSessionId) -> list[UploadedFile]:
    """Of a session whose owner was checked."""
    return [_file(row) for row in await connection.fetch(LIST, session_id)]


GET_OWN = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE f.id = $1 AND f.session_id = $2 AND s.user_id = $3 AND {_ALIVE}"


async def get_own(
    connection: Connection, caller: Caller, session_id: NotebookSessionId, file_id: FileId
) -> UploadedFile:
    row = await connection.fetchrow(GET_OWN, file_id, session_id, caller.user_id)
    if row is None:
        raise NotFound("file")
    return _file(row)


GET = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE f.id = $1 AND {_ALIVE}"


async def get(connection: Connection, file_id: FileId) -> UploadedFile:
    """For work that no request waits for. Raises NotFound once the file or its session is being removed."""
    row = await connection.fetchrow(GET, file_id)
    if row is None:
        raise NotFound("file")
    return _file(row)


BEGIN = """
    UPDATE uploaded_files SET status = 'processing', status_at = now()
     WHERE id = $1
"""


async def begin(connection: Connection, file_id: FileId) -> None:
    await connection.execute(BEGIN, file_id)


TROUBLE = "UPDATE uploaded_files SET attempts = attempts + 1, status_at = now() WHERE id = $1 RETURNING attempts"


async def count_trouble(connection: Connection, file_id: FileId) -> int:
    """How often what reads the file was away when it was asked about it, this time included."""
    return await connection.fetchval(TROUBLE, file_id) or 0


RECORD = """
    UPDATE uploaded_files
       SET status = $2, notebookllama_file_id = coalesce($3, notebookllama_file_id), reason_code = $4, reason = $5,
           page_count = coalesce($6, page_count), status_at = now()
     WHERE id = $1
"""


async def record(connection: Connection, file_id: FileId, progress: Progress) -> None:
    await connection.execute(
        RECORD,
        file_id,
        progress.status.value,
        progress.backend_file_id,
        progress.reason_code,
        progress.reason,
        progress.page_count,
    )


AGAIN = """
    UPDATE uploaded_files
       SET status = 'stored', attempts = 0, reason_code = NULL, reason = NULL, status_at = now()
     WHERE id = $1 AND status = 'failed'
    RETURNING id
"""


async def queue_again(connection: Connection, file: UploadedFile) -> None:
    """A failed file is to be handed over once more. Raises Conflict for one that has not failed."""
    if await connection.fetchval(AGAIN, file.id) is None:
        raise Conflict("Only a file that failed can be tried again.", code="file_not_failed")


LEFT = f"""
    SELECT f.id FROM {_JOINED}
     WHERE f.status IN ('stored', 'processing') AND f.status_at < now() - interval '{LOST_AFTER}' AND {_ALIVE}
     ORDER BY f.status_at
     LIMIT $1
"""


async def left_behind(connection: Connection, limit: int) -> list[FileId]:
    """Files that nobody is handing over any more: their instance died, or starting it failed."""
    return [row["id"] for row in await connection.fetch(LEFT, limit)]


HIDE = "UPDATE uploaded_files SET removing_since = coalesce(removing_since, now()) WHERE id = $1"


async def hide(connection: Connection, file_id: FileId) -> None:
    await connection.execute(HIDE, file_id)


OF_REMOVED_SESSION = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE f.session_id = $1"
TO_REMOVE = f"""
    SELECT {_COLUMNS} FROM {_JOINED}
     WHERE f.removing_since IS NOT NULL AND s.removing_since IS NULL
     ORDER BY f.removing_since
     LIMIT $1
"""


async def all_of_session(connection: Connection, session_id: NotebookSessionId) -> list[UploadedFile]:
    """Hidden ones included."""
    return [_file(row) for row in await connection.fetch(OF_REMOVED_SESSION, session_id)]


async def to_remove(connection: Connection, limit: int) -> list[UploadedFile]:
    """Deleted files of living sessions whose content is not gone yet."""
    return [_file(row) for row in await connection.fetch(TO_REMOVE, limit)]


async def delete(connection: Connection, file_id: FileId) -> None:
    await connection.execute("DELETE FROM uploaded_files WHERE id = $1", file_id)


# What says that it is ready but has lost its content must not be asked for ever.
LOST_CONTENT = """
    UPDATE uploaded_files
       SET status = 'failed', reason_code = 'content_lost', status_at = now(),
           reason = 'The stored content of this file is gone. Delete it and upload it again.'
     WHERE id = ANY($1) AND status <> 'failed'
"""


async def mark_lost(connection: Connection, file_ids: list[FileId]) -> int:
    """How many were not known to be lost."""
    return affected(await connection.execute(LOST_CONTENT, file_ids))


# In the order in which Blob Storage lists paths: byte by byte.
BY_PATH = """
    SELECT id, storage_path, uploaded_at < now() - interval '1 hour' AS settled
      FROM uploaded_files
     WHERE storage_path COLLATE "C" > $1
     ORDER BY storage_path COLLATE "C"
     LIMIT $2
"""


async def page_by_path(connection: Connection, after: str, limit: int) -> list[tuple[str, FileId, bool]]:
    """`(path, id, settled)` of all files; one that is not settled was uploaded within the last hour."""
    rows = await connection.fetch(BY_PATH, after, limit)
    return [(row["storage_path"], row["id"], row["settled"]) for row in rows]
