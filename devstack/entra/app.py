"""The stand-in put together: Entra's addresses, and the control calls of the local stack."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devstack.entra import pages
from devstack.entra.accounts import Accounts
from devstack.entra.authorize import SESSION_COOKIE, Authorization
from devstack.entra.client import Client
from devstack.entra.errors import EntraError, unknown_tenant
from devstack.entra.grants import Grants
from devstack.entra.keys import SigningKeys
from devstack.entra.redeem import Redemption, TokenEndpoint
from devstack.entra.script import Script
from devstack.entra.tokens import Tokens
from devstack.faults import FaultControl

# Names that stand for "whichever tenant the person is in"; here there is one.
SHARED_TENANTS = ("common", "organizations")
CLAIMS_SUPPORTED = ("sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "email")


class EntraStandIn:
    """One tenant with one registered client. `app` is the ASGI app, faults and control included.

    `base_url` is what issuer and endpoints begin with; None takes each request's own Host over http, which suits
    a server on a free port. A process should fix it: a person is the same under localhost and 127.0.0.1.
    """

    def __init__(
        self,
        home: Path,
        *,
        client: Client,
        accounts: Accounts,
        base_url: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client = client
        self.accounts = accounts
        self.base_url = base_url
        self.keys = SigningKeys(home)
        self.tokens = Tokens(self.keys, client.tenant, client.client_id, clock)
        disabled: set[str] = set()
        grants = Grants(clock)
        self._authorization = Authorization(accounts, client, grants, disabled, clock)
        self._token_endpoint = TokenEndpoint(client, grants, self.tokens, disabled)
        script = Script(self.keys, self.tokens, accounts, disabled)
        self.app = FaultControl(self._starlette(), script=script.apply)

    def _starlette(self) -> Starlette:
        routes = [
            Route("/common/discovery/instance", self._instance),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
            Route("/{tenant}/oauth2/v2.0/authorize", self._authorize, methods=["GET", "POST"]),
            Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/logout", self._logout, methods=["GET", "POST"]),
            Route("/{tenant}/discovery/v2.0/keys", self._keys),
        ]
        # As Entra does for single-page apps; it uses no cookies on these addresses, so any origin may ask.
        cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"])
        return Starlette(routes=routes, middleware=[cors], exception_handlers={EntraError: _refused})

    def _base(self, request: Request) -> str:
        return self.base_url or f"http://{request.headers['host']}"

    def _issuer(self, request: Request) -> str:
        return f"{self._base(request)}/{self.client.tenant}/v2.0"

    def _tenant(self, request: Request) -> str:
        tenant: str = request.path_params["tenant"]
        if tenant not in (self.client.tenant, *SHARED_TENANTS):
            raise unknown_tenant(tenant)
        return tenant

    async def _configuration(self, request: Request) -> Response:
        tenant = self._tenant(request)
        at = f"{self._base(request)}/{tenant}"
        # For the shared names Entra publishes a pattern: the true issuer is in the token.
        named = "{tenantid}" if tenant in SHARED_TENANTS else tenant
        return JSONResponse(
            {
                "issuer": f"{self._base(request)}/{named}/v2.0",
                "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
                "token_endpoint": f"{at}/oauth2/v2.0/token",
                "jwks_uri": f"{at}/discovery/v2.0/keys",
                "end_session_endpoint": f"{at}/oauth2/v2.0/logout",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "claims_supported": CLAIMS_SUPPORTED,
                "code_challenge_methods_supported": ["S256"],
                "http_logout_supported": True,
                "frontchannel_logout_supported": True,
                "tenant_region_scope": None,
                "cloud_instance_name": urlsplit(self._base(request)).netloc,
                "msgraph_host": "graph.microsoft.com",
            }
        )

    async def _instance(self, request: Request) -> Response:
        host = urlsplit(self._base(request)).netloc
        asked = urlsplit(request.query_params.get("authorization_endpoint", ""))
        tenant = asked.path.strip("/").split("/")[0] or "common"
        return JSONResponse(
            {
                "tenant_discovery_endpoint": (f"{self._base(request)}/{tenant}/v2.0/.well-known/openid-configuration"),
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    async def _keys(self, request: Request) -> Response:
        self._tenant(request)
        return JSONResponse({"keys": [key.jwk(self._issuer(request)) for key in self.keys.published]})

    async def _authorize(self, request: Request) -> Response:
        parameters = dict(request.query_params)
        if request.method == "POST":
            parameters |= await _form(request)
        try:
            self._tenant(request)
            return self._authorization.answer(parameters, request.cookies.get(SESSION_COOKIE))
        except EntraError as error:
            body = error.body(parameters.get("client-request-id"))
            return HTMLResponse(pages.sign_in_error(body["error_description"]), status_code=400)

    async def _token(self, request: Request) -> Response:
        tenant = self._tenant(request)
        redemption = Redemption(
            form=await _form(request),
            issuer=self._issuer(request),
            token_endpoint=f"{self._base(request)}/{tenant}/oauth2/v2.0/token",
            from_browser="origin" in request.headers,
        )
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return JSONResponse(self._token_endpoint.answer(redemption), headers=headers)

    async def _logout(self, request: Request) -> Response:
        self._tenant(request)
        target = request.query_params.get("post_logout_redirect_uri")
        if target is not None and self.client.accepts_redirect(target):
            state = request.query_params.get("state")
            separator = "&" if "?" in target else "?"
            suffix = f"{separator}{urlencode({'state': state})}" if state else ""
            reply: Response = RedirectResponse(target + suffix, status_code=302)
        else:
            reply = HTMLResponse(pages.signed_out())
        reply.delete_cookie(SESSION_COOKIE)
        return reply


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, EntraError)
    body: dict[str, Any] = error.body(request.headers.get("client-request-id"))
    return JSONResponse(body, status_code=error.status, headers={"Cache-Control": "no-store"})
