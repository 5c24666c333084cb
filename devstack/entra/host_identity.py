"""The identity endpoint of App Service and Functions, as azure-identity asks it (api-version 2019-08-01).

GET IDENTITY_ENDPOINT?api-version&resource[&client_id] with the header X-IDENTITY-HEADER; a client id names a
user-assigned identity, without one it is the system's. https://learn.microsoft.com/azure/app-service/overview-managed-identity
"""

import time
from collections.abc import Callable
from itertools import count

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.entra.federated import AUDIENCES, FederatedCredential
from devstack.entra.keys import SigningKey
from devstack.faults import FaultControl

PATH = "/msi/token"
HEADER = "the-host-secret"


class HostIdentity:
    """One user-assigned identity of a host, or the system's where `client_id` is None.

    `life_s` is how long tokens last and `subject` the object id in them. `issued` is told of each token with its
    resource before it is handed out, so that a test can make it the password of a real server. `resources` are those
    that were asked for, in order.
    """

    def __init__(
        self,
        client_id: str | None,
        *,
        tenant_id: str = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11",
        object_id: str = "7d2e9f40-5b3c-4c6b-9c7a-2b6c3e3d9f33",
        issuer: str | None = None,
        issued: Callable[[str, str], None] = lambda resource, token: None,
    ) -> None:
        self._client_id = client_id
        self._issuer = issuer or f"https://login.microsoftonline.com/{tenant_id}/v2.0"
        self._key = SigningKey.new()
        self._issued = issued
        self._numbers = count(1)
        self.object_id = self.subject = object_id
        self.life_s = 24 * 3600
        self.resources: list[str] = []
        self.app = FaultControl(Starlette(routes=[Route(PATH, self._token)]))

    @staticmethod
    def environment(url: str) -> dict[str, str]:
        """What the platform sets in the app's process; `url` is where `app` is served."""
        return {"IDENTITY_ENDPOINT": f"{url}{PATH}", "IDENTITY_HEADER": HEADER}

    @property
    def credential(self) -> FederatedCredential:
        """By which an app registration trusts this identity."""
        return FederatedCredential(self._issuer, self.object_id, self._key.public_pem())

    def _token(self, request: Request) -> Response:
        if request.headers.get("x-identity-header") != HEADER:
            return JSONResponse({"message": "no header"}, status_code=401)
        if request.query_params.get("client_id") != self._client_id:
            return JSONResponse({"message": "no such identity"}, status_code=400)
        resource = request.query_params["resource"]
        self.resources.append(resource)
        now = int(time.time())
        audience = AUDIENCES[1] if resource == AUDIENCES[0] else resource
        claims = {"iss": self._issuer, "sub": self.subject, "oid": self.subject, "aud": audience, "iat": now}
        claims |= {"nbf": now, "exp": now + self.life_s, "jti": str(next(self._numbers))}
        token = jwt.encode(claims, self._key.private, "RS256")
        self._issued(resource, token)
        told = {"access_token": token, "expires_on": str(now + self.life_s), "resource": resource}
        return JSONResponse(told | {"token_type": "Bearer"})
