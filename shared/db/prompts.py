"""The versions of each mode's prompt: every edit is a row, one of a mode is active at most."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.chat import Mode
from shared.domain.ids import PromptId, UserId
from shared.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Author:
    id: UserId
    display_name: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """`author` is None once Nexus has forgotten the person."""

    id: PromptId
    mode: Mode
    text: str
    is_active: bool
    author: Author | None
    created_at: datetime


LIST = """
    SELECT p.id, p.mode, p.prompt_text, p.is_active, p.created_at, u.id AS author_id, u.display_name
      FROM system_prompts p LEFT JOIN users u ON u.id = p.created_by
     WHERE ($1::text IS NULL OR p.mode = $1)
       AND ($2::timestamptz IS NULL OR (p.created_at, p.id) < ($2, $3::uuid))
     ORDER BY p.created_at DESC, p.id DESC
     LIMIT $4
"""


async def list_all(
    connection: Connection, *, mode: Mode | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Prompt]:
    """Newest first; `before` is the last one of the page before."""
    at, last = before or (None, None)
    return [_prompt(row) for row in await connection.fetch(LIST, mode, at, last, limit)]


async def version_before(connection: Connection, prompt: Prompt) -> Prompt | None:
    """The next older version of the same mode."""
    older = await list_all(connection, mode=prompt.mode, before=(prompt.created_at, prompt.id), limit=1)
    return older[0] if older else None


GET = """
    SELECT p.id, p.mode, p.prompt_text, p.is_active, p.created_at, u.id AS author_id, u.display_name
      FROM system_prompts p LEFT JOIN users u ON u.id = p.created_by
     WHERE p.id = $1
"""


async def get(connection: Connection, prompt_id: PromptId) -> Prompt:
    """Raises NotFound."""
    return _prompt(await connection.fetchrow(GET, prompt_id))


ACTIVE = "SELECT mode, id FROM system_prompts WHERE is_active"


async def active_ids(connection: Connection) -> dict[Mode, PromptId]:
    return {Mode(row["mode"]): PromptId(row["id"]) for row in await connection.fetch(ACTIVE)}


INSERT = "INSERT INTO system_prompts (mode, prompt_text, created_by) VALUES ($1, $2, $3) RETURNING id"


async def add(connection: Connection, mode: Mode, text: str, author: UserId) -> PromptId:
    """Not active yet. Run under the mode's lock: versions are then numbered by time in the order of writing."""
    row = await connection.fetchrow(INSERT, mode, text, author)
    assert row is not None, "an INSERT returns its row"
    return PromptId(row["id"])


DEACTIVATE = "UPDATE system_prompts SET is_active = false WHERE mode = $1 AND is_active AND id <> $2 RETURNING id"
ACTIVATE = "UPDATE system_prompts SET is_active = true WHERE id = $1"


async def activate(connection: Connection, prompt: Prompt) -> PromptId | None:
    """The one that was active until now, if another was. Run under the mode's lock."""
    before = await connection.fetchval(DEACTIVATE, prompt.mode, prompt.id)
    await connection.execute(ACTIVATE, prompt.id)
    return before


DELETE = "DELETE FROM system_prompts WHERE id = $1"


async def delete(connection: Connection, prompt_id: PromptId) -> Prompt:
    """What was deleted; run under its mode's lock. Raises NotFound, Conflict for the active one."""
    prompt = await get(connection, prompt_id)
    if prompt.is_active:
        raise Conflict(
            f"This prompt serves the mode {prompt.mode}. Activate another version first.", code="prompt_active"
        )
    await connection.execute(DELETE, prompt_id)
    return prompt


def _prompt(row: Row | None) -> Prompt:
    if row is None:
        raise NotFound("prompt")
    author = None if row["author_id"] is None else Author(UserId(row["author_id"]), row["display_name"])
    return Prompt(
        PromptId(row["id"]), Mode(row["mode"]), row["prompt_text"], row["is_active"], author, row["created_at"]
    )
