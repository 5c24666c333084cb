"""From an authorization code to a session."""

import logging
from dataclasses import dataclass

from shared.db import audit, people
from shared.db.pool import Db
from shared.errors import SignInRefused
from shared.ports import IdentityProvider
from shared.services.placing import Placing
from shared.services.sessions import Session, Sessions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningIn:
    db: Db
    identity_provider: IdentityProvider
    sessions: Sessions
    placing: Placing
    bootstrap_admins: frozenset[str]

    async def sign_in(
        self, code: str, code_verifier: str, redirect_uri: str, nonce: str, *, correlation_id: str
    ) -> Session:
        """The first sign-in creates the user, each applies the role mapping. Bootstrap administrators are named by
        address or by "tenant id:object id". Raises SignInRefused; refusals are kept in the audit log."""
        try:
            identity = await self.identity_provider.exchange(code, code_verifier, redirect_uri, nonce)
            identity = await self.placing.with_groups(identity)
            as_admin = bool({identity.email.lower(), identity.entra_id.lower()} & self.bootstrap_admins)
            async with self.db.transaction() as connection:
                user = await people.record_sign_in(connection, identity, as_admin=as_admin)
                if not user.is_active:
                    raise SignInRefused("This account has been switched off in Nexus. Ask an administrator.")
        except SignInRefused as error:
            async with self.db.connection() as connection:
                await audit.record(
                    connection,
                    actor=None,
                    action="sign_in",
                    target=None,
                    outcome="denied",
                    detail={"code": error.code},
                    correlation_id=correlation_id,
                )
            raise
        placed = await self.placing.place(user, identity, as_admin=as_admin, correlation_id=correlation_id)
        if placed.session_epoch != user.session_epoch:
            await self.sessions.forget(user.id)
        return await self.sessions.begin(placed)
