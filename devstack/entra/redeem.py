"""The token endpoint: authorization code, refresh token, client credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.entra.accounts import Account
from devstack.entra.client import Client
from devstack.entra.errors import EntraError, account_disabled, missing
from devstack.entra.grants import Grant, Grants
from devstack.entra.tokens import LIFE_S, Tokens


@dataclass(frozen=True, slots=True)
class Redemption:
    """One form posted to the token endpoint. `from_browser`: it came with an Origin header, so it is a single-page
    app's, which has no secret to show but must have used PKCE; every other client proves who it is, if it can."""

    form: Mapping[str, str]
    issuer: str
    token_endpoint: str
    from_browser: bool

    def field(self, name: str) -> str:
        if name not in self.form:
            raise missing(name)
        return self.form[name]


@dataclass(slots=True)
class TokenEndpoint:
    client: Client
    grants: Grants
    tokens: Tokens
    disabled: set[str]

    def answer(self, redemption: Redemption) -> dict[str, Any]:
        grant_type = redemption.field("grant_type")
        self.client.check_id(redemption.field("client_id"))
        match grant_type:
            case "authorization_code":
                self._authenticate(redemption)
                grant = self.grants.redeem_code(
                    redemption.field("code"),
                    client_id=self.client.client_id,
                    redirect_uri=redemption.field("redirect_uri"),
                    verifier=redemption.form.get("code_verifier"),
                    pkce_required=redemption.from_browser or not self.client.is_confidential,
                )
                return self._person(redemption, grant, grant.nonce)
            case "refresh_token":
                self._authenticate(redemption)
                grant = self.grants.redeem_refresh(redemption.field("refresh_token"), client_id=self.client.client_id)
                return self._person(redemption, grant, None)
            case "client_credentials":
                self.client.authenticate(redemption.form, self._audiences(redemption))
                return self._application(redemption)
            case _:
                raise EntraError(
                    "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant_type}'."
                )

    def _audiences(self, redemption: Redemption) -> tuple[str, ...]:
        return redemption.token_endpoint, redemption.issuer

    def _authenticate(self, redemption: Redemption) -> None:
        proof = {"client_secret", "client_assertion"} & redemption.form.keys()
        if redemption.from_browser and proof:
            raise EntraError(
                "invalid_request", 9002327, "Tokens issued for cross-origin requests may not use client credentials."
            )
        if proof or (self.client.is_confidential and not redemption.from_browser):
            self.client.authenticate(redemption.form, self._audiences(redemption))

    def _person(self, redemption: Redemption, grant: Grant, nonce: str | None) -> dict[str, Any]:
        account: Account = grant.account
        if account.user in self.disabled:
            raise account_disabled("invalid_grant")
        reply: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": grant.scope,
            "expires_in": LIFE_S,
            "ext_expires_in": LIFE_S,
            "access_token": self.tokens.user_access_token(account, redemption.issuer, grant.scope),
            "id_token": self.tokens.id_token(account, redemption.issuer, nonce),
        }
        if "offline_access" in grant.scope.split():
            reply["refresh_token"] = self.grants.refresh_token(grant)
        if redemption.form.get("client_info") == "1":
            reply["client_info"] = self.tokens.client_info(account)
        return reply

    def _application(self, redemption: Redemption) -> dict[str, Any]:
        scope = redemption.field("scope")
        if not scope.endswith("/.default") or " " in scope:
            raise EntraError(
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows must have a scope "
                "value with /.default suffixed to the resource identifier (application ID URI).",
            )
        return {
            "token_type": "Bearer",
            "expires_in": LIFE_S,
            "ext_expires_in": LIFE_S,
            "access_token": self.tokens.app_access_token(redemption.issuer, scope.removesuffix("/.default")),
        }
