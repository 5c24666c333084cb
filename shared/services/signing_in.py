"""From an authorization code to a session."""

import logging
from dataclasses import dataclass

from shared.db import audit, people
from shared.db.people import User
from shared.db.pool import Db
from shared.errors import SignInRefused
from shared.ports import AccessTokens, IdentityProvider

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """`expires_in` is seconds."""

    access_token: str
    expires_in: int
    user: User


@dataclass(frozen=True, slots=True)
class SigningIn:
    db: Db
    identity_provider: IdentityProvider
    access_tokens: AccessTokens
    bootstrap_admins: frozenset[str]

    async def sign_in(
        self, code: str, code_verifier: str, redirect_uri: str, nonce: str, *, correlation_id: str
    ) -> Session:
        """The first sign-in creates the user. Raises SignInRefused; refusals are kept in the audit log."""
        try:
            identity = await self.identity_provider.exchange(code, code_verifier, redirect_uri, nonce)
            async with self.db.transaction() as connection:
                as_admin = identity.email.lower() in self.bootstrap_admins
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
        token, expires_in = self.access_tokens.issue(user.caller)
        return Session(token, expires_in, user)
