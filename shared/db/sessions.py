"""The session epoch of users: what ends all sessions of one at once, whether Redis is there or not.

Changes of role, department, country and activity move it by a trigger (revision 0002).
"""

from shared.db.pool import Connection, affected
from shared.domain.ids import UserId
from shared.errors import NotFound

END_ALL = "UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1"


async def end_all(connection: Connection, user_id: UserId) -> None:
    """Raises NotFound."""
    if not affected(await connection.execute(END_ALL, user_id)):
        raise NotFound("user")
