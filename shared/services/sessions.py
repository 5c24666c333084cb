"""Sessions: begun at sign-in, renewed by refresh tokens that each work once, ended by their owner or for them."""

import logging
from dataclasses import dataclass, replace

from shared.db import audit, people, sessions
from shared.db.people import User
from shared.db.pool import Db
from shared.domain.identity import Caller
from shared.domain.ids import UserId
from shared.domain.sessions import RefreshToken
from shared.errors import NotFound, RefreshReused, SessionEnded, Unavailable
from shared.ports import AccessTokens, RefreshFamilies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """`expires_in` is the access token's life in seconds."""

    access_token: str
    expires_in: int
    user: User
    refresh: RefreshToken


@dataclass(frozen=True, slots=True)
class Sessions:
    db: Db
    families: RefreshFamilies
    access_tokens: AccessTokens

    async def begin(self, user: User) -> Session:
        """Raises Unavailable without Redis: there is no session that could not be ended."""
        return self._session(user, await self.families.create(user.id, user.session_epoch))

    async def refresh(self, token: str, *, correlation_id: str) -> Session:
        """The successor of `token`, and an access token for what the user is now. Raises SessionEnded and, after a
        token that was already replaced, RefreshReused."""
        family = await self.families.find(token)
        if family is None:
            raise SessionEnded
        # Before the rotation: a token must not be used up by a refresh that then fails for want of PostgreSQL. Who is
        # changed after this read has an access token of before, for its 15 minutes, and a family that is void.
        user = await self._user(family.user_id)
        if user is None or not user.is_active or user.session_epoch != family.epoch:
            await self.families.revoke(family.session_id)
            raise SessionEnded
        try:
            successor = await self.families.rotate(token)
        except RefreshReused:
            log.warning("a refresh token was used again", extra={"correlation_id": correlation_id})
            async with self.db.connection() as connection:
                await audit.record(
                    connection,
                    actor=user.id,
                    action="refresh.reuse",
                    target=str(family.session_id),
                    outcome="denied",
                    correlation_id=correlation_id,
                )
            raise
        return self._session(user, successor)

    async def end(self, caller: Caller) -> None:
        """The session that this caller's access token came from."""
        if caller.session_id is not None:
            await self.families.revoke(caller.session_id)

    async def end_all(self, user_id: UserId, *, actor: UserId, correlation_id: str) -> None:
        """Every session of a user. Raises NotFound."""
        async with self.db.transaction() as connection:
            await sessions.end_all(connection, user_id)
            await audit.record(
                connection,
                actor=actor,
                action="user.revoke_sessions",
                target=str(user_id),
                correlation_id=correlation_id,
            )
        await self.forget(user_id)

    async def forget(self, user_id: UserId) -> None:
        """Clears away the families of a user whose session epoch has moved on. They are void by that already: without
        Redis they stay until somebody tries them."""
        try:
            await self.families.revoke_all(user_id)
        except Unavailable as error:
            log.warning("void sessions could not be cleared away: %s", error.code)

    async def _user(self, user_id: UserId) -> User | None:
        try:
            async with self.db.connection() as connection:
                return await people.get_user(connection, user_id)
        except NotFound:
            return None

    def _session(self, user: User, refresh: RefreshToken) -> Session:
        caller = replace(user.caller, session_id=refresh.session_id)
        token, expires_in = self.access_tokens.issue(caller)
        return Session(token, expires_in, user, refresh)
