"""Microsoft Entra ID as the identity provider (port `IdentityProvider`)."""

import logging

import httpx

from shared.adapters.client_credentials import client_proof
from shared.adapters.entra_http import TIMEOUT, GrantRefused, post_token
from shared.adapters.entra_id_token import IdTokens, TenantIdTokens
from shared.adapters.entra_keys import EntraKeys
from shared.domain.identity import EntraIdentity
from shared.errors import SignInRefused, Unavailable
from shared.setting_groups import EntraSettings

logger = logging.getLogger(__name__)


class EntraIdentityProvider:
    """Redeems codes for our client, of people of the tenants that may sign in. `close()` ends its connections."""

    def __init__(self, settings: EntraSettings, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._settings = settings
        self._token_url = f"{settings.sign_in_authority}/oauth2/v2.0/token"
        # No redirects are followed: codes and secrets go to the configured address only.
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        self._proof = client_proof(settings)
        self._id_tokens = TenantIdTokens({tenant: self._of_tenant(tenant) for tenant in settings.tenants})

    def _of_tenant(self, tenant_id: str) -> IdTokens:
        tenant = f"{self._settings.authority}/{tenant_id}"
        return IdTokens(
            EntraKeys(f"{tenant}/discovery/v2.0/keys", tenant_id, self._client),
            issuer=f"{tenant}/v2.0",
            tenant_id=tenant_id,
            client_id=self._settings.client_id,
        )

    async def exchange(self, code: str, code_verifier: str, redirect_uri: str, nonce: str) -> EntraIdentity:
        """Raises SignInRefused (always the same words) and Unavailable("entra").

        One attempt: a code is good once, so a second try could only fail.
        """
        if not all(value.isascii() for value in (code, code_verifier, redirect_uri, nonce)):
            # All four are ASCII by their standards; other text could not even be sent.
            raise SignInRefused()
        form = {
            "grant_type": "authorization_code",
            "client_id": self._settings.client_id,
            "code": code,
            "code_verifier": code_verifier,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
        }
        form |= await self._proof.fields()
        try:
            reply = await post_token(self._client, self._token_url, form)
        except GrantRefused as error:
            raise SignInRefused() from error
        id_token = reply.get("id_token")
        if not isinstance(id_token, str):
            logger.warning("entra token endpoint: no id_token in the reply")
            raise Unavailable("entra")
        return await self._id_tokens.validate(id_token, nonce)

    async def close(self) -> None:
        await self._client.aclose()
        await self._proof.close()
